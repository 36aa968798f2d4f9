#include "rechub/base/interruption.h"

#include <thread>

#include <gtest/gtest.h>

namespace rechub {
namespace {

TEST(Interruption, TheInnermostScopeOfTheThreadCounts) {
  check_interruption();
  const InterruptionScope outer([] { return true; });
  EXPECT_THROW(check_interruption(), Interrupted);
  {
    const InterruptionScope inner([] { return false; });
    check_interruption();
    const InterruptionScope none({});
    check_interruption();
  }
  const InterruptionScope none({});
  EXPECT_THROW(check_interruption(), Interrupted);
  std::thread([] { check_interruption(); }).join();
}

}  // namespace
}  // namespace rechub
