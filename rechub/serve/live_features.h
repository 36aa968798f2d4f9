#pragma once

#include <cstdint>
#include <functional>
#include <shared_mutex>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <boost/unordered/unordered_flat_map.hpp>
#include <nlohmann/json_fwd.hpp>

#include "rechub/data/item_labels.h"

namespace rechub {

// The sparse features of items as they are live: those of the data set, which must outlive it, or what was put in their place since. Thread-safe.
class LiveFeatures {
 public:
  explicit LiveFeatures(const Dataset& dataset) : dataset_(dataset) {}

  // As Channel::change (channel.h): what is returned puts the features in use. Those that are not sparse are passed over.
  std::function<void()> change(const std::string& item, const nlohmann::json& features);

  // A number for each item, the same where the value of the feature is: a code of the data set, or below 0 for values that it does not have. kUnknownIndex: no value is known.
  std::vector<int32_t> categories(const FeatureColumn& feature, std::span<const std::string_view> items) const;

  // The first `most`, by their ids, of the items that the data set has not, whose "id label" pleases `matches`.
  std::vector<std::string> find(const ItemLabels& labels, const std::function<bool(const std::string&)>& matches, size_t most) const;
  std::string label(const ItemLabels& labels, const std::string& item) const;  // "" for an item of which nothing is known

 private:
  struct Value {
    int32_t code = 0;
    std::string text;
  };
  std::string label_of(const ItemLabels& labels, const std::vector<Value>& values) const;
  size_t place_of(const FeatureColumn& feature) const { return static_cast<size_t>(&feature - dataset_.item_features().data()); }

  const Dataset& dataset_;
  mutable std::shared_mutex mutex_;
  boost::unordered_flat_map<std::string, std::vector<Value>> live_;  // values by item feature, of those that are not sparse empty
};

}  // namespace rechub
