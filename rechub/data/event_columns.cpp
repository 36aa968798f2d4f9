#include "rechub/data/event_columns.h"

#include <algorithm>
#include <bit>

#include <arrow/record_batch.h>

#include "rechub/data/buckets.h"

namespace rechub {

EventColumns::EventColumns(const TablePlan& plan, FeatureSpaces& spaces, Vocabulary& items) {
  for (const FeaturePlan& feature : plan.features) encoders_.emplace_back(feature, spaces.of(feature.spec, &items), true);
}

std::vector<std::string> EventColumns::names() const {
  std::vector<std::string> names;
  for (const ColumnEncoder& encoder : encoders_) names.push_back(encoder.column());
  return names;
}

void EventColumns::start_batch(TableReader& reader, const arrow::RecordBatch& batch) {
  for (ColumnEncoder& encoder : encoders_) encoder.start_batch(reader, batch);
}

bool EventColumns::read(int64_t row) {
  return std::all_of(encoders_.begin(), encoders_.end(), [row](ColumnEncoder& encoder) { return encoder.read(row); });
}

void EventColumns::store(uint32_t* words) {
  for (const ColumnEncoder& encoder : encoders_) {
    if (encoder.is_bucketed()) {
      *words++ = static_cast<uint32_t>(bucket_code(encoder.numbers()[0], encoder.spec().boundaries));
    } else if (encoder.spec().kind == FeatureKind::kDense) {
      *words++ = std::bit_cast<uint32_t>(encoder.numbers()[0]);
    } else if (encoder.spec().kind == FeatureKind::kSparse) {
      *words++ = static_cast<uint32_t>(encoder.codes()[0]);
    } else {
      *words++ = list_number(encoder.codes());
    }
  }
}

uint32_t EventColumns::list_number(const std::vector<int32_t>& codes) {
  const std::string bytes(reinterpret_cast<const char*>(codes.data()), codes.size() * sizeof(int32_t));
  const auto [place, is_new] = known_lists_.try_emplace(bytes, static_cast<uint32_t>(offsets_.size() - 1));
  if (is_new) {
    codes_.insert(codes_.end(), codes.begin(), codes.end());
    offsets_.push_back(static_cast<int64_t>(codes_.size()));
  }
  return place->second;
}

}  // namespace rechub
