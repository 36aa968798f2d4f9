#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace arrow::io {
class InputStream;
}

namespace rechub {

struct QuoteRules {
  char delimiter = ',';
  size_t num_columns = 0;
  size_t max_row_bytes = 0;  // of rows that span lines
};

// The rows of a CSV file behind its header, with every quote that swallows lines put right. A field that begins with a quote may span lines, so one stray quote would take all rows
// up to the next quote, or the end, into one field. A row of several lines is believed if it is no longer than max_row_bytes, has num_columns fields and each closing quote stands
// at its field's end; else its first line alone is bad and reading goes on behind it. Such a line comes out as one row of num_columns + 1 fields, so that Arrow, which counts the
// rows, reports it in its turn. Rows of one line are left to Arrow. Holds a few blocks as they are read, and max_row_bytes.
std::shared_ptr<arrow::io::InputStream> mend_open_quotes(std::shared_ptr<arrow::io::InputStream> rows, const QuoteRules& rules);

// The beginning of the bad line that `row` stands for; nothing if it is a row of the file.
std::optional<std::string> line_with_open_quote(std::string_view row, char delimiter);

}  // namespace rechub
