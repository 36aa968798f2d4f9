#include "rechub/base/parallel.h"

#include <stdexcept>
#include <vector>

#include <gtest/gtest.h>

namespace rechub {
namespace {

TEST(Parallel, CoversEveryElementOnce) {
  for (int64_t count : {0, 1, 2, 3, 1000, 1001}) {
    std::vector<int> seen(count);
    parallel_for(count, 1, [&](int64_t begin, int64_t end, int worker) {
      EXPECT_LT(worker, num_threads());
      for (int64_t i = begin; i < end; ++i) ++seen[i];
    });
    for (int value : seen) EXPECT_EQ(value, 1);
  }
}

TEST(Parallel, RethrowsAnErrorOfAWorker) {
  EXPECT_THROW(parallel_for(100, 1, [](int64_t, int64_t, int) { throw std::runtime_error("x"); }), std::runtime_error);
}

TEST(Parallel, NestedCallsStayOnTheirThread) {
  std::vector<int> counts(4);
  parallel_for(4, 1, [&](int64_t begin, int64_t end, int) {
    for (int64_t i = begin; i < end; ++i) parallel_for(10, 1, [&](int64_t b, int64_t e, int) { counts[i] += static_cast<int>(e - b); });
  });
  for (int count : counts) EXPECT_EQ(count, 10);
}

}  // namespace
}  // namespace rechub
