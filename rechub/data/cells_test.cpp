#include "rechub/data/cells.h"

#include <cmath>
#include <limits>

#include <arrow/builder.h>
#include <arrow/record_batch.h>
#include <arrow/util/decimal.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "rechub/data/arrow_result.h"
#include "rechub/data/test_files.h"

namespace rechub {
namespace {

using testing::HasSubstr;

// A reader of nothing that notes what is reported as bad.
class Notes : public TableReader {
 public:
  std::shared_ptr<arrow::Schema> schema() const override { return nullptr; }
  void select(const std::vector<std::string>&) override {}
  std::shared_ptr<arrow::RecordBatch> next() override { return nullptr; }
  std::string where(int64_t row) const override { return fmt::format("FILE, row {}", row + 1); }
  int64_t num_rows_hint() const override { return -1; }
  int64_t num_bad_rows() const override { return 0; }
  void skip_bad_row(int64_t row, const std::string& column, const std::string& reason) override { last = fmt::format("{}, column '{}': {}", where(row), column, reason); }
  std::string last;
};

std::shared_ptr<arrow::RecordBatch> batch_of(const std::shared_ptr<arrow::Array>& column) {
  return arrow::RecordBatch::Make(arrow::schema({arrow::field("c", column->type())}), column->length(), {column});
}

// `nothing` stands for a null.
template <class Builder, class Value>
std::shared_ptr<arrow::RecordBatch> batch_of(Builder& builder, const std::vector<std::optional<Value>>& values) {
  for (const auto& value : values) check_arrow(value ? builder.Append(*value) : builder.AppendNull(), "test");
  return batch_of(builder.Finish().ValueOrDie());
}

std::shared_ptr<arrow::RecordBatch> texts(const std::vector<std::optional<std::string>>& values) {
  arrow::StringBuilder builder;
  return batch_of(builder, values);
}

std::shared_ptr<arrow::RecordBatch> timestamps(arrow::TimeUnit::type unit, const std::vector<std::optional<int64_t>>& values) {
  arrow::TimestampBuilder builder(arrow::timestamp(unit, "UTC"), arrow::default_memory_pool());
  return batch_of(builder, values);
}

TEST(Cells, WholeNumbersAreExactAndNothingElseIsOne) {
  Notes notes;
  const auto batch = texts({"9007199254740993", "-9223372036854775808", " 7\t", "1.0", "1e3", "9223372036854775808", "", std::nullopt, "x"});
  Cells cells(notes, *batch, 0);
  EXPECT_EQ(cells.integer(0), 9007199254740993);
  EXPECT_EQ(cells.integer(1), std::numeric_limits<int64_t>::min());
  EXPECT_EQ(cells.integer(2), 7);
  for (const int64_t row : {3, 4, 5, 8}) {
    EXPECT_EQ(cells.integer(row), std::nullopt);
    EXPECT_EQ(notes.last, fmt::format("FILE, row {}, column 'c': expected a whole number, found '{}'", row + 1, *cells.text(row)));
  }
  for (const int64_t row : {6, 7}) {
    EXPECT_TRUE(cells.is_missing(row));
    EXPECT_EQ(cells.integer(row), std::nullopt);
    EXPECT_EQ(notes.last, fmt::format("FILE, row {}, column 'c': expected a whole number, but the cell is empty", row + 1));
  }
}

TEST(Cells, NumbersMayBeMissingButNotInfinite) {
  Notes notes;
  const auto batch = texts({"2.5", "-1e3", "", "NaN", "nan", std::nullopt, "inf", "1e999", "1,5", "12kg"});
  Cells cells(notes, *batch, 0);
  EXPECT_EQ(cells.number(0), 2.5);
  EXPECT_EQ(cells.number(1), -1000);
  for (int64_t row = 2; row <= 5; ++row) EXPECT_TRUE(std::isnan(cells.number(row).value())) << row;
  EXPECT_EQ(cells.number(6), std::nullopt);
  EXPECT_THAT(notes.last, HasSubstr("row 7, column 'c': expected a finite number, found 'inf'"));
  for (int64_t row = 7; row <= 9; ++row) EXPECT_EQ(cells.number(row), std::nullopt) << row;
  EXPECT_THAT(notes.last, HasSubstr("row 10, column 'c': expected a number, found '12kg'"));
}

TEST(Cells, TimesOfEveryKindAreSeconds) {
  Notes notes;
  Cells text(notes, *texts({"978300760", "978300760.9", "2014-07-23", "2014-07-23T10:00:00Z", "", "soon"}), 0);
  EXPECT_EQ(text.time(0), 978300760);
  EXPECT_EQ(text.time(1), 978300760);
  EXPECT_EQ(text.time(2), 1406073600);
  EXPECT_EQ(text.time(3), 1406109600);
  EXPECT_EQ(text.time(4), std::nullopt);
  EXPECT_EQ(text.time(5), std::nullopt);
  EXPECT_EQ(notes.last, "FILE, row 6, column 'c': expected a time (a number, 2014-07-23 or 2014-07-23 10:00:00), found 'soon'");

  const std::pair<arrow::TimeUnit::type, int64_t> units[] = {
      {arrow::TimeUnit::SECOND, 1}, {arrow::TimeUnit::MILLI, 1000}, {arrow::TimeUnit::MICRO, 1000000}, {arrow::TimeUnit::NANO, 1000000000}};
  for (const auto& [unit, scale] : units) {
    const auto batch = timestamps(unit, {1406109600 * scale + scale - 1, -1, std::nullopt});
    Cells cells(notes, *batch, 0);
    EXPECT_EQ(cells.time(0), 1406109600);
    EXPECT_EQ(cells.time(1), -1);  // rounded down: a part of a second before 1970
    EXPECT_EQ(cells.time(2), std::nullopt);
  }
  arrow::Date32Builder days;
  Cells dates(notes, *batch_of(days, std::vector<std::optional<int32_t>>{16274}), 0);
  EXPECT_EQ(dates.time(0), 1406073600);
  EXPECT_EQ(dates.text(0), "2014-07-23");
  arrow::DoubleBuilder reals;
  Cells seconds(notes, *batch_of(reals, std::vector<std::optional<double>>{978300760.9, -0.5, std::numeric_limits<double>::quiet_NaN(), 1e300}), 0);
  EXPECT_EQ(seconds.time(0), 978300760);
  EXPECT_EQ(seconds.time(1), -1);
  EXPECT_EQ(seconds.time(2), std::nullopt);
  EXPECT_EQ(seconds.time(3), std::nullopt);
}

template <class Builder, class Value>
void check_whole_type(Value low, Value high) {
  Notes notes;
  Builder builder;
  const auto batch = batch_of(builder, std::vector<std::optional<Value>>{low, high, std::nullopt});
  Cells cells(notes, *batch, 0);
  EXPECT_TRUE(cells.is_integer());
  cells.take_as_ids();
  EXPECT_EQ(cells.integer(0), static_cast<int64_t>(low));
  EXPECT_EQ(cells.integer(1), static_cast<int64_t>(high));
  EXPECT_EQ(cells.number(1), static_cast<double>(high));
  EXPECT_EQ(cells.time(1), static_cast<int64_t>(high));
  EXPECT_EQ(cells.text(1), std::to_string(high));
  EXPECT_TRUE(cells.is_missing(2));
  EXPECT_EQ(cells.text(2), "");
}

TEST(Cells, EveryWholeType) {
  check_whole_type<arrow::Int8Builder, int8_t>(-128, 127);
  check_whole_type<arrow::Int16Builder, int16_t>(-32768, 32767);
  check_whole_type<arrow::Int32Builder, int32_t>(std::numeric_limits<int32_t>::min(), std::numeric_limits<int32_t>::max());
  check_whole_type<arrow::Int64Builder, int64_t>(std::numeric_limits<int64_t>::min(), std::numeric_limits<int64_t>::max());
  check_whole_type<arrow::UInt8Builder, uint8_t>(0, 255);
  check_whole_type<arrow::UInt16Builder, uint16_t>(0, 65535);
  check_whole_type<arrow::UInt32Builder, uint32_t>(0, std::numeric_limits<uint32_t>::max());
  check_whole_type<arrow::UInt64Builder, uint64_t>(0, std::numeric_limits<int64_t>::max());
}

TEST(Cells, BeyondSignedNumbersAreTextOnly) {
  Notes notes;
  arrow::UInt64Builder builder;
  const auto batch = batch_of(builder, std::vector<std::optional<uint64_t>>{std::numeric_limits<uint64_t>::max()});
  Cells cells(notes, *batch, 0);
  EXPECT_EQ(cells.integer(0), std::nullopt);
  EXPECT_THAT(notes.last, HasSubstr("expected a whole number of 64 bits with sign, found '18446744073709551615'"));
  EXPECT_EQ(cells.time(0), std::nullopt);
  EXPECT_EQ(cells.text(0), "18446744073709551615");
  EXPECT_EQ(cells.number(0), 18446744073709551616.0);
}

TEST(Cells, BoolsRealsAndDecimals) {
  Notes notes;
  arrow::BooleanBuilder bools;
  const auto flags = batch_of(bools, std::vector<std::optional<bool>>{true, false, std::nullopt});
  Cells flag(notes, *flags, 0);
  EXPECT_EQ(flag.text(0), "true");
  EXPECT_EQ(flag.number(1), 0.0);
  EXPECT_TRUE(flag.is_missing(2));

  arrow::FloatBuilder floats;
  const auto reals = batch_of(floats, std::vector<std::optional<float>>{0.5f, std::numeric_limits<float>::infinity(), std::nullopt});
  Cells real(notes, *reals, 0);
  EXPECT_EQ(real.number(0), 0.5);
  EXPECT_EQ(real.number(1), std::nullopt);
  EXPECT_TRUE(std::isnan(real.number(2).value()));
  EXPECT_EQ(real.integer(0), std::nullopt);
  arrow::Decimal128Builder decimals(arrow::decimal128(10, 2));
  const auto prices = batch_of(decimals, std::vector<std::optional<arrow::Decimal128>>{arrow::Decimal128(1999), std::nullopt});
  Cells price(notes, *prices, 0);
  EXPECT_EQ(price.number(0), 19.99);
  EXPECT_TRUE(price.is_missing(1));
}

TEST(Cells, IdsAreTextOrWholeNumbers) {
  constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
  Notes notes;
  arrow::DoubleBuilder doubles;
  const auto whole = batch_of(doubles, std::vector<std::optional<double>>{7, kNan, std::nullopt, -0.0, 0x1p53 - 1});
  Cells ids(notes, *whole, 0);
  ids.take_as_ids();
  EXPECT_TRUE(ids.is_integer());
  EXPECT_EQ(ids.integer(0), 7);
  EXPECT_EQ(ids.text(0), "7");
  EXPECT_TRUE(ids.is_missing(1) && ids.is_missing(2));
  EXPECT_EQ(ids.integer(3), 0);
  EXPECT_EQ(ids.integer(4), 9007199254740991);

  const auto refusal = [&](const arrow::RecordBatch& batch) {
    const auto [kind, text] = error_of([&] { Cells(notes, batch, 0).take_as_ids(); });
    EXPECT_EQ(kind, ErrorKind::kData);
    return text;
  };
  EXPECT_EQ(refusal(*batch_of(doubles, std::vector<std::optional<double>>{1, 1.5})),
            "FILE, row 2, column 'c': 1.5 is no id, as ids are text or whole numbers (of double below 9007199254740992); cast the column to int64 or text, or name another one as "
            "the id");
  EXPECT_THAT(refusal(*batch_of(doubles, std::vector<std::optional<double>>{0x1p53})), HasSubstr("row 1, column 'c': 9007199254740992 is no id"));
  EXPECT_THAT(refusal(*batch_of(doubles, std::vector<std::optional<double>>{-std::numeric_limits<double>::infinity()})), HasSubstr("-inf is no id"));
  arrow::FloatBuilder floats;
  EXPECT_THAT(refusal(*batch_of(floats, std::vector<std::optional<float>>{1, 0x1p24f})), HasSubstr("row 2, column 'c': 16777216 is no id"));
  arrow::BooleanBuilder bools;
  EXPECT_THAT(refusal(*batch_of(bools, std::vector<std::optional<bool>>{true})), HasSubstr("it holds bool; ids are text or whole numbers"));
}

TEST(Cells, DictionariesReadLikeTheirValues) {
  Notes notes;
  arrow::StringDictionaryBuilder words;
  const auto text = batch_of(words, std::vector<std::optional<std::string>>{"b", "7", std::nullopt, "b"});
  Cells cells(notes, *text, 0);
  EXPECT_TRUE(cells.is_text());
  EXPECT_EQ(cells.text(0), "b");
  EXPECT_EQ(cells.text(3), "b");
  EXPECT_EQ(cells.integer(1), 7);
  EXPECT_TRUE(cells.is_missing(2));
  EXPECT_EQ(cells.text(2), "");

  arrow::DictionaryBuilder<arrow::Int64Type> numbers;
  const auto whole = batch_of(numbers, std::vector<std::optional<int64_t>>{5, std::nullopt, 5, -1});
  Cells integers(notes, *whole, 0);
  EXPECT_EQ(integers.integer(2), 5);
  EXPECT_EQ(integers.integer(3), -1);
  EXPECT_TRUE(integers.is_missing(1));

  arrow::StringDictionaryBuilder empty;
  const auto nulls = batch_of(empty, std::vector<std::optional<std::string>>{std::nullopt});
  Cells none(notes, *nulls, 0);
  EXPECT_EQ(none.text(0), "");
  EXPECT_TRUE(std::isnan(none.number(0).value()));
}

TEST(Cells, SlicedBatchesKeepTheirRows) {
  Notes notes;
  const auto batch = texts({"1", std::nullopt, "3", "4"})->Slice(1, 2);
  Cells cells(notes, *batch, 0);
  ASSERT_EQ(cells.size(), 2);
  EXPECT_TRUE(cells.is_missing(0));
  EXPECT_EQ(cells.integer(1), 3);
  arrow::StringDictionaryBuilder words;
  const auto sliced = batch_of(words, std::vector<std::optional<std::string>>{"a", "b", std::nullopt})->Slice(1, 2);
  Cells keys(notes, *sliced, 0);
  EXPECT_EQ(keys.text(0), "b");
  EXPECT_TRUE(keys.is_missing(1));
}

TEST(Cells, TextThatIsNotUtf8IsABadRow) {
  Notes notes;
  arrow::BinaryBuilder builder;
  const auto batch = batch_of(builder, std::vector<std::optional<std::string>>{"caf\xe9", "ok"});
  Cells cells(notes, *batch, 0);
  EXPECT_EQ(cells.text(0), std::nullopt);
  EXPECT_EQ(notes.last, "FILE, row 1, column 'c': expected UTF-8 text, found 'caf\\xe9'");
  EXPECT_EQ(cells.text(1), "ok");
}

TEST(Cells, ListsHaveNoSingleValue) {
  Notes notes;
  const auto values = std::make_shared<arrow::Int64Builder>();
  arrow::ListBuilder lists(arrow::default_memory_pool(), values);
  ASSERT_TRUE(lists.Append().ok() && values->Append(1).ok());
  const auto batch = batch_of(lists.Finish().ValueOrDie());
  EXPECT_EQ(error_of([&] { Cells(notes, *batch, 0); }).second, "FILE, row 1: the column 'c' holds list<item: int64>; one text, number or time a cell is expected");
}

}  // namespace
}  // namespace rechub
