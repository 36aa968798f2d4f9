#include <cstdio>
#include <exception>
#include <new>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include "rechub/base/error.h"
#include "rechub/base/log.h"
#include "rechub/base/registry.h"
#include "rechub/cli/arguments.h"
#include "rechub/cli/commands.h"
#include "rechub/cli/help_text.h"

namespace rechub::cli {
namespace {

constexpr Command kCommands[] = {
    // name, summary, function
    {"prepare", "turn logs and features into a data set", run_prepare},
    {"train", "train a model, judge it and write a bundle", run_train},
    {"evaluate", "judge a bundle by exact full ranking", run_evaluate},
    {"recommend", "print the best items for users, a history or an item", run_recommend},
    {"serve", "answer requests for recommendations over HTTP", run_serve},
    {"compare", "train and judge several models, write a report page", run_compare},
    {"tune", "search a model's main settings", run_tune},
    {"export", "write a bundle's model for other programs: ONNX, vectors", run_export},
    {"index", "build an index over a bundle's items, for fast search", run_index},
    {"experiment", "report: compare the arms of experiments by their outcomes", run_experiment},
    {"verify", "check every byte of a data set or a bundle, recompute a bundle's sample", run_verify},
    {"info", "describe the program, a data set or a bundle", run_info},
};

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

std::string overview() {
  std::vector<std::pair<std::string, std::string>> rows;
  for (const Command& command : kCommands) rows.emplace_back(command.name, command.summary);
  return "usage: rechub COMMAND [options]\n\nTrain, judge and use recall models for recommenders.\n\ncommands\n" + two_columns(rows) +
         "\n  rechub COMMAND --help   the options of a command\n  rechub --version        the version\n\n"
         "exit codes: 0 done, 2 wrong usage, 3 bad data or file, 4 not found, 70 internal error\n";
}

int run_command(int argc, const char* const* argv) {
  const std::string name = argc > 1 ? argv[1] : "";
  if (name == "--version" || name == "version") {
    fmt::print("rechub {}\n", RECHUB_VERSION);
    return 0;
  }
  if (name == "--help" || name == "-h" || name == "help") {
    fmt::print("{}", overview());
    return 0;
  }
  check(argc > 1, ErrorKind::kUsage, "a command is needed; see rechub --help");
  return find_entry<Command>(kCommands, name, "command").run(argc - 1, argv + 1);
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
    return flushed(run_command(argc, argv));
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
