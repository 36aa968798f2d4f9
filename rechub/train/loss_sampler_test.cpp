// Any loss goes with any sampler: each pair learns eight sequences by heart, and what does not fit is refused before training.
#include <algorithm>
#include <tuple>

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "rechub/base/error.h"
#include "rechub/bundle/bundle.h"
#include "rechub/bundle/vector_encoder.h"
#include "rechub/train/eight_sequences.h"
#include "rechub/train/trainer.h"

namespace rechub {
namespace {

BuiltModel small_model(const Dataset& dataset) { return build_gru4rec(dataset, {{"dim", 16}, {"hidden_size", 24}, {"dropout", 0.0}, {"hidden_dropout", 0.0}, {"max_length", 10}}); }

TrainPlan plan_of(const std::string& loss, const std::string& sampler) {
  TrainPlan plan = small_plan(loss, 200, 0.03);
  plan.train.sampler = sampler;
  plan.sampler.num_negatives = 24;
  plan.loss.margin = 1;
  return plan;
}

// The share of targets that rank first among all items that are somebody's target. The first items of the sequences are not: no in-batch sampler ever draws them, so nothing pushes
// them down.
double hit_at_1(const Dataset& dataset, const BuiltModel& built) {
  const VectorEncoder encoder(dataset, *built.model, *built.parameters);
  std::vector<EvaluationCase> cases;
  for (int64_t s = 0; s < kSequences; ++s) {
    const int64_t begin = dataset.user_begin()[2 + s], end = begin + kSequenceLength;
    for (int64_t t = begin + 1; t < end; ++t) cases.push_back({static_cast<int32_t>(2 + s), begin, t, t, t + 1});
  }
  at::Tensor scores = at::matmul(encoder.user_vectors(cases).squeeze(1), encoder.item_vectors().narrow(0, 2, dataset.num_items()).t());  // [cases, items]
  for (int64_t s = 0; s < kSequences; ++s) scores.select(1, s * kSequenceLength).fill_(-1e9);
  const at::Tensor best = scores.argmax(1) + 2;
  int64_t hits = 0;
  for (size_t i = 0; i < cases.size(); ++i) hits += best[static_cast<int64_t>(i)].item<int64_t>() == dataset.items()[cases[i].target_begin] ? 1 : 0;
  return static_cast<double>(hits) / static_cast<double>(cases.size());
}

class LossSamplerPair : public ::testing::TestWithParam<std::tuple<const char*, const char*>> {};

TEST_P(LossSamplerPair, LearnsEightSequencesByHeart) {
  const auto [loss, sampler] = GetParam();
  const Dataset dataset = eight_sequences();
  const Split split = all_training(dataset);
  const BuiltModel built = small_model(dataset);
  double first_loss = 0, last_loss = 0;
  TrainHooks hooks;
  hooks.on_epoch = [&](const EpochReport& report) { (report.epoch == 1 ? first_loss : last_loss) = report.train_loss; };
  EXPECT_LT(hit_at_1(dataset, built), 0.3);
  train(dataset, split, *built.model, *built.parameters, plan_of(loss, sampler), "", false, hooks);
  EXPECT_LT(last_loss, first_loss);
  EXPECT_GE(hit_at_1(dataset, built), 0.95);
}

std::vector<std::tuple<const char*, const char*>> pairs() {
  std::vector<std::tuple<const char*, const char*>> pairs;
  for (const LossEntry& loss : loss_entries()) {
    if (loss.needs_catalogue) pairs.emplace_back(loss.name, "");
    if (loss.needs_catalogue) continue;
    for (const SamplerEntry& sampler : sampler_entries()) {
      if (loss.mode != 0 || std::string(sampler.name) != "queue") pairs.emplace_back(loss.name, sampler.name);
    }
  }
  return pairs;
}

INSTANTIATE_TEST_SUITE_P(Registry, LossSamplerPair, ::testing::ValuesIn(pairs()), [](const auto& info) {
  const std::string sampler = std::get<1>(info.param);
  return std::string(std::get<0>(info.param)) + (sampler.empty() ? "" : "_with_" + sampler);
});

std::string refusal(const TrainPlan& plan) {
  const Dataset dataset = eight_sequences();
  const BuiltModel built = small_model(dataset);
  int64_t steps = 0;
  TrainHooks hooks;
  hooks.on_step = [&](int64_t, int64_t, double) { ++steps; };
  try {
    train(dataset, all_training(dataset), *built.model, *built.parameters, plan, "", false, hooks);
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kUsage);
    EXPECT_EQ(steps, 0);
    return error.what();
  }
  return "";
}

TEST(LossSampler, WhatDoesNotFitIsRefusedBeforeTraining) {
  EXPECT_NE(refusal(plan_of("softmax", "uniform")).find("no use for sampler uniform"), std::string::npos);
  TrainPlan hard = plan_of("softmax", "");
  hard.sampler.hard_negatives = 2;
  EXPECT_NE(refusal(hard).find("no use for hard_negatives"), std::string::npos);
  EXPECT_NE(refusal(plan_of("gbce", "queue")).find("sampler queue does not go with the point-wise loss gbce"), std::string::npos);
  EXPECT_NE(refusal(plan_of("hinge", "none")).find("needs a sampler"), std::string::npos);
  EXPECT_NE(refusal(plan_of("bce", "none")).find("only bce on labelled data"), std::string::npos);
  EXPECT_NE(refusal(plan_of("hinge", "unifrom")).find("did you mean uniform"), std::string::npos);
  TrainPlan margin = plan_of("hinge", "uniform");
  margin.loss.margin = -1;
  EXPECT_NE(refusal(margin).find("margin should be 0 or more"), std::string::npos);
  TrainPlan none = plan_of("bpr", "uniform");
  none.sampler.num_negatives = 0;
  EXPECT_NE(refusal(none).find("num_negatives should be from 1 to"), std::string::npos);
}

TEST(LossSampler, AModelsOwnPairIsTakenUnlessSomethingElseIsAskedFor) {
  const ModelEntry& model = find_model("facebook_dssm");
  TrainOptions options;
  EXPECT_EQ(chosen_loss(options, model.loss, 100, 64), "hinge");
  EXPECT_EQ(chosen_sampler(options, model, "hinge"), "hard");
  EXPECT_EQ(chosen_sampler(options, model, "bpr"), "");
  EXPECT_EQ(chosen_sampler(options, find_model("sasrec"), "softmax"), "");
  options.sampler = "mixed";
  EXPECT_EQ(chosen_sampler(options, model, "hinge"), "mixed");
}

}  // namespace
}  // namespace rechub
