#include "rechub/data/arrow_result.h"

#include <cerrno>

#include <arrow/util/io_util.h>

#include "rechub/base/error.h"

namespace rechub {

void fail_arrow(const arrow::Status& status, const std::string& path) {
  const int reason = arrow::internal::ErrnoFromStatus(status);
  fail(reason == ENOENT ? ErrorKind::kNotFound : ErrorKind::kData, "{}: {}", path, status.message());
}

}  // namespace rechub
