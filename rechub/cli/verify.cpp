#include <string>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "rechub/base/error.h"
#include "rechub/base/json_file.h"
#include "rechub/base/log.h"
#include "rechub/bundle/bundle.h"
#include "rechub/cli/arguments.h"
#include "rechub/cli/commands.h"
#include "rechub/data/dataset.h"
#include "rechub/data/dataset_files.h"
#include "rechub/data/manifest.h"

namespace rechub::cli {
namespace {

// What is wrong, one line each, and what is known of a sound directory.
struct Findings {
  std::vector<std::string> faults;
  nlohmann::json about = nlohmann::json::object();
  std::string praise;
};

std::vector<std::string> damage(const std::string& directory, const char* format, int version) {
  std::vector<std::string> faults;
  for (DamagedFile& file : damaged_files(directory, format, version)) faults.push_back(std::move(file.fault));
  return faults;
}

Findings verify_dataset(const std::string& directory) {
  Findings found;
  found.faults = damage(directory, kDatasetFormat, kDatasetVersion);
  if (!found.faults.empty()) return found;
  const Dataset dataset = Dataset::open(directory);
  found.about = {{"events", dataset.num_events()}, {"users", dataset.num_users()}, {"items", dataset.num_items()}};
  found.praise = fmt::format("checksums are right (data set, {} events, {} items)", dataset.num_events(), dataset.num_items());
  return found;
}

Findings verify_bundle(const std::string& directory) {
  Findings found;
  found.faults = damage(directory, kBundleFormat, kBundleVersion);
  if (!found.faults.empty()) return found;
  const Bundle bundle = Bundle::open(directory, false);
  for (const std::string& fault : bundle.verify(bundle.item_vectors())) found.faults.push_back(fmt::format("{}: {}", directory, fault));
  found.about = {{"model", bundle.config().model}, {"items", bundle.dataset().num_items()}};
  found.praise = fmt::format("checksums, item vectors and sample are right ({}, {} items)", bundle.config().model, bundle.dataset().num_items());
  return found;
}

// A manifest that cannot be read, or a file that is none of ours, is a fault as well.
Findings verify(const std::string& directory) {
  try {
    return is_dataset(directory) ? verify_dataset(directory) : verify_bundle(directory);
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::kData) throw;
    Findings found;
    found.faults = {error.what()};
    return found;
  }
}

}  // namespace

int run_verify(int argc, const char* const* argv) {
  std::string directory, json;
  Arguments arguments("verify", "Check every byte of a data set or a bundle, and recompute the stored sample of a bundle. Exit code 3 where anything is wrong.");
  arguments.positional("path", directory, "directory of the data set or bundle");
  arguments.flag("json", json, "also write {\"ok\": ..., \"faults\": [...]} to this file, with every damaged file among the faults");
  if (!arguments.parse(argc, argv) || !arguments.finish()) return 0;
  const Findings found = verify(directory);
  nlohmann::json result = {{"ok", found.faults.empty()}, {"faults", found.faults}};
  result.update(found.about);
  if (!json.empty()) write_json(json, result);
  for (const std::string& fault : found.faults) fmt::print(stderr, "{}\n", fault);
  check(found.faults.empty(), ErrorKind::kData, "{}: it is not what its manifest says ({} faults)", directory, found.faults.size());
  print_result(fmt::format("{}: {}\n", directory, found.praise));
  return 0;
}

}  // namespace rechub::cli
