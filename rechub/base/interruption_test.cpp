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
    const InterruptionScope inner({});
    check_interruption();
  }
  EXPECT_THROW(check_interruption(), Interrupted);
  std::thread([] { check_interruption(); }).join();
}

}  // namespace
}  // namespace rechub
