#include "rechub/data/raw_id.h"

#include <gtest/gtest.h>

#include "rechub/base/error.h"

namespace rechub {
namespace {

using nlohmann::json;

TEST(RawId, IsATextOrAWholeNumberHoweverJsonWritesIt) {
  EXPECT_EQ(raw_id("10.0", "x"), "10.0");
  for (const char* text : {"10", "10.0", "1e1", "100e-1"}) EXPECT_EQ(raw_id(json::parse(text), "x"), "10") << text;
  EXPECT_EQ(raw_id(json::parse("-0.0"), "x"), "0");
  EXPECT_EQ(raw_id(json::parse("18446744073709551615"), "x"), "18446744073709551615");
  EXPECT_EQ(raw_id(json::parse("-9223372036854775808"), "x"), "-9223372036854775808");
}

TEST(RawId, RefusesWhatIsNeither) {
  for (const char* text : {"10.5", "1e300", "18446744073709551616", "true", "null", "[]", "{}"}) {
    try {
      raw_id(json::parse(text), "there");
      FAIL() << text;
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::kData);
      EXPECT_TRUE(std::string(error.what()).starts_with("there: an id must be")) << error.what();
    }
  }
}

}  // namespace
}  // namespace rechub
