#pragma once

#include <string>
#include <utility>

#include <arrow/result.h>
#include <arrow/status.h>

namespace rechub {

// What Arrow says, as our Error: kNotFound where it found no file, kData otherwise, "PATH: Arrow's words".
[[noreturn]] void fail_arrow(const arrow::Status& status, const std::string& path);

inline void check_arrow(const arrow::Status& status, const std::string& path) {
  if (!status.ok()) fail_arrow(status, path);
}

template <class T>
T value_of(arrow::Result<T> result, const std::string& path) {
  if (!result.ok()) fail_arrow(result.status(), path);
  return std::move(result).ValueUnsafe();
}

}  // namespace rechub
