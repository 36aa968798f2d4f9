#include "rechub/base/checksum.h"

#include <cstdio>
#include <set>

#include <gtest/gtest.h>

#include "rechub/base/atomic_file.h"
#include "rechub/base/error.h"

namespace rechub {
namespace {

std::span<const std::byte> bytes_of(const std::string& text) { return std::as_bytes(std::span(text)); }

TEST(Checksum, MatchesThePublishedValues) {
  EXPECT_EQ(checksum_bytes({}), "2d06800538d394c2");                  // xxHash's specification: XXH3_64bits of nothing, seed 0
  EXPECT_EQ(checksum_bytes(bytes_of("xxhash")), "aa4c2b42ae6b13de");  // python: xxhash.xxh3_64_hexdigest("xxhash")
  EXPECT_EQ(checksum_value(bytes_of("xxhash")), 0xaa4c2b42ae6b13deu);
}

TEST(Checksum, PiecesGiveTheSameValue) {
  std::string text;
  for (int i = 0; i < 5000; ++i) text += static_cast<char>(i * 7);
  for (size_t piece : {1, 3, 64, 1000, 5000}) {
    Checksum checksum;
    for (size_t at = 0; at < text.size(); at += piece) checksum.update(bytes_of(text.substr(at, piece)));
    EXPECT_EQ(checksum.hex(), checksum_bytes(bytes_of(text))) << piece;
  }
}

TEST(Checksum, EveryFlippedBitChangesIt) {
  std::string text(300, 'a');
  std::set<std::string> seen = {checksum_bytes(bytes_of(text))};
  for (size_t bit = 0; bit < text.size() * 8; ++bit) {
    text[bit / 8] = static_cast<char>(text[bit / 8] ^ (1 << (bit % 8)));
    EXPECT_TRUE(seen.insert(checksum_bytes(bytes_of(text))).second) << bit;
    text[bit / 8] = static_cast<char>(text[bit / 8] ^ (1 << (bit % 8)));
  }
}

TEST(Checksum, OfAFile) {
  const std::string path = testing::TempDir() + "checksum_file.bin";
  const std::string text(3 * 1024 * 1024 + 17, 'q');
  write_file(path, text);
  EXPECT_EQ(checksum_file(path), checksum_bytes(bytes_of(text)));
  std::remove(path.c_str());
  try {
    checksum_file(path);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kNotFound);
  }
  EXPECT_THROW(checksum_file(testing::TempDir()), Error);  // a directory
}

}  // namespace
}  // namespace rechub
