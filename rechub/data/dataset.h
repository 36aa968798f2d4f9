#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "rechub/data/feature_table.h"
#include "rechub/data/named_sequence.h"
#include "rechub/data/vocabulary.h"

namespace rechub {

struct DatasetParts;

// A prepared data set: every user's events once, in time order, memory-mapped from a directory.
//
//   manifest.json        format version, counts, column specs, how it was prepared, what the checks found, a checksum of every other file (manifest.h)
//   events.arrow         item int32; time int64 (seconds, or the file's own unit: "time_unit") if known; weight float if asked for; one column an event feature
//   users.arrow          begin int64: first event of the user; two columns a named sequence; one column a user feature; one row more than users, where the last user's events end
//   items.arrow          events int32: how many events the item has, 0 for items that only the item file knows; one column an item feature; precomputed vectors are stored here
//   once an item user_ids.arrow, item_ids.arrow, spaces/NAME.arrow    vocabularies
//   sequences/NAME.arrow value int32; time int64: the values of a named sequence (named_sequence.h), user by user
//
// Each of the first three is one record batch (arrow_columns.h). Users and items are dense indices; rows 0 (padding) and 1 (unknown) have no events. An event of weight 0 is
// history but never a target. Spans stay valid as long as the Dataset lives. Const calls are thread-safe.
class Dataset {
 public:
  // A data set in memory (dataset_parts.h): no directory, no manifest, vocabularies of ids only where it was given them.
  static Dataset from_memory(DatasetParts parts);
  // Maps the directory. Throws kNotFound without a manifest, kData where a file is truncated, its checksum differs (`verify`: read every byte; else sizes only) or an index in it
  // points nowhere.
  static Dataset open(const std::string& directory, bool verify = false);

  Dataset(Dataset&&) noexcept;
  Dataset& operator=(Dataset&&) noexcept;
  ~Dataset();

  const std::string& directory() const;
  const nlohmann::json& manifest() const;

  int64_t num_events() const;
  int64_t num_users() const;  // users with a row, the two reserved rows not counted
  int64_t num_items() const;  // items of the catalogue, the two reserved rows not counted
  int32_t user_rows() const;  // num_users + 2
  int32_t item_rows() const;  // num_items + 2

  std::span<const int64_t> user_begin() const;  // [user_rows + 1] user u's events are [user_begin[u], user_begin[u + 1]), oldest first
  std::span<const int32_t> items() const;       // [num_events] item index, in [2, item_rows)
  std::span<const int64_t> times() const;       // [num_events] or empty
  std::span<const float> weights() const;       // [num_events] or empty (then every weight is 1)
  std::span<const float> labels() const;        // [num_events] from 0 to 1, or empty (then every label is 1); data sets on disk have none

  // [user_rows] which user of the model's training data a row is, kUnknownIndex for a stranger; or empty: every row is itself (recode.h).
  std::span<const int32_t> user_codes() const;

  const FeatureTable& user_features() const;            // rows: user_rows
  const FeatureTable& item_features() const;            // rows: item_rows
  const FeatureTable& event_features() const;           // rows: num_events
  const std::vector<NamedSequence>& sequences() const;  // beside the events; none as a rule, and never without times

  const Vocabulary& user_ids() const;
  const Vocabulary& item_ids() const;
  const Vocabulary& space(const std::string& name) const;  // throws kNotFound

  bool has_repeats() const;  // some user has the same item twice: seen items are then kept by default

  struct Storage;  // private to dataset.cpp
  explicit Dataset(std::unique_ptr<Storage> storage);

 private:
  std::unique_ptr<Storage> storage_;
};

}  // namespace rechub
