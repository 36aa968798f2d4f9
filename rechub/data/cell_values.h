#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace arrow {
class Array;
}

namespace rechub {

enum class CellKind {
  kNothing,  // every cell is null
  kText,
  kInteger,
  kUnsigned,  // 64 bits
  kReal,
  kBool,
  kTime,
};

// The cells of an Arrow column in one plain form for each kind of type. Only the vector of the kind is filled, with one entry a row; what it holds where a cell is null has no
// meaning.
struct CellValues {
  CellKind kind = CellKind::kNothing;
  std::vector<bool> is_null;            // empty: no cell is null
  std::vector<std::string_view> texts;  // kText; into the column or `printed`
  std::vector<int64_t> integers;        // kInteger, kUnsigned (its bits), kBool (0, 1), kTime (seconds since 1970, rounded down)
  std::vector<double> reals;            // kReal
  std::deque<std::string> printed;      // texts of types that hold none (decimals)
};

// Nothing for a type without a single value a cell (list, struct, time of day, ...). Dictionaries are resolved. Views live as long as `column`.
std::optional<CellValues> load_cell_values(const arrow::Array& column);

}  // namespace rechub
