#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "rechub/data/dataset.h"
#include "rechub/data/split.h"

namespace rechub {

// The values of one feature for the rows of a batch.
struct BatchColumn {
  FeatureKind kind = FeatureKind::kSparse;
  std::vector<int64_t> codes;       // kSparse: [rows]; kMulti: the lists end to end
  std::vector<int64_t> begin, end;  // kMulti: [rows] list r is codes[begin[r] .. end[r])
  std::vector<float> values;        // kDense: [rows x width]
  int64_t width = 1;
};
using BatchColumns = std::vector<BatchColumn>;

// What a target's history is.
struct HistoryRule {
  int64_t max_length = 0;         // its newest events, at most
  bool strictly_earlier = false;  // only events of earlier times, not those of the target's own time, as the rest of one basket. Needs times
  bool first_events = false;      // targets without a history train too: a user's first event, or those of its first time
};

// A piece of one user's events: history [begin, end). In training the events [target_begin, target_end) are its targets, each read out from the events of the piece before it (or
// before its time). Without targets the piece is read out once, at its end; `moment` says up to when named sequences are known, and the context is that of `context_event`.
struct Window {
  int32_t user = 0;
  int64_t begin = 0, end = 0;
  int64_t target_begin = 0, target_end = 0;
  int64_t moment = kNoMoment;
  int64_t context_event = -1;  // -1: the last event of the history
  int32_t lane = 0;            // of session-parallel training (batch_plan.h)
};

// Packed sequences and their readouts as plain arrays: what loaders make and models turn into tensors. P packed positions, B sequences, R readouts. Ids are dense indices.
struct SequenceBatch {
  std::vector<int64_t> user;                                    // [B]
  std::vector<int64_t> sequence_begin, sequence_end;            // [B] over the packed axis
  std::vector<int64_t> item;                                    // [P]
  std::vector<int64_t> event;                                   // [P] row of the data set's event columns; empty for histories that come from outside a data set
  std::vector<int64_t> readout_begin, readout_end;              // [R] the history of each readout over the packed axis; its last position is the readout itself
  std::vector<int64_t> readout_sequence;                        // [R] which sequence it belongs to
  BatchColumns user_columns, history_columns, context_columns;  // [B], [P], [R] rows, in the order of the schema; named sequences are the last context columns

  // Training only.
  std::vector<int64_t> target;        // [R] item
  std::vector<int64_t> target_event;  // [R] event row of the target
  std::vector<float> weight;          // [R]; empty: all 1
  std::vector<float> label;           // [R] from 0 (not wanted) to 1; empty: all 1
};

// Rows `rows` of a feature table, one column a feature.
BatchColumns gather_columns(const FeatureTable& table, std::span<const int64_t> rows);

// The batch of some windows. A readout's history is its newest `rule.max_length` events inside the window. Windows with targets bring those, their weights, labels and context
// columns (of a readout those of its target event; of a window without targets those of its context event). Of a named sequence a readout has the newest rule.max_length values
// from before its target's time.
SequenceBatch make_sequence_batch(const Dataset& dataset, std::span<const Window> windows, const HistoryRule& rule);

// A batch of histories that come from outside the data set: the newest `max_length` items of each, read out at their end, for users by row (kUnknownIndex: a stranger). Event
// columns, of which nothing is known, are unknown codes and missing numbers (NaN); named sequences are those of the user.
SequenceBatch make_history_batch(const Dataset& dataset, std::span<const int32_t> users, std::span<const std::vector<int32_t>> histories, int64_t max_length);

// The training windows of a split: every training event with a history is a target once, so all but a user's first (or those of its first time), which are only under
// first_events, in windows without events. `causal` models read all positions of a window in one pass, so windows have at most max_length events, the newest window first; they
// overlap only where the rule is strictly_earlier, by what the oldest targets of a window need. Other models see each target's full history, so a window reaches max_length events
// back from its first target. Where users have one target each (Split), that is a window a user, with or without a history. Throws kUsage for strictly_earlier without times.
std::vector<Window> training_windows(const Dataset& dataset, const Split& split, const HistoryRule& rule, bool causal);

// The window that reads out the newest state of a case: its newest max_length history events, with the context in which its first target came.
Window case_window(const EvaluationCase& question, int64_t max_length);

}  // namespace rechub
