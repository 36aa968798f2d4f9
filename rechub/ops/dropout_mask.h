#pragma once

#include <cstdint>

#include <ATen/core/Tensor.h>

namespace rechub::ops {

// The dropout mask as a pure function, in LibTorch on any device; rechub/kernels/dropout.h states the hash and computes the same bits. Element `low` of stream `high` of `seed` is
// kept where its 32 hash bits are not below p * 2^32. high and low hold values in [0, 2^32) and are broadcast against each other; `like` lends dtype and device. Entries are 0 or 1
// / (1 - p).
at::Tensor dropout_scale(const at::Tensor& high, const at::Tensor& low, double p, uint64_t seed, const at::Tensor& like);

}  // namespace rechub::ops
