#include "rechub/base/options.h"

#include <gtest/gtest.h>

namespace rechub {
namespace {

TEST(NearestName, FindsEachKindOfSlip) {
  const std::vector<std::string> known = {"learning_rate", "batch_size", "epochs", "k"};
  EXPECT_EQ(nearest_name("learning_rte", known), "learning_rate");    // left out
  EXPECT_EQ(nearest_name("learninng_rate", known), "learning_rate");  // doubled
  EXPECT_EQ(nearest_name("batch_sise", known), "batch_size");         // replaced
  EXPECT_EQ(nearest_name("epcohs", known), "epochs");                 // swapped
  EXPECT_EQ(nearest_name("Batch-Size", known), "batch_size");         // spelt another way
  EXPECT_EQ(nearest_name("K", known), "k");
}

TEST(NearestName, ASwapCountsOnce) {
  // Five letters allow one edit: a swap is one, two replacements are two.
  EXPECT_EQ(nearest_name("tiems", {"times"}), "times");
  EXPECT_EQ(nearest_name("txxes", {"times"}), "");
}

TEST(NearestName, GivesNothingWhereNothingIsNear) {
  const std::vector<std::string> known = {"learning_rate", "k", "id"};
  EXPECT_EQ(nearest_name("dropout", known), "");
  EXPECT_EQ(nearest_name("n", known), "");  // one letter replaced by another is another name
  EXPECT_EQ(nearest_name("", known), "");
  EXPECT_EQ(nearest_name("x", {}), "");
  EXPECT_EQ(nearest_name(std::string(100000, 'x'), known), "");
}

TEST(NearestName, TheNearestWinsAndTheFirstOfEquals) {
  EXPECT_EQ(nearest_name("user_idx", {"user_ids", "user_id", "item_id"}), "user_ids");
  EXPECT_EQ(nearest_name("gru4red", {"narm", "gru4rec"}), "gru4rec");
}

}  // namespace
}  // namespace rechub
