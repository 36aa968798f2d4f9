#include "rechub/data/table_files.h"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <system_error>

#include "rechub/base/error.h"
#include "rechub/base/options.h"
#include "rechub/data/memory_table.h"

namespace rechub {
namespace {

namespace fs = std::filesystem;
using Partition = std::vector<std::pair<std::string, std::string>>;

std::string percent_decoded(const std::string& text) {
  std::string result;
  for (size_t i = 0; i < text.size(); ++i) {
    unsigned value = 0;
    const bool is_code = text[i] == '%' && i + 2 < text.size() && std::from_chars(&text[i + 1], &text[i + 3], value, 16).ptr == &text[i + 3];
    result += is_code ? static_cast<char>(value) : text[i];
    if (is_code) i += 2;
  }
  return result;
}

[[noreturn]] void fail_missing(const fs::path& path) {
  std::error_code ignored;
  const fs::path folder = path.has_parent_path() ? path.parent_path() : fs::path(".");
  check(fs::is_directory(folder, ignored), ErrorKind::kNotFound, "{}: no such file, and no folder {}", path.string(), folder.string());
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(folder, ignored)) names.push_back(entry.path().filename().string());
  std::sort(names.begin(), names.end());
  const std::string nearest = nearest_name(path.filename().string(), names);
  check(!nearest.empty(), ErrorKind::kNotFound, "{}: no such file", path.string());
  fail(ErrorKind::kNotFound, "{}: no such file; did you mean {}?", path.string(), (path.has_parent_path() ? folder / nearest : fs::path(nearest)).string());
}

void list_directory(const fs::path& directory, const Partition& partition, std::vector<TableFile>& files) {
  std::vector<fs::path> entries;
  std::error_code error;
  for (auto entry = fs::directory_iterator(directory, error); !error && entry != fs::directory_iterator(); entry.increment(error)) entries.push_back(entry->path());
  check(!error, ErrorKind::kData, "cannot read the directory {}: {}", directory.string(), error.message());
  std::sort(entries.begin(), entries.end());
  for (const fs::path& entry : entries) {
    const std::string name = entry.filename().string();
    const size_t equals = name.find('=');
    const bool is_folder = fs::is_directory(entry, error);
    const bool is_key = is_folder && equals != std::string::npos && equals > 0;
    if (name[0] == '.' || (name[0] == '_' && !is_key)) continue;
    if (is_folder) {
      Partition inner = partition;
      if (is_key) inner.emplace_back(percent_decoded(name.substr(0, equals)), percent_decoded(name.substr(equals + 1)));
      list_directory(entry, inner, files);
    } else if (fs::file_size(entry, error) > 0) {
      files.push_back({entry.string(), partition});
    }
  }
}

}  // namespace

std::vector<TableFile> list_table_files(const std::vector<std::string>& paths) {
  check(!paths.empty(), ErrorKind::kUsage, "at least one file of rows is needed");
  std::vector<TableFile> files;
  for (const std::string& path : paths) {
    if (is_memory_table(path)) {
      files.push_back({path, {}});
      continue;
    }
    std::error_code error;
    const fs::file_status status = fs::status(path, error);
    if (!fs::exists(status)) fail_missing(path);
    if (!fs::is_directory(status)) {
      files.push_back({path, {}});
      continue;
    }
    const size_t before = files.size();
    list_directory(path, {}, files);
    check(files.size() > before, ErrorKind::kData, "{}: the directory holds no file of rows (names that begin with _ or . and files of 0 bytes are not read)", path);
  }
  return files;
}

}  // namespace rechub
