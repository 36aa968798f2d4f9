#pragma once

#include <string>

namespace rechub {

// The format of a file (csv, tsv, parquet, inter, sequences, sessions) by its name, .gz taken off, and where that says nothing by its first line; "auto" for a table in
// memory, which needs none. Throws kUsage where it cannot
// tell: blank-separated ids are `sequences` or `sessions` only if the file's name says which.
std::string guess_format(const std::string& path);

// Throws kUsage for a format that TableOptions does not know, naming the nearest and all known ones.
void check_format(const std::string& format);

}  // namespace rechub
