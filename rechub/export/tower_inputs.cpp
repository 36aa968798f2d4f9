#include "rechub/export/tower_inputs.h"

#include <algorithm>
#include <cctype>
#include <functional>
#include <map>

#include <ATen/ATen.h>
#include <fmt/format.h>

#include "rechub/base/random.h"

namespace rechub {
namespace {

constexpr const char* kBatch = "batch";
constexpr const char* kLength = "length";
constexpr const char* kItems = "items";

using Shape = std::vector<std::variant<int64_t, std::string>>;

// A feature's name as part of an input's: other than letters, digits and _ are not safe in every runtime.
std::string plain(std::string name) {
  for (char& c : name) {
    if (!std::isalnum(static_cast<unsigned char>(c))) c = '_';
  }
  return name;
}

void add_input(std::vector<TowerInput>& inputs, TowerInput input) {
  const std::string name = input.value.name;
  const auto is_taken = [&] { return std::any_of(inputs.begin(), inputs.end(), [&](const TowerInput& other) { return other.value.name == input.value.name; }); };
  for (int number = 2; is_taken(); ++number) input.value.name = fmt::format("{}_{}", name, number);
  input.description["input"] = input.value.name;
  inputs.push_back(std::move(input));
}

void add_codes(std::vector<TowerInput>& inputs, const std::string& name, Shape shape, int64_t rows, nlohmann::json description) {
  add_input(inputs, {{name, at::kLong, std::move(shape)}, rows, "", std::move(description)});
}

// The inputs of some features whose rows have the dimensions `rows`.
void add_features(std::vector<TowerInput>& inputs, const std::vector<FeatureSpec>& specs, const std::string& of, const Shape& rows) {
  for (const FeatureSpec& spec : specs) {
    const std::string name = of + "_" + plain(spec.name);
    nlohmann::json description = feature_spec_to_json(spec);
    description["of"] = of;
    Shape shape = rows;
    if (spec.kind == FeatureKind::kDense) {
      shape.emplace_back(spec.width);
      add_input(inputs, {{name, at::kFloat, shape}, 0, "", description});
      continue;
    }
    if (spec.kind == FeatureKind::kMulti) shape.emplace_back(name + "_values");
    add_codes(inputs, name, shape, spec.rows, description);
    if (spec.kind == FeatureKind::kMulti) {
      add_input(inputs, {{name + "_lengths", at::kLong, rows}, 0, name + "_values", {{"of", of}, {"lengths_of", inputs.back().value.name}}});
    }
  }
}

// Padded rows [n, M] as windows over the flattened axis. Every value of the sizes comes from the tensors themselves.
Windows padded_windows(const at::Tensor& offsets, const at::Tensor& lengths) {
  Windows windows;
  windows.index = (at::ones_like(offsets).flatten(0, 1).cumsum(0) - 1).view_as(offsets);  // [n, M]
  windows.mask = offsets.lt(lengths.unsqueeze(1));                                        // [n, M]
  windows.begin = windows.index.select(1, 0);                                             // [n]
  windows.end = windows.begin + lengths;
  windows.is_padded_input = true;
  return windows;
}

at::Tensor offsets_like(const at::Tensor& rows) { return at::ones_like(rows).cumsum(1) - 1; }  // [n, M] 0, 1, 2, ... in every row

// What padding holds is never looked up.
at::Tensor flat_codes(const at::Tensor& codes, const at::Tensor& mask) { return codes.masked_fill(mask.logical_not(), kPaddingIndex).flatten(0, 1); }

// The features of `specs` from values[next] on; `rows_of` makes [n, ...] of an input.
FeatureTensors read_features(const std::vector<FeatureSpec>& specs, const std::vector<at::Tensor>& values, size_t& next,
                             const std::function<at::Tensor(const at::Tensor&)>& rows_of) {
  FeatureTensors features;
  for (const FeatureSpec& spec : specs) {
    FeatureTensor feature;
    const at::Tensor input = rows_of(values[next++]);
    if (spec.kind == FeatureKind::kDense) {
      feature.values = input;
    } else if (spec.kind == FeatureKind::kSparse) {
      feature.codes = input;
    } else {
      feature.lists = padded_windows(offsets_like(input), rows_of(values[next++]));
      feature.codes = flat_codes(input, feature.lists.mask);
    }
    features.push_back(std::move(feature));
  }
  return features;
}

at::Tensor unchanged(const at::Tensor& value) { return value; }

at::Tensor example(const TowerInput& input, const std::map<std::string, int64_t>& sizes, Random& random) {
  std::vector<int64_t> shape;
  for (const auto& size : input.value.shape) {
    const auto* name = std::get_if<std::string>(&size);
    const auto known = name ? sizes.find(*name) : sizes.end();
    shape.push_back(!name ? std::get<int64_t>(size) : known != sizes.end() ? known->second : sizes.at("list"));
  }
  at::Tensor value = at::zeros(shape, at::kDouble);
  const auto counted = sizes.find(input.counts);
  const int64_t longest = counted != sizes.end() ? counted->second : sizes.at("list");
  for (int64_t i = 0; i < value.numel(); ++i) {
    double& number = value.data_ptr<double>()[i];
    if (input.value.type == at::kFloat) {
      number = random.normal();
    } else {
      number = static_cast<double>(random.below(input.counts.empty() ? input.bound : longest + 1));
    }
  }
  return value.to(input.value.type);
}

std::vector<at::Tensor> examples_of(const std::vector<TowerInput>& inputs, const std::map<std::string, int64_t>& sizes) {
  Random random(1);
  std::vector<at::Tensor> values;
  for (const TowerInput& input : inputs) values.push_back(example(input, sizes, random));
  return values;
}

}  // namespace

UserTowerInputs::UserTowerInputs(const Schema& schema, const ModelOptions& options) : schema_(schema), max_length_(options.max_length), user_id_(options.user_id) {
  if (schema.has_history) {
    add_codes(inputs_, "history", {kBatch, kLength}, schema.item_rows, {{"of", "history"}, {"space", kItemSpace}, {"kind", "sparse"}});
    add_input(inputs_, {{"lengths", at::kLong, {kBatch}}, 0, kLength, {{"of", "history"}, {"lengths_of", "history"}}});
    add_features(inputs_, schema.history, "history", {kBatch, kLength});
  }
  add_features(inputs_, schema.user, "user", {kBatch});
  if (user_id_) add_codes(inputs_, "user", {kBatch}, schema.user_rows, {{"of", "user"}, {"space", kUserSpace}, {"kind", "sparse"}});
  add_features(inputs_, schema.context, "context", {kBatch});
}

void UserTowerInputs::fill(const std::vector<at::Tensor>& values, UserBatch& batch) const {
  size_t next = 0;
  at::Tensor row = at::ones_like(values[0].dim() == 1 ? values[0] : values[0].select(1, 0), at::kLong).cumsum(0) - 1;  // [B] 0, 1, ...
  if (schema_.has_history) {
    const at::Tensor ids = values[next++];                                                  // [B, L]
    const at::Tensor padded_length = at::ones_like(ids).sum(1);                             // [B] L
    const at::Tensor given = at::minimum(values[next++].clamp_min(0), padded_length);       // [B]
    const at::Tensor kept = given.clamp_max(max_length_);                                   // [B]
    const at::Tensor offsets = offsets_like(ids).slice(1, 0, max_length_);                  // [B, min(L, max_length)]
    const at::Tensor newest = (row * padded_length + given - kept).unsqueeze(1) + offsets;  // where they lie in the flattened input
    const auto newest_of = [&](const at::Tensor& input) { return input.flatten(0, 1).index_select(0, newest.flatten(0, 1)); };
    batch.sequences = padded_windows(offsets, kept);
    batch.history = newest_of(ids).masked_fill(batch.sequences.mask.logical_not().flatten(0, 1), kPaddingIndex);
    batch.events = read_features(schema_.history, values, next, newest_of);
    batch.readouts = batch.sequences;
    batch.readout_positions = (batch.sequences.end - 1).clamp_min(0);
  }
  batch.readout_sequence = row;
  batch.users = read_features(schema_.user, values, next, unchanged);
  if (user_id_) {
    FeatureTensor user;
    user.codes = values[next++];
    batch.users.push_back(std::move(user));
  }
  batch.context = read_features(schema_.context, values, next, unchanged);
}

ItemTowerInputs::ItemTowerInputs(const Schema& schema) : schema_(schema) {
  if (schema.has_item_ids) add_codes(inputs_, "item", {kItems}, schema.item_rows, {{"of", "item"}, {"space", kItemSpace}, {"kind", "sparse"}});
  add_features(inputs_, schema.item, "item", {kItems});
}

ItemBatch ItemTowerInputs::batch(const std::vector<at::Tensor>& values) const {
  ItemBatch items;
  size_t next = 0;
  if (schema_.has_item_ids) items.ids = values[next++];
  items.features = read_features(schema_.item, values, next, unchanged);
  return items;
}

TraceExamples make_examples(const std::vector<TowerInput>& inputs) {
  return {examples_of(inputs, {{kBatch, 2}, {kItems, 3}, {kLength, 3}, {"list", 2}}), examples_of(inputs, {{kBatch, 5}, {kItems, 4}, {kLength, 7}, {"list", 6}})};
}

}  // namespace rechub
