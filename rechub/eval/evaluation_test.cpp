#include <gtest/gtest.h>

#include "rechub/base/error.h"
#include "rechub/data/test_files.h"
#include "rechub/eval/evaluator.h"

namespace rechub {
namespace {

TEST(Compare, IsThePairedDifferenceByHand) {
  Evaluation a, b;
  a.case_metric_names = b.case_metric_names = {"Hit@1", "NDCG@10"};
  a.case_users = b.case_users = {2, 3, 4, 5};
  a.case_metrics = {{1, 1, 0, 1}, {0, 0, 0, 0}};
  b.case_metrics = {{0.5f, 0.5f, -0.5f, 0.5f}, {1, 0, 0, 0}};
  const PairedDifference constant = compare(a, b, "Hit@1");
  EXPECT_DOUBLE_EQ(constant.difference, 0.5);  // every user differs by as much: no doubt about it, though the values themselves vary
  EXPECT_DOUBLE_EQ(constant.low, 0.5);
  EXPECT_DOUBLE_EQ(constant.high, 0.5);
  const PairedDifference one = compare(a, b, "NDCG@10", 4000);
  EXPECT_DOUBLE_EQ(one.difference, -0.25);
  EXPECT_EQ(one.high, 0);
  EXPECT_EQ(one.low, -0.75);  // three or four draws of one user in four: probability .051 in all, four alone .004
}

TEST(Compare, RefusesOtherCasesAndUnknownMetrics) {
  Evaluation a, b;
  a.case_metric_names = b.case_metric_names = {"NDCG@10"};
  a.case_metrics = b.case_metrics = {{1}};
  a.case_users = b.case_users = {2};
  EXPECT_NE(error_of([&] { compare(a, b, "NDGC@10"); }).second.find("did you mean NDCG@10"), std::string::npos);
  b.case_users = {3};
  EXPECT_EQ(error_of([&] { compare(a, b, "NDCG@10"); }).first, ErrorKind::kUsage);
}

}  // namespace
}  // namespace rechub
