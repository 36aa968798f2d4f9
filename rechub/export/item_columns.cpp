#include "rechub/export/item_columns.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cmath>
#include <set>

#include <fmt/format.h>

namespace rechub {
namespace {

constexpr const char* kVector = "vector";
// Columns that PostgreSQL and Milvus have in every table.
constexpr const char* kTaken[] = {kVector, "tableoid", "xmin", "cmin", "xmax", "cmax", "ctid", "RowID", "Timestamp"};
constexpr size_t kLongestName = 63;  // PostgreSQL cuts names there

std::string column_name(const std::string& feature, std::set<std::string>& taken) {
  std::string name = feature.empty() || std::isdigit(static_cast<unsigned char>(feature[0])) ? "_" + feature : feature;
  for (char& c : name) {
    if (!std::isalnum(static_cast<unsigned char>(c))) c = '_';
  }
  name.resize(std::min(name.size(), kLongestName));
  std::string numbered = name;
  for (int number = 2; !taken.insert(numbered).second; ++number) {
    const std::string ending = fmt::format("_{}", number);
    numbered = name.substr(0, kLongestName - ending.size()) + ending;
  }
  return numbered;
}

// The shortest decimal that is this float, so that a price of 0.1 is not printed as 0.10000000149.
double as_written(float number) {
  const std::string text = fmt::format("{}", number);
  double value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

nlohmann::json value_of_code(const Vocabulary& values, int32_t code) {
  if (code < kFirstIndex) return nullptr;
  if (const auto integer = values.integer(code)) return *integer;
  return values.text(code);
}

}  // namespace

size_t ItemColumn::num_values(int32_t item) const {
  const auto codes = feature->codes.subspan(feature->offsets[item], feature->offsets[item + 1] - feature->offsets[item]);
  return std::count_if(codes.begin(), codes.end(), [](int32_t code) { return code >= kFirstIndex; });
}

nlohmann::json ItemColumn::value(int32_t item) const {
  if (!feature) return value_of_code(*values, item);
  if (kind == kNumber) {
    const float number = feature->values[item];
    return std::isfinite(number) ? nlohmann::json(as_written(number)) : nlohmann::json();
  }
  if (!is_list) return value_of_code(*values, feature->codes[item]);
  nlohmann::json list = nlohmann::json::array();
  for (int64_t at = feature->offsets[item]; at < feature->offsets[item + 1]; ++at) {
    if (feature->codes[at] >= kFirstIndex) list.push_back(value_of_code(*values, feature->codes[at]));
  }
  return list;
}

ItemColumns item_columns(const Dataset& dataset) {
  const auto kind_of = [](const Vocabulary& values) { return values.is_integer() ? ItemColumn::kInteger : ItemColumn::kText; };
  std::set<std::string> taken(std::begin(kTaken), std::end(kTaken));
  ItemColumns out;
  out.columns.push_back({column_name("item", taken), kind_of(dataset.item_ids()), false, nullptr, &dataset.item_ids()});
  for (const FeatureColumn& feature : dataset.item_features()) {
    const FeatureSpec& spec = feature.spec;
    const bool is_number = spec.kind == FeatureKind::kDense;
    if (spec.encoding != "value" || (is_number && spec.width > 1)) {
      out.left_out.push_back(spec.name);
    } else if (is_number) {
      out.columns.push_back({column_name(spec.name, taken), ItemColumn::kNumber, false, &feature, nullptr});
    } else {
      const Vocabulary& values = dataset.space(spec.space);
      out.columns.push_back({column_name(spec.name, taken), kind_of(values), spec.kind == FeatureKind::kMulti, &feature, &values});
    }
  }
  return out;
}

}  // namespace rechub
