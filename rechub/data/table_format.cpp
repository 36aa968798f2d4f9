#include "rechub/data/table_format.h"

#include <algorithm>
#include <filesystem>
#include <vector>

#include <fmt/ranges.h>

#include "rechub/base/error.h"
#include "rechub/base/options.h"
#include "rechub/data/memory_table.h"
#include "rechub/data/text_input.h"

namespace rechub {
namespace {

struct Extension {
  const char* name;
  const char* format;
};

constexpr Extension kExtensions[] = {
    {".csv", "csv"}, {".tsv", "tsv"}, {".parquet", "parquet"}, {".pq", "parquet"}, {".inter", "inter"}, {".user", "inter"}, {".item", "inter"},
};

std::string lower(std::string text) {
  for (char& c : text) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return text;
}

bool has(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

std::string guess_by_content(const std::string& path) {
  const TextInput input = open_text(path);
  const std::string_view head = input.head;
  if (head.starts_with("PAR1")) return "parquet";
  const size_t begin = std::min(head.find_first_not_of("\r\n"), head.size());
  const std::string_view line = head.substr(begin, head.find_first_of("\r\n", begin) - begin);
  check(is_utf8(line.substr(0, line.find_last_of(" \t,;|"))), ErrorKind::kData, "{}: this is neither Parquet nor UTF-8 text; the first line is: {}", path, shown(line));
  if (has(line, ":token") || has(line, ":float")) return "inter";
  check(!has(line, "::"), ErrorKind::kUsage,
        "{}: the first line is separated by '::', which is not read; `sed 's/::/\\t/g'` makes a .tsv of it (the first line must name the columns)", path);
  if (has(line, ",") || has(line, ";") || has(line, "|") || has(line, "\t")) return "csv";
  const std::string name = lower(std::filesystem::path(path).filename().string());
  if (has(line, " ") && has(name, "sequence")) return "sequences";
  if (has(line, " ") && has(name, "session")) return "sessions";
  check(has(line, " "), ErrorKind::kUsage, "{}: cannot tell the format by the name or by the first line ({}); say it with --format csv, tsv, parquet, inter, sequences or sessions",
        path, shown(line));
  fail(ErrorKind::kUsage,
       "{}: the lines are separated by blanks; say --format sequences if each begins with the user (user item item ...), --format sessions if each holds items only", path);
}

}  // namespace

std::string guess_format(const std::string& path) {
  if (is_memory_table(path)) return "auto";
  std::filesystem::path name = lower(std::filesystem::path(path).filename().string());
  if (name.extension() == ".gz") name = name.stem();
  for (const Extension& known : kExtensions) {
    if (name.extension() == known.name) return known.format;
  }
  return guess_by_content(path);
}

void check_format(const std::string& format) {
  static const std::vector<std::string> known = {"auto", "csv", "tsv", "parquet", "inter", "sequences", "sessions"};
  if (std::find(known.begin(), known.end(), format) != known.end()) return;
  const std::string nearest = nearest_name(format, known);
  fail(ErrorKind::kUsage, "unknown format '{}'{}; the known ones are {}", format, nearest.empty() ? "" : fmt::format(" (did you mean {}?)", nearest), fmt::join(known, ", "));
}

}  // namespace rechub
