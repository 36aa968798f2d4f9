#include "rechub/index/approximate_index.h"

#include <algorithm>
#include <limits>

#include "rechub/base/error.h"
#include "rechub/base/parallel.h"

namespace rechub {
namespace {

std::span<const int32_t> list_of(const Lists& lists, int64_t i) {
  if (lists.offsets.empty()) return {};
  return lists.values.subspan(lists.offsets[i], lists.offsets[i + 1] - lists.offsets[i]);
}

bool comes_before(const ScoredPosition& a, const ScoredPosition& b) { return a.score > b.score || (a.score == b.score && a.position < b.position); }

void keep_best(std::vector<ScoredPosition>& found, int64_t k) {
  const auto kept = std::min<int64_t>(k, static_cast<int64_t>(found.size()));
  std::partial_sort(found.begin(), found.begin() + kept, found.end(), comes_before);
  found.resize(kept);
}

}  // namespace

int64_t Permitted::count() const {
  int64_t count = size_;
  if (!allowed_.empty()) {
    count = allowed_count_.load();
    if (count < 0) allowed_count_.store(count = std::count_if(allowed_.begin(), allowed_.end(), [](uint8_t flag) { return flag != 0; }));
  }
  for (int32_t position : excluded_.members()) count -= allowed_.empty() || allowed_[position] != 0;
  return count;
}

std::vector<int32_t> Permitted::positions() const {
  std::vector<int32_t> positions;
  for (int64_t position = 0; position < size_; ++position) {
    if ((*this)(position)) positions.push_back(static_cast<int32_t>(position));
  }
  return positions;
}

void ApproximateIndex::set_effort(int64_t value) {
  check(value >= 1, ErrorKind::kUsage, "{} of a {} index must be 1 or more, got {}", effort_.name, spec(), value);
  effort_.value = value;
}

std::vector<ScoredPosition> ApproximateIndex::best_of(const float* vectors, int64_t num_vectors, std::span<const int32_t> positions, int64_t k) const {
  std::vector<ScoredPosition> found(positions.size());
  std::vector<float> scores(positions.size());
  for (size_t i = 0; i < positions.size(); ++i) found[i] = {-std::numeric_limits<float>::infinity(), positions[i]};
  for (int64_t v = 0; v < num_vectors; ++v) {
    score(vectors + v * dim(), positions, scores.data());
    for (size_t i = 0; i < scores.size(); ++i) found[i].score = std::max(found[i].score, scores[i]);
  }
  keep_best(found, k);
  return found;
}

std::vector<ScoredPosition> ApproximateIndex::answer(const SearchQuery& query, int64_t i, const Permitted& permitted) const {
  const int64_t num_vectors = query.vectors_per_query, effort = std::min(query.effort == 0 ? effort_.value : query.effort, effort_.largest);
  const float* vectors = query.vectors.data() + i * num_vectors * dim();
  std::vector<ScoredPosition> found;
  bool is_complete = true;
  for (int64_t v = 0; v < num_vectors && is_complete; ++v) is_complete = find(vectors + v * dim(), query.k, effort, permitted, found);
  if (is_complete && num_vectors > 1) {
    // An item found by one vector may score higher with another.
    std::vector<int32_t> positions;
    for (const ScoredPosition& item : found) positions.push_back(item.position);
    std::sort(positions.begin(), positions.end());
    positions.erase(std::unique(positions.begin(), positions.end()), positions.end());
    found = best_of(vectors, num_vectors, positions, query.k);
  }
  const auto size = static_cast<int64_t>(found.size());
  if (!is_complete || (size < query.k && size < permitted.count())) return best_of(vectors, num_vectors, permitted.positions(), query.k);
  if (num_vectors == 1) keep_best(found, query.k);
  return found;
}

void ApproximateIndex::find_best(const SearchQuery& query, SearchResult& result) const {
  if (query.k == 0 || size() == 0) return;
  std::atomic<int64_t> allowed_count = query.allowed_count;
  parallel_for(query.num_queries, 1, [&](int64_t begin, int64_t end, int) {
    static thread_local PositionSet excluded;
    for (int64_t i = begin; i < end; ++i) {
      excluded.start(size());
      for (int32_t position : list_of(query.exclude, i)) excluded.insert(position);
      const Permitted permitted(query.allowed, allowed_count, excluded, size());
      const std::vector<ScoredPosition> found = answer(query, i, permitted);
      for (size_t j = 0; j < found.size(); ++j) {
        result.positions[i * query.k + static_cast<int64_t>(j)] = found[j].position;
        result.scores[i * query.k + static_cast<int64_t>(j)] = found[j].score;
      }
    }
  });
}

}  // namespace rechub
