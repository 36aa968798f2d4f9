#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "rechub/data/batch_plan.h"
#include "rechub/models/registry.h"
#include "rechub/train/trainer.h"

// What of a plan cannot work on the data it is for, or is read by nothing in it.
namespace rechub {

// Throws kUsage where a model of histories is to train on targets none of which has one.
void check_histories(const ModelEntry& model, const Dataset& dataset, const Split& split, const HistoryRule& rule);

// Throws kUsage where negatives come from the batch and no batch can have any. `hard_in_batch`: hard negatives of each readout that are chosen from the batch.
void check_batch_negatives(const std::string& sampler, int64_t hard_in_batch, int64_t batch_size, const BatchPlan& batches);

// The sampler by name that a plan whose loss is chosen draws with: its own or its loss's; "none" where there is none.
std::string sampler_in_use(const TrainPlan& plan);

// Hard negatives of a readout beside those of the sampler: what the options say, else the sampler's own.
int64_t hard_in_use(const SamplerOptions& options, const std::string& sampler);

// The settings, as SECTION.KEY, that change nothing in a plan whose loss is chosen, each with the reason as a clause.
struct UnreadSetting {
  std::string key, reason;
};
std::vector<UnreadSetting> unread_settings(const TrainPlan& plan, int64_t vectors_per_user);

}  // namespace rechub
