#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "rechub/data/cells.h"
#include "rechub/data/feature_plan.h"
#include "rechub/data/list_cells.h"
#include "rechub/data/vocabulary.h"

namespace rechub {

// Turns the cells of one column into codes and numbers, as its plan says. Missing values become the unknown code, no codes, or NaN; where the plan refuses them it throws kData
// with file, row and column.
class ColumnEncoder {
 public:
  // `space` is the vocabulary of the plan's space, null where it has none; with `may_add` new values join it, otherwise they are unknown.
  ColumnEncoder(const FeaturePlan& plan, Vocabulary* space, bool may_add)
      : plan_(plan), is_vector_(plan.spec.kind == FeatureKind::kDense && plan.spec.width == 0), space_(space), may_add_(may_add) {}

  const FeatureSpec& spec() const { return plan_.spec; }
  const std::string& column() const { return plan_.column; }
  void start_batch(TableReader& reader, const arrow::RecordBatch& batch);

  // Encodes a cell into codes() or numbers(). False: the row was reported as a bad one.
  bool read(int64_t row);
  const std::vector<int32_t>& codes() const { return codes_; }    // kSparse: one (but raw numbers of "buckets" come as numbers()); kMulti: any number
  const std::vector<float>& numbers() const { return numbers_; }  // kDense: spec().width; "buckets": one, before it is cut; empty where a vector is missing

  // "buckets" are cut once their boundaries are known.
  bool is_bucketed() const { return plan_.spec.encoding == "buckets"; }

 private:
  bool read_value(int64_t row);
  bool read_values(int64_t row);
  bool read_trigrams(int64_t row);
  bool read_number(int64_t row);
  bool read_vector(int64_t row);
  int32_t code_of(std::string_view text) { return may_add_ ? space_->add(text) : space_->find(text); }
  void check_present(bool is_present, int64_t row) const;

  FeaturePlan plan_;
  bool is_vector_;
  Vocabulary* space_;
  bool may_add_;
  TableReader* reader_ = nullptr;
  std::unique_ptr<Cells> cells_;
  std::unique_ptr<ListCells> lists_;
  std::vector<std::string_view> texts_;
  std::vector<int32_t> codes_;
  std::vector<float> numbers_;
};

}  // namespace rechub
