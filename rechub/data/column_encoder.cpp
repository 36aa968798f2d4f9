#include "rechub/data/column_encoder.h"

#include <cmath>
#include <limits>

#include <arrow/record_batch.h>
#include <arrow/type.h>

#include "rechub/base/error.h"
#include "rechub/data/trigrams.h"

namespace rechub {

void ColumnEncoder::start_batch(TableReader& reader, const arrow::RecordBatch& batch) {
  reader_ = &reader;
  const int column = batch.schema()->GetFieldIndex(plan_.column);
  const bool is_list = (spec().kind == FeatureKind::kMulti && spec().encoding == "value") || is_vector_;
  if (is_list) {
    lists_ = std::make_unique<ListCells>(reader, batch, column, spec().separator);
  } else {
    cells_ = std::make_unique<Cells>(reader, batch, column);
  }
}

bool ColumnEncoder::read(int64_t row) {
  codes_.clear();
  numbers_.clear();
  if (spec().encoding == "trigrams") return read_trigrams(row);
  if (spec().encoding == "buckets") return read_number(row);
  switch (spec().kind) {
    case FeatureKind::kSparse:
      return read_value(row);
    case FeatureKind::kMulti:
      return read_values(row);
    case FeatureKind::kDense:
      return is_vector_ ? read_vector(row) : read_number(row);
  }
  return false;
}

bool ColumnEncoder::read_value(int64_t row) {
  if (cells_->is_missing(row)) return codes_.push_back(kUnknownIndex), true;
  if (cells_->is_integer()) {
    const auto number = cells_->integer(row);
    if (number) codes_.push_back(may_add_ ? space_->add(*number) : space_->find(*number));
    return number.has_value();
  }
  const auto text = cells_->text(row);
  if (text) codes_.push_back(code_of(*text));
  return text.has_value();
}

bool ColumnEncoder::read_values(int64_t row) {
  if (!lists_->texts(row, texts_)) return false;
  for (const std::string_view text : texts_) codes_.push_back(code_of(text));
  return true;
}

bool ColumnEncoder::read_trigrams(int64_t row) {
  const auto text = cells_->text(row);
  if (text) append_trigrams(*text, spec().rows - kFirstIndex, codes_);
  return text.has_value();
}

bool ColumnEncoder::read_number(int64_t row) {
  const auto number = cells_->number(row);
  if (!number) return false;
  const bool is_bucketed_or_present = is_bucketed() || !std::isnan(*number);
  check_present(is_bucketed_or_present, row);
  const auto value = static_cast<float>(*number);
  if (std::isinf(value)) {
    reader_->skip_bad_row(row, plan_.column, fmt::format("{} is beyond what a 32-bit float holds", *number));
    return false;
  }
  numbers_.push_back(std::isnan(value) && spec().missing == "zero" && !is_bucketed() ? 0.0F : value);
  return true;
}

// The first vector sets the width. A missing one stays empty: its mean is not known yet.
bool ColumnEncoder::read_vector(int64_t row) {
  if (lists_->is_missing(row)) return check_present(false, row), true;
  if (!lists_->numbers(row, numbers_)) return false;
  const auto width = static_cast<int64_t>(numbers_.size());
  if (plan_.spec.width == 0) plan_.spec.width = width;
  check(width == spec().width && width > 0, ErrorKind::kData, "{}, column '{}': a vector of {} numbers, where {} are expected as in the rows before", reader_->where(row),
        plan_.column, width, spec().width);
  for (const float number : numbers_) {
    check(!std::isnan(number), ErrorKind::kData, "{}, column '{}': the vector holds NaN or an empty element; leave the whole vector out and say --missing mean or zero",
          reader_->where(row), plan_.column);
  }
  return true;
}

void ColumnEncoder::check_present(bool is_present, int64_t row) const {
  check(is_present || spec().missing != "refuse", ErrorKind::kData,
        "{}, column '{}': the value is missing (empty or NaN); --missing mean or --missing zero fills it, or missing = \"mean\" in [features.{}] of the features file",
        reader_->where(row), plan_.column, plan_.column);
}

}  // namespace rechub
