#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "rechub/data/feature_table.h"

namespace rechub {

// A second sequence that users have beside their events, with times of its own: searches beside watches, carts beside purchases. What it holds are codes of `spec.space`; the
// catalogue ("items") where it holds items. To a model it is a context feature of several codes: at a readout the newest values from before the readout's moment.
struct NamedSequence {
  FeatureSpec spec;                     // kMulti, kContext
  std::span<const int64_t> begin, end;  // [user_rows] user u's values are [begin[u], end[u]), oldest first; users of one person (sessions) may share them
  std::span<const int32_t> codes;       // [values]
  std::span<const int64_t> times;       // [values] in the unit of the data set's times
};

// The manifest's name of the columns in users.arrow that hold begin and end.
inline std::string sequence_column_name(const std::string& sequence, const char* part) { return "sequence." + sequence + "." + part; }

// One past everything a clock can say: all of a sequence is known.
inline constexpr int64_t kNoMoment = INT64_MAX;

}  // namespace rechub
