#include "rechub/cli/halving.h"

#include <algorithm>

#include "rechub/base/error.h"

namespace rechub::cli {

std::vector<int64_t> rungs_below(int64_t epochs, int64_t first, int64_t reduction) {
  check(first >= 1 && reduction >= 2, ErrorKind::kUsage, "expected first_rung of 1 or more and reduction of 2 or more, got {} and {}", first, reduction);
  std::vector<int64_t> rungs;
  for (int64_t rung = first; rung < epochs; rung *= reduction) rungs.push_back(rung);
  return rungs;
}

bool goes_on(double value, const std::vector<double>& earlier, int64_t reduction) {
  const auto better = std::count_if(earlier.begin(), earlier.end(), [&](double other) { return other > value; });
  return better < std::max<int64_t>(1, static_cast<int64_t>(earlier.size() + 1) / reduction);
}

}  // namespace rechub::cli
