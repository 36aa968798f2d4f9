#include <algorithm>
#include <limits>
#include <memory>
#include <optional>
#include <vector>

#include <faiss/Clustering.h>
#include <faiss/IndexFlat.h>
#include <faiss/IndexIVFFlat.h>
#include <faiss/IndexIVFPQ.h>

#include "rechub/base/error.h"
#include "rechub/base/log.h"
#include "rechub/index/approximate_index.h"
#include "rechub/index/flat.h"
#include "rechub/index/ivf_blas.h"
#include "rechub/index/registry.h"
#include "rechub/kernels/kernel_table.h"

namespace rechub {
namespace {

constexpr int64_t kDefaultProbes = 16, kWidening = 4, kCodeValues = 256, kPointsPerCode = 256;
constexpr int kIterations = 10;

// Assigns vectors to centroids for FAISS's k-means by our exact search, which needs no BLAS.
class ExactAssigner : public faiss::Index {
 public:
  explicit ExactAssigner(int64_t dim) : faiss::Index(dim, faiss::METRIC_INNER_PRODUCT) {}
  void add(idx_t n, const float* x) override {
    index_.emplace(std::span(x, n * d), n, d);
    ntotal = n;
  }
  void reset() override { ntotal = 0; }
  void search(idx_t n, const float* x, idx_t k, float* distances, idx_t* labels, const faiss::SearchParameters*) const override {
    const SearchResult found = index_->search({.vectors = {x, static_cast<size_t>(n * d)}, .num_queries = n, .k = k});
    std::copy(found.scores.begin(), found.scores.end(), distances);
    std::copy(found.positions.begin(), found.positions.end(), labels);
  }

 private:
  std::optional<FlatIndex> index_;
};

// Lists that do not change, end to end.
class FlatLists : public faiss::InvertedLists {
 public:
  FlatLists(std::span<const int64_t> offsets, std::span<const int64_t> ids, std::span<const uint8_t> codes, size_t code_bytes)
      : faiss::InvertedLists(offsets.size() - 1, code_bytes), offsets_(offsets), ids_(ids), codes_(codes) {}
  size_t list_size(size_t list) const override { return offsets_[list + 1] - offsets_[list]; }
  const uint8_t* get_codes(size_t list) const override { return codes_.data() + offsets_[list] * code_size; }
  const idx_t* get_ids(size_t list) const override { return ids_.data() + offsets_[list]; }
  size_t add_entries(size_t, size_t, const idx_t*, const uint8_t*) override { fail(ErrorKind::kInternal, "lists of an index do not change"); }
  void update_entries(size_t, size_t, size_t, const idx_t*, const uint8_t*) override { fail(ErrorKind::kInternal, "lists of an index do not change"); }
  void resize(size_t, size_t) override { fail(ErrorKind::kInternal, "lists of an index do not change"); }

 private:
  std::span<const int64_t> offsets_, ids_;
  std::span<const uint8_t> codes_;
};

struct PermittedSelector : faiss::IDSelector {
  explicit PermittedSelector(const Permitted& of) : permitted(of) {}
  bool is_member(idx_t id) const override { return permitted(id); }
  const Permitted& permitted;
};

// What an inverted file consists of.
struct Parts {
  std::span<const float> centroids;  // [lists, dim]
  std::span<const int64_t> offsets;  // [lists + 1] of each list in ids
  std::span<const int64_t> ids;      // [size] positions, list by list
  std::span<const uint8_t> codes;    // [size, bytes of a vector] in the order of ids: floats, or codes of what a vector differs from its centroid
  std::span<const float> codebooks;  // [codes of a vector, 256, dim / codes of a vector], or empty
};

struct BuiltParts {
  std::vector<float> centroids, codebooks;
  std::vector<int64_t> offsets, ids;
  std::vector<uint8_t> codes;
};

std::vector<float> train_centroids(std::span<const float> vectors, int64_t size, int64_t dim, int64_t num_lists, int64_t seed) {
  faiss::ClusteringParameters parameters;
  parameters.niter = kIterations;
  parameters.spherical = true;
  parameters.seed = static_cast<int>(seed);
  parameters.min_points_per_centroid = 1;
  faiss::Clustering clustering(static_cast<int>(dim), static_cast<int>(num_lists), parameters);
  ExactAssigner assigner(dim);
  clustering.train(size, vectors.data(), assigner);
  return clustering.centroids;
}

// Codebooks from a sample of the differences, which is repeated where there are fewer than FAISS asks for.
void train_codes(faiss::ProductQuantizer& quantizer, std::span<const float> differences, int64_t size, int64_t dim, int64_t seed) {
  const int64_t num_points = std::clamp<int64_t>(size, kCodeValues, kCodeValues * kPointsPerCode);
  std::vector<float> points;
  for (int64_t i = 0; i < num_points; ++i) {
    const int64_t row = size > num_points ? i * size / num_points : i % size;
    points.insert(points.end(), differences.begin() + row * dim, differences.begin() + (row + 1) * dim);
  }
  quantizer.cp.seed = static_cast<int>(seed);
  quantizer.cp.min_points_per_centroid = 1;
  quantizer.train(num_points, points.data());
}

constexpr int64_t kTrainedPoints = 39;  // a list's centre wants as many, as FAISS has it

BuiltParts build_parts(const IndexSpec& spec, std::span<const float> vectors, int64_t size, int64_t dim, int64_t seed) {
  BuiltParts parts;
  const int64_t num_lists = std::min(spec.number, size);
  parts.offsets.assign(num_lists + 1, 0);
  if (size == 0) return parts;
  if (spec.number * kTrainedPoints > size)
    log_warning("IVF{}: as many lists want {} items or more, there are {}; about sqrt(n) lists are usual, and Flat is exact", spec.number, spec.number * kTrainedPoints, size);
  parts.centroids = train_centroids(vectors, size, dim, num_lists, seed);
  const std::vector<int32_t> lists = FlatIndex(parts.centroids, num_lists, dim).search({.vectors = vectors, .num_queries = size, .k = 1}).positions;
  for (int32_t list : lists) ++parts.offsets[list + 1];
  for (int64_t list = 0; list < num_lists; ++list) parts.offsets[list + 1] += parts.offsets[list];
  parts.ids.resize(size);
  std::vector<int64_t> next(parts.offsets.begin(), parts.offsets.end() - 1);
  for (int64_t i = 0; i < size; ++i) parts.ids[next[lists[i]]++] = i;

  std::vector<float> rows(vectors.size());
  for (int64_t place = 0; place < size; ++place) {
    const int64_t id = parts.ids[place];
    for (int64_t d = 0; d < dim; ++d) rows[place * dim + d] = vectors[id * dim + d] - (spec.code_number > 0 ? parts.centroids[lists[id] * dim + d] : 0.0f);
  }
  if (spec.code_number == 0) {
    const auto bytes = std::as_bytes(std::span(rows));
    parts.codes.assign(reinterpret_cast<const uint8_t*>(bytes.data()), reinterpret_cast<const uint8_t*>(bytes.data()) + bytes.size());
    return parts;
  }
  faiss::ProductQuantizer quantizer(dim, spec.code_number, 8);
  train_codes(quantizer, rows, size, dim, seed);
  parts.codes.resize(size * spec.code_number);
  quantizer.compute_codes(rows.data(), parts.codes.data(), size);
  parts.codebooks = quantizer.centroids;
  return parts;
}

void check_dim(const IndexSpec& spec, int64_t dim) {
  check(spec.code_number == 0 || dim % spec.code_number == 0, ErrorKind::kUsage, "index '{}': {} dimensions cannot be cut into {} equal parts", spec.text, dim, spec.code_number);
}

class IvfIndex : public ApproximateIndex {
 public:
  IvfIndex(const IndexSpec& spec, const IndexVectors& vectors, const IndexOptions& options)
      : ApproximateIndex(spec.text, vectors.size(), vectors.dim(), vectors.similarity(), effort_of(std::min(spec.number, vectors.size()))) {
    check_dim(spec, dim());
    built_ = build_parts(spec, vectors.values(), size(), dim(), options.seed);
    parts_ = {built_.centroids, built_.offsets, built_.ids, built_.codes, built_.codebooks};
    assemble(spec);
  }

  IvfIndex(const IndexSpec& spec, IndexFile file)
      : ApproximateIndex(spec.text, file.size(), file.dim(), file.similarity(), effort_of(std::min(spec.number, file.size()))), file_(std::move(file)) {
    check_dim(spec, dim());
    const int64_t num_lists = std::min(spec.number, size());
    parts_.centroids = file_->section<float>("centroids", num_lists * dim());
    parts_.offsets = file_->section<int64_t>("offsets", num_lists + 1);
    parts_.ids = file_->section<int64_t>("ids", size());
    parts_.codes = file_->section<uint8_t>("codes", size() * (spec.code_number > 0 ? spec.code_number : dim() * static_cast<int64_t>(sizeof(float))));
    parts_.codebooks = file_->section<float>("codebooks", spec.code_number > 0 && size() > 0 ? kCodeValues * dim() : 0);
    check(parts_.offsets.front() == 0 && std::is_sorted(parts_.offsets.begin(), parts_.offsets.end()) && parts_.offsets.back() == size(), ErrorKind::kData,
          "{}: its lists do not hold {} positions", file_->path(), size());
    assemble(spec);
    file_->check_finite(rows());
    set_effort(file_->effort());
  }

  int64_t memory_bytes() const override {
    return static_cast<int64_t>(2 * parts_.centroids.size_bytes() + parts_.offsets.size_bytes() + parts_.ids.size_bytes() + parts_.codes.size_bytes() +
                                2 * parts_.codebooks.size_bytes() + places_.size() * sizeof(int32_t));
  }

  void save(const std::string& path) const override {
    IndexFileWriter file(*this);
    file.add("centroids", parts_.centroids);
    file.add("offsets", parts_.offsets);
    file.add("ids", parts_.ids);
    file.add("codes", parts_.codes);
    file.add("codebooks", parts_.codebooks);
    file.write(path);
  }

 protected:
  bool find(const float* vector, int64_t k, int64_t effort, const Permitted& permitted, std::vector<ScoredPosition>& found) const override {
    if (!searcher_) return true;
    const auto num_lists = static_cast<int64_t>(searcher_->nlist), wanted = std::min(k, size());
    PermittedSelector selector(permitted);
    faiss::SearchParametersIVF parameters;
    if (permitted.hides_something()) parameters.sel = &selector;
    std::vector<float> scores(wanted);
    std::vector<int64_t> ids(wanted);
    for (int64_t probes = std::min(effort, num_lists);; probes = std::min(kWidening * probes, num_lists)) {
      parameters.nprobe = probes;
      searcher_->search(1, vector, wanted, scores.data(), ids.data(), &parameters);
      if (ids.back() >= 0 || probes == num_lists) break;
    }
    for (int64_t i = 0; i < wanted && ids[i] >= 0; ++i) found.push_back({scores[i], static_cast<int32_t>(ids[i])});
    return true;
  }

  void score(const float* vector, std::span<const int32_t> positions, float* scores) const override {
    std::vector<int32_t> places(positions.size());
    for (size_t i = 0; i < positions.size(); ++i) places[i] = places_[positions[i]];
    if (parts_.codebooks.empty()) {
      kernels().scattered_rows.dots(vector, rows().data(), dim(), places.data(), static_cast<int64_t>(places.size()), scores);
      return;
    }
    const auto& quantizer = static_cast<const faiss::IndexIVFPQ&>(*searcher_).pq;
    std::vector<float> table(quantizer.M * quantizer.ksub);
    quantizer.compute_inner_prod_table(vector, table.data());
    for (size_t i = 0; i < places.size(); ++i) {
      const auto list = std::upper_bound(parts_.offsets.begin(), parts_.offsets.end(), int64_t{places[i]}) - parts_.offsets.begin() - 1;
      scores[i] = kernels().scattered_rows.dot(vector, parts_.centroids.data() + list * dim(), dim());
      for (size_t m = 0; m < quantizer.M; ++m) scores[i] += table[m * quantizer.ksub + parts_.codes[places[i] * quantizer.M + m]];
    }
  }

 private:
  static Effort effort_of(int64_t num_lists) { return {"nprobe", std::max<int64_t>(1, std::min(kDefaultProbes, num_lists)), 1, std::max<int64_t>(1, num_lists)}; }

  std::span<const float> rows() const {
    if (!parts_.codebooks.empty()) return {};
    return {reinterpret_cast<const float*>(parts_.codes.data()), parts_.codes.size() / sizeof(float)};
  }

  // FAISS's index over the parts, and the place of each position, which must come once.
  void assemble(const IndexSpec& spec) {
    use_own_blas();
    places_.assign(size(), -1);
    for (size_t place = 0; place < parts_.ids.size(); ++place) {
      const int64_t id = parts_.ids[place];
      check(id >= 0 && id < size() && places_[id] < 0, ErrorKind::kData, "an IVF index holds position {} out of {} twice or not at all", id, size());
      places_[id] = static_cast<int32_t>(place);
    }
    if (size() == 0) return;
    const int64_t num_lists = static_cast<int64_t>(parts_.offsets.size()) - 1;
    coarse_ = std::make_unique<faiss::IndexFlatIP>(dim());
    coarse_->add(num_lists, parts_.centroids.data());
    if (spec.code_number > 0) {
      auto searcher = std::make_unique<faiss::IndexIVFPQ>(coarse_.get(), dim(), num_lists, spec.code_number, 8, faiss::METRIC_INNER_PRODUCT);
      searcher->pq.centroids.assign(parts_.codebooks.begin(), parts_.codebooks.end());
      searcher_ = std::move(searcher);
    } else {
      searcher_ = std::make_unique<faiss::IndexIVFFlat>(coarse_.get(), dim(), num_lists, faiss::METRIC_INNER_PRODUCT);
    }
    lists_ = std::make_unique<FlatLists>(parts_.offsets, parts_.ids, parts_.codes, searcher_->code_size);
    searcher_->replace_invlists(lists_.get(), false);
    searcher_->ntotal = size();
    searcher_->is_trained = true;
  }

  BuiltParts built_;
  std::optional<IndexFile> file_;
  Parts parts_;  // of what was built, or of the file
  std::vector<int32_t> places_;
  std::unique_ptr<faiss::IndexFlatIP> coarse_;
  std::unique_ptr<FlatLists> lists_;
  std::unique_ptr<faiss::IndexIVF> searcher_;
};

}  // namespace

std::unique_ptr<Index> build_ivf(const IndexSpec& spec, const IndexVectors& vectors, const IndexOptions& options) { return std::make_unique<IvfIndex>(spec, vectors, options); }

std::unique_ptr<Index> open_ivf(const IndexSpec& spec, IndexFile file) { return std::make_unique<IvfIndex>(spec, std::move(file)); }

}  // namespace rechub
