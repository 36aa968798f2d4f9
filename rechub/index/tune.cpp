#include "rechub/index/tune.h"

#include <algorithm>
#include <iterator>

#include "rechub/base/clock.h"
#include "rechub/base/error.h"

namespace rechub {
namespace {

constexpr int64_t kQueriesAlone = 500;  // that latency is measured on
constexpr int kHalvings = 4;            // between a setting that is too cheap and one that reaches the recall

int64_t hits_of(std::span<const int32_t> found, std::span<const int32_t> truth) {
  std::vector<int32_t> a(found.begin(), found.end()), b(truth.begin(), truth.end()), both;
  std::sort(a.begin(), a.end());
  std::sort(b.begin(), b.end());
  std::set_intersection(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(both));
  return std::count_if(both.begin(), both.end(), [](int32_t position) { return position >= 0; });
}

// Candidates are never fewer than k: a setting below would be k here, and less for a query that wants less.
int64_t first_setting(const Effort& effort, int64_t k) { return effort.counts_candidates ? std::clamp(k, effort.smallest, effort.largest) : effort.smallest; }

}  // namespace

Tradeoff measure_tradeoff(const Index& index, const SearchQuery& query, const SearchResult& truth, int64_t effort) {
  SearchQuery all{.vectors = query.vectors, .num_queries = query.num_queries, .vectors_per_query = query.vectors_per_query, .k = query.k, .effort = effort};
  Tradeoff tradeoff{.effort = effort};
  const double start = monotonic_seconds();
  const SearchResult result = index.search(all);
  tradeoff.queries_per_second = static_cast<double>(query.num_queries) / (monotonic_seconds() - start);
  int64_t hits = 0;
  for (int64_t q = 0; q < query.num_queries; ++q) {
    hits += hits_of(std::span(result.positions).subspan(q * query.k, query.k), std::span(truth.positions).subspan(q * query.k, query.k));
  }
  const auto wanted = std::count_if(truth.positions.begin(), truth.positions.end(), [](int32_t position) { return position >= 0; });
  tradeoff.recall = wanted == 0 ? 1.0 : static_cast<double>(hits) / static_cast<double>(wanted);

  std::vector<double> milliseconds;
  const int64_t query_floats = query.vectors_per_query * index.dim();
  all.num_queries = 1;
  for (int64_t q = 0; q < std::min(query.num_queries, kQueriesAlone); ++q) {
    all.vectors = query.vectors.subspan(q * query_floats, query_floats);
    const double begin = monotonic_seconds();
    index.search(all);
    milliseconds.push_back(1e3 * (monotonic_seconds() - begin));
  }
  std::sort(milliseconds.begin(), milliseconds.end());
  tradeoff.p50_ms = milliseconds[milliseconds.size() / 2];
  tradeoff.p99_ms = milliseconds[milliseconds.size() * 99 / 100];
  return tradeoff;
}

Tuning tune_effort(const Index& index, const Index& exact, const SearchQuery& query, double recall) {
  check(query.num_queries > 0, ErrorKind::kData, "an index is tuned on users, and there are none");
  const SearchResult truth = exact.search({.vectors = query.vectors, .num_queries = query.num_queries, .vectors_per_query = query.vectors_per_query, .k = query.k});
  const Effort effort = index.effort();
  std::vector<Tradeoff> measured;
  const auto measure = [&](int64_t value) { return measured.emplace_back(measure_tradeoff(index, query, truth, value)).recall >= recall; };
  if (effort.is_none()) {
    measure(0);
  } else {
    int64_t enough = first_setting(effort, query.k), too_cheap = enough - 1;
    while (!measure(enough) && enough < effort.largest) {
      too_cheap = enough;
      enough = std::min(2 * enough, effort.largest);
    }
    const bool is_reached = measured.back().recall >= recall;
    for (int i = 0; i < kHalvings && is_reached && enough - too_cheap > 1; ++i) {
      const int64_t middle = too_cheap + (enough - too_cheap) / 2;
      (measure(middle) ? enough : too_cheap) = middle;
    }
  }
  std::sort(measured.begin(), measured.end(), [](const Tradeoff& a, const Tradeoff& b) { return a.effort < b.effort; });

  Tuning tuning;
  for (const Tradeoff& tradeoff : measured) {
    if (!tuning.tradeoffs.empty() && tradeoff.recall <= tuning.tradeoffs.back().recall) continue;
    tuning.tradeoffs.push_back(tradeoff);
  }
  const auto first = std::find_if(tuning.tradeoffs.begin(), tuning.tradeoffs.end(), [&](const Tradeoff& tradeoff) { return tradeoff.recall >= recall; });
  tuning.is_reached = first != tuning.tradeoffs.end();
  tuning.chosen = tuning.is_reached ? first - tuning.tradeoffs.begin() : tuning.tradeoffs.size() - 1;
  return tuning;
}

}  // namespace rechub
