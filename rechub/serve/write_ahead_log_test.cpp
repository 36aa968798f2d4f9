#include "rechub/serve/write_ahead_log.h"

#include <algorithm>
#include <atomic>
#include <barrier>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include "rechub/base/error.h"
#include "rechub/serve/log_payload.h"

namespace rechub {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;

using Entries = std::vector<std::pair<uint32_t, std::string>>;

class WriteAheadLogTest : public testing::Test {
 protected:
  WriteAheadLogTest() { fs::create_directories(root_); }
  ~WriteAheadLogTest() override { fs::remove_all(root_); }

  Entries entries() const {
    Entries found;
    WriteAheadLog(path_, [&](const LogRecord& record) { found.emplace_back(record.type, record.payload); });
    return found;
  }
  std::string bytes() const {
    std::ifstream file(path_, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  void set_bytes(const std::string& text) const { std::ofstream(path_, std::ios::binary) << text; }
  std::string message() const {
    try {
      entries();
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::kData);
      return error.what();
    }
    return "";
  }
  static void ignore(const LogRecord&) {}

  std::string root_ = testing::TempDir() + "write_ahead_log_test_" + std::to_string(::getpid());
  std::string path_ = root_ + "/log";
};

TEST_F(WriteAheadLogTest, GivesBackWhatWasAppended) {
  {
    WriteAheadLog log(path_, ignore);
    EXPECT_EQ(log.append(1, "one"), 1u);
    EXPECT_EQ(log.append(7, ""), 2u);
    log.wait_durable(2);
    log.wait_durable(1);
  }
  EXPECT_THAT(entries(), ElementsAre(std::pair(1u, "one"), std::pair(7u, "")));
  {
    WriteAheadLog log(path_, ignore);
    log.append(2, std::string(100000, 'x'));
  }
  EXPECT_EQ(entries().size(), 3u);
  EXPECT_EQ(entries()[2].second, std::string(100000, 'x'));
  const size_t size = bytes().size();
  entries();
  EXPECT_EQ(bytes().size(), size) << "opening and closing writes nothing";
}

TEST_F(WriteAheadLogTest, ATornTailIsCutOff) {
  set_bytes(log_header(0, false) + log_record({1, 1, "first"}, 0) + log_record({2, 1, "second, which is longer"}, 1));
  const std::string whole = bytes();
  const int64_t first_end = kLogHeaderBytes + 40;
  for (int64_t size = kLogHeaderBytes; size < static_cast<int64_t>(whole.size()); ++size) {
    set_bytes(whole.substr(0, size));
    {
      WriteAheadLog log(path_, ignore);
      EXPECT_EQ(log.cut_bytes(), size < first_end ? size - kLogHeaderBytes : size - first_end);
      log.append(3, "new");
    }
    EXPECT_EQ(entries(), size < first_end ? Entries({{3, "new"}}) : Entries({{1, "first"}, {3, "new"}})) << size;
  }
  for (int64_t size = 0; size < kLogHeaderBytes; ++size) {
    set_bytes(whole.substr(0, size));
    EXPECT_THAT(message(), HasSubstr("truncated or none of ours")) << size;
  }
}

TEST_F(WriteAheadLogTest, EveryFlippedByteIsRefusedOrChangesNothing) {
  {
    WriteAheadLog log(path_, ignore);
    log.wait_durable(log.append(1, "a first change"));
    const auto mark = log.mark();
    log.append(1, "and a second");
    log.compact(mark, [](const WriteAheadLog::Emit& emit) { emit(5, "what the first came to"); });
    log.append(1, "and a third");
  }
  const std::string whole = bytes();
  const Entries expected = entries();
  ASSERT_THAT(expected, ElementsAre(std::pair(5u, "what the first came to"), std::pair(1u, "and a second"), std::pair(1u, "and a third")));
  int refused = 0;
  for (size_t i = 0; i < whole.size(); ++i) {
    for (int bit : {1, 128}) {
      std::string flipped = whole;
      flipped[i] = static_cast<char>(flipped[i] ^ bit);
      set_bytes(flipped);
      const std::string text = message();
      if (text.empty()) {
        set_bytes(flipped);
        EXPECT_EQ(entries(), expected) << i;
      } else {
        EXPECT_THAT(text, HasSubstr(path_));
        ++refused;
      }
    }
  }
  EXPECT_EQ(refused, 2 * (static_cast<int>(whole.size()) - 32)) << "all but the record that says the log was closed";
}

TEST_F(WriteAheadLogTest, ADamagedMiddleIsRefusedWithItsOffset) {
  std::string text = log_header(0, false) + log_record({1, 1, "first"}, 0);
  const size_t second = text.size();
  text += log_record({2, 1, "second"}, 1) + log_record({3, 1, "third"}, 2);
  text[second + 33] = 'X';
  set_bytes(text);
  EXPECT_THAT(message(), HasSubstr(fmt::format("{}: damaged at offset {}, record 2", path_, second)));
}

// Of changes written between two flushes a power cut may keep a later one and lose an earlier: none of them was acknowledged.
TEST_F(WriteAheadLogTest, AHoleAmongChangesThatWereNeverFlushedIsATornTail) {
  std::string text = log_header(0, false) + log_record({1, 1, "first"}, 0);
  const size_t second = text.size();
  text += log_record({2, 1, "second"}, 1) + log_record({3, 1, "third"}, 1);
  std::fill(text.begin() + static_cast<int64_t>(second), text.begin() + static_cast<int64_t>(second) + 40, '\0');
  set_bytes(text);
  EXPECT_THAT(entries(), ElementsAre(std::pair(1u, "first")));
}

TEST_F(WriteAheadLogTest, ThreadsShareFlushesAndKeepTheirOrder) {
  constexpr int kThreads = 8, kChanges = 50;
  int64_t flushes = 0;
  {
    WriteAheadLog log(path_, ignore);
    std::barrier all_appended(kThreads);
    std::vector<std::thread> threads;
    for (int t = 0; t < kThreads; ++t) {
      threads.emplace_back([&, t] {
        for (int i = 0; i < kChanges; ++i) {
          const auto place = log.append(t, std::to_string(i));
          all_appended.arrive_and_wait();
          log.wait_durable(place);
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
    flushes = log.num_flushes();
  }
  EXPECT_LE(flushes, kChanges);
  std::vector<int> next(kThreads);
  for (const auto& [type, text] : entries()) EXPECT_EQ(text, std::to_string(next[type]++));
  EXPECT_EQ(next, std::vector<int>(kThreads, kChanges));
}

TEST_F(WriteAheadLogTest, CompactionKeepsWhatComesMeanwhile) {
  // The owner's state is the sum of all changes and their number.
  struct Owner {
    std::mutex mutex;
    int64_t sum = 0, count = 0;
    void apply(const LogRecord& record) {
      const int64_t value = std::stoll(std::string(record.payload));
      if (record.type == 2) count = value;
      if (record.type == 3) sum = value;
      if (record.type == 1) sum += value, ++count;
    }
  } owner;
  constexpr int kThreads = 3, kChanges = 400;
  {
    WriteAheadLog log(path_, ignore);
    std::vector<std::thread> threads;
    std::atomic<int> num_running = kThreads;
    for (int t = 0; t < kThreads; ++t) {
      threads.emplace_back([&, t] {
        for (int i = 0; i < kChanges; ++i) {
          const std::string value = std::to_string(t * 1000 + i);
          uint64_t sequence = 0;
          {
            std::lock_guard lock(owner.mutex);
            sequence = log.append(1, value);
            owner.apply({sequence, 1, value});
          }
          if (i % 16 == 0) log.wait_durable(sequence);
        }
        --num_running;
      });
    }
    const auto compact = [&] {
      WriteAheadLog::Mark mark;
      int64_t sum = 0, count = 0;
      {
        std::lock_guard lock(owner.mutex);
        mark = log.mark();
        sum = owner.sum, count = owner.count;
      }
      log.compact(mark, [&](const WriteAheadLog::Emit& emit) { emit(2, std::to_string(count)), emit(3, std::to_string(sum)); });
    };
    while (num_running > 0) compact();
    for (std::thread& thread : threads) thread.join();
    compact();  // how much comes during the ones before is a matter of time
    EXPECT_LT(log.size(), 4 * 48);
  }
  Owner replayed;
  WriteAheadLog(path_, [&](const LogRecord& record) { replayed.apply(record); });
  EXPECT_EQ(replayed.count, kThreads * kChanges);
  EXPECT_EQ(replayed.sum, owner.sum);
}

TEST_F(WriteAheadLogTest, AFullDiskRefusesTheChangeAndKeepsTheOthers) {
  {
    WriteAheadLog log(path_, ignore);
    log.wait_durable(log.append(1, "before"));
    rlimit old_limit{};
    ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &old_limit), 0);
    const rlimit small{1000, old_limit.rlim_max};
    signal(SIGXFSZ, SIG_IGN);
    ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &small), 0);
    EXPECT_THROW(log.append(1, std::string(10000, 'x')), Error);
    EXPECT_THROW(log.compact(log.mark(), [](const WriteAheadLog::Emit& emit) { emit(1, std::string(10000, 'x')); }), Error);
    log.wait_durable(log.append(1, "small"));
    ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &old_limit), 0);
    signal(SIGXFSZ, SIG_DFL);
    log.wait_durable(log.append(1, "after"));
  }
  EXPECT_THAT(entries(), ElementsAre(std::pair(1u, "before"), std::pair(1u, "small"), std::pair(1u, "after")));
}

TEST_F(WriteAheadLogTest, RefusesASecondOwnerAndWrongRecords) {
  WriteAheadLog log(path_, ignore);
  try {
    WriteAheadLog second(path_, ignore);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kUsage);
  }
  EXPECT_THROW(log.append(kLogClosed, ""), Error);
  EXPECT_THROW(log.append(1, std::string(kMaxLogPayload + 1, 'x')), Error);
  EXPECT_THROW(WriteAheadLog(root_ + "/none/log", ignore), Error);
}

TEST(LogPayload, GivesValuesBackAndRefusesOthers) {
  PayloadWriter writer;
  writer.number(-7);
  writer.text("name");
  writer.floats(std::vector<float>{1, 2.5});
  writer.text("three");
  PayloadReader reader(writer.bytes());
  EXPECT_EQ(reader.number(), -7);
  EXPECT_EQ(reader.text(), "name");
  std::vector<float> floats;
  reader.floats(floats);
  EXPECT_THAT(floats, ElementsAre(1, 2.5));
  EXPECT_THROW(reader.floats(floats), Error);
  EXPECT_THROW(reader.number(), Error);
  PayloadWriter negative;
  negative.number(-1);
  PayloadReader endless(negative.bytes());
  EXPECT_THROW(endless.text(), Error);
}

TEST_F(WriteAheadLogTest, RefusesOtherFiles) {
  { WriteAheadLog(path_, ignore).append(1, "no number"); }
  try {
    WriteAheadLog log(path_, [](const LogRecord& record) { PayloadReader(record.payload.substr(0, 3)).number(); });
    FAIL();
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr(path_ + ", record 1: a record of the log ends early"));
  }
  set_bytes("something else that is longer than a header");
  EXPECT_THAT(message(), HasSubstr("not a log of RecHub's"));
}

}  // namespace
}  // namespace rechub
