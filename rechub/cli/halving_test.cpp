#include "rechub/cli/halving.h"

#include <gtest/gtest.h>

#include "rechub/base/error.h"

namespace rechub::cli {
namespace {

TEST(Halving, RungsGrowUntilTheLastEpoch) {
  EXPECT_EQ(rungs_below(100, 3, 3), (std::vector<int64_t>{3, 9, 27, 81}));
  EXPECT_EQ(rungs_below(81, 3, 3), (std::vector<int64_t>{3, 9, 27}));
  EXPECT_TRUE(rungs_below(2, 3, 3).empty());
  EXPECT_THROW(rungs_below(10, 0, 3), Error);
  EXPECT_THROW(rungs_below(10, 1, 1), Error);
}

TEST(Halving, TheBestThirdGoesOn) {
  EXPECT_TRUE(goes_on(0.1, {}, 3));
  EXPECT_FALSE(goes_on(0.1, {0.2}, 3));
  EXPECT_TRUE(goes_on(0.3, {0.2}, 3));
  const std::vector<double> earlier = {0.1, 0.2, 0.3, 0.4, 0.5};  // with this one 6: two go on
  EXPECT_TRUE(goes_on(0.45, earlier, 3));
  EXPECT_FALSE(goes_on(0.35, earlier, 3));
  EXPECT_TRUE(goes_on(0.5, {0.5}, 3));  // equal is not worse
}

}  // namespace
}  // namespace rechub::cli
