#pragma once

#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

namespace rechub {

// DIRECTORY/manifest.json, by which a directory is known and damage to it is found:
//
//     {"checksum": "...", "files": {"weights.safetensors": {"bytes": 1234, "checksum": "..."}, ...}, "format": "rechub-bundle", "version": 1}
//
// `files` has every file below the directory but the manifest itself, whose own checksum is that of its other members. Bundles and checkpoints have one.

// Writes the manifest of what is there now. Throws kData naming the file that cannot be read or written.
void write_manifest(const std::string& directory, const std::string& format, int version);

// Records one file that was added or changed, or takes one out, and leaves what is known of the others as it is: damage to them stays damage. Throws as check_manifest does for the
// manifest itself.
void add_to_manifest(const std::string& directory, const std::string& name);
void remove_from_manifest(const std::string& directory, const std::string& name);

// Throws kNotFound where there is no manifest, and kData where it is of another format or a newer version, where it was changed, and where a file it names is missing, truncated or
// (with verify_bytes, which reads every byte) changed. The message names the file. Files it does not name are no fault. Returns the manifest.
nlohmann::json check_manifest(const std::string& directory, const std::string& format, int version, bool verify_bytes);

// One line for every file that check_manifest with verify_bytes would refuse; it names the first alone. Throws as that does for the manifest itself.
std::vector<std::string> damaged_files(const std::string& directory, const std::string& format, int version);

// check_manifest for a manifest's text, the part that needs no directory.
nlohmann::json parse_manifest(const std::string& text, const std::string& path, const std::string& format, int version);

}  // namespace rechub
