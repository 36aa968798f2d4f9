#include <climits>
#include <cstdio>
#include <cstring>
#include <exception>
#include <new>
#include <string>
#include <vector>

#include <poll.h>
#include <signal.h>
#include <sys/auxv.h>
#include <unistd.h>

#include "rechub/base/error.h"
#include "rechub/base/log.h"
#include "rechub/cli/commands.h"

extern "C" void _start();

namespace rechub::cli {
namespace {

constexpr int kInternalError = 70;
constexpr const char* kOutOfMemory = "out of memory: use a smaller batch or model, or a machine with more memory";

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

// LibTorch's errors go on with frames of its stack behind the first line.
std::string first_line(const std::string& text) { return text.substr(0, text.find('\n')); }

int guarded(int argc, const char* const* argv) {
  try {
    return flushed(run_command(argc - 1, argv + 1));
  } catch (const Error& error) {
    return report(exit_code(error.kind()), error.what());
  } catch (const std::bad_alloc&) {
    return report(kInternalError, kOutOfMemory);
  } catch (const std::exception& error) {
    const std::string said = first_line(error.what());
    if (said.find("can't allocate memory") != std::string::npos) return report(kInternalError, kOutOfMemory);  // LibTorch's allocator
    return report(kInternalError, "internal error, please report it with the command you typed: " + said);
  }
}

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
// GCC's OpenMP lets a thread that waits for others spin 300,000 times before it sleeps. Where other programs want the cores, too, that makes training several times slower; 1,000
// times is as fast on an idle machine. The library reads its settings from the environment before main, so the program is started anew with one more setting, here, before any
// library's own start has taken time. Python's rechub/_runtime.py does the same.
void spin_briefly(int, char** argv, char** environment) {
  std::vector<char*> settings;
  for (char** setting = environment; *setting != nullptr; ++setting) {
    if (std::strncmp(*setting, "OMP_WAIT_POLICY=", 16) == 0 || std::strncmp(*setting, "GOMP_SPINCOUNT=", 15) == 0) return;
    settings.push_back(*setting);
  }
  const bool is_started_directly = getauxval(AT_ENTRY) == reinterpret_cast<unsigned long>(&_start);  // not as an argument of the dynamic linker
  char path[PATH_MAX] = {};
  if (!is_started_directly || readlink("/proc/self/exe", path, sizeof path - 1) <= 0) return;
  char brief[] = "GOMP_SPINCOUNT=1000";
  settings.insert(settings.end(), {brief, nullptr});
  execve(path, argv, settings.data());  // where that fails, the program goes on as it is
}

[[gnu::section(".preinit_array"), gnu::used]] void (*const before_libraries)(int, char**, char**) = spin_briefly;
#endif

}  // namespace
}  // namespace rechub::cli

int main(int argc, char** argv) {
  signal(SIGPIPE, SIG_IGN);  // a closed pipe is a failed write, not a silent death
  signal(SIGXFSZ, SIG_IGN);  // and so is a file that grows beyond its limit
  return rechub::cli::guarded(argc, argv);
}
