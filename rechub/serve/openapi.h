#pragma once

#include <string>

#include "rechub/serve/experiments.h"
#include "rechub/serve/recall.h"

namespace rechub {

// openapi.json with what depends on the bundles filled in: names of channels and arms, and the features, sequences and values that requests may have.
std::string openapi_document(const Recall& recall, const Experiments& experiments);

}  // namespace rechub
