// One index at the questions of bench/index_bench.py, which sets it against other libraries. Prints one JSON object.
//
//   index_rechub build SPEC ITEMS DIM OUT                                        seconds of the clock and of the CPUs, bytes
//   index_rechub truth ITEMS QUERIES DIM K OUT FILTERED                          the exact answers, by Flat
//   index_rechub search INDEX QUERIES TRUTH K EFFORT THREADS BATCH FILTERED      speed and recall
//
// ITEMS and QUERIES are plain floats, TRUTH and OUT plain 32-bit positions. search asks for all queries, BATCH at a time, and gives queries a second (by the clock, and by the time
// of the CPUs: what a machine with nothing else to do would give) and recall@K. FILTERED 1: every query excludes 50 items and every hundredth item is hidden.
#include <algorithm>
#include <cstdio>
#include <ctime>
#include <fstream>
#include <set>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "rechub/base/clock.h"
#include "rechub/base/error.h"
#include "rechub/base/mapped_file.h"
#include "rechub/base/parallel.h"
#include "rechub/base/random.h"
#include "rechub/index/flat.h"
#include "rechub/index/index.h"

namespace rechub::bench {
namespace {

using nlohmann::json;

double cpu_seconds() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

template <class T>
std::span<const T> values_of(const MappedFile& file) {
  return file.array<T>(0, file.bytes().size() / sizeof(T));
}

// The filters of a recommender: what the user has seen, and what is out of stock.
struct Filters {
  std::vector<int64_t> offsets = {0};
  std::vector<int32_t> excluded;
  std::vector<uint8_t> allowed;

  Filters(int64_t num_queries, int64_t size) : allowed(size, 1) {
    Random random(7);
    for (int64_t q = 0; q < num_queries; ++q) {
      for (int i = 0; i < 50; ++i) excluded.push_back(static_cast<int32_t>(random.below(size)));
      offsets.push_back(static_cast<int64_t>(excluded.size()));
    }
    for (int64_t i = 0; i < size; i += 100) allowed[i] = 0;
  }
};

json build(const std::string& spec, const std::string& items_path, int64_t dim, const std::string& out) {
  const MappedFile file = MappedFile::open(items_path);
  const std::span<const float> items = values_of<float>(file);
  const double start = monotonic_seconds(), cpu_start = cpu_seconds();
  const auto index = build_index(spec, items, static_cast<int64_t>(items.size()) / dim, dim);
  const double seconds = monotonic_seconds() - start, cpu = cpu_seconds() - cpu_start;
  index->save(out);
  return {{"seconds", seconds}, {"cpu_seconds", cpu}, {"memory_bytes", index->memory_bytes()}};
}

// Queries [begin, end) of all, with their filters.
SearchResult ask(const Index& index, std::span<const float> queries, int64_t begin, int64_t end, int64_t k, int64_t effort, const Filters* filters) {
  SearchQuery query{.vectors = queries.subspan(begin * index.dim(), (end - begin) * index.dim()), .num_queries = end - begin, .k = k, .effort = effort};
  std::vector<int64_t> offsets;
  if (filters) {
    for (int64_t q = begin; q <= end; ++q) offsets.push_back(filters->offsets[q] - filters->offsets[begin]);
    query.exclude = {offsets, std::span(filters->excluded).subspan(filters->offsets[begin], offsets.back())};
    query.allowed = filters->allowed;
  }
  return index.search(query);
}

json write_truth(const std::string& items_path, const std::string& queries_path, int64_t dim, int64_t k, const std::string& out, bool is_filtered) {
  const MappedFile item_file = MappedFile::open(items_path), query_file = MappedFile::open(queries_path);
  const std::span<const float> items = values_of<float>(item_file), queries = values_of<float>(query_file);
  const FlatIndex index(items, static_cast<int64_t>(items.size()) / dim, dim);
  const int64_t num_queries = static_cast<int64_t>(queries.size()) / dim;
  const Filters filters(num_queries, index.size());
  const SearchResult truth = ask(index, queries, 0, num_queries, k, 0, is_filtered ? &filters : nullptr);
  std::ofstream(out, std::ios::binary).write(reinterpret_cast<const char*>(truth.positions.data()), static_cast<std::streamsize>(truth.positions.size() * sizeof(int32_t)));
  return {{"queries", num_queries}};
}

json search(const std::string& path, const std::string& queries_path, const std::string& truth_path, int64_t k, int64_t effort, int threads, int64_t batch, bool is_filtered) {
  set_num_threads(threads);
  const MappedFile query_file = MappedFile::open(queries_path), truth_file = MappedFile::open(truth_path);
  const std::span<const float> queries = values_of<float>(query_file);
  const std::span<const int32_t> truth = values_of<int32_t>(truth_file);
  const auto index = open_index(path);
  const int64_t num_queries = static_cast<int64_t>(truth.size()) / k;
  const Filters filters(num_queries, index->size());
  ask(*index, queries, 0, std::min<int64_t>(num_queries, 200), k, effort, is_filtered ? &filters : nullptr);
  int64_t hits = 0;
  double seconds = 0, cpu = 0;
  for (int64_t begin = 0; begin < num_queries; begin += batch) {
    const int64_t end = std::min(num_queries, begin + batch);
    const double start = monotonic_seconds(), cpu_start = cpu_seconds();
    const SearchResult result = ask(*index, queries, begin, end, k, effort, is_filtered ? &filters : nullptr);
    cpu += cpu_seconds() - cpu_start;
    seconds += monotonic_seconds() - start;
    for (int64_t q = begin; q < end; ++q) {
      const std::set<int32_t> wanted(truth.begin() + q * k, truth.begin() + (q + 1) * k);
      for (int64_t i = 0; i < k; ++i) hits += wanted.count(result.positions[(q - begin) * k + i]) > 0;
    }
  }
  const auto count = static_cast<double>(num_queries);
  return {{"queries_per_second", count / seconds}, {"queries_per_cpu_second", count / cpu * threads}, {"recall", static_cast<double>(hits) / static_cast<double>(truth.size())}};
}

json run(const std::vector<std::string>& a) {
  check(!a.empty(), ErrorKind::kUsage, "expected build, truth or search");
  if (a[0] == "build" && a.size() == 5) return build(a[1], a[2], std::stoll(a[3]), a[4]);
  if (a[0] == "truth" && a.size() == 7) return write_truth(a[1], a[2], std::stoll(a[3]), std::stoll(a[4]), a[5], a[6] == "1");
  if (a[0] == "search" && a.size() == 9) return search(a[1], a[2], a[3], std::stoll(a[4]), std::stoll(a[5]), std::stoi(a[6]), std::stoll(a[7]), a[8] == "1");
  fail(ErrorKind::kUsage, "expected build SPEC ITEMS DIM OUT, truth ITEMS QUERIES DIM K OUT FILTERED, or search INDEX QUERIES TRUTH K EFFORT THREADS BATCH FILTERED");
}

}  // namespace
}  // namespace rechub::bench

int main(int argc, char** argv) {
  try {
    std::printf("%s\n", rechub::bench::run({argv + 1, argv + argc}).dump().c_str());
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "index_rechub: %s\n", error.what());
    return 1;
  }
}
