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
//   columns  of a weight over features move by the feature's name; those of a feature that the trained model had not begin at 0, and a layer that it had not since there were no
//            features (DenseParameter::bypass) as what does nothing: vectors are what they were
//   tables   move row by row, by the raw id or value that a row stands for; train/new_rows.h says what a new row begins as
//
// ids_are_others: the ids of users and items are not those of the trained model's data, whatever they look like, so all their rows are new.
//
// What does not fit begins as in a fresh model. Returns sentences for people: what moved, what began how. Throws kUsage where no tensor and no row fits.
std::vector<std::string> start_from(const ParameterSet& source, const Dataset& source_data, const Dataset& dataset, const Split& split, ParameterSet& parameters,
                                    bool ids_are_others = false);

// Parameters whose name matches one of the patterns (`*` and `?` as in file names: "item.*") stay as they are in training. Throws kUsage for a pattern that matches none, with the
// names there are, and where nothing is left to train.
void freeze(const std::vector<std::string>& patterns, ParameterSet& parameters);

}  // namespace rechub
