#include "rechub/base/atomic_file.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "rechub/base/error.h"

namespace rechub {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class AtomicFileTest : public testing::Test {
 protected:
  AtomicFileTest() { fs::create_directories(root_); }
  ~AtomicFileTest() override { fs::remove_all(root_); }

  std::vector<std::string> names() const {
    std::vector<std::string> found;
    for (const auto& entry : fs::directory_iterator(root_)) found.push_back(entry.path().filename());
    std::sort(found.begin(), found.end());
    return found;
  }
  static std::string content(const std::string& path) {
    std::ifstream file(path);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  std::string root_ = testing::TempDir() + "atomic_file_test_" + std::to_string(::getpid());
};

TEST_F(AtomicFileTest, AppearsWholeOnCommit) {
  const std::string path = root_ + "/a";
  write_file(path, "old");
  AtomicFile file(path);
  const std::string big(1000000, 'x');
  file.write("new ");
  file.write(big);
  EXPECT_EQ(content(path), "old");
  EXPECT_EQ(file.size(), 1000004);
  file.commit();
  EXPECT_EQ(content(path), "new " + big);
  EXPECT_THAT(names(), ElementsAre("a"));
}

TEST_F(AtomicFileTest, LeavesNothingWithoutCommit) {
  write_file(root_ + "/a", "old");
  { AtomicFile(root_ + "/a").write("half"); }
  {
    AtomicFile file(root_ + "/b");
    file.write("half");
    file.sync();
  }
  EXPECT_THAT(names(), ElementsAre("a"));
  EXPECT_EQ(content(root_ + "/a"), "old");
}

TEST_F(AtomicFileTest, AFullDiskIsAnErrorThatNamesThePath) {
  // A limit on the file size fails writes as a full disk does: a short write first, then an error.
  const std::string path = root_ + "/a";
  rlimit old_limit{};
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &old_limit), 0);
  const rlimit small{300000, old_limit.rlim_max};
  signal(SIGXFSZ, SIG_IGN);
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &small), 0);
  std::string message;
  try {
    write_file(path, std::string(1000000, 'x'));
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kData);
    message = error.what();
  }
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &old_limit), 0);
  signal(SIGXFSZ, SIG_DFL);
  EXPECT_EQ(message, "cannot write " + path + ": File too large");
  EXPECT_THAT(names(), IsEmpty());
}

TEST_F(AtomicFileTest, DevicesAreWrittenToAndNotReplaced) {
  write_file("/dev/null", "x");
  EXPECT_TRUE(fs::is_character_file("/dev/null"));
  EXPECT_THROW(write_file("/dev/full", "x"), Error);
}

TEST_F(AtomicFileTest, BadPathsAreErrors) {
  EXPECT_THROW(write_file(root_ + "/none/a", "x"), Error);
  EXPECT_THROW(write_file(root_, "x"), Error);
  EXPECT_THROW(AtomicDirectory("", AtomicDirectory::kReplace), Error);
}

TEST_F(AtomicFileTest, RemovesWhatAKilledWriterLeftButNotWhatALivingOneHolds) {
  const std::string path = root_ + "/a";
  const pid_t child = fork();
  if (child == 0) {
    AtomicFile file(path);
    AtomicDirectory directory(root_ + "/d", AtomicDirectory::kReplace);
    raise(SIGKILL);
  }
  waitpid(child, nullptr, 0);
  ASSERT_EQ(names().size(), 2u);
  AtomicFile living(path);
  AtomicDirectory living_directory(root_ + "/d", AtomicDirectory::kReplace);
  write_file(path, "second");
  living.write("first");
  living.commit();
  living_directory.commit();
  EXPECT_EQ(content(path), "first");
  EXPECT_THAT(names(), ElementsAre("a", "d"));
}

TEST_F(AtomicFileTest, DirectoryIsReplacedAsAWhole) {
  const std::string path = root_ + "/d/";
  {
    AtomicDirectory directory(path, AtomicDirectory::kRefuse);
    fs::create_directory(directory.temporary_path() + "/sub");
    write_file(directory.temporary_path() + "/sub/one", "1");
    EXPECT_FALSE(fs::exists(path));
    directory.commit();
  }
  EXPECT_EQ(content(root_ + "/d/sub/one"), "1");
  {
    AtomicDirectory directory(path, AtomicDirectory::kReplace);
    write_file(directory.temporary_path() + "/two", "2");
    directory.commit();
  }
  EXPECT_FALSE(fs::exists(root_ + "/d/sub"));
  EXPECT_EQ(content(root_ + "/d/two"), "2");
  EXPECT_THAT(names(), ElementsAre("d"));
}

TEST_F(AtomicFileTest, DirectoryRefusesAFullPlace) {
  const std::string path = root_ + "/d";
  fs::create_directories(path);
  AtomicDirectory(path, AtomicDirectory::kRefuse).commit();  // empty: taken
  AtomicDirectory late(path, AtomicDirectory::kRefuse);
  write_file(path + "/mine", "keep");
  EXPECT_THROW(late.commit(), Error);
  try {
    AtomicDirectory again(path, AtomicDirectory::kRefuse);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kUsage);
    EXPECT_THAT(error.what(), HasSubstr(path + " exists and is not an empty directory"));
  }
  EXPECT_EQ(content(path + "/mine"), "keep");
}

TEST_F(AtomicFileTest, DirectoryWithoutCommitLeavesTheOldOne) {
  const std::string path = root_ + "/d";
  fs::create_directories(path);
  write_file(path + "/mine", "keep");
  {
    AtomicDirectory directory(path, AtomicDirectory::kReplace);
    write_file(directory.temporary_path() + "/half", "x");
  }
  EXPECT_THAT(names(), ElementsAre("d"));
  EXPECT_EQ(content(path + "/mine"), "keep");
  write_file(root_ + "/file", "x");
  EXPECT_THROW(AtomicDirectory(root_ + "/file", AtomicDirectory::kReplace), Error);
}

}  // namespace
}  // namespace rechub
