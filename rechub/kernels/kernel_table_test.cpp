#include "rechub/kernels/kernel_table.h"

#include <cstdlib>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "rechub/base/error.h"

namespace rechub {
namespace {

std::string usage_error_of(const std::string& isa) {
  try {
    kernels_of(isa);
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kUsage);
    return error.what();
  }
  return "";
}

TEST(KernelTable, TheReferenceIsAlwaysThere) {
  EXPECT_EQ(supported_isas().front(), "reference");
  EXPECT_STREQ(kernels_of("reference").isa, "reference");
}

TEST(KernelTable, TakesTheBestLevelOrTheOneOfTheEnvironment) {
  const char* wanted = std::getenv("RECHUB_ISA");
  EXPECT_EQ(kernel_isa_name(), wanted && *wanted ? std::string(wanted) : supported_isas().back());
}

TEST(KernelTable, AnUnknownLevelIsAUsageErrorNamingTheKnownOnes) {
  EXPECT_THAT(usage_error_of("sse9"), testing::AllOf(testing::HasSubstr("sse9"), testing::HasSubstr("reference, avx2, avx512")));
}

}  // namespace
}  // namespace rechub
