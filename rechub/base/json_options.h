#pragma once

#include <functional>

#include <nlohmann/json_fwd.hpp>

#include "rechub/base/options.h"

namespace rechub {

// The fields of an options struct as a JSON object, and back. Reading takes what is there, leaves other fields alone, and throws kData for a value of the wrong type (naming the
// field).
nlohmann::json options_to_json(const std::function<void(OptionVisitor&)>& describe);
void options_from_json(const nlohmann::json& object, const std::function<void(OptionVisitor&)>& describe);

}  // namespace rechub
