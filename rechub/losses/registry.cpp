#include "rechub/base/registry.h"

#include "rechub/losses/loss.h"

namespace rechub {
namespace {

// clang-format off
constexpr LossEntry kLosses[] = {
    // name              what                                                                               catalogue  sampler      mode  function
    {"softmax",           "cross-entropy over the whole catalogue, computed in tiles",                       true,  "",           2, softmax_loss},
    {"sampled_softmax",   "cross-entropy over the target and sampled negatives, which log q corrects",       false, "popularity", 2, sampled_softmax_loss},
    {"corrected_softmax", "the same, with the target corrected by log q, too",                               false, "in_batch",   2, corrected_softmax_loss},
    {"scaled_softmax",    "cross-entropy over the target and sce_alpha times the sampled negatives",         false, "uniform",    2, scaled_softmax_loss},
    {"bpr",               "pair-wise logistic loss over sampled negatives",                                  false, "uniform",    1, bpr_loss},
    {"bpr_max",           "bpr weighted towards the highest negatives, with a penalty on their scores",      false, "popularity", 1, bpr_max_loss},
    {"top1_max",          "pair-wise rank loss weighted towards the highest negatives",                      false, "popularity", 1, top1_max_loss},
    {"hinge",             "pair-wise hinge with a margin over sampled negatives",                            false, "uniform",    1, hinge_loss},
    {"bce",               "binary cross-entropy of the target and the mean of sampled negatives",            false, "uniform",    0, bce_loss},
    {"gbce",              "binary cross-entropy with the target's share calibrated for sampled negatives",   false, "uniform",    0, gbce_loss},
};
// clang-format on

}  // namespace

std::span<const LossEntry> loss_entries() { return kLosses; }

const LossEntry& find_loss(const std::string& name) { return find_entry<LossEntry>(kLosses, name, "loss"); }

}  // namespace rechub
