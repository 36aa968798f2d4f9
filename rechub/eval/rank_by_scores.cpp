#include <algorithm>
#include <cmath>
#include <limits>

#include "rechub/base/error.h"
#include "rechub/base/parallel.h"
#include "rechub/data/vocabulary.h"
#include "rechub/eval/recommender.h"

namespace rechub {
namespace {

constexpr float kNever = -std::numeric_limits<float>::infinity();

std::span<const int32_t> list_of(const Lists& lists, int64_t i) {
  if (lists.offsets.empty()) return {};
  return lists.values.subspan(lists.offsets[i], lists.offsets[i + 1] - lists.offsets[i]);
}

void check_request(const RankRequest& request, int64_t item_rows) {
  const auto check_lists = [&](const Lists& lists, const char* name) {
    check(lists.offsets.empty() || lists.offsets.size() == request.cases.size() + 1, ErrorKind::kShape, "expected {} + 1 offsets of {}, got {}", request.cases.size(), name,
          lists.offsets.size());
    for (int32_t item : lists.values) check(item >= 0 && item < item_rows, ErrorKind::kShape, "{}: expected items in [0, {}), got {}", name, item_rows, item);
  };
  check_lists(request.exclude, "excluded items");
  check_lists(request.targets, "targets");
  check(request.allowed.empty() || static_cast<int64_t>(request.allowed.size()) == item_rows, ErrorKind::kShape, "expected {} flags of allowed items, got {}", item_rows,
        request.allowed.size());
}

// Hidden items take the score -infinity: never returned, never better than a target and never equal to one.
void hide(const RankRequest& request, int64_t i, std::span<float> scores) {
  for (int32_t item : list_of(request.exclude, i)) scores[item] = kNever;
  for (size_t item = 0; item < request.allowed.size(); ++item) {
    if (!request.allowed[item]) scores[item] = kNever;
  }
}

// 1 + better + ties / 2 for a target whose score was `score` before items were hidden.
void rank_target(std::span<const float> scores, int32_t target, float score, double& rank, int32_t& ties) {
  if (score == kNever) {
    rank = std::numeric_limits<double>::infinity();
    ties = 0;
    return;
  }
  int32_t better = 0, equal = 0;
  for (float other : scores) {
    better += other > score;
    equal += other == score;
  }
  ties = equal - (scores[target] == score);
  rank = 1.0 + better + 0.5 * ties;
}

// The k best, kept in a heap whose top is the worst of them; equal scores in order of position.
void take_best(std::span<const float> scores, std::span<int32_t> positions, std::span<float> values) {
  const auto is_better = [&](int32_t a, int32_t b) { return scores[a] > scores[b] || (scores[a] == scores[b] && a < b); };
  const auto k = static_cast<int64_t>(positions.size());
  int64_t size = 0;
  for (int32_t item = kFirstIndex; item < static_cast<int32_t>(scores.size()); ++item) {
    if (scores[item] == kNever) continue;
    if (size < k) {
      positions[size++] = item;
      std::push_heap(positions.begin(), positions.begin() + size, is_better);
    } else if (scores[item] > scores[positions[0]]) {
      std::pop_heap(positions.begin(), positions.end(), is_better);
      positions[k - 1] = item;
      std::push_heap(positions.begin(), positions.end(), is_better);
    }
  }
  std::sort_heap(positions.begin(), positions.begin() + size, is_better);
  for (int64_t j = 0; j < k; ++j) values[j] = j < size ? scores[positions[j]] : kNever;
  std::fill(positions.begin() + size, positions.end(), -1);
}

}  // namespace

CaseRanker rank_by_scores(const Recommender& recommender, int64_t item_rows) {
  return [&recommender, item_rows](const RankRequest& request) {
    check_request(request, item_rows);
    const auto num_cases = static_cast<int64_t>(request.cases.size());
    SearchResult result;
    result.positions.resize(num_cases * request.k);
    result.scores.resize(num_cases * request.k);
    result.ranks.resize(request.targets.values.size());
    result.ties.resize(request.targets.values.size());
    parallel_for(num_cases, 1, [&](int64_t begin, int64_t end, int) {
      std::vector<float> scores(item_rows), target_scores;
      for (int64_t i = begin; i < end; ++i) {
        recommender.score(request.cases[i], scores);
        std::fill_n(scores.begin(), kFirstIndex, kNever);
        for (float score : scores) check(!std::isnan(score), ErrorKind::kInternal, "a recommender gave user {} a score that is not a number", request.cases[i].user);
        const auto targets = list_of(request.targets, i);
        target_scores.clear();
        for (int32_t target : targets) target_scores.push_back(scores[target]);
        hide(request, i, scores);
        for (size_t t = 0; t < targets.size(); ++t) {
          const size_t slot = request.targets.offsets[i] + t;
          rank_target(scores, targets[t], target_scores[t], result.ranks[slot], result.ties[slot]);
        }
        if (request.k > 0) {
          take_best(scores, std::span(result.positions).subspan(i * request.k, request.k), std::span(result.scores).subspan(i * request.k, request.k));
        }
      }
    });
    return result;
  };
}

}  // namespace rechub
