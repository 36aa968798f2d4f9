#include "rechub/kernels/dropout.h"

#include "rechub/kernels/dropout_hash.h"

namespace rechub::RECHUB_SIMD_LEVEL {
namespace {

// Elements of one high word: low + count <= 2^32.
void apply_stream(const DropoutRule& rule, const DropoutStream& stream, const float* x, float* y, uint32_t low, int64_t count) {
  const Vec scale = broadcast(rule.keep_scale), zero = broadcast(0.0f);
  int64_t i = 0;
  for (; i + kWidth <= count; i += kWidth) store(y + i, select(kept_lanes(stream, low + static_cast<uint32_t>(i)), load(x + i) * scale, zero));
  const int rest = static_cast<int>(count - i);
  if (rest > 0) store_first(y + i, select(kept_lanes(stream, low + static_cast<uint32_t>(i)), load_first(x + i, rest) * scale, zero), rest);
}

void apply(const DropoutRule& rule, const float* x, float* y, int64_t first, int64_t count) {
  constexpr int64_t kStream = int64_t{1} << 32;
  while (count > 0) {
    const int64_t low = first % kStream;
    const int64_t piece = count < kStream - low ? count : kStream - low;
    apply_stream(rule, dropout_stream(rule, static_cast<uint32_t>(first / kStream)), x, y, static_cast<uint32_t>(low), piece);
    x += piece;
    y += piece;
    first += piece;
    count -= piece;
  }
}

}  // namespace

DropoutKernels dropout_kernels() { return {apply}; }

}  // namespace rechub::RECHUB_SIMD_LEVEL
