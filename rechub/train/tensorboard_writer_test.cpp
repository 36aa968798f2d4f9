#include "rechub/train/tensorboard_writer.h"

#include <filesystem>
#include <fstream>
#include <iterator>

#include <gtest/gtest.h>
#include <unistd.h>

#include "rechub/base/error.h"

namespace rechub {
namespace {

TEST(Crc32c, MatchesThePublishedVectors) {
  EXPECT_EQ(crc32c("123456789"), 0xe3069283u);              // the check value of CRC-32C
  EXPECT_EQ(crc32c(std::string(32, '\0')), 0x8a9136aau);    // RFC 3720, B.4
  EXPECT_EQ(crc32c(std::string(32, '\xff')), 0x62a8ab43u);  // likewise
  EXPECT_EQ(crc32c(""), 0u);
}

// The content is judged by TensorBoard's own reader in tests/python/test_file_formats.py.
TEST(TensorboardWriter, EachScalarIsInTheFileAtOnce) {
  const std::string directory = testing::TempDir() + "tensorboard_writer_test_" + std::to_string(::getpid());
  std::filesystem::create_directories(directory);
  TensorboardWriter first(directory), second(directory);
  EXPECT_NE(first.path(), second.path());
  // 12 bytes of frame in front of each event and 4 behind; wall time 9, version 2 + 13.
  EXPECT_EQ(std::filesystem::file_size(first.path()), 16u + 24u);
  first.scalar("loss", 3, .5);
  // wall time 9, step 2, summary 2 + (value 2 + (tag 2 + 4, number 5)).
  EXPECT_EQ(std::filesystem::file_size(first.path()), 16u + 24u + 16u + 26u);
  std::filesystem::remove_all(directory);
  EXPECT_THROW(TensorboardWriter{directory}, Error);
}

}  // namespace
}  // namespace rechub
