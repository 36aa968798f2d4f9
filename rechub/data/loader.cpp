#include "rechub/data/loader.h"

#include <numeric>

namespace rechub {

std::vector<int64_t> epoch_order(int64_t count, uint64_t seed, int64_t epoch) {
  std::vector<int64_t> order(count);
  std::iota(order.begin(), order.end(), 0);
  Random random(mix({seed, static_cast<uint64_t>(epoch), 0x6f72646572ULL}));
  for (int64_t i = count - 1; i > 0; --i) std::swap(order[i], order[static_cast<int64_t>(random.below(i + 1))]);
  return order;
}

}  // namespace rechub
