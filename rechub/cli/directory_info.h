#pragma once

#include <string>

#include <nlohmann/json_fwd.hpp>

namespace rechub::cli {

// What `rechub info DIRECTORY` tells, from the JSON files of the directory alone: nothing large is read.
//   {"kind": "data set", "path", "bytes", "manifest": {...}}   or
//   {"kind": "bundle", "path", "bytes", "config": {...}, "metrics": {...}, "data": {the data set's manifest}}
// Throws kNotFound where the directory is neither, kData where it is damaged.
nlohmann::json describe_directory(const std::string& directory);

// The same for a person.
std::string directory_text(const nlohmann::json& description);

}  // namespace rechub::cli
