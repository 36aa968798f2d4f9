#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "rechub/base/mapped_file.h"

namespace rechub {

// A matrix of 32- or 64-bit floats as numpy.save writes it (format versions 1 to 3, little-endian, row after row), mapped. Throws kNotFound, and kData for anything else.
class NpyFile {
 public:
  static NpyFile open(const std::string& path);

  int64_t rows() const { return rows_; }
  int64_t width() const { return width_; }
  void append_row(int64_t row, std::vector<float>& values) const;  // throws kData for a number that is not finite

 private:
  MappedFile file_;
  int64_t rows_ = 0, width_ = 0, offset_ = 0;
  bool is_double_ = false;
};

}  // namespace rechub
