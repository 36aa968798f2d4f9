#include "rechub/eval/top_lists.h"

#include <algorithm>
#include <limits>
#include <memory>
#include <utility>

#include "rechub/base/error.h"
#include "rechub/base/parallel.h"
#include "rechub/eval/slices.h"

namespace rechub {

std::span<const int32_t> TopLists::list(int64_t i, int64_t k) const {
  const auto whole = std::span(items).subspan(i * depth, k);
  return whole.first(std::find(whole.begin(), whole.end(), -1) - whole.begin());
}

CaseRanker keep_lists(CaseRanker ranker, TopLists& lists) {
  return [ranker = std::move(ranker), &lists](const RankRequest& request) {
    RankRequest deeper = request;
    deeper.k = std::max(request.k, lists.depth);
    SearchResult answer = ranker(deeper);
    for (size_t i = 0; i < request.cases.size(); ++i) {
      const auto begin = answer.positions.begin() + static_cast<int64_t>(i) * deeper.k;
      lists.items.insert(lists.items.end(), begin, begin + lists.depth);
      std::copy_n(begin, request.k, answer.positions.begin() + static_cast<int64_t>(i) * request.k);
      std::copy_n(answer.scores.begin() + static_cast<int64_t>(i) * deeper.k, request.k, answer.scores.begin() + static_cast<int64_t>(i) * request.k);
    }
    answer.positions.resize(request.cases.size() * request.k);
    answer.scores.resize(request.cases.size() * request.k);
    return answer;
  };
}

CaseRanker rank_by_lists(const TopLists& lists) {
  return [&lists, next = std::make_shared<int64_t>(0)](const RankRequest& request) {
    const int64_t first = *next, count = static_cast<int64_t>(request.cases.size());
    *next += count;
    check(*next <= lists.num_cases() && request.k <= lists.depth, ErrorKind::kShape, "there are lists of {} items for {} cases, asked were {} items for {} cases", lists.depth,
          lists.num_cases(), request.k, *next);
    SearchResult answer;
    for (int64_t i = 0; i < count; ++i) {
      const auto list = lists.list(first + i, lists.depth);
      for (int64_t place = 0; place < request.k; ++place) {
        const bool is_there = place < static_cast<int64_t>(list.size());
        answer.positions.push_back(is_there ? list[place] : -1);
        answer.scores.push_back(is_there ? -static_cast<float>(place) : -std::numeric_limits<float>::infinity());
      }
      if (request.targets.offsets.empty()) continue;
      for (int64_t t = request.targets.offsets[i]; t < request.targets.offsets[i + 1]; ++t) {
        const auto found = std::find(list.begin(), list.end(), request.targets.values[t]);
        answer.ranks.push_back(found == list.end() ? std::numeric_limits<double>::infinity() : 1.0 + static_cast<double>(found - list.begin()));
        answer.ties.push_back(0);
      }
    }
    return answer;
  };
}

double list_overlap(const TopLists& a, const TopLists& b, int64_t k) {
  check(a.num_cases() == b.num_cases() && k >= 1 && k <= a.depth && k <= b.depth, ErrorKind::kShape,
        "lists of {} cases, {} deep, and of {} cases, {} deep, have no first {} in common", a.num_cases(), a.depth, b.num_cases(), b.depth, k);
  double sum = 0;
  int64_t count = 0;
  for (int64_t i = 0; i < a.num_cases(); ++i) {
    const auto first = a.list(i, k), second = b.list(i, k);
    const size_t longer = std::max(first.size(), second.size());
    if (longer == 0) continue;
    const auto common = std::count_if(first.begin(), first.end(), [&](int32_t item) { return std::find(second.begin(), second.end(), item) != second.end(); });
    sum += static_cast<double>(common) / static_cast<double>(longer);
    ++count;
  }
  return count == 0 ? 0 : sum / static_cast<double>(count);
}

std::array<double, 3> popularity_shares(const TopLists& lists, int64_t k, std::span<const int64_t> item_counts) {
  check(k >= 1 && k <= lists.depth, ErrorKind::kShape, "lists are {} deep, asked were their first {}", lists.depth, k);
  const std::vector<PopularityGroup> groups = popularity_groups(item_counts);
  std::array<double, 3> shares = {};
  int64_t total = 0;
  for (int64_t i = 0; i < lists.num_cases(); ++i) {
    for (int32_t item : lists.list(i, k)) ++shares[static_cast<size_t>(groups[item])], ++total;
  }
  for (double& share : shares) share /= static_cast<double>(std::max<int64_t>(total, 1));
  return shares;
}

}  // namespace rechub
