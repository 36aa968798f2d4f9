#include "rechub/samplers/sampler.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <set>

#include <gtest/gtest.h>

#include "rechub/base/error.h"
#include "rechub/samplers/alias_table.h"

namespace rechub {
namespace {

const std::vector<int64_t> kCounts = {0, 0, 10, 5, 1, 4, 0, 20};  // items 2 .. 7; item 6 never occurs in training

SequenceBatch batch_with_targets(std::vector<int64_t> targets) {
  SequenceBatch batch;
  batch.target = std::move(targets);
  return batch;
}

// Draws targets as training does: by their training share.
SequenceBatch training_batch(int64_t size, Random& random) {
  std::vector<double> weights(kCounts.begin(), kCounts.end());
  const AliasTable table(weights);
  SequenceBatch batch;
  for (int64_t i = 0; i < size; ++i) batch.target.push_back(table.draw(random));
  return batch;
}

TEST(AliasTable, DrawsByWeight) {
  const std::vector<double> weights = {1, 0, 3, 6};
  const AliasTable table(weights);
  std::vector<int64_t> counts(4);
  Random random(1);
  for (int i = 0; i < 100000; ++i) ++counts[table.draw(random)];
  EXPECT_EQ(counts[1], 0);
  double chi_square = 0;
  for (int i : {0, 2, 3}) chi_square += std::pow(static_cast<double>(counts[i]) - 1e4 * weights[i], 2) / (1e4 * weights[i]);
  EXPECT_LT(chi_square, 13.8);  // 2 degrees of freedom, p = .001
}

TEST(AliasTable, RefusesWeightsThatCannotBeDrawnBy) {
  EXPECT_THROW(AliasTable(std::vector<double>{0, 0}), Error);
  EXPECT_THROW(AliasTable(std::vector<double>{1, -1}), Error);
  EXPECT_THROW(AliasTable(std::vector<double>{1, NAN}), Error);
}

Negatives sample_in_order(Sampler& sampler, const SequenceBatch& batch, Random& random, int64_t step) {
  Negatives negatives = sampler.sample(batch, random);
  sampler.revise({step, negatives.items, batch.target, negatives.log_expected, negatives.target_log_expected});
  return negatives;
}

// The heart of log q: for any scores, sum over a list of exp(s_j - log expected_j) has the sum over the items a sampler can draw as its mean. What is learnt from batches is
// unbiased but for the noise of its estimate, which a small rate keeps small.
TEST(Samplers, ThePartitionEstimateIsUnbiased) {
  const std::vector<double> scores = {0, 0, 0.3, -0.5, 1.2, 0.1, 0.7, -1.0};
  for (const SamplerEntry& entry : sampler_entries()) {
    SamplerOptions options;
    options.num_negatives = 4;
    options.alpha = 0.75;
    options.streaming_rate = 0.0005;
    const auto sampler = entry.make(options, kCounts);
    Random random(5);
    const int trials = 20000;
    double sum = 0, squares = 0;
    for (int i = 0; i < trials; ++i) {
      const Negatives negatives = sample_in_order(*sampler, training_batch(6, random), random, i + 1);
      double estimate = 0;
      for (size_t j = 0; j < negatives.items.size(); ++j) estimate += std::exp(scores[negatives.items[j]] - negatives.log_expected[j]);
      sum += estimate, squares += estimate * estimate;
    }
    double expected = 0;
    const std::string name = entry.name;
    const bool draws_unseen = name == "uniform" || name == "mixed" || name == "hard";
    for (int64_t item = 2; item < 8; ++item) {
      if (kCounts[item] > 0 || draws_unseen) expected += std::exp(scores[item]);
    }
    const double mean = sum / trials, deviation = std::sqrt((squares / trials - mean * mean) / trials);
    EXPECT_NEAR(mean, expected, 4 * deviation) << entry.name;
    EXPECT_LT(deviation, expected / 20) << entry.name;
  }
}

// Item 7 has 20 of the 40 training events, item 2 has 10, item 4 has 1; alpha bends that.
TEST(Samplers, PopularityDrawsByTheCountToThePowerAlpha) {
  for (const double alpha : {0.0, 0.5, 1.0}) {
    SamplerOptions options;
    options.num_negatives = 100000;
    options.alpha = alpha;
    Random random(6);
    const Negatives negatives = make_popularity_sampler(options, kCounts)->sample(batch_with_targets({2}), random);
    double total = 0;
    for (const int64_t count : kCounts) total += count > 0 ? std::pow(static_cast<double>(count), alpha) : 0;
    for (const int64_t item : {2, 4, 6, 7}) {
      const double share = kCounts[item] > 0 ? std::pow(static_cast<double>(kCounts[item]), alpha) / total : 0;
      const auto drawn = static_cast<double>(std::count(negatives.items.begin(), negatives.items.end(), item));
      EXPECT_NEAR(drawn / 1e5, share, 4 * std::sqrt(share * (1 - share) / 1e5)) << "item " << item << ", alpha " << alpha;
    }
  }
}

// Batches differ in size: the last of an epoch is short.
TEST(Samplers, ABatchIsCorrectedAsIfThereWereNoneBeforeIt) {
  for (const SamplerEntry& entry : sampler_entries()) {
    const auto used = entry.make({}, kCounts), fresh = entry.make({}, kCounts);
    if (!used->state().empty()) continue;  // learns from the batches
    Random random(7);
    used->sample(training_batch(64, random), random);
    Random first(8), second(8);
    const SequenceBatch small = batch_with_targets({7, 3});
    const Negatives expected = fresh->sample(small, first), found = used->sample(small, second);
    EXPECT_EQ(found.items, expected.items) << entry.name;
    EXPECT_EQ(found.log_expected, expected.log_expected) << entry.name;
    EXPECT_EQ(found.target_log_expected, expected.target_log_expected) << entry.name;
  }
}

// An item that is a target has the correction it would have as a negative.
TEST(Samplers, TargetsAreCorrectedAsTheNegativesAre) {
  for (const SamplerEntry& entry : sampler_entries()) {
    SamplerOptions options;
    options.num_negatives = 64;
    const auto sampler = entry.make(options, kCounts);
    Random random(2);
    const SequenceBatch batch = batch_with_targets({7, 2, 7, 3, 4});
    for (int64_t step = 1; step < 4; ++step) {
      const Negatives negatives = sample_in_order(*sampler, batch, random, step);
      ASSERT_EQ(negatives.target_log_expected.size(), 5u) << entry.name;
      size_t found = 0;
      for (size_t r = 0; r < 5; ++r) {
        for (size_t j = 0; j < negatives.items.size(); ++j) {
          if (negatives.items[j] != batch.target[r]) continue;
          EXPECT_EQ(negatives.log_expected[j], negatives.target_log_expected[r]) << entry.name;
          ++found;
        }
      }
      EXPECT_GT(found, 0u) << entry.name;
    }
  }
}

// An item that comes from both sources has one correction: 1 - (1 - 1/2)^4 from the batch (20 of the 40 events are of item 7), 3 / 6 from the draws.
TEST(Samplers, MixedCorrectsByTheExpectedCountInTheWholeList) {
  SamplerOptions options;
  options.num_negatives = 3;
  Random random(1);
  const Negatives negatives = make_mixed_sampler(options, kCounts)->sample(batch_with_targets({7, 2, 7, 3}), random);
  ASSERT_EQ(negatives.count, 6);
  EXPECT_EQ(std::vector<int64_t>(negatives.items.begin(), negatives.items.begin() + 3), (std::vector<int64_t>{2, 3, 7}));
  EXPECT_NEAR(negatives.log_expected[2], std::log(1 - std::pow(0.5, 4) + 0.5), 1e-6);
  EXPECT_NEAR(negatives.target_log_expected[0], std::log(1 - std::pow(0.5, 4) + 0.5), 1e-6);
}

TEST(Samplers, StreamingFrequenciesBeginAtTheCountsAndFollowTheBatches) {
  SamplerOptions options;
  options.streaming_rate = 0.5;
  const auto sampler = make_streaming_sampler(options, kCounts);
  Random random(1);
  const SequenceBatch batch = batch_with_targets({7, 2});
  const double start = 1 / (1 - std::pow(0.5, 2));  // batches between two of item 7
  double gap = 0.5 * start + 0.5 * 1;
  EXPECT_NEAR(sample_in_order(*sampler, batch, random, 1).log_expected[1], -std::log(gap), 1e-6);
  sample_in_order(*sampler, batch_with_targets({3}), random, 2);
  gap = 0.5 * gap + 0.5 * 2;
  EXPECT_NEAR(sample_in_order(*sampler, batch, random, 3).log_expected[1], -std::log(gap), 1e-6);
}

// What a checkpoint keeps is all there is.
TEST(Samplers, StateMakesASecondSamplerGoOnAsTheFirst) {
  SamplerOptions options;
  options.streaming_buckets = 5;
  options.streaming_hashes = 2;
  for (const SamplerEntry& entry : sampler_entries()) {
    const auto first = entry.make(options, kCounts), second = entry.make(options, kCounts);
    Random random(3);
    for (int64_t step = 1; step < 20; ++step) sample_in_order(*first, training_batch(4, random), random, step);
    auto from = first->state(), to = second->state();
    ASSERT_EQ(from.size(), to.size());
    for (size_t i = 0; i < from.size(); ++i) std::copy(from[i].second.begin(), from[i].second.end(), to[i].second.begin());
    Random a(4), b(4);
    const SequenceBatch batch = training_batch(4, random);
    EXPECT_EQ(sample_in_order(*first, batch, a, 20).log_expected, sample_in_order(*second, batch, b, 20).log_expected) << entry.name;
  }
}

TEST(Samplers, SettingsOutOfRangeAreRefused) {
  const auto refuses = [](auto change) {
    SamplerOptions options;
    change(options);
    EXPECT_THROW(options.validate(), Error);
  };
  SamplerOptions().validate();
  refuses([](SamplerOptions& options) { options.num_negatives = 0; });
  refuses([](SamplerOptions& options) { options.num_negatives = 1000001; });
  refuses([](SamplerOptions& options) { options.alpha = -1; });
  refuses([](SamplerOptions& options) { options.streaming_rate = 0; });
  refuses([](SamplerOptions& options) { options.streaming_hashes = 0; });
  refuses([](SamplerOptions& options) { options.hard_negatives = -2; });
  refuses([](SamplerOptions& options) { options.hard_source = "elsewhere"; });
  refuses([](SamplerOptions& options) { options.mine_every = 0; });
  refuses([](SamplerOptions& options) { options.mine_to = 7; });
  refuses([](SamplerOptions& options) { options.queue_size = 0; });
  refuses([](SamplerOptions& options) { options.queue_momentum = 1; });
}

// The squared error of the estimated partition falls as 1 / K.
TEST(Samplers, ErrorFallsAsOneOverK) {
  const std::vector<double> scores = {0, 0, 0.3, -0.5, 1.2, 0.1, 0.7, -1.0};
  const auto variance = [&](int64_t count) {
    SamplerOptions options;
    options.num_negatives = count;
    std::vector<int64_t> counts(1002, 1);
    counts[0] = counts[1] = 0;
    const auto sampler = make_popularity_sampler(options, counts);
    Random random(9);
    double sum = 0, squares = 0;
    const int trials = 4000;
    for (int i = 0; i < trials; ++i) {
      const Negatives negatives = sampler->sample(batch_with_targets({2}), random);
      double estimate = 0;
      for (size_t j = 0; j < negatives.items.size(); ++j) estimate += std::exp(scores[2 + negatives.items[j] % 6] - negatives.log_expected[j]);
      sum += estimate, squares += estimate * estimate;
    }
    return squares / trials - sum / trials * sum / trials;
  };
  EXPECT_NEAR(variance(8) / variance(128), 16, 2.5);
}

TEST(Samplers, UniformWithTheWholeCatalogueTakesEachItemOnce) {
  SamplerOptions options;
  options.num_negatives = 6;
  Random random(1);
  const Negatives negatives = make_uniform_sampler(options, kCounts)->sample(batch_with_targets({2}), random);
  EXPECT_EQ(std::set<int64_t>(negatives.items.begin(), negatives.items.end()).size(), 6u);
  EXPECT_EQ(*std::min_element(negatives.items.begin(), negatives.items.end()), 2);
  for (float log_expected : negatives.log_expected) EXPECT_EQ(log_expected, 0);
}

TEST(Samplers, OneListAReadoutWhenNotShared) {
  SamplerOptions options;
  options.num_negatives = 3;
  options.shared = false;
  for (const char* name : {"uniform", "popularity"}) {
    Random random(1);
    const Negatives negatives = find_sampler(name).make(options, kCounts)->sample(batch_with_targets({2, 3, 4, 5}), random);
    EXPECT_FALSE(negatives.is_shared);
    EXPECT_EQ(negatives.items.size(), 12u) << name;
    EXPECT_EQ(negatives.log_expected.size(), 12u) << name;
  }
}

TEST(Samplers, InBatchGivesAllTheDistinctTargets) {
  for (const char* name : {"in_batch", "in_batch_streaming", "queue"}) {
    Random random(1);
    const auto sampler = find_sampler(name).make({}, kCounts);
    const Negatives negatives = sample_in_order(*sampler, batch_with_targets({7, 2, 7, 5, 3}), random, 1);
    EXPECT_EQ(negatives.items, (std::vector<int64_t>{2, 3, 5, 7})) << name;
    EXPECT_EQ(negatives.count, 4) << name;
    if (!sampler->state().empty()) continue;
    EXPECT_NEAR(negatives.log_expected[3], std::log(1 - std::pow(0.5, 5)), 1e-6) << name;  // item 7 has half of the 40 occurrences
  }
}

TEST(Samplers, InBatchDrawsAreOfTheOthersWithoutReplacement) {
  SamplerOptions options;
  options.in_batch_draws = 2;
  const std::vector<int64_t> targets = {7, 2, 7, 5, 3};
  const auto sampler = find_sampler("in_batch").make(options, kCounts);
  Random random(1);
  std::vector<int64_t> drawn(8);
  for (int round = 0; round < 3000; ++round) {
    const Negatives negatives = sampler->sample(batch_with_targets(targets), random);
    ASSERT_FALSE(negatives.is_shared);
    for (size_t row = 0; row < targets.size(); ++row) {
      const int64_t first = negatives.items[2 * row], second = negatives.items[2 * row + 1];
      ASSERT_TRUE(first != second && first != targets[row] && second != targets[row]);
      if (row == 0) ++drawn[first], ++drawn[second];
    }
    EXPECT_NEAR(negatives.log_expected[0], std::log(2.0 / 3 * (1 - std::pow(1 - static_cast<double>(kCounts[negatives.items[0]]) / 40, 5))), 1e-6);
    EXPECT_NEAR(negatives.target_log_expected[0], std::log(2.0 / 3 * (1 - std::pow(0.5, 5))), 1e-6);
  }
  for (int64_t item : {2, 3, 5}) EXPECT_NEAR(static_cast<double>(drawn[item]) / 3000, 2.0 / 3, 0.03) << item;

  options.in_batch_draws = 5;  // more than the three others: the row's own target fills up
  const Negatives all = find_sampler("in_batch").make(options, kCounts)->sample(batch_with_targets(targets), random);
  EXPECT_EQ(std::multiset<int64_t>(all.items.begin(), all.items.begin() + 5), (std::multiset<int64_t>{2, 3, 5, 7, 7}));
}

}  // namespace
}  // namespace rechub
