#include "rechub/data/manifest.h"

#include <filesystem>
#include <fstream>
#include <iterator>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <unistd.h>

#include "rechub/base/atomic_file.h"
#include "rechub/base/error.h"

namespace rechub {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

class ManifestTest : public testing::Test {
 protected:
  ManifestTest() {
    fs::create_directories(root_ + "/data");
    write_file(root_ + "/weights", "0123456789");
    write_file(root_ + "/data/items", "abc");
    write_file(root_ + "/empty", "");
    write_manifest(root_, "test-format", 2);
  }
  ~ManifestTest() override { fs::remove_all(root_); }

  std::string error_of(bool verify_bytes, const std::string& format = "test-format", int version = 2, ErrorKind kind = ErrorKind::kData) const {
    try {
      check_manifest(root_, format, version, verify_bytes);
      return "";
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), kind);
      return error.what();
    }
  }
  static std::string content(const std::string& path) {
    std::ifstream file(path);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  std::string root_ = testing::TempDir() + "manifest_test_" + std::to_string(::getpid());
};

TEST_F(ManifestTest, AnAddedFileIsWatchedAndDamageToOthersStaysDamage) {
  write_file(root_ + "/data/items", "abd");
  write_file(root_ + "/index", "new");
  add_to_manifest(root_, "index");
  EXPECT_EQ(damaged_files(root_, "test-format", 2).size(), 1u);
  EXPECT_THAT(error_of(true), HasSubstr("items is damaged"));
  write_file(root_ + "/data/items", "abc");
  EXPECT_EQ(error_of(true), "");
  write_file(root_ + "/index", "now");
  EXPECT_THAT(error_of(true), HasSubstr("index is damaged"));
  remove_from_manifest(root_, "index");
  remove_from_manifest(root_, "never there");
  EXPECT_EQ(error_of(true), "");
  EXPECT_THROW(add_to_manifest(root_, "not there"), Error);
}

TEST_F(ManifestTest, NamesEveryFile) {
  const nlohmann::json manifest = check_manifest(root_, "test-format", 2, true);
  EXPECT_EQ(manifest["files"].size(), 3u);
  EXPECT_EQ(manifest["files"]["data/items"]["size"], 3);
  EXPECT_EQ(manifest["files"]["empty"]["checksum"], "2d06800538d394c2");  // XXH3 of nothing
  write_file(root_ + "/more", "x");
  EXPECT_EQ(error_of(true), "");  // a file beside them is no damage
}

// What an earlier or a later RecHub wrote, or what is damaged, is still ours to replace.
TEST_F(ManifestTest, IsKnownByItsFormatAlone) {
  EXPECT_TRUE(has_manifest(root_, "test-format"));
  EXPECT_FALSE(has_manifest(root_, "other-format"));
  EXPECT_FALSE(has_manifest(root_ + "/data", "test-format"));
  write_file(root_ + "/manifest.json", R"({"format": "test-format", "version": 1})");
  EXPECT_TRUE(has_manifest(root_, "test-format"));
  for (const char* text : {"[]", "{", R"({"format": 3})"}) {
    write_file(root_ + "/manifest.json", text);
    EXPECT_FALSE(has_manifest(root_, "test-format")) << text;
  }
}

TEST_F(ManifestTest, HoldsWhatItIsGiven) {
  write_manifest(root_, "test-format", 2, {{"events", 7}, {"columns", {{"user", "u"}}}});
  const nlohmann::json manifest = check_manifest(root_, "test-format", 2, true);
  EXPECT_EQ(manifest["events"], 7);
  EXPECT_EQ(manifest["columns"]["user"], "u");
  EXPECT_EQ(manifest["files"].size(), 3u);
}

TEST_F(ManifestTest, FindsMissingTruncatedAndChanged) {
  write_file(root_ + "/weights", "012345678");
  EXPECT_EQ(error_of(false), root_ + "/weights is damaged: it should have 10 bytes and has 9");
  write_file(root_ + "/weights", "0123456788");
  EXPECT_EQ(error_of(false), "");
  EXPECT_THAT(error_of(true), HasSubstr(root_ + "/weights is damaged: its checksum is"));
  fs::remove(root_ + "/weights");
  EXPECT_EQ(error_of(false), root_ + "/weights is missing or cannot be read: No such file or directory");
}

TEST_F(ManifestTest, NamesEveryDamagedFile) {
  EXPECT_TRUE(damaged_files(root_, "test-format", 2).empty());
  write_file(root_ + "/weights", "0123456788");
  fs::remove(root_ + "/data/items");
  const auto faults = damaged_files(root_, "test-format", 2);
  ASSERT_EQ(faults.size(), 2u);
  EXPECT_EQ(faults[0].name, "data/items");
  EXPECT_THAT(faults[0].fault, HasSubstr("/data/items is missing"));
  EXPECT_THAT(faults[1].fault, HasSubstr("/weights is damaged: its checksum is"));
}

TEST_F(ManifestTest, FindsEveryFlippedByteAlsoInItself) {
  for (const std::string name : {"weights", "data/items", "manifest.json"}) {
    const std::string path = root_ + "/" + name, whole = content(path);
    for (size_t at = 0; at < whole.size(); ++at) {
      for (const int bit : {0, 5}) {
        std::string damaged = whole;
        damaged[at] = static_cast<char>(damaged[at] ^ (1 << bit));
        std::ofstream(path, std::ios::trunc) << damaged;
        EXPECT_NE(error_of(true), "") << name << " byte " << at << " bit " << bit;
      }
    }
    std::ofstream(path, std::ios::trunc) << whole;
  }
  EXPECT_EQ(error_of(true), "");
}

TEST_F(ManifestTest, RefusesWhatIsNotIt) {
  EXPECT_EQ(error_of(false, "other"), root_ + "/manifest.json: a other was expected, this is a test-format");
  EXPECT_THAT(error_of(false, "test-format", 1), HasSubstr("this is version 2 of test-format, and this RecHub reads version 1"));
  EXPECT_THAT(error_of(false, "test-format", 3), HasSubstr("this RecHub reads version 3"));
  fs::remove(root_ + "/manifest.json");
  EXPECT_EQ(error_of(false, "test-format", 2, ErrorKind::kNotFound), root_ + " is not a test-format: there is no manifest.json in it");
  EXPECT_THROW(write_manifest(root_ + "/none", "test-format", 1), Error);
  fs::remove_all(root_);
  EXPECT_EQ(error_of(false, "test-format", 2, ErrorKind::kNotFound), root_ + ": there is no such directory");
}

TEST_F(ManifestTest, NamesStayInside) {
  for (const std::string name : {"/etc/passwd", "../x", "a/../../x", "good"}) {
    const nlohmann::json manifest = {{"format", "f"}, {"version", 1}, {"files", {{name, {{"size", 1}, {"checksum", "0"}}}}}, {"checksum", kNoChecksum}};
    std::string message;
    try {
      parse_manifest(sealed_manifest(manifest.dump()), "m", "f", 1);
    } catch (const Error& error) {
      message = error.what();
    }
    EXPECT_EQ(message, name == "good" ? "" : "m: \"" + name + "\" lies outside the directory");
  }
}

}  // namespace
}  // namespace rechub
