#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace rechub {

// The time a text gives, or nothing where it gives none:
//   a whole number                       as it is: seconds, days, or whatever the file counts in
//   any other finite number              rounded down
//   2014-07-23                           midnight UTC, in seconds since 1970
//   2014-07-23 10:00[:00[.25]][Z|+02:00] seconds since 1970, UTC unless an offset is given; T or a blank in the middle; the fraction is dropped
std::optional<int64_t> parse_time(std::string_view text);

}  // namespace rechub
