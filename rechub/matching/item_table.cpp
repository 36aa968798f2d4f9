#include "rechub/matching/item_table.h"

#include <limits>
#include <string_view>
#include <utility>

#include <boost/unordered/unordered_flat_map.hpp>

#include "rechub/data/vocabulary.h"
#include "rechub/matching/column_reader.h"

namespace rechub::matching {
namespace {

struct TextHash {
  using is_transparent = void;
  size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
};

template <class T>
void append_bytes(std::span<const T> values, std::string& key) {
  key.append(reinterpret_cast<const char*>(values.data()), values.size_bytes());
}

std::span<const int32_t> list_of(const FeatureValues& feature, int64_t row) {
  return std::span(feature.codes).subspan(feature.offsets[row], feature.offsets[row + 1] - feature.offsets[row]);
}

// All features of a row as bytes; of lists also how long they are, so that two rows are equal where their bytes are.
void write_key(const std::vector<FeatureValues>& values, int64_t row, std::string& key) {
  key.clear();
  for (const FeatureValues& feature : values) {
    if (feature.spec.kind == FeatureKind::kSparse) append_bytes(std::span(feature.codes).subspan(row, 1), key);
    if (feature.spec.kind == FeatureKind::kDense) append_bytes(std::span(feature.values).subspan(row * feature.spec.width, feature.spec.width), key);
    if (feature.spec.kind == FeatureKind::kMulti) {
      const int64_t length = feature.offsets[row + 1] - feature.offsets[row];
      append_bytes(std::span(&length, 1), key);
      append_bytes(list_of(feature, row), key);
    }
  }
}

void copy_row(const FeatureValues& from, int64_t row, FeatureValues& to) {
  if (from.spec.kind == FeatureKind::kSparse) to.codes.push_back(from.codes[row]);
  if (from.spec.kind == FeatureKind::kDense) to.values.insert(to.values.end(), from.values.begin() + row * from.spec.width, from.values.begin() + (row + 1) * from.spec.width);
  if (from.spec.kind == FeatureKind::kMulti) {
    const auto list = list_of(from, row);
    to.codes.insert(to.codes.end(), list.begin(), list.end());
    to.offsets.push_back(static_cast<int64_t>(to.codes.size()));
  }
}

// A row of which nothing is known: unknown ids, missing numbers (they count as the mean), empty lists.
void append_unknown(FeatureValues& feature, int32_t code) {
  if (feature.spec.kind == FeatureKind::kSparse) feature.codes.push_back(code);
  if (feature.spec.kind == FeatureKind::kMulti) feature.offsets.push_back(static_cast<int64_t>(feature.codes.size()));
  if (feature.spec.kind == FeatureKind::kDense) feature.values.insert(feature.values.end(), feature.spec.width, std::numeric_limits<float>::quiet_NaN());
}

std::vector<FeatureValues> columns_without_rows(const std::vector<LaidOutFeature>& features) {
  std::vector<FeatureValues> values;
  for (const LaidOutFeature& feature : features) {
    values.push_back({feature.spec, {}, {}, {}});
    if (feature.spec.kind == FeatureKind::kMulti) values.back().offsets.push_back(0);
  }
  return values;
}

}  // namespace

std::vector<FeatureValues> empty_features(const std::vector<LaidOutFeature>& features) {
  std::vector<FeatureValues> values = columns_without_rows(features);
  for (FeatureValues& feature : values) {
    append_unknown(feature, kPaddingIndex);
    append_unknown(feature, kUnknownIndex);
  }
  return values;
}

void append_features(const std::vector<LaidOutFeature>& features, const Columns& columns, const std::string& what, std::vector<FeatureValues>& values) {
  for (size_t i = 0; i < features.size(); ++i) append_rows(find_column(columns, features[i].spec.name, what), features[i].vocab_size, values[i]);
}

struct ItemTable::State {
  std::vector<FeatureValues> features;
  int32_t rows = kFirstIndex;
  boost::unordered_flat_map<std::string, int32_t, TextHash, std::equal_to<>> by_key;
  boost::unordered_flat_map<int32_t, int32_t> by_id;
  std::string key;
};

ItemTable::ItemTable(const FeatureLayout& layout) : layout_(layout), state_(std::make_unique<State>()) { state_->features = empty_features(layout.item); }
ItemTable::~ItemTable() = default;

int32_t ItemTable::rows() const { return state_->rows; }
std::vector<FeatureValues> ItemTable::take() { return std::move(state_->features); }

int32_t ItemTable::intern(const std::vector<FeatureValues>& values, int64_t row) {
  write_key(values, row, state_->key);
  const auto found = state_->by_key.find(std::string_view(state_->key));
  if (found != state_->by_key.end()) return found->second;
  for (size_t f = 0; f < values.size(); ++f) copy_row(values[f], row, state_->features[f]);
  state_->by_key.emplace(state_->key, state_->rows);
  if (layout_.item_id >= 0) state_->by_id.try_emplace(values[layout_.item_id].codes[row], state_->rows);
  return state_->rows++;
}

std::vector<int32_t> ItemTable::add(const Columns& columns, const std::string& what) {
  std::vector<FeatureValues> values = columns_without_rows(layout_.item);
  append_features(layout_.item, columns, what, values);
  const int64_t rows = count_rows(columns, what);
  std::vector<int32_t> items;
  items.reserve(rows);
  for (int64_t row = 0; row < rows; ++row) items.push_back(intern(values, row));
  return items;
}

int32_t ItemTable::find_or_add(int32_t id_code) {
  const auto [found, is_new] = state_->by_id.try_emplace(id_code, state_->rows);
  if (!is_new) return found->second;
  for (size_t f = 0; f < state_->features.size(); ++f) {
    append_unknown(state_->features[f], static_cast<int64_t>(f) == layout_.item_id ? id_code : kUnknownIndex);
  }
  return state_->rows++;
}

}  // namespace rechub::matching
