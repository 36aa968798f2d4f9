#include "rechub/data/list_cells.h"

#include <charconv>
#include <cmath>
#include <limits>

#include <arrow/array.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>

#include "rechub/base/error.h"

namespace rechub {
namespace {

struct Range {
  int64_t begin = 0, end = 0;
};

Range range_of(const arrow::Array& lists, int64_t row) {
  switch (lists.type_id()) {
    case arrow::Type::LARGE_LIST: {
      const auto& typed = static_cast<const arrow::LargeListArray&>(lists);
      return {typed.value_offset(row), typed.value_offset(row) + typed.value_length(row)};
    }
    case arrow::Type::FIXED_SIZE_LIST: {
      const auto& typed = static_cast<const arrow::FixedSizeListArray&>(lists);
      return {typed.value_offset(row), typed.value_offset(row) + typed.value_length(row)};
    }
    default: {
      const auto& typed = static_cast<const arrow::ListArray&>(lists);
      return {typed.value_offset(row), typed.value_offset(row) + typed.value_length(row)};
    }
  }
}

std::shared_ptr<arrow::Array> elements_of(const arrow::Array& lists) {
  if (lists.type_id() == arrow::Type::LARGE_LIST) return static_cast<const arrow::LargeListArray&>(lists).values();
  if (lists.type_id() == arrow::Type::FIXED_SIZE_LIST) return static_cast<const arrow::FixedSizeListArray&>(lists).values();
  return static_cast<const arrow::ListArray&>(lists).values();
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

}  // namespace

void cut_text(std::string_view text, const std::string& separator, std::vector<std::string_view>& parts) {
  for (size_t begin = 0; begin <= text.size();) {
    const size_t end = std::min(text.find(separator, begin), text.size());
    const std::string_view part = trimmed(text.substr(begin, end - begin));
    if (!part.empty()) parts.push_back(part);
    begin = end + separator.size();
  }
}

// Stands in for the table's reader where the elements of lists are read: an element's row is its list's.
class ListCells::ElementReader : public TableReader {
 public:
  ElementReader(TableReader& reader, std::shared_ptr<arrow::Array> lists, std::string name) : reader_(reader), lists_(std::move(lists)), name_(std::move(name)) {}
  std::shared_ptr<arrow::Schema> schema() const override { return reader_.schema(); }
  void select(const std::vector<std::string>&) override { fail(ErrorKind::kInternal, "columns were selected while the cells of '{}' are read", name_); }
  std::shared_ptr<arrow::RecordBatch> next() override { return nullptr; }
  std::string where(int64_t element) const override { return reader_.where(row_of(element)); }
  int64_t num_rows_hint() const override { return -1; }
  int64_t num_bad_rows() const override { return reader_.num_bad_rows(); }
  void skip_bad_row(int64_t element, const std::string&, const std::string& reason) override { reader_.skip_bad_row(row_of(element), name_, reason); }

 private:
  int64_t row_of(int64_t element) const {
    int64_t row = 0;
    while (row + 1 < lists_->length() && (lists_->IsNull(row) || range_of(*lists_, row).end <= element)) ++row;
    return row;
  }
  TableReader& reader_;
  std::shared_ptr<arrow::Array> lists_;
  std::string name_;
};

bool ListCells::is_list(const arrow::DataType& type) { return type.id() == arrow::Type::LIST || type.id() == arrow::Type::LARGE_LIST || type.id() == arrow::Type::FIXED_SIZE_LIST; }

ListCells::ListCells(TableReader& reader, const arrow::RecordBatch& batch, int column, const std::string& separator)
    : reader_(reader), name_(batch.schema()->field(column)->name()), separator_(separator) {
  const auto array = batch.column(column);
  if (is_list(*array->type())) {
    lists_ = array;
    const auto elements = elements_of(*array);
    elements_ = arrow::RecordBatch::Make(arrow::schema({arrow::field(name_, elements->type())}), elements->length(), {elements});
    element_reader_ = std::make_unique<ElementReader>(reader, lists_, name_);
    element_cells_.emplace(*element_reader_, *elements_, 0);
    return;
  }
  check(!separator_.empty(), ErrorKind::kData, "{}: the column '{}' holds {}, no lists; say how its text is cut with separator = \"...\" in its [features.{}]", reader.where(0),
        name_, array->type()->ToString(), name_);
  cells_.emplace(reader, batch, column);
}

ListCells::~ListCells() = default;

bool ListCells::is_missing(int64_t row) const { return lists_ != nullptr ? lists_->IsNull(row) : cells_->is_missing(row); }

bool ListCells::texts(int64_t row, std::vector<std::string_view>& values) {
  values.clear();
  if (is_missing(row)) return true;
  if (lists_ == nullptr) {
    const auto text = cells_->text(row);
    if (text) cut_text(*text, separator_, values);
    return text.has_value();
  }
  const Range range = range_of(*lists_, row);
  for (int64_t element = range.begin; element < range.end; ++element) {
    const auto text = element_cells_->text(element);
    if (!text) return false;
    if (!text->empty()) values.push_back(*text);
  }
  return true;
}

bool ListCells::numbers(int64_t row, std::vector<float>& values) {
  values.clear();
  if (is_missing(row)) return true;
  if (lists_ != nullptr) {
    const Range range = range_of(*lists_, row);
    for (int64_t element = range.begin; element < range.end; ++element) {
      const auto number = element_cells_->number(element);
      if (!number) return false;
      values.push_back(static_cast<float>(*number));
    }
    return true;
  }
  const auto text = cells_->text(row);
  if (!text) return false;
  std::vector<std::string_view> parts;
  cut_text(*text, separator_, parts);
  for (const std::string_view part : parts) {
    float value = 0;
    const auto [end, error] = std::from_chars(part.data(), part.data() + part.size(), value);
    if (error != std::errc() || end != part.data() + part.size() || std::isinf(value)) {
      reader_.skip_bad_row(row, name_, fmt::format("expected numbers, found '{}'", part));
      return false;
    }
    values.push_back(value);
  }
  return true;
}

}  // namespace rechub
