#pragma once

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

namespace rechub {

// DIRECTORY/manifest.json, by which a directory of ours is known and damage to it is found:
//
//     {"format": "rechub-bundle", "version": 2, ..., "files": {"weights.safetensors": {"size": 1234, "checksum": "..."}, ...}, "checksum": "..."}
//
// `files` has every file below the directory but the manifest, whose own checksum is that of its text with 16 zeros in that place: no byte can change unnoticed. Data sets,
// bundles, checkpoints and exports have one; a data set's also describes the data.

// Writes the manifest of what is there now, `members` between version and files. Throws kData naming the file that cannot be read or written.
void write_manifest(const std::string& directory, const std::string& format, int version, const nlohmann::ordered_json& members = nlohmann::ordered_json::object());

// Records one file that was added or changed, or takes one out, in a manifest of any format, and leaves what is known of the others as it is: damage to them stays damage. Throws
// kNotFound and kData as check_manifest does for the manifest itself, and kData for a file that cannot be read.
void add_to_manifest(const std::string& directory, const std::string& name);
void remove_from_manifest(const std::string& directory, const std::string& name);

// Throws kNotFound where there is no manifest, and kData where it is of another format or version, where it was changed, and where a file it names is missing, truncated or (with
// verify_bytes, which reads every byte) changed. The message names the file. Files it does not name are no fault. Returns the manifest.
nlohmann::json check_manifest(const std::string& directory, const std::string& format, int version, bool verify_bytes);

// Whether the directory has a manifest of that format, of any version and whole or not: it is ours, and may be replaced.
bool has_manifest(const std::string& directory, const std::string& format);

// Every file that check_manifest with verify_bytes would refuse (it names the first alone), with what is wrong. Throws as that does for the manifest itself.
struct DamagedFile {
  std::string name;   // below the directory
  std::string fault;  // a sentence with the whole path
};
std::vector<DamagedFile> damaged_files(const std::string& directory, const std::string& format, int version);

// check_manifest for a manifest's text, the part that needs no directory.
nlohmann::json parse_manifest(const std::string& text, const std::string& path, const std::string& format, int version);

// What stands for the checksum while it is computed, and `text`, a manifest that holds it, with the checksum in its place.
inline constexpr const char* kNoChecksum = "0000000000000000";
std::string sealed_manifest(std::string text);

}  // namespace rechub
