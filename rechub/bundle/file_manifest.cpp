#include "rechub/bundle/file_manifest.h"

#include <cstdint>
#include <filesystem>
#include <system_error>
#include <utility>

#include <nlohmann/json.hpp>

#include "rechub/base/atomic_file.h"
#include "rechub/base/checksum.h"
#include "rechub/base/error.h"
#include "rechub/base/json_file.h"
#include "rechub/base/mapped_file.h"

namespace rechub {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr const char* kName = "manifest.json";

std::string path_in(const std::string& directory, const std::string& name) { return directory + "/" + name; }

std::string manifest_text(const json& manifest) { return manifest.dump(2) + "\n"; }

// The checksum of all members but the checksum.
std::string own_checksum(json manifest) {
  manifest.erase("checksum");
  const std::string text = manifest_text(manifest);
  return checksum_bytes(std::as_bytes(std::span(text)));
}

bool stays_inside(const std::string& name) {
  const fs::path path(name);
  bool is_inside = !name.empty() && path.is_relative();
  for (const fs::path& part : path) is_inside = is_inside && part != "..";
  return is_inside;
}

json describe_file(const std::string& path) {
  const std::string checksum = checksum_file(path);
  return {{"bytes", fs::file_size(path)}, {"checksum", checksum}};
}

json describe_files(const std::string& directory) {
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
  const auto expected = static_cast<uintmax_t>(json_field<int64_t>(entry, "bytes", path));
  if (size != expected) return fmt::format("{} is damaged: it should have {} bytes and has {}", path, expected, size);
  if (!verify_bytes) return "";
  const std::string checksum = checksum_file(path);
  const std::string recorded = json_field<std::string>(entry, "checksum", path);
  return checksum == recorded ? "" : fmt::format("{} is damaged: its checksum is {} and should be {}", path, checksum, recorded);
}

std::string text_of_manifest(const std::string& path) {
  const MappedFile file = MappedFile::open(path);
  return {reinterpret_cast<const char*>(file.bytes().data()), file.bytes().size()};
}

json read_manifest_alone(const std::string& directory, const std::string& format, int version) {
  const std::string path = path_in(directory, kName);
  check(fs::exists(path), ErrorKind::kNotFound, "{} is not a {}: there is no {} in it", directory, format, kName);
  return parse_manifest(text_of_manifest(path), path, format, version);
}

void write(const std::string& directory, json manifest) {
  manifest["checksum"] = own_checksum(manifest);
  write_file(path_in(directory, kName), manifest_text(manifest));
}

// The manifest of any format and version, as long as it is whole.
json read_any_manifest(const std::string& directory) {
  const std::string path = path_in(directory, kName), text = text_of_manifest(path);
  const json manifest = parse_json(text, path);
  return parse_manifest(text, path, json_field<std::string>(manifest, "format", path), static_cast<int>(json_field<int64_t>(manifest, "version", path)));
}

}  // namespace

void write_manifest(const std::string& directory, const std::string& format, int version) {
  json manifest = {{"format", format}, {"version", version}};
  try {
    manifest["files"] = describe_files(directory);
  } catch (const fs::filesystem_error& error) {
    fail(ErrorKind::kData, "cannot read {}: {}", directory, error.code().message());
  }
  write(directory, std::move(manifest));
}

void add_to_manifest(const std::string& directory, const std::string& name) {
  json manifest = read_any_manifest(directory);
  manifest["files"][name] = describe_file(path_in(directory, name));
  write(directory, std::move(manifest));
}

void remove_from_manifest(const std::string& directory, const std::string& name) {
  json manifest = read_any_manifest(directory);
  if (manifest["files"].erase(name) > 0) write(directory, std::move(manifest));
}

json parse_manifest(const std::string& text, const std::string& path, const std::string& format, int version) {
  const json manifest = parse_json(text, path);
  const std::string found = json_field<std::string>(manifest, "format", path);
  check(found == format, ErrorKind::kData, "{}: a {} was expected, this is a {}", path, format, found);
  const int64_t found_version = json_field<int64_t>(manifest, "version", path);
  check(found_version >= 1 && found_version <= version, ErrorKind::kData, "{}: version {} of {} is not known; this RecHub reads versions up to {}", path, found_version, format,
        version);
  const bool is_unchanged = json_field<std::string>(manifest, "checksum", path) == own_checksum(manifest) && text == manifest_text(manifest);
  check(is_unchanged, ErrorKind::kData, "{} is damaged: it does not match its own checksum", path);
  const json files = json_field<json>(manifest, "files", path);
  check(files.is_object(), ErrorKind::kData, "{}: \"files\" must be an object", path);
  for (const auto& [name, entry] : files.items()) {
    check(stays_inside(name), ErrorKind::kData, "{}: \"{}\" lies outside the directory", path, name);
    check(json_field<int64_t>(entry, "bytes", path) >= 0, ErrorKind::kData, "{}: \"{}\" has a negative size", path, name);
    (void)json_field<std::string>(entry, "checksum", path);
  }
  return manifest;
}

json check_manifest(const std::string& directory, const std::string& format, int version, bool verify_bytes) {
  const json manifest = read_manifest_alone(directory, format, version);
  for (const auto& [name, entry] : manifest["files"].items()) {
    const std::string fault = fault_of(path_in(directory, name), entry, verify_bytes);
    check(fault.empty(), ErrorKind::kData, "{}", fault);
  }
  return manifest;
}

std::vector<std::string> damaged_files(const std::string& directory, const std::string& format, int version) {
  std::vector<std::string> faults;
  const json manifest = read_manifest_alone(directory, format, version);
  for (const auto& [name, entry] : manifest["files"].items()) {
    std::string fault = fault_of(path_in(directory, name), entry, true);
    if (!fault.empty()) faults.push_back(std::move(fault));
  }
  return faults;
}

}  // namespace rechub
