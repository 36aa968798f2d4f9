#include "rechub/base/parallel.h"

#include <algorithm>
#include <exception>
#include <mutex>

#include <omp.h>

namespace rechub {

void set_num_threads(int count) { omp_set_num_threads(count > 0 ? count : omp_get_num_procs()); }

int num_threads() noexcept { return omp_get_max_threads(); }

void parallel_for(int64_t count, int64_t grain, const std::function<void(int64_t, int64_t, int)>& body) {
  if (count <= 0) return;
  grain = std::max<int64_t>(grain, 1);
  const int64_t pieces = omp_in_parallel() ? 1 : std::min<int64_t>(num_threads(), (count + grain - 1) / grain);
  if (pieces <= 1) {
    body(0, count, 0);
    return;
  }
  std::exception_ptr error;
  std::mutex error_mutex;
#pragma omp parallel num_threads(static_cast <int>(pieces))
  {
    // The runtime may grant fewer threads than asked for: each then takes several pieces, and the cut stays the same.
    for (int64_t piece = omp_get_thread_num(); piece < pieces; piece += omp_get_num_threads()) {
      try {
        body(count * piece / pieces, count * (piece + 1) / pieces, static_cast<int>(piece));
      } catch (...) {
        std::lock_guard lock(error_mutex);
        if (!error) error = std::current_exception();
      }
    }
  }
  if (error) std::rethrow_exception(error);
}

}  // namespace rechub
