#include "rechub/train/contrastive.h"

#include <cmath>
#include <set>

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "rechub/base/error.h"
#include "rechub/bundle/bundle.h"
#include "rechub/losses/loss.h"
#include "rechub/train/eight_sequences.h"
#include "rechub/train/step.h"
#include "rechub/train/trainer.h"

namespace rechub {
namespace {

TEST(InfoNce, MatchesClosedForms) {
  const at::Tensor same = at::ones({3, 2}, at::kDouble);
  EXPECT_NEAR(info_nce_loss(same, same, 0.3).item<double>(), std::log(5), 1e-12);                        // one of the five others is the partner
  EXPECT_NEAR(info_nce_loss(same.narrow(0, 0, 1), same.narrow(0, 0, 1), 0.3).item<double>(), 0, 1e-12);  // nobody else
  // Two users, whose views are e1 and e2, of any length: the partner has cosine 1, the two others 0.
  const at::Tensor first = at::tensor({2.0, 0.0, 0.0, 3.0}, at::kDouble).view({2, 2}), second = at::eye(2, at::kDouble);
  EXPECT_NEAR(info_nce_loss(first, second, 0.5).item<double>(), std::log((std::exp(2.0) + 2) / std::exp(2.0)), 1e-12);
}

TEST(InfoNce, AgainstKeysOfOthers) {
  const at::Tensor queries = at::tensor({2.0, 0.0, 0.0, 3.0}, at::kDouble).view({2, 2});
  const at::Tensor keys = at::tensor({1.0, 0.0, 0.0, 1.0, -5.0, 0.0, 0.0, 4.0}, at::kDouble).view({4, 2});
  // Query 0 has cosines 1, 0, -1, 0; query 1 has 0, 1, 0, 1, but the last key is an older one of its own user.
  const at::Tensor owners = at::tensor(std::vector<int64_t>{7, 8, 9, 8}, at::kLong);
  const double first = std::log((std::exp(2.0) + 1 + std::exp(-2.0) + 1) / std::exp(2.0)), second = std::log((std::exp(2.0) + 2) / std::exp(2.0));
  EXPECT_NEAR(info_nce_loss(queries, keys, owners, 0.5).item<double>(), (first + second) / 2, 1e-12);
  // Two windows of one user in a batch are no strangers to each other either.
  EXPECT_NEAR(info_nce_loss(queries, keys.narrow(0, 0, 2), at::tensor(std::vector<int64_t>{7, 7}, at::kLong), 0.5).item<double>(), 0, 1e-12);
}

// Three sequences of items 0 .. 9, none, 10 .. 14; an event's feature is its position; every position is read out.
UserBatch example() {
  const auto longs = [](std::vector<int64_t> values) { return take_tensor(std::move(values)); };
  UserBatch batch;
  batch.history = at::arange(15, at::kLong);
  BatchColumn gap, price;
  for (int64_t i = 0; i < 15; ++i) gap.codes.push_back(i), price.values.push_back(static_cast<float>(i) / 2);
  price.kind = FeatureKind::kDense;
  batch.events = make_feature_tensors({gap, price});
  batch.sequences.begin = longs({0, 10, 10});
  batch.sequences.end = longs({10, 10, 15});
  batch.readout_sequence = longs({0, 0, 1, 2, 2});
  BatchColumn device;
  device.codes = {5, 6, 7, 8, 9};
  batch.context = make_feature_tensors({device});
  return batch;
}

std::vector<int64_t> values(const at::Tensor& x) { return {x.const_data_ptr<int64_t>(), x.const_data_ptr<int64_t>() + x.numel()}; }

TEST(Views, KeepWhatTheyShouldAndReadOutOnceAtTheEnd) {
  ContrastiveOptions options;
  options.crop_share = 0.6;
  options.mask_share = 0.5;
  std::set<int64_t> crop_starts;
  double masked = 0;
  for (uint64_t seed = 0; seed < 200; ++seed) {
    for (const char* view : {"dropout", "crop", "mask"}) {
      UserBatch batch = example();
      Random random(seed);
      make_view(batch, view, options, random);
      const std::vector<int64_t> items = values(batch.history), begin = values(batch.sequences.begin), end = values(batch.sequences.end);
      ASSERT_EQ(begin.size(), 3u);
      EXPECT_EQ(values(batch.readout_sequence), (std::vector<int64_t>{0, 1, 2}));
      EXPECT_EQ(values(batch.readouts.end), end);
      EXPECT_EQ(values(batch.context[0].codes), (std::vector<int64_t>{6, 7, 9}));  // of each sequence's last readout
      EXPECT_EQ(values(batch.events[0].codes), items);                             // features stay with their events
      EXPECT_TRUE(at::equal(batch.events[1].values.view({-1}), batch.history.to(at::kFloat) / 2));
      EXPECT_EQ(begin[1], end[1]);
      EXPECT_TRUE(std::is_sorted(items.begin(), items.end()));
      EXPECT_GE(end[0], 1);
      EXPECT_LT(items[end[0] - 1], 10);
      EXPECT_GE(items[begin[2]], 10);
      EXPECT_EQ(values(batch.readout_positions)[2], end[2] - 1);
      if (view == std::string("dropout")) {
        EXPECT_EQ(items.size(), 15u);
      }
      if (view == std::string("crop")) {
        EXPECT_EQ(end[0], 6);
        EXPECT_EQ(items[5] - items[0], 5);  // in a row
        EXPECT_EQ(end[2] - begin[2], 3);
        crop_starts.insert(items[0]);
      }
      if (view == std::string("mask")) masked += static_cast<double>(10 - end[0]) / 10 / 200;
    }
  }
  EXPECT_EQ(crop_starts, (std::set<int64_t>{0, 1, 2, 3, 4}));
  EXPECT_NEAR(masked, 0.5, 0.06);
}

class ContrastiveTraining : public testing::TestWithParam<int64_t> {};

TEST_P(ContrastiveTraining, BringsTheViewsOfAUserTogether) {
  const Dataset dataset = eight_sequences();
  const auto last_loss = [&](double weight) {
    const BuiltModel built = build_gru4rec(dataset, {{"dim", 8}, {"hidden_size", 8}, {"dropout", 0.2}});
    TrainPlan plan = small_plan("softmax", 300, 0.03);
    plan.train.patience = 0;
    plan.contrastive.contrastive_weight = weight;
    plan.contrastive.contrastive_queue = GetParam();
    plan.contrastive.contrastive_momentum = 0.9;  // 300 steps are few for the default
    double first = 0, last = 0;
    TrainHooks hooks;
    hooks.on_epoch = [&](const EpochReport& report) {
      if (report.epoch == 1) first = report.train_loss;
      if (report.epoch > 200) last += report.train_loss / 100;
    };
    train(dataset, all_training(dataset), *built.model, *built.parameters, plan, "", false, hooks);
    return std::pair(first, last);
  };
  const auto [plain_first, plain_last] = last_loss(0);
  const auto [first, last] = last_loss(100);
  // At first the 15 other views, or the 7 other keys of a batch, are not told apart; a queue adds nobody new where there are eight users.
  // Crops and masks of five events differ, and 12 old keys with slow weights are harder than 15 views of the moment.
  EXPECT_GT(first - plain_first, 80 * std::log(GetParam() > 0 ? 7 : 15));
  EXPECT_LT(last, 100 * std::log(8));  // not told apart: log 16 of the views, log 18 with the queue
}

INSTANTIATE_TEST_SUITE_P(Queue, ContrastiveTraining, testing::Values(0, 12));

TEST(Contrastive, KeysComeFromTheSlowWeightsAndStay) {
  const Dataset dataset = eight_sequences();
  const BuiltModel built = build_gru4rec(dataset, {{"dim", 8}, {"hidden_size", 8}, {"dropout", 0.0}});
  TrainPlan plan = small_plan("softmax", 1, 0.1);
  plan.contrastive.contrastive_weight = 1;
  plan.contrastive.views = {"dropout", "dropout"};
  plan.contrastive.contrastive_queue = 12;
  plan.contrastive.contrastive_momentum = 0.9;
  Contrastive contrastive(plan.contrastive, *built.model, *built.parameters);
  const auto state = contrastive.state();
  ASSERT_GT(state.size(), 4u);
  BatchAssembler assembler(dataset, true, false, 0);
  const Split split = all_training(dataset);
  const HistoryRule rule{50};
  const std::vector<Window> windows = training_windows(dataset, split, rule, true);
  const auto one_step = [&] {
    AssembledBatch batch = assembler.assemble(make_sequence_batch(dataset, windows, rule), {}, 1);
    const ItemBatch catalogue = assembler.catalogue();
    StepLeaves leaves = bind_leaves(*built.parameters, batch);
    EncodeContext context;
    context.training = true;
    context.leaves = leaves.leaves;
    const at::Tensor owners = at::tensor(batch.sequences.user, at::kLong);
    UserBatch users = make_user_batch(batch, &catalogue);
    const at::Tensor keys = contrastive.keys(users, batch, context);
    const at::Tensor vectors = built.model->encode_users(users, context).vectors.flatten(1);
    contrastive.loss(users, keys, owners, context);
    return std::pair(keys, vectors);
  };
  const at::Tensor first = one_step().first;
  EXPECT_FALSE(first.requires_grad());
  EXPECT_EQ(first.size(0), 8);
  EXPECT_EQ(state[2].second[1].item<int64_t>(), 8);                               // that many are in the queue
  EXPECT_TRUE(at::allclose(state[1].second.narrow(0, 0, 8), first, 1e-6, 1e-7));  // as they were encoded
  for (DenseParameter& parameter : built.parameters->dense()) parameter.value.detach().mul_(3);
  EXPECT_TRUE(at::equal(one_step().first, first));  // the model has moved, the slow weights have not
  contrastive.after_update();
  EXPECT_FALSE(at::allclose(one_step().first, first, 1e-3, 1e-4));
  EXPECT_EQ(state[2].second[1].item<int64_t>(), 12);
}

TEST(Contrastive, SettingsOutOfRangeAreRefused) {
  const auto refuses = [](auto change) {
    ContrastiveOptions options;
    change(options);
    EXPECT_THROW(options.validate(), Error);
  };
  ContrastiveOptions().validate();
  refuses([](ContrastiveOptions& options) { options.contrastive_weight = -1; });
  refuses([](ContrastiveOptions& options) { options.views = {"crop"}; });
  refuses([](ContrastiveOptions& options) { options.views = {"crop", "crup"}; });
  refuses([](ContrastiveOptions& options) { options.contrastive_temperature = 0; });
  refuses([](ContrastiveOptions& options) { options.crop_share = 0; });
  refuses([](ContrastiveOptions& options) { options.mask_share = 1; });
  refuses([](ContrastiveOptions& options) { options.contrastive_queue = -1; });
  refuses([](ContrastiveOptions& options) { options.contrastive_momentum = 1; });
}

}  // namespace
}  // namespace rechub
