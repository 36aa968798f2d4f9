#include "rechub/serve/bundle_names.h"

#include <algorithm>

#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "rechub/base/error.h"
#include "rechub/base/options.h"

namespace rechub {

void check_some_knows(const nlohmann::json& object, const std::string& what, std::span<const BundleNames> bundles) {
  std::vector<std::string> known;
  std::string by_bundle;
  for (const BundleNames& bundle : bundles) {
    known.insert(known.end(), bundle.names.begin(), bundle.names.end());
    by_bundle += fmt::format("{}{} knows {}", by_bundle.empty() ? "" : "; ", bundle.bundle, bundle.names.empty() ? "none" : fmt::format("{}", fmt::join(bundle.names, ", ")));
  }
  for (const auto& [name, value] : object.items()) {
    if (std::find(known.begin(), known.end(), name) != known.end()) continue;
    const std::string nearest = nearest_name(name, known);
    fail(ErrorKind::kUsage, "the request: unknown {} '{}'{}: {}", what, name, nearest.empty() ? "" : " (did you mean " + nearest + "?)", by_bundle);
  }
}

nlohmann::json known_part(const nlohmann::json& object, std::span<const std::string> names) {
  nlohmann::json part = nlohmann::json::object();
  for (const auto& [name, value] : object.items()) {
    if (std::find(names.begin(), names.end(), name) != names.end()) part[name] = value;
  }
  return part;
}

}  // namespace rechub
