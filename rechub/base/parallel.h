#pragma once

#include <cstdint>
#include <functional>

namespace rechub {

// The one owner of thread counts: set_num_threads sizes the OpenMP team that our loops and LibTorch's share. 0 means all cores this process may use.
void set_num_threads(int count);
int num_threads() noexcept;

// Calls body(begin, end, worker) on consecutive pieces of [0, count), at most one piece a thread; worker < num_threads(). The cut depends on count, grain
// and the number of threads only, so sums kept per worker are reproducible. Pieces hold at least `grain` elements. An exception in any piece is rethrown
// here, after all pieces ended. Nested calls run on the calling thread.
void parallel_for(int64_t count, int64_t grain, const std::function<void(int64_t begin, int64_t end, int worker)>& body);

}  // namespace rechub
