#include "rechub/data/recode.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <set>
#include <utility>

#include <nlohmann/json.hpp>

#include "rechub/base/error.h"
#include "rechub/data/buckets.h"
#include "rechub/data/dataset_parts.h"

namespace rechub {
namespace {

constexpr float kMissing = std::numeric_limits<float>::quiet_NaN();

std::vector<int32_t> mapped(std::span<const int32_t> codes, const std::vector<int32_t>& map) {
  std::vector<int32_t> result;
  result.reserve(codes.size());
  for (const int32_t code : codes) result.push_back(map[static_cast<size_t>(code)]);
  return result;
}

float number_of(const std::string& text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size() ? static_cast<float>(value) : kMissing;
}

// One feature of the known data out of the column that the fresh data has under its name.
class ColumnRecoder {
 public:
  ColumnRecoder(const Dataset& fresh, const Dataset& known, const FeatureSpec& spec, const FeatureColumn& column) : fresh_(fresh), known_(known), spec_(spec), column_(column) {}

  FeatureValues recode() const {
    FeatureValues out;
    out.spec = spec_;
    if (spec_.kind == FeatureKind::kDense) {
      out.values = numbers();
    } else if (spec_.kind == FeatureKind::kSparse) {
      out.codes = spec_.encoding == "buckets" ? buckets() : codes();
    } else {
      out.codes = codes();
      out.offsets = offsets();
    }
    return out;
  }

 private:
  [[noreturn]] void refuse(const char* why) const {
    fail(ErrorKind::kData, "the feature '{}' is not what the model was trained on: {}; say with --features FILE.toml what the column is, as it was said then", spec_.name, why);
  }

  std::vector<float> numbers() const {
    if (column_.spec.kind == FeatureKind::kDense) {
      if (column_.spec.width != spec_.width) refuse("its vectors have another width");
      return {column_.values.begin(), column_.values.end()};
    }
    // A few whole numbers look sparse where many looked dense.
    if (column_.spec.kind != FeatureKind::kSparse || !has_vocabulary(column_.spec) || spec_.width != 1) refuse("numbers are expected");
    const Vocabulary& vocabulary = fresh_.space(column_.spec.space);
    std::vector<float> of_code = {kMissing, kMissing};
    for (int32_t code = kFirstIndex; code < vocabulary.rows(); ++code) {
      of_code.push_back(number_of(vocabulary.text(code)));
      if (std::isnan(of_code.back())) refuse("numbers are expected, and some are texts");
    }
    std::vector<float> result;
    for (const int32_t code : column_.codes) result.push_back(of_code[static_cast<size_t>(code)]);
    return result;
  }

  std::vector<int32_t> buckets() const {
    if (column_.spec.encoding == "buckets") {
      if (column_.spec.boundaries != spec_.boundaries) refuse("its buckets have other boundaries");
      return {column_.codes.begin(), column_.codes.end()};
    }
    std::vector<int32_t> result;
    for (const float value : numbers()) result.push_back(bucket_code(value, spec_.boundaries));
    return result;
  }

  std::vector<int32_t> codes() const {
    if (column_.spec.kind == FeatureKind::kDense || (spec_.kind == FeatureKind::kSparse) != (column_.spec.kind == FeatureKind::kSparse)) {
      if (column_.spec.kind != FeatureKind::kSparse || !has_vocabulary(column_.spec) || !has_vocabulary(spec_)) refuse("it is of another kind");
    }
    if (has_vocabulary(spec_) && has_vocabulary(column_.spec)) return mapped(column_.codes, code_map(fresh_.space(column_.spec.space), known_.space(spec_.space)));
    const bool same = column_.spec.encoding == spec_.encoding && column_.spec.boundaries == spec_.boundaries && column_.spec.rows == spec_.rows;
    if (!same) refuse("it is encoded in another way");
    return {column_.codes.begin(), column_.codes.end()};
  }

  // A feature of one value may stand for a list of one.
  std::vector<int64_t> offsets() const {
    if (column_.spec.kind == FeatureKind::kMulti) return {column_.offsets.begin(), column_.offsets.end()};
    std::vector<int64_t> result;
    for (size_t row = 0; row <= column_.codes.size(); ++row) result.push_back(static_cast<int64_t>(row));
    return result;
  }

  const Dataset &fresh_, &known_;
  const FeatureSpec& spec_;
  const FeatureColumn& column_;
};

FeatureValues unknown_feature(const FeatureSpec& spec, int64_t rows) {
  FeatureValues out;
  out.spec = spec;
  if (spec.kind == FeatureKind::kSparse) out.codes.assign(static_cast<size_t>(rows), kUnknownIndex);
  if (spec.kind == FeatureKind::kMulti) out.offsets.assign(static_cast<size_t>(rows) + 1, 0);
  if (spec.kind == FeatureKind::kDense) out.values.assign(static_cast<size_t>(rows * spec.width), kMissing);
  return out;
}

std::vector<FeatureValues> recode_table(const Dataset& fresh, const FeatureTable& fresh_table, const Dataset& known, const FeatureTable& known_table, int64_t rows,
                                        const LogLine& log) {
  std::vector<FeatureValues> result;
  for (const FeatureColumn& column : known_table) {
    const auto found = std::find_if(fresh_table.begin(), fresh_table.end(), [&](const FeatureColumn& other) { return other.spec.name == column.spec.name; });
    if (found == fresh_table.end()) log(fmt::format("the feature {} is not in the data: it is unknown in all rows", column.spec.name));
    result.push_back(found == fresh_table.end() ? unknown_feature(column.spec, rows) : ColumnRecoder(fresh, known, column.spec, *found).recode());
  }
  return result;
}

SequenceValues recode_sequence(const Dataset& fresh, const Dataset& known, const NamedSequence& wanted, const LogLine& log) {
  SequenceValues out;
  out.spec = wanted.spec;
  const auto rows = static_cast<size_t>(fresh.user_rows());
  const auto& all = fresh.sequences();
  const auto found = std::find_if(all.begin(), all.end(), [&](const NamedSequence& other) { return other.spec.name == wanted.spec.name; });
  if (found == all.end()) {
    log(fmt::format("the sequence {} is not in the data: it is empty for all users", wanted.spec.name));
    out.begin.assign(rows, 0);
    out.end.assign(rows, 0);
    return out;
  }
  const bool is_mapped = has_vocabulary(wanted.spec) && has_vocabulary(found->spec);
  check(is_mapped || (found->spec.encoding == wanted.spec.encoding && found->spec.rows == wanted.spec.rows), ErrorKind::kData,
        "the sequence '{}' is encoded in another way than the model was trained on; say with --features FILE.toml what its values are, as it was said then", wanted.spec.name);
  const std::vector<int32_t> codes =
      is_mapped ? mapped(found->codes, code_map(fresh.space(found->spec.space), known.space(wanted.spec.space))) : std::vector(found->codes.begin(), found->codes.end());
  std::vector<int64_t> kept_before = {0};  // values that the model does not know are none
  for (size_t i = 0; i < codes.size(); ++i) {
    if (codes[i] != kUnknownIndex) out.codes.push_back(codes[i]), out.times.push_back(found->times[i]);
    kept_before.push_back(static_cast<int64_t>(out.codes.size()));
  }
  for (size_t row = 0; row < rows; ++row) {
    out.begin.push_back(kept_before[static_cast<size_t>(found->begin[row])]);
    out.end.push_back(kept_before[static_cast<size_t>(found->end[row])]);
  }
  return out;
}

}  // namespace

bool has_vocabulary(const FeatureSpec& spec) { return spec.kind != FeatureKind::kDense && (spec.encoding == "value" || spec.encoding == "cross"); }

std::vector<int32_t> code_map(const Vocabulary& from, const Vocabulary& to) {
  std::vector<int32_t> map = {kPaddingIndex, kUnknownIndex};
  for (int32_t code = kFirstIndex; code < from.rows(); ++code) {
    const auto number = from.integer(code);
    map.push_back(number ? to.find(*number) : to.find(std::string_view(from.text(code))));
  }
  return map;
}

bool users_are_lines(const Dataset& dataset) { return dataset.manifest().is_object() && dataset.manifest().value("users_are_lines", false); }

Dataset recode(const Dataset& fresh, const Dataset& known, const LogLine& log) {
  DatasetParts parts;
  parts.user_rows = fresh.user_rows();
  parts.item_rows = known.item_rows();
  parts.user_begin.assign(fresh.user_begin().begin(), fresh.user_begin().end());
  parts.items = mapped(fresh.items(), code_map(fresh.item_ids(), known.item_ids()));
  parts.times.assign(fresh.times().begin(), fresh.times().end());
  parts.weights.assign(fresh.weights().begin(), fresh.weights().end());
  parts.has_repeats = fresh.has_repeats();
  const bool all_strangers = users_are_lines(fresh) || users_are_lines(known);
  parts.user_codes = all_strangers ? std::vector<int32_t>(static_cast<size_t>(fresh.user_rows()), kUnknownIndex) : code_map(fresh.user_ids(), known.user_ids());
  parts.user_features = recode_table(fresh, fresh.user_features(), known, known.user_features(), fresh.user_rows(), log);
  parts.event_features = recode_table(fresh, fresh.event_features(), known, known.event_features(), fresh.num_events(), log);
  for (const NamedSequence& sequence : known.sequences()) parts.sequences.push_back(recode_sequence(fresh, known, sequence, log));
  parts.shared_item_features = known.item_features();
  parts.user_ids = fresh.user_ids();
  parts.item_ids = known.item_ids();
  const auto num_unknown = std::count(parts.items.begin(), parts.items.end(), kUnknownIndex);
  if (num_unknown > 0) log(fmt::format("{} of {} events are of items that the model does not know: as targets they are misses", num_unknown, parts.items.size()));
  check(num_unknown < static_cast<int64_t>(parts.items.size()), ErrorKind::kData,
        "none of the items of {} occurs in the data the model was trained on; are the ids spelled in the same way?", fresh.directory());
  return Dataset::from_memory(std::move(parts));
}

nlohmann::json options_like(const Dataset& known) {
  constexpr const char* kTaken[] = {"user_col",      "item_col",     "time_col",     "weight_col",       "session_col", "session_gap", "event_type_col", "keep_events",
                                    "target_events", "context_cols", "history_cols", "time_gap_buckets", "crosses",     "text_cols",   "text_buckets",   "missing"};
  const nlohmann::json all = known.manifest().value("options", nlohmann::json::object());
  nlohmann::json taken = nlohmann::json::object();
  for (const char* name : kTaken) {
    if (all.contains(name)) taken[name] = all[name];
  }
  return taken;
}

}  // namespace rechub
