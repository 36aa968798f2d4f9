#pragma once

#include <span>
#include <string>

#include <ATen/core/Tensor.h>

namespace rechub {

// How the vectors of a readout become the one that losses score with, while its target is known.
//   max              the vector that scores the target highest ("hard read-out"; Cen et al., KDD 2020). The choice itself has no gradient
//   label_attention  their mean weighted by softmax_k(power * score_k), score_k being the score of vector k and the target over the temperature (Li et al., CIKM 2019, eq. 9):
//                    power 0 is the plain mean, a large power the maximum. The paper's pow(v_k . e, p) is no number for a negative product and an odd or fractional p, and falls
//                    to the mean again for products below 1; multiplying keeps its three limits for every sign
struct InterestReduction {
  std::string kind = "max";
  double power = 1;
};

// Throws kUsage for an unknown kind, naming the known ones, and for a power that is negative or not finite.
void check_reduction(const InterestReduction& reduction);

// vectors [R, Q, D]; active: bool [R, Q] or undefined (all), false for vectors that are copies of others; wanted: the targets' vectors [R, D], not read where Q is 1; scale: 1 /
// temperature. Returns [R, D].
at::Tensor reduce_interests(const InterestReduction& reduction, const at::Tensor& vectors, const at::Tensor& active, const at::Tensor& wanted, double scale);

}  // namespace rechub
