#include "rechub/serve/live_features.h"

#include <algorithm>
#include <map>
#include <mutex>
#include <utility>

#include <nlohmann/json.hpp>

#include "rechub/data/given_values.h"
#include "rechub/serve/bundle_names.h"

namespace rechub {

std::function<void()> LiveFeatures::change(const std::string& item, const nlohmann::json& features) {
  if (features.is_null()) {
    return [this, item] {
      std::unique_lock lock(mutex_);
      live_.erase(item);
    };
  }
  std::vector<std::string> sparse;  // crosses are of such, too
  for (const FeatureColumn& column : dataset_.item_features()) {
    if (column.spec.kind == FeatureKind::kSparse) sparse.push_back(column.spec.name);
  }
  const BatchColumns given = given_item_features(dataset_, known_part(features, sparse), "the item");
  std::vector<Value> values(given.size());
  for (size_t i = 0; i < given.size(); ++i) {
    const FeatureSpec& spec = dataset_.item_features()[i].spec;
    if (spec.kind != FeatureKind::kSparse) continue;
    const auto raw = features.find(spec.name);
    values[i].code = static_cast<int32_t>(given[i].codes[0]);
    if (values[i].code >= kFirstIndex && spec.encoding != "buckets") {
      values[i].text = dataset_.space(spec.space).text(values[i].code);
    } else if (raw != features.end() && !raw->is_null()) {
      values[i].text = raw->is_string() ? raw->get<std::string>() : raw->dump();
    }
  }
  return [this, item, values = std::move(values)]() mutable {
    std::unique_lock lock(mutex_);
    live_[item] = std::move(values);
  };
}

std::vector<int32_t> LiveFeatures::categories(const FeatureColumn& feature, std::span<const std::string_view> items) const {
  std::vector<int32_t> categories;
  std::map<std::string_view, int32_t> others;  // values that the data set does not have
  std::shared_lock lock(mutex_);
  for (std::string_view item : items) {
    const auto found = live_.empty() ? live_.end() : live_.find(std::string(item));
    if (found == live_.end()) {
      categories.push_back(feature.codes[dataset_.item_ids().find(item)]);
      continue;
    }
    const Value& value = found->second[place_of(feature)];
    const bool is_other = value.code < kFirstIndex && !value.text.empty();
    categories.push_back(is_other ? others.try_emplace(value.text, -1 - static_cast<int32_t>(others.size())).first->second : value.code);
  }
  return categories;
}

std::string LiveFeatures::label_of(const ItemLabels& labels, const std::vector<Value>& values) const {
  std::string label;
  for (const FeatureColumn* column : labels.columns()) add_to_label(label, values[place_of(*column)].text);
  return label;
}

std::vector<std::string> LiveFeatures::find(const ItemLabels& labels, const std::function<bool(const std::string&)>& matches, size_t most) const {
  std::vector<std::string> found;
  {
    std::shared_lock lock(mutex_);
    for (const auto& [item, values] : live_) {
      const bool is_new = dataset_.item_ids().find(item) == kUnknownIndex;
      if (is_new && matches(item + " " + label_of(labels, values))) found.push_back(item);
    }
  }
  std::sort(found.begin(), found.end());
  if (found.size() > most) found.resize(most);
  return found;
}

std::string LiveFeatures::label(const ItemLabels& labels, const std::string& item) const {
  {
    std::shared_lock lock(mutex_);
    if (const auto found = live_.find(item); found != live_.end()) return label_of(labels, found->second);
  }
  const int32_t row = dataset_.item_ids().find(item);
  return row == kUnknownIndex ? "" : labels.of(row);
}

}  // namespace rechub
