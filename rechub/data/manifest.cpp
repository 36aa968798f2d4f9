#include "rechub/data/manifest.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <vector>

#include "rechub/base/atomic_file.h"
#include "rechub/base/checksum.h"
#include "rechub/base/error.h"
#include "rechub/base/json_file.h"

namespace rechub {
namespace {

namespace fs = std::filesystem;

constexpr const char* kFormat = "rechub-dataset";
constexpr int64_t kVersion = 1;
constexpr const char* kName = "manifest.json";
constexpr const char* kNoChecksum = "0000000000000000";
constexpr const char* kAgain = "the file is truncated or was changed; prepare the data again";

std::string path_of(const std::string& directory) { return directory + "/" + kName; }

// Relative names of all files but the manifest, sorted.
std::vector<std::string> list_files(const std::string& directory) {
  std::vector<std::string> names;
  for (const auto& entry : fs::recursive_directory_iterator(directory)) {
    const std::string name = fs::relative(entry.path(), directory).generic_string();
    if (entry.is_regular_file() && name != kName) names.push_back(name);
  }
  std::sort(names.begin(), names.end());
  return names;
}

std::string checksum_of_text(const std::string& text) { return checksum_bytes(std::as_bytes(std::span(text))); }

std::string read_text(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

void check_own_checksum(const std::string& path, const std::string& checksum) {
  std::string text = read_text(path);
  const size_t place = text.rfind(checksum);
  check(place != std::string::npos && checksum.size() == 16, ErrorKind::kData, "{}: the manifest has no valid checksum of itself: {}", path, kAgain);
  text.replace(place, checksum.size(), kNoChecksum);
  check(checksum_of_text(text) == checksum, ErrorKind::kData, "{}: the manifest's checksum of itself differs: {}", path, kAgain);
}

// What is wrong with a file; "" if nothing is.
std::string fault_of(const std::string& path, const nlohmann::json& entry, const std::string& source, bool verify) {
  std::error_code error;
  const auto size = static_cast<int64_t>(fs::file_size(path, error));
  if (error) return fmt::format("{}: the manifest names this file, but it cannot be found: {}", path, error.message());
  const auto expected = json_field<int64_t>(entry, "size", source);
  if (size != expected) return fmt::format("{}: the manifest says {} bytes, the file has {}: {}", path, expected, size, kAgain);
  if (!verify || checksum_file(path) == json_field<std::string>(entry, "checksum", source)) return "";
  return fmt::format("{}: the checksum differs from the manifest's: {}", path, kAgain);
}

// The manifest, if it is one of ours and says so of itself.
nlohmann::json read_alone(const std::string& directory) {
  const std::string path = path_of(directory);
  check(fs::exists(path), ErrorKind::kNotFound, "{}: not a prepared data set: there is no {} in it", directory, kName);
  nlohmann::json manifest = read_json(path);
  const bool is_ours = manifest.is_object() && manifest.value("format", nlohmann::json()) == kFormat;
  check(is_ours, ErrorKind::kData, "{}: not the manifest of a data set", path);
  const auto version = json_field<int64_t>(manifest, "version", path);
  check(version == kVersion, ErrorKind::kData, "{}: a data set of version {}, and this program reads version {}; prepare the data again", path, version, kVersion);
  check_own_checksum(path, json_field<std::string>(manifest, "checksum", path));
  return manifest;
}

std::vector<std::string> faults_of(const std::string& directory, const nlohmann::json& manifest, bool verify) {
  std::vector<std::string> faults;
  const auto files = json_field<nlohmann::json>(manifest, "files", path_of(directory));
  for (const auto& [name, entry] : files.items()) {
    std::string fault = fault_of(directory + "/" + name, entry, path_of(directory), verify);
    if (!fault.empty()) faults.push_back(std::move(fault));
  }
  if (!verify) return faults;
  for (const std::string& name : list_files(directory)) {
    if (!files.contains(name)) faults.push_back(fmt::format("{}/{}: this file is not named in the manifest; remove it or prepare the data again", directory, name));
  }
  return faults;
}

}  // namespace

void write_manifest(const std::string& directory, nlohmann::ordered_json manifest) {
  nlohmann::ordered_json whole = {{"format", kFormat}, {"version", kVersion}};
  whole.update(manifest);
  nlohmann::ordered_json files = nlohmann::ordered_json::object();
  for (const std::string& name : list_files(directory)) {
    const std::string path = directory + "/" + name;
    files[name] = {{"size", fs::file_size(path)}, {"checksum", checksum_file(path)}};
  }
  whole["files"] = files;
  whole["checksum"] = kNoChecksum;
  std::string text = whole.dump(2) + "\n";
  text.replace(text.rfind(kNoChecksum), 16, checksum_of_text(text));
  write_file(path_of(directory), text);
}

nlohmann::json read_manifest(const std::string& directory, bool verify) {
  nlohmann::json manifest = read_alone(directory);
  const std::vector<std::string> faults = faults_of(directory, manifest, verify);
  check(faults.empty(), ErrorKind::kData, "{}", faults.empty() ? "" : faults[0]);
  return manifest;
}

std::vector<std::string> damage_of_dataset(const std::string& directory) { return faults_of(directory, read_alone(directory), true); }

std::string plain_file_name(const std::string& folder, const std::string& name, size_t place) {
  const auto is_plain = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-'; };
  const bool all_plain = std::all_of(name.begin(), name.end(), is_plain) && !name.empty() && name.size() < 100;
  return all_plain ? fmt::format("{}/{}.arrow", folder, name) : fmt::format("{}/other.{}.arrow", folder, place);
}

bool is_dataset(const std::string& directory) {
  if (!fs::exists(path_of(directory))) return false;
  try {
    const nlohmann::json manifest = read_json(path_of(directory));
    return manifest.is_object() && manifest.value("format", nlohmann::json()) == kFormat;
  } catch (const Error&) {
    return false;
  }
}

}  // namespace rechub
