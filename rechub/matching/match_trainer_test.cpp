#include "rechub/matching/match_trainer.h"

#include <cmath>
#include <filesystem>
#include <set>
#include <utility>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "rechub/base/error.h"
#include "rechub/base/interruption.h"
#include "rechub/data/test_files.h"
#include "rechub/matching/models.h"
#include "rechub/matching/test_data.h"
#include "rechub/train/trainer.h"

namespace rechub::matching {
namespace {

using ::testing::HasSubstr;
using namespace test_data;

const TowerParams kTower = {{16, 8}, 0, "relu"};

DSSM click_model() { return DSSM({click_features(), item_features(), 0.1, kTower, kTower}); }
SASRec walk_model() {
  return SASRec({.user_features = walk_features(), .item_features = item_features(), .embedding_dim = 16, .num_heads = 2, .num_layers = 1, .dropout = 0, .temperature = 0.1});
}

DataLoaders click_loaders(int64_t repetitions = 4, int64_t num_workers = 2) {
  auto [x, y] = clicks(repetitions);
  return MatchDataGenerator(x, y).generate_dataloader(groups(), all_items(), 32, num_workers);
}

DataLoaders walk_loaders() {
  const Columns x = walks(4);
  return MatchDataGenerator(x).generate_dataloader(without_items(walks(1)), all_items(), 16, 0);
}

MatchTrainerOptions options(int mode, int64_t epochs) {
  MatchTrainerOptions out;
  out.mode = mode;
  out.n_epoch = epochs;
  out.optimizer_params.lr = 0.01;
  return out;
}

// How many of the five items of a group's category are among its five best.
int64_t right_items(const SearchResult& found) {
  int64_t right = 0;
  for (int64_t user = 0; user < kGroups; ++user) {
    for (int64_t i = 0; i < 5; ++i) right += (found.positions[user * 5 + i] + 1) % kGroups == user;
  }
  return right;
}

class MatchTrainerModes : public ::testing::TestWithParam<int> {};

TEST_P(MatchTrainerModes, ClicksAreLearnt) {
  const DataLoaders loaders = click_loaders();
  DSSM model = click_model();
  MatchTrainer trainer(model, options(GetParam(), 20));
  const FitResult result = trainer.fit(loaders.train, loaders.test);
  EXPECT_EQ(result.validation_rows, 32);  // a tenth of 320
  EXPECT_EQ(result.metric, GetParam() == 0 ? "AUC" : "NDCG@10");
  const Embeddings users = trainer.inference_embedding(model, "user", loaders.test), items = trainer.inference_embedding(model, "item", loaders.item);
  ASSERT_EQ(users.num_rows, kGroups);
  ASSERT_EQ(items.num_rows, kItems);
  EXPECT_EQ(users.dim, 8);
  EXPECT_GE(right_items(top_k(users, items, 5)), 18);
}

TEST_P(MatchTrainerModes, WalksAreLearnt) {
  const DataLoaders loaders = walk_loaders();
  SASRec model = walk_model();
  MatchTrainer trainer(model, options(GetParam(), 40));
  trainer.fit(loaders.train);
  const SearchResult found = top_k(trainer.inference_embedding(model, "user", loaders.test), trainer.inference_embedding(model, "item", loaders.item), 1);
  int64_t right = 0;
  for (int64_t row = 0; row < kItems; ++row) right += found.positions[row] == (row + 3) % kItems;
  EXPECT_GE(right, 18);
}

INSTANTIATE_TEST_SUITE_P(Modes, MatchTrainerModes, ::testing::Values(0, 1, 2));

TEST(MatchTrainer, InBatchNegativesTeachToo) {
  const DataLoaders loaders = walk_loaders();
  SASRec model = walk_model();
  MatchTrainerOptions in_batch = options(2, 40);
  in_batch.in_batch_neg = true;
  MatchTrainer trainer(model, in_batch);
  trainer.fit(loaders.train);
  EXPECT_GT(trainer.evaluate(loaders.train).at("NDCG@10"), 0.8);
}

TEST(MatchTrainer, SomeNegativesOfTheBatchAndTheHardestOnesTeachToo) {
  const DataLoaders loaders = walk_loaders();
  std::set<float> scores;
  for (const auto& [ratio, is_hard] : std::vector<std::pair<int64_t, bool>>{{0, false}, {4, false}, {2, true}}) {
    MatchTrainerOptions in_batch = options(2, 40);
    in_batch.in_batch_neg = true, in_batch.in_batch_neg_ratio = ratio, in_batch.hard_negative = is_hard;
    SASRec model = walk_model();
    MatchTrainer trainer(model, in_batch);
    trainer.fit(loaders.train);
    EXPECT_GT(trainer.evaluate(loaders.train).at("NDCG@10"), 0.7) << ratio << is_hard;
    scores.insert(trainer.predict(loaders.train)[0]);
  }
  EXPECT_EQ(scores.size(), 3);  // each setting trains another model
}

TEST(MatchTrainer, EachEpochHasItsStepSize) {
  const DataLoaders loaders = walk_loaders();
  MatchTrainerOptions slowing = options(2, 3);
  slowing.optimizer_params.lr_of_epoch = {0.01, 0};
  slowing.optimizer_params.weight_decay = 0;
  SASRec model = walk_model(), after_one = walk_model();
  std::vector<double> rates;
  TrainHooks hooks;
  hooks.on_epoch = [&](const EpochReport& report) { rates.push_back(report.learning_rate); };
  MatchTrainer trainer(model, slowing);
  trainer.fit(loaders.train, {}, hooks);
  EXPECT_EQ(rates, (std::vector<double>{0.01, 0, 0}));
  MatchTrainer one(after_one, options(2, 1));
  one.fit(loaders.train);
  const std::vector<float> expected = one.predict(loaders.train), scores = trainer.predict(loaders.train);
  for (size_t row = 0; row < scores.size(); ++row) EXPECT_NEAR(scores[row], expected[row], 1e-3);  // the default's decay is 1e-5 of a step
}

TEST(MatchTrainer, AnInterruptKeepsAndSavesTheBestWeights) {
  const DataLoaders loaders = walk_loaders();
  MatchTrainerOptions saving = options(2, 50);
  const std::string directory = ::testing::TempDir() + "interrupted";
  saving.model_path = directory;
  SASRec model = walk_model();
  MatchTrainer trainer(model, saving);
  TrainHooks hooks;
  int64_t steps = 0;
  hooks.is_interrupted = [&] { return ++steps > 9; };
  const FitResult result = trainer.fit(loaders.train, {}, hooks);
  EXPECT_TRUE(result.interrupted);
  EXPECT_LT(result.epochs, 50);
  SASRec fresh = walk_model();
  EXPECT_EQ(trainer.inference_embedding(fresh, "item", loaders.item, directory).values, trainer.inference_embedding(model, "item", loaders.item).values);
}

TEST(MatchTrainer, AnInterruptedAnswerLeavesTheModelAsItIs) {
  const DataLoaders loaders = walk_loaders();
  SASRec model = walk_model();
  MatchTrainer trainer(model, options(2, 1));
  trainer.fit(loaders.train);
  const std::vector<float> scores = trainer.predict(loaders.train);
  {
    const InterruptionScope scope([] { return true; });
    EXPECT_THROW(trainer.evaluate(loaders.train), Interrupted);
    EXPECT_THROW(trainer.predict(loaders.train), Interrupted);
    EXPECT_THROW(trainer.inference_embedding(model, "user", loaders.test), Interrupted);
    EXPECT_THROW(trainer.inference_embedding(model, "item", loaders.item), Interrupted);
  }
  EXPECT_EQ(trainer.predict(loaders.train), scores);
}

TEST(MatchTrainer, JudgesByWhatItPredicts) {
  const DataLoaders loaders = click_loaders();
  DSSM model = click_model();
  MatchTrainer trainer(model, options(0, 3));
  trainer.fit(loaders.train);
  const auto metrics = trainer.evaluate(loaders.train);
  const std::vector<float> probabilities = trainer.predict(loaders.train);
  double loss = 0;
  for (size_t row = 0; row < probabilities.size(); ++row) {
    const double p = probabilities[row], y = loaders.train.labels[row];
    loss -= (y * std::log(p) + (1 - y) * std::log(1 - p)) / static_cast<double>(probabilities.size());
  }
  EXPECT_NEAR(metrics.at("LogLoss"), loss, 1e-3);
  EXPECT_GT(metrics.at("AUC"), 0.5);
}

TEST(MatchTrainer, PredictsTheCosineOfTheVectors) {
  const DataLoaders loaders = walk_loaders();
  SASRec model = walk_model();
  MatchTrainer trainer(model, options(2, 1));
  trainer.fit(loaders.train);
  const std::vector<float> scores = trainer.predict(loaders.train);
  const Embeddings users = trainer.inference_embedding(model, "user", loaders.train), items = trainer.inference_embedding(model, "item", loaders.train);
  for (int64_t row = 0; row < 5; ++row) {
    double cosine = 0, length = 0;
    for (int64_t d = 0; d < users.dim; ++d) cosine += users.row(row)[d] * items.row(row)[d], length += items.row(row)[d] * items.row(row)[d];
    EXPECT_NEAR(scores[row], cosine, 1e-5);
    EXPECT_NEAR(length, 1, 1e-5);
  }
}

TEST(MatchTrainer, AnyNumberOfWorkersGivesTheSameVectors) {
  std::vector<std::vector<float>> vectors;
  for (int64_t workers : {0, 3}) {
    const DataLoaders loaders = click_loaders(1, workers);
    DSSM model = click_model();
    MatchTrainer trainer(model, options(1, 2));
    trainer.fit(loaders.train);
    vectors.push_back(trainer.inference_embedding(model, "item", loaders.item).values);
  }
  EXPECT_EQ(vectors[0], vectors[1]);
}

TEST(MatchTrainer, SavedWeightsServeAFreshModel) {
  const TestFolder folder;
  const DataLoaders loaders = click_loaders(1);
  DSSM model = click_model(), fresh = click_model();
  MatchTrainerOptions saving = options(0, 2);
  saving.model_path = folder.path("saved/dssm");
  MatchTrainer trainer(model, saving);
  trainer.fit(loaders.train);
  const std::vector<float> expected = trainer.inference_embedding(model, "user", loaders.test).values;
  EXPECT_NE(trainer.inference_embedding(fresh, "user", loaders.test).values, expected);
  EXPECT_EQ(trainer.inference_embedding(fresh, "user", loaders.test, saving.model_path).values, expected);
}

TEST(MatchTrainer, LabelledValidationRowsAreUsed) {
  const DataLoaders loaders = click_loaders(1);
  auto [x, y] = clicks(1);
  DSSM model = click_model();
  const FitResult result = MatchTrainer(model, options(0, 1)).fit(loaders.train, make_dataloader(x, y, 32));
  EXPECT_EQ(result.training_rows, 80);
  EXPECT_EQ(result.validation_rows, 80);
}

TEST(MatchTrainer, RowsOfLabelZeroAreLeftOutOfModesOneAndTwo) {
  DSSM model = click_model();
  MatchTrainerOptions whole = options(2, 1);
  whole.validation_share = 0;
  EXPECT_EQ(MatchTrainer(model, whole).fit(click_loaders(1).train).training_rows, 20);
}

std::string refusal(const DataLoader& train, int mode = 0) {
  DSSM model = click_model();
  try {
    MatchTrainer(model, options(mode, 1)).fit(train);
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

TEST(MatchTrainer, BadRowsAreNamed) {
  auto [x, y] = clicks(1);
  Columns missing = x, wide = x;
  missing.erase("age");
  EXPECT_THAT(refusal(make_dataloader(missing, y, 8)), HasSubstr("x has no column 'age'"));
  wide.at("group") = ids(std::vector<int64_t>(80, 4));
  EXPECT_THAT(refusal(make_dataloader(wide, y, 8)), HasSubstr("group, row 0: the id 4 is not in 0 to 3"));
  EXPECT_THAT(refusal(make_dataloader(x, ids(std::vector<int64_t>(80, 3)), 8)), HasSubstr("y, row 0: mode 0 takes labels from 0 to 1, got 3"));
  EXPECT_EQ(refusal(make_dataloader(x, ids(std::vector<int64_t>(80, 3)), 8), 2), "");
  EXPECT_THROW(make_dataloader(x, ids({1}), 8), Error);
  EXPECT_THROW(make_dataloader(x, Column(std::vector<float>(80, -1)), 8), Error);
}

TEST(MatchTrainer, AModelOfHistoriesIsNotTrainedWithoutOne) {
  Columns x = walks(1);
  x.at("history") = Column(std::vector<int64_t>(kItems * 5, 0), 5);
  SASRec model = walk_model();
  MatchTrainer trainer(model, options(2, 1));
  try {
    trainer.fit(MatchDataGenerator(x).generate_dataloader(without_items(walks(1)), all_items(), 16, 0).train);
    FAIL();
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("sasrec reads histories, and no user has one"));
  }
}

TEST(MatchTrainer, OptionsOutOfRangeAreNamed) {
  DSSM model = click_model();
  const auto refused = [&](auto change) {
    MatchTrainerOptions changed;
    change(changed);
    EXPECT_THROW(MatchTrainer(model, changed), Error);
  };
  refused([](MatchTrainerOptions& o) { o.mode = 3; });
  refused([](MatchTrainerOptions& o) { o.n_epoch = 0; });
  refused([](MatchTrainerOptions& o) { o.earlystop_patience = -1; });
  refused([](MatchTrainerOptions& o) { o.optimizer_params.lr = 0; });
  refused([](MatchTrainerOptions& o) { o.optimizer_params.weight_decay = -1; });
  refused([](MatchTrainerOptions& o) { o.device = "gpu"; });
  refused([](MatchTrainerOptions& o) { o.validation_share = 1; });
  refused([](MatchTrainerOptions& o) { o.num_negatives = 0; });
}

TEST(MatchTrainer, CudaIsAskedForInVainWithAWarning) {
  DSSM model = click_model();
  MatchTrainerOptions cuda;
  cuda.device = "cuda:0";
  ::testing::internal::CaptureStderr();
  const MatchTrainer trainer(model, cuda);
  EXPECT_EQ(::testing::internal::GetCapturedStderr(), "warning: device 'cuda:0': this build does not use CUDA, so the model trains on the CPU\n");
}

TEST(Embeddings, TopKIsTheLargestDotProducts) {
  const Embeddings users = {{1, 0, 0, 1}, 2, 1, 2}, items = {{3, 1, 2, 5, -1, 0}, 3, 1, 2};
  const SearchResult found = top_k(users, items, 2);
  EXPECT_THAT(found.positions, ::testing::ElementsAre(0, 1, 1, 0));
  EXPECT_THAT(found.scores, ::testing::ElementsAre(3, 2, 5, 1));
  EXPECT_THROW(top_k(users, {{1}, 1, 1, 1}, 1), Error);
  EXPECT_THROW(top_k(users, items, 0), Error);
}

}  // namespace
}  // namespace rechub::matching
