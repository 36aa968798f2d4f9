#include "rechub/data/feature_plan.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <unordered_set>

#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <arrow/type_traits.h>
#include <arrow/util/key_value_metadata.h>

#include "rechub/base/error.h"
#include "rechub/data/cells.h"
#include "rechub/data/list_cells.h"
#include "rechub/data/string_hash.h"

namespace rechub {
namespace {

constexpr int64_t kGuessRows = 100'000;
constexpr size_t kMostSparseNumbers = 1000;
constexpr int64_t kFewRows = 100;  // too few to tell a text from a category
constexpr double kMostDifferentTexts = 0.8;

// What the first rows of a column hold.
struct ColumnLook {
  std::shared_ptr<arrow::DataType> type;
  std::string recbole_type;
  bool all_whole = true, all_numbers = true;
  int64_t num_values = 0;  // not missing
  std::unordered_set<uint64_t> different;
};

bool contains(const std::vector<std::string>& list, const std::string& text) { return std::find(list.begin(), list.end(), text) != list.end(); }

template <class Number>
bool is_whole_text(std::string_view text) {
  Number value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size();
}

void look_at(TableReader& reader, const arrow::RecordBatch& batch, int column, ColumnLook& look) {
  if (arrow::is_nested(*look.type)) return;
  Cells cells(reader, batch, column);
  for (int64_t row = 0; row < batch.num_rows(); ++row) {
    if (cells.is_missing(row)) continue;
    const auto text = cells.text(row);
    if (!text) continue;
    ++look.num_values;
    look.all_whole = look.all_whole && is_whole_text<int64_t>(*text);
    look.all_numbers = look.all_numbers && (look.all_whole || is_whole_text<double>(*text));
    look.different.insert(string_hash(*text));
  }
}

std::vector<ColumnLook> look_at_head(const std::vector<std::string>& paths, const TableOptions& format, const std::vector<std::string>& columns) {
  const auto reader = open_table(paths, format);
  reader->select(columns);
  std::vector<ColumnLook> looks;
  for (const auto& field : reader->schema()->fields()) {
    ColumnLook& look = looks.emplace_back();
    look.type = field->type();
    if (field->metadata() != nullptr) look.recbole_type = field->metadata()->Get("recbole_type").ValueOr("");
  }
  int64_t rows = 0;
  while (rows < kGuessRows) {
    const auto batch = reader->next();
    if (batch == nullptr) break;
    for (size_t i = 0; i < looks.size(); ++i) look_at(*reader, *batch, static_cast<int>(i), looks[i]);
    rows += batch->num_rows();
  }
  return looks;
}

// movie_id, movieId, ID, zip, ProductCode; not "paid".
bool is_named_like_an_id(const std::string& name) {
  std::string small = name;
  for (char& c : small) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  if (small.ends_with("code") || small.ends_with("zip")) return true;
  if (!small.ends_with("id")) return false;
  if (name.size() == 2) return true;
  const char before = name[name.size() - 3], first = name[name.size() - 2];
  const bool is_letter = (before >= 'a' && before <= 'z') || (before >= 'A' && before <= 'Z');
  return !is_letter || (first == 'I' && before >= 'a');
}

struct Guess {
  std::string kind, why;  // as in FeatureOverride
};

Guess guess_text(const ColumnLook& look) {
  const auto different = static_cast<int64_t>(look.different.size());
  const bool is_free_text = look.num_values > kFewRows && static_cast<double>(different) > kMostDifferentTexts * static_cast<double>(look.num_values);
  if (!is_free_text) return {"sparse", fmt::format("text, {} different values", different)};
  return {"ignore", fmt::format("{} of {} texts differ; name it in --text-cols to use its words, or say kind = \"sparse\"", different, look.num_values)};
}

Guess guess_number(const std::string& name, const ColumnLook& look) {
  if (!look.all_whole) return {"dense", "numbers"};
  if (is_named_like_an_id(name)) return {"sparse", "whole numbers, named like an id"};
  if (look.different.size() <= kMostSparseNumbers) return {"sparse", fmt::format("{} different whole numbers", look.different.size())};
  return {"dense", fmt::format("more than {} different whole numbers", kMostSparseNumbers)};
}

Guess guess_kind(const std::string& name, const ColumnLook& look) {
  if (look.recbole_type == "token") return {"sparse", "token"};
  if (look.recbole_type == "float") return {"dense", "float"};
  if (look.recbole_type == "token_seq") return {"multi", "token_seq"};
  if (look.recbole_type == "float_seq") return {"dense", "float_seq"};
  if (ListCells::is_list(*look.type)) {
    const auto element = look.type->field(0)->type();
    if (arrow::is_nested(*element)) return {"ignore", "lists of lists or records are no feature"};
    return {arrow::is_floating(element->id()) ? "dense" : "multi", look.type->ToString()};
  }
  if (arrow::is_nested(*look.type)) return {"ignore", look.type->ToString() + " is no feature"};
  if (look.num_values == 0) return {"ignore", "it has no values"};
  if (look.type->id() == arrow::Type::BOOL) return {"sparse", "bool"};
  if (arrow::is_floating(look.type->id())) return {"dense", "numbers"};
  if (arrow::is_temporal(look.type->id())) return {"dense", "times, in seconds since 1970"};
  return look.all_numbers ? guess_number(name, look) : guess_text(look);
}

FeatureOverride* find_override(FeatureOverrides& overrides, const std::string& table, const std::string& column) {
  for (const std::string& name : {table + "." + column, column}) {
    const auto found = overrides.find(name);
    if (found == overrides.end()) continue;
    found->second.is_used = true;
    return &found->second;
  }
  return nullptr;
}

void set_kind(const std::string& kind, const ColumnLook& look, FeaturePlan& plan) {
  FeatureSpec& spec = plan.spec;
  const bool is_list = ListCells::is_list(*look.type) || look.recbole_type.ends_with("_seq");
  if (look.recbole_type.ends_with("_seq")) spec.separator = " ";
  const bool fits = !is_list || kind == "multi" || kind == "dense";
  check(fits, ErrorKind::kUsage, "[features.{}]: the column holds lists, which are multi or dense, not {}", plan.column, kind);
  spec.kind = kind == "dense" ? FeatureKind::kDense : kind == "sparse" || kind == "buckets" ? FeatureKind::kSparse : FeatureKind::kMulti;
  if (kind == "buckets") spec.encoding = "buckets";
  if (kind == "text") spec.encoding = "trigrams";
  if (kind == "dense" && is_list) spec.width = 0;  // until a vector is read
}

void apply_override(const FeatureOverride& said, const ColumnLook& look, FeaturePlan& plan) {
  FeatureSpec& spec = plan.spec;
  if (!said.separator.empty()) spec.separator = said.separator;
  if (!said.pooling.empty()) spec.pooling = said.pooling;
  if (!said.transform.empty()) spec.transform = said.transform;
  if (!said.missing.empty()) spec.missing = said.missing;
  if (said.embed_dim >= 0) spec.embed_dim = said.embed_dim;
  if (!said.shared_with.empty()) spec.space = said.shared_with;
  spec.boundaries = said.boundaries;
  plan.num_buckets = said.num_buckets;
  const bool has_vocabulary = spec.kind != FeatureKind::kDense && spec.encoding == "value";
  check(said.shared_with.empty() || has_vocabulary, ErrorKind::kUsage, "[features.{}]: shared_with needs a sparse or multi feature", plan.column);
  const bool needs_separator = spec.kind == FeatureKind::kMulti && spec.encoding == "value" && !ListCells::is_list(*look.type);
  check(!needs_separator || !spec.separator.empty(), ErrorKind::kUsage, "[features.{}]: kind = \"multi\" needs separator = \"...\", which cuts the text into its values",
        plan.column);
}

}  // namespace

TablePlan plan_features(const std::vector<std::string>& paths, const TableOptions& format, const std::vector<std::string>& columns, const PlanRules& rules,
                        FeatureOverrides& overrides) {
  TablePlan plan;
  if (columns.empty()) return plan;
  const std::vector<ColumnLook> looks = look_at_head(paths, format, columns);
  for (size_t i = 0; i < columns.size(); ++i) {
    const std::string& column = columns[i];
    FeatureOverride* said = find_override(overrides, rules.table, column);
    Guess guess = guess_kind(column, looks[i]);
    if (contains(rules.text_columns, column)) guess = {"text", "words as letter trigrams"};
    if (said != nullptr && !said->kind.empty()) guess = {said->kind, "as the features file says"};
    if (guess.kind == "ignore") {
      plan.ignored.push_back({column, guess.why});
      continue;
    }
    FeaturePlan& feature = plan.features.emplace_back();
    feature.column = column;
    feature.why = guess.why;
    feature.spec.name = contains(rules.used_names, column) ? rules.table + "_" + column : column;
    feature.spec.missing = rules.missing;
    set_kind(guess.kind, looks[i], feature);
    if (feature.spec.encoding == "trigrams") feature.spec.rows = rules.text_buckets + kFirstIndex;
    if (feature.spec.kind != FeatureKind::kDense) feature.spec.space = feature.spec.name;
    if (said != nullptr) apply_override(*said, looks[i], feature);
  }
  return plan;
}

std::string describe_plan(const FeaturePlan& plan) {
  const FeatureSpec& spec = plan.spec;
  const char* kind = spec.kind == FeatureKind::kSparse ? "sparse" : spec.kind == FeatureKind::kMulti ? "multi" : spec.width == 1 ? "dense" : "dense vector";
  const std::string encoding = spec.encoding == "value" ? "" : " (" + spec.encoding + ")";
  const std::string shared = spec.kind == FeatureKind::kDense || spec.space == spec.name ? "" : ", shared with " + spec.space;
  return fmt::format("{}: {}{}{}: {}", spec.name, kind, encoding, shared, plan.why);
}

}  // namespace rechub
