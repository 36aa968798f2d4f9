#include "rechub/serve/cache.h"

#include <atomic>
#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "rechub/base/random.h"

namespace rechub {
namespace {

std::shared_ptr<const std::string> text(std::string value) { return std::make_shared<const std::string>(std::move(value)); }

TEST(AnswerCache, AHitIsTheVeryAnswer) {
  AnswerCache cache(1 << 20);
  EXPECT_EQ(cache.find("a", {1, 1, 1}), nullptr);
  const auto answer = text(std::string("{\"x\":\0 1}", 9));
  cache.insert("a", {1, 1, 1}, answer);
  EXPECT_EQ(cache.find("a", {1, 1, 1}), answer);
  EXPECT_EQ(cache.find("b", {1, 1, 1}), nullptr);
  const AnswerCache::Statistics statistics = cache.statistics();
  EXPECT_EQ(statistics.hits, 1);
  EXPECT_EQ(statistics.misses, 2);
  EXPECT_EQ(statistics.entries, 1);
}

TEST(AnswerCache, EachVersionCounts) {
  for (const AnswerVersions& moved : {AnswerVersions{2, 1, 1}, AnswerVersions{1, 2, 1}, AnswerVersions{1, 1, 2}}) {
    AnswerCache cache(1 << 20);
    cache.insert("a", {1, 1, 1}, text("old"));
    EXPECT_EQ(cache.find("a", moved), nullptr);
    EXPECT_EQ(cache.statistics().stale, 1);
    EXPECT_EQ(cache.statistics().entries, 0);
    cache.insert("a", moved, text("new"));
    EXPECT_EQ(*cache.find("a", moved), "new");
  }
}

TEST(AnswerCache, StaysWithinItsBytesAndKeepsWhatIsUsed) {
  constexpr int64_t kBudget = 1 << 20;
  AnswerCache cache(kBudget);
  cache.insert("hot", {}, text("hot"));
  for (int i = 0; i < 20000; ++i) {
    cache.insert(fmt::format("user {}", i), {}, text(std::string(i % 2000, 'x')));
    ASSERT_LE(cache.statistics().bytes, kBudget);
    ASSERT_NE(cache.find("hot", {}), nullptr);
  }
  EXPECT_GT(cache.statistics().evicted, 15000);
  EXPECT_GT(cache.statistics().bytes, kBudget / 2);
  EXPECT_EQ(cache.find("user 0", {}), nullptr);
  EXPECT_NE(cache.find("user 19999", {}), nullptr);
  cache.insert("large", {}, text(std::string(kBudget, 'x')));
  EXPECT_EQ(cache.find("large", {}), nullptr);
}

TEST(AnswerCache, WithoutBytesItKeepsNothing) {
  AnswerCache cache(0);
  cache.insert("a", {}, text("x"));
  EXPECT_EQ(cache.find("a", {}), nullptr);
}

// A small service: an answer tells the model, the state of the items and the user's events it was made from. Writers change them one by one; readers ask through the cache. No
// answer may be older than what was acknowledged before its request began, and a hit is what was computed.
TEST(AnswerCache, IsNeverStaleAfterAnAcknowledgement) {
  constexpr int kUsers = 8, kChanges = 20000;
  struct Value {
    std::atomic<uint64_t> state = 0, version = 0, acknowledged = 0;
    void change() {
      state.fetch_add(1);
      version.fetch_add(1);
      acknowledged.fetch_add(1);
    }
  } model, items, events[kUsers];
  AnswerCache cache(16 * 350);  // an entry a shard: users push each other out as well
  std::atomic<int64_t> num_stale = 0, num_wrong = 0;
  std::atomic<bool> is_done = false;
  std::vector<std::thread> readers;
  for (uint64_t seed = 0; seed < 3; ++seed) {
    readers.emplace_back([&, seed] {
      Random random(seed);
      while (!is_done) {
        const auto user = random.below(kUsers);
        const uint64_t acknowledged[] = {model.acknowledged, items.acknowledged, events[user].acknowledged};
        const AnswerVersions versions{model.version, items.version, events[user].version};
        const std::string request = fmt::format("user {}", user);
        auto answer = cache.find(request, versions);
        if (!answer) {
          answer = text(fmt::format("{} {} {} {}", user, model.state.load(), items.state.load(), events[user].state.load()));
          cache.insert(request, versions, answer);
        }
        uint64_t of = 0, seen[3];
        std::sscanf(answer->c_str(), "%lu %lu %lu %lu", &of, &seen[0], &seen[1], &seen[2]);
        if (of != user) ++num_wrong;
        for (int i = 0; i < 3; ++i) num_stale += seen[i] < acknowledged[i];
      }
    });
  }
  // On a busy machine all changes can be over before a reader begins, so they go on until the readers have met both kinds of answers.
  const auto has_met_both = [&cache] {
    const AnswerCache::Statistics met = cache.statistics();
    return met.hits > 100 && met.stale > 100;
  };
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  Random random(9);
  do {
    for (int i = 0; i < kChanges; ++i) {
      const uint64_t kind = random.below(10);
      (kind == 0 ? model : kind == 1 ? items : events[random.below(kUsers)]).change();
      if (i % 8 == 0) std::this_thread::yield();
    }
  } while (!has_met_both() && std::chrono::steady_clock::now() < end);
  is_done = true;
  for (std::thread& reader : readers) reader.join();
  EXPECT_EQ(num_stale, 0);
  EXPECT_EQ(num_wrong, 0);
  EXPECT_TRUE(has_met_both());
}

}  // namespace
}  // namespace rechub
