#include "rechub/serve/item_store.h"

#include <atomic>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>
#include <unistd.h>

#include "rechub/base/error.h"
#include "rechub/base/random.h"

namespace rechub {
namespace {

namespace fs = std::filesystem;
using Vector = std::vector<float>;

class ItemStoreTest : public testing::Test {
 protected:
  ItemStoreTest() { fs::create_directories(root_); }
  ~ItemStoreTest() override { fs::remove_all(root_); }

  std::string root_ = testing::TempDir() + "item_store_test_" + std::to_string(::getpid());
  std::string path_ = root_ + "/items";
};

// Items "a" and "b" with the vectors {base + 1} and {base + 2}; a source is a number that the model multiplies by `factor`.
ItemStore::Model model_of(const std::string& space, float base, float factor = 0) {
  auto ids = std::make_shared<Vocabulary>();
  ids->add("a");
  ids->add("b");
  auto vectors = std::make_shared<Vector>(Vector{base + 1, base + 2});
  ItemStore::Model model{space, {nullptr, ids, *vectors, vectors}, 1};
  if (factor != 0) {
    model.encode = [factor](const std::string& source) {
      check(source != "bad", ErrorKind::kUsage, "a bad source");
      return Vector{factor * std::stof(source)};
    };
  }
  return model;
}

float value(const ItemStore& store, const std::string& id) {
  const auto vector = store.items()->snapshot()->vector(id);
  return vector ? vector->front() : 0;
}

TEST_F(ItemStoreTest, ChangesAreThereAgain) {
  {
    ItemStore store(path_);
    EXPECT_THROW(store.put("one", "c", Vector{3}, ""), Error);
    store.adopt(model_of("one", 0));
    EXPECT_TRUE(store.put("one", "c", Vector{3}, ""));
    EXPECT_TRUE(store.put("one", "a", Vector{9}, ""));
    EXPECT_TRUE(store.remove("b"));
    EXPECT_FALSE(store.remove("b"));
    EXPECT_FALSE(store.remove("none"));
    EXPECT_EQ(value(store, "a"), 9);
  }
  ItemStore store(path_);
  const ItemStore::Adoption adoption = store.adopt(model_of("one", 0));
  EXPECT_EQ(adoption.num_applied, 3);
  EXPECT_EQ(value(store, "a"), 9);
  EXPECT_EQ(value(store, "c"), 3);
  EXPECT_FALSE(store.items()->snapshot()->contains("b"));
  EXPECT_EQ(store.items()->snapshot()->size(), 2);
}

TEST_F(ItemStoreTest, ARefusedChangeIsNotKept) {
  ItemStore store(path_);
  store.adopt(model_of("one", 0));
  EXPECT_THROW(store.put("one", "c", Vector{1, 2}, ""), Error);
  EXPECT_THROW(store.put("one", "c", Vector{NAN}, ""), Error);
  EXPECT_THROW(store.put("one", "c", Vector{}, ""), Error);
  EXPECT_FALSE(store.put("other", "c", Vector{1}, ""));
  EXPECT_EQ(store.num_changes(), 0);
  EXPECT_EQ(store.items()->snapshot()->size(), 2);
}

TEST_F(ItemStoreTest, AnotherModelMakesTheVectorsAnew) {
  for (const bool restarts : {false, true}) {
    fs::remove(path_);
    auto store = std::make_unique<ItemStore>(path_);
    store->adopt(model_of("one", 0, 10));
    store->put("one", "made", Vector{10}, "1");
    store->put("one", "bare", Vector{5}, "");
    store->put("one", "gone", Vector{4}, "");
    store->put("one", "a", Vector{6}, "");
    store->put("one", "unsuited", Vector{7}, "bad");
    store->remove("b");
    if (restarts) {
      store.reset();
      store = std::make_unique<ItemStore>(path_);
    }
    const ItemStore::Adoption adoption = store->adopt(model_of("two", 100, 20));
    EXPECT_EQ(adoption.num_encoded, 1);
    EXPECT_EQ(adoption.num_left_out, 4);
    EXPECT_EQ(value(*store, "made"), 20);
    EXPECT_FALSE(store->items()->snapshot()->contains("bare"));
    EXPECT_EQ(value(*store, "a"), 101) << "the new model's own vector";
    EXPECT_FALSE(store->items()->snapshot()->contains("b"));
    EXPECT_FALSE(store->put("one", "late", Vector{1}, ""));
    EXPECT_TRUE(store->remove("gone")) << "left out, but kept";
    EXPECT_FALSE(store->remove("gone"));

    store->adopt(model_of("one", 0, 10));
    EXPECT_EQ(value(*store, "made"), 10);
    EXPECT_EQ(value(*store, "bare"), 5);
    EXPECT_FALSE(store->items()->snapshot()->contains("gone"));
    EXPECT_EQ(value(*store, "a"), 6);
    EXPECT_FALSE(store->items()->snapshot()->contains("b"));
  }
}

TEST_F(ItemStoreTest, WhatComesBetweenPreparingAndCommittingIsCarriedOver) {
  ItemStore store(path_);
  store.adopt(model_of("one", 0, 10));
  store.put("one", "made", Vector{10}, "1");
  { const ItemStore::Prepared dropped = store.prepare(model_of("three", 0, 30)); }
  ItemStore::Prepared prepared = store.prepare(model_of("two", 100, 20));
  EXPECT_EQ(prepared.items->snapshot()->vector("made")->front(), 20);
  EXPECT_TRUE(store.put("one", "late", Vector{20}, "2"));
  EXPECT_TRUE(store.remove("a"));
  store.catch_up(prepared);
  EXPECT_TRUE(store.put("one", "later", Vector{30}, "3"));
  EXPECT_EQ(value(store, "made"), 10) << "nothing of it is in use yet";
  EXPECT_EQ(store.commit(std::move(prepared)).num_encoded, 3);
  EXPECT_EQ(value(store, "made"), 20);
  EXPECT_EQ(value(store, "late"), 40);
  EXPECT_EQ(value(store, "later"), 60);
  EXPECT_FALSE(store.items()->snapshot()->contains("a"));
}

TEST_F(ItemStoreTest, TheLogIsCompactedAndStaysRight) {
  {
    ItemStore store(path_);
    store.adopt(model_of("one", 0));
    for (int i = 0; i < 600; ++i) store.put("one", "item " + std::to_string(i % 7), Vector{static_cast<float>(i)}, std::string(10000, 'x'));
    store.wait_idle();
    EXPECT_LT(fs::file_size(path_), 5u << 20) << "6 MB were appended";
  }
  ItemStore store(path_);
  store.adopt(model_of("one", 0));
  for (int i = 593; i < 600; ++i) EXPECT_EQ(value(store, "item " + std::to_string(i % 7)), static_cast<float>(i));
}

// Models take turns while threads put items by the model they find in use, and readers look at what was published. After an acknowledgement the item is in what is published, with
// the vector its model makes of it.
TEST_F(ItemStoreTest, SwapsLoseNoChangeAndMixNothing) {
  constexpr int kLeastChanges = 100, kMostChanges = 100000, kWriters = 2;
  struct Service {
    std::string space;
    float factor = 0;
    std::shared_ptr<LiveItems> items;
  };
  std::mutex mutex;
  std::shared_ptr<const Service> current;
  const auto look = [&] {
    std::lock_guard lock(mutex);
    return current;
  };
  ItemStore store(path_);
  const auto swap = [&](int round) {
    const float factor = round % 2 == 0 ? 10 : 20;
    const std::string space = std::to_string(round % 2);
    ItemStore::Prepared prepared = store.prepare(model_of(space, 0, factor));
    auto next = std::make_shared<Service>(Service{space, factor, prepared.items});
    store.commit(std::move(prepared));
    std::lock_guard lock(mutex);
    current = std::move(next);
  };
  swap(0);
  std::atomic<int> num_running = kWriters;
  std::atomic<int> rounds = 1;
  std::atomic<int64_t> num_wrong = 0, num_retries = 0;
  int last[kWriters] = {};
  std::vector<std::thread> writers;
  for (int w = 0; w < kWriters; ++w) {
    writers.emplace_back([&, w] {
      for (int i = 1; i <= kLeastChanges || (rounds <= 3 && i <= kMostChanges); ++i) {
        const std::string id = std::to_string(w) + "-" + std::to_string(i % 10);
        for (bool is_done = false; !is_done; num_retries += !is_done) {
          const auto service = look();
          is_done = store.put(service->space, id, Vector{service->factor * static_cast<float>(i)}, std::to_string(i));
        }
        const auto service = look();
        const auto vector = service->items->snapshot()->vector(id);
        num_wrong += !vector || vector->front() != service->factor * static_cast<float>(i);
        last[w] = i;
      }
      --num_running;
    });
  }
  for (; num_running > 0; ++rounds) swap(rounds);
  for (std::thread& writer : writers) writer.join();
  EXPECT_EQ(num_wrong, 0);
  EXPECT_GT(rounds, 3);
  swap(rounds);
  const auto service = look();
  for (int w = 0; w < kWriters; ++w) {
    for (int i = last[w] - 9; i <= last[w]; ++i) {
      EXPECT_EQ(service->items->snapshot()->vector(std::to_string(w) + "-" + std::to_string(i % 10))->front(), service->factor * static_cast<float>(i));
    }
  }
}

}  // namespace
}  // namespace rechub
