#include "rechub/data/manifest.h"

#include <algorithm>
#include <filesystem>
#include <string_view>
#include <system_error>
#include <utility>

#include "rechub/base/atomic_file.h"
#include "rechub/base/checksum.h"
#include "rechub/base/error.h"
#include "rechub/base/json_file.h"
#include "rechub/base/mapped_file.h"

namespace rechub {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using nlohmann::ordered_json;

constexpr const char* kName = "manifest.json";
constexpr size_t kChecksumSize = std::string_view(kNoChecksum).size();

bool stays_inside(const std::string& name) {
  const fs::path path(name);
  return !name.empty() && path.is_relative() && std::find(path.begin(), path.end(), "..") == path.end();
}

json describe_file(const std::string& path) {
  const std::string checksum = checksum_file(path);
  return {{"size", fs::file_size(path)}, {"checksum", checksum}};
}

// Every file but the manifest, in the order of names.
ordered_json describe_files(const std::string& directory) {
  json files = json::object();
  for (const auto& entry : fs::recursive_directory_iterator(directory)) {
    const std::string name = fs::relative(entry.path(), directory).generic_string();
    if (!entry.is_regular_file() || name == kName) continue;
    files[name] = describe_file(entry.path().string());
  }
  return files;
}

// What is wrong with a file; "" if nothing is.
std::string fault_of(const std::string& path, const json& entry, bool verify_bytes) {
  std::error_code error;
  const uintmax_t size = fs::file_size(path, error);
  if (error) return fmt::format("{} is missing or cannot be read: {}", path, error.message());
  const auto expected = static_cast<uintmax_t>(json_field<int64_t>(entry, "size", path));
  if (size != expected) return fmt::format("{} is damaged: it should have {} bytes and has {}", path, expected, size);
  if (!verify_bytes) return "";
  const std::string checksum = checksum_file(path);
  const std::string recorded = json_field<std::string>(entry, "checksum", path);
  return checksum == recorded ? "" : fmt::format("{} is damaged: its checksum is {} and should be {}", path, checksum, recorded);
}

bool matches_its_checksum(const std::string& text, const std::string& checksum) {
  const size_t place = text.rfind(checksum);
  if (checksum.size() != kChecksumSize || place == std::string::npos) return false;
  std::string unsealed = text;
  unsealed.replace(place, kChecksumSize, kNoChecksum);
  return sealed_manifest(std::move(unsealed)) == text;
}

std::string text_of_manifest(const std::string& path) {
  const MappedFile file = MappedFile::open(path);
  return {reinterpret_cast<const char*>(file.bytes().data()), file.bytes().size()};
}

json read_manifest_alone(const std::string& directory, const std::string& format, int version) {
  const std::string path = directory + "/" + kName;
  check(fs::exists(directory), ErrorKind::kNotFound, "{}: there is no such directory", directory);
  check(fs::exists(path), ErrorKind::kNotFound, "{} is not a {}: there is no {} in it", directory, format, kName);
  return parse_manifest(text_of_manifest(path), path, format, version);
}

void write(const std::string& directory, ordered_json manifest) {
  manifest["checksum"] = kNoChecksum;
  write_file(directory + "/" + kName, sealed_manifest(manifest.dump(2) + "\n"));
}

// The manifest of any format and version, as long as it is whole, with its members in their order.
ordered_json read_any_manifest(const std::string& directory) {
  const std::string path = directory + "/" + kName, text = text_of_manifest(path);
  const json manifest = parse_json(text, path);
  parse_manifest(text, path, json_field<std::string>(manifest, "format", path), static_cast<int>(json_field<int64_t>(manifest, "version", path)));
  return ordered_json::parse(text);
}

}  // namespace

std::string sealed_manifest(std::string text) {
  const std::string checksum = checksum_bytes(std::as_bytes(std::span(text)));
  const size_t place = text.rfind(kNoChecksum);
  return place == std::string::npos ? text : text.replace(place, kChecksumSize, checksum);
}

void write_manifest(const std::string& directory, const std::string& format, int version, const ordered_json& members) {
  ordered_json manifest = {{"format", format}, {"version", version}};
  manifest.update(members);
  try {
    manifest["files"] = describe_files(directory);
  } catch (const fs::filesystem_error& error) {
    fail(ErrorKind::kData, "cannot read {}: {}", directory, error.code().message());
  }
  write(directory, std::move(manifest));
}

void add_to_manifest(const std::string& directory, const std::string& name) {
  ordered_json manifest = read_any_manifest(directory);
  manifest["files"][name] = describe_file(directory + "/" + name);
  write(directory, std::move(manifest));
}

void remove_from_manifest(const std::string& directory, const std::string& name) {
  ordered_json manifest = read_any_manifest(directory);
  if (manifest["files"].erase(name) > 0) write(directory, std::move(manifest));
}

json parse_manifest(const std::string& text, const std::string& path, const std::string& format, int version) {
  const json manifest = parse_json(text, path);
  const std::string found = json_field<std::string>(manifest, "format", path);
  check(found == format, ErrorKind::kData, "{}: a {} was expected, this is a {}", path, format, found);
  const int64_t found_version = json_field<int64_t>(manifest, "version", path);
  check(found_version == version, ErrorKind::kData, "{}: this is version {} of {}, and this RecHub reads version {}; make it anew", path, found_version, format, version);
  check(matches_its_checksum(text, json_field<std::string>(manifest, "checksum", path)), ErrorKind::kData, "{} is damaged: it does not match its own checksum", path);
  const json files = json_field<json>(manifest, "files", path);
  check(files.is_object(), ErrorKind::kData, "{}: \"files\" must be an object", path);
  for (const auto& [name, entry] : files.items()) {
    check(stays_inside(name), ErrorKind::kData, "{}: \"{}\" lies outside the directory", path, name);
    check(json_field<int64_t>(entry, "size", path) >= 0, ErrorKind::kData, "{}: \"{}\" has a negative size", path, name);
    (void)json_field<std::string>(entry, "checksum", path);
  }
  return manifest;
}

json check_manifest(const std::string& directory, const std::string& format, int version, bool verify_bytes) {
  json manifest = read_manifest_alone(directory, format, version);
  for (const auto& [name, entry] : manifest["files"].items()) {
    const std::string fault = fault_of(directory + "/" + name, entry, verify_bytes);
    check(fault.empty(), ErrorKind::kData, "{}", fault);
  }
  return manifest;
}

bool has_manifest(const std::string& directory, const std::string& format) {
  const std::string path = directory + "/" + kName;
  if (!fs::exists(path)) return false;
  try {
    const json manifest = read_json(path);
    return manifest.is_object() && manifest.value("format", json()) == format;
  } catch (const Error&) {
    return false;
  }
}

std::vector<DamagedFile> damaged_files(const std::string& directory, const std::string& format, int version) {
  std::vector<DamagedFile> faults;
  const json manifest = read_manifest_alone(directory, format, version);
  for (const auto& [name, entry] : manifest["files"].items()) {
    std::string fault = fault_of(directory + "/" + name, entry, true);
    if (!fault.empty()) faults.push_back({name, std::move(fault)});
  }
  return faults;
}

}  // namespace rechub
