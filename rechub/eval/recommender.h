#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "rechub/data/split.h"
#include "rechub/index/flat.h"

namespace rechub {

// What a ranker is asked for a batch of cases. Lists hold item indices (Dataset rows, 2 and up).
struct RankRequest {
  std::span<const EvaluationCase> cases;
  int64_t k = 20;
  Lists exclude = {};                     // a list a case: items that may not be returned (the seen ones)
  Lists targets = {};                     // a list a case
  std::span<const uint8_t> allowed = {};  // [item_rows] or empty
};

// Ranks and top-k of a batch of cases; positions hold item indices. Models answer through user vectors and a FlatIndex, recommenders through dense scores.
using CaseRanker = std::function<SearchResult(const RankRequest&)>;

// Something that scores every item for a user without vectors: popularity, item_knn, a user's own favourites. Judged by the same evaluator as models.
class Recommender {
 public:
  virtual ~Recommender() = default;
  // Scores for all item rows given the events [history_begin, history_end) of the data set the recommender was fitted on; `scores` is [item_rows], rows 0 and 1 are ignored.
  // Higher is better; -infinity means "never recommend". Thread-safe.
  virtual void score(const EvaluationCase& question, std::span<float> scores) const = 0;
};

// A row of the table of recommenders (recommenders.cpp): its name, what it is, and how it is fitted on the training events of a split. The data set must outlive it.
struct RecommenderEntry {
  const char* name;
  const char* description;
  std::unique_ptr<Recommender> (*fit)(const Dataset& dataset, const Split& split);
  int64_t (*fit_bytes)(const Split& split) = nullptr;  // the most memory that fitting takes, where that grows faster than the data; else null
};
std::span<const RecommenderEntry> recommender_entries();
const RecommenderEntry* find_recommender(const std::string& name);   // null where there is none
const RecommenderEntry& named_recommender(const std::string& name);  // throws kUsage for an unknown name, with the known ones

// entry.fit, unless that would take more than max_bytes of memory: then kData says how much it needs.
std::unique_ptr<Recommender> fit_recommender(const RecommenderEntry& entry, const Dataset& dataset, const Split& split, int64_t max_bytes);

// A CaseRanker over dense scores, with the tie, exclude and order rules of FlatIndex. An item scored -infinity is never returned, and its rank is infinite: a target there is a
// miss. The recommender must outlive the ranker. Throws kShape for items or offsets out of range, kInternal for a score that is not a number.
CaseRanker rank_by_scores(const Recommender& recommender, int64_t item_rows);

}  // namespace rechub
