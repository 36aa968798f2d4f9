#include <cstdio>
#include <exception>
#include <new>
#include <string>

#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include "rechub/base/error.h"
#include "rechub/base/log.h"
#include "rechub/cli/commands.h"

namespace rechub::cli {
namespace {

constexpr int kInternalError = 70;

int exit_code(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::kUsage:
      return 2;
    case ErrorKind::kData:
      return 3;
    case ErrorKind::kShape:
      return 3;
    case ErrorKind::kNotFound:
      return 4;
    case ErrorKind::kInternal:
      return kInternalError;
  }
  return kInternalError;
}

// Results that could not be written are an error: a full disk behind stdout must not look like success. A reader that has seen enough (rechub ... | head) is none.
int flushed(int code) {
  const bool is_written = std::fflush(stdout) == 0 && std::ferror(stdout) == 0;
  if (is_written) return code;
  pollfd output{STDOUT_FILENO, POLLOUT, 0};
  const bool has_reader_gone = ::poll(&output, 1, 0) == 1 && (output.revents & POLLERR) != 0;
  check(has_reader_gone, ErrorKind::kData, "cannot write the results to the standard output: is the disk full?");
  return code;
}

int report(int code, const std::string& message) {
  set_quiet(false);
  set_status_line("");
  log_line("rechub: " + message);
  return code;
}

int guarded(int argc, const char* const* argv) {
  try {
    return flushed(run_command(argc - 1, argv + 1));
  } catch (const Error& error) {
    return report(exit_code(error.kind()), error.what());
  } catch (const std::bad_alloc&) {
    return report(kInternalError, "out of memory: use a smaller batch or model, or a machine with more memory");
  } catch (const std::exception& error) {
    return report(kInternalError, fmt::format("internal error, please report it with the command you typed: {}", error.what()));
  }
}

}  // namespace
}  // namespace rechub::cli

int main(int argc, char** argv) {
  signal(SIGPIPE, SIG_IGN);  // a closed pipe is a failed write, not a silent death
  signal(SIGXFSZ, SIG_IGN);  // and so is a file that grows beyond its limit
  return rechub::cli::guarded(argc, argv);
}
