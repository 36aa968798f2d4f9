#include "rechub/layers/parameters.h"

#include <string>

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "rechub/base/error.h"

namespace rechub {
namespace {

TEST(ParameterSet, AWeightBeyondTheMachinesMemoryIsRefusedByName) {
  ParameterSet parameters(1);
  try {
    parameters.add("votes.weight", {int64_t{1} << 40, int64_t{1} << 40}, Init::zeros());
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kUsage);
    EXPECT_NE(std::string(error.what()).find("the weight votes.weight of 1099511627776 x 1099511627776 numbers does not fit"), std::string::npos) << error.what();
  }
  EXPECT_TRUE(parameters.dense().empty());
}

}  // namespace
}  // namespace rechub
