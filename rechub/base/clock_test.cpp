#include "rechub/base/clock.h"

#include <regex>
#include <vector>

#include <gtest/gtest.h>

namespace rechub {
namespace {

TEST(Clock, RunsForward) {
  const double start = monotonic_seconds();
  EXPECT_GE(monotonic_seconds(), start);
}

TEST(Clock, TimestampIsIso8601) { EXPECT_TRUE(std::regex_match(utc_timestamp(), std::regex("20[0-9]{2}-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-6][0-9]Z"))); }

TEST(Clock, PeakMemoryGrowsByWhatIsTouched) {
  const int64_t before = peak_rss_bytes();
  std::vector<char> block(int64_t{64} << 20, 1);
  const int64_t after = peak_rss_bytes();
  EXPECT_GT(before, 0);
  EXPECT_GE(after - before, int64_t{48} << 20);
  EXPECT_LT(after, physical_memory_bytes());
  EXPECT_EQ(block.back(), 1);
}

}  // namespace
}  // namespace rechub
