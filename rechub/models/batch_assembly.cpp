#include "rechub/models/batch_assembly.h"

#include <algorithm>
#include <map>
#include <numeric>
#include <utility>

#include <ATen/ATen.h>

#include "rechub/base/random.h"

namespace rechub {
namespace {

// Replaces every id of the lists by its position among the distinct ids, which are returned ascending.
std::vector<int64_t> number_distinct(std::span<std::vector<int64_t>* const> lists) {
  std::vector<int64_t> distinct;
  for (const std::vector<int64_t>* list : lists) distinct.insert(distinct.end(), list->begin(), list->end());
  std::sort(distinct.begin(), distinct.end());
  distinct.erase(std::unique(distinct.begin(), distinct.end()), distinct.end());
  for (std::vector<int64_t>* list : lists) {
    for (int64_t& id : *list) id = std::lower_bound(distinct.begin(), distinct.end(), id) - distinct.begin();
  }
  return distinct;
}

void subtract(std::vector<int64_t>& ids, int64_t first) {
  for (int64_t& id : ids) id -= first;
}

// The code arrays of a batch's columns, by row space.
using CodesBySpace = std::map<std::string, std::pair<int64_t, std::vector<std::vector<int64_t>*>>>;  // space -> rows, arrays

void add_column(const FeatureSpec& spec, BatchColumn& values, CodesBySpace& spaces) {
  if (spec.kind == FeatureKind::kDense) return;
  auto& [rows, lists] = spaces[spec.space];
  rows = std::max(rows, spec.rows);
  lists.push_back(&values.codes);
}

// Returns the number of columns.
size_t add_codes(const FeatureTable& table, const EventRole* role, BatchColumns& columns, CodesBySpace& spaces) {
  size_t next = 0;
  for (const FeatureColumn& column : table) {
    if (!role || column.spec.role == *role) add_column(column.spec, columns[next++], spaces);
  }
  return next;
}

bool has_space(const FeatureTable& table, const std::string& space) {
  return std::any_of(table.begin(), table.end(), [&](const FeatureColumn& column) { return column.spec.space == space; });
}

bool has_item_codes(const Dataset& dataset) {
  const auto& sequences = dataset.sequences();
  return has_space(dataset.user_features(), kItemSpace) || has_space(dataset.item_features(), kItemSpace) || has_space(dataset.event_features(), kItemSpace) ||
         std::any_of(sequences.begin(), sequences.end(), [](const NamedSequence& sequence) { return sequence.spec.space == kItemSpace; });
}

Windows make_windows(std::vector<int64_t>& begin, std::vector<int64_t>& end) {
  Windows windows;
  windows.begin = take_tensor(std::move(begin));
  windows.end = take_tensor(std::move(end));
  return windows;
}

}  // namespace

BatchAssembler::BatchAssembler(const Dataset& dataset, bool use_catalogue, bool user_id, double unknown_user_share)
    : dataset_(dataset), use_catalogue_(use_catalogue), user_id_(user_id), names_items_(has_item_codes(dataset)), unknown_user_share_(unknown_user_share) {}

bool BatchAssembler::is_whole(const std::string& space, int64_t rows) const { return rows <= kWholeSpaceRows || (use_catalogue_ && has_space(dataset_.item_features(), space)); }

int64_t BatchAssembler::first_leaf_row() const { return names_items_ ? 0 : kFirstIndex; }

AssembledBatch BatchAssembler::assemble(SequenceBatch sequences, BatchNegatives negatives, uint64_t seed) const {
  AssembledBatch batch;
  batch.sequences = std::move(sequences);
  batch.negatives = std::move(negatives);
  std::vector<int64_t>* item_lists[] = {&batch.sequences.item, &batch.sequences.target, &batch.negatives.items, &batch.negatives.hard};
  if (use_catalogue_) {
    for (std::vector<int64_t>* list : item_lists) subtract(*list, kFirstIndex);
  } else {
    batch.items = number_distinct(item_lists);
    batch.item_columns = gather_columns(dataset_.item_features(), batch.items);
  }

  CodesBySpace spaces;
  const EventRole history = EventRole::kHistory, context = EventRole::kContext;
  if (!use_catalogue_) add_codes(dataset_.item_features(), nullptr, batch.item_columns, spaces);
  add_codes(dataset_.user_features(), nullptr, batch.sequences.user_columns, spaces);
  add_codes(dataset_.event_features(), &history, batch.sequences.history_columns, spaces);
  size_t next = add_codes(dataset_.event_features(), &context, batch.sequences.context_columns, spaces);
  for (const NamedSequence& sequence : dataset_.sequences()) add_column(sequence.spec, batch.sequences.context_columns[next++], spaces);

  // Items that features name are rows of the items' leaf, too.
  LeafRows item_leaf{kItemSpace, use_catalogue_, use_catalogue_ ? first_leaf_row() : 0, {}};
  std::vector<std::vector<int64_t>*>& named_items = spaces[kItemSpace].second;
  if (!use_catalogue_) {
    named_items.push_back(&batch.items);
    item_leaf.rows = number_distinct(named_items);
  }
  spaces.erase(kItemSpace);
  batch.leaves.push_back(std::move(item_leaf));

  if (user_id_) {
    BatchColumn ids;
    ids.codes = batch.sequences.user;
    Random random(mix({seed, 0x75736572ULL}));
    for (int64_t& id : ids.codes) id = random.uniform() < unknown_user_share_ ? kUnknownIndex : id;
    std::vector<int64_t>* lists[] = {&ids.codes};
    batch.leaves.push_back({kUserSpace, false, 0, number_distinct(lists)});
    batch.sequences.user_columns.push_back(std::move(ids));
  }

  for (auto& [space, entry] : spaces) {
    if (!is_whole(space, entry.first)) batch.leaves.push_back({space, false, 0, number_distinct(entry.second)});
  }
  return batch;
}

AssembledBatch BatchAssembler::assemble_for_encoding(SequenceBatch sequences) const {
  AssembledBatch batch;
  batch.sequences = std::move(sequences);
  std::vector<int64_t>* lists[] = {&batch.sequences.item};
  batch.items = number_distinct(lists);
  batch.item_columns = gather_columns(dataset_.item_features(), batch.items);
  if (user_id_) {
    BatchColumn ids;
    ids.codes = batch.sequences.user;
    const std::span<const int32_t> trained = dataset_.user_codes();
    for (int64_t& id : ids.codes) id = trained.empty() ? id : trained[id];
    batch.sequences.user_columns.push_back(std::move(ids));
  }
  return batch;
}

ItemBatch BatchAssembler::catalogue() const {
  ItemBatch batch = items(kFirstIndex, dataset_.item_rows());
  batch.ids = batch.ids - first_leaf_row();
  return batch;
}

ItemBatch BatchAssembler::items(int64_t begin, int64_t end) const {
  std::vector<int64_t> rows(end - begin);
  std::iota(rows.begin(), rows.end(), begin);
  ItemBatch batch;
  batch.features = make_feature_tensors(gather_columns(dataset_.item_features(), rows));
  batch.ids = take_tensor(std::move(rows));
  return batch;
}

UserBatch make_user_batch(AssembledBatch& assembled, const ItemBatch* catalogue) {
  UserBatch batch;
  SequenceBatch& sequences = assembled.sequences;
  if (catalogue) {
    batch.items = *catalogue;
  } else {
    batch.items.ids = take_tensor(std::move(assembled.items));
    batch.items.features = make_feature_tensors(std::move(assembled.item_columns));
  }
  std::vector<int64_t> positions;
  for (size_t r = 0; r < sequences.readout_end.size(); ++r) positions.push_back(std::max<int64_t>(sequences.readout_end[r] - 1, 0));
  batch.readout_positions = take_tensor(std::move(positions));
  batch.history = take_tensor(std::move(sequences.item));
  batch.events = make_feature_tensors(std::move(sequences.history_columns));
  batch.sequences = make_windows(sequences.sequence_begin, sequences.sequence_end);
  batch.readouts = make_windows(sequences.readout_begin, sequences.readout_end);
  batch.readout_sequence = take_tensor(std::move(sequences.readout_sequence));
  batch.users = make_feature_tensors(std::move(sequences.user_columns));
  batch.context = make_feature_tensors(std::move(sequences.context_columns));
  if (!assembled.ages.empty()) batch.ages = take_tensor(std::move(assembled.ages));
  return batch;
}

}  // namespace rechub
