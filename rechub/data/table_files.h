#pragma once

#include <string>
#include <utility>
#include <vector>

namespace rechub {

// One file of a table and the hive-style key=value folders between the directory that was named and the file, outermost first, percent-decoded.
struct TableFile {
  std::string path;  // or that of a table in memory (memory_table.h)
  std::vector<std::pair<std::string, std::string>> partition;
};

// The files that `paths` stand for, in order: a file itself; for a directory its files at any depth in name order, without names that begin with _ or . and without files of 0
// bytes. Throws kNotFound for a missing path, with the nearest name in its folder, and kData for a directory that holds no file.
std::vector<TableFile> list_table_files(const std::vector<std::string>& paths);

// What Spark and Hive write as the value of a missing key.
inline constexpr const char* kHiveNull = "__HIVE_DEFAULT_PARTITION__";

}  // namespace rechub
