#pragma once

#include <ATen/core/Tensor.h>

namespace rechub {

// How alike the vectors of one user, or a model's prototypes, are.

// [R]: the mean over pairs of a row's vectors of their cosine; 1 where all interests have collapsed into one. vectors [R, Q, D], Q of 2 or more; active: bool [R, Q] or undefined
// (all): only pairs of active vectors count, and a row with fewer than two of them gets 0. A zero vector has the cosine 0 with all.
at::Tensor mean_pairwise_cosine(const at::Tensor& vectors, const at::Tensor& active = {});

// SINE's L_c (Tan et al., WSDM 2021, eq. 11): 1/2 (|M|^2 - |diag M|^2) in the Frobenius norm, M [L, L] the covariance of the prototypes over their D numbers. prototypes [L, D];
// a scalar.
at::Tensor prototype_covariance(const at::Tensor& prototypes);

}  // namespace rechub
