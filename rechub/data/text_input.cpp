#include "rechub/data/text_input.h"

#include <algorithm>

#include <arrow/io/buffered.h>
#include <arrow/io/compressed.h>
#include <arrow/io/file.h>
#include <arrow/memory_pool.h>
#include <arrow/util/compression.h>
#include <arrow/util/utf8.h>
#include <fmt/format.h>

#include "rechub/base/error.h"
#include "rechub/data/arrow_result.h"

namespace rechub {
namespace {

std::shared_ptr<arrow::io::BufferedInputStream> buffered(std::shared_ptr<arrow::io::InputStream> raw, const std::string& path) {
  return value_of(arrow::io::BufferedInputStream::Create(2 * kTextHead, arrow::default_memory_pool(), std::move(raw)), path);
}

}  // namespace

TextInput open_text(const std::string& path) {
  TextInput input{buffered(value_of(arrow::io::ReadableFile::Open(path), path), path), {}};
  if (value_of(input.stream->Peek(2), path) == "\x1f\x8b") {
    const auto codec = std::shared_ptr(value_of(arrow::util::Codec::Create(arrow::Compression::GZIP), path));
    input.stream = buffered(value_of(arrow::io::CompressedInputStream::Make(codec.get(), input.stream), path), path);
  }
  input.head = value_of(input.stream->Peek(kTextHead), path);
  check(!input.head.empty(), ErrorKind::kData, "{}: the file is empty", path);
  const bool is_utf16 = input.head.starts_with("\xff\xfe") || input.head.starts_with("\xfe\xff");
  check(!is_utf16, ErrorKind::kData, "{}: the file is UTF-16 text, UTF-8 is expected; `iconv -f UTF-16 -t UTF-8` converts it", path);
  if (input.head.starts_with("\xef\xbb\xbf")) {
    check_arrow(input.stream->Advance(3), path);
    input.head = value_of(input.stream->Peek(kTextHead), path);
    check(!input.head.empty(), ErrorKind::kData, "{}: the file is empty but for a byte order mark", path);
  }
  return input;
}

bool is_utf8(std::string_view text) {
  static const bool is_ready = (arrow::util::InitializeUTF8(), true);
  return is_ready && arrow::util::ValidateUTF8(text);
}

std::string shown(std::string_view text) {
  constexpr size_t kLongest = 60;
  const bool is_cut = text.size() > kLongest;
  if (is_cut) text = text.substr(0, kLongest);
  const bool is_text = is_utf8(text);
  std::string result;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7f || (byte >= 0x80 && !is_text)) {
      result += fmt::format("\\x{:02x}", byte);
    } else {
      result += c;
    }
  }
  return is_cut ? result + "..." : result;
}

}  // namespace rechub
