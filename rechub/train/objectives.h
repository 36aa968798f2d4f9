#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "rechub/data/dataset.h"
#include "rechub/data/split.h"
#include "rechub/layers/parameters.h"

namespace rechub {

// Further objectives of a run, each about a label column of the events, as whether a recommended item was clicked and how long it was watched (Covington et al., RecSys 2016, learn
// to expect watch time). An objective says of a target event what its label is, from the vectors every model has, through a linear head of its own:
//
//   prediction = w . (u * v) + b, u * v the product of user and target vector, number by number, w [D] and b its own parameters, which serving does not need
//
//   bce      label from 0 to 1: -y log sigmoid(p) - (1 - y) log(1 - sigmoid(p))
//   mse      any number, standardised over the training events: (p - y)^2
//   reward   label of 0 or more: no head; the main loss once more, each readout weighted by its label
//
// A label that is missing (NaN) counts for nothing.
class Objectives {
 public:
  // `asked`: texts NAME:LOSS:WEIGHT. Adds the heads to `parameters`. Throws kUsage for a text that is none, an unknown column (with the nearest name) or loss, kData for a label
  // out of range, naming event and value.
  Objectives(const std::vector<std::string>& asked, const Dataset& dataset, const Split& split, int64_t dim, ParameterSet& parameters);

  bool empty() const { return entries_.empty(); }
  std::vector<float> labels(const std::vector<int64_t>& events) const;  // [objectives x events]; on loader threads

  // What is added to the main loss, a scalar. users [R, D] unscaled, targets [R, D], labels [objectives, R], weights [R] or undefined; main(weights) is the main loss with other
  // weights.
  using MainLoss = std::function<at::Tensor(const at::Tensor& weights)>;
  at::Tensor loss(const at::Tensor& users, const at::Tensor& targets, const at::Tensor& labels, const at::Tensor& weights, const MainLoss& main) const;

 private:
  struct Entry {
    std::string name, loss;
    double weight = 1;
    std::vector<float> labels;  // [events]
    at::Tensor head, bias;      // [D], [1]
  };
  std::vector<Entry> entries_;
};

}  // namespace rechub
