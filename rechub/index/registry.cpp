#include "rechub/index/registry.h"

#include <charconv>
#include <limits>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "rechub/base/error.h"
#include "rechub/base/registry.h"

namespace rechub {
namespace {

// Functions whose library this build lacks are not linked; constants keep their names out of the program.
constexpr auto kBuildHnsw = RECHUB_HAS_HNSWLIB ? build_hnsw : nullptr;
constexpr auto kBuildIvf = RECHUB_HAS_FAISS ? build_ivf : nullptr;
constexpr auto kOpenIvf = RECHUB_HAS_FAISS ? open_ivf : nullptr;
constexpr auto kBuildAnnoy = RECHUB_HAS_ANNOY ? build_annoy : nullptr;
constexpr auto kOpenAnnoy = RECHUB_HAS_ANNOY ? open_annoy : nullptr;
constexpr const char* kHnswlib = "hnswlib: install libhnswlib-dev";
constexpr const char* kFaiss = "FAISS: install libfaiss-dev";

constexpr IndexEntry kIndexes[] = {
    // example, name, its numbers, code, its numbers, build, open, library
    {"Flat", "Flat", {}, "", {}, build_flat, open_flat, ""},
    {"HNSW32", "HNSW", {2, 256}, "", {}, kBuildHnsw, open_hnsw, kHnswlib},
    {"HNSW32,SQ8", "HNSW", {2, 256}, "SQ", {8, 8}, kBuildHnsw, open_hnsw, kHnswlib},
    {"IVF1024,Flat", "IVF", {1, 1 << 20}, "Flat", {}, kBuildIvf, kOpenIvf, kFaiss},
    {"IVF1024,PQ16", "IVF", {1, 1 << 20}, "PQ", {1, 1024}, kBuildIvf, kOpenIvf, kFaiss},
    {"Annoy50", "Annoy", {1, 10000}, "", {}, kBuildAnnoy, kOpenAnnoy, "Annoy: run ./run setup"},
};

struct Part {
  std::string name;
  std::optional<int64_t> number;
};

// "HNSW32" is HNSW and 32.
Part split_number(std::string_view text) {
  const size_t digits = text.find_last_not_of("0123456789") + 1;
  Part part{std::string(text.substr(0, digits)), std::nullopt};
  int64_t number = 0;
  if (digits < text.size() && std::from_chars(text.data() + digits, text.data() + text.size(), number).ec == std::errc()) part.number = number;
  if (digits < text.size() && !part.number) part.name = text;
  return part;
}

bool is_in(const NumberRange& range, const std::optional<int64_t>& number) {
  return range.largest == 0 ? !number : number && *number >= range.smallest && *number <= range.largest;
}

void check_number(const std::string& spec, const std::string& name, const NumberRange& range, const std::optional<int64_t>& number) {
  if (is_in(range, number)) return;
  check(range.largest != 0, ErrorKind::kUsage, "index '{}': {} takes no number", spec, name);
  fail(ErrorKind::kUsage, "index '{}': {} needs a number from {} to {} behind it", spec, name, range.smallest, range.largest);
}

void check_library(bool is_there, const IndexEntry& entry, const std::string& spec) {
  check(is_there, ErrorKind::kUsage, "index '{}': this RecHub was built without {} and build it again", spec, entry.library);
}

std::pair<const IndexEntry*, IndexSpec> parse(const std::string& spec) {
  const size_t comma = spec.find(',');
  const Part first = split_number(std::string_view(spec).substr(0, comma));
  const Part code = comma == std::string::npos ? Part{} : split_number(std::string_view(spec).substr(comma + 1));
  std::vector<std::string> examples;
  for (const IndexEntry& entry : kIndexes) {
    examples.emplace_back(entry.example);
    if (first.name != entry.name || code.name != entry.code) continue;
    check_number(spec, first.name, entry.numbers, first.number);
    check_number(spec, code.name, entry.code_numbers, code.number);
    return {&entry, {spec, first.number.value_or(0), code.number.value_or(0)}};
  }
  throw Error(ErrorKind::kUsage, unknown_name_message("index", spec, examples));
}

}  // namespace

std::span<const IndexEntry> index_entries() { return kIndexes; }

SearchResult Index::search(const SearchQuery& given) const {
  check_query(given, *this);
  SearchQuery query = given;
  std::vector<float> unit;
  if (similarity() == Similarity::kCosine) query.vectors = unit = normalised(given.vectors, dim());
  SearchResult result;
  result.positions.assign(query.num_queries * query.k, -1);
  result.scores.assign(query.num_queries * query.k, -std::numeric_limits<float>::infinity());
  result.ranks.resize(query.targets.values.size());
  result.ties.resize(query.targets.values.size());
  find_best(query, result);
  return result;
}

void Index::set_effort(int64_t value) { fail(ErrorKind::kUsage, "a {} index has no effort to set, got {}", spec(), value); }

void check_index_spec(const std::string& spec) {
  const IndexEntry& entry = *parse(spec).first;
  check_library(entry.build != nullptr, entry, spec);
}

std::unique_ptr<Index> build_index(const std::string& spec, std::span<const float> vectors, int64_t size, int64_t dim, const IndexOptions& options) {
  const auto [entry, parsed] = parse(spec);
  check_library(entry->build != nullptr, *entry, spec);
  return entry->build(parsed, IndexVectors(vectors, size, dim, options.similarity), options);
}

std::unique_ptr<Index> open_index(const std::string& path) { return open_index(IndexFile::open(path)); }

std::unique_ptr<Index> open_index(IndexFile file) {
  const std::string path = file.path();
  try {
    const auto [entry, parsed] = parse(file.spec());
    check_library(entry->open != nullptr, *entry, file.spec());
    return entry->open(parsed, std::move(file));
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::kUsage) throw;
    fail(ErrorKind::kData, "{}: {}", path, error.what());
  }
}

}  // namespace rechub
