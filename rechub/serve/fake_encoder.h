#pragma once

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "rechub/base/error.h"
#include "rechub/data/dataset_parts.h"
#include "rechub/data/encoder.h"
#include "rechub/data/schema.h"
#include "rechub/index/index.h"

namespace rechub {

// A model for tests that can be computed by hand. Items are letters, `vectors` theirs; a user's interests are the vectors of the newest two items of the history, so the score of
// an item is its larger dot product with one of them. Items have one sparse feature, "kind" or another name, that names another item; users may have "likes", which names one, too,
// and which the model does not read.
class FakeEncoder : public Encoder {
 public:
  struct Parts {
    std::map<char, std::vector<float>> vectors;
    std::map<std::string, std::string> users;  // their histories
    std::map<char, char> kinds = {};
    std::string space = "main";
    std::string feature = "kind";
    std::shared_ptr<const Index> index = nullptr;
    std::map<std::string, std::vector<int64_t>> times = {};  // of the users' events, of all users or none
    bool has_likes = false;
  };
  explicit FakeEncoder(const Parts& parts)
      : dim_(static_cast<int64_t>(parts.vectors.begin()->second.size())), space_(parts.space), dataset_(dataset_of(parts)), index_(parts.index) {
    for (const auto& [item, vector] : parts.vectors) values_.insert(values_.end(), vector.begin(), vector.end());
  }

  const Dataset& dataset() const override { return dataset_; }
  std::string space() const override { return space_; }
  int64_t dim() const override { return dim_; }
  std::span<const float> item_vectors() const override { return values_; }
  std::shared_ptr<const Index> stored_index(const std::string& spec) const override { return index_ && index_->spec() == spec ? index_ : nullptr; }
  Split split() const override { return make_split(dataset_, "leave-one-out"); }

  std::vector<float> encode_user(const UserRequest& request) const override {
    check(request.features.empty() || !dataset_.user_features().empty(), ErrorKind::kData, "there are no features");
    const std::vector<int32_t> history = known_history(dataset_, request).items;
    std::vector<float> interests;
    for (size_t back : {1, 2}) {
      const size_t at = history.size() - std::min(back, history.size());
      interests.insert(interests.end(), values_.begin() + (history.at(at) - kFirstIndex) * dim_, values_.begin() + (history.at(at) - kFirstIndex + 1) * dim_);
    }
    return interests;
  }

  std::vector<float> encode_item(const nlohmann::json& features) const override { return features.at("vector").get<std::vector<float>>(); }

 private:
  static Dataset dataset_of(const Parts& parts) {
    DatasetParts data;
    data.user_rows = static_cast<int32_t>(parts.users.size()) + kFirstIndex;
    data.item_rows = static_cast<int32_t>(parts.vectors.size()) + kFirstIndex;
    data.user_begin = {0, 0, 0};
    FeatureValues kind;
    kind.spec.name = parts.feature;
    kind.spec.space = kItemSpace;
    kind.spec.rows = data.item_rows;
    kind.codes = {kUnknownIndex, kUnknownIndex};
    for (const auto& [item, vector] : parts.vectors) data.item_ids.add(std::string_view(&item, 1));
    for (const auto& [item, vector] : parts.vectors) {
      const auto found = parts.kinds.find(item);
      kind.codes.push_back(found == parts.kinds.end() ? kUnknownIndex : data.item_ids.find(std::string_view(&found->second, 1)));
    }
    for (const auto& [user, history] : parts.users) {
      data.user_ids.add(std::string_view(user));
      for (char item : history) data.items.push_back(data.item_ids.find(std::string_view(&item, 1)));
      data.user_begin.push_back(static_cast<int64_t>(data.items.size()));
      if (!parts.times.empty()) data.times.insert(data.times.end(), parts.times.at(user).begin(), parts.times.at(user).end());
    }
    if (parts.has_likes) {
      FeatureValues& likes = data.user_features.emplace_back();
      likes.spec = kind.spec;
      likes.spec.name = "likes";
      likes.codes.assign(data.user_rows, kUnknownIndex);
    }
    data.item_features.push_back(std::move(kind));
    return Dataset::from_memory(std::move(data));
  }

  int64_t dim_;
  std::string space_;
  Dataset dataset_;
  std::shared_ptr<const Index> index_;
  std::vector<float> values_;
};

}  // namespace rechub
