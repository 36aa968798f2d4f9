#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "rechub/base/error.h"
#include "rechub/cli/arguments.h"
#include "rechub/cli/config_file.h"

namespace {

struct Options {
  int64_t epochs = 1;
  double rate = .5;
  bool shuffle = true;
  std::string device = "cpu";
  std::vector<int64_t> k;
  std::vector<std::string> names;
  void describe(rechub::OptionVisitor& visitor) {
    visitor.field("epochs", epochs, "a");
    visitor.field("rate", rate, "b");
    visitor.field("shuffle", shuffle, "c");
    visitor.field("device", device, "d");
    visitor.field("k", k, "e");
    visitor.field("names", names, "f");
  }
};

// Words of a command line, one a line of the input.
void run_command_line(const std::string& text) {
  std::vector<std::string> words = {"fit"};
  size_t begin = 0;
  for (size_t end; (end = text.find('\n', begin)) != std::string::npos; begin = end + 1) words.push_back(text.substr(begin, end - begin));
  std::vector<const char*> argv;
  for (const std::string& word : words) {
    const bool is_for_the_system = word.find("config") != std::string::npos || word.find("threads") != std::string::npos || word.find("help") != std::string::npos ||
                                   word.find("explain") != std::string::npos || word.find('h') == 1;
    if (!is_for_the_system) argv.push_back(word.c_str());
  }
  Options options, late;
  std::string path;
  rechub::cli::Arguments arguments("fit", "Fit.");
  arguments.positional("path", path, "a path", rechub::cli::Arguments::kOptional);
  arguments.section("options", options);
  if (!arguments.parse(static_cast<int>(argv.size()), argv.data())) return;
  arguments.late_section("late", late);
  if (arguments.finish()) (void)arguments.merged().dump();
}

}  // namespace

// Any text, as a config file or as a command line, is taken or refused with Error{kUsage}; what is taken can be written to a bundle as JSON.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  for (const bool is_config : {true, false}) {
    try {
      if (is_config) {
        (void)rechub::cli::parse_config(text, "input");
      } else {
        run_command_line(text);
      }
    } catch (const rechub::Error& error) {
      if (error.kind() != rechub::ErrorKind::kUsage) __builtin_trap();
    }
  }
  return 0;
}
