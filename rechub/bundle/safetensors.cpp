#include "rechub/bundle/safetensors.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <optional>
#include <string_view>
#include <tuple>

#include <nlohmann/json.hpp>

#include "rechub/base/atomic_file.h"
#include "rechub/base/error.h"
#include "rechub/base/json_file.h"

namespace rechub {
namespace {

using nlohmann::json;

static_assert(std::endian::native == std::endian::little, "values are used as they stand in the file");

constexpr size_t kLengthBytes = 8;
constexpr uint64_t kLongestHeader = 100'000'000;
constexpr const char* kMetadataKey = "__metadata__";

struct TypeRow {
  TensorType type;
  const char* name;
  int64_t size;
};

// In the order of TensorType.
constexpr TypeRow kTypes[] = {
    {TensorType::kBool, "BOOL", 1}, {TensorType::kU8, "U8", 1},     {TensorType::kI8, "I8", 1},   {TensorType::kU16, "U16", 2}, {TensorType::kI16, "I16", 2},
    {TensorType::kF16, "F16", 2},   {TensorType::kBF16, "BF16", 2}, {TensorType::kU32, "U32", 4}, {TensorType::kI32, "I32", 4}, {TensorType::kF32, "F32", 4},
    {TensorType::kU64, "U64", 8},   {TensorType::kI64, "I64", 8},   {TensorType::kF64, "F64", 8},
};

// Bytes that a tensor takes, or nothing where they are more than 2^63.
std::optional<int64_t> byte_count(const std::vector<int64_t>& shape, TensorType type) {
  int64_t count = tensor_type_size(type);
  const bool is_empty = std::find(shape.begin(), shape.end(), 0) != shape.end();
  for (const int64_t extent : shape) {
    if (extent < 0 || (!is_empty && __builtin_mul_overflow(count, extent, &count))) return std::nullopt;
  }
  return is_empty ? 0 : count;
}

TensorType parse_type(const json& entry, const std::string& where) {
  const std::string name = json_field<std::string>(entry, "dtype", where);
  for (const TypeRow& row : kTypes) {
    if (name == row.name) return row.type;
  }
  fail(ErrorKind::kData, "{}: the type \"{}\" is not known", where, name);
}

std::vector<int64_t> parse_whole_numbers(const json& entry, const char* key, const std::string& where) {
  const json list = json_field<json>(entry, key, where);
  check(list.is_array(), ErrorKind::kData, "{}: \"{}\" must be a list of whole numbers", where, key);
  std::vector<int64_t> numbers;
  for (const json& number : list) {
    const bool fits = number.is_number_unsigned() && number.get<uint64_t>() <= INT64_MAX;
    check(fits, ErrorKind::kData, "{}: \"{}\" must be a list of whole numbers", where, key);
    numbers.push_back(number.get<int64_t>());
  }
  return numbers;
}

TensorView parse_tensor(const json& entry, std::span<const std::byte> data, const std::string& where) {
  TensorView view;
  view.type = parse_type(entry, where);
  view.shape = parse_whole_numbers(entry, "shape", where);
  const std::vector<int64_t> offsets = parse_whole_numbers(entry, "data_offsets", where);
  const auto size = static_cast<int64_t>(data.size());
  const bool are_inside = offsets.size() == 2 && offsets[0] <= offsets[1] && offsets[1] <= size;
  check(are_inside, ErrorKind::kData, "{}: data_offsets must be two offsets within the {} bytes of data: the file is truncated or damaged", where, size);
  const std::optional<int64_t> expected = byte_count(view.shape, view.type);
  check(expected == offsets[1] - offsets[0], ErrorKind::kData, "{}: its shape and type do not give the {} bytes it has: the file is damaged", where, offsets[1] - offsets[0]);
  view.bytes = data.subspan(static_cast<size_t>(offsets[0]), static_cast<size_t>(*expected));
  return view;
}

std::map<std::string, std::string> parse_metadata(const json& entry, const std::string& source) {
  check(entry.is_object(), ErrorKind::kData, "{}: {} must be an object of texts", source, kMetadataKey);
  std::map<std::string, std::string> metadata;
  for (const auto& [key, value] : entry.items()) {
    check(value.is_string(), ErrorKind::kData, "{}: {} must be an object of texts", source, kMetadataKey);
    metadata[key] = value.get<std::string>();
  }
  return metadata;
}

// Every byte belongs to exactly one tensor.
void check_cover(const SafetensorsContent& content, std::span<const std::byte> data, const std::string& source) {
  std::vector<std::span<const std::byte>> pieces;
  for (const auto& [name, view] : content.tensors) pieces.push_back(view.bytes);
  std::sort(pieces.begin(), pieces.end(), [](const auto& a, const auto& b) { return std::tuple(a.data(), a.size()) < std::tuple(b.data(), b.size()); });
  const std::byte* end = data.data();
  for (const auto& piece : pieces) {
    check(piece.data() == end, ErrorKind::kData, "{}: tensors overlap or leave a gap: the file is damaged", source);
    end += piece.size();
  }
  const auto covered = static_cast<size_t>(end - data.data());
  check(covered == data.size(), ErrorKind::kData, "{}: {} bytes at the end belong to no tensor: the file is damaged", source, data.size() - covered);
}

json header_of(const std::vector<std::pair<std::string, TensorView>>& tensors, const std::map<std::string, std::string>& metadata, const std::string& path) {
  json header = json::object();
  if (!metadata.empty()) header[kMetadataKey] = metadata;
  int64_t offset = 0;
  for (const auto& [name, view] : tensors) {
    const auto size = static_cast<int64_t>(view.bytes.size());
    check(byte_count(view.shape, view.type) == size, ErrorKind::kInternal, "{}: tensor {} has {} bytes, which do not fit its shape", path, name, size);
    check(!header.contains(name) && name != kMetadataKey, ErrorKind::kInternal, "{}: two tensors have the name {}", path, name);
    header[name] = {{"dtype", tensor_type_name(view.type)}, {"shape", view.shape}, {"data_offsets", {offset, offset + size}}};
    offset += size;
  }
  return header;
}

}  // namespace

const char* tensor_type_name(TensorType type) { return kTypes[static_cast<size_t>(type)].name; }
int64_t tensor_type_size(TensorType type) { return kTypes[static_cast<size_t>(type)].size; }

SafetensorsContent parse_safetensors(std::span<const std::byte> bytes, const std::string& source) {
  check(bytes.size() >= kLengthBytes, ErrorKind::kData, "{}: {} bytes are too short for a safetensors file: it is truncated", source, bytes.size());
  uint64_t length = 0;
  std::memcpy(&length, bytes.data(), kLengthBytes);
  check(length <= kLongestHeader && length <= bytes.size() - kLengthBytes, ErrorKind::kData,
        "{}: a header of {} bytes does not fit in the file's {} bytes: it is truncated, damaged or no safetensors file", source, length, bytes.size());
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()) + kLengthBytes, length);
  const json header = parse_json(text, source + " (header)");
  check(header.is_object(), ErrorKind::kData, "{}: the header must be a JSON object", source);
  const std::span<const std::byte> data = bytes.subspan(kLengthBytes + length);
  SafetensorsContent content;
  for (const auto& [name, entry] : header.items()) {
    if (name == kMetadataKey) {
      content.metadata = parse_metadata(entry, source);
    } else {
      content.tensors[name] = parse_tensor(entry, data, fmt::format("{}: tensor \"{}\"", source, name));
    }
  }
  check_cover(content, data, source);
  return content;
}

SafetensorsFile SafetensorsFile::open(const std::string& path) {
  SafetensorsFile file;
  file.file_ = MappedFile::open(path);
  file.content_ = parse_safetensors(file.file_.bytes(), path);
  return file;
}

const TensorView& SafetensorsFile::tensor(const std::string& name) const {
  const auto found = content_.tensors.find(name);
  check(found != content_.tensors.end(), ErrorKind::kData, "{}: there is no tensor \"{}\" in it", path(), name);
  return found->second;
}

void write_safetensors(const std::string& path, const std::vector<std::pair<std::string, TensorView>>& tensors, const std::map<std::string, std::string>& metadata) {
  std::vector<std::pair<std::string, TensorView>> sorted = tensors;
  std::sort(sorted.begin(), sorted.end(),
            [](const auto& a, const auto& b) { return std::tuple(-tensor_type_size(a.second.type), a.first) < std::tuple(-tensor_type_size(b.second.type), b.first); });
  const json header = header_of(sorted, metadata, path);
  std::string text;
  try {
    text = header.dump();
  } catch (const json::exception&) {
    fail(ErrorKind::kData, "cannot write {}: the name of a tensor or its metadata is not valid UTF-8", path);
  }
  text.append((kLengthBytes - text.size() % kLengthBytes) % kLengthBytes, ' ');
  const uint64_t length = text.size();
  check(length <= kLongestHeader, ErrorKind::kData, "cannot write {}: {} tensors are too many for a safetensors file", path, tensors.size());
  AtomicFile file(path);
  file.write(std::as_bytes(std::span(&length, 1)));
  file.write(text);
  for (const auto& [name, view] : sorted) file.write(view.bytes);
  file.commit();
}

}  // namespace rechub
