#include "rechub/base/registry.h"

#include "rechub/losses/loss.h"

namespace rechub {
namespace {

// clang-format off
constexpr LossEntry kLosses[] = {
    // name            what                                                                      catalogue  sampler       function
    {"softmax",         "cross-entropy over the whole catalogue, computed in tiles",              true,      "",           softmax_loss},
    {"sampled_softmax", "cross-entropy over the target and sampled negatives, corrected by log q", false,    "popularity", sampled_softmax_loss},
    {"bpr",             "pair-wise logistic loss over sampled negatives",                         false,     "uniform",    bpr_loss},
    {"bce",             "binary cross-entropy of the target and sampled negatives",               false,     "uniform",    bce_loss},
};
// clang-format on

}  // namespace

std::span<const LossEntry> loss_entries() { return kLosses; }

const LossEntry& find_loss(const std::string& name) { return find_entry<LossEntry>(kLosses, name, "loss"); }

}  // namespace rechub
