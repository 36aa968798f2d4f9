#pragma once

#include <span>
#include <string>

#include <ATen/core/Tensor.h>

namespace rechub {

// What every loss sees: one vector a readout (multi-interest models have chosen theirs by then), item vectors, and which rows of them are targets and negatives.
struct LossInput {
  at::Tensor users;         // [R, D]
  at::Tensor items;         // [N, D]: the catalogue where the loss asks for it, else the items of the batch
  at::Tensor targets;       // int64 [R], rows of items
  at::Tensor weights;       // [R] or undefined: every readout counts 1
  at::Tensor labels;        // [R] from 0 to 1, or undefined: every target is wanted. Read by bce only
  at::Tensor negatives;     // int64 [K] (shared) or [R, K], rows of items; undefined for losses over the catalogue, and for bce on labels alone
  at::Tensor log_expected;  // as negatives: see Negatives::log_expected
  double scale = 1;         // 1 / temperature: scores are multiplied by it
};

// A row of the table of losses (registry.cpp). `forward` returns the weighted mean over readouts: sum_r weight_r loss_r / sum_r weight_r, a scalar.
struct LossEntry {
  const char* name;
  const char* description;
  bool needs_catalogue;  // items must be the whole catalogue; then no sampler is used
  const char* sampler;   // the one that is taken where none is asked for
  at::Tensor (*forward)(const LossInput& input);
};
std::span<const LossEntry> loss_entries();
const LossEntry& find_loss(const std::string& name);  // throws kUsage, with the nearest known name

// One function a loss file.
at::Tensor softmax_loss(const LossInput& input);          // -log softmax over the catalogue
at::Tensor sampled_softmax_loss(const LossInput& input);  // the same with the sum over the catalogue estimated from the negatives
at::Tensor bpr_loss(const LossInput& input);              // mean over negatives of -log sigmoid(s+ - s-) (Rendle et al., UAI 2009)
at::Tensor bce_loss(const LossInput& input);  // -y log sigmoid(s) - (1 - y) log(1 - sigmoid(s)) of the target, y = 1 without labels, - mean over negatives of log(1 - sigmoid(s-))

// Parts the sampled losses share.
at::Tensor target_scores(const LossInput& input);  // [R]
struct SampledScores {
  at::Tensor target;    // [R]
  at::Tensor negative;  // [R, K]
  at::Tensor is_hit;    // bool [R, K]: the negative is the readout's own target, an accidental hit
};
SampledScores sampled_scores(const LossInput& input);
at::Tensor weighted_mean(const at::Tensor& per_readout, const at::Tensor& weights);      // [R] -> scalar
at::Tensor mean_without_hits(const at::Tensor& per_negative, const at::Tensor& is_hit);  // [R, K] -> [R]; 0 for a readout all of whose negatives are hits

}  // namespace rechub
