#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "rechub/data/dataset.h"
#include "rechub/data/split.h"
#include "rechub/layers/parameters.h"

namespace rechub {

// Puts what a model has learnt on `source_data` into the fresh `parameters` of a model on `dataset`, so that training goes on from there: with new events of the same users and
// items, or on another data set that shares features (transfer).
//
//   tensors  move by name where their shape is the same; feature statistics move, too, so that old vectors stay comparable
//   tables   move row by row, by the raw id or value that a row stands for. A new item begins as the mean of the known items next to it in training histories; without such, of the
//            known items that share its feature values; without such, as the unknown item. Any other new row begins as the unknown one
//
// What does not fit begins as in a fresh model. Returns sentences for people: what moved, what began how. Throws kUsage where no tensor and no row fits.
std::vector<std::string> start_from(const ParameterSet& source, const Dataset& source_data, const Dataset& dataset, const Split& split, ParameterSet& parameters);

// Parameters whose name matches one of the patterns (`*` and `?` as in file names: "item.*") stay as they are in training. Throws kUsage for a pattern that matches none, with the
// names there are, and where nothing is left to train.
void freeze(const std::vector<std::string>& patterns, ParameterSet& parameters);

}  // namespace rechub
