#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include <ATen/ATen.h>
#include <torch/csrc/autograd/custom_function.h>

#include "rechub/kernels/softmax_loss.h"
#include "rechub/ops/fused.h"

namespace rechub::ops::fused {
namespace {

// (readout, candidate) where the candidate is the readout's own target, ascending.
std::vector<std::pair<int64_t, int64_t>> accidental_hits(const at::Tensor& target_ids, const at::Tensor& ids) {
  std::vector<std::pair<int64_t, int64_t>> places(ids.numel());
  for (int64_t k = 0; k < ids.numel(); ++k) places[k] = {ids.const_data_ptr<int64_t>()[k], k};
  std::sort(places.begin(), places.end());
  std::vector<std::pair<int64_t, int64_t>> hits;
  for (int64_t r = 0; r < target_ids.numel(); ++r) {
    const int64_t id = target_ids.const_data_ptr<int64_t>()[r];
    for (auto at = std::lower_bound(places.begin(), places.end(), std::pair(id, int64_t{0})); at != places.end() && at->first == id; ++at) hits.emplace_back(r, at->second);
  }
  return hits;
}

// The gradients come with the loss, for a loss of weight 1; backward only scales them.
struct SampledSoftmaxLoss : torch::autograd::Function<SampledSoftmaxLoss> {
  static at::Tensor forward(torch::autograd::AutogradContext* context, const at::Tensor& x_input, const at::Tensor& vectors_input, const at::Tensor& target_logits_input,
                            const at::Tensor& bias_input, const at::Tensor& target_ids, const at::Tensor& ids, const std::optional<at::Tensor>& weights_input, double scale) {
    const at::Tensor x = x_input.contiguous(), vectors = vectors_input.contiguous(), target_logits = target_logits_input.contiguous(), bias = bias_input.contiguous();
    const at::Tensor weights = weights_input ? weights_input->contiguous() : at::Tensor();
    const at::Tensor dx = at::empty_like(x), dvectors = at::empty_like(vectors), dtargets = at::empty_like(target_logits);
    const auto hits = accidental_hits(target_ids.contiguous(), ids.contiguous());
    SoftmaxLossInput input;
    input.num_rows = x.size(0);
    input.num_items = vectors.size(0);
    input.dim = x.size(1);
    input.x = x.const_data_ptr<float>();
    input.w = vectors.const_data_ptr<float>();
    input.weights = weights.defined() ? weights.const_data_ptr<float>() : nullptr;
    input.scale = static_cast<float>(scale);
    input.target_logits = target_logits.const_data_ptr<float>();
    input.item_bias = bias.const_data_ptr<float>();
    input.excluded = hits;
    const double loss = softmax_loss(input, {nullptr, dx.mutable_data_ptr<float>(), dvectors.mutable_data_ptr<float>(), dtargets.mutable_data_ptr<float>()});
    context->save_for_backward({dx, dvectors, dtargets});
    return at::scalar_tensor(loss, at::kDouble).to(at::kFloat);  // beyond a float it is infinite
  }

  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context, const torch::autograd::variable_list& gradients) {
    const torch::autograd::variable_list saved = context->get_saved_variables();
    return {saved[0] * gradients[0], saved[1] * gradients[0], saved[2] * gradients[0], {}, {}, {}, {}, {}};
  }
};

}  // namespace

at::Tensor sampled_softmax_loss(const at::Tensor& x, const SampledCandidates& sample, const at::Tensor& weights, double scale) {
  const std::optional<at::Tensor> given_weights = weights.defined() ? std::optional(weights) : std::nullopt;
  return SampledSoftmaxLoss::apply(x, sample.vectors, sample.target_logits, sample.bias, sample.target_ids, sample.ids, given_weights, scale);
}

}  // namespace rechub::ops::fused
