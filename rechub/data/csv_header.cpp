#include "rechub/data/csv_header.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <set>

#include <fmt/ranges.h>

#include "rechub/base/error.h"
#include "rechub/data/text_input.h"

namespace rechub {
namespace {

constexpr std::string_view kDelimiters = ",\t;|";

bool is_line_end(char c) { return c == '\n' || c == '\r'; }

// Bytes of the first row, its end not counted; quotes hide line ends and delimiters.
size_t row_size(std::string_view text, bool has_quotes) {
  bool is_quoted = false;
  for (size_t i = 0; i < text.size(); ++i) {
    if (has_quotes && text[i] == '"') is_quoted = !is_quoted;
    if (!is_quoted && is_line_end(text[i])) return i;
  }
  return is_quoted ? std::string_view::npos : text.size();
}

char guess_delimiter(std::string_view row, bool has_quotes) {
  std::array<int, kDelimiters.size()> counts{};
  bool is_quoted = false;
  for (const char c : row) {
    if (has_quotes && c == '"') is_quoted = !is_quoted;
    const size_t which = kDelimiters.find(c);
    if (!is_quoted && which != std::string_view::npos) ++counts[which];
  }
  return kDelimiters[static_cast<size_t>(std::max_element(counts.begin(), counts.end()) - counts.begin())];
}

std::vector<std::string> split_row(std::string_view row, char delimiter, bool has_quotes) {
  std::vector<std::string> fields(1);
  bool is_quoted = false;
  for (size_t i = 0; i < row.size(); ++i) {
    const bool is_quote = has_quotes && row[i] == '"';
    if (is_quote && is_quoted && i + 1 < row.size() && row[i + 1] == '"') {
      fields.back() += row[i++];
    } else if (is_quote) {
      is_quoted = !is_quoted;
    } else if (row[i] == delimiter && !is_quoted) {
      fields.emplace_back();
    } else {
      fields.back() += row[i];
    }
  }
  return fields;
}

std::string trimmed(const std::string& text) {
  const size_t first = text.find_first_not_of(" \t");
  return first == std::string::npos ? "" : text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

bool is_number(const std::string& text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error != std::errc::invalid_argument && end == text.data() + text.size();
}

void strip_type(std::string& name, std::string& type, const std::string& path) {
  static const std::vector<std::string> known = {"token", "float", "token_seq", "float_seq"};
  const size_t colon = name.rfind(':');
  if (colon == std::string::npos) return;
  type = name.substr(colon + 1);
  check(std::find(known.begin(), known.end(), type) != known.end(), ErrorKind::kData, "{}: the type of the column '{}' is not known; RecBole's types are {}", path, name,
        fmt::join(known, ", "));
  name.resize(colon);
}

void check_names(const std::vector<std::string>& names, const std::string& path) {
  const bool all_numbers = std::all_of(names.begin(), names.end(), is_number);
  check(!all_numbers, ErrorKind::kData,
        "{}: the first line should name the columns but holds numbers only ({}); put a line of names above it, as \"user,item,timestamp\", or say what the file is with --format "
        "(sequences, sessions)",
        path, fmt::join(names, ", "));
  std::set<std::string> seen;
  for (const std::string& name : names) check(seen.insert(name).second, ErrorKind::kData, "{}: two columns are called '{}'; rename one", path, name);
}

}  // namespace

CsvHeader read_csv_header(std::string_view head, const CsvHeaderRules& rules, const std::string& path) {
  const size_t start = std::min(head.find_first_not_of("\r\n"), head.size());  // blank lines are skipped everywhere
  const size_t size = row_size(head.substr(start), rules.has_quotes);
  const bool is_whole = size != std::string_view::npos && (start + size < head.size() || static_cast<int64_t>(head.size()) < kTextHead);
  check(is_whole, ErrorKind::kData, "{}: the first line should name the columns, but it has no end within {} bytes: a quote is not closed, or this is no text", path, head.size());
  check(size > 0, ErrorKind::kData, "{}: the file holds blank lines only", path);
  const std::string_view row = head.substr(start, size);
  check(is_utf8(row), ErrorKind::kData, "{}: the line of column names is not UTF-8 text: {}", path, shown(row));

  CsvHeader header;
  header.delimiter = rules.delimiter != 0 ? rules.delimiter : guess_delimiter(row, rules.has_quotes);
  header.names = split_row(row, header.delimiter, rules.has_quotes);
  header.types.resize(header.names.size());
  for (size_t i = 0; i < header.names.size(); ++i) {
    header.names[i] = trimmed(header.names[i]);
    if (rules.strip_types) strip_type(header.names[i], header.types[i], path);
    if (header.names[i].empty()) header.names[i] = fmt::format("column_{}", i + 1);
  }
  check_names(header.names, path);
  header.size = start + size;
  while (header.size < head.size() && is_line_end(head[header.size])) ++header.size;
  return header;
}

}  // namespace rechub
