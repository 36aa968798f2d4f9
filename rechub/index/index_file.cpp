#include "rechub/index/index_file.h"

#include <algorithm>
#include <cstring>

#include <nlohmann/json.hpp>

#include "rechub/base/atomic_file.h"
#include "rechub/base/checksum.h"
#include "rechub/base/error.h"
#include "rechub/base/json_file.h"
#include "rechub/index/query_checks.h"

namespace rechub {
namespace {

using nlohmann::json;

constexpr std::string_view kMagic = "RCHINDEX";
constexpr uint64_t kHeadBytes = 16, kAlignment = 64, kChecksumBytes = 16;
constexpr int64_t kVersion = 1;
constexpr const char* kSimilarities[] = {"inner_product", "cosine"};

uint64_t aligned(uint64_t offset) { return (offset + kAlignment - 1) / kAlignment * kAlignment; }

}  // namespace

void IndexFileWriter::write(const std::string& path) const {
  json sections = json::array();
  for (const auto& [name, bytes] : sections_) sections.push_back({name, bytes.size()});
  const std::string header =
      json{{"dim", index_.dim()},   {"effort", index_.effort().value}, {"sections", sections}, {"similarity", kSimilarities[static_cast<int>(index_.similarity())]},
           {"size", index_.size()}, {"spec", index_.spec()},           {"version", kVersion}}
          .dump();
  AtomicFile file(path);
  Checksum checksum;
  const auto write = [&](std::span<const std::byte> bytes) {
    checksum.update(bytes);
    file.write(bytes);
  };
  const uint64_t length = header.size();
  write(std::as_bytes(std::span(kMagic)));
  write(std::as_bytes(std::span(&length, 1)));
  write(std::as_bytes(std::span(header)));
  constexpr std::byte kZeros[kAlignment] = {};
  for (const auto& [name, bytes] : sections_) {
    const auto here = static_cast<uint64_t>(file.size());
    write(std::span(kZeros).first(aligned(here) - here));
    write(bytes);
  }
  file.write(checksum.hex());
  file.commit();
}

IndexFile IndexFile::open(const std::string& path, bool verify_bytes) {
  IndexFile index;
  index.file_ = MappedFile::open(path);
  const std::span<const std::byte> bytes = index.file_.bytes();
  const auto text = [&](uint64_t offset, uint64_t length) { return std::string(reinterpret_cast<const char*>(bytes.data()) + offset, length); };
  check(bytes.size() > kHeadBytes + kChecksumBytes && text(0, kMagic.size()) == kMagic, ErrorKind::kData, "{}: this is not an index file of RecHub", path);
  const uint64_t end = bytes.size() - kChecksumBytes;
  check(!verify_bytes || checksum_bytes(bytes.first(end)) == text(end, kChecksumBytes), ErrorKind::kData, "{} is damaged: its bytes do not give the checksum at its end", path);
  uint64_t length = 0;
  std::memcpy(&length, bytes.data() + kMagic.size(), sizeof(length));
  check(length <= end - kHeadBytes, ErrorKind::kData, "{} is damaged: its header has {} bytes and the file {}", path, length, bytes.size());
  index.read_header(text(kHeadBytes, length), kHeadBytes + length);
  return index;
}

void IndexFile::read_header(const std::string& text, uint64_t end_of_header) {
  const json header = parse_json(text, path());
  const auto version = json_field<int64_t>(header, "version", path());
  check(version == kVersion, ErrorKind::kData, "{}: version {} of an index file is not known; this RecHub reads version {}", path(), version, kVersion);
  spec_ = json_field<std::string>(header, "spec", path());
  size_ = json_field<int64_t>(header, "size", path());
  dim_ = json_field<int64_t>(header, "dim", path());
  effort_ = json_field<int64_t>(header, "effort", path());
  check(size_ >= 0 && size_ <= kMaxIndexSize && dim_ >= 1 && dim_ <= kMaxIndexDim, ErrorKind::kData, "{}: {} vectors of {} dimensions are out of range", path(), size_, dim_);
  const auto similarity = json_field<std::string>(header, "similarity", path());
  check(similarity == kSimilarities[0] || similarity == kSimilarities[1], ErrorKind::kData, "{}: similarity '{}' is not known", path(), similarity);
  similarity_ = similarity == kSimilarities[0] ? Similarity::kInnerProduct : Similarity::kCosine;

  uint64_t here = end_of_header;
  const uint64_t end = file_.bytes().size() - kChecksumBytes;
  for (const json& section : json_field<json>(header, "sections", path())) {
    check(section.is_array() && section.size() == 2 && section[0].is_string() && section[1].is_number_unsigned(), ErrorKind::kData, "{}: a section is not [name, bytes]", path());
    const uint64_t offset = aligned(here), bytes = section[1].get<uint64_t>();
    check(offset <= end && bytes <= end - offset, ErrorKind::kData, "{}: section {} does not fit in the file", path(), section[0].get<std::string>());
    sections_.emplace_back(section[0].get<std::string>(), std::pair(offset, bytes));
    here = offset + bytes;
  }
  check(here == end, ErrorKind::kData, "{}: its sections end at byte {} and not at {}", path(), here, end);
}

bool IndexFile::has(const std::string& name) const {
  return std::any_of(sections_.begin(), sections_.end(), [&](const auto& section) { return section.first == name; });
}

void IndexFile::check_finite(std::span<const float> values) const {
  check(all_finite(values.data(), static_cast<int64_t>(values.size())), ErrorKind::kData, "{}: a vector holds a NaN or an infinity", path());
}

std::pair<uint64_t, uint64_t> IndexFile::find(const std::string& name) const {
  for (const auto& [known, place] : sections_) {
    if (known == name) return place;
  }
  fail(ErrorKind::kData, "{}: there is no section {} in this {} index", path(), name, spec_);
}

}  // namespace rechub
