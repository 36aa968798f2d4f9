#include "rechub/train/item_queue.h"

#include <cmath>

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "rechub/base/json_options.h"
#include "rechub/bundle/bundle.h"
#include "rechub/samplers/alias_table.h"
#include "rechub/samplers/sampler.h"
#include "rechub/train/eight_sequences.h"
#include "rechub/train/momentum_encoder.h"
#include "rechub/train/step.h"

namespace rechub {
namespace {

const std::vector<int64_t> kCounts = {0, 0, 10, 5, 1, 4, 20};  // items 2 .. 6, 40 events

at::Tensor longs(std::vector<int64_t> values) { return at::tensor(values, at::kLong); }

// A batch of two readouts whose items 2, 3, 6 have vectors .2, .3, .6; targets 3 and 6 are the negatives.
LossInput batch_input() {
  LossInput input;
  input.users = at::ones({2, 1}, at::kDouble);
  input.items = at::tensor({0.2, 0.3, 0.6}, at::kDouble).view({3, 1});
  input.targets = longs({1, 2});
  input.negatives = longs({1, 2});
  input.log_expected = at::tensor({std::log(0.25), std::log(0.75)}, at::kDouble);
  input.target_log_expected = input.log_expected;
  return input;
}

TEST(ItemQueue, EntriesAreFurtherNegativesAndOnesOwnTargetIsAHit) {
  ItemQueue queue(3, 1, kCounts);
  queue.push(longs({5, 6}), at::tensor({0.5, 0.9}, at::kDouble).view({2, 1}));
  LossInput input = batch_input();
  queue.extend(input, longs({2, 3, 6}));
  const SampledScores scores = sampled_scores(input, DrawnHard::kOnce);
  EXPECT_TRUE(at::allclose(scores.negative, at::tensor({0.3, 0.6, 0.5, 0.9, 0.3, 0.6, 0.5, 0.9}, at::kDouble).view({2, 4}), 1e-6, 1e-6));
  EXPECT_TRUE(at::equal(scores.is_hit, at::tensor({1, 0, 0, 0, 0, 1, 0, 1}, at::kLong).view({2, 4}).to(at::kBool)));  // the queued 6 is the second readout's target
  // Expected in batch and queue together: two entries of item 3 with share 1/8, of item 6 with 1/2; entry 5 has share 1/10, and is in the batch with 1 - (1 - 1/10)^2.
  const std::vector<double> expected = {0.25 + 2.0 / 8, 0.75 + 1, 1 - 0.81 + 0.2, 1 - 0.25 + 1};
  EXPECT_TRUE(at::allclose(input.log_expected.exp(), at::tensor(expected, at::kDouble), 1e-6, 1e-9)) << input.log_expected.exp();
  EXPECT_TRUE(at::allclose(input.target_log_expected, input.log_expected.narrow(0, 0, 2)));
}

TEST(ItemQueue, TheOldestLeaveWhenItIsFull) {
  ItemQueue queue(3, 1, kCounts);
  queue.push(longs({2, 3}), at::tensor({0.2, 0.3}).view({2, 1}));
  queue.push(longs({4, 5}), at::tensor({0.4, 0.5}).view({2, 1}));
  EXPECT_TRUE(at::equal(queue.state()[0].second, longs({5, 3, 4})));
  queue.push(longs({2, 2, 2, 2, 6, 5, 4}), at::arange(7).to(at::kFloat).view({7, 1}));  // more than there is room for: the newest stay
  EXPECT_EQ(queue.state()[0].second.sum().item<int64_t>(), 6 + 5 + 4);
  EXPECT_EQ(queue.state()[1].second.sum().item<float>(), 4 + 5 + 6);
}

// The mean over many batches and queues of sum_j exp(s_j - log expected_j) is the sum over all items that occur.
TEST(ItemQueue, ThePartitionEstimateIsUnbiased) {
  const at::Tensor item_scores = at::tensor({0.0, 0.0, 0.3, -0.5, 1.2, 0.1, 0.7}, at::kDouble);
  std::vector<double> weights(kCounts.begin(), kCounts.end());
  const AliasTable table(weights);
  Random random(1);
  const auto draw = [&](int64_t count) {
    std::vector<int64_t> items;
    for (int64_t i = 0; i < count; ++i) items.push_back(table.draw(random));
    return items;
  };
  const auto sampler = make_in_batch_sampler({}, kCounts);
  ItemQueue queue(16, 1, kCounts);
  const int trials = 6000;
  double sum = 0, squares = 0;
  for (int i = 0; i < trials; ++i) {
    queue.push(longs(draw(8)), at::zeros({8, 1}));
    SequenceBatch batch;
    batch.target = draw(4);
    const Negatives drawn = sampler->sample(batch, random);
    LossInput input;
    input.items = at::zeros({7, 1}, at::kDouble);
    input.targets = longs(batch.target);
    input.negatives = longs(drawn.items);
    input.log_expected = at::tensor(drawn.log_expected, at::kDouble);
    input.target_log_expected = at::tensor(drawn.target_log_expected, at::kDouble);
    queue.extend(input, at::arange(7, at::kLong));
    const double estimate = (item_scores.index_select(0, ids_of(input, input.negatives)) - input.log_expected).exp().sum().item<double>();
    sum += estimate, squares += estimate * estimate;
  }
  const double mean = sum / trials, deviation = std::sqrt((squares / trials - mean * mean) / trials);
  const double expected = item_scores.narrow(0, 2, 5).exp().sum().item<double>();
  EXPECT_NEAR(mean, expected, 8 * deviation);  // queues of neighbouring trials overlap, so the trials count for fewer
  EXPECT_LT(deviation, expected / 50);
}

TEST(MomentumEncoder, FollowsTheWeightsAndLeavesTheModelAsItWas) {
  const Dataset dataset = eight_sequences();
  const auto builder = find_model("dssm").builder();
  options_from_json({{"dim", 4}, {"embedding_dim", 4}, {"item_dims", {6}}}, [&](OptionVisitor& visitor) { builder->describe(visitor); });
  const BuiltModel built = build_model(*builder, make_schema(dataset), {}, 1);
  MomentumEncoder encoder(*built.model, *built.parameters, 0.9);
  const BatchAssembler assembler(dataset, false, false);
  const HistoryRule rule = {10, false};
  const Split split = all_training(dataset);
  const auto item_vectors = [&](bool momentum) {
    AssembledBatch batch = assembler.assemble(make_sequence_batch(dataset, training_windows(dataset, split, rule, false), rule), {}, 1);
    const StepLeaves leaves = bind_leaves(*built.parameters, batch);
    const UserBatch users = make_user_batch(batch, nullptr);
    EncodeContext context;
    context.leaves = leaves.leaves;
    return momentum ? encoder.encode_items(users.items, batch) : built.model->encode_items(users.items, context).detach();
  };
  const at::Tensor start = item_vectors(false);
  EXPECT_TRUE(at::equal(item_vectors(true), start));
  double weight = 0;
  {
    at::NoGradGuard no_grad;
    for (DenseParameter& parameter : built.parameters->dense()) parameter.value.add_(1);
    for (TableParameter& table : built.parameters->tables()) table.values.add_(1);
    weight = built.parameters->tables()[0].values[5][0].item<double>();
  }
  const at::Tensor moved = item_vectors(false);
  EXPECT_TRUE(at::equal(item_vectors(true), start));  // it has not followed yet
  encoder.follow();
  EXPECT_FALSE(at::equal(item_vectors(true), start));
  EXPECT_TRUE(at::equal(item_vectors(false), moved));  // the model's weights are its own again
  const auto state = encoder.state();
  const auto table = std::find_if(state.begin(), state.end(), [](const auto& tensor) { return tensor.first == "momentum.item.id"; });
  ASSERT_NE(table, state.end());
  EXPECT_NEAR(table->second[5][0].item<double>(), 0.9 * (weight - 1) + 0.1 * weight, 1e-6);
}

}  // namespace
}  // namespace rechub
