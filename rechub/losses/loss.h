#pragma once

#include <cstdint>
#include <span>
#include <string>

#include <ATen/core/Tensor.h>

#include "rechub/base/options.h"

namespace rechub {

// Settings of single losses; a loss reads those of its own name.
struct LossOptions {
  double margin = 0.2;
  double regulariser = 1;
  double elu = 1;
  double gbce_t = 0.75;
  double sce_alpha = 100;
  void describe(OptionVisitor& visitor);
  void validate() const;  // throws kUsage for a value out of range, naming it
};

// What every loss sees: one vector a readout (multi-interest models have chosen theirs by then), item vectors, and which rows of them are targets and negatives.
struct LossInput {
  at::Tensor users;                // [R, D]
  at::Tensor items;                // [N, D]: the catalogue where the loss asks for it, else the items of the batch
  at::Tensor targets;              // int64 [R], rows of items
  at::Tensor item_ids;             // int64 [N], where several rows of items stand for one item; undefined: each is an item of its own
  at::Tensor weights;              // [R] or undefined: every readout counts 1
  at::Tensor labels;               // [R] from 0 to 1, or undefined: every target is wanted. Read by bce only
  at::Tensor negatives;            // int64 [K] (shared) or [R, K], rows of items; undefined for losses over the catalogue, and for bce on labels alone
  at::Tensor log_expected;         // as negatives: see Negatives::log_expected
  at::Tensor target_log_expected;  // [R]: the same of each readout's target. Read by corrected_softmax only
  at::Tensor hard;                 // int64 [R, H] or undefined: rows of items, negatives of each readout besides `negatives`, chosen and not drawn; its own target stands for none
  double scale = 1;                // 1 / temperature: scores are multiplied by it
  int64_t num_items = 0;           // of the catalogue. Read by gbce only
  LossOptions options;
};

// A row of the table of losses (registry.cpp). `forward` returns the weighted mean over readouts: sum_r weight_r loss_r / sum_r weight_r, a scalar.
struct LossEntry {
  const char* name;
  const char* description;
  bool needs_catalogue;  // items must be the whole catalogue; then no sampler is used
  const char* sampler;   // the one that is taken where none is asked for
  int mode;              // of Torch-RecHub's trainers: 0 point-wise, 1 pair-wise, 2 list-wise
  at::Tensor (*forward)(const LossInput& input);
};
std::span<const LossEntry> loss_entries();
const LossEntry& find_loss(const std::string& name);  // throws kUsage, with the nearest known name

// One function a loss. s+ is the target's scaled score, s_j those of the negatives, drawn and hard ones, without accidental hits.
at::Tensor softmax_loss(const LossInput& input);          // -log softmax over the catalogue
at::Tensor sampled_softmax_loss(const LossInput& input);  // the same with the sum over the catalogue estimated from the negatives
// As sampled_softmax, but the target is corrected by its own log q, too: -log( e^c+ / (e^c+ + sum_j e^c_j) ), c = s - log expected count (Yi et al., RecSys 2019).
at::Tensor corrected_softmax_loss(const LossInput& input);
// log(1 + alpha sum_j e^(s_j - s+)): scaled cross-entropy (Xu et al., 2024, SCE). Log q does not enter; alpha = N / K would be uniform negatives' own correction.
at::Tensor scaled_softmax_loss(const LossInput& input);
at::Tensor bpr_loss(const LossInput& input);    // mean_j of -log sigmoid(s+ - s_j) (Rendle et al., UAI 2009)
at::Tensor hinge_loss(const LossInput& input);  // mean_j of max(0, margin - s+ + s_j) (Huang et al., KDD 2020)
// -log sum_j w_j sigmoid(s+ - s_j) + regulariser sum_j w_j s_j^2, w the softmax of the s_j alone; scores pass elu(x) = x > 0 ? x : a (e^x - 1) first, a = options.elu, 0 for not
// (Hidasi and Karatzoglou, CIKM 2018).
at::Tensor bpr_max_loss(const LossInput& input);
at::Tensor top1_max_loss(const LossInput& input);  // sum_j w_j (sigmoid(s_j - s+) + sigmoid(s_j^2)), w as in bpr_max (the same paper)
at::Tensor bce_loss(const LossInput& input);  // -y log sigmoid(s) - (1 - y) log(1 - sigmoid(s)) of the target, y = 1 without labels, - mean over negatives of log(1 - sigmoid(s-))
// -(beta log sigmoid(s+) + sum_j log(1 - sigmoid(s_j))) / (K + 1), beta = gbce_beta (Petrov and Macdonald, RecSys 2023). Unlike bce, which takes the mean over
// negatives, it sums them, as the calibration asks for.
at::Tensor gbce_loss(const LossInput& input);
double gbce_beta(double sampling_rate, double t);  // a (t (1 - 1 / a) + 1 / a) = 1 - t (1 - a), a = negatives / (items - 1) the share of the other items that is sampled

// InfoNCE of two views [B, D] of the same B things, a mean over the 2B views: -log softmax of the partner's cosine over the temperature among all other views (Chen et al., ICML
// 2020, eq. 1). An objective beside a loss, not a row of the table.
at::Tensor info_nce_loss(const at::Tensor& first, const at::Tensor& second, double temperature);
// InfoNCE of B queries against M >= B keys, of which key b is query b's (He et al., CVPR 2020, eq. 1), a mean over queries. Further keys of a query's own owner (`owners` int64
// [M]) count for nothing: an older view of a user is no other user.
at::Tensor info_nce_loss(const at::Tensor& queries, const at::Tensor& keys, const at::Tensor& owners, double temperature);

// Parts the sampled losses share.
at::Tensor ids_of(const LossInput& input, const at::Tensor& rows);  // rows of items, any shape, as item_ids: equal where they stand for one item
at::Tensor target_scores(const LossInput& input);                   // [R]
struct SampledScores {
  at::Tensor target;    // [R]
  at::Tensor negative;  // [R, K + H]: drawn ones, then hard ones
  at::Tensor is_hit;    // bool [R, K + H]: not to be counted, since it is the readout's own target, an accidental hit, or (kOnce) drawn though it is one of its hard ones already
  at::Tensor log_expected;  // [R, K + H] or [K]; 0 for hard ones, which are always there
};
// A hard negative that was drawn as well counts once in a sum over the catalogue, which is estimated; in a mean over negatives it counts a second time, so that hard ones weigh
// more where all items of a batch are drawn.
enum class DrawnHard { kOnce, kTwice };
SampledScores sampled_scores(const LossInput& input, DrawnHard drawn_hard);
at::Tensor weighted_mean(const at::Tensor& per_readout, const at::Tensor& weights);      // [R] -> scalar
at::Tensor mean_without_hits(const at::Tensor& per_negative, const at::Tensor& is_hit);  // [R, K] -> [R]; 0 for a readout all of whose negatives are hits

}  // namespace rechub
