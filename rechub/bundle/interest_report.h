#pragma once

#include <cstdint>
#include <span>
#include <string>

#include <nlohmann/json_fwd.hpp>

#include "rechub/bundle/vector_encoder.h"

namespace rechub {

// How far apart the interests of a multi-interest model are. Interests that have collapsed (a mean cosine near 1) are one vector at the cost of several.
struct InterestReport {
  int64_t interests = 1;         // vectors a user (Q)
  double mean_active = 1;        // of them that are no copies, mean over cases
  int64_t cases_with_pairs = 0;  // cases with two active interests or more
  double mean_cosine = 0;        // mean over those cases of the mean cosine of two active interests

  std::string text() const;  // "4 interests a user, 2.7 of them active; mean cosine of two: 0.312 (1 is collapse; 21300 cases with two or more)\n"
  nlohmann::json to_json() const;
};

// Of the users of `cases`; `interests` is 1, and nothing else is computed, for models with one vector a user.
InterestReport report_interests(const VectorEncoder& encoder, std::span<const EvaluationCase> cases);

}  // namespace rechub
