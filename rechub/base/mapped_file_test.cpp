#include "rechub/base/mapped_file.h"

#include <cstdio>
#include <limits>
#include <utility>

#include <gtest/gtest.h>

#include "rechub/base/atomic_file.h"

namespace rechub {
namespace {

class MappedFileTest : public testing::Test {
 protected:
  ~MappedFileTest() override { std::remove(path_.c_str()); }
  std::string path_ = testing::TempDir() + "mapped_file_test.bin";
};

TEST_F(MappedFileTest, GivesTheBytesAndKeepsThemThroughMoves) {
  write_file(path_, std::string("\1\0\0\0\2\0\0\0xyz", 11));
  MappedFile file = MappedFile::open(path_, 11);
  const std::span<const int32_t> values = file.array<int32_t>(0, 2);
  MappedFile moved;
  moved = std::move(file);
  EXPECT_EQ(values[0], 1);
  EXPECT_EQ(values[1], 2);
  EXPECT_EQ(moved.bytes().size(), 11u);
  EXPECT_EQ(moved.path(), path_);
}

TEST_F(MappedFileTest, RefusesWhatDoesNotFit) {
  write_file(path_, std::string(16, 'a'));
  const MappedFile file = MappedFile::open(path_);
  const size_t huge = std::numeric_limits<size_t>::max();
  EXPECT_EQ(file.array<int64_t>(16, 0).size(), 0u);
  EXPECT_THROW(file.array<int64_t>(8, 2), Error);
  EXPECT_THROW(file.array<int64_t>(0, huge / 8 + 2), Error);
  EXPECT_THROW(file.array<char>(17, 0), Error);
  EXPECT_THROW(file.array<char>(huge, 1), Error);
  EXPECT_THROW(file.array<int32_t>(2, 1), Error);  // not aligned
}

TEST_F(MappedFileTest, NamesTheSizeItExpected) {
  write_file(path_, "12345");
  try {
    MappedFile::open(path_, 7);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kData);
    EXPECT_EQ(std::string(error.what()), "cannot read " + path_ + ": it should have 7 bytes and has 5: it is truncated or was changed");
  }
}

TEST_F(MappedFileTest, EmptyMissingAndDirectory) {
  write_file(path_, "");
  EXPECT_TRUE(MappedFile::open(path_).bytes().empty());
  EXPECT_THROW(MappedFile::open(testing::TempDir()), Error);
  try {
    MappedFile::open(path_ + ".none");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kNotFound);
  }
}

}  // namespace
}  // namespace rechub
