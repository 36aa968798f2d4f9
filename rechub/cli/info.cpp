#include <string>
#include <vector>

#include <arrow/config.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "rechub/base/clock.h"
#include "rechub/base/log.h"
#include "rechub/base/parallel.h"
#include "rechub/cli/arguments.h"
#include "rechub/cli/commands.h"
#include "rechub/cli/directory_info.h"
#include "rechub/cli/registry_info.h"
#include "rechub/data/memory_plan.h"
#include "rechub/kernels/kernel_table.h"

namespace rechub::cli {
namespace {

nlohmann::json describe_program() {
  return {{"version", RECHUB_VERSION},          {"libtorch", RECHUB_TORCH_VERSION}, {"arrow", arrow::GetBuildInfo().version_string}, {"isa", kernel_isa_name()},
          {"supported_isas", supported_isas()}, {"threads", num_threads()},         {"memory_bytes", physical_memory_bytes()}};
}

std::string program_text(const nlohmann::json& program) {
  std::string out = fmt::format("rechub {}\n", program["version"].get<std::string>());
  out += fmt::format("  LibTorch {}, Arrow {}\n", program["libtorch"].get<std::string>(), program["arrow"].get<std::string>());
  out += fmt::format("  kernels  {} (this CPU supports {})\n", program["isa"].get<std::string>(), fmt::join(program["supported_isas"].get<std::vector<std::string>>(), ", "));
  out += fmt::format("  threads  {}\n", program["threads"].get<int>());
  return out + fmt::format("  memory   {}\n", size_text(program["memory_bytes"].get<int64_t>()));
}

}  // namespace

int run_info(int argc, const char* const* argv) {
  bool is_json = false, lists_models = false;
  std::string directory;
  Arguments arguments("info", "Describe a bundle or a prepared data set; without one, the program and the machine.");
  arguments.positional("directory", directory, "a bundle or a prepared data set", Arguments::kOptional);
  arguments.flag("models", lists_models, "list models with their options, losses and recommenders instead");
  arguments.flag("json", is_json, "print JSON");
  if (!arguments.parse(argc, argv) || !arguments.finish()) return 0;
  if (lists_models) {
    const nlohmann::json registries = describe_registries();
    print_result(fmt::format("{}{}", is_json ? registries.dump(2) : registries_text(registries), is_json ? "\n" : ""));
    return 0;
  }
  const nlohmann::json description = directory.empty() ? describe_program() : describe_directory(directory);
  if (is_json) {
    print_result(fmt::format("{}\n", description.dump(2)));
  } else {
    print_result(directory.empty() ? program_text(description) : directory_text(description));
  }
  return 0;
}

}  // namespace rechub::cli
