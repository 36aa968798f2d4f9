#include "rechub/data/vocabulary.h"

#include <filesystem>
#include <fstream>
#include <limits>
#include <map>
#include <utility>

#include <arrow/builder.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "rechub/base/error.h"
#include "rechub/base/random.h"
#include "rechub/data/arrow_file.h"
#include "rechub/data/string_hash.h"
#include "rechub/data/test_files.h"

namespace rechub {
namespace {

TEST(Vocabulary, NumbersValuesFromTwoInOrderOfAppearance) {
  Vocabulary vocabulary;
  EXPECT_EQ(vocabulary.rows(), 2);
  EXPECT_EQ(vocabulary.add(int64_t{50}), 2);
  EXPECT_EQ(vocabulary.add(int64_t{-3}), 3);
  EXPECT_EQ(vocabulary.add(int64_t{50}), 2);
  EXPECT_EQ(vocabulary.add("50"), 2);  // the number and its text are one value
  EXPECT_EQ(vocabulary.add("7"), 4);
  EXPECT_TRUE(vocabulary.is_integer());
  EXPECT_EQ(vocabulary.size(), 3);
  EXPECT_EQ(vocabulary.rows(), 5);
  EXPECT_EQ(vocabulary.find(int64_t{7}), 4);
  EXPECT_EQ(vocabulary.find("8"), kUnknownIndex);
  EXPECT_EQ(vocabulary.integer(3), -3);
  EXPECT_EQ(vocabulary.text(3), "-3");
}

TEST(Vocabulary, KeepsTheSpellingOfWhatIsNotACanonicalNumber) {
  for (const char* spelling : {"007", "1.0", "+1", "-0", "", "-", " 1", "1e3", "9223372036854775808", "-9223372036854775809", "abc"}) {
    Vocabulary vocabulary;
    vocabulary.add(int64_t{7});
    vocabulary.add(int64_t{1});
    EXPECT_EQ(vocabulary.find(spelling), kUnknownIndex) << spelling;
    EXPECT_EQ(vocabulary.add(spelling), 4) << spelling;
    EXPECT_FALSE(vocabulary.is_integer()) << spelling;
    EXPECT_EQ(vocabulary.text(4), spelling);
    EXPECT_EQ(vocabulary.text(2), "7");
    EXPECT_EQ(vocabulary.find(int64_t{1}), 3);
    EXPECT_EQ(vocabulary.add("7"), 2);
    EXPECT_EQ(vocabulary.integer(2), std::nullopt);
  }
}

TEST(Vocabulary, KeepsTheEndsOfTheIntegerRange) {
  const int64_t low = std::numeric_limits<int64_t>::min(), high = std::numeric_limits<int64_t>::max();
  Vocabulary vocabulary;
  vocabulary.add("9223372036854775807");
  vocabulary.add("-9223372036854775808");
  vocabulary.add(int64_t{0});
  vocabulary.add((int64_t{1} << 53) + 1);  // no double holds it
  EXPECT_TRUE(vocabulary.is_integer());
  EXPECT_EQ(vocabulary.integer(2), high);
  EXPECT_EQ(vocabulary.integer(3), low);
  EXPECT_EQ(vocabulary.find(int64_t{1} << 53), kUnknownIndex);
  EXPECT_EQ(vocabulary.find("9007199254740993"), 5);
}

TEST(Vocabulary, ReservedRowsHaveNoValueAndRowsBeyondAreRefused) {
  Vocabulary vocabulary;
  vocabulary.add("a");
  EXPECT_EQ(vocabulary.text(kPaddingIndex), "");
  EXPECT_EQ(vocabulary.text(kUnknownIndex), "");
  EXPECT_EQ(vocabulary.integer(kUnknownIndex), std::nullopt);
  EXPECT_EQ(error_of([&] { vocabulary.text(3); }), (std::pair{ErrorKind::kNotFound, std::string("index 3 is not in the vocabulary: it has the rows 0 to 2")}));
  EXPECT_EQ(error_of([&] { vocabulary.integer(-1); }).first, ErrorKind::kNotFound);
}

// Against std::map, through every growth of the index, with strings of each length that the hash treats apart.
TEST(Vocabulary, AgreesWithAMap) {
  Random random(5);
  for (const bool with_text : {false, true}) {
    Vocabulary vocabulary;
    std::map<std::string, int32_t> expected;
    for (int i = 0; i < 50000; ++i) {
      std::string value = std::to_string(static_cast<int64_t>(random.below(40000)) * (random.below(2) ? 1 : -1));
      if (with_text) value += std::string(random.below(20), 'x');
      const auto [entry, is_new] = expected.emplace(value, kFirstIndex + static_cast<int32_t>(expected.size()));
      ASSERT_EQ(vocabulary.add(value), entry->second) << value << is_new;
    }
    EXPECT_EQ(vocabulary.is_integer(), !with_text);
    for (const auto& [value, index] : expected) {
      ASSERT_EQ(vocabulary.find(value), index);
      ASSERT_EQ(vocabulary.text(index), value);
    }
  }
}

std::string word_bytes(uint64_t word) { return std::string(reinterpret_cast<const char*>(&word), sizeof word); }

// Sixteen bytes whose hash is that of the eight bytes of `word`: the second half makes the hash's state after it the one that `word` leads to.
std::string colliding_with(uint64_t word, uint64_t first_half) {
  const auto start = [](uint64_t size) { return size * kHashEnd + kHashFactor; };
  return word_bytes(first_half) + word_bytes(multiply_fold(start(16) ^ first_half, kHashFactor) ^ start(8) ^ word);
}

TEST(Vocabulary, TellsValuesOfOneHashApart) {
  Vocabulary vocabulary;
  std::vector<std::string> values = {word_bytes(0x1122334455667788)};
  for (const uint64_t first_half : {1, 2, 3}) values.push_back(colliding_with(0x1122334455667788, first_half));
  for (size_t i = 0; i < values.size(); ++i) {
    ASSERT_EQ(string_hash(values[i]), string_hash(values[0]));
    EXPECT_EQ(vocabulary.find(values[i]), kUnknownIndex);
    EXPECT_EQ(vocabulary.add(values[i]), kFirstIndex + static_cast<int32_t>(i));
  }
  for (size_t i = 0; i < values.size(); ++i) EXPECT_EQ(vocabulary.add(values[i]), kFirstIndex + static_cast<int32_t>(i));
  EXPECT_EQ(vocabulary.size(), 4);
}

TEST(Vocabulary, CopiesAndMovesStandAlone) {
  Vocabulary first;
  first.add("a");
  first.add("b");
  Vocabulary copy = first;
  copy.add("c");
  first.add("d");
  EXPECT_EQ(first.find("c"), kUnknownIndex);
  EXPECT_EQ(copy.find("d"), kUnknownIndex);
  Vocabulary moved = std::move(first);
  EXPECT_EQ(moved.find("d"), 4);
  first = copy;  // a moved-from vocabulary can be assigned to
  EXPECT_EQ(first.find("c"), 4);
}

TEST(VocabularyFile, GivesBackTheSameIndices) {
  TestFolder folder;
  const std::string path = folder.path("ids.arrow");
  Vocabulary empty, integers, strings;
  for (int64_t value = 1000; value > 0; --value) integers.add(value * value);
  for (const char* value : {"", "007", "7", "Käse", "a\nb", "\"q\""}) strings.add(value);
  for (const Vocabulary* vocabulary : {&empty, &integers, &strings}) {
    vocabulary->save(path);
    const Vocabulary loaded = Vocabulary::load(path);
    EXPECT_EQ(loaded.is_integer(), vocabulary->is_integer());
    ASSERT_EQ(loaded.rows(), vocabulary->rows());
    for (int32_t index = kFirstIndex; index < loaded.rows(); ++index) {
      EXPECT_EQ(loaded.text(index), vocabulary->text(index));
      EXPECT_EQ(loaded.find(vocabulary->text(index)), index);
    }
  }
}

TEST(VocabularyFile, RefusesMissingDamagedAndDoubledFiles) {
  TestFolder folder;
  EXPECT_EQ(error_of([&] { Vocabulary::load(folder.path("none.arrow")); }).first, ErrorKind::kNotFound);
  EXPECT_EQ(error_of([&] { Vocabulary::load(folder.write("text.arrow", "id\n1\n")); }).first, ErrorKind::kData);
  EXPECT_EQ(error_of([&] { Vocabulary().save(folder.path("no/such/folder.arrow")); }).first, ErrorKind::kData);

  const auto schema = arrow::schema({arrow::field("id", arrow::utf8())});
  arrow::StringBuilder builder;
  ASSERT_TRUE(builder.AppendValues({"a", "b", "a"}).ok());
  const auto ids = builder.Finish().ValueOrDie();
  ArrowFileWriter writer(folder.path("doubled.arrow"), schema);
  writer.write(*arrow::RecordBatch::Make(schema, 3, {ids}));
  writer.commit();
  EXPECT_THAT(error_of([&] { Vocabulary::load(folder.path("doubled.arrow")); }).second, testing::HasSubstr("value a of row 3 stands in row 1 already"));
}

TEST(VocabularyFile, EveryPrefixIsRefused) {
  TestFolder folder;
  Vocabulary vocabulary;
  for (const char* value : {"a", "b", "c"}) vocabulary.add(value);
  vocabulary.save(folder.path("ids.arrow"));
  const std::string bytes = folder.read("ids.arrow");
  for (size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_EQ(error_of([&] { Vocabulary::load(folder.write("cut.arrow", bytes.substr(0, size))); }).first, ErrorKind::kData) << size;
  }
}

}  // namespace
}  // namespace rechub
