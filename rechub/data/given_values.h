#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "rechub/data/batch.h"

namespace rechub {

// What a request says of its user besides a history, encoded as the data set was: features of the user and of the context by name, and named sequences. What is not said stays what
// the data set knows of the user; a stranger has unknown codes and mean numbers.
//
//     {"age": 31, "gender": "F", "genres": ["drama", "crime"], "device": "phone"}     features: values as in the files; null is a missing one; lists for features of several values
//     {"searches": ["cats", "cat food"]}                                              sequences: oldest first
//
// A cross of features follows from its halves.
class GivenValues {
 public:
  GivenValues() = default;
  // Throws kUsage naming `source` ("FILE, line N") for a name that is no feature (with the nearest one), kData for a value that does not fit it. A value that training never saw is
  // the unknown one. Both may be null or empty.
  GivenValues(const Dataset& dataset, const nlohmann::json& features, const nlohmann::json& sequences, const std::string& source);

  bool empty() const { return columns_.empty(); }

  // Features and sequences that were given a value which training never saw.
  const std::vector<std::string>& unknown() const { return unknown_; }

  // Puts the values into row `row` of a batch that reads out every sequence once, at its end. Sequences keep their newest `max_length` values.
  void apply(const Dataset& dataset, int64_t max_length, size_t row, SequenceBatch& batch) const;

 private:
  struct Column {
    bool is_user = false;  // of the user columns, else of the context columns
    size_t place = 0;      // among them
    bool is_sequence = false;
    BatchColumn value;  // one row
  };
  std::vector<Column> columns_;
  std::vector<std::string> unknown_;
};

// The names that features and sequences of a request may have, and features of an item that is given.
struct KnownNames {
  std::vector<std::string> features, sequences, item_features;
};
KnownNames known_names(const Dataset& dataset);

// The columns of one item that is not in the catalogue, in the order of the data set's item features: an object as above; what it does not name is unknown, numbers are the mean.
// Throws as GivenValues does.
BatchColumns given_item_features(const Dataset& dataset, const nlohmann::json& features, const std::string& source);

}  // namespace rechub
