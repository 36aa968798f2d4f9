#include "rechub/eval/own_favourites.h"

#include <algorithm>
#include <tuple>

#include <boost/unordered/unordered_flat_map.hpp>

namespace rechub {

OwnFavourites::OwnFavourites(std::span<const int32_t> items, std::span<const int64_t> item_counts) : items_(items), others_(item_counts.size()) {
  const int64_t largest = item_counts.empty() ? 0 : *std::max_element(item_counts.begin(), item_counts.end());
  for (size_t item = 0; item < item_counts.size(); ++item) others_[item] = static_cast<float>(static_cast<double>(item_counts[item]) / static_cast<double>(largest + 1));
}

void OwnFavourites::score(const EvaluationCase& question, std::span<float> scores) const {
  std::copy(others_.begin(), others_.end(), scores.begin());
  struct Own {
    int64_t count = 0, last = 0;
    int32_t item = 0;
  };
  boost::unordered_flat_map<int32_t, size_t> place;
  std::vector<Own> own;
  for (int64_t event = question.history_begin; event < question.history_end; ++event) {
    const auto [entry, is_new] = place.try_emplace(items_[event], own.size());
    if (is_new) own.push_back({.item = items_[event]});
    ++own[entry->second].count;
    own[entry->second].last = event;
  }
  std::sort(own.begin(), own.end(), [](const Own& a, const Own& b) { return std::tie(a.count, a.last) < std::tie(b.count, b.last); });
  for (size_t j = 0; j < own.size(); ++j) scores[own[j].item] = static_cast<float>(j + 1);
}

std::unique_ptr<Recommender> fit_own_favourites(const Dataset& dataset, const Split& split) { return std::make_unique<OwnFavourites>(dataset.items(), split.item_counts); }

}  // namespace rechub
