#include "rechub/train/hard_mining.h"

#include <algorithm>
#include <set>

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "rechub/base/error.h"
#include "rechub/bundle/vector_encoder.h"
#include "rechub/train/eight_sequences.h"

namespace rechub {
namespace {

SamplerOptions ranks(int64_t from, int64_t to) {
  SamplerOptions options;
  options.hard_negatives = 2;
  options.hard_source = "mined";
  options.mine_from = from;
  options.mine_to = to;
  return options;
}

BuiltModel small_model(const Dataset& dataset) { return build_small("youtube_dnn", dataset, {{"dim", 8}, {"user_dims", nlohmann::json::array()}}); }

// Against a plain sort of all scores.
TEST(HardMining, TakesTheRanksAskedForOfItemsTheUserDoesNotKnow) {
  const Dataset dataset = eight_sequences();
  const Split split = all_training(dataset);
  const BuiltModel built = small_model(dataset);
  HardMining mining(ranks(5, 9), dataset, split);
  mining.start_epoch(1, *built.model, *built.parameters, 7);
  const VectorEncoder encoder(dataset, *built.model, *built.parameters);
  for (int32_t user = 2; user < dataset.user_rows(); ++user) {
    const int64_t begin = dataset.user_begin()[user], end = dataset.user_begin()[user + 1];
    const EvaluationCase question{user, begin, end, end, end};
    const at::Tensor scores = at::mv(encoder.item_vectors(), encoder.user_vectors(std::span(&question, 1)).view({-1}));
    std::vector<int32_t> items;
    for (int32_t item = 2; item < dataset.item_rows(); ++item) {
      if (std::find(dataset.items().begin() + begin, dataset.items().begin() + end, item) == dataset.items().begin() + end) items.push_back(item);
    }
    std::sort(items.begin(), items.end(), [&](int32_t a, int32_t b) { return scores[a].item<float>() > scores[b].item<float>(); });
    std::set<int32_t> mined;
    for (int64_t j = 0; j < HardMining::kPerUser; ++j) mined.insert(mining.state()[user][j].item<int32_t>());
    EXPECT_EQ(mined, std::set<int32_t>(items.begin() + 4, items.begin() + 9)) << user;  // 32 draws of five miss one with probability .004
  }
}

TEST(HardMining, IsDueEveryFewEpochsAndAPureFunctionOfWeightsSeedAndEpoch) {
  const Dataset dataset = eight_sequences();
  const Split split = all_training(dataset);
  const BuiltModel built = small_model(dataset);
  SamplerOptions options = ranks(1, 20);
  options.mine_every = 2;
  const auto after = [&](std::vector<int64_t> epochs) {
    HardMining mining(options, dataset, split);
    for (int64_t epoch : epochs) mining.start_epoch(epoch, *built.model, *built.parameters, 7);
    return mining.state();
  };
  EXPECT_EQ(after({0, 1}).count_nonzero().item<int64_t>(), 0);
  EXPECT_GT(after({2}).count_nonzero().item<int64_t>(), 0);
  EXPECT_TRUE(at::equal(after({2, 3}), after({2})));
  EXPECT_TRUE(at::equal(after({2, 4}), after({4})));
  EXPECT_FALSE(at::equal(after({2}), after({4})));
}

TEST(HardMining, DrawsForEachReadoutFromItsUsersItems) {
  const Dataset dataset = eight_sequences();
  const Split split = all_training(dataset);
  const BuiltModel built = small_model(dataset);
  HardMining mining(ranks(5, 9), dataset, split);
  const HistoryRule rule = {10, false};
  const SequenceBatch batch = make_sequence_batch(dataset, training_windows(dataset, split, rule, false), rule);
  Random random(1);
  const std::vector<int64_t> none = mining.draw(batch, random);
  ASSERT_EQ(none.size(), 2 * batch.target.size());
  for (size_t r = 0; r < batch.target.size(); ++r) EXPECT_EQ(none[2 * r], batch.target[r]);  // its own target: an accidental hit, which counts for nothing
  mining.start_epoch(1, *built.model, *built.parameters, 7);
  const std::vector<int64_t> drawn = mining.draw(batch, random);
  for (size_t i = 0; i < drawn.size(); ++i) {
    const at::Tensor own = mining.state()[batch.user[batch.readout_sequence[i / 2]]];
    EXPECT_TRUE(at::eq(own, drawn[i]).any().item<bool>()) << i;
  }
}

TEST(HardMining, RanksTheCatalogueDoesNotHaveAreRefused) {
  const Dataset dataset = eight_sequences();
  const Split split = all_training(dataset);
  EXPECT_THROW(HardMining(ranks(101, 500), dataset, split), Error);
}

}  // namespace
}  // namespace rechub
