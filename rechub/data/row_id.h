#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "rechub/data/cells.h"
#include "rechub/data/vocabulary.h"

namespace rechub {

// The id in a row, a number or a text; valid as long as its Cells.
struct RowId {
  bool is_number = false;
  int64_t number = 0;
  std::string_view text;

  int32_t add_to(Vocabulary& vocabulary) const { return is_number ? vocabulary.add(number) : vocabulary.add(text); }
  int32_t find_in(const Vocabulary& vocabulary) const { return is_number ? vocabulary.find(number) : vocabulary.find(text); }
  std::string spelling() const { return is_number ? std::to_string(number) : std::string(text); }
};

// Nothing where the id is empty or unreadable: the row was reported as a bad one.
inline std::optional<RowId> read_row_id(TableReader& reader, Cells& cells, int64_t row) {
  if (cells.is_missing(row)) {
    reader.skip_bad_row(row, cells.name(), "the id is empty");
    return std::nullopt;
  }
  if (cells.is_integer()) {
    const auto number = cells.integer(row);
    return number ? std::optional(RowId{true, *number, {}}) : std::nullopt;
  }
  const auto text = cells.text(row);
  return text ? std::optional(RowId{false, 0, *text}) : std::nullopt;
}

}  // namespace rechub
