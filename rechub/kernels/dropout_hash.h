#pragma once

// The hash of dropout.h on the lanes of simd_integer.h; for .simd.cpp files only, with internal linkage like simd.h.

#include "rechub/kernels/dropout.h"
#include "rechub/kernels/simd_integer.h"

namespace rechub::RECHUB_SIMD_LEVEL {
namespace {

inline uint32_t mix_word(uint32_t x) {
  x ^= x >> 16;
  x *= 0x7feb352du;
  x ^= x >> 15;
  x *= 0x846ca68bu;
  return x ^ (x >> 16);
}

inline IntVec mix_lanes(IntVec x) {
  x = xor_int(x, shift_right_int<16>(x));
  x = multiply_int(x, broadcast_int(0x7feb352du));
  x = xor_int(x, shift_right_int<15>(x));
  x = multiply_int(x, broadcast_int(0x846ca68bu));
  return xor_int(x, shift_right_int<16>(x));
}

// The elements of one `high` word.
struct DropoutStream {
  uint32_t first, second, threshold;
};

inline DropoutStream dropout_stream(const DropoutRule& rule, uint32_t high) {
  const uint32_t first = mix_word(mix_word(high ^ static_cast<uint32_t>(rule.seed)) + static_cast<uint32_t>(rule.seed >> 32));
  return {first, mix_word(first + 0x9e3779b9u), rule.threshold};
}

// Which of the elements low, low + 1, ... (kWidth of them) are kept.
inline Mask kept_lanes(const DropoutStream& stream, uint32_t low) {
  const IntVec hash = mix_lanes(xor_int(mix_lanes(add_int(lane_numbers(), broadcast_int(low + stream.first))), broadcast_int(stream.second)));
  return at_least_int(hash, broadcast_int(stream.threshold));
}

}  // namespace
}  // namespace rechub::RECHUB_SIMD_LEVEL
