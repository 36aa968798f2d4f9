#pragma once

#include <span>

namespace rechub::matching {

// How well scores tell rows with a label above 0 from rows with label 0: the share of pairs of one and the other in which the wanted row scores higher, ties counting a half. NaN
// where either kind is missing.
double area_under_curve(std::span<const float> scores, std::span<const float> labels);

// Mean binary cross-entropy of logits, labels from 0 to 1.
double log_loss(std::span<const float> logits, std::span<const float> labels);

}  // namespace rechub::matching
