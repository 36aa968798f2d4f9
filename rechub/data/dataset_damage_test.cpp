#include <filesystem>
#include <string>

#include <gtest/gtest.h>

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
  void write(const std::string& name, const std::string& bytes) const { folder_.write("out/" + name, bytes); }
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
      std::string flipped = whole;
      flipped[i] = static_cast<char>(flipped[i] ^ (1 << (i % 8)));
      write(name, flipped);
      const auto [kind, message] = error_of([&] { open(true); });
      ASSERT_EQ(kind, ErrorKind::kData) << name << ", byte " << i << ": " << message;
    }
    write(name, whole);
  }
  EXPECT_EQ(open(true).num_events(), 4);
}

TEST_F(DatasetDamage, WithoutVerifyingAFlippedByteIsRefusedOrHarmless) {
  for (const std::string name : kFiles) {
    const std::string whole = read(name);
    for (size_t i = 0; i < whole.size(); i += 3) {
      std::string flipped = whole;
      flipped[i] = static_cast<char>(~flipped[i]);
      write(name, flipped);
      try {
        touch(open(false));
      } catch (const Error& error) {
        ASSERT_EQ(error.kind(), ErrorKind::kData) << name << ", byte " << i << ": " << error.what();
      }
    }
    write(name, whole);
  }
}

TEST_F(DatasetDamage, TruncatedAndMissingFilesAreRefused) {
  for (const std::string name : kFiles) {
    const std::string whole = read(name);
    for (size_t size = 0; size < whole.size(); size += 5) {
      write(name, whole.substr(0, size));
      ASSERT_EQ(error_of([&] { open(false); }).first, ErrorKind::kData) << name << " of " << size << " bytes";
    }
    std::filesystem::remove(folder_.path("out/" + name));
    EXPECT_EQ(error_of([&] { open(false); }).first, name == "manifest.json" ? ErrorKind::kNotFound : ErrorKind::kData) << name;
    write(name, whole);
  }
}

TEST_F(DatasetDamage, AStrangersFileIsFoundByVerifying) {
  write("notes.txt", "mine");
  EXPECT_EQ(error_of([&] { open(true); }).first, ErrorKind::kData);
}

}  // namespace
}  // namespace rechub
