#include "rechub/train/warm_start.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "rechub/base/error.h"
#include "rechub/train/eight_sequences.h"
#include "rechub/train/optimizer.h"

namespace rechub {
namespace {

// Users walk through the items named by `ids`, which get rows in that order.
Dataset walks(const std::vector<std::vector<std::string>>& histories, const std::vector<std::string>& ids, const std::vector<std::string>& colours = {}) {
  DatasetParts parts;
  for (const std::string& id : ids) parts.item_ids.add(id);
  parts.item_rows = parts.item_ids.rows();
  parts.user_begin = {0, 0, 0};
  for (size_t user = 0; user < histories.size(); ++user) {
    parts.user_ids.add("u" + std::to_string(user));
    for (const std::string& id : histories[user]) parts.items.push_back(parts.item_ids.find(id));
    parts.user_begin.push_back(static_cast<int64_t>(parts.items.size()));
  }
  parts.user_rows = parts.user_ids.rows();
  if (!colours.empty()) {
    FeatureValues colour;
    colour.spec.name = "colour";
    colour.spec.space = "colour";
    colour.spec.encoding = "buckets";
    colour.spec.rows = 5;
    colour.codes = {0, 1};
    for (const std::string& name : colours) colour.codes.push_back(name == "red" ? 2 : name == "blue" ? 3 : 4);
    parts.item_features.push_back(std::move(colour));
  }
  return Dataset::from_memory(std::move(parts));
}

at::Tensor table(const ParameterSet& parameters, const std::string& name) {
  for (const auto& [known, value] : named_tensors(parameters)) {
    if (known == name) return value;
  }
  ADD_FAILURE() << "no tensor " << name;
  return {};
}

at::Tensor row_of(const Dataset& dataset, const ParameterSet& parameters, const std::string& id) { return table(parameters, "item.id")[dataset.item_ids().find(id)]; }

TEST(WarmStart, RowsMoveByIdAndNewItemsBeginAsTheirNeighbours) {
  const Dataset before = walks({{"a", "b", "c", "d"}, {"b", "d"}}, {"a", "b", "c", "d"});
  const Dataset now = walks({{"d", "new", "b"}, {"a", "c", "b", "a", "a", "alone"}, {"b", "last"}}, {"new", "d", "b", "alone", "c", "a", "last", "unseen"});
  const BuiltModel trained = build_gru4rec(before, {{"dim", 4}, {"hidden_size", 4}}), fresh = build_gru4rec(now, {{"dim", 4}, {"hidden_size", 4}});
  for (DenseParameter& parameter : trained.parameters->dense()) parameter.value.detach().fill_(0.25);
  Split split = all_training(now);
  split.train_end[4] -= 1;  // "last" is no training event
  const auto sentences = start_from(*trained.parameters, before, now, split, *fresh.parameters);
  for (const char* id : {"a", "b", "c", "d"}) EXPECT_TRUE(at::equal(row_of(now, *fresh.parameters, id), row_of(before, *trained.parameters, id))) << id;
  const auto old = [&](const char* id) { return row_of(before, *trained.parameters, id); };
  EXPECT_TRUE(at::allclose(row_of(now, *fresh.parameters, "new"), (old("d") + old("b")) / 2, 1e-6, 1e-8));
  EXPECT_TRUE(at::allclose(row_of(now, *fresh.parameters, "alone"), (2 * old("a") + old("b")) / 3, 1e-6, 1e-8));  // three events before it
  for (const char* id : {"last", "unseen"}) EXPECT_TRUE(at::equal(row_of(now, *fresh.parameters, id), table(*trained.parameters, "item.id")[kUnknownIndex])) << id;
  EXPECT_EQ(table(*fresh.parameters, "item.id")[kPaddingIndex].abs().sum().item<float>(), 0);
  for (const DenseParameter& parameter : fresh.parameters->dense()) EXPECT_TRUE(at::equal(parameter.value, at::full_like(parameter.value, 0.25))) << parameter.name;
  EXPECT_THAT(sentences.back(), testing::HasSubstr("4 of 8 rows are known; of the others, 2 begin as the mean of the known items next to them, 0 as that of items with the same "
                                                   "features, 2 as the unknown item"));
}

TEST(WarmStart, WithoutEventsNewItemsBeginAsItemsOfTheSameFeatures) {
  const Dataset before = walks({{"a", "b", "c"}}, {"a", "b", "c"}, {"red", "red", "blue"});
  const Dataset now = walks({{"a", "b", "c"}}, {"a", "b", "c", "cold"}, {"red", "red", "blue", "red"});
  const BuiltModel trained = build_gru4rec(before, {{"dim", 4}, {"hidden_size", 4}}), fresh = build_gru4rec(now, {{"dim", 4}, {"hidden_size", 4}});
  start_from(*trained.parameters, before, now, all_training(now), *fresh.parameters);
  const at::Tensor expected = (row_of(before, *trained.parameters, "a") + row_of(before, *trained.parameters, "b")) / 2;
  EXPECT_TRUE(at::allclose(row_of(now, *fresh.parameters, "cold"), expected, 1e-6, 1e-8));
  EXPECT_TRUE(at::equal(table(*fresh.parameters, "item.colour"), table(*trained.parameters, "item.colour")));
}

TEST(WarmStart, WhatDoesNotFitBeginsFreshAndIsNamed) {
  const Dataset before = walks({{"a", "b"}}, {"a", "b"}), now = walks({{"x", "y"}}, {"x", "y"});
  const BuiltModel trained = build_gru4rec(before, {{"dim", 4}, {"hidden_size", 4}}), fresh = build_gru4rec(now, {{"dim", 4}, {"hidden_size", 6}});
  const BuiltModel untouched = build_gru4rec(now, {{"dim", 4}, {"hidden_size", 6}});
  const auto sentences = start_from(*trained.parameters, before, now, all_training(now), *fresh.parameters);
  EXPECT_THAT(sentences.back(), testing::AllOf(testing::HasSubstr("fresh"), testing::HasSubstr("projection.weight")));
  EXPECT_TRUE(at::equal(table(*fresh.parameters, "projection.weight"), table(*untouched.parameters, "projection.weight")));
  const BuiltModel wide = build_gru4rec(now, {{"dim", 6}, {"hidden_size", 6}});
  EXPECT_THROW(start_from(*trained.parameters, before, now, all_training(now), *wide.parameters), Error);
}

TEST(Freeze, NamedParametersStayInTrainingAndOthersMove) {
  const Dataset dataset = eight_sequences();
  const BuiltModel built = build_gru4rec(dataset, {{"dim", 8}, {"hidden_size", 8}});
  std::vector<at::Tensor> before;
  for (const auto& [name, value] : named_tensors(*built.parameters)) before.push_back(value.clone());
  freeze({"item.*", "gru?.*"}, *built.parameters);
  train(dataset, all_training(dataset), *built.model, *built.parameters, small_plan("softmax", 2, 0.1), "", false, {});
  size_t i = 0;
  for (const auto& [name, value] : named_tensors(*built.parameters)) {
    const bool is_frozen = name.starts_with("item.") || name.starts_with("gru0.");
    const at::Tensor rows = name == "item.id" ? value.narrow(0, kFirstIndex, value.size(0) - kFirstIndex) : value;  // training sets the unknown item
    const at::Tensor were = name == "item.id" ? before[i].narrow(0, kFirstIndex, value.size(0) - kFirstIndex) : before[i];
    EXPECT_EQ(at::equal(rows, were), is_frozen) << name;
    ++i;
  }
}

TEST(Freeze, WhatStaysCostsNoStateAndCountsAsNotTrained) {
  const Dataset dataset = eight_sequences();
  const BuiltModel built = build_gru4rec(dataset, {{"dim", 8}, {"hidden_size", 8}});
  const int64_t all = built.parameters->num_values(), items = table(*built.parameters, "item.id").numel();
  freeze({"item.id"}, *built.parameters);
  EXPECT_EQ(built.parameters->num_values(), all - items);
  const Optimizer optimizer({}, *built.parameters);
  for (const auto& [name, value] : optimizer.state()) EXPECT_EQ(name.find("item.id"), std::string::npos) << name;
}

TEST(Freeze, PatternsThatNameNothingOrAllAreRefused) {
  const BuiltModel built = build_gru4rec(eight_sequences(), {{"dim", 8}, {"hidden_size", 8}});
  EXPECT_THROW(freeze({"tower.*"}, *built.parameters), Error);
  EXPECT_THROW(freeze({"*"}, *built.parameters), Error);
}

}  // namespace
}  // namespace rechub
