#pragma once

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

namespace rechub {

// The manifest of a data set: what describes it and, under "files", size and checksum of every file beside it. Its last member is its own checksum (of its text with 16 zeros in
// that place), so that no byte of a data set can change unnoticed.

// Adds format, version, files and checksum to `manifest` and writes it to `directory`, which holds all other files already.
void write_manifest(const std::string& directory, nlohmann::ordered_json manifest);

// Throws kNotFound where there is no manifest, kData for one that is not ours or of another version, for its own checksum, and for files that are missing or have another size;
// with `verify` also for files with another checksum and for files that it does not name.
nlohmann::json read_manifest(const std::string& directory, bool verify);

// One line for every file that read_manifest with `verify` would refuse; it names the first alone. Throws as that does for the manifest itself.
std::vector<std::string> damage_of_dataset(const std::string& directory);

// FOLDER/NAME.arrow where every file system takes the name, else FOLDER/other.PLACE.arrow, which is no other's name.
std::string plain_file_name(const std::string& folder, const std::string& name, size_t place);

// The name of a feature's column in events.arrow, users.arrow and items.arrow, apart from our own columns.
inline std::string feature_column_name(const std::string& feature) { return "feature." + feature; }

bool is_dataset(const std::string& directory);  // whether it holds the manifest of a data set, of any version

}  // namespace rechub
