// The contract every model in the registry keeps; a new row is tested here without more work.
#include "rechub/models/model.h"

#include <algorithm>
#include <cmath>

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "rechub/models/model_fixture.h"

namespace rechub {
namespace {

using namespace model_fixture;

const Histories kHistories = {{3, 4, 5}, {2}, {7, 8, 9, 10, 11, 3}, {4, 4}};

at::Tensor users(const Fixture& fixture, const Histories& histories, bool all_positions = false, bool training = false, int64_t padded_length = 0) {
  EncodeContext context = fixture.context(training);
  return fixture.model->encode_users(user_batch(fixture.schema, histories, all_positions, padded_length), context).vectors;
}

// A model with its defaults, or where paper and authors' code differ with the other one's choice.
struct Variant {
  const ModelEntry* entry;
  std::string name;
  nlohmann::json options;
};

class ModelContract : public ::testing::TestWithParam<std::tuple<Variant, bool>> {
 protected:
  const ModelEntry& entry() const { return *variant().entry; }
  const Variant& variant() const { return std::get<0>(GetParam()); }
  bool with_features() const { return std::get<1>(GetParam()); }
  Fixture make(at::ScalarType type, uint64_t seed = 1, nlohmann::json options = nlohmann::json::object()) const {
    options.update(variant().options);
    return Fixture(entry(), with_features(), type, seed, options);
  }
};

TEST_P(ModelContract, ShapesFitTogether) {
  const Fixture fixture = make(at::kFloat);
  EncodeContext context = fixture.context();
  const at::Tensor items = fixture.model->encode_items(all_items(fixture.schema), context);
  const at::Tensor vectors = users(fixture, kHistories, true);
  EXPECT_EQ(items.sizes(), (std::vector<int64_t>{kItemRows, 6}));
  ASSERT_EQ(vectors.dim(), 3);
  EXPECT_EQ(vectors.size(0), 12);
  EXPECT_EQ(vectors.size(2), 6);
  EXPECT_TRUE(at::isfinite(vectors).all().item<bool>());
}

TEST_P(ModelContract, SameSeedSameBitsOtherSeedOthers) {
  for (bool training : {false, true}) {
    const at::Tensor a = users(make(at::kFloat, 1), kHistories, true, training);
    EXPECT_TRUE(at::equal(a, users(make(at::kFloat, 1), kHistories, true, training)));
    EXPECT_FALSE(at::equal(a, users(make(at::kFloat, 2), kHistories, true, training)));
  }
}

// In float32 the order of a matrix product's sums depends on the number of rows, and routing makes more of that than a dense layer does.
TEST_P(ModelContract, ARowAloneEqualsTheRowInABatch) {
  for (const auto& [type, tolerance] : {std::pair(at::kDouble, 1e-10), std::pair(at::kFloat, 1e-5)}) {
    const Fixture fixture = make(type);
    const at::Tensor together = users(fixture, kHistories);
    Histories reversed(kHistories.rbegin(), kHistories.rend());
    const at::Tensor other_order = users(fixture, reversed).flip(0);
    EXPECT_TRUE(at::allclose(together, other_order, tolerance, tolerance)) << type;
    for (size_t i = 0; i < kHistories.size(); ++i) EXPECT_TRUE(at::allclose(users(fixture, {kHistories[i]})[0], together[i], tolerance, tolerance)) << type << " " << i;
  }
}

// To the rounding of sums, not to the bit: a matrix product over more rows adds its terms up in another order. What stands in the padding changes no bit; that is the next test.
TEST_P(ModelContract, PaddingChangesNothing) {
  const Fixture fixture = make(at::kDouble);
  const at::Tensor packed = users(fixture, kHistories);
  for (int64_t length : {6, 8}) EXPECT_TRUE(at::allclose(users(fixture, kHistories, false, false, length), packed, 1e-13, 1e-13)) << length;
}

// Row 0 of an item table is what padding reads.
TEST_P(ModelContract, WhatStandsInThePaddingChangesNoBitAndIsNotTrained) {
  const Histories histories = {{3, 4, 5}, {2}, {}, {7, 8, 9, 10, 11, 3}, {4, 4}};
  for (at::ScalarType type : {at::kDouble, at::kFloat}) {
    Fixture fixture = make(type);
    const at::Tensor before = users(fixture, histories, false, false, 8);
    for (TableParameter& table : fixture.parameters.tables()) {
      if (table.space != kItemSpace) continue;
      table.values[0].fill_(1e3);
      table.values.requires_grad_(true);
    }
    const at::Tensor after = users(fixture, histories, false, false, 8);
    EXPECT_TRUE(at::equal(after, before)) << type;
    wave(after).backward();
    for (const TableParameter& table : fixture.parameters.tables()) {
      if (table.space != kItemSpace) continue;
      EXPECT_EQ(table.values.grad()[0].abs().max().item<double>(), 0) << table.name;
      EXPECT_GT(table.values.grad()[3].abs().max().item<double>(), 0) << table.name;
    }
  }
}

// Ids are names: a catalogue numbered anew, its tables' rows with it, gives each user and item the vector it had, bit for bit.
TEST_P(ModelContract, NumberingItemsAnewChangesNothing) {
  const at::Tensor ids = at::tensor({0, 1, 4, 6, 9, 2, 12, 13, 11, 5, 8, 10, 7, 3}, at::kLong);  // the new ids of items 0, 1, ...
  const Fixture fixture = make(at::kDouble);
  Fixture anew = make(at::kDouble);
  for (TableParameter& table : anew.parameters.tables()) {
    if (table.space == kItemSpace) table.values.index_copy_(0, ids, table.values.clone());
  }
  UserBatch batch = user_batch(anew.schema, kHistories, true);
  batch.items.ids = ids;
  EncodeContext context = anew.context(), same = fixture.context();
  EXPECT_TRUE(at::equal(anew.model->encode_users(batch, context).vectors, users(fixture, kHistories, true)));
  EXPECT_TRUE(at::equal(anew.model->encode_items(batch.items, context), fixture.model->encode_items(all_items(fixture.schema), same)));
}

// In double: outside training SINE's and STAMP's user towers compute in it whatever the weights are.
TEST_P(ModelContract, WithoutDropoutTrainingGivesTheVectorsOfServing) {
  const Fixture dropping = make(at::kDouble);
  EXPECT_FALSE(at::allclose(users(dropping, kHistories, true, true), users(dropping, kHistories, true), 1e-3, 1e-3));
  nlohmann::json none = {{"dropout", 0.0}};
  if (dropping.options.contains("hidden_dropout")) none["hidden_dropout"] = 0.0;
  const Fixture fixture = make(at::kDouble, 1, none);
  EXPECT_TRUE(at::equal(users(fixture, kHistories, true, true), users(fixture, kHistories, true)));
  EncodeContext training = fixture.context(true), serving = fixture.context();
  EXPECT_TRUE(at::equal(fixture.model->encode_items(all_items(fixture.schema), training), fixture.model->encode_items(all_items(fixture.schema), serving)));
}

TEST_P(ModelContract, PositionsReadOutTogetherEqualPrefixesAlone) {
  const Fixture fixture = make(at::kDouble);
  const at::Tensor all = users(fixture, {{7, 8, 9, 10, 11, 3}}, true);
  // A position from the newest event is part of SASRec's input, so only the last readout is the same question as its prefix alone.
  const bool slots_move = std::string(entry().name) == "sasrec";
  for (int64_t t = slots_move ? 5 : 0; t < 6; ++t) {
    Histories prefix = {{7, 8, 9, 10, 11, 3}};
    prefix[0].resize(t + 1);
    EncodeContext context = fixture.context();
    UserBatch batch = user_batch(fixture.schema, prefix, false);
    if (!fixture.schema.context.empty()) batch.context = make_feature_tensors({sparse({6 % 3})});  // the fixture's device follows the whole length
    EXPECT_TRUE(at::allclose(fixture.model->encode_users(batch, context).vectors[0], all[t], 1e-9, 1e-9)) << t;
  }
}

TEST_P(ModelContract, NothingLooksAhead) {
  const Fixture fixture = make(at::kFloat);
  const at::Tensor before = users(fixture, {{7, 8, 9, 10, 11, 3}}, true);
  const at::Tensor after = users(fixture, {{7, 8, 9, 10, 4, 5}}, true);
  EXPECT_TRUE(at::equal(before.narrow(0, 0, 4), after.narrow(0, 0, 4)));
  EXPECT_FALSE(at::equal(before[4], after[4]));
}

TEST_P(ModelContract, AnEmptyHistoryHasAVector) {
  const Fixture fixture = make(at::kFloat);
  const at::Tensor vectors = users(fixture, {{3}, {}, {4, 5}});
  EXPECT_EQ(vectors.size(0), 3);
  EXPECT_TRUE(at::isfinite(vectors).all().item<bool>());
  EXPECT_TRUE(at::allclose(vectors[0], users(fixture, {{3}})[0], 1e-6, 1e-6));
}

// A loss that every parameter can move: random projections of all user and item vectors.
at::Tensor probe_loss(const Fixture& fixture, EncodeContext& context) {
  const UserBatch batch = user_batch(fixture.schema, kHistories, true);
  const at::Tensor vectors = fixture.model->encode_users(batch, context).vectors;
  const at::Tensor items = fixture.model->encode_items(batch.items, context);
  return wave(vectors) + wave(items);
}

// What a model takes as constant (EncodeContext::constant: the weights of capsule routing) is held where it is while a weight moves: the gradient is that of the rest.
TEST_P(ModelContract, GradientsEqualFiniteDifferencesAndReachEveryParameter) {
  Fixture fixture = make(at::kDouble);
  std::vector<std::pair<std::string, at::Tensor>> leaves;
  for (DenseParameter& parameter : fixture.parameters.dense()) {
    if (parameter.trained) leaves.emplace_back(parameter.name, parameter.value);
  }
  for (TableParameter& table : fixture.parameters.tables()) leaves.emplace_back(table.name, table.values.requires_grad_(true));
  for (bool training : {false, true}) {
    for (auto& [name, leaf] : leaves) leaf.mutable_grad() = at::Tensor();
    std::vector<at::Tensor> held;
    EncodeContext context = fixture.context(training);
    context.held = &held;
    probe_loss(fixture, context).backward();
    for (auto& [name, leaf] : leaves) {
      ASSERT_TRUE(leaf.grad().defined()) << name;
      EXPECT_GT(leaf.grad().abs().max().item<double>(), 0) << name;
      Random random(7);
      for (int probe = 0; probe < 6; ++probe) {
        const auto i = static_cast<int64_t>(random.below(leaf.numel()));
        at::NoGradGuard no_grad;
        double* value = leaf.data_ptr<double>() + i;
        const double saved = *value, h = 1e-6;
        const auto at_value = [&](double x) {
          *value = x;
          EncodeContext fresh = fixture.context(training);
          fresh.held = &held;
          return probe_loss(fixture, fresh).item<double>();
        };
        const double slope = (at_value(saved + h) - at_value(saved - h)) / (2 * h);
        *value = saved;
        EXPECT_NEAR(leaf.grad().view({-1})[i].item<double>(), slope, 1e-6 * std::max(1.0, std::abs(slope))) << name << " " << i;
      }
    }
  }
}

TEST_P(ModelContract, HistoriesAndItemsAreRowsOfOneTable) {
  const Fixture fixture = make(at::kFloat);
  const auto& tables = fixture.parameters.tables();
  EXPECT_EQ(std::count_if(tables.begin(), tables.end(), [](const TableParameter& table) { return table.space == kItemSpace; }), 1);
}

TEST_P(ModelContract, VectorsHaveBothSigns) {
  const Fixture fixture = make(at::kFloat);
  EncodeContext context = fixture.context();
  for (const at::Tensor& vectors : {users(fixture, kHistories), fixture.model->encode_items(all_items(fixture.schema), context)}) {
    EXPECT_LT(vectors.min().item<float>(), 0);
    EXPECT_GT(vectors.max().item<float>(), 0);
  }
}

TEST_P(ModelContract, CosineVectorsHaveLengthOne) {
  // One round of routing: after three, an interest that lost all events to others can be shorter than 1e-12, which counts as zero and stays short.
  nlohmann::json options = {{"similarity", "cosine"}};
  if (make(at::kDouble).options.contains("iterations")) options["iterations"] = 1;
  const Fixture fixture = make(at::kDouble, 1, options);
  EncodeContext context = fixture.context();
  for (const at::Tensor& vectors : {users(fixture, kHistories), fixture.model->encode_items(all_items(fixture.schema), context).narrow(0, 1, kItemRows - 1)}) {
    const at::Tensor lengths = vectors.square().sum(-1).sqrt();
    EXPECT_TRUE(at::allclose(lengths, at::ones_like(lengths), 1e-12, 1e-12));
  }
}

// Drawn around 0, and no larger than makes of a unit input a unit output; row 0 of a table, the padding, is 0. Defaults, not the fixture's weights.
TEST_P(ModelContract, WeightsStartAroundZeroAtTheScaleOfTheirInput) {
  FeatureStatistics statistics;
  statistics["price"] = {2.0, 1.5, 0.0};
  ParameterSet parameters(1, at::kDouble);
  const auto builder = entry().builder();
  options_from_json(variant().options, [&](OptionVisitor& visitor) { builder->describe(visitor); });
  const auto model = builder->build(make_schema(with_features()), statistics, parameters);
  std::vector<std::pair<std::string, at::Tensor>> weights;
  for (const DenseParameter& parameter : parameters.dense()) {
    if (parameter.trained && parameter.value.dim() > 1) weights.emplace_back(parameter.name, parameter.value.detach());
  }
  for (const TableParameter& table : parameters.tables()) {
    EXPECT_EQ(table.values[0].abs().max().item<double>(), 0) << table.name;
    weights.emplace_back(table.name, table.values.narrow(0, 1, table.values.size(0) - 1));
  }
  for (const auto& [name, weight] : weights) {
    const double size = weight.square().mean().sqrt().item<double>(), of_input = std::sqrt(1 / static_cast<double>(weight.size(-1)));
    EXPECT_LT(size, 2 * of_input) << name;
    EXPECT_GT(size, of_input / 20) << name;
    EXPECT_LT(std::abs(weight.mean().item<double>()), 5 * size / std::sqrt(static_cast<double>(weight.numel()))) << name;
  }
}

TEST_P(ModelContract, FusedEqualsComposite) {
  const Fixture single = make(at::kFloat), composite = make(at::kDouble);
  EXPECT_TRUE(at::allclose(users(single, kHistories, true, true).to(at::kDouble), users(composite, kHistories, true, true), 1e-4, 1e-5));
}

const std::tuple<const char*, const char*, nlohmann::json> kChoices[] = {
    {"comirec_dr", "num_layers", 1},
    {"comirec_sa", "num_layers", 1},
    {"mind", "num_layers", 1},
    {"sine", "num_layers", 1},
    {"comirec_dr", "position_weights", true},
    {"gru4rec", "cell", "reset_before"},
    {"mind", "dynamic_interests", false},
    {"narm", "attention", "unnormalised"},
    {"narm", "cell", "reset_before"},
    {"sasrec", "block", "original"},
    {"sine", "variant", "official"},
    {"stamp", "memory", "none"},
    {"stamp", "memory", "last"},
    {"youtube_dnn", "residual", true},
};

std::vector<Variant> variants() {
  std::vector<Variant> out;
  for (const ModelEntry& entry : model_entries()) out.push_back({&entry, entry.name, nlohmann::json::object()});
  for (const auto& [model, option, value] : kChoices) {
    out.push_back({&find_model(model), fmt::format("{}_{}_{}", model, option, value.is_string() ? value.get<std::string>() : value.dump()), {{option, value}}});
  }
  return out;
}

INSTANTIATE_TEST_SUITE_P(Registry, ModelContract, ::testing::Combine(::testing::ValuesIn(variants()), ::testing::Bool()),
                         [](const auto& info) { return std::get<0>(info.param).name + (std::get<1>(info.param) ? "_features" : "_ids"); });

}  // namespace
}  // namespace rechub
