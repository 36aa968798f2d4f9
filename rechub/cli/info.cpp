#include <string>

#include <arrow/config.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "rechub/base/clock.h"
#include "rechub/base/parallel.h"
#include "rechub/cli/arguments.h"
#include "rechub/cli/commands.h"
#include "rechub/kernels/kernel_table.h"

namespace rechub::cli {
namespace {

nlohmann::json describe_program() {
  return {{"version", RECHUB_VERSION},          {"libtorch", RECHUB_TORCH_VERSION}, {"arrow", arrow::GetBuildInfo().version_string}, {"isa", kernel_isa_name()},
          {"supported_isas", supported_isas()}, {"threads", num_threads()},         {"memory_bytes", physical_memory_bytes()}};
}

void print_program(const nlohmann::json& program) {
  fmt::print("rechub {}\n", program["version"].get<std::string>());
  fmt::print("  LibTorch {}, Arrow {}\n", program["libtorch"].get<std::string>(), program["arrow"].get<std::string>());
  fmt::print("  kernels  {} (this CPU supports {})\n", program["isa"].get<std::string>(), fmt::join(program["supported_isas"].get<std::vector<std::string>>(), ", "));
  fmt::print("  threads  {}\n", program["threads"].get<int>());
  fmt::print("  memory   {:.1f} GiB\n", program["memory_bytes"].get<double>() / (1 << 30));
}

}  // namespace

int run_info(int argc, const char* const* argv) {
  bool is_json = false;
  Arguments arguments("info", "Describe the program and the machine.");
  arguments.flag("json", is_json, "print JSON");
  if (!arguments.parse(argc, argv) || !arguments.finish()) return 0;
  const nlohmann::json program = describe_program();
  if (is_json) {
    fmt::print("{}\n", program.dump(2));
  } else {
    print_program(program);
  }
  return 0;
}

}  // namespace rechub::cli
