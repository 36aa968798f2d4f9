#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "rechub/data/column_encoder.h"
#include "rechub/data/feature_plan.h"
#include "rechub/data/feature_spaces.h"

namespace rechub {

// The feature columns of events while the interactions are read: each becomes one 32-bit word of an event's record, a code, a float's bits or the number of a list that is kept
// once.
class EventColumns {
 public:
  // `items` is the vocabulary that the interactions' items are numbered by.
  EventColumns(const TablePlan& plan, FeatureSpaces& spaces, Vocabulary& items);

  std::vector<std::string> names() const;  // columns of the file
  int64_t num_words() const { return static_cast<int64_t>(encoders_.size()); }
  const FeatureSpec& spec(size_t column) const { return encoders_[column].spec(); }

  void start_batch(TableReader& reader, const arrow::RecordBatch& batch);
  bool read(int64_t row);       // all columns; false: the row was reported as a bad one
  void store(uint32_t* words);  // of the row read last

  std::span<const int32_t> list(uint32_t number) const { return {codes_.data() + offsets_[number], static_cast<size_t>(offsets_[number + 1] - offsets_[number])}; }

 private:
  uint32_t list_number(const std::vector<int32_t>& codes);

  std::vector<ColumnEncoder> encoders_;
  std::unordered_map<std::string, uint32_t> known_lists_;  // by the codes' bytes
  std::vector<int64_t> offsets_ = {0};
  std::vector<int32_t> codes_;
};

}  // namespace rechub
