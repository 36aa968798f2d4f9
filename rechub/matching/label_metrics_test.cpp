#include "rechub/matching/label_metrics.h"

#include <cmath>
#include <vector>

#include <gtest/gtest.h>

namespace rechub::matching {
namespace {

// Wanted rows score 3 and 1, others 2 and 1: of the four pairs two are in order, one is a tie, one is not.
TEST(LabelMetrics, AreaUnderCurveCountsPairs) {
  const std::vector<float> scores = {3, 2, 1, 1}, labels = {1, 0, 1, 0};
  EXPECT_DOUBLE_EQ(area_under_curve(scores, labels), 2.5 / 4);
}

TEST(LabelMetrics, OneKindOfRowHasNoCurve) {
  const std::vector<float> scores = {3, 2}, labels = {1, 1};
  EXPECT_TRUE(std::isnan(area_under_curve(scores, labels)));
}

TEST(LabelMetrics, LogLossIsTheClosedForm) {
  const std::vector<float> logits = {0, 2, -300}, labels = {1, 0, 0};
  EXPECT_NEAR(log_loss(logits, labels), (std::log(2.0) + std::log1p(std::exp(2.0))) / 3, 1e-12);
}

}  // namespace
}  // namespace rechub::matching
