#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rechub/data/cells.h"
#include "rechub/data/table.h"

namespace arrow {
class DataType;
}

namespace rechub {

// The parts of a text between separators, blanks around them and empty ones left out.
void cut_text(std::string_view text, const std::string& separator, std::vector<std::string_view>& parts);

// A column whose cells are lists: Arrow lists of text or numbers, or text that is cut at a separator. As with Cells, a getter that returns false has reported the row as a bad one.
class ListCells {
 public:
  // `separator` cuts a text column. Throws kData for a column that is neither, naming it and its type.
  ListCells(TableReader& reader, const arrow::RecordBatch& batch, int column, const std::string& separator);
  ~ListCells();

  bool is_missing(int64_t row) const;
  bool texts(int64_t row, std::vector<std::string_view>& values);  // missing and empty elements are left out; views stay valid as long as the object
  bool numbers(int64_t row, std::vector<float>& values);           // a missing element is NaN

  static bool is_list(const arrow::DataType& type);

 private:
  class ElementReader;
  TableReader& reader_;
  std::string name_, separator_;
  std::optional<Cells> cells_;  // text to be cut
  std::shared_ptr<arrow::Array> lists_;
  std::shared_ptr<arrow::RecordBatch> elements_;  // of all lists, one column
  std::unique_ptr<ElementReader> element_reader_;
  std::optional<Cells> element_cells_;
};

}  // namespace rechub
