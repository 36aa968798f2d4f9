#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "rechub/index/index.h"

namespace rechub {

// What one setting of an index gives on real queries.
struct Tradeoff {
  int64_t effort = 0;             // 0 for an index without a setting
  double recall = 0;              // share of the exact k best that it finds, over all queries
  double queries_per_second = 0;  // in batches, on all threads
  double p50_ms = 0, p99_ms = 0;  // of a query alone
};

// Measures `index` at one setting against the exact answers (`truth`, of a Flat index). The query's effort and filters are not used.
Tradeoff measure_tradeoff(const Index& index, const SearchQuery& query, const SearchResult& truth, int64_t effort);

// `exact` is a Flat index. Doubles the setting until `recall` is reached, then looks between the last two for a cheaper one. Returns every setting measured, ascending; settings
// that do no better than a cheaper one are left out. `chosen` is the place of the cheapest that reaches the recall, or of the last one where none does.
struct Tuning {
  std::vector<Tradeoff> tradeoffs;
  size_t chosen = 0;
  bool is_reached = false;
};
Tuning tune_effort(const Index& index, const Index& exact, const SearchQuery& query, double recall);

}  // namespace rechub
