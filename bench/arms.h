#pragma once

#include <algorithm>
#include <chrono>
#include <limits>
#include <map>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>

#include "rechub/base/random.h"

namespace rechub::bench {

// The best time of each arm so far, by name; arms run in the order of registration, so a later one can be set against an earlier.
inline std::map<std::string, double>& best_rates() {
  static std::map<std::string, double> rates;
  return rates;
}

// Runs `body` under the benchmark's timer and keeps, as best_rates()[name], the highest rate seen: work / seconds of one iteration.
template <class Body>
void run_arm(benchmark::State& state, const std::string& name, double work, const char* unit, Body body) {
  double best = std::numeric_limits<double>::infinity();
  for (auto _ : state) {
    const auto start = std::chrono::steady_clock::now();
    body();
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    state.SetIterationTime(seconds);
    best = std::min(best, seconds);
  }
  double& rate = best_rates()[name];
  rate = std::max(rate, work / best);
  state.counters["best_ms"] = best * 1e3;
  state.counters[unit] = work / best / 1e9;
}

// Adds the counter `label`: this arm's best rate over that of an arm measured before (left out where that one was filtered away).
inline void compare_arms(benchmark::State& state, const char* label, const std::string& name, const std::string& other) {
  const auto found = best_rates().find(other);
  if (found != best_rates().end()) state.counters[label] = best_rates().at(name) / found->second;
}

inline std::vector<float> normal_values(int64_t count, uint64_t seed, double scale) {
  Random random(seed);
  std::vector<float> values(count);
  for (float& value : values) value = static_cast<float>(scale * random.normal());
  return values;
}

}  // namespace rechub::bench
