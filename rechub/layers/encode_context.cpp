#include "rechub/layers/encode_context.h"

#include <ATen/ATen.h>

namespace rechub {

at::Tensor EncodeContext::constant(const std::function<at::Tensor()>& compute) {
  const at::NoGradGuard no_grad;
  if (!held) return compute();
  if (constants_ == held->size()) held->push_back(compute());
  return (*held)[constants_++];
}

}  // namespace rechub
