#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>

namespace rechub {

// An array of floats on a cache line's boundary, not initialised: for kernel workspaces and packed panels.
class AlignedBuffer {
 public:
  AlignedBuffer() = default;
  explicit AlignedBuffer(int64_t size) : data_(static_cast<float*>(::operator new(static_cast<size_t>(size) * sizeof(float), kAlignment))), size_(size) {}

  float* data() { return data_.get(); }
  const float* data() const { return data_.get(); }
  int64_t size() const { return size_; }

 private:
  static constexpr std::align_val_t kAlignment{64};
  struct Free {
    void operator()(float* p) const { ::operator delete(p, kAlignment); }
  };
  std::unique_ptr<float, Free> data_;
  int64_t size_ = 0;
};

}  // namespace rechub
