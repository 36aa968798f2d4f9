#pragma once

// Small models and batches for the contract tests of all models: a catalogue of 12 items with every kind of feature.

#include <memory>
#include <string>
#include <vector>

#include <ATen/ATen.h>
#include <nlohmann/json.hpp>

#include "rechub/base/error.h"
#include "rechub/base/json_options.h"
#include "rechub/models/registry.h"

namespace rechub::model_fixture {

inline constexpr int64_t kItemRows = 14, kUserRows = 7;

inline FeatureSpec spec(const std::string& name, FeatureKind kind, int64_t rows, EventRole role = EventRole::kStatic) {
  FeatureSpec out;
  out.name = name;
  out.kind = kind;
  out.role = role;
  out.space = name;
  out.rows = rows;
  return out;
}

inline Schema make_schema(bool with_features) {
  Schema schema;
  schema.item_rows = kItemRows;
  schema.user_rows = kUserRows;
  if (!with_features) return schema;
  schema.item = {spec("category", FeatureKind::kSparse, 5), spec("price", FeatureKind::kDense, 0), spec("words", FeatureKind::kMulti, 6)};
  schema.user = {spec("age", FeatureKind::kSparse, 4)};
  schema.history = {spec("gap", FeatureKind::kSparse, 4, EventRole::kHistory)};
  schema.context = {spec("device", FeatureKind::kSparse, 3, EventRole::kContext)};
  return schema;
}

// A model with random weights (biases and gains included, so that nothing is hidden by a zero), dropout .5, width 6; `wanted` sets options by name (one that the model does not
// have throws kUsage).
struct Fixture {
  Schema schema;
  ParameterSet parameters;
  nlohmann::json options;  // all of them
  std::unique_ptr<Model> model;

  Fixture(const ModelEntry& entry, bool with_features, at::ScalarType type, uint64_t seed = 1, const nlohmann::json& wanted = nlohmann::json::object())
      : schema(make_schema(with_features)), parameters(seed, type) {
    class Setter : public OptionVisitor {
     public:
      void field(const char*, bool&, const char*) override {}
      void field(const char* name, int64_t& value, const char*) override {
        const std::string field = name;
        if (field == "dim" || field == "embedding_dim") value = 6;
        if (field == "hidden_size") value = 5;
        if (field == "max_length") value = 8;
        if (field == "feature_dim") value = 3;
      }
      void field(const char* name, double& value, const char*) override { value = std::string(name) == "dropout" ? 0.5 : value; }
      void field(const char*, std::string&, const char*) override {}
      void field(const char*, std::vector<int64_t>& value, const char*) override { value = {7}; }
      void field(const char*, std::vector<std::string>&, const char*) override {}
    } setter;
    auto builder = entry.builder();
    builder->describe(setter);
    const auto describe = [&](OptionVisitor& visitor) { builder->describe(visitor); };
    options_from_json(wanted, describe);
    options = options_to_json(describe);
    for (const auto& [name, value] : wanted.items()) check(options.contains(name), ErrorKind::kUsage, "{} has no option '{}'", entry.name, name);
    FeatureStatistics statistics;
    statistics["price"] = {2.0, 1.5, 0.0};
    model = builder->build(schema, statistics, parameters);
    at::NoGradGuard no_grad;
    Random random(seed + 100);
    for (DenseParameter& parameter : parameters.dense()) {
      if (!parameter.trained) continue;
      at::Tensor noise = at::empty(parameter.value.sizes(), at::kDouble);
      for (int64_t i = 0; i < noise.numel(); ++i) noise.data_ptr<double>()[i] = 0.3 * random.normal();
      parameter.value.add_(noise.to(type));
    }
  }

  // A parameter or table by its name, sharing memory.
  at::Tensor parameter(const std::string& name) const {
    for (const DenseParameter& dense : parameters.dense()) {
      if (dense.name == name) return dense.value;
    }
    for (const TableParameter& table : parameters.tables()) {
      if (table.name == name) return table.values;
    }
    fail(ErrorKind::kInternal, "there is no parameter {}", name);
  }

  EncodeContext context(bool training = false) const {
    EncodeContext out;
    out.training = training;
    out.seed = 5;
    out.leaves = parameters.whole_tables();
    return out;
  }
};

inline BatchColumn sparse(std::vector<int64_t> codes) {
  BatchColumn column;
  column.codes = std::move(codes);
  return column;
}

// Items 0 .. 13 with features that depend on the item only.
inline ItemBatch all_items(const Schema& schema) {
  ItemBatch batch;
  std::vector<int64_t> ids;
  BatchColumn category, price, words;
  price.kind = FeatureKind::kDense;
  words.kind = FeatureKind::kMulti;
  for (int64_t item = 0; item < kItemRows; ++item) {
    ids.push_back(item);
    category.codes.push_back(item % 5);
    price.values.push_back(static_cast<float>(item) * 0.7f);
    words.begin.push_back(static_cast<int64_t>(words.codes.size()));
    for (int64_t word = 0; word < item % 3; ++word) words.codes.push_back((item + word) % 6);
    words.end.push_back(static_cast<int64_t>(words.codes.size()));
  }
  batch.ids = take_tensor(std::move(ids));
  if (!schema.item.empty()) batch.features = make_feature_tensors({category, price, words});
  return batch;
}

using Histories = std::vector<std::vector<int64_t>>;

// Histories packed end to end; every position is read out, or only the last one. User b has row 2 + b % 5 and features that depend on it; gaps depend on item and position from the
// start. `padding` rows of item 0 are put behind each sequence: the padded layout of an export, with the windows' padded view set.
inline UserBatch user_batch(const Schema& schema, const Histories& histories, bool all_positions, int64_t padded_length = 0) {
  std::vector<int64_t> history, gaps, begin, end, readout_begin, readout_end, positions, sequence, ages, devices;
  for (size_t b = 0; b < histories.size(); ++b) {
    const auto start = static_cast<int64_t>(history.size()), length = static_cast<int64_t>(histories[b].size());
    for (int64_t t = 0; t < length; ++t) {
      history.push_back(histories[b][t]);
      gaps.push_back((histories[b][t] + t) % 4);
    }
    begin.push_back(start);
    end.push_back(start + length);
    ages.push_back(histories[b].empty() ? 1 : histories[b][0] % 4);
    for (int64_t t = all_positions ? 0 : std::max<int64_t>(length - 1, 0); t < std::max<int64_t>(length, 1); ++t) {
      readout_begin.push_back(start);
      readout_end.push_back(start + std::min(t + 1, length));
      positions.push_back(std::max<int64_t>(start + std::min(t + 1, length) - 1, 0));
      sequence.push_back(static_cast<int64_t>(b));
      devices.push_back(length % 3);
    }
    for (int64_t t = length; t < padded_length; ++t) history.push_back(0), gaps.push_back(0);
  }
  UserBatch batch;
  batch.items = all_items(schema);
  batch.history = take_tensor(std::move(history));
  batch.sequences.begin = take_tensor(std::move(begin));
  batch.sequences.end = take_tensor(std::move(end));
  batch.readouts.begin = take_tensor(std::move(readout_begin));
  batch.readouts.end = take_tensor(std::move(readout_end));
  batch.readout_positions = take_tensor(std::move(positions));
  batch.readout_sequence = take_tensor(std::move(sequence));
  if (padded_length > 0) {
    const int64_t rows = static_cast<int64_t>(histories.size());
    const at::Tensor steps = at::arange(padded_length, at::kLong).unsqueeze(0);
    batch.sequences.index = batch.sequences.begin.unsqueeze(1) + steps;
    batch.sequences.mask = at::lt(steps, (batch.sequences.end - batch.sequences.begin).unsqueeze(1)).expand({rows, padded_length});
    batch.readouts.index = batch.sequences.index;
    batch.readouts.mask = batch.sequences.mask;
  }
  if (!schema.history.empty()) batch.events = make_feature_tensors({sparse(std::move(gaps))});
  if (!schema.user.empty()) batch.users = make_feature_tensors({sparse(std::move(ages))});
  if (!schema.context.empty()) batch.context = make_feature_tensors({sparse(std::move(devices))});
  return batch;
}

// A scalar that every element moves in its own way: sum over i of x_i sin(i + 1), in row-major order.
inline at::Tensor wave(const at::Tensor& x) { return (x * at::sin(at::arange(x.numel(), x.options()) + 1).view(x.sizes())).sum(); }

}  // namespace rechub::model_fixture
