#include "rechub/data/npy_file.h"

#include <charconv>
#include <cmath>
#include <cstring>
#include <string_view>

#include "rechub/base/error.h"

namespace rechub {
namespace {

constexpr std::string_view kMagic = "\x93NUMPY";

// The text behind 'key': in the header, blanks left out.
std::string_view value_of_key(std::string_view header, std::string_view key, const std::string& path) {
  const size_t found = header.find(key);
  check(found != std::string_view::npos, ErrorKind::kData, "{}: the .npy header has no {}", path, key);
  std::string_view rest = header.substr(found + key.size());
  while (!rest.empty() && (rest.front() == ' ' || rest.front() == ':')) rest.remove_prefix(1);
  return rest;
}

int64_t read_number(std::string_view& text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '(' || text.front() == ',')) text.remove_prefix(1);
  int64_t value = -1;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  text.remove_prefix(static_cast<size_t>(end - text.data()));
  return error == std::errc() ? value : -1;
}

}  // namespace

NpyFile NpyFile::open(const std::string& path) {
  NpyFile npy;
  npy.file_ = MappedFile::open(path);
  const auto bytes = npy.file_.bytes();
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  check(text.size() > 12 && text.starts_with(kMagic), ErrorKind::kData, "{}: not a .npy file", path);
  const bool is_first_version = text[6] == 1;
  uint32_t header_size = 0;
  std::memcpy(&header_size, text.data() + 8, is_first_version ? 2 : 4);
  const size_t header_begin = is_first_version ? 10 : 12;
  check(header_begin + header_size <= text.size(), ErrorKind::kData, "{}: the file ends inside its header: it is truncated", path);
  const std::string_view header = text.substr(header_begin, header_size);
  const std::string_view type = value_of_key(header, "'descr'", path);
  npy.is_double_ = type.starts_with("'<f8'");
  check(npy.is_double_ || type.starts_with("'<f4'"), ErrorKind::kData, "{}: float32 or float64 is expected, the header says {}; save array.astype('float32')", path,
        type.substr(0, 8));
  check(value_of_key(header, "'fortran_order'", path).starts_with("False"), ErrorKind::kData, "{}: the columns lie one after the other; save numpy.ascontiguousarray(array)", path);
  std::string_view shape = value_of_key(header, "'shape'", path);
  const std::string shown(shape.substr(0, shape.find(')') + 1));
  npy.rows_ = read_number(shape);
  npy.width_ = read_number(shape);
  check(npy.rows_ >= 0 && npy.width_ > 0 && npy.width_ < (1 << 20) && !shown.ends_with(",)"), ErrorKind::kData,
        "{}: a matrix with a vector in each row is expected, the shape is {}", path, shown);
  npy.offset_ = static_cast<int64_t>(header_begin + header_size);
  const int64_t expected = npy.rows_ * npy.width_ * (npy.is_double_ ? 8 : 4);
  check(static_cast<int64_t>(text.size()) - npy.offset_ == expected, ErrorKind::kData, "{}: {} bytes of numbers are expected behind the header, there are {}: the file is damaged",
        path, expected, static_cast<int64_t>(text.size()) - npy.offset_);
  return npy;
}

void NpyFile::append_row(int64_t row, std::vector<float>& values) const {
  const std::byte* data = file_.bytes().data() + offset_ + row * width_ * (is_double_ ? 8 : 4);
  for (int64_t i = 0; i < width_; ++i) {
    float value = 0;
    double wide = 0;
    if (is_double_) {
      std::memcpy(&wide, data + 8 * i, 8);
      value = static_cast<float>(wide);
    } else {
      std::memcpy(&value, data + 4 * i, 4);
    }
    check(std::isfinite(value), ErrorKind::kData, "{}, row {}, number {}: a finite number is expected, found {}", file_.path(), row + 1, i + 1, value);
    values.push_back(value);
  }
}

}  // namespace rechub
