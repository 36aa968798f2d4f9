#include "rechub/serve/live_delta.h"

#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace rechub {
namespace {

// Searches go on in old views while a rebuild lets go of the delta, and those share the names of entries that came later. Told by AddressSanitizer.
TEST(LiveDelta, AnOldViewNeedsNothingOfWhatCameAfterIt) {
  constexpr int kEntries = 1500;  // more than lie in one chunk
  const auto id = [](int entry) { return "an id that is too long to lie in the string itself: " + std::to_string(entry); };
  const std::vector<float> vector = {1};
  auto delta = std::make_unique<LiveDelta>(1);
  delta->append(id(0), vector);
  const LiveDeltaView view = delta->view();
  for (int i = 1; i < kEntries; ++i) delta->append(id(i), vector);
  delta.reset();
  for (int i = 1; i < kEntries; ++i) EXPECT_EQ(view.find(id(i)), -1);
  EXPECT_EQ(view.find(id(0)), 0);
}

}  // namespace
}  // namespace rechub
