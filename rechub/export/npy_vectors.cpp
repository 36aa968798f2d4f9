// Arrays as numpy.save writes them: https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html, version 1.0.
#include <algorithm>
#include <string_view>

#include <ATen/ATen.h>
#include <fmt/ranges.h>

#include "rechub/base/atomic_file.h"
#include "rechub/export/vector_files.h"

namespace rechub {
namespace {

void write_header(AtomicFile& file, const std::string& type, at::IntArrayRef shape) {
  std::string header = fmt::format("{{'descr': '{}', 'fortran_order': False, 'shape': ({},), }}", type, fmt::join(shape, ", "));
  constexpr size_t kPrefix = 10, kAlignment = 64;
  header.append((kAlignment - (kPrefix + header.size() + 1) % kAlignment) % kAlignment, ' ');
  header += '\n';
  std::string prefix = "\x93NUMPY";
  for (const size_t byte : {size_t{1}, size_t{0}, header.size() & 0xff, header.size() >> 8}) prefix += static_cast<char>(byte);
  file.write(prefix + header);
}

// The code points of a text in UTF-8; vocabularies hold no other.
std::u32string code_points(std::string_view text) {
  std::u32string out;
  for (size_t i = 0; i < text.size();) {
    const auto first = static_cast<unsigned char>(text[i]);
    const size_t length = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
    char32_t point = length == 1 ? first : first & (0x7f >> length);
    for (size_t j = 1; j < length && i + j < text.size(); ++j) point = point << 6 | (static_cast<unsigned char>(text[i + j]) & 0x3f);
    out += point;
    i += length;
  }
  return out;
}

void write_texts(AtomicFile& file, const std::vector<std::string>& texts) {
  size_t width = 1;
  for (const std::string& text : texts) width = std::max(width, code_points(text).size());
  write_header(file, fmt::format("<U{}", width), {static_cast<int64_t>(texts.size())});
  for (const std::string& text : texts) {
    std::u32string points = code_points(text);
    points.resize(width);
    file.write(std::string_view(reinterpret_cast<const char*>(points.data()), width * sizeof(char32_t)));
  }
}

}  // namespace

void write_npy_vectors(const std::string& directory, const VectorTable& table) {
  const at::Tensor vectors = (table.vectors.size(1) == 1 ? table.vectors.squeeze(1) : table.vectors).contiguous();
  AtomicFile file(fmt::format("{}/{}_vectors.npy", directory, table.of));
  write_header(file, "<f4", vectors.sizes());
  file.write(std::string_view(static_cast<const char*>(vectors.const_data_ptr()), vectors.nbytes()));
  file.commit();
  AtomicFile ids(fmt::format("{}/{}_ids.npy", directory, table.of));
  if (table.ids.are_integers) {
    write_header(ids, "<i8", {static_cast<int64_t>(table.ids.integers.size())});
    ids.write(std::string_view(reinterpret_cast<const char*>(table.ids.integers.data()), table.ids.integers.size() * sizeof(int64_t)));
  } else {
    write_texts(ids, table.ids.texts);
  }
  ids.commit();
}

}  // namespace rechub
