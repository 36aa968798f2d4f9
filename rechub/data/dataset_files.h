#pragma once

#include <cstddef>
#include <string>

namespace rechub {

// Names in the directory of a data set (dataset.h).

inline constexpr const char* kDatasetFormat = "rechub-dataset";  // of its manifest (manifest.h)
inline constexpr int kDatasetVersion = 1;

bool is_dataset(const std::string& directory);  // whether it holds the manifest of a data set, of any version

// FOLDER/NAME.arrow where every file system takes the name, else FOLDER/other.PLACE.arrow, which is no other's name.
std::string plain_file_name(const std::string& folder, const std::string& name, size_t place);

// The name of a feature's column in events.arrow, users.arrow and items.arrow, apart from our own columns.
inline std::string feature_column_name(const std::string& feature) { return "feature." + feature; }

}  // namespace rechub
