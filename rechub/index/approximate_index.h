#pragma once

#include <atomic>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "rechub/index/index.h"
#include "rechub/index/position_set.h"
#include "rechub/index/top_k.h"

namespace rechub {

// What one query may be answered with.
class Permitted {
 public:
  // allowed_count: of `allowed`, shared by the queries of a batch, -1 until it is known.
  Permitted(std::span<const uint8_t> allowed, std::atomic<int64_t>& allowed_count, const PositionSet& excluded, int64_t size)
      : allowed_(allowed), allowed_count_(allowed_count), excluded_(excluded), has_excluded_(!excluded.members().empty()), size_(size) {}

  bool operator()(int64_t position) const { return !(has_excluded_ && excluded_.contains(position)) && (allowed_.empty() || allowed_[position] != 0); }
  bool hides_something() const { return has_excluded_ || !allowed_.empty(); }
  const uint8_t* allowed() const { return allowed_.empty() ? nullptr : allowed_.data(); }
  int64_t count() const;                   // positions that are permitted; reads the whole of `allowed` once a batch
  std::vector<int32_t> positions() const;  // all of them, ascending

 private:
  std::span<const uint8_t> allowed_;
  std::atomic<int64_t>& allowed_count_;
  const PositionSet& excluded_;
  bool has_excluded_;
  int64_t size_;
};

// What all approximate indexes share: checks, threads, several vectors a query, and the promise of exactly k. An index finds candidates for one vector and scores positions.
class ApproximateIndex : public Index {
 public:
  Effort effort() const final { return effort_; }
  void set_effort(int64_t value) final;

 protected:
  ApproximateIndex(std::string spec, int64_t size, int64_t dim, Similarity similarity, Effort effort) : Index(std::move(spec), size, dim, similarity), effort_(std::move(effort)) {}

  // Appends the best permitted positions it finds for a vector, each once, with their scores, in any order; k of them or more where it can. False where so many positions are
  // hidden that to score all permitted ones is cheaper: what it appended is not used then. Thread-safe.
  virtual bool find(const float* vector, int64_t k, int64_t effort, const Permitted& permitted, std::vector<ScoredPosition>& found) const = 0;

  // The scores of any positions. Thread-safe.
  virtual void score(const float* vector, std::span<const int32_t> positions, float* scores) const = 0;

 private:
  void find_best(const SearchQuery& query, SearchResult& result) const final;
  std::vector<ScoredPosition> answer(const SearchQuery& query, int64_t i, const Permitted& permitted) const;
  std::vector<ScoredPosition> best_of(const float* vectors, int64_t num_vectors, std::span<const int32_t> positions, int64_t k) const;

  Effort effort_;
};

}  // namespace rechub
