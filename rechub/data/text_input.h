#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include <arrow/io/type_fwd.h>

namespace rechub {

// A text file as a stream of bytes: gzip is undone (known by its first bytes), a UTF-8 byte order mark is skipped.
struct TextInput {
  std::shared_ptr<arrow::io::BufferedInputStream> stream;
  std::string_view head;  // the next bytes, at most kTextHead; valid until the stream is read
};
inline constexpr int64_t kTextHead = int64_t{1} << 18;

// Throws kData for a file without a byte and for UTF-16 text, kNotFound for no file.
TextInput open_text(const std::string& path);

bool is_utf8(std::string_view text);

// `text` for a message: at most 60 bytes, control characters and bytes that are not UTF-8 shown as \xNN.
std::string shown(std::string_view text);

}  // namespace rechub
