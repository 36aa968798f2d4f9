#include "rechub/base/json_options.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "rechub/base/error.h"

namespace rechub {
namespace {

struct Options {
  bool flag = false;
  int64_t count = 3;
  double rate = 0.5;
  std::string name = "a";
  std::vector<int64_t> dims = {1, 2};
  std::vector<std::string> names;
  void describe(OptionVisitor& visitor) {
    visitor.field("flag", flag, "");
    visitor.field("count", count, "");
    visitor.field("rate", rate, "");
    visitor.field("name", name, "");
    visitor.field("dims", dims, "");
    visitor.field("names", names, "");
  }
};

TEST(JsonOptions, RoundTrip) {
  Options options{true, int64_t{1} << 60, 1.5, "é", {}, {"x", "y"}}, read;
  const auto object = options_to_json([&](OptionVisitor& visitor) { options.describe(visitor); });
  options_from_json(nlohmann::json::parse(object.dump()), [&](OptionVisitor& visitor) { read.describe(visitor); });
  EXPECT_TRUE(read.flag);
  EXPECT_EQ(read.count, int64_t{1} << 60);
  EXPECT_EQ(read.rate, 1.5);
  EXPECT_EQ(read.name, "é");
  EXPECT_TRUE(read.dims.empty());
  EXPECT_EQ(read.names, (std::vector<std::string>{"x", "y"}));
}

TEST(JsonOptions, LeavesOtherFieldsAloneAndNamesABadOne) {
  Options options;
  const auto describe = [&](OptionVisitor& visitor) { options.describe(visitor); };
  options_from_json({{"count", 9}, {"unknown", 1}}, describe);
  EXPECT_EQ(options.count, 9);
  EXPECT_EQ(options.name, "a");
  try {
    options_from_json({{"dims", "wide"}}, describe);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kData);
    EXPECT_NE(std::string(error.what()).find("dims"), std::string::npos);
  }
}

}  // namespace
}  // namespace rechub
