#include "rechub/base/error.h"
#include "rechub/base/registry.h"
#include "rechub/data/memory_plan.h"
#include "rechub/eval/recommender.h"

namespace rechub {

std::unique_ptr<Recommender> fit_popularity(const Dataset& dataset, const Split& split);
std::unique_ptr<Recommender> fit_item_knn(const Dataset& dataset, const Split& split);
std::unique_ptr<Recommender> fit_own_favourites(const Dataset& dataset, const Split& split);
std::unique_ptr<Recommender> fit_ease(const Dataset& dataset, const Split& split);
int64_t ease_fit_bytes(const Split& split);

namespace {

constexpr RecommenderEntry kRecommenders[] = {
    // name             what it is                                                                    fit
    {"popularity", "the most frequent items of the training events, the same for everyone", fit_popularity},
    {"item_knn", "items that users of the history's items also have (cosine, 200 neighbours an item)", fit_item_knn},
    {"own_favourites", "the user's own most frequent items, then the most popular ones", fit_own_favourites},
    {"ease", "a linear model of all items on all others in closed form (EASE^R), for catalogues whose square fits the memory", fit_ease, ease_fit_bytes},
};

}  // namespace

std::span<const RecommenderEntry> recommender_entries() { return kRecommenders; }

const RecommenderEntry* find_recommender(const std::string& name) {
  for (const RecommenderEntry& entry : kRecommenders) {
    if (name == entry.name) return &entry;
  }
  return nullptr;
}

const RecommenderEntry& named_recommender(const std::string& name) { return find_entry<RecommenderEntry>(kRecommenders, name, "recommender"); }

std::unique_ptr<Recommender> fit_recommender(const RecommenderEntry& entry, const Dataset& dataset, const Split& split, int64_t max_bytes) {
  const int64_t needed = entry.fit_bytes == nullptr ? 0 : entry.fit_bytes(split);
  check(needed <= max_bytes, ErrorKind::kData,
        "{} needs {} for its matrix of items by items, and {} are allowed (max_ram; without it, the machine's memory): use item_knn, whose memory grows with the events",
        entry.name, size_text(needed), size_text(max_bytes));
  return entry.fit(dataset, split);
}

}  // namespace rechub
