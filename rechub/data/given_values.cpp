#include "rechub/data/given_values.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include <nlohmann/json.hpp>

#include "rechub/base/error.h"
#include "rechub/base/registry.h"
#include "rechub/data/buckets.h"
#include "rechub/data/list_cells.h"
#include "rechub/data/trigrams.h"

namespace rechub {
namespace {

using nlohmann::json;

// Columns that a request may name, as they lie in a batch.
struct Known {
  const FeatureSpec* spec;
  bool is_user;
  size_t place;
};

std::vector<Known> known_features(const Dataset& dataset) {
  std::vector<Known> known;
  for (const FeatureColumn& column : dataset.user_features()) known.push_back({&column.spec, true, known.size()});
  size_t place = 0;
  for (const FeatureColumn& column : dataset.event_features()) {
    if (column.spec.role == EventRole::kContext) known.push_back({&column.spec, false, place++});
  }
  return known;
}

std::vector<Known> known_sequences(const Dataset& dataset) {
  const auto& events = dataset.event_features();
  auto place = static_cast<size_t>(std::count_if(events.begin(), events.end(), [](const FeatureColumn& column) { return column.spec.role == EventRole::kContext; }));
  std::vector<Known> known;
  for (const NamedSequence& sequence : dataset.sequences()) known.push_back({&sequence.spec, false, place++});
  return known;
}

const Known& find(const std::vector<Known>& known, const std::string& name, const char* what, const std::string& source) {
  std::vector<std::string> names;
  for (const Known& entry : known) {
    if (entry.spec->name == name) return entry;
    names.push_back(entry.spec->name);
  }
  throw Error(ErrorKind::kUsage, source + ": " + unknown_name_message(what, name, names));
}

// One value of a request for one feature.
class ValueEncoder {
 public:
  ValueEncoder(const Dataset& dataset, const FeatureSpec& spec, const std::string& source) : dataset_(dataset), spec_(spec), source_(source) {}

  BatchColumn encode(const json& value) const {
    BatchColumn out;
    out.kind = spec_.kind;
    out.width = spec_.width;
    if (spec_.kind == FeatureKind::kDense) {
      out.values = numbers(value);
    } else if (spec_.kind == FeatureKind::kSparse) {
      out.codes = {value.is_null() ? kUnknownIndex : spec_.encoding == "buckets" ? bucket_code(number(value), spec_.boundaries) : code(value)};
    } else {
      for (const json& element : value.is_array() ? value : json::array({value})) append_codes(element, out.codes);
    }
    return out;
  }

 private:
  [[noreturn]] void refuse(const char* expected, const json& found) const {
    fail(ErrorKind::kData, "{}: \"{}\" must be {}, found {}", source_, spec_.name, expected, found.dump());
  }

  float number(const json& value) const {
    if (value.is_null()) return std::numeric_limits<float>::quiet_NaN();
    if (!value.is_number()) refuse("a number", value);
    if (!(std::abs(value.get<double>()) <= std::numeric_limits<float>::max())) refuse("a number that a 32-bit float holds", value);
    return value.get<float>();
  }

  // A missing number counts as the mean.
  std::vector<float> numbers(const json& value) const {
    if (spec_.width == 1) return {value.is_null() && spec_.missing == "zero" ? 0.0F : number(value)};
    if (!value.is_array() || static_cast<int64_t>(value.size()) != spec_.width) refuse(fmt::format("a list of {} numbers", spec_.width).c_str(), value);
    std::vector<float> result;
    for (const json& element : value) result.push_back(number(element));
    return result;
  }

  int64_t code(const json& value) const {
    const Vocabulary& vocabulary = dataset_.space(spec_.space);
    if (value.is_number_integer() && !value.is_number_unsigned()) return vocabulary.find(value.get<int64_t>());
    if (value.is_number_unsigned()) return vocabulary.find(std::string_view(value.dump()));
    if (value.is_number_float() && std::abs(value.get<double>()) < 0x1p63 && std::nearbyint(value.get<double>()) == value.get<double>()) {
      return vocabulary.find(static_cast<int64_t>(value.get<double>()));  // to JSON, 3.0 is a whole number
    }
    if (value.is_string()) return vocabulary.find(std::string_view(value.get_ref<const std::string&>()));
    if (!value.is_boolean()) refuse("a text, a whole number, true or false", value);
    // Typed columns hold 1 and 0, texts what they say.
    const int32_t spelled = vocabulary.find(std::string_view(value.get<bool>() ? "true" : "false"));
    return spelled != kUnknownIndex ? spelled : vocabulary.find(int64_t{value.get<bool>() ? 1 : 0});
  }

  void append_codes(const json& value, std::vector<int64_t>& codes) const {
    if (value.is_null()) return;
    if (spec_.encoding == "trigrams") {
      if (!value.is_string()) refuse("a text", value);
      std::vector<int32_t> trigrams;
      append_trigrams(value.get_ref<const std::string&>(), spec_.rows - kFirstIndex, trigrams);
      codes.insert(codes.end(), trigrams.begin(), trigrams.end());
    } else if (value.is_string() && !spec_.separator.empty()) {
      std::vector<std::string_view> parts;
      cut_text(value.get_ref<const std::string&>(), spec_.separator, parts);
      for (const std::string_view part : parts) codes.push_back(dataset_.space(spec_.space).find(part));
    } else {
      codes.push_back(code(value));
    }
  }

  const Dataset& dataset_;
  const FeatureSpec& spec_;
  const std::string& source_;
};

void check_object(const json& object, const char* name, const std::string& source) {
  check(object.is_null() || object.is_object(), ErrorKind::kData, "{}: \"{}\" must be an object of names and values, found {}", source, name, object.dump());
}

// Crosses whose halves a request has named, by the codes of both as they stand now.
void apply_crosses(const Dataset& dataset, const FeatureTable& table, const EventRole* role, size_t row, BatchColumns& columns) {
  std::vector<const FeatureSpec*> specs;
  for (const FeatureColumn& column : table) {
    if (role == nullptr || column.spec.role == *role) specs.push_back(&column.spec);
  }
  const auto half = [&](const std::string& name) -> std::string {
    for (size_t i = 0; i < specs.size(); ++i) {
      const auto code = specs[i]->name == name ? static_cast<int32_t>(columns[i].codes[row]) : kUnknownIndex;
      if (code >= kFirstIndex) return specs[i]->encoding == "buckets" ? std::to_string(code) : dataset.space(specs[i]->space).text(code);
    }
    return "";
  };
  for (size_t i = 0; i < specs.size(); ++i) {
    if (specs[i]->encoding != "cross") continue;
    const std::string first = half(specs[i]->inputs[0]), second = half(specs[i]->inputs[1]);
    columns[i].codes[row] = first.empty() || second.empty() ? kUnknownIndex : dataset.space(specs[i]->space).find(std::string_view(cross_key(first, second)));
  }
}

void check_given(const FeatureSpec& spec, const std::string& source) {
  check(spec.encoding != "cross", ErrorKind::kUsage, "{}: \"{}\" follows from {} and {}; give those", source, spec.name, spec.inputs.empty() ? "" : spec.inputs[0],
        spec.inputs.size() < 2 ? "" : spec.inputs[1]);
}

}  // namespace

GivenValues::GivenValues(const Dataset& dataset, const json& features, const json& sequences, const std::string& source) {
  check_object(features, "features", source);
  check_object(sequences, "sequences", source);
  const auto add = [&](const std::vector<Known>& known, const json& object, const char* what, bool is_sequence) {
    for (const auto& [name, value] : object.items()) {
      const Known& found = find(known, name, what, source);
      check_given(*found.spec, source);
      check(!is_sequence || value.is_array(), ErrorKind::kData, "{}: \"{}\" must be a list of values, oldest first, found {}", source, name, value.dump());
      columns_.push_back({found.is_user, found.place, is_sequence, ValueEncoder(dataset, *found.spec, source).encode(value)});
      const std::vector<int64_t>& codes = columns_.back().value.codes;
      if (!value.is_null() && std::find(codes.begin(), codes.end(), kUnknownIndex) != codes.end()) unknown_.push_back(name);
    }
  };
  if (features.is_object()) add(known_features(dataset), features, "user or context feature", false);
  if (sequences.is_object()) add(known_sequences(dataset), sequences, "sequence", true);
}

void GivenValues::apply(const Dataset& dataset, int64_t max_length, size_t row, SequenceBatch& batch) const {
  if (empty()) return;
  for (const Column& column : columns_) {
    BatchColumn& into = (column.is_user ? batch.user_columns : batch.context_columns)[column.place];
    if (into.kind == FeatureKind::kDense) {
      std::copy(column.value.values.begin(), column.value.values.end(), into.values.begin() + static_cast<int64_t>(row) * into.width);
    } else if (into.kind == FeatureKind::kSparse) {
      into.codes[row] = column.value.codes[0];
    } else {
      std::vector<int64_t> codes = column.value.codes;
      // As in a data set, values that a sequence's vocabulary does not have are none.
      if (column.is_sequence) {
        std::erase(codes, kUnknownIndex);
        codes.erase(codes.begin(), codes.end() - std::min<int64_t>(max_length, static_cast<int64_t>(codes.size())));
      }
      into.begin[row] = static_cast<int64_t>(into.codes.size());
      into.codes.insert(into.codes.end(), codes.begin(), codes.end());
      into.end[row] = static_cast<int64_t>(into.codes.size());
    }
  }
  const EventRole context = EventRole::kContext;
  apply_crosses(dataset, dataset.user_features(), nullptr, row, batch.user_columns);
  apply_crosses(dataset, dataset.event_features(), &context, row, batch.context_columns);
}

KnownNames known_names(const Dataset& dataset) {
  KnownNames names;
  for (const Known& known : known_features(dataset)) names.features.push_back(known.spec->name);
  for (const Known& known : known_sequences(dataset)) names.sequences.push_back(known.spec->name);
  for (const FeatureColumn& column : dataset.item_features()) names.item_features.push_back(column.spec.name);
  return names;
}

BatchColumns given_item_features(const Dataset& dataset, const json& features, const std::string& source) {
  check_object(features, "features", source);
  std::vector<Known> known;
  for (const FeatureColumn& column : dataset.item_features()) known.push_back({&column.spec, false, known.size()});
  const int64_t unknown = kUnknownIndex;
  BatchColumns columns = gather_columns(dataset.item_features(), {&unknown, 1});
  for (const auto& [name, value] : features.items()) {
    const Known& found = find(known, name, "item feature", source);
    check_given(*found.spec, source);
    BatchColumn column = ValueEncoder(dataset, *found.spec, source).encode(value);
    if (column.kind == FeatureKind::kMulti) {
      column.begin = {0};
      column.end = {static_cast<int64_t>(column.codes.size())};
    }
    columns[found.place] = std::move(column);
  }
  apply_crosses(dataset, dataset.item_features(), nullptr, 0, columns);
  return columns;
}

}  // namespace rechub
