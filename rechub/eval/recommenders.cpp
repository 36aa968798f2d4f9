#include "rechub/eval/recommender.h"

namespace rechub {

std::unique_ptr<Recommender> fit_popularity(const Dataset& dataset, const Split& split);
std::unique_ptr<Recommender> fit_item_knn(const Dataset& dataset, const Split& split);
std::unique_ptr<Recommender> fit_own_favourites(const Dataset& dataset, const Split& split);

namespace {

constexpr RecommenderEntry kRecommenders[] = {
    // name             what it is                                                                    fit
    {"popularity", "the most frequent items of the training events, the same for everyone", fit_popularity},
    {"item_knn", "items that users of the history's items also have (cosine, 200 neighbours an item)", fit_item_knn},
    {"own_favourites", "the user's own most frequent items, then the most popular ones", fit_own_favourites},
};

}  // namespace

std::span<const RecommenderEntry> recommender_entries() { return kRecommenders; }

const RecommenderEntry* find_recommender(const std::string& name) {
  for (const RecommenderEntry& entry : kRecommenders) {
    if (name == entry.name) return &entry;
  }
  return nullptr;
}

}  // namespace rechub
