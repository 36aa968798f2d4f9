#include "rechub/base/registry.h"

#include <gtest/gtest.h>

namespace rechub {
namespace {

struct Entry {
  const char* name;
  int value;
};
constexpr Entry kTable[] = {{"alpha", 1}, {"beta", 2}};

TEST(Registry, FindsARow) { EXPECT_EQ(find_entry<Entry>(kTable, "beta", "letter").value, 2); }

TEST(Registry, NamesTheNearestRow) {
  try {
    find_entry<Entry>(kTable, "btea", "letter");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kUsage);
    EXPECT_STREQ(error.what(), "unknown letter 'btea' (did you mean beta?): known are alpha, beta");
  }
}

}  // namespace
}  // namespace rechub
