// Any loss goes with any sampler: each pair learns eight sequences by heart, and what does not fit is refused before training.
#include <algorithm>
#include <tuple>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "rechub/base/error.h"
#include "rechub/train/eight_sequences.h"
#include "rechub/train/trainer.h"

namespace rechub {
namespace {

BuiltModel small_model(const Dataset& dataset) { return build_gru4rec(dataset, {{"dim", 16}, {"hidden_size", 24}, {"dropout", 0.0}, {"hidden_dropout", 0.0}, {"max_length", 10}}); }

// `sampler`: its name, for hard with the source of the negatives behind a slash.
TrainPlan plan_of(const std::string& loss, const std::string& sampler) {
  TrainPlan plan = small_plan(loss, 200, 0.03);
  const size_t source = sampler.find('/');
  plan.train.sampler = sampler.substr(0, source);
  if (source != std::string::npos) plan.sampler.hard_source = sampler.substr(source + 1);
  plan.sampler.mine_from = 1;
  plan.sampler.mine_to = 20;
  plan.sampler.mine_every = 10;
  plan.sampler.num_negatives = 24;
  plan.loss.margin = 1;
  return plan;
}

class LossSamplerPair : public ::testing::TestWithParam<std::tuple<const char*, const char*>> {};

TEST_P(LossSamplerPair, LearnsEightSequencesByHeart) {
  const auto [loss, sampler] = GetParam();
  const Dataset dataset = std::string(sampler) == "hard/shown" ? eight_sequences_with_shown_items() : eight_sequences();
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

bool fits(const LossEntry& loss, const std::string& sampler) { return !loss.needs_catalogue && (loss.mode != 0 || sampler != "queue"); }

std::vector<std::tuple<const char*, const char*>> pairs() {
  std::vector<std::tuple<const char*, const char*>> pairs;
  for (const LossEntry& loss : loss_entries()) {
    if (loss.needs_catalogue) pairs.emplace_back(loss.name, "");
    if (loss.needs_catalogue) continue;
    for (const SamplerEntry& sampler : sampler_entries()) {
      if (fits(loss, sampler.name)) pairs.emplace_back(loss.name, sampler.name);
    }
    for (const char* source : {"hard/mined", "hard/shown"}) pairs.emplace_back(loss.name, source);
  }
  return pairs;
}

INSTANTIATE_TEST_SUITE_P(Registry, LossSamplerPair, ::testing::ValuesIn(pairs()), [](const auto& info) {
  std::string sampler = std::get<1>(info.param);
  std::replace(sampler.begin(), sampler.end(), '/', '_');
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
  for (const LossEntry& loss : loss_entries()) {
    for (const SamplerEntry& sampler : sampler_entries()) {
      if (fits(loss, sampler.name)) continue;
      const std::string why = loss.needs_catalogue ? fmt::format("no use for sampler {}", sampler.name) : fmt::format("queue does not go with the point-wise loss {}", loss.name);
      EXPECT_THAT(refusal(plan_of(loss.name, sampler.name)), testing::HasSubstr(why));
    }
  }
  TrainPlan hard = plan_of("softmax", "");
  hard.sampler.hard_negatives = 2;
  EXPECT_THAT(refusal(hard), testing::HasSubstr("no use for hard_negatives"));
  EXPECT_THAT(refusal(plan_of("hinge", "hard/shown")), testing::HasSubstr("weight"));
  TrainPlan deep = plan_of("hinge", "hard/mined");
  deep.sampler.mine_from = deep.sampler.mine_to = 100;
  EXPECT_THAT(refusal(deep), testing::HasSubstr("mined from rank 100 on, but there are 48 items"));
  EXPECT_THAT(refusal(plan_of("hinge", "none")), testing::HasSubstr("needs a sampler"));
  EXPECT_THAT(refusal(plan_of("bce", "none")), testing::HasSubstr("only bce on labelled data"));
  EXPECT_THAT(refusal(plan_of("hinge", "unifrom")), testing::HasSubstr("did you mean uniform"));
  TrainPlan margin = plan_of("hinge", "uniform");
  margin.loss.margin = -1;
  EXPECT_THAT(refusal(margin), testing::HasSubstr("margin should be 0 or more"));
  TrainPlan none = plan_of("bpr", "uniform");
  none.sampler.num_negatives = 0;
  EXPECT_THAT(refusal(none), testing::HasSubstr("num_negatives should be from 1 to"));
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
