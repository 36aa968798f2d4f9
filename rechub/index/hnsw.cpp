#include <algorithm>
#include <cmath>
#include <numeric>
#include <optional>
#include <vector>

#include "rechub/base/error.h"
#include "rechub/index/hnsw_graph.h"
#include "rechub/index/registry.h"

namespace rechub {
namespace {

constexpr int64_t kDefaultEf = 128, kLargestCode = 255;

// Vectors in 8 bits a value: value = low + code * step, with a low and a step for each dimension.
struct Codes {
  std::vector<uint8_t> values;  // [size, dim]
  std::vector<float> lows, steps;
};

Codes encode(std::span<const float> vectors, int64_t dim) {
  Codes codes{std::vector<uint8_t>(vectors.size()), std::vector<float>(dim), std::vector<float>(dim)};
  std::vector<float> highs(dim);
  for (size_t i = 0; i < vectors.size(); ++i) {
    const size_t d = i % dim;
    codes.lows[d] = i < static_cast<size_t>(dim) ? vectors[i] : std::min(codes.lows[d], vectors[i]);
    highs[d] = i < static_cast<size_t>(dim) ? vectors[i] : std::max(highs[d], vectors[i]);
  }
  for (int64_t d = 0; d < dim; ++d) codes.steps[d] = highs[d] / kLargestCode - codes.lows[d] / kLargestCode;
  for (size_t i = 0; i < vectors.size(); ++i) {
    const size_t d = i % dim;
    const float code = codes.steps[d] > 0 ? (vectors[i] - codes.lows[d]) / codes.steps[d] : 0.0f;
    codes.values[i] = static_cast<uint8_t>(std::lround(std::clamp(code, 0.0f, static_cast<float>(kLargestCode))));
  }
  return codes;
}

class HnswIndex : public ApproximateIndex {
 public:
  HnswIndex(const IndexSpec& spec, BuiltHnswGraph graph, const IndexVectors& vectors)
      : ApproximateIndex(spec.text, vectors.size(), vectors.dim(), vectors.similarity(), effort_of(vectors.size())), built_graph_(std::move(graph)) {
    graph_ = built_graph_.view();
    if (spec.code_number > 0) {
      built_codes_ = encode(vectors.values(), dim());
      codes_ = built_codes_.values;
      lows_ = built_codes_.lows;
      steps_ = built_codes_.steps;
    } else {
      built_rows_.assign(vectors.values().begin(), vectors.values().end());
      rows_ = built_rows_;
    }
  }

  HnswIndex(const IndexSpec& spec, IndexFile file) : ApproximateIndex(spec.text, file.size(), file.dim(), file.similarity(), effort_of(file.size())), file_(std::move(file)) {
    graph_ = read_hnsw_graph(*file_, spec.number);
    if (spec.code_number > 0) {
      codes_ = file_->section<uint8_t>("codes", size() * dim());
      lows_ = file_->section<float>("lows", dim());
      steps_ = file_->section<float>("steps", dim());
    } else {
      rows_ = file_->section<float>("vectors", size() * dim());
    }
    set_effort(file_->effort());
  }

  int64_t memory_bytes() const override {
    return graph_.memory_bytes() + static_cast<int64_t>(rows_.size_bytes() + codes_.size_bytes() + lows_.size_bytes() + steps_.size_bytes());
  }

  void save(const std::string& path) const override {
    IndexFileWriter file(*this);
    if (rows_.empty() && !steps_.empty()) {
      file.add("codes", codes_);
      file.add("lows", lows_);
      file.add("steps", steps_);
    } else {
      file.add("vectors", rows_);
    }
    graph_.add_to(file);
    file.write(path);
  }

 protected:
  bool find(const float* vector, int64_t k, int64_t effort, const Permitted& permitted, std::vector<ScoredPosition>& found) const override {
    std::vector<float> scaled;
    const HnswScorer scorer = scorer_of(vector, scaled);
    return search_hnsw_graph(graph_, scorer, std::max(k, effort), permitted, found);
  }

  void score(const float* vector, std::span<const int32_t> positions, float* scores) const override {
    std::vector<float> scaled;
    scorer_of(vector, scaled)(positions.data(), static_cast<int64_t>(positions.size()), scores);
  }

 private:
  static Effort effort_of(int64_t size) { return {"ef_search", kDefaultEf, 1, std::max<int64_t>(size, 1), true}; }

  // With codes, x . (low + code * step) = x . low + (x * step) . code.
  HnswScorer scorer_of(const float* vector, std::vector<float>& scaled) const {
    if (steps_.empty()) return {vector, rows_.data(), nullptr, dim(), 0.0f};
    scaled.resize(dim());
    for (int64_t d = 0; d < dim(); ++d) scaled[d] = vector[d] * steps_[d];
    return {scaled.data(), nullptr, codes_.data(), dim(), std::inner_product(lows_.begin(), lows_.end(), vector, 0.0f)};
  }

  BuiltHnswGraph built_graph_;
  Codes built_codes_;
  std::vector<float> built_rows_;
  std::optional<IndexFile> file_;
  HnswGraph graph_;  // all below: of what was built, or of the file
  std::span<const float> rows_, lows_, steps_;
  std::span<const uint8_t> codes_;
};

}  // namespace

std::unique_ptr<Index> make_hnsw(const IndexSpec& spec, BuiltHnswGraph graph, const IndexVectors& vectors) { return std::make_unique<HnswIndex>(spec, std::move(graph), vectors); }

std::unique_ptr<Index> open_hnsw(const IndexSpec& spec, IndexFile file) { return std::make_unique<HnswIndex>(spec, std::move(file)); }

}  // namespace rechub
