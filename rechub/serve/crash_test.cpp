// No acknowledged change is lost when the process is killed, nor when the power goes with every write that was not flushed.

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "rechub/base/atomic_file.h"
#include "rechub/base/checksum.h"
#include "rechub/base/random.h"
#include "rechub/serve/item_store.h"
#include "rechub/serve/user_events.h"
#include "rechub/serve/write_ahead_log.h"

namespace rechub {
namespace {

namespace fs = std::filesystem;

std::string content(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

class CrashTest : public testing::Test {
 protected:
  CrashTest() { fs::create_directories(files_), fs::create_directories(shadow_ + "/inodes"); }
  ~CrashTest() override { fs::remove_all(root_); }

  // Runs the probe, kills it after it has acknowledged `acknowledged` changes, and adds what it acknowledged to `known`.
  void run_and_kill(const std::vector<std::string>& arguments, bool with_shim, int acknowledged) {
    int pipe[2];
    ASSERT_EQ(::pipe(pipe), 0);
    std::vector<std::string> words = {RECHUB_LIVE_PROBE};
    words.insert(words.end(), arguments.begin(), arguments.end());
    std::vector<std::string> settings = {"PATH=/usr/bin"};
    if (with_shim) {
      settings.push_back("LD_PRELOAD=" RECHUB_UNSYNCED_SHIM);
      settings.push_back("RECHUB_UNSYNCED_FILES=" + files_);
      settings.push_back("RECHUB_UNSYNCED_SHADOW=" + shadow_);
    }
    std::vector<char*> argv, environment;
    for (std::string& word : words) argv.push_back(word.data());
    for (std::string& setting : settings) environment.push_back(setting.data());
    argv.push_back(nullptr), environment.push_back(nullptr);
    const pid_t child = ::fork();
    if (child == 0) {
      ::dup2(pipe[1], STDOUT_FILENO);
      ::execve(argv[0], argv.data(), environment.data());
      ::_exit(127);
    }
    ::close(pipe[1]);
    std::string said, piece(1 << 16, '\0');
    bool is_killed = false;
    for (ssize_t count; (count = ::read(pipe[0], piece.data(), piece.size())) > 0;) {
      said.append(piece, 0, count);
      if (is_killed || std::count(said.begin(), said.end(), '\n') < acknowledged) continue;
      ::kill(child, SIGKILL);
      is_killed = true;
    }
    ::close(pipe[0]);
    int status = 0;
    ::waitpid(child, &status, 0);
    ASSERT_TRUE(WIFSIGNALED(status)) << "the probe ended by itself";
    std::istringstream lines(said);
    for (std::string line; std::getline(lines, line);) known_.insert(line);
  }

  // Leaves in the directory what was flushed. With `torn`, some of the bytes behind it as well, as a disk may have got to them.
  void cut_power(Random& random, bool torn) {
    std::map<std::string, std::string> kept;
    std::istringstream names(content(shadow_ + "/names"));
    for (std::string inode, name; names >> inode >> name;) {
      std::string text = content(shadow_ + "/inodes/" + inode);
      const std::string written = content(files_ + "/" + name);
      if (torn && written.size() > text.size() && written.compare(0, text.size(), text) == 0)
        text = written.substr(0, text.size() + random.below(written.size() - text.size() + 1));
      kept[name] = text;
    }
    fs::remove_all(files_), fs::remove_all(shadow_);
    fs::create_directories(files_), fs::create_directories(shadow_ + "/inodes");
    std::ofstream flushed_names(shadow_ + "/names");
    for (const auto& [name, text] : kept) {
      std::ofstream(files_ + "/" + name, std::ios::binary) << text;
      struct stat status {};
      ::stat((files_ + "/" + name).c_str(), &status);
      std::ofstream(shadow_ + "/inodes/" + std::to_string(status.st_ino), std::ios::binary) << text;
      flushed_names << status.st_ino << " " << name << "\n";
    }
  }

  // How many of the acknowledged changes the log no longer has.
  int64_t num_lost() const {
    std::set<std::string> found;
    WriteAheadLog(files_ + "/log", [&](const LogRecord& record) { found.insert(checksum_bytes(std::as_bytes(std::span(record.payload)))); });
    return std::count_if(known_.begin(), known_.end(), [&](const std::string& checksum) { return found.count(checksum) == 0; });
  }

  // The last acknowledged change of an item, or the one after it that was not acknowledged any more, is the one that stands; and so are the events of a user.
  void check_stores() const {
    std::map<std::string, int> last;
    for (const std::string& line : known_) {
      int& number = last[line.substr(0, line.find(' '))];
      number = std::max(number, std::stoi(line.substr(line.find(' '))));
    }
    ItemStore items(files_ + "/items");
    items.adopt({"space", {nullptr, std::make_shared<Vocabulary>(), {}, nullptr}, 1});
    const UserEvents events(files_ + "/events");
    const auto snapshot = items.items()->snapshot();
    for (const auto& [name, number] : last) {
      if (name.starts_with("item-")) {
        const auto vector = snapshot->vector(name.substr(5));
        const int found = vector ? static_cast<int>(vector->front()) : 0;
        EXPECT_TRUE(found == (number % 3 == 0 ? 0 : number) || found == ((number + 1) % 3 == 0 ? 0 : number + 1)) << name << " is " << found << " after " << number;
      } else {
        const std::vector<UserEvent> history = events.of(name.substr(5));
        const auto count = static_cast<int>(history.size());
        EXPECT_TRUE(count == number || count == number + 1) << name << " has " << count << " events of " << number;
        for (int i = 0; i < count; ++i) EXPECT_EQ(history[i].item, std::to_string(i + 1));
      }
    }
  }

  void forget() { known_.clear(), fs::remove_all(files_), fs::remove_all(shadow_), fs::create_directories(files_), fs::create_directories(shadow_ + "/inodes"); }

  std::string root_ = fs::canonical(testing::TempDir()).string() + "/crash_test_" + std::to_string(::getpid());
  std::string files_ = root_ + "/files", shadow_ = root_ + "/shadow";
  std::set<std::string> known_;  // checksums of what was acknowledged
};

constexpr int kRuns = 200, kStoreRuns = 30, kRunsOnOneLog = 10;

TEST_F(CrashTest, KillsLoseNothing) {
  Random random(1);
  for (int run = 0; run < kRuns; ++run) {
    if (run % kRunsOnOneLog == 0) forget();
    run_and_kill({"log", files_ + "/log"}, false, static_cast<int>(1 + random.below(200)));
    ASSERT_EQ(num_lost(), 0) << "run " << run;
  }
}

TEST_F(CrashTest, PowerCutsLoseNothing) {
  if (RECHUB_SANITIZED) GTEST_SKIP() << "a sanitizer's runtime and the shim both want to be loaded first";
  Random random(2);
  for (int run = 0; run < kRuns; ++run) {
    if (run % kRunsOnOneLog == 0) forget();
    run_and_kill({"log", files_ + "/log"}, true, static_cast<int>(1 + random.below(200)));
    cut_power(random, run % 2 == 1);
    ASSERT_EQ(num_lost(), 0) << "run " << run;
  }
}

TEST_F(CrashTest, ItemsAndEventsStandAsTheyWereAcknowledged) {
  Random random(4);
  for (const bool with_shim : {false, true}) {
    if (with_shim && RECHUB_SANITIZED) continue;
    for (int run = 0; run < kStoreRuns; ++run) {
      if (run % kRunsOnOneLog == 0) forget();
      run_and_kill({"store", files_}, with_shim, static_cast<int>(1 + random.below(150)));
      if (with_shim) cut_power(random, run % 2 == 1);
      check_stores();
      ASSERT_FALSE(HasFailure()) << "run " << run << (with_shim ? ", power cut" : ", kill");
    }
  }
}

// The tests above can fail: a log that acknowledges too early is found out.
TEST_F(CrashTest, APowerCutShowsAcknowledgementsThatCameTooEarly) {
  if (RECHUB_SANITIZED) GTEST_SKIP() << "a sanitizer's runtime and the shim both want to be loaded first";
  Random random(3);
  int64_t lost = 0;
  for (int run = 0; run < kRunsOnOneLog && lost == 0; ++run) {  // a kill between two changes may find all of them written
    forget();
    run_and_kill({"log", files_ + "/log", "unsafe"}, true, 100 + run);
    cut_power(random, false);
    lost = num_lost();
  }
  EXPECT_GT(lost, 0);
}

}  // namespace
}  // namespace rechub
