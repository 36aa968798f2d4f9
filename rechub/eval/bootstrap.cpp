#include "rechub/eval/bootstrap.h"

#include <algorithm>
#include <cmath>

#include <boost/unordered/unordered_flat_map.hpp>

#include "rechub/base/error.h"
#include "rechub/base/interruption.h"
#include "rechub/base/parallel.h"
#include "rechub/base/random.h"

namespace rechub {
namespace {

constexpr int64_t kResamplesPerCheck = 256;  // of interruption

// One row a user: the sums of its cases, and their number last. Users with one case that is zero in every column add nothing but that case, so they have no row.
struct UserSums {
  int64_t width = 0;  // columns + 1
  int64_t num_users = 0;
  std::vector<double> rows;  // [users with a row, width]
  int64_t num_rows() const { return static_cast<int64_t>(rows.size()) / width; }
};

UserSums sum_by_user(const std::vector<std::vector<float>>& columns, std::span<const int32_t> users) {
  UserSums sums;
  sums.width = static_cast<int64_t>(columns.size()) + 1;
  boost::unordered_flat_map<int32_t, int64_t> place;
  std::vector<double> all;
  for (size_t i = 0; i < users.size(); ++i) {
    const auto [entry, is_new] = place.try_emplace(users[i], static_cast<int64_t>(place.size()));
    if (is_new) all.resize(all.size() + sums.width);
    double* row = all.data() + entry->second * sums.width;
    for (size_t c = 0; c < columns.size(); ++c) row[c] += columns[c][i];
    row[columns.size()] += 1;
  }
  sums.num_users = static_cast<int64_t>(place.size());
  for (int64_t user = 0; user < sums.num_users; ++user) {
    const double* row = all.data() + user * sums.width;
    const bool adds_one_case_only = row[sums.width - 1] == 1 && std::all_of(row, row + sums.width - 1, [](double value) { return value == 0; });
    if (!adds_one_case_only) sums.rows.insert(sums.rows.end(), row, row + sums.width);
  }
  return sums;
}

void resample(const UserSums& sums, Random random, std::vector<double>& total) {
  std::fill(total.begin(), total.end(), 0.0);
  const auto num_rows = static_cast<uint64_t>(sums.num_rows());
  int64_t plain = 0;
  for (int64_t draw = 0; draw < sums.num_users; ++draw) {
    const uint64_t user = random.below(static_cast<uint64_t>(sums.num_users));
    if (user >= num_rows) {
      ++plain;
      continue;
    }
    const double* row = sums.rows.data() + user * sums.width;
    for (int64_t c = 0; c < sums.width; ++c) total[c] += row[c];
  }
  total.back() += static_cast<double>(plain);
}

// The q-quantile of sorted values, interpolated linearly between neighbours.
double quantile(std::span<const double> sorted, double q) {
  const double place = q * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<size_t>(place);
  const size_t above = std::min(below + 1, sorted.size() - 1);
  return sorted[below] + (place - static_cast<double>(below)) * (sorted[above] - sorted[below]);
}

}  // namespace

std::vector<std::pair<double, double>> bootstrap_means(const std::vector<std::vector<float>>& columns, std::span<const int32_t> users, int64_t resamples, uint64_t seed) {
  for (const auto& column : columns) {
    check(column.size() == users.size(), ErrorKind::kShape, "bootstrap: expected {} values (one a case), got {}", users.size(), column.size());
  }
  std::vector<std::pair<double, double>> intervals(columns.size(), {0.0, 0.0});
  if (users.empty() || resamples <= 0) return intervals;

  const UserSums sums = sum_by_user(columns, users);
  std::vector<std::vector<double>> means(columns.size(), std::vector<double>(resamples));
  for (int64_t first = 0; first < resamples; first += kResamplesPerCheck) {
    check_interruption();
    parallel_for(std::min(kResamplesPerCheck, resamples - first), 8, [&](int64_t begin, int64_t end, int) {
      std::vector<double> total(sums.width);
      for (int64_t r = first + begin; r < first + end; ++r) {
        resample(sums, Random(mix({seed, static_cast<uint64_t>(r)})), total);
        for (size_t c = 0; c < columns.size(); ++c) means[c][r] = total[c] / total.back();
      }
    });
  }
  for (size_t c = 0; c < columns.size(); ++c) {
    std::sort(means[c].begin(), means[c].end());
    intervals[c] = {quantile(means[c], 0.025), quantile(means[c], 0.975)};
  }
  return intervals;
}

}  // namespace rechub
