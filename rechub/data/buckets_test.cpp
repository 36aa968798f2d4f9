#include "rechub/data/buckets.h"

#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace rechub {
namespace {

using testing::ElementsAre;

TEST(Buckets, ABoundaryBelongsToTheBucketItBegins) {
  const std::vector<double> boundaries = {18, 30};
  EXPECT_EQ(bucket_code(17.9, boundaries), 2);
  EXPECT_EQ(bucket_code(18, boundaries), 3);
  EXPECT_EQ(bucket_code(29, boundaries), 3);
  EXPECT_EQ(bucket_code(30, boundaries), 4);
  EXPECT_EQ(bucket_code(1e300, boundaries), 4);
  EXPECT_EQ(bucket_code(std::nan(""), boundaries), 1);
}

TEST(Buckets, QuantilesCutIntoEqualParts) {
  std::vector<double> values = {8, 7, 6, 5, std::nan(""), 4, 3, 2, 1};
  EXPECT_THAT(quantile_boundaries(values, 4), ElementsAre(3, 5, 7));
}

TEST(Buckets, RepeatedValuesMakeFewerBuckets) {
  std::vector<double> values = {1, 1, 1, 1, 1, 1, 9, 9};
  EXPECT_THAT(quantile_boundaries(values, 4), ElementsAre(9));
  std::vector<double> same = {5, 5, 5};
  EXPECT_THAT(quantile_boundaries(same, 4), ElementsAre());
}

TEST(Buckets, TimeGapsDouble) {
  EXPECT_THAT(time_gap_boundaries(5, 1), ElementsAre(1, 2, 4, 8));
  EXPECT_THAT(time_gap_boundaries(3, 1000), ElementsAre(1000, 2000));
}

}  // namespace
}  // namespace rechub
