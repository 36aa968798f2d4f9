#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "rechub/data/batch.h"
#include "rechub/models/model.h"

namespace rechub {

// The rows of one row space that a step reads. Ids of the space in the batch number these rows.
struct LeafRows {
  std::string space;
  bool is_whole = true;
  int64_t first_row = 0;      // is_whole: rows first_row, first_row + 1, ... of the table; ids are dense index - first_row
  std::vector<int64_t> rows;  // otherwise: these rows, ascending
};

// The negatives of a training batch and how often each was to be expected (samplers/sampler.h).
struct BatchNegatives {
  std::vector<int64_t> items;              // [K] shared by all readouts, or [R, K]
  int64_t per_readout = 0;                 // K of lists of their own; 0: shared
  std::vector<float> log_expected;         // as items
  std::vector<float> target_log_expected;  // [R] of the targets; empty without negatives
  std::vector<int64_t> hard;               // [R, H] chosen ones of each readout, or empty
};

// A batch as plain arrays, ready to become tensors: distinct items, everything else by position in them, every other id by position in its leaf. Made on loader threads.
struct AssembledBatch {
  SequenceBatch sequences;     // `item` and `target` are positions in `items`
  std::vector<int64_t> items;  // leaf rows of the batch's distinct items; empty where the catalogue is used
  BatchColumns item_columns;
  BatchNegatives negatives;             // `negatives.items` and `.hard` are positions in `items`
  std::vector<float> objective_labels;  // [objectives x R] of the targets (train/objectives.h); may be empty
  std::vector<float> ages;              // [R] of the targets (train/example_age.h); empty: 0
  // Session-parallel training: the lane of each sequence, and whether the lane's state is kept (1) or starts anew (0). Empty otherwise.
  std::vector<int64_t> lanes;
  std::vector<float> keeps_state;
  std::vector<LeafRows> leaves;  // one a row space that is not used as dense indices into whole tables
};

// Row spaces of features with at most so many rows are always a step's leaf as a whole: their update is then dense.
inline constexpr int64_t kWholeSpaceRows = 4096;

// How batches of one model on one data set are put together.
class BatchAssembler {
 public:
  // `use_catalogue`: items are numbered by the whole catalogue (dense index - 2), encoded once a step; their leaf is the whole table, without its two reserved rows unless features
  // name items, too. `user_id`: append the user's id as a feature; while training it is the
  // unknown user with probability `unknown_user_share`, so that row 1 learns what to say of a stranger.
  BatchAssembler(const Dataset& dataset, bool use_catalogue, bool user_id, double unknown_user_share = 0);

  // Training: numbers ids by leaves. `negatives` go through unchanged but for their numbering.
  AssembledBatch assemble(SequenceBatch sequences, BatchNegatives negatives, uint64_t seed) const;
  // Encoding: history items are made distinct, all other ids stay dense indices into whole tables.
  AssembledBatch assemble_for_encoding(SequenceBatch sequences) const;

  // All catalogue items (dense indices 2 and up) for training over the catalogue, as ids of the item leaf; or rows [begin, end) as dense indices.
  ItemBatch catalogue() const;
  ItemBatch items(int64_t begin, int64_t end) const;

 private:
  bool is_whole(const std::string& space, int64_t rows) const;
  int64_t first_leaf_row() const;  // of the catalogue's leaf
  const Dataset& dataset_;
  bool use_catalogue_, user_id_;
  bool names_items_;  // codes of some feature or named sequence are items
  double unknown_user_share_;
};

// Turns a batch into tensors, taking over its arrays. Where `catalogue` is given, it is the batch's items.
UserBatch make_user_batch(AssembledBatch& batch, const ItemBatch* catalogue);

}  // namespace rechub
