#include "rechub/matching/columns.h"

#include <cmath>
#include <limits>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "rechub/base/error.h"
#include "rechub/matching/column_reader.h"

namespace rechub::matching {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

using Lists = std::vector<std::vector<int64_t>>;

FeatureValues feature(FeatureKind kind, int64_t width = 1) {
  FeatureValues values;
  values.spec.name = "color";
  values.spec.kind = kind;
  values.spec.width = width;
  if (kind == FeatureKind::kMulti) values.offsets = {0};
  return values;
}

std::string message_of(const Column& column, FeatureValues values, int64_t vocab_size) {
  try {
    append_rows(column, vocab_size, values);
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

TEST(Columns, RowsAreCountedByWidthOrList) {
  EXPECT_EQ(Column(std::vector<int64_t>{1, 2, 3}).num_rows(), 3);
  EXPECT_EQ(Column(std::vector<float>{1, 2, 3, 4}, 2).num_rows(), 2);
  EXPECT_EQ(Column(Lists{{1}, {}, {2, 3}}).num_rows(), 3);
  EXPECT_THROW(Column(std::vector<float>{1, 2, 3}, 2), Error);
  const std::vector<int64_t> values = {1, 2}, falling = {0, 2, 1, 2}, beyond = {0, 3};
  EXPECT_THROW(Column::view_lists(std::span(values), falling, nullptr), Error);
  EXPECT_THROW(Column::view_lists(std::span(values), beyond, nullptr), Error);
}

TEST(Columns, AViewIsNoCopy) {
  const std::vector<int64_t> values = {1, 2};
  const Column column = Column::view(std::span(values), 1, nullptr);
  EXPECT_EQ(std::get<std::span<const int64_t>>(column.values()).data(), values.data());
}

TEST(Columns, AllNeedTheSameRows) {
  const Columns columns = {{"age", Column(std::vector<float>{1, 2})}, {"user", Column(std::vector<int64_t>{1, 2, 3})}};
  try {
    count_rows(columns, "x");
    FAIL();
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("'age' has 2 and 'user' has 3"));
  }
}

TEST(ColumnReader, IdsAreRowsOfTheVocabulary) {
  FeatureValues values = feature(FeatureKind::kSparse);
  append_rows(Column(std::vector<int32_t>{0, 2, 1}), 3, values);
  append_rows(Column(std::vector<double>{2.0}), 3, values);
  EXPECT_THAT(values.codes, ElementsAre(2, 4, 3, 4));
}

TEST(ColumnReader, BadIdsNameFeatureRowAndValue) {
  EXPECT_THAT(message_of(Column(std::vector<int64_t>{0, 3}), feature(FeatureKind::kSparse), 3), HasSubstr("color, row 1: the id 3 is not in 0 to 2"));
  EXPECT_THAT(message_of(Column(std::vector<int64_t>{-1}), feature(FeatureKind::kSparse), 3), HasSubstr("color, row 0: the id -1"));
  EXPECT_THAT(message_of(Column(std::vector<double>{1, 0.5}), feature(FeatureKind::kSparse), 3), HasSubstr("color, row 1: expected a whole number, got 0.5"));
  EXPECT_THAT(message_of(Column(std::vector<double>{std::numeric_limits<double>::quiet_NaN()}), feature(FeatureKind::kSparse), 3), HasSubstr("row 0: expected a whole number"));
  EXPECT_THAT(message_of(Column(Lists{{1}}), feature(FeatureKind::kSparse), 3), HasSubstr("expected one id a row, got lists"));
}

TEST(ColumnReader, PaddingIsTakenOffBothEnds) {
  FeatureValues padded = feature(FeatureKind::kMulti), lists = feature(FeatureKind::kMulti);
  append_rows(Column(std::vector<int64_t>{0, 0, 5, 7, 5, 0, 0, 0, 0}, 3), 9, padded);
  append_rows(Column(Lists{{5}, {7, 5}, {}}), 9, lists);
  EXPECT_THAT(padded.codes, ElementsAre(7, 9, 7));
  EXPECT_THAT(padded.offsets, ElementsAre(0, 1, 3, 3));
  EXPECT_EQ(padded.codes, lists.codes);
  EXPECT_EQ(padded.offsets, lists.offsets);
}

TEST(ColumnReader, PaddingInsideAListIsRefused) {
  EXPECT_THAT(message_of(Column(std::vector<int64_t>{1, 2, 3, 4, 0, 6}, 3), feature(FeatureKind::kMulti), 9), HasSubstr("color, row 1: 0 stands inside the list, at position 1"));
}

TEST(ColumnReader, NumbersAreFiniteAndAsWideAsTheFeature) {
  FeatureValues values = feature(FeatureKind::kDense, 2);
  append_rows(Column(std::vector<int64_t>{1, 2, 3, 4}, 2), 0, values);
  EXPECT_THAT(values.values, ElementsAre(1, 2, 3, 4));
  EXPECT_THAT(message_of(Column(std::vector<float>{1, 2}), feature(FeatureKind::kDense, 2), 0), HasSubstr("expected 2 numbers a row"));
  EXPECT_THAT(message_of(Column(std::vector<float>{1, NAN}), feature(FeatureKind::kDense), 0), HasSubstr("color, row 1: nan is not a finite number"));
}

TEST(ColumnReader, AMissingColumnNamesTheNearest) {
  const Columns columns = {{"colour", Column(std::vector<int64_t>{1})}};
  try {
    find_column(columns, "color", "x");
    FAIL();
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("did you mean 'colour'?"));
  }
}

}  // namespace
}  // namespace rechub::matching
