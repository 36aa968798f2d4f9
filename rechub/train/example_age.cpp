#include "rechub/train/example_age.h"

#include <algorithm>
#include <limits>

#include "rechub/base/error.h"

namespace rechub {

ExampleAge::ExampleAge(const Dataset& dataset, const Split& split, const Model& model) {
  if (!model.reads_ages()) return;
  times_ = dataset.times();
  check(!times_.empty(), ErrorKind::kUsage, "example_age needs the times of events, which these data do not have: give a log with a time column, or set example_age = false");
  newest_ = std::numeric_limits<int64_t>::min();
  int64_t oldest = std::numeric_limits<int64_t>::max();
  for (int64_t user = kFirstIndex; user < dataset.user_rows(); ++user) {
    for (int64_t event = dataset.user_begin()[user]; event < split.train_end[user]; ++event) {
      newest_ = std::max(newest_, times_[event]);
      oldest = std::min(oldest, times_[event]);
    }
  }
  span_ = std::max(1.0, static_cast<double>(newest_) - static_cast<double>(oldest));
}

std::vector<float> ExampleAge::of(std::span<const int64_t> events) const {
  std::vector<float> ages;
  if (times_.empty()) return ages;
  for (int64_t event : events) ages.push_back(static_cast<float>((static_cast<double>(newest_) - static_cast<double>(times_[event])) / span_));
  return ages;
}

}  // namespace rechub
