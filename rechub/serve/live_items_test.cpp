#include "rechub/serve/live_items.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <limits>
#include <map>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "rechub/base/error.h"
#include "rechub/base/random.h"

namespace rechub {
namespace {

using Vector = std::vector<float>;
using Model = std::map<std::string, Vector>;

LiveBase base_of(const Model& model) {
  auto vectors = std::make_shared<Vector>();
  auto ids = std::make_shared<Vocabulary>();
  for (const auto& [id, vector] : model) {
    ids->add(id);
    vectors->insert(vectors->end(), vector.begin(), vector.end());
  }
  return {nullptr, ids, *vectors, vectors};
}

// Whether this build has the library an index needs.
bool has_index(const std::string& spec) {
  try {
    check_index_spec(spec);
    return true;
  } catch (const Error&) {
    return false;
  }
}

// Small whole numbers, so that dot products are exact.
Vector small_numbers(Random& random, int64_t dim) {
  Vector vector(dim);
  for (float& value : vector) value = static_cast<float>(random.below(9)) - 4;
  return vector;
}

double dot(const float* a, const Vector& b) {
  double sum = 0;
  for (size_t i = 0; i < b.size(); ++i) sum += static_cast<double>(a[i]) * b[i];
  return sum;
}

double score_of(const Vector& query, const Vector& item, bool is_cosine) {
  double best = -std::numeric_limits<double>::infinity();
  for (size_t first = 0; first < query.size(); first += item.size()) {
    double score = dot(query.data() + first, item);
    if (is_cosine) {
      const Vector row(query.begin() + static_cast<int64_t>(first), query.begin() + static_cast<int64_t>(first + item.size()));
      const double length = std::sqrt(dot(row.data(), row) * dot(item.data(), item));
      score = length == 0 ? 0 : score / length;
    }
    best = std::max(best, score);
  }
  return best;
}

// The scores of a right answer, best first.
std::vector<double> best_scores(const Model& model, const Vector& query, int64_t k, const std::set<std::string>* allow, const std::set<std::string>& deny, bool is_cosine) {
  std::vector<double> scores;
  for (const auto& [id, vector] : model) {
    if ((allow == nullptr || allow->count(id) != 0) && deny.count(id) == 0) scores.push_back(score_of(query, vector, is_cosine));
  }
  std::sort(scores.rbegin(), scores.rend());
  scores.resize(std::min<size_t>(scores.size(), k));
  return scores;
}

std::set<std::string> some_ids(Random& random, uint64_t most) {
  std::set<std::string> ids;
  for (uint64_t left = random.below(most); left > 0; --left) ids.insert(std::to_string(random.below(150)));
  return ids;
}

class LiveItemsModelTest : public testing::TestWithParam<Similarity> {};

TEST_P(LiveItemsModelTest, SearchesWhatAMapHolds) {
  constexpr int64_t kDim = 5;
  const bool is_cosine = GetParam() == Similarity::kCosine;
  for (uint64_t seed = 0; seed < 6; ++seed) {
    Random random(seed);
    Model model;
    for (uint64_t i = 0; i < seed * 15; ++i) model[std::to_string(i)] = small_numbers(random, kDim);
    LiveItemsOptions options;
    options.index.similarity = GetParam();
    options.smallest_rebuild = 40;
    LiveItems items(base_of(model), kDim, options);
    for (int step = 0; step < 600; ++step) {
      const std::string id = std::to_string(random.below(150));
      const uint64_t version = items.version();
      if (random.below(3) == 0) {
        ASSERT_EQ(items.remove(id), model.erase(id) == 1);
      } else {
        model[id] = small_numbers(random, kDim);
        items.put(id, model[id]);
        ASSERT_GT(items.version(), version);
      }
      const auto snapshot = items.snapshot();
      ASSERT_EQ(snapshot->size(), static_cast<int64_t>(model.size()));
      const int64_t rows = 1 + static_cast<int64_t>(random.below(3)), k = static_cast<int64_t>(random.below(30));
      Vector query = small_numbers(random, kDim * rows);
      const std::set<std::string> allow = some_ids(random, 100), deny = some_ids(random, 40);
      const std::vector<std::string> allowed(allow.begin(), allow.end()), denied(deny.begin(), deny.end());
      const bool has_allow = random.below(2) == 0;
      const std::vector<ScoredItem> found = snapshot->search({.vectors = query, .vectors_per_query = rows, .k = k, .allow = has_allow ? &allowed : nullptr, .deny = denied});
      const std::vector<double> expected = best_scores(model, query, k, has_allow ? &allow : nullptr, deny, is_cosine);
      ASSERT_EQ(found.size(), expected.size());
      std::set<std::string> seen;
      for (size_t i = 0; i < found.size(); ++i) {
        ASSERT_NEAR(found[i].score, expected[i], 1e-5);
        ASSERT_TRUE(seen.insert(found[i].item).second) << "twice";
        ASSERT_EQ(model.count(found[i].item), 1u);
        ASSERT_NEAR(found[i].score, score_of(query, model[found[i].item], is_cosine), 1e-5);
        ASSERT_TRUE(deny.count(found[i].item) == 0 && (!has_allow || allow.count(found[i].item) == 1));
      }
      ASSERT_EQ(snapshot->contains(id), model.count(id) == 1);
      const auto vector = snapshot->vector(id);
      ASSERT_EQ(vector.has_value(), model.count(id) == 1);
      if (vector && !is_cosine) {
        ASSERT_EQ(*vector, model[id]);
      }
      if (step == 300) items.wait_idle();
    }
    EXPECT_GT(items.num_rebuilds(), 0);
  }
}

INSTANTIATE_TEST_SUITE_P(Similarities, LiveItemsModelTest, testing::Values(Similarity::kInnerProduct, Similarity::kCosine));

// Every item's only number that the query looks at is the number of its last change; an odd one means the item lives. Each writer changes items of its own and says when a change
// begins and when it is acknowledged. Fifty items always live and always score lowest, so that every search has its k.
class LiveItemsThreadTest : public testing::TestWithParam<const char*> {};

TEST_P(LiveItemsThreadTest, NeverSeesWhatWasReplacedOrRemoved) {
  if (!has_index(GetParam())) GTEST_SKIP() << "this build lacks " << GetParam();
  constexpr int kItems = 60, kAlways = 50, kWriters = 3, kMostChanges = 300000, kRebuilds = 5, kSearches = 200;
  struct Item {
    std::atomic<int> begun = 0, acknowledged = 0;
  };
  std::vector<Item> model(kItems);
  Model start;
  for (int i = 0; i < kAlways; ++i) start["always " + std::to_string(i)] = {-1, static_cast<float>(i), 0};
  LiveItemsOptions options;
  options.spec = GetParam();
  options.smallest_rebuild = 100;
  LiveItems items(base_of(start), 3, options);
  std::atomic<bool> is_done = false;
  std::atomic<int64_t> num_stale = 0, num_missing = 0, num_short = 0, num_twice = 0, num_searches = 0;
  std::vector<std::thread> writers, readers;
  for (int w = 0; w < kWriters; ++w) {
    writers.emplace_back([&, w] {
      Random random(w);
      for (int change = 0; change < kMostChanges && (items.num_rebuilds() < kRebuilds || num_searches < kSearches); ++change) {
        std::this_thread::yield();
        const auto i = kWriters * random.below(kItems / kWriters) + w;
        const int number = model[i].begun + 1;
        model[i].begun = number;
        if (number % 2 == 1) {
          items.put(std::to_string(i), Vector{static_cast<float>(number), 0, 0});
        } else if (random.below(2) == 0) {
          items.remove(std::to_string(i));
        } else {
          model[i].begun = number + 1;  // replaced while it lives
          items.put(std::to_string(i), Vector{static_cast<float>(number + 1), 0, 0});
        }
        model[i].acknowledged = model[i].begun.load();
      }
    });
  }
  for (int r = 0; r < 2; ++r) {
    readers.emplace_back([&] {
      const Vector query = {1, 0, 0};
      while (!is_done) {
        std::vector<int> before(kItems), after(kItems);
        for (int i = 0; i < kItems; ++i) before[i] = model[i].acknowledged;
        const std::vector<ScoredItem> found = items.snapshot()->search({.vectors = query, .k = kItems + kAlways});
        for (int i = 0; i < kItems; ++i) after[i] = model[i].begun;
        std::vector<int> seen(kItems, -1);
        int always = 0;
        for (const ScoredItem& item : found) {
          if (item.item[0] == 'a') {
            ++always;
            continue;
          }
          const int i = std::stoi(item.item), number = static_cast<int>(item.score);
          num_twice += seen[i] >= 0;
          seen[i] = number;
          num_stale += number < before[i] || number > after[i] || number % 2 == 0;
        }
        for (int i = 0; i < kItems; ++i) num_missing += seen[i] < 0 && before[i] == after[i] && before[i] % 2 == 1;
        num_short += always != kAlways;
        num_short += items.snapshot()->search({.vectors = query, .k = kAlways}).size() != kAlways;
        ++num_searches;
      }
    });
  }
  for (std::thread& writer : writers) writer.join();
  is_done = true;
  for (std::thread& reader : readers) reader.join();
  items.wait_idle();
  EXPECT_EQ(num_stale, 0);
  EXPECT_EQ(num_missing, 0);
  EXPECT_EQ(num_short, 0);
  EXPECT_EQ(num_twice, 0);
  EXPECT_GE(num_searches, kSearches);
  EXPECT_GE(items.num_rebuilds(), kRebuilds);
  const auto snapshot = items.snapshot();
  for (int i = 0; i < kItems; ++i) EXPECT_EQ(snapshot->contains(std::to_string(i)), model[i].acknowledged % 2 == 1) << i;
}

INSTANTIATE_TEST_SUITE_P(Indexes, LiveItemsThreadTest, testing::Values("Flat", "HNSW16"));

Model clustered(Random& random, int count, int64_t dim, int first_id) {
  constexpr int kClusters = 100;
  static std::vector<Vector> centres;
  while (centres.size() < kClusters) {
    centres.emplace_back(dim);
    for (float& value : centres.back()) value = static_cast<float>(random.normal());
  }
  Model model;
  for (int i = 0; i < count; ++i) {
    Vector vector = centres[random.below(kClusters)];
    for (float& value : vector) value += 0.5f * static_cast<float>(random.normal());
    model[std::to_string(first_id + i)] = vector;
  }
  return model;
}

double recall_of(const LiveSnapshot& snapshot, const LiveSnapshot& exact, const std::vector<Vector>& queries, int64_t k) {
  int64_t found = 0;
  for (const Vector& query : queries) {
    std::set<std::string> wanted;
    for (const ScoredItem& item : exact.search({.vectors = query, .k = k})) wanted.insert(item.item);
    for (const ScoredItem& item : snapshot.search({.vectors = query, .k = k})) found += wanted.count(item.item);
  }
  return static_cast<double>(found) / static_cast<double>(k * queries.size());
}

TEST(LiveItems, ARebuiltIndexKeepsTheSettingOfTheOldOne) {
  if (!has_index("HNSW16")) GTEST_SKIP() << "this build has no hnswlib";
  Model model;
  for (int i = 0; i < 50; ++i) model[std::to_string(i)] = {static_cast<float>(i), 1};
  LiveBase base = base_of(model);
  std::unique_ptr<Index> index = build_index("HNSW16", base.vectors, 50, 2);
  index->set_effort(77);
  base.index = std::move(index);
  LiveItemsOptions options;
  options.spec = "HNSW16";
  options.smallest_rebuild = 0;
  LiveItems items(std::move(base), 2, options);
  for (int i = 0; i < 10; ++i) items.put("new" + std::to_string(i), std::vector<float>{1, 2});
  items.wait_idle();
  ASSERT_GT(items.num_rebuilds(), 0);
  EXPECT_EQ(items.snapshot()->state().base->index->effort().value, 77);
}

// A fifth of the items replaced by others: removed, put anew with other vectors, or new. Live search stays within .005 of an index built of the result, before and after the
// rebuild.
TEST(LiveItems, RecallAfterAFifthIsReplacedIsThatOfAFreshBuild) {
  constexpr int64_t kDim = 24, kK = 50;
  constexpr int kItems = 10000, kReplaced = kItems / 5;
  Random random(5);
  Model model = clustered(random, kItems, kDim, 0);
  std::vector<LiveChange> changes;
  for (const auto& [id, vector] : clustered(random, kReplaced / 2, kDim, 0)) changes.push_back({id, vector});
  for (int i = kReplaced / 2; i < kReplaced; ++i) changes.push_back({std::to_string(i), {}});
  for (const auto& [id, vector] : clustered(random, kReplaced / 2, kDim, kItems)) changes.push_back({id, vector});
  Model later = model;
  for (const LiveChange& change : changes) change.vector.empty() ? void(later.erase(change.id)) : void(later[change.id] = change.vector);
  std::vector<Vector> queries;
  for (const auto& [id, vector] : clustered(random, 200, kDim, 0)) queries.push_back(vector);
  const LiveItems exact(base_of(later), kDim);
  for (const std::string spec : {"Flat", "HNSW16"}) {
    if (!has_index(spec)) continue;
    LiveItemsOptions options;
    options.spec = spec;
    options.rebuild_share = 1;
    LiveItems live(base_of(model), kDim, options);
    for (size_t i = 0; i < changes.size(); i += 100) live.apply(std::span(changes).subspan(i, std::min<size_t>(100, changes.size() - i)));
    ASSERT_EQ(live.num_rebuilds(), 0);
    const LiveItems fresh(base_of(later), kDim, options);
    const double fresh_recall = recall_of(*fresh.snapshot(), *exact.snapshot(), queries, kK);
    EXPECT_GE(recall_of(*live.snapshot(), *exact.snapshot(), queries, kK), fresh_recall - .005) << spec;
    options.rebuild_share = .1;
    LiveItems rebuilt(base_of(model), kDim, options);
    rebuilt.apply(changes);
    rebuilt.wait_idle();
    ASSERT_EQ(rebuilt.num_rebuilds(), 1);
    EXPECT_EQ(rebuilt.version(), 3u) << "answers of the old index are not kept";
    EXPECT_GE(recall_of(*rebuilt.snapshot(), *exact.snapshot(), queries, kK), fresh_recall - .005) << spec;
    if (spec == "Flat") {
      EXPECT_EQ(fresh_recall, 1);
    }
  }
}

TEST(LiveItems, NumbersAreIdsLikeTexts) {
  LiveItems items(base_of({{"7", {1}}, {"-3", {2}}}), 1);
  EXPECT_TRUE(items.snapshot()->contains("7"));
  items.put("7", Vector{3});
  items.put("new", Vector{4});
  const std::vector<ScoredItem> found = items.snapshot()->search({.vectors = Vector{1}, .k = 10});
  ASSERT_EQ(found.size(), 3u);
  EXPECT_EQ(found[0].item, "new");
  EXPECT_EQ(found[1].item, "7");
  EXPECT_EQ(found[2].item, "-3");
}

TEST(LiveItems, ARefusedChangeChangesNothing) {
  LiveItemsOptions options;
  options.max_items = 2;
  LiveItems items(base_of({{"a", {1, 2}}}), 2, options);
  const uint64_t version = items.version();
  const std::vector<LiveChange> half_bad = {{"b", {1, 1}}, {"c", {1, NAN}}};
  EXPECT_THROW(items.apply(half_bad), Error);
  EXPECT_THROW(items.put("b", Vector{1}), Error);
  EXPECT_THROW(items.put("b", Vector{}), Error);
  EXPECT_THROW(items.put("", Vector{1, 2}), Error);
  EXPECT_FALSE(items.remove("b"));
  EXPECT_EQ(items.version(), version);
  items.put("b", Vector{1, 1});
  EXPECT_THROW(items.put("c", Vector{1, 1}), Error);
  items.put("b", Vector{2, 1});
  EXPECT_EQ(items.snapshot()->size(), 2);
  EXPECT_THROW(items.snapshot()->search({.vectors = Vector{1}}), Error);
  EXPECT_THROW(items.snapshot()->search({.vectors = Vector{1, NAN}}), Error);
  EXPECT_THROW(LiveItems({nullptr, std::make_shared<Vocabulary>(), Vector{1, 2}, nullptr}, 2), Error);
}

TEST(LiveItems, StartsFromNothing) {
  LiveItems items(base_of({}), 2);
  EXPECT_TRUE(items.snapshot()->search({.vectors = Vector{1, 1}}).empty());
  items.put("a", Vector{1, 0});
  EXPECT_EQ(items.snapshot()->search({.vectors = Vector{1, 1}}).size(), 1u);
}

}  // namespace
}  // namespace rechub
