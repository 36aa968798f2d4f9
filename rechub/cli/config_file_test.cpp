#include "rechub/cli/config_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "rechub/base/error.h"

namespace rechub::cli {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

std::string error_of(const std::string& text) {
  try {
    parse_config(text, "c.toml");
    return "";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kUsage);
    return error.what();
  }
}

TEST(ConfigFile, GivesKeysInOrderOfLines) {
  const auto entries = parse_config("# a comment\n[train]\nout = \"b\"\nepochs = 20\n[model]\ndropout = 0.5\nsizes = [1, 2]\n", "c.toml");
  ASSERT_EQ(entries.size(), 4u);
  EXPECT_EQ(entries[0].section + "." + entries[0].key, "train.out");
  EXPECT_EQ(entries[0].value, "b");
  EXPECT_EQ(entries[0].line, 3);
  EXPECT_EQ(entries[1].value, 20);
  EXPECT_TRUE(entries[1].value.is_number_integer());
  EXPECT_EQ(entries[2].value, 0.5);
  EXPECT_EQ(entries[3].value, nlohmann::json({1, 2}));
  EXPECT_EQ(entries[3].line, 7);
}

TEST(ConfigFile, ErrorsNameTheLine) {
  EXPECT_THAT(error_of("[train]\nepochs = \n"), StartsWith("c.toml, line 2: not valid TOML: "));
  EXPECT_THAT(error_of("[train]\na = 1\na = 2\n"), StartsWith("c.toml, line 3: not valid TOML: "));
  EXPECT_EQ(error_of("epochs = 3\n"), "c.toml, line 1: \"epochs\" stands outside a section; write a line with its [section] above it");
  EXPECT_THAT(error_of("[train]\n\nday = 2024-01-01\n"), HasSubstr("c.toml, line 3: [train] day must be a number"));
  EXPECT_THAT(error_of("[train]\n[train.sub]\na = 1\n"), HasSubstr("[train] sub must be a number"));
  EXPECT_THAT(error_of("[train]\na = [[1], [{b = 1}]]\n"), HasSubstr("[train] a must be a number"));
  EXPECT_THAT(error_of("[train]\na = \"\xff\"\n"), HasSubstr("not valid TOML"));
}

// Under the sanitizer: letters of every block, where a key, a value or the rest of a trimmed line may stand.
TEST(ConfigFile, LettersOutsideQuotesAreRefusedAndInsideKept) {
  for (const std::string letter : {"\u00fc", "\u0430", "\u3042", "\ufefd", "\u180f", "\u2030"}) {
    EXPECT_THAT(error_of("[train]\n" + letter + " = 1\n"), StartsWith("c.toml, line 2: not valid TOML: "));
    EXPECT_THAT(error_of("[train]\na = " + letter + "\n"), HasSubstr("not valid TOML"));
    EXPECT_THAT(error_of("[tr" + letter + "]\n"), HasSubstr("not valid TOML"));
    EXPECT_EQ(parse_config("[train]\na = \"\"\"\\\n  " + letter + "\"\"\"\n", "c.toml")[0].value, letter);
  }
}

TEST(ConfigFile, AnEmptySectionIsKnownByItsName) {
  const auto entries = parse_config("[trian]\n", "c.toml");
  ASSERT_EQ(entries.size(), 1u);
  EXPECT_EQ(entries[0].section, "trian");
  EXPECT_EQ(entries[0].key, "");
}

}  // namespace
}  // namespace rechub::cli
