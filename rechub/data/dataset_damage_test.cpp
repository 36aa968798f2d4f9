#include <filesystem>
#include <fstream>
#include <string>

#include <gtest/gtest.h>

#include "rechub/data/dataset_files.h"
#include "rechub/data/manifest.h"
#include "rechub/data/prepare.h"
#include "rechub/data/test_files.h"

namespace rechub {
namespace {

constexpr const char* kFiles[] = {"manifest.json", "events.arrow", "users.arrow", "items.arrow", "user_ids.arrow", "item_ids.arrow"};

class DatasetDamage : public testing::Test {
 protected:
  DatasetDamage() {
    PrepareOptions options;
    options.interactions = {folder_.write("log.csv", "user,item,time\na,x,1\na,y,2\nb,x,3\nb,z,1\n")};
    prepare(options, folder_.path("out"), [](const std::string&) {});
  }
  std::string read(const std::string& name) const { return folder_.read("out/" + name); }
  // In place: a file system may flush a file that is cut to nothing and written anew, and there are thousands of changes.
  void change(const std::string& name, size_t place, char byte) const {
    std::fstream file(folder_.path("out/" + name), std::ios::binary | std::ios::in | std::ios::out);
    file.seekp(static_cast<std::streamoff>(place)).put(byte);
  }
  Dataset open(bool verify) const { return Dataset::open(folder_.path("out"), verify); }

  TestFolder folder_;
};

// Everything a data set hands out is read, as a program would; AddressSanitizer sees what points beside the files.
int64_t touch(const Dataset& dataset) {
  int64_t sum = 0;
  for (int32_t user = 0; user < dataset.user_rows(); ++user) {
    for (int64_t event = dataset.user_begin()[user]; event < dataset.user_begin()[user + 1]; ++event) sum += dataset.items()[event] + dataset.times()[event];
    sum += static_cast<int64_t>(dataset.user_ids().text(user).size());
  }
  for (const int32_t item : dataset.items()) sum += static_cast<int64_t>(dataset.item_ids().text(item).size());
  return sum;
}

TEST_F(DatasetDamage, VerifyingFindsEveryFlippedByte) {
  ASSERT_EQ(open(true).num_events(), 4);
  for (const std::string name : kFiles) {
    const std::string whole = read(name);
    for (size_t i = 0; i < whole.size(); ++i) {
      change(name, i, static_cast<char>(whole[i] ^ (1 << (i % 8))));
      const auto [kind, message] = error_of([&] { open(true); });
      ASSERT_EQ(kind, ErrorKind::kData) << name << ", byte " << i << ": " << message;
      change(name, i, whole[i]);
    }
  }
  EXPECT_EQ(open(true).num_events(), 4);
}

TEST_F(DatasetDamage, WithoutVerifyingAFlippedByteIsRefusedOrHarmless) {
  for (const std::string name : kFiles) {
    const std::string whole = read(name);
    for (size_t i = 0; i < whole.size(); i += 3) {
      change(name, i, static_cast<char>(~whole[i]));
      try {
        touch(open(false));
      } catch (const Error& error) {
        ASSERT_EQ(error.kind(), ErrorKind::kData) << name << ", byte " << i << ": " << error.what();
      }
      change(name, i, whole[i]);
    }
  }
}

TEST_F(DatasetDamage, TruncatedAndMissingFilesAreRefused) {
  for (const std::string name : kFiles) {
    const std::string path = folder_.path("out/" + name), whole = read(name);
    for (size_t size = whole.size() - 1; size > 7; size -= 7) {
      std::filesystem::resize_file(path, size);
      ASSERT_EQ(error_of([&] { open(false); }).first, ErrorKind::kData) << name << " of " << size << " bytes";
    }
    std::filesystem::resize_file(path, 0);
    EXPECT_EQ(error_of([&] { open(false); }).first, ErrorKind::kData) << name << " of no bytes";
    std::filesystem::remove(path);
    EXPECT_EQ(error_of([&] { open(false); }).first, name == "manifest.json" ? ErrorKind::kNotFound : ErrorKind::kData) << name;
    folder_.write("out/" + name, whole);
  }
}

TEST_F(DatasetDamage, EveryDamagedFileIsNamed) {
  const auto damage = [&] { return damaged_files(folder_.path("out"), kDatasetFormat, kDatasetVersion); };
  EXPECT_TRUE(damage().empty());
  change("item_ids.arrow", 100, static_cast<char>(~read("item_ids.arrow")[100]));
  std::filesystem::resize_file(folder_.path("out/users.arrow"), 10);
  std::filesystem::remove(folder_.path("out/events.arrow"));
  folder_.write("out/notes.txt", "a stranger's file is no damage");
  std::string named;
  for (const DamagedFile& file : damage()) named += file.name + " ";
  EXPECT_EQ(named, "events.arrow item_ids.arrow users.arrow ");
}

// What a command trains or judges on is read as a whole first.
TEST_F(DatasetDamage, ADataSetForACommandIsVerified) {
  const auto open_for_command = [&] { open_or_prepare(folder_.path("out"), {}, folder_.path("scratch"), [](const std::string&) {}); };
  EXPECT_NO_THROW(open_for_command());
  const std::string whole = read("user_ids.arrow");
  const size_t place = whole.rfind('a');  // an id
  change("user_ids.arrow", place, 'c');
  EXPECT_NO_THROW(open(false));
  EXPECT_EQ(error_of(open_for_command).first, ErrorKind::kData);
}

}  // namespace
}  // namespace rechub
