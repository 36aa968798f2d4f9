// Every model of the registry learns: eight sequences by heart, with the loss and sampler of its own; and those that read an order learn one that a bag of items does not show.
#include <gtest/gtest.h>

#include "rechub/models/registry.h"
#include "rechub/train/eight_sequences.h"
#include "rechub/train/trainer.h"

namespace rechub {
namespace {

constexpr int64_t kCycle = 8;

BuiltModel small_model(const ModelEntry& entry, const Dataset& dataset) {
  return build_small(entry.name, dataset,
                     {{"dim", 32},
                      {"embedding_dim", 32},
                      {"hidden_size", 24},
                      {"user_dims", {32}},
                      {"item_dims", {32}},
                      {"dropout", 0.0},
                      {"hidden_dropout", 0.0},
                      {"num_prototypes", 20},
                      {"positions", "newest"},
                      {"max_length", kCycle}});
}

// Losses of the first and the last epoch.
std::pair<double, double> trained(const ModelEntry& entry, const Dataset& dataset, const BuiltModel& built, int64_t epochs) {
  TrainPlan plan = small_plan(entry.loss, epochs, 0.01);
  plan.train.sampler = entry.sampler;
  plan.train.reduction = entry.reduction;
  std::pair<double, double> losses;
  TrainHooks hooks;
  hooks.on_epoch = [&](const EpochReport& report) { (report.epoch == 1 ? losses.first : losses.second) = report.train_loss; };
  train(dataset, all_training(dataset), *built.model, *built.parameters, plan, "", false, hooks);
  return losses;
}

class Learning : public ::testing::TestWithParam<ModelEntry> {};

TEST_P(Learning, LearnsEightSequencesByHeart) {
  const Dataset dataset = eight_sequences();
  const BuiltModel built = small_model(GetParam(), dataset);
  // The last item of each sequence alone: SASRec counts places from the newest event, so of the positions read out together in training only the last is the question that a prefix
  // asks; ComiRec-SA's interests are means of events, which behind one event can only be that event itself.
  const std::string name = GetParam().name;
  const int64_t asked = name == "sasrec" || name == "comirec_sa" ? kSequenceLength - 1 : 1;
  EXPECT_LT(hit_at_1(dataset, built, asked), 0.3);
  const auto [first, last] = trained(GetParam(), dataset, built, 300);
  EXPECT_LT(last, 0.1 * first);
  EXPECT_EQ(hit_at_1(dataset, built, asked), 1);
}

INSTANTIATE_TEST_SUITE_P(Registry, Learning, ::testing::ValuesIn(model_entries()), [](const auto& info) { return std::string(info.param.name); });

// Twice round a cycle of items from each of them: user s has s, s + 1, ... From the eighth event on the newest `max_length` events are the whole cycle, the same bag for all.
Dataset cycles() {
  DatasetParts parts;
  parts.user_rows = 2 + kCycle;
  parts.item_rows = 2 + kCycle;
  parts.user_begin = {0, 0, 0};
  for (int64_t s = 0; s < kCycle; ++s) {
    for (int64_t t = 0; t < 2 * kCycle; ++t) parts.items.push_back(static_cast<int32_t>(2 + (s + t) % kCycle));
    parts.user_begin.push_back(static_cast<int64_t>(parts.items.size()));
  }
  parts.has_repeats = true;
  return Dataset::from_memory(std::move(parts));
}

double learnt_of_a_cycle(const char* model) {
  const Dataset dataset = cycles();
  const BuiltModel built = small_model(find_model(model), dataset);
  trained(find_model(model), dataset, built, 60);
  return hit_at_1(dataset, built, kCycle);
}

TEST(Learning, ModelsThatReadAnOrderLearnACycle) {
  for (const char* model : {"gru4rec", "narm", "stamp", "sasrec"}) EXPECT_EQ(learnt_of_a_cycle(model), 1) << model;
}

TEST(Learning, ABagOfItemsDoesNotShowACycle) { EXPECT_EQ(learnt_of_a_cycle("youtube_dnn"), 1.0 / kCycle); }

}  // namespace
}  // namespace rechub
