#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "rechub/data/dataset.h"
#include "rechub/data/split.h"
#include "rechub/models/model.h"

namespace rechub {

// How old the targets of training are, for models that read it (Covington et al., RecSys 2016, section 3.3): from 0, the newest training event of the split, to 1, the oldest.
class ExampleAge {
 public:
  // Throws kUsage where the model reads ages and the data set has no times.
  ExampleAge(const Dataset& dataset, const Split& split, const Model& model);
  std::vector<float> of(std::span<const int64_t> events) const;  // event rows; empty where the model does not read ages

 private:
  std::span<const int64_t> times_;  // empty: the model does not read ages
  int64_t newest_ = 0;
  double span_ = 1;
};

}  // namespace rechub
