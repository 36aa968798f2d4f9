#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <ATen/core/Tensor.h>

namespace rechub {

// The newest `size` vectors that were pushed, each with the id of what it stands for; the oldest leave when it is full. Not thread-safe.
class VectorRing {
 public:
  VectorRing(int64_t size, int64_t dim);

  int64_t count() const { return cursor_[1].item<int64_t>(); }
  at::Tensor ids() const { return ids_.narrow(0, 0, count()); }          // int64 [count], in no order
  at::Tensor vectors() const { return vectors_.narrow(0, 0, count()); }  // [count, dim], likewise

  void push(const at::Tensor& ids, const at::Tensor& vectors);  // int64 [n], [n, dim], oldest first

  // The memory itself under names that begin with `prefix`: to save, or to load into.
  std::vector<std::pair<std::string, at::Tensor>> state(const std::string& prefix) const;

 private:
  at::Tensor ids_;      // int64 [size]
  at::Tensor vectors_;  // float32 [size, dim]
  at::Tensor cursor_;   // int64 [2]: where the next entry goes, and how many there are
};

}  // namespace rechub
