#include "rechub/data/batch.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "rechub/base/error.h"

namespace rechub {
namespace {

BatchColumn gather_column(const FeatureColumn& column, std::span<const int64_t> rows) {
  BatchColumn out;
  out.kind = column.spec.kind;
  out.width = column.spec.width;
  switch (column.spec.kind) {
    case FeatureKind::kSparse:
      out.codes.reserve(rows.size());
      for (int64_t row : rows) out.codes.push_back(column.codes[row]);
      break;
    case FeatureKind::kMulti:
      for (int64_t row : rows) {
        out.begin.push_back(static_cast<int64_t>(out.codes.size()));
        out.codes.insert(out.codes.end(), column.codes.begin() + column.offsets[row], column.codes.begin() + column.offsets[row + 1]);
        out.end.push_back(static_cast<int64_t>(out.codes.size()));
      }
      break;
    case FeatureKind::kDense:
      out.values.reserve(rows.size() * out.width);
      for (int64_t row : rows) out.values.insert(out.values.end(), column.values.begin() + row * out.width, column.values.begin() + (row + 1) * out.width);
      break;
  }
  return out;
}

BatchColumns gather_role(const FeatureTable& table, EventRole role, std::span<const int64_t> rows) {
  BatchColumns columns;
  for (const FeatureColumn& column : table) {
    if (column.spec.role == role) columns.push_back(gather_column(column, rows));
  }
  return columns;
}

BatchColumns unknown_columns(const FeatureTable& table, EventRole role, size_t rows) {
  BatchColumns columns;
  for (const FeatureColumn& column : table) {
    if (column.spec.role != role) continue;
    BatchColumn out;
    out.kind = column.spec.kind;
    out.width = column.spec.width;
    if (out.kind == FeatureKind::kSparse) out.codes.assign(rows, kUnknownIndex);
    if (out.kind == FeatureKind::kMulti) out.begin.assign(rows, 0), out.end.assign(rows, 0);
    if (out.kind == FeatureKind::kDense) out.values.assign(rows * out.width, std::numeric_limits<float>::quiet_NaN());
    columns.push_back(std::move(out));
  }
  return columns;
}

// Where the events of the target's time begin, at `first` (the user's first event) at the earliest; the target itself unless the rule is strictly_earlier.
int64_t history_end(const Dataset& dataset, const HistoryRule& rule, int64_t target, int64_t first) {
  if (!rule.strictly_earlier) return target;
  const std::span<const int64_t> times = dataset.times();
  int64_t end = target;
  while (end > first && times[end - 1] == times[target]) --end;
  return end;
}

// The named sequences of a batch's readouts, each known up to its readout's moment. The values of one user lie there once, however many readouts use them.
void append_sequences(const Dataset& dataset, std::span<const int64_t> moments, int64_t max_length, SequenceBatch& batch) {
  for (const NamedSequence& sequence : dataset.sequences()) {
    BatchColumn out;
    out.kind = FeatureKind::kMulti;
    for (size_t r = 0; r < moments.size();) {
      const int64_t of = batch.readout_sequence[r], user = batch.user[of], first_code = static_cast<int64_t>(out.codes.size());
      const size_t first_readout = r;
      int64_t least = sequence.end[user], most = sequence.begin[user];
      for (; r < moments.size() && batch.readout_sequence[r] == of; ++r) {
        const auto begin = sequence.times.begin() + sequence.begin[user], end = sequence.times.begin() + sequence.end[user];
        const int64_t known = std::lower_bound(begin, end, moments[r]) - sequence.times.begin();
        out.begin.push_back(std::max(sequence.begin[user], known - max_length));
        out.end.push_back(known);
        least = std::min(least, out.begin.back());
        most = std::max(most, known);
      }
      if (least < most) out.codes.insert(out.codes.end(), sequence.codes.begin() + least, sequence.codes.begin() + most);
      for (size_t i = first_readout; i < r; ++i) {
        out.begin[i] += first_code - least;
        out.end[i] += first_code - least;
      }
    }
    batch.context_columns.push_back(std::move(out));
  }
}

void append_readout(SequenceBatch& batch, int64_t begin, int64_t end) {
  batch.readout_begin.push_back(begin);
  batch.readout_end.push_back(end);
  batch.readout_sequence.push_back(static_cast<int64_t>(batch.user.size()) - 1);
}

void append_window(const Dataset& dataset, const Window& window, const HistoryRule& rule, SequenceBatch& batch) {
  const int64_t start = static_cast<int64_t>(batch.item.size());
  batch.user.push_back(window.user);
  batch.sequence_begin.push_back(start);
  for (int64_t event = window.begin; event < window.end; ++event) {
    batch.item.push_back(dataset.items()[event]);
    batch.event.push_back(event);
  }
  batch.sequence_end.push_back(static_cast<int64_t>(batch.item.size()));
  for (int64_t target = window.target_begin; target < window.target_end; ++target) {
    const int64_t end = start + history_end(dataset, rule, target, window.begin) - window.begin;
    append_readout(batch, std::max(start, end - rule.max_length), end);
    batch.target.push_back(dataset.items()[target]);
    batch.target_event.push_back(target);
  }
  // A user without history still has a vector: of features alone.
  if (window.target_begin == window.target_end) append_readout(batch, std::max(start, batch.sequence_end.back() - rule.max_length), batch.sequence_end.back());
}

}  // namespace

BatchColumns gather_columns(const FeatureTable& table, std::span<const int64_t> rows) {
  BatchColumns columns;
  for (const FeatureColumn& column : table) columns.push_back(gather_column(column, rows));
  return columns;
}

SequenceBatch make_sequence_batch(const Dataset& dataset, std::span<const Window> windows, const HistoryRule& rule) {
  SequenceBatch batch;
  for (const Window& window : windows) append_window(dataset, window, rule, batch);
  // A batch of empty histories still has one packed position, which nothing reads, so that no tensor is empty; of any item that a catalogue has.
  if (batch.item.empty()) {
    batch.item.push_back(kFirstIndex);
    batch.event.push_back(0);
  }
  batch.user_columns = gather_columns(dataset.user_features(), batch.user);
  batch.history_columns = gather_role(dataset.event_features(), EventRole::kHistory, batch.event);
  if (!batch.target.empty()) {
    batch.context_columns = gather_role(dataset.event_features(), EventRole::kContext, batch.target_event);
    if (!dataset.weights().empty()) {
      for (int64_t event : batch.target_event) batch.weight.push_back(dataset.weights()[event]);
    }
    if (!dataset.labels().empty()) {
      for (int64_t event : batch.target_event) batch.label.push_back(dataset.labels()[event]);
    }
  } else {
    std::vector<int64_t> asked;  // the event whose context each readout has
    for (size_t r = 0; r < batch.readout_end.size(); ++r) {
      const int64_t event = windows[batch.readout_sequence[r]].context_event;
      const bool is_empty = batch.readout_end[r] == batch.readout_begin[r];
      asked.push_back(event >= 0 ? event : is_empty ? 0 : batch.event[batch.readout_end[r] - 1]);
    }
    batch.context_columns = gather_role(dataset.event_features(), EventRole::kContext, asked);
  }
  std::vector<int64_t> moments(batch.readout_end.size(), kNoMoment);
  for (size_t r = 0; r < moments.size() && !dataset.sequences().empty(); ++r) {
    moments[r] = batch.target.empty() ? windows[batch.readout_sequence[r]].moment : dataset.times()[batch.target_event[r]];
  }
  append_sequences(dataset, moments, rule.max_length, batch);
  return batch;
}

SequenceBatch make_history_batch(const Dataset& dataset, std::span<const int32_t> users, std::span<const std::vector<int32_t>> histories, int64_t max_length) {
  SequenceBatch batch;
  for (size_t i = 0; i < histories.size(); ++i) {
    const std::vector<int32_t>& history = histories[i];
    const auto start = static_cast<int64_t>(batch.item.size()), length = std::min<int64_t>(static_cast<int64_t>(history.size()), max_length);
    batch.user.push_back(users[i]);
    batch.item.insert(batch.item.end(), history.end() - length, history.end());
    for (auto* begin : {&batch.sequence_begin, &batch.readout_begin}) begin->push_back(start);
    for (auto* end : {&batch.sequence_end, &batch.readout_end}) end->push_back(start + length);
    batch.readout_sequence.push_back(static_cast<int64_t>(i));
  }
  if (batch.item.empty()) batch.item.push_back(kPaddingIndex);
  batch.user_columns = gather_columns(dataset.user_features(), batch.user);
  batch.history_columns = unknown_columns(dataset.event_features(), EventRole::kHistory, batch.item.size());
  batch.context_columns = unknown_columns(dataset.event_features(), EventRole::kContext, histories.size());
  append_sequences(dataset, std::vector<int64_t>(histories.size(), kNoMoment), max_length, batch);
  return batch;
}

std::vector<Window> training_windows(const Dataset& dataset, const Split& split, const HistoryRule& rule, bool causal) {
  check(!rule.strictly_earlier || !dataset.times().empty(), ErrorKind::kUsage, "strictly_earlier needs times, and this data set was prepared without a time column");
  std::vector<Window> windows;
  for (int32_t user = 0; user < dataset.user_rows(); ++user) {
    const int64_t first = dataset.user_begin()[user];
    if (split.one_target) {
      const int64_t target = split.train_end[user] - 1;
      if (target >= first) windows.push_back({user, std::max(first, target - rule.max_length), target, target, target + 1});
      continue;
    }
    for (int64_t target_end = split.train_end[user]; target_end > first;) {
      const int64_t end = history_end(dataset, rule, target_end - 1, first);
      if (end == first) {  // no history: of the user's first time
        if (rule.first_events) windows.push_back({user, first, first, first, target_end});
        break;
      }
      const int64_t oldest = std::max(first, end - rule.max_length);
      // Targets whose history is not empty when it begins at `oldest`.
      int64_t target_begin = target_end;
      while (target_begin > first && history_end(dataset, rule, target_begin - 1, first) > oldest) --target_begin;
      const int64_t begin = causal ? oldest : std::max(first, history_end(dataset, rule, target_begin, first) - rule.max_length);
      windows.push_back({user, begin, end, target_begin, target_end});
      target_end = target_begin;
    }
  }
  return windows;
}

Window case_window(const EvaluationCase& question, int64_t max_length) {
  const int64_t begin = std::max(question.history_begin, question.history_end - max_length);
  return {question.user, begin, question.history_end, 0, 0, question.moment, question.target_begin < question.target_end ? question.target_begin : -1};
}

}  // namespace rechub
