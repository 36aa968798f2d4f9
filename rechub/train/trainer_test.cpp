// What training keeps and what it draws, held by metrics that the test makes up.
#include "rechub/train/trainer.h"

#include <cmath>
#include <filesystem>

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "rechub/bundle/bundle.h"
#include "rechub/data/test_files.h"
#include "rechub/train/eight_sequences.h"

namespace rechub {
namespace {

BuiltModel small_model(const Dataset& dataset) { return build_gru4rec(dataset, {{"dim", 8}, {"hidden_size", 8}, {"dropout", 0.0}, {"hidden_dropout", 0.0}}); }

// All weights but the unknown item's row, which is set when training is over.
std::vector<at::Tensor> weights_of(const BuiltModel& built) {
  std::vector<at::Tensor> weights;
  for (const DenseParameter& parameter : built.parameters->dense()) weights.push_back(parameter.value.detach().clone());
  for (const TableParameter& table : built.parameters->tables()) weights.push_back(table.values.narrow(0, 2, table.values.size(0) - 2).clone());
  return weights;
}

bool equal(const std::vector<at::Tensor>& a, const std::vector<at::Tensor>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const at::Tensor& x, const at::Tensor& y) { return x.equal(y); });
}

struct Course {
  TrainResult result;
  std::vector<std::vector<at::Tensor>> after;  // weights behind each epoch
  std::vector<at::Tensor> kept;
};

// Trains with these validation metrics, one an epoch.
Course course(const std::vector<double>& metrics, int64_t patience) {
  const Dataset dataset = eight_sequences();
  const BuiltModel built = small_model(dataset);
  TrainPlan plan = small_plan("softmax", static_cast<int64_t>(metrics.size()), 0.01);
  plan.train.patience = patience;
  Course course;
  TrainHooks hooks;
  hooks.validate = [&] { return std::map<std::string, double>{{plan.train.metric, metrics[course.after.size()]}}; };
  hooks.on_epoch = [&](const EpochReport&) { course.after.push_back(weights_of(built)); };
  course.result = train(dataset, all_training(dataset), *built.model, *built.parameters, plan, "", false, hooks);
  course.kept = weights_of(built);
  return course;
}

TEST(Trainer, TheBestEpochsWeightsAreKeptWhetherOrNotItStopsEarly) {
  for (const int64_t patience : {0, 2, 10}) {
    const Course found = course({0.1, 0.4, 0.3, 0.2, 0.1}, patience);
    EXPECT_EQ(found.result.epochs, patience == 2 ? 4 : 5) << patience;
    EXPECT_EQ(found.result.stopped_early, patience == 2);
    EXPECT_EQ(found.result.best_epoch, 2);
    EXPECT_EQ(found.result.best_metric, 0.4);
    EXPECT_TRUE(equal(found.kept, found.after[1])) << patience;
    EXPECT_FALSE(equal(found.kept, found.after.back())) << patience;
  }
}

TEST(Trainer, TheBestMetricMayBeZeroOrBelow) {
  for (const double best : {0.0, -1.0}) {
    const Course found = course({best - 1, best, best - 2}, 0);
    EXPECT_EQ(found.result.best_epoch, 2) << best;
    EXPECT_EQ(found.result.best_metric, best);
    EXPECT_TRUE(equal(found.kept, found.after[1])) << best;
  }
}

TEST(Trainer, WithoutAMetricTheLastEpochIsKept) {
  const Dataset dataset = eight_sequences();
  const BuiltModel built = small_model(dataset);
  std::vector<std::vector<at::Tensor>> after;
  TrainHooks hooks;
  hooks.on_epoch = [&](const EpochReport&) { after.push_back(weights_of(built)); };
  train(dataset, all_training(dataset), *built.model, *built.parameters, small_plan("softmax", 3, 0.01), "", false, hooks);
  EXPECT_TRUE(equal(weights_of(built), after.back()));
  EXPECT_FALSE(equal(weights_of(built), after.front()));
}

// With weights that stay where they are, the loss of a batch follows its negatives alone: other ones in every batch and epoch, and none that change with the full softmax.
TEST(Trainer, EveryBatchOfEveryEpochDrawsItsOwnNegatives) {
  const Dataset dataset = eight_sequences();
  const auto spread = [&](const std::string& loss) {
    const BuiltModel built = small_model(dataset);
    TrainPlan plan = small_plan(loss, 4, 0);
    plan.sampler.num_negatives = 3;
    std::vector<double> losses;
    TrainHooks hooks;
    hooks.on_step = [&](int64_t, int64_t, double value) { losses.push_back(value); };
    train(dataset, all_training(dataset), *built.model, *built.parameters, plan, "", false, hooks);
    EXPECT_EQ(losses.size(), 4U);
    double least = INFINITY;
    for (size_t i = 0; i < losses.size(); ++i) {
      for (size_t j = 0; j < i; ++j) least = std::min(least, std::abs(losses[i] - losses[j]));
    }
    return std::pair(least, *std::max_element(losses.begin(), losses.end()) - *std::min_element(losses.begin(), losses.end()));
  };
  EXPECT_LT(spread("softmax").second, 1e-5);
  EXPECT_GT(spread("bpr").first, 1e-4);
  EXPECT_GT(spread("sampled_softmax").first, 1e-4);
}

// The first update leaves weights of about 1e30: finite, but nothing that a run could go on from.
TEST(Trainer, WeightsThatGiveNoFiniteLossAreNoCheckpoint) {
  const Dataset dataset = eight_sequences();
  const BuiltModel built = small_model(dataset);
  TrainPlan plan = small_plan("softmax", 3, 1e30);
  plan.train.checkpoint_steps = 1;
  const TestFolder folder;
  const auto [kind, message] = error_of([&] { train(dataset, all_training(dataset), *built.model, *built.parameters, plan, folder.path("checkpoints"), false, {}); });
  EXPECT_EQ(kind, ErrorKind::kData);
  EXPECT_THAT(message, testing::HasSubstr("step 0: the update leaves 1e+30 in the weight "));
  EXPECT_FALSE(std::filesystem::exists(folder.path("checkpoints")));
}

}  // namespace
}  // namespace rechub
