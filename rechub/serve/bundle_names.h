#pragma once

#include <span>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

namespace rechub {

// Features that are given to several bundles of different data: each model takes those its data has, and only what none has is refused.

struct BundleNames {
  std::string bundle;
  std::vector<std::string> names;  // that its data has
};

// Throws kUsage for a name in `object` that none of the bundles has, with the nearest name and what each knows. `what`: "item feature". An object or null.
void check_some_knows(const nlohmann::json& object, const std::string& what, std::span<const BundleNames> bundles);

// What of `object` has one of the names.
nlohmann::json known_part(const nlohmann::json& object, std::span<const std::string> names);

}  // namespace rechub
