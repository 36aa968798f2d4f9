#pragma once

#include <memory>
#include <string>

#include "rechub/data/encoder.h"

namespace rechub {

// The model of a bundle as a service sees it. Checks every byte and the stored sample (Bundle::verify): a bundle that is damaged, or whose weights do not give what they gave when
// it was written, is refused with kData.
std::unique_ptr<Encoder> open_encoder(const std::string& directory);

}  // namespace rechub
