#include "rechub/index/tune.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "rechub/base/error.h"
#include "rechub/base/random.h"
#include "rechub/index/flat.h"

namespace rechub {
namespace {

constexpr int64_t kItems = 300, kUsers = 40, kDim = 16;

std::vector<float> normal_rows(int64_t count, uint64_t seed) {
  Random random(seed);
  std::vector<float> values(count * kDim);
  for (float& value : values) value = static_cast<float>(random.normal());
  return values;
}

// An index whose answers are exact for the first `effort` per cent of the places, and empty behind.
class Truncated : public Index {
 public:
  explicit Truncated(const FlatIndex& exact, bool counts_candidates = false)
      : Index("Truncated", exact.size(), exact.dim(), Similarity::kInnerProduct), exact_(exact), counts_candidates_(counts_candidates) {}
  Effort effort() const override { return {"depth", 1, 1, 100, counts_candidates_}; }
  int64_t memory_bytes() const override { return 0; }
  void save(const std::string&) const override {}

 protected:
  void find_best(const SearchQuery& query, SearchResult& result) const override {
    SearchQuery plain = query;
    plain.effort = 0;
    result = exact_.search(plain);
    for (size_t i = 0; i < result.positions.size(); ++i) {
      if (static_cast<int64_t>(i) % query.k * 100 >= query.effort * query.k) result.positions[i] = -1;
    }
  }

 private:
  const FlatIndex& exact_;
  bool counts_candidates_;
};

TEST(TuneEffort, FindsTheCheapestSettingThatReachesTheRecall) {
  const std::vector<float> items = normal_rows(kItems, 1), users = normal_rows(kUsers, 2);
  const FlatIndex exact(items, kItems, kDim);
  const SearchQuery query{.vectors = users, .num_queries = kUsers, .k = 100};
  const Tuning tuning = tune_effort(Truncated(exact), exact, query, 0.6);
  ASSERT_TRUE(tuning.is_reached);
  const Tradeoff& chosen = tuning.tradeoffs[tuning.chosen];
  EXPECT_EQ(chosen.effort, 60);  // between 32 and 64: 48, 56, 60, 58
  EXPECT_DOUBLE_EQ(chosen.recall, 0.6);
  for (size_t i = 1; i < tuning.tradeoffs.size(); ++i) {
    EXPECT_GT(tuning.tradeoffs[i].effort, tuning.tradeoffs[i - 1].effort);
    EXPECT_GT(tuning.tradeoffs[i].recall, tuning.tradeoffs[i - 1].recall);
  }
  EXPECT_GT(chosen.queries_per_second, 0);
  EXPECT_LE(chosen.p50_ms, chosen.p99_ms);
}

TEST(TuneEffort, CandidatesAreNeverFewerThanK) {
  const std::vector<float> items = normal_rows(kItems, 1), users = normal_rows(kUsers, 2);
  const FlatIndex exact(items, kItems, kDim);
  const SearchQuery query{.vectors = users, .num_queries = kUsers, .k = 50};
  EXPECT_EQ(tune_effort(Truncated(exact, true), exact, query, 0.1).tradeoffs[0].effort, 50);
  const Tuning lists = tune_effort(Truncated(exact), exact, query, 0.1);
  EXPECT_EQ(lists.tradeoffs[lists.chosen].effort, 9);  // the first that shows 5 of 50 places
}

TEST(TuneEffort, SaysWhereNoSettingReachesIt) {
  const std::vector<float> items = normal_rows(kItems, 1), users = normal_rows(kUsers, 2);
  const FlatIndex exact(items, kItems, kDim);
  const Tuning tuning = tune_effort(Truncated(exact), exact, {.vectors = users, .num_queries = kUsers, .k = 100}, 1.5);
  EXPECT_FALSE(tuning.is_reached);
  EXPECT_EQ(tuning.tradeoffs[tuning.chosen].effort, 100);
}

TEST(TuneEffort, FlatHasNothingToTuneAndNeedsUsers) {
  const std::vector<float> items = normal_rows(kItems, 1), users = normal_rows(kUsers, 2);
  const FlatIndex exact(items, kItems, kDim);
  const Tuning tuning = tune_effort(exact, exact, {.vectors = users, .num_queries = kUsers, .k = 10}, 0.98);
  ASSERT_EQ(tuning.tradeoffs.size(), 1u);
  EXPECT_EQ(tuning.tradeoffs[0].recall, 1.0);
  EXPECT_THROW(tune_effort(exact, exact, {}, 0.98), Error);
}

}  // namespace
}  // namespace rechub
