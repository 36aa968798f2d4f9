#include "rechub/cli/commands.h"

#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "rechub/base/error.h"
#include "rechub/base/log.h"
#include "rechub/base/registry.h"
#include "rechub/cli/arguments.h"
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

std::string overview() {
  std::vector<std::pair<std::string, std::string>> rows;
  for (const Command& command : kCommands) rows.emplace_back(command.name, command.summary);
  return "usage: rechub COMMAND [options]\n\nTrain, judge and use recall models for recommenders.\n\ncommands\n" + two_columns(rows) +
         "\n  rechub COMMAND --help   the options of a command\n  rechub --version        the version\n\n"
         "exit codes: 0 done, 2 wrong usage, 3 bad data or file, 4 not found, 70 internal error\n";
}

}  // namespace

int run_command(int argc, const char* const* argv) {
  const std::string name = argc > 0 ? argv[0] : "";
  if (name == "--version" || name == "version") {
    print_result(fmt::format("rechub {}\n", RECHUB_VERSION));
    return 0;
  }
  if (name == "--help" || name == "-h" || name == "help") {
    print_result(overview());
    return 0;
  }
  check(argc > 0, ErrorKind::kUsage, "a command is needed; see rechub --help");
  return find_entry<Command>(kCommands, name, "command").run(argc, argv);
}

}  // namespace rechub::cli
