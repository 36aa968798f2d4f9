#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "rechub/data/dataset.h"
#include "rechub/data/split.h"
#include "rechub/layers/parameters.h"

namespace rechub {

// What the rows of a table begin as that the trained model does not know (`origin` is kUnknownIndex), once those it knows are in the table.
//
//   items  the mean of the known items next to them in training histories, three events to either side
//   users  the mean, over the items of their training history, of the mean of the known users who have the item
//   both   without such, the mean, over their feature values, of the mean of the known rows that have the value
//
// What is left, and rows of other spaces, stay as they are: the unknown row. Returns a sentence for people.
std::string start_new_rows(const Dataset& dataset, const Split& split, TableParameter& table, const std::vector<int32_t>& origin);

}  // namespace rechub
