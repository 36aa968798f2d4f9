#include "rechub/index/flat.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "rechub/base/error.h"
#include "rechub/base/parallel.h"
#include "rechub/base/random.h"
#include "rechub/index/top_k.h"

namespace rechub {
namespace {

// A catalogue and questions of small whole numbers, whose dot products are exact in float: ties are many, and a plain loop must agree to the bit.
struct Case {
  int64_t size, dim, num_queries, vectors_per_query, k;
  std::vector<float> items, vectors;
  std::vector<int64_t> exclude_offsets{0}, target_offsets{0};
  std::vector<int32_t> excluded, targets;
  std::vector<uint8_t> allowed;

  Case(int64_t num_items, int64_t dims, int64_t queries, int64_t vectors_each, int64_t wanted, bool with_allowed)
      : size(num_items), dim(dims), num_queries(queries), vectors_per_query(vectors_each), k(wanted) {
    Random random(mix({static_cast<uint64_t>(num_items), static_cast<uint64_t>(dims), static_cast<uint64_t>(queries)}));
    for (int64_t i = 0; i < size * dim; ++i) items.push_back(static_cast<float>(random.below(5)) - 2.0f);
    for (int64_t i = 0; i < num_queries * vectors_per_query * dim; ++i) vectors.push_back(static_cast<float>(random.below(5)) - 2.0f);
    for (int64_t q = 0; q < num_queries; ++q) {
      for (uint64_t i = random.below(9); i > 0; --i) excluded.push_back(static_cast<int32_t>(random.below(size)));
      for (uint64_t i = random.below(4); i > 0; --i) targets.push_back(static_cast<int32_t>(random.below(size)));
      if (excluded.size() > static_cast<size_t>(exclude_offsets.back()) && q % 3 == 0) targets.push_back(excluded.back());
      exclude_offsets.push_back(static_cast<int64_t>(excluded.size()));
      target_offsets.push_back(static_cast<int64_t>(targets.size()));
    }
    if (with_allowed) {
      for (int64_t i = 0; i < size; ++i) allowed.push_back(random.below(3) > 0);
    }
  }

  SearchQuery query() const { return {vectors, num_queries, vectors_per_query, k, {exclude_offsets, excluded}, allowed, {target_offsets, targets}}; }

  float score(int64_t q, int64_t item) const {
    float best = -std::numeric_limits<float>::infinity();
    for (int64_t v = 0; v < vectors_per_query; ++v) {
      float sum = 0;
      for (int64_t d = 0; d < dim; ++d) sum += vectors[(q * vectors_per_query + v) * dim + d] * items[item * dim + d];
      best = std::max(best, sum);
    }
    return best;
  }

  bool is_hidden(int64_t q, int64_t item) const {
    const auto begin = excluded.begin() + exclude_offsets[q], end = excluded.begin() + exclude_offsets[q + 1];
    return (!allowed.empty() && !allowed[item]) || std::find(begin, end, item) != end;
  }
};

void expect_same_as_brute_force(const Case& c) {
  const SearchResult result = FlatIndex(c.items, c.size, c.dim).search(c.query());
  ASSERT_EQ(result.positions.size(), static_cast<size_t>(c.num_queries * c.k));
  for (int64_t q = 0; q < c.num_queries; ++q) {
    std::vector<ScoredPosition> shown;
    for (int64_t item = 0; item < c.size; ++item) {
      if (!c.is_hidden(q, item)) shown.push_back({c.score(q, item), static_cast<int32_t>(item)});
    }
    std::stable_sort(shown.begin(), shown.end(), [](const ScoredPosition& a, const ScoredPosition& b) { return a.score > b.score; });
    shown.resize(c.k, {-std::numeric_limits<float>::infinity(), -1});
    for (int64_t i = 0; i < c.k; ++i) {
      ASSERT_EQ(result.positions[q * c.k + i], shown[i].position) << "query " << q << " place " << i << " of " << c.size << " items";
      ASSERT_EQ(result.scores[q * c.k + i], shown[i].score);
    }
    for (int64_t t = c.target_offsets[q]; t < c.target_offsets[q + 1]; ++t) {
      int better = 0, ties = 0;
      for (int64_t item = 0; item < c.size; ++item) {
        if (item == c.targets[t] || c.is_hidden(q, item)) continue;
        better += c.score(q, item) > c.score(q, c.targets[t]);
        ties += c.score(q, item) == c.score(q, c.targets[t]);
      }
      ASSERT_EQ(result.ties[t], ties) << "query " << q << " target " << c.targets[t];
      ASSERT_EQ(result.ranks[t], 1 + better + ties / 2.0);
    }
  }
}

TEST(FlatIndex, FewQueriesMatchBruteForce) {
  for (int64_t size : {1, 2, 15, 16, 17, 31, 33, 192, 193, 1000, 4001}) {
    for (bool with_allowed : {false, true}) expect_same_as_brute_force(Case(size, 3, 3, 1, 10, with_allowed));
  }
}

TEST(FlatIndex, ManyQueriesMatchBruteForce) {
  for (bool with_allowed : {false, true}) {
    expect_same_as_brute_force(Case(401, 5, 333, 1, 7, with_allowed));
    expect_same_as_brute_force(Case(77, 2, 200, 1, 100, with_allowed));
  }
}

TEST(FlatIndex, SeveralVectorsAQueryScoreByTheirBest) {
  for (int64_t vectors : {2, 4, 7}) {
    expect_same_as_brute_force(Case(300, 6, 2, vectors, 9, true));
    expect_same_as_brute_force(Case(300, 6, 150, vectors, 9, false));
  }
  expect_same_as_brute_force(Case(50, 4, 3, 200, 5, false));
}

TEST(FlatIndex, MoreResultsThanItemsAndNoResultsAtAll) {
  expect_same_as_brute_force(Case(20, 4, 5, 1, 50, true));
  expect_same_as_brute_force(Case(20, 4, 5, 1, 0, true));
  expect_same_as_brute_force(Case(3000, 4, 2, 1, 2500, false));
}

TEST(FlatIndex, ThreadsChangeNothing) {
  const int threads = num_threads();
  for (int count : {1, 3, 5}) {
    set_num_threads(count);
    expect_same_as_brute_force(Case(2500, 4, 3, 2, 20, true));
    expect_same_as_brute_force(Case(500, 4, 170, 1, 20, true));
  }
  set_num_threads(threads);
}

TEST(FlatIndex, EqualVectorsGetEqualBitsAloneAndInABatch) {
  Random random(5);
  constexpr int64_t kSize = 500, kDim = 33;
  std::vector<float> items(kSize * kDim), query(kDim), batch;
  for (float& value : items) value = static_cast<float>(random.normal());
  for (float& value : query) value = static_cast<float>(random.normal());
  for (int64_t item : {7, 250, 499}) std::copy_n(items.begin(), kDim, items.begin() + item * kDim);  // four equal vectors
  for (int i = 0; i < 130; ++i) batch.insert(batch.end(), query.begin(), query.end());
  const FlatIndex index(items, kSize, kDim);
  const SearchResult alone = index.search({.vectors = query, .num_queries = 1, .k = kSize});
  const SearchResult all = index.search({.vectors = batch, .num_queries = 130, .k = kSize});
  for (int64_t i = 0; i < 130 * kSize; ++i) {
    ASSERT_EQ(all.positions[i], alone.positions[i % kSize]);
    ASSERT_EQ(all.scores[i], alone.scores[i % kSize]);
  }
  const std::vector<int64_t> offsets = {0, 4};
  const std::vector<int32_t> targets = {0, 7, 250, 499};
  EXPECT_THAT(index.search({.vectors = query, .num_queries = 1, .k = 0, .targets = {offsets, targets}}).ties, testing::Each(3));
}

TEST(FlatIndex, AnEmptyIndexAndAnEmptyBatchAnswer) {
  const std::vector<float> query = {1, 2};
  const SearchResult none = FlatIndex({}, 0, 2).search({.vectors = query, .num_queries = 1, .k = 2});
  EXPECT_EQ(none.positions, (std::vector<int32_t>{-1, -1}));
  EXPECT_TRUE(FlatIndex(query, 1, 2).search({}).positions.empty());
}

TEST(FlatIndex, SearchesFromSeveralThreadsAtOnce) {
  const Case c(700, 8, 40, 1, 10, true);
  const FlatIndex index(c.items, c.size, c.dim);
  const SearchResult expected = index.search(c.query());
  std::vector<SearchResult> results(4);
  std::vector<std::thread> threads;
  for (SearchResult& result : results) threads.emplace_back([&] { result = index.search(c.query()); });
  for (std::thread& thread : threads) thread.join();
  for (const SearchResult& result : results) {
    EXPECT_EQ(result.positions, expected.positions);
    EXPECT_EQ(result.ranks, expected.ranks);
  }
}

template <class Function>
void expect_error(ErrorKind kind, const std::string& text, Function function) {
  try {
    function();
    FAIL() << "no error saying: " << text;
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), kind);
    EXPECT_THAT(error.what(), testing::HasSubstr(text));
  }
}

TEST(FlatIndex, WrongInputIsAnErrorThatSaysWhere) {
  const std::vector<float> bad = {1, 2, 3, NAN}, good = {1, 2, 3, 4}, endless = {1, INFINITY};
  const std::vector<int64_t> offsets = {0, 1};
  const std::vector<int32_t> outside = {2};
  const std::vector<uint8_t> one_flag = {1};
  expect_error(ErrorKind::kData, "vector 1 holds a NaN", [&] { FlatIndex(bad, 2, 2); });
  expect_error(ErrorKind::kShape, "3 vectors of 2 dimensions are 6 floats, got 4", [&] { FlatIndex(good, 3, 2); });
  const FlatIndex index(good, 2, 2);
  expect_error(ErrorKind::kData, "query 0 holds a NaN or an infinity", [&] { index.search({.vectors = endless, .num_queries = 1}); });
  expect_error(ErrorKind::kShape, "got 4", [&] { index.search({.vectors = good, .num_queries = 1}); });
  const std::span<const float> query = std::span(good).first(2);
  expect_error(ErrorKind::kShape, "exclude is position 2", [&] { index.search({.vectors = query, .num_queries = 1, .exclude = {offsets, outside}}); });
  expect_error(ErrorKind::kShape, "targets is position 2", [&] { index.search({.vectors = query, .num_queries = 1, .targets = {offsets, outside}}); });
  expect_error(ErrorKind::kShape, "`allowed` needs 2", [&] { index.search({.vectors = query, .num_queries = 1, .allowed = one_flag}); });
  expect_error(ErrorKind::kShape, "exclude needs 3 offsets", [&] { index.search({.vectors = good, .num_queries = 2, .exclude = {offsets, outside}}); });
}

}  // namespace
}  // namespace rechub
