#include <fmt/format.h>

#include "rechub/base/error.h"
#include "rechub/base/json_file.h"
#include "rechub/bundle/bundle.h"
#include "rechub/cli/arguments.h"
#include "rechub/cli/commands.h"

namespace rechub::cli {

int run_verify(int argc, const char* const* argv) {
  std::string directory, json;
  Arguments arguments("verify", "Check every byte of a bundle and recompute its stored sample.");
  arguments.positional("bundle", directory, "directory of the bundle");
  arguments.flag("json", json, "also write {\"ok\": ..., \"faults\": [...]} to this file");
  if (!arguments.parse(argc, argv) || !arguments.finish()) return 0;
  const Bundle bundle = Bundle::open(directory, true);
  const std::vector<std::string> faults = bundle.verify();
  for (const std::string& fault : faults) fmt::print(stderr, "{}: {}\n", directory, fault);
  if (!json.empty()) write_json(json, {{"ok", faults.empty()}, {"faults", faults}, {"model", bundle.config().model}, {"items", bundle.dataset().num_items()}});
  check(faults.empty(), ErrorKind::kData, "{}: the bundle is not what its manifest and sample say", directory);
  fmt::print("{}: checksums, item vectors and sample are right ({}, {} items)\n", directory, bundle.config().model, bundle.dataset().num_items());
  return 0;
}

}  // namespace rechub::cli
