#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace rechub {

// The first line of a CSV or TSV file.
struct CsvHeader {
  char delimiter = ',';
  std::vector<std::string> names;  // unquoted; an unnamed column N (as pandas writes its index) is called column_N
  std::vector<std::string> types;  // RecBole's type of each column (token, float, token_seq, float_seq) where the header gives it as NAME:TYPE, else ""
  size_t size = 0;                 // bytes up to and including the line's end
};

struct CsvHeaderRules {
  char delimiter = 0;  // 0: the one of , ; tab | that occurs most often outside quotes
  bool has_quotes = true;
  bool strip_types = false;  // RecBole
};

// `head` is the beginning of the file. Throws kData where it holds no whole header, a name twice, text that is not UTF-8, or numbers only (then the header line is missing).
CsvHeader read_csv_header(std::string_view head, const CsvHeaderRules& rules, const std::string& path);

}  // namespace rechub
