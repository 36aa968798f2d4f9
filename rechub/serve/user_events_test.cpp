#include "rechub/serve/user_events.h"

#include <atomic>
#include <filesystem>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "rechub/base/error.h"
#include "rechub/base/random.h"

namespace rechub {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::IsEmpty;

using Items = std::vector<std::string>;

class UserEventsTest : public testing::Test {
 protected:
  UserEventsTest() { fs::create_directories(root_); }
  ~UserEventsTest() override { fs::remove_all(root_); }

  std::string root_ = testing::TempDir() + "user_events_test_" + std::to_string(::getpid());
  std::string path_ = root_ + "/events";
  int records_ = 0;
};

Items items_of(const UserEvents& events, const std::string& user) {
  Items items;
  for (const UserEvent& event : events.of(user)) items.push_back(event.item);
  return items;
}

void add(UserEvents& events, const std::string& user, const std::string& item, int64_t time) { events.append({{user, {{item, time}}}}); }

TEST_F(UserEventsTest, AHistoryMovesOnAtOnceAndSurvives) {
  {
    UserEvents events(path_);
    EXPECT_EQ(events.version("anna"), 0u);
    EXPECT_THAT(items_of(events, "anna"), IsEmpty());
    add(events, "anna", "tea", 100);
    const uint64_t version = events.version("anna");
    EXPECT_NE(version, 0u);
    add(events, "bert", "jam", 50);
    EXPECT_EQ(events.version("anna"), version);
    const std::vector<UserEvent> more = {{"milk", 300}, {"late", 90}, {"tea", 100}};
    events.append({{"anna", more}});
    EXPECT_NE(events.version("anna"), version);
    EXPECT_THAT(items_of(events, "anna"), ElementsAre("late", "tea", "tea", "milk"));
  }
  UserEvents events(path_);
  EXPECT_THAT(items_of(events, "anna"), ElementsAre("late", "tea", "tea", "milk"));
  EXPECT_THAT(items_of(events, "bert"), ElementsAre("jam"));
  EXPECT_EQ(events.num_users(), 2);
}

TEST_F(UserEventsTest, ABatchIsTakenWholeOrNotAtAll) {
  {
    UserEvents events(path_, {.events_per_user = 2});
    EXPECT_THROW(events.append({{"anna", {{"tea", 1}}}, {"bert", std::vector<UserEvent>(3)}}), Error);
    EXPECT_EQ(events.num_users(), 0);
    events.append({{"anna", {{"tea", 2}, {"milk", 1}}}, {"bert", {{"jam", 1}}}, {"carl", {}}});
    EXPECT_EQ(events.num_users(), 2);
    EXPECT_NE(events.version("bert"), 0u);
  }
  {
    WriteAheadLog log(path_, [this](const LogRecord&) { ++records_; });
    EXPECT_EQ(records_, 1) << "one record is whole or torn off";
  }
  UserEvents events(path_);
  EXPECT_THAT(items_of(events, "anna"), ElementsAre("milk", "tea"));
  EXPECT_THAT(items_of(events, "bert"), ElementsAre("jam"));
}

TEST_F(UserEventsTest, KeepsTheNewestEventsOfAUser) {
  UserEvents events(path_, {.events_per_user = 3});
  for (int i = 0; i < 10; ++i) add(events, "anna", std::to_string(i), i);
  EXPECT_THAT(items_of(events, "anna"), ElementsAre("7", "8", "9"));
  add(events, "anna", "older", 1);
  EXPECT_THAT(items_of(events, "anna"), ElementsAre("7", "8", "9"));
  EXPECT_THROW(events.append({{"anna", std::vector<UserEvent>(4)}}), Error);
}

TEST_F(UserEventsTest, ForgetsWhoCameLongestAgo) {
  const UserEventLimits limits{.events_per_user = 10, .max_bytes = 40000};
  Items kept;
  {
    UserEvents events(path_, limits);
    add(events, "first", "x", 1);
    for (int i = 0; i < 300; ++i) {
      add(events, "user " + std::to_string(i), "an item with a name that is long enough to count", i);
      if (i == 50) add(events, "first", "y", 2);
      ASSERT_LE(events.bytes(), limits.max_bytes);
      if (i == 110) {
        EXPECT_EQ(items_of(events, "first").size(), 2u) << "a new event makes a user new";
      }
    }
    EXPECT_THAT(items_of(events, "first"), IsEmpty());
    EXPECT_EQ(events.version("first"), 0u);
    EXPECT_EQ(events.num_forgotten() + events.num_users(), 301);
    EXPECT_GT(events.num_users(), 50);
    for (int i = 0; i < 300; ++i) {
      if (events.version("user " + std::to_string(i)) != 0) kept.push_back("user " + std::to_string(i));
    }
  }
  UserEvents events(path_, limits);
  EXPECT_EQ(events.num_users(), static_cast<int64_t>(kept.size()));
  for (const std::string& user : kept) EXPECT_EQ(items_of(events, user).size(), 1u);
}

TEST_F(UserEventsTest, TheLogIsCompactedAndStaysRight) {
  const UserEventLimits limits{.events_per_user = 20};
  std::map<std::string, Items> model;
  {
    UserEvents events(path_, limits);
    for (int i = 0; i < 400; ++i) {
      const std::vector<UserEvent> batch(20, UserEvent{std::to_string(i) + std::string(1000, 'x'), i});
      events.append({{"user " + std::to_string(i % 10), batch}});
    }
    events.wait_idle();
    EXPECT_LT(fs::file_size(path_), 5u << 20) << "8 MB were appended";
    for (int i = 0; i < 10; ++i) model["user " + std::to_string(i)] = items_of(events, "user " + std::to_string(i));
  }
  UserEvents events(path_, limits);
  EXPECT_EQ(events.num_users(), 10);
  for (const auto& [user, items] : model) EXPECT_TRUE(items_of(events, user) == items) << user;
}

// Writers own users of their own and keep what was acknowledged; readers look at all.
TEST_F(UserEventsTest, ThreadsSeeWhatWasAcknowledged) {
  constexpr int kWriters = 3, kEvents = 300;
  UserEvents events(path_, {.events_per_user = 1000});
  std::atomic<int> acknowledged[kWriters] = {};
  std::atomic<int64_t> num_missing = 0, num_wrong = 0, num_looks = 0;
  std::atomic<bool> is_done = false;
  std::vector<std::thread> writers, readers;
  for (int w = 0; w < kWriters; ++w) {
    writers.emplace_back([&, w] {
      for (int i = 0; i < kEvents; ++i) {
        while (i == kEvents / 2 && num_looks < 10) std::this_thread::yield();  // so that there are looks while events come
        add(events, std::to_string(w), std::to_string(i), i);
        acknowledged[w] = i + 1;
      }
    });
  }
  for (uint64_t r = 0; r < 2; ++r) {
    readers.emplace_back([&, r] {
      for (Random random(r); !is_done;) {
        const auto w = random.below(kWriters);
        const int least = acknowledged[w];
        const Items items = items_of(events, std::to_string(w));
        num_missing += static_cast<int>(items.size()) < least;
        for (size_t i = 0; i < items.size(); ++i) num_wrong += items[i] != std::to_string(i);
        ++num_looks;
      }
    });
  }
  for (std::thread& writer : writers) writer.join();
  is_done = true;
  for (std::thread& reader : readers) reader.join();
  EXPECT_GE(num_looks, 10);
  EXPECT_EQ(num_missing, 0);
  EXPECT_EQ(num_wrong, 0);
}

}  // namespace
}  // namespace rechub
