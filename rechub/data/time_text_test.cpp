#include "rechub/data/time_text.h"

#include <gtest/gtest.h>

namespace rechub {
namespace {

// Expected values are those of `date -u -d TEXT +%s`.
TEST(ParseTime, DatesAndDateTimes) {
  EXPECT_EQ(parse_time("1970-01-01"), 0);
  EXPECT_EQ(parse_time("2014-07-23"), 1406073600);
  EXPECT_EQ(parse_time("2014-07-23 10:00:00"), 1406109600);
  EXPECT_EQ(parse_time("2014-07-23T10:00:00Z"), 1406109600);
  EXPECT_EQ(parse_time("2014-07-23T10:00"), 1406109600);
  EXPECT_EQ(parse_time("2014-07-23T10:00:00.999999"), 1406109600);
  EXPECT_EQ(parse_time("2014-07-23 10:00:00+02:00"), 1406102400);
  EXPECT_EQ(parse_time("2014-07-23T10:00:00.5-0530"), 1406129400);
  EXPECT_EQ(parse_time("2014-07-23T10:00:00+02"), 1406102400);
  EXPECT_EQ(parse_time("2012-02-29 23:59:59"), 1330559999);
  EXPECT_EQ(parse_time("1969-12-31 23:59:59"), -1);
}

TEST(ParseTime, NumbersAreKept) {
  EXPECT_EQ(parse_time("978300760"), 978300760);
  EXPECT_EQ(parse_time("-5"), -5);
  EXPECT_EQ(parse_time("20140723"), 20140723);
  EXPECT_EQ(parse_time("9007199254740993"), 9007199254740993);  // no double holds it
  EXPECT_EQ(parse_time("978300760.75"), 978300760);
  EXPECT_EQ(parse_time("-0.5"), -1);
  EXPECT_EQ(parse_time("1.5e9"), 1500000000);
}

TEST(ParseTime, EverythingElseIsNoTime) {
  for (const char* text : {"",
                           "x",
                           "nan",
                           "inf",
                           "1e300",
                           "2014-7-23",
                           "2014-13-01",
                           "2014-02-30",
                           "2014-00-10",
                           "2014-07-23x",
                           "2014-07-23 ",
                           "2014-07-23T",
                           "2014-07-23 10",
                           "2014-07-23 24:00",
                           "10:00:00",
                           "2014-07-23 10:60",
                           "2014-07-23 10:00:61",
                           "2014-07-23 10:00:00.",
                           "2014-07-23 10:00:00+",
                           "2014-07-23 10:00:00+25:00",
                           "2014-07-23 10:00:00 UTC",
                           "23/07/2014",
                           "2014-07-23 10:00:00Zx"}) {
    EXPECT_EQ(parse_time(text), std::nullopt) << text;
  }
}

TEST(ParseTime, EveryPrefixAndEveryBitFlipIsSafe) {
  const std::string text = "2014-07-23T10:00:00.25+02:00";
  for (size_t size = 0; size <= text.size(); ++size) parse_time(std::string_view(text).substr(0, size));
  for (size_t i = 0; i < text.size(); ++i) {
    for (int bit = 0; bit < 8; ++bit) {
      std::string flipped = text;
      flipped[i] = static_cast<char>(flipped[i] ^ (1 << bit));
      parse_time(flipped);
    }
  }
}

}  // namespace
}  // namespace rechub
