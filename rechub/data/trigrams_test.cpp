#include "rechub/data/trigrams.h"

#include <algorithm>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace rechub {
namespace {

using testing::ElementsAre;

TEST(Trigrams, AreThoseOfThePaper) { EXPECT_THAT(letter_trigrams("good"), ElementsAre("#go", "goo", "ood", "od#")); }

TEST(Trigrams, WordsAreRunsOfLettersAndDigitsInSmallLetters) {
  EXPECT_THAT(letter_trigrams("  Hi, R2-D! "), ElementsAre("#hi", "hi#", "#r2", "r2#", "#d#"));
  EXPECT_THAT(letter_trigrams(" .,"), ElementsAre());
  EXPECT_THAT(letter_trigrams(""), ElementsAre());
}

TEST(Trigrams, LettersAreCodePoints) { EXPECT_THAT(letter_trigrams("größe"), ElementsAre("#gr", "grö", "röß", "öße", "ße#")); }

TEST(Trigrams, EqualTrigramsHaveEqualCodesAndAllCodesAreBuckets) {
  std::vector<int32_t> codes;
  append_trigrams("good goods", 500, codes);
  ASSERT_EQ(codes.size(), 9U);
  EXPECT_EQ(codes[0], codes[4]) << "#go";
  EXPECT_EQ(codes[2], codes[6]) << "ood";
  EXPECT_NE(codes[3], codes[7]) << "od# and ods";
  EXPECT_TRUE(std::all_of(codes.begin(), codes.end(), [](int32_t code) { return code >= 2 && code < 502; }));
}

}  // namespace
}  // namespace rechub
