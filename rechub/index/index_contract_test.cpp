// What every index of the registry promises, on small catalogues where the exact answer is known.
#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <limits>
#include <set>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "rechub/base/error.h"
#include "rechub/base/parallel.h"
#include "rechub/base/random.h"
#include "rechub/index/flat.h"
#include "rechub/index/index.h"
#include "rechub/index/registry.h"

namespace rechub {
namespace {

namespace fs = std::filesystem;
constexpr int64_t kDim = 32;

// Clusters of items and users near them, as learnt vectors are. Lengths differ.
std::vector<float> clustered(int64_t count, uint64_t seed, int64_t dim = kDim, int64_t num_clusters = 20) {
  Random centres(1), random(seed);
  std::vector<float> centre(num_clusters * dim), values;
  for (float& value : centre) value = static_cast<float>(centres.normal());
  for (int64_t i = 0; i < count; ++i) {
    const auto cluster = static_cast<int64_t>(random.below(num_clusters));
    for (int64_t d = 0; d < dim; ++d) values.push_back(centre[cluster * dim + d] + 0.5f * static_cast<float>(random.normal()));
  }
  return values;
}

// Specs for small catalogues: the examples of the table with numbers that fit.
std::string small_spec(const std::string& example) {
  const std::string iv = "IVF1024";
  return example.rfind(iv, 0) == 0 ? "IVF16" + example.substr(iv.size()) : example;
}

double lossy_recall(const std::string& spec) { return spec.find("PQ") != std::string::npos ? 0.4 : spec.find("SQ") != std::string::npos ? 0.9 : 0.97; }

double recall_of(const SearchResult& result, const SearchResult& truth, int64_t k) {
  int64_t hits = 0, wanted = 0;
  for (size_t first = 0; first < truth.positions.size(); first += k) {
    const std::set<int32_t> found(result.positions.begin() + first, result.positions.begin() + first + k);
    for (size_t i = first; i < first + k; ++i) {
      if (truth.positions[i] < 0) continue;
      ++wanted;
      hits += found.count(truth.positions[i]) > 0;
    }
  }
  return static_cast<double>(hits) / static_cast<double>(wanted);
}

class TemporaryFile {
 public:
  explicit TemporaryFile(const std::string& name) : path_(fs::temp_directory_path() / (name + std::to_string(::getpid()))) {}
  ~TemporaryFile() { fs::remove(path_); }
  std::string path() const { return path_.string(); }

 private:
  fs::path path_;
};

template <class Function>
void expect_error(ErrorKind kind, const std::string& text, Function function) {
  try {
    function();
    FAIL() << "no error saying: " << text;
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), kind) << error.what();
    EXPECT_THAT(error.what(), testing::HasSubstr(text));
  }
}

class IndexContract : public testing::TestWithParam<std::string> {
 protected:
  std::unique_ptr<Index> build(const std::vector<float>& vectors, const IndexOptions& options = {}, int64_t dim = kDim) const {
    return build_index(GetParam(), vectors, static_cast<int64_t>(vectors.size()) / dim, dim, options);
  }
  bool is_exact() const { return GetParam() == "Flat"; }
  double enough() const { return is_exact() ? 1.0 : lossy_recall(GetParam()); }
};

TEST_P(IndexContract, FindsWhatFlatFinds) {
  const std::vector<float> items = clustered(3000, 2), users = clustered(100, 3);
  for (Similarity similarity : {Similarity::kInnerProduct, Similarity::kCosine}) {
    const auto index = build(items, {.similarity = similarity});
    if (!is_exact()) index->set_effort(GetParam().rfind("IVF", 0) == 0 ? 12 : GetParam().rfind("Annoy", 0) == 0 ? 10000 : 300);
    for (int64_t vectors : {1, 4}) {
      const SearchQuery query{.vectors = users, .num_queries = 100 / vectors, .vectors_per_query = vectors, .k = 20};
      const SearchResult result = index->search(query), truth = FlatIndex(items, 3000, kDim, similarity).search(query);
      EXPECT_GE(recall_of(result, truth, 20), enough()) << vectors;
      for (size_t i = 0; i + 1 < result.scores.size(); ++i) EXPECT_TRUE((i + 1) % 20 == 0 || result.scores[i] >= result.scores[i + 1]);
    }
  }
}

TEST_P(IndexContract, ScoresAreThoseOfTheItems) {
  const std::vector<float> items = clustered(500, 2), users = clustered(30, 3);
  const double tolerance = lossy_recall(GetParam()) > 0.95 ? 1e-4 : lossy_recall(GetParam()) > 0.5 ? 0.2 : 30;
  for (Similarity similarity : {Similarity::kInnerProduct, Similarity::kCosine}) {
    const SearchResult result = build(items, {.similarity = similarity})->search({.vectors = users, .num_queries = 10, .vectors_per_query = 3, .k = 5});
    for (size_t i = 0; i < result.positions.size(); ++i) {
      const float* item = items.data() + result.positions[i] * kDim;
      double best = -std::numeric_limits<double>::infinity();
      for (size_t v = 0; v < 3; ++v) {
        const float* user = users.data() + (i / 5 * 3 + v) * kDim;
        double dot = 0, item_squares = 0, user_squares = 0;
        for (int64_t d = 0; d < kDim; ++d) {
          dot += static_cast<double>(user[d]) * item[d];
          item_squares += static_cast<double>(item[d]) * item[d];
          user_squares += static_cast<double>(user[d]) * user[d];
        }
        best = std::max(best, similarity == Similarity::kCosine ? dot / std::sqrt(item_squares * user_squares) : dot);
      }
      EXPECT_NEAR(result.scores[i], best, tolerance);
    }
  }
}

TEST_P(IndexContract, FiltersGiveExactlyKAndOnlyPermitted) {
  constexpr int64_t kSize = 2000, kQueries = 20, kWanted = 30;
  const std::vector<float> items = clustered(kSize, 2), users = clustered(kQueries, 3);
  const auto index = build(items);
  const FlatIndex exact(items, kSize, kDim);
  const SearchResult best = exact.search({.vectors = users, .num_queries = kQueries, .k = 100});
  std::vector<int64_t> offsets = {0};
  std::vector<int32_t> excluded;
  for (int64_t q = 0; q < kQueries; ++q) {  // the hundred best of each, twice
    for (int repeat = 0; repeat < 2; ++repeat) excluded.insert(excluded.end(), best.positions.begin() + q * 100, best.positions.begin() + (q + 1) * 100);
    offsets.push_back(static_cast<int64_t>(excluded.size()));
  }
  for (int64_t every : {1, 2, 50, 100, 1000, 5000}) {
    std::vector<uint8_t> allowed(kSize);
    for (int64_t i = 0; i < kSize; i += every) allowed[i] = 1;
    const SearchQuery query{.vectors = users, .num_queries = kQueries, .k = kWanted, .exclude = {offsets, excluded}, .allowed = allowed};
    const SearchResult result = index->search(query), truth = exact.search(query);
    for (int64_t q = 0; q < kQueries; ++q) {
      const std::set<int32_t> hidden(excluded.begin() + offsets[q], excluded.begin() + offsets[q + 1]);
      std::set<int32_t> seen;
      for (int64_t i = q * kWanted; i < (q + 1) * kWanted; ++i) {
        ASSERT_EQ(result.positions[i] < 0, truth.positions[i] < 0) << "every " << every << " query " << q << " place " << i % kWanted;
        if (result.positions[i] < 0) continue;
        EXPECT_TRUE(allowed[result.positions[i]] && hidden.count(result.positions[i]) == 0 && seen.insert(result.positions[i]).second) << result.positions[i];
      }
    }
    EXPECT_GE(recall_of(result, truth, kWanted), every >= 50 ? std::min(enough(), lossy_recall(GetParam())) : 0.3) << every;
  }
}

TEST_P(IndexContract, AMaskThatHidesWhatIsNearestIsAnswered) {
  constexpr int64_t kSize = 2000;
  const std::vector<float> items = clustered(kSize, 2), user = clustered(1, 3);
  const SearchResult all = FlatIndex(items, kSize, kDim).search({.vectors = user, .num_queries = 1, .k = kSize});
  std::vector<uint8_t> allowed(kSize);
  for (int64_t i = kSize - 40; i < kSize; ++i) allowed[all.positions[i]] = 1;
  const SearchResult found = build(items)->search({.vectors = user, .num_queries = 1, .k = 40, .allowed = allowed});
  EXPECT_EQ(std::set(found.positions.begin(), found.positions.end()), std::set(all.positions.end() - 40, all.positions.end()));
}

TEST_P(IndexContract, MoreResultsThanItemsOneItemAndNone) {
  const std::vector<float> items = clustered(50, 2), user = clustered(1, 3);
  const SearchResult all = build(items)->search({.vectors = user, .num_queries = 1, .k = 60});
  EXPECT_EQ(std::set(all.positions.begin(), all.positions.begin() + 50).size(), 50u);
  EXPECT_THAT(std::vector(all.positions.begin() + 50, all.positions.end()), testing::Each(-1));
  EXPECT_THAT(std::vector(all.scores.begin() + 50, all.scores.end()), testing::Each(-std::numeric_limits<float>::infinity()));

  const std::vector<float> single(items.begin(), items.begin() + kDim);
  EXPECT_EQ(build(single)->search({.vectors = user, .num_queries = 1, .k = 2}).positions, (std::vector<int32_t>{0, -1}));
  EXPECT_EQ(build({})->search({.vectors = user, .num_queries = 1, .k = 2}).positions, (std::vector<int32_t>{-1, -1}));
  EXPECT_TRUE(build(items)->search({.vectors = user, .num_queries = 1, .k = 0}).positions.empty());
  EXPECT_TRUE(build(items)->search({}).positions.empty());
}

TEST_P(IndexContract, EqualVectorsAreAllFound) {
  std::vector<float> items = clustered(10, 2);
  for (int i = 0; i < 400; ++i) items.insert(items.end(), items.begin(), items.begin() + kDim);
  const std::vector<float> user(items.begin(), items.begin() + kDim);
  const SearchResult found = build(items)->search({.vectors = user, .num_queries = 1, .k = 410});
  EXPECT_EQ(std::set(found.positions.begin(), found.positions.end()).size(), 410u);
  const std::vector<float> zeros(300 * kDim);
  const SearchResult nothing = build(zeros, {.similarity = Similarity::kCosine})->search({.vectors = user, .num_queries = 1, .k = 300});
  EXPECT_EQ(std::set(nothing.positions.begin(), nothing.positions.end()).size(), 300u);
}

TEST_P(IndexContract, ABatchGivesWhatItsQueriesGetAlone) {
  const std::vector<float> items = clustered(1000, 2), users = clustered(80, 3);
  const auto index = build(items);
  const SearchResult all = index->search({.vectors = users, .num_queries = 80, .k = 10});
  std::vector<SearchResult> results(4);
  std::vector<std::thread> threads;
  for (SearchResult& result : results) threads.emplace_back([&] { result = index->search({.vectors = users, .num_queries = 80, .k = 10}); });
  for (std::thread& thread : threads) thread.join();
  for (const SearchResult& result : results) EXPECT_EQ(result.positions, all.positions);
  for (int64_t q = 0; q < 80; ++q) {
    const SearchResult alone = index->search({.vectors = std::span(users).subspan(q * kDim, kDim), .num_queries = 1, .k = 10});
    EXPECT_EQ(alone.positions, std::vector(all.positions.begin() + q * 10, all.positions.begin() + (q + 1) * 10));
    EXPECT_EQ(alone.scores, std::vector(all.scores.begin() + q * 10, all.scores.begin() + (q + 1) * 10));
  }
}

// The sanitized build sees what multiplies such a setting.
TEST_P(IndexContract, ASettingBeyondAllItemsIsThatOfAllItems) {
  if (is_exact()) return;
  const std::vector<float> items = clustered(200, 2), users = clustered(20, 3);
  std::vector<uint8_t> allowed(200);
  for (size_t i = 0; i < allowed.size(); i += 3) allowed[i] = 1;
  const auto index = build(items);
  const SearchQuery query{.vectors = users, .num_queries = 20, .k = 10, .allowed = allowed};
  SearchQuery all = query;
  all.effort = index->effort().largest;
  const SearchResult expected = index->search(all);
  index->set_effort(std::numeric_limits<int64_t>::max());
  const SearchResult result = index->search(query);
  EXPECT_EQ(result.positions, expected.positions);
  EXPECT_EQ(result.scores, expected.scores);
  const TemporaryFile file("index");
  index->save(file.path());
  EXPECT_EQ(open_index(file.path())->search(query).positions, expected.positions);
}

TEST_P(IndexContract, AFileGivesTheSameAnswers) {
  const std::vector<float> users = clustered(20, 3);
  for (int64_t size : {0, 1, 700}) {
    for (Similarity similarity : {Similarity::kInnerProduct, Similarity::kCosine}) {
      const auto index = build(clustered(size, 2), {.similarity = similarity});
      if (!is_exact()) index->set_effort(7);
      const TemporaryFile file("index");
      index->save(file.path());
      const auto opened = open_index(file.path());
      EXPECT_EQ(opened->spec(), GetParam());
      EXPECT_EQ(opened->size(), size);
      EXPECT_EQ(opened->dim(), kDim);
      EXPECT_EQ(opened->similarity(), similarity);
      EXPECT_EQ(opened->effort().value, is_exact() ? 0 : 7);
      EXPECT_EQ(opened->memory_bytes(), index->memory_bytes());
      const SearchQuery query{.vectors = users, .num_queries = 20, .k = 10};
      const SearchResult a = index->search(query), b = opened->search(query);
      EXPECT_EQ(a.positions, b.positions);
      EXPECT_EQ(a.scores, b.scores);
      const TemporaryFile again("again");
      opened->save(again.path());
      EXPECT_EQ(fs::file_size(again.path()), fs::file_size(file.path()));
    }
  }
}

TEST_P(IndexContract, EveryTruncationAndEveryFlippedByteIsRefused) {
  const TemporaryFile file("index");
  build(clustered(12, 2, 16, 2), {}, 16)->save(file.path());
  std::ifstream stream(file.path(), std::ios::binary);
  const std::string bytes((std::istreambuf_iterator<char>(stream)), std::istreambuf_iterator<char>());
  ASSERT_EQ(open_index(file.path())->size(), 12);
  const auto is_refused = [&](const std::string& changed) {
    std::ofstream(file.path(), std::ios::binary) << changed;
    try {
      open_index(file.path());
      return false;
    } catch (const Error& error) {
      return error.kind() == ErrorKind::kData;
    }
  };
  const size_t step = std::max<size_t>(1, bytes.size() / 3000);
  for (size_t length = 0; length < bytes.size(); length += length < 600 || length + 64 > bytes.size() ? 1 : step) {
    ASSERT_TRUE(is_refused(bytes.substr(0, length))) << "cut to " << length;
    std::string flipped = bytes;
    flipped[length] = static_cast<char>(flipped[length] ^ (1 << length % 8));
    ASSERT_TRUE(is_refused(flipped)) << "byte " << length;
  }
  ASSERT_TRUE(is_refused(bytes + "x"));
  expect_error(ErrorKind::kNotFound, "no-such-file", [] { open_index("/tmp/no-such-file"); });
}

TEST_P(IndexContract, WrongInputIsRefused) {
  std::vector<float> items = clustered(20, 2);
  const std::vector<float> user = clustered(1, 3);
  const auto index = build(items);
  expect_error(ErrorKind::kShape, "floats, got", [&] { index->search({.vectors = user, .num_queries = 2}); });
  std::vector<float> bad = user;
  bad[3] = NAN;
  expect_error(ErrorKind::kData, "query 0 holds a NaN", [&] { index->search({.vectors = bad, .num_queries = 1}); });
  expect_error(ErrorKind::kShape, "19 vectors", [&] { build_index(GetParam(), items, 19, kDim); });
  items[5 * kDim + 2] = INFINITY;
  expect_error(ErrorKind::kData, "vector 5 holds a NaN or an infinity", [&] { build(items); });
  if (is_exact()) {
    expect_error(ErrorKind::kUsage, "effort", [&] { index->set_effort(3); });
    return;
  }
  const std::vector<int64_t> offsets = {0, 1};
  const std::vector<int32_t> targets = {0};
  expect_error(ErrorKind::kUsage, "only a Flat index ranks targets", [&] { index->search({.vectors = user, .num_queries = 1, .targets = {offsets, targets}}); });
  expect_error(ErrorKind::kUsage, "must be 1 or more", [&] { index->set_effort(0); });
}

std::vector<std::string> small_specs() {
  std::vector<std::string> specs;
  for (const IndexEntry& entry : index_entries()) {
    if (entry.build) specs.push_back(small_spec(entry.example));
  }
  return specs;
}

std::string test_name(const testing::TestParamInfo<std::string>& info) {
  std::string name = info.param;
  std::replace(name.begin(), name.end(), ',', '_');
  return name;
}

INSTANTIATE_TEST_SUITE_P(All, IndexContract, testing::ValuesIn(small_specs()), test_name);

TEST(IndexSpec, ErrorsNameWhatIsMeant) {
  expect_error(ErrorKind::kUsage, "did you mean HNSW32?", [] { check_index_spec("HNWS32"); });
  expect_error(ErrorKind::kUsage, "HNSW needs a number from 2 to 256", [] { check_index_spec("HNSW"); });
  expect_error(ErrorKind::kUsage, "HNSW needs a number from 2 to 256", [] { check_index_spec("HNSW1000"); });
  expect_error(ErrorKind::kUsage, "Flat takes no number", [] { check_index_spec("Flat3"); });
  expect_error(ErrorKind::kUsage, "SQ needs a number from 8 to 8", [] { check_index_spec("HNSW16,SQ4"); });
  expect_error(ErrorKind::kUsage, "known are Flat, HNSW32", [] { check_index_spec(""); });
  expect_error(ErrorKind::kUsage, "unknown index 'HNSW99999999999999999999'", [] { check_index_spec("HNSW99999999999999999999"); });
}

TEST(IndexSpec, WhatThisBuildLacksIsSaidBeforeAnythingIsComputed) {
  for (const IndexEntry& entry : index_entries()) {
    if (entry.build) {
      check_index_spec(entry.example);
      continue;
    }
    const std::string message = std::string("index '") + entry.example + "': this RecHub was built without " + entry.library + " and build it again";
    expect_error(ErrorKind::kUsage, message, [&] { check_index_spec(entry.example); });
    expect_error(ErrorKind::kUsage, message, [&] { build_index(entry.example, {}, 0, kDim); });
  }
}

}  // namespace
}  // namespace rechub
