#include "rechub/data/dataset_files.h"

#include <algorithm>
#include <filesystem>

#include "rechub/base/error.h"
#include "rechub/base/json_file.h"

namespace rechub {

bool is_dataset(const std::string& directory) {
  const std::string path = directory + "/manifest.json";
  if (!std::filesystem::exists(path)) return false;
  try {
    const nlohmann::json manifest = read_json(path);
    return manifest.is_object() && manifest.value("format", nlohmann::json()) == kDatasetFormat;
  } catch (const Error&) {
    return false;
  }
}

std::string plain_file_name(const std::string& folder, const std::string& name, size_t place) {
  const auto is_plain = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-'; };
  const bool all_plain = std::all_of(name.begin(), name.end(), is_plain) && !name.empty() && name.size() < 100;
  return all_plain ? fmt::format("{}/{}.arrow", folder, name) : fmt::format("{}/other.{}.arrow", folder, place);
}

}  // namespace rechub
