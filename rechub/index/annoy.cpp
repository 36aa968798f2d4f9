#include <algorithm>
#include <limits>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#define ANNOYLIB_MULTITHREADED_BUILD
#include <annoylib.h>
#include <kissrandom.h>

#include "rechub/base/error.h"
#include "rechub/base/parallel.h"
#include "rechub/index/approximate_index.h"
#include "rechub/index/query_checks.h"
#include "rechub/index/registry.h"
#include "rechub/kernels/kernel_table.h"

namespace rechub {
namespace {

constexpr int64_t kDefaultCandidates = 2000, kWidening = 8;
constexpr int kTries = 3;

using AnnoyForest = Annoy::AnnoyIndex<int32_t, float, Annoy::DotProduct, Annoy::Kiss64Random, Annoy::AnnoyIndexMultiThreadedBuildPolicy>;

// Annoy's trees, built by it, or over nodes that lie in a file. All nodes have the same size; the first `size` hold the vectors.
class Forest : private AnnoyForest {
 public:
  explicit Forest(int64_t dim) : AnnoyForest(static_cast<int>(dim)) {}
  ~Forest() {
    if (is_view_) _nodes = nullptr;  // Annoy would free it
  }

  void grow(const IndexVectors& vectors, int64_t num_trees, int64_t seed) {
    set_seed(static_cast<uint64_t>(seed));
    for (int64_t i = 0; i < vectors.size(); ++i) add_item(static_cast<int32_t>(i), vectors.row(i));
    char* error = nullptr;
    const bool is_built = AnnoyForest::build(static_cast<int>(num_trees), num_threads(), &error);
    const std::unique_ptr<char, decltype(&std::free)> message(error, &std::free);
    check(is_built, ErrorKind::kInternal, "Annoy could not build its trees: {}", error ? error : "no reason given");
  }

  // Throws kData for nodes that Annoy could not walk through to an end.
  void view(std::span<const std::byte> nodes, std::span<const int32_t> roots, int64_t size, const std::string& path) {
    check(nodes.size() % _s == 0 && nodes.size() / _s <= static_cast<size_t>(std::numeric_limits<int32_t>::max()) && nodes.size() / _s >= static_cast<size_t>(size),
          ErrorKind::kData, "{}: its nodes have {} bytes", path, nodes.size());
    is_view_ = true;
    _nodes = const_cast<std::byte*>(nodes.data());
    _n_items = static_cast<int32_t>(size);
    _n_nodes = static_cast<int32_t>(nodes.size() / _s);
    _roots.assign(roots.begin(), roots.end());
    _loaded = _built = true;
    for (int32_t root : roots) check(root >= 0 && root < _n_nodes, ErrorKind::kData, "{}: a tree starts at {}", path, root);
    for (int32_t i = 0; i < _n_nodes; ++i) check(is_sound(i), ErrorKind::kData, "{}: node {} leads nowhere or holds a NaN or an infinity", path, i);
  }

  void candidates(const float* vector, int64_t wanted, std::vector<int32_t>& positions) const {
    std::vector<float> distances;
    const auto count = static_cast<int>(std::min<int64_t>(wanted, std::numeric_limits<int>::max()));
    get_nns_by_vector(vector, std::numeric_limits<int32_t>::max(), count, &positions, &distances);
  }

  const float* vector_of(int32_t position) const { return _get(position)->v; }
  std::span<const std::byte> nodes() const { return {static_cast<const std::byte*>(_nodes), static_cast<size_t>(_n_nodes) * _s}; }
  std::span<const int32_t> roots() const { return _roots; }

 private:
  // Children come before their parent, so that every way down ends.
  bool is_sound(int32_t i) const {
    const Node* node = _get(i);
    const bool is_item = i < _n_items, is_leaf = node->n_descendants <= _K;
    if (is_item ? node->n_descendants != 1 : node->n_descendants < 1) return false;
    if (is_item || !is_leaf) {
      if (!all_finite(node->v, _f) || !all_finite(&node->dot_factor, 1)) return false;
    }
    if (is_item) return true;
    const int32_t* children = node->children;  // a leaf's go on where the other nodes have their vector
    for (int32_t child = 0; child < (is_leaf ? node->n_descendants : 2); ++child) {
      if (children[child] < 0 || children[child] >= (is_leaf ? _n_items : i)) return false;
    }
    return true;
  }

  bool is_view_ = false;
};

class ForestIndex : public ApproximateIndex {
 public:
  ForestIndex(const IndexSpec& spec, const IndexVectors& vectors, const IndexOptions& options)
      : ApproximateIndex(spec.text, vectors.size(), vectors.dim(), vectors.similarity(), effort_of(spec, vectors.size())), forest_(vectors.dim()) {
    if (vectors.size() > 0) forest_.grow(vectors, spec.number, options.seed);
  }

  ForestIndex(const IndexSpec& spec, IndexFile file)
      : ApproximateIndex(spec.text, file.size(), file.dim(), file.similarity(), effort_of(spec, file.size())), file_(std::move(file)), forest_(dim()) {
    forest_.view(file_->section<std::byte>("nodes"), file_->section<int32_t>("roots"), size(), file_->path());
    set_effort(file_->effort());
  }

  int64_t memory_bytes() const override { return static_cast<int64_t>(forest_.nodes().size() + forest_.roots().size_bytes()); }

  void save(const std::string& path) const override {
    IndexFileWriter file(*this);
    file.add("nodes", forest_.nodes());
    file.add("roots", forest_.roots());
    file.write(path);
  }

 protected:
  // Annoy knows no filters: it is asked for more until enough of what it brings is permitted.
  bool find(const float* vector, int64_t k, int64_t effort, const Permitted& permitted, std::vector<ScoredPosition>& found) const override {
    if (size() == 0) return true;
    std::vector<int32_t> positions;
    int64_t wanted = std::max(k, effort);
    for (int attempt = 0; attempt < kTries; ++attempt, wanted *= kWidening) {
      positions.clear();
      forest_.candidates(vector, wanted, positions);
      std::erase_if(positions, [&](int32_t position) { return !permitted(position); });
      if (static_cast<int64_t>(positions.size()) >= k) break;
    }
    std::vector<float> scores(positions.size());
    score(vector, positions, scores.data());
    for (size_t i = 0; i < positions.size(); ++i) found.push_back({scores[i], positions[i]});
    return true;
  }

  void score(const float* vector, std::span<const int32_t> positions, float* scores) const override {
    for (size_t i = 0; i < positions.size(); ++i) scores[i] = kernels().scattered_rows.dot(vector, forest_.vector_of(positions[i]), dim());
  }

 private:
  static Effort effort_of(const IndexSpec& spec, int64_t size) { return {"search_k", kDefaultCandidates, 1, std::max<int64_t>(1, spec.number * size), true}; }

  std::optional<IndexFile> file_;
  Forest forest_;
};

}  // namespace

std::unique_ptr<Index> build_annoy(const IndexSpec& spec, const IndexVectors& vectors, const IndexOptions& options) {
  return std::make_unique<ForestIndex>(spec, vectors, options);
}

std::unique_ptr<Index> open_annoy(const IndexSpec& spec, IndexFile file) { return std::make_unique<ForestIndex>(spec, std::move(file)); }

}  // namespace rechub
