#include "rechub/base/json_file.h"

#include <cstdio>

#include <gtest/gtest.h>

#include "rechub/base/error.h"

namespace rechub {
namespace {

using nlohmann::json;

std::string error_of(const std::string& text) {
  try {
    parse_json(text, "f.json");
    return "";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kData);
    return error.what();
  }
}

TEST(Json, RoundTripThroughAFile) {
  const std::string path = testing::TempDir() + "json_file_test.json";
  const json value = {{"id", int64_t{9007199254740993}}, {"name", "é"}, {"x", {1.5, nullptr, true}}};
  write_json(path, value);
  EXPECT_EQ(read_json(path), value);
  EXPECT_THROW(write_json(path, json("\xff")), Error);
  EXPECT_EQ(read_json(path), value);  // the old file is still there
  std::remove(path.c_str());
}

TEST(Json, ErrorsNameThePlace) {
  EXPECT_EQ(error_of("{\n  \"a\": 1,\n  b\n}"), "f.json: not valid JSON at line 3, column 3");
  EXPECT_EQ(error_of(""), "f.json: not valid JSON at line 1, column 1");
  EXPECT_EQ(error_of("{\"a\": 1, \"b\": {\"a\": 2}, \"a\": 3}"), "f.json: \"a\" stands twice in one object");
  EXPECT_EQ(error_of("[1e999]"), "f.json: not valid JSON: a number is out of range");
  EXPECT_EQ(error_of(std::string(100000, '[')), "f.json: nested deeper than 100 levels");
  EXPECT_EQ(error_of("[{}, {\"a\": [{\"a\": 1}]}]"), "");
}

TEST(Json, FieldsAreChecked) {
  const json value = {{"n", 3}, {"s", "x"}, {"big", uint64_t{1} << 63}};
  EXPECT_EQ(json_field<int64_t>(value, "n", "f"), 3);
  EXPECT_EQ(json_field<double>(value, "n", "f"), 3.0);
  EXPECT_EQ(json_field<std::string>(value, "s", "f"), "x");
  EXPECT_THROW(json_field<int64_t>(value, "big", "f"), Error);
  EXPECT_THROW(json_field<bool>(json(3), "n", "f"), Error);
  try {
    json_field<int64_t>(value, "s", "f");
    FAIL();
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(), "f: \"s\" must be a whole number, found string");
  }
  try {
    json_field<int64_t>(value, "m", "f");
    FAIL();
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(), "f: \"m\" is missing");
  }
}

}  // namespace
}  // namespace rechub
