#pragma once

#include <stdexcept>
#include <string>
#include <utility>

#include <fmt/format.h>

namespace rechub {

// What went wrong, as the boundaries need to know it. The command line exits with 2, 3, 3, 4, 70 in this order; HTTP answers 400, 400, 400, 404, 500;
// Python raises ValueError, ValueError, ValueError, KeyError, RuntimeError.
enum class ErrorKind { kUsage, kData, kShape, kNotFound, kInternal };

// The one exception of RecHub. The message is a sentence for a person: what was expected, what came, where, what to do.
class Error : public std::runtime_error {
 public:
  Error(ErrorKind kind, const std::string& message) : std::runtime_error(message), kind_(kind) {}
  ErrorKind kind() const noexcept { return kind_; }

 private:
  ErrorKind kind_;
};

// Throws Error{kind, message} when `ok` is false. Text first, values last: check(n > 0, ErrorKind::kData, "{}: the file holds no rows", path).
template <class... Args>
void check(bool ok, ErrorKind kind, fmt::format_string<Args...> text, Args&&... args) {
  if (!ok) throw Error(kind, fmt::format(text, std::forward<Args>(args)...));
}

template <class... Args>
[[noreturn]] void fail(ErrorKind kind, fmt::format_string<Args...> text, Args&&... args) {
  throw Error(kind, fmt::format(text, std::forward<Args>(args)...));
}

}  // namespace rechub
