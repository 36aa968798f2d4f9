#include "rechub/data/dataset_files.h"

#include <algorithm>

#include "rechub/base/error.h"
#include "rechub/data/manifest.h"

namespace rechub {

bool is_dataset(const std::string& directory) { return has_manifest(directory, kDatasetFormat); }

std::string plain_file_name(const std::string& folder, const std::string& name, size_t place) {
  const auto is_plain = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-'; };
  const bool all_plain = std::all_of(name.begin(), name.end(), is_plain) && !name.empty() && name.size() < 100;
  return all_plain ? fmt::format("{}/{}.arrow", folder, name) : fmt::format("{}/other.{}.arrow", folder, place);
}

}  // namespace rechub
