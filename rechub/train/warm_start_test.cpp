#include "rechub/train/warm_start.h"

#include <map>

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "rechub/base/error.h"
#include "rechub/models/batch_assembly.h"
#include "rechub/train/eight_sequences.h"
#include "rechub/train/optimizer.h"

namespace rechub {
namespace {

FeatureValues feature(const std::string& name, const std::vector<std::string>& values) {
  FeatureValues made;
  made.spec.name = made.spec.space = name;
  made.spec.encoding = "buckets";
  made.spec.rows = 5;
  made.codes = {0, 1};
  for (const std::string& value : values) made.codes.push_back(value == "red" ? 2 : value == "blue" ? 3 : 4);
  return made;
}

// Users walk through the items named by `ids`, which get rows in that order.
Dataset walks(const std::vector<std::vector<std::string>>& histories, const std::vector<std::string>& ids, const std::map<std::string, std::vector<std::string>>& item_values = {},
              const std::map<std::string, std::vector<std::string>>& user_values = {}) {
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
  for (const auto& [name, values] : item_values) parts.item_features.push_back(feature(name, values));
  for (const auto& [name, values] : user_values) parts.user_features.push_back(feature(name, values));
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
  const Dataset before = walks({{"a", "b", "c"}}, {"a", "b", "c"}, {{"colour", {"red", "red", "blue"}}});
  const Dataset now = walks({{"a", "b", "c"}}, {"a", "b", "c", "cold"}, {{"colour", {"red", "red", "blue", "red"}}});
  const BuiltModel trained = build_gru4rec(before, {{"dim", 4}, {"hidden_size", 4}}), fresh = build_gru4rec(now, {{"dim", 4}, {"hidden_size", 4}});
  start_from(*trained.parameters, before, now, all_training(now), *fresh.parameters);
  const at::Tensor expected = (row_of(before, *trained.parameters, "a") + row_of(before, *trained.parameters, "b")) / 2;
  EXPECT_TRUE(at::allclose(row_of(now, *fresh.parameters, "cold"), expected, 1e-6, 1e-8));
  EXPECT_TRUE(at::equal(table(*fresh.parameters, "item.colour"), table(*trained.parameters, "item.colour")));
}

TEST(WarmStart, OtherIdsMoveNoRowsOfUsersAndItemsButFeatures) {
  const nlohmann::json options = {{"dim", 4}, {"hidden_size", 4}, {"user_id", true}};
  const Dataset films = walks({{"1", "2"}, {"3"}}, {"1", "2", "3"}, {{"colour", {"red", "red", "blue"}}}),
                soaps = walks({{"1", "2", "3"}}, {"1", "2", "3"}, {{"colour", {"red", "blue", "red"}}});
  const BuiltModel trained = build_gru4rec(films, options), fresh = build_gru4rec(soaps, options);
  const auto sentences = start_from(*trained.parameters, films, soaps, all_training(soaps), *fresh.parameters, true);
  for (const char* name : {"item.id", "user.user_id_embedding"}) {
    const at::Tensor old = table(*trained.parameters, name), now = table(*fresh.parameters, name);
    for (int64_t row = kFirstIndex; row < now.size(0); ++row) EXPECT_TRUE(at::equal(now[row], old[kUnknownIndex])) << name << " " << row;
  }
  EXPECT_TRUE(at::equal(table(*fresh.parameters, "item.colour"), table(*trained.parameters, "item.colour")));
  EXPECT_THAT(sentences, testing::Contains(testing::HasSubstr("item.id: 0 of 3 rows are known")));
}

at::Tensor item_vectors(const Dataset& dataset, const BuiltModel& built) {
  at::NoGradGuard no_grad;
  EncodeContext context;
  context.leaves = built.parameters->whole_tables();
  return built.model->encode_items(BatchAssembler(dataset, false, false).items(kFirstIndex, dataset.item_rows()), context);
}

TEST(WarmStart, ColumnsOfSharedFeaturesMoveByNameAndNewOnesChangeNoVector) {
  const std::vector<std::vector<std::string>> histories = {{"a", "b", "c"}};
  const std::vector<std::string> ids = {"a", "b", "c"}, colours = {"red", "red", "blue"}, sizes = {"red", "blue", "other"}, ages = {"red"};
  const nlohmann::json options = {{"dim", 4}, {"hidden_size", 4}, {"feature_dim", 3}};
  const Dataset plain = walks(histories, ids), coloured = walks(histories, ids, {{"colour", colours}});
  const Dataset both = walks(histories, ids, {{"colour", colours}, {"a size", sizes}}, {{"age", ages}});
  const BuiltModel trained = build_gru4rec(coloured, options), wider = build_gru4rec(both, options), narrower = build_gru4rec(coloured, options);
  for (DenseParameter& parameter : trained.parameters->dense()) parameter.value.detach().add_(0.25);
  const at::Tensor old = table(*trained.parameters, "item.projection.weight");  // [4, id 4 + colour 3]
  const auto sentences = start_from(*trained.parameters, coloured, both, all_training(both), *wider.parameters);
  const at::Tensor wide = table(*wider.parameters, "item.projection.weight");  // [4, id 4 + a size 3 + colour 3]
  EXPECT_TRUE(at::equal(wide.narrow(1, 0, 4), old.narrow(1, 0, 4)));
  EXPECT_EQ(wide.narrow(1, 4, 3).abs().max().item<float>(), 0);
  EXPECT_TRUE(at::equal(wide.narrow(1, 7, 3), old.narrow(1, 4, 3)));
  EXPECT_TRUE(at::allclose(item_vectors(both, wider), item_vectors(coloured, trained), 1e-6, 1e-7));
  EXPECT_EQ(table(*wider.parameters, "readout.projection.weight").abs().max().item<float>(), 0);  // it is added to the state
  EXPECT_THAT(sentences, testing::Contains("item.projection.weight: the columns of item.id, item.colour are those of the trained model, those of item.a size begin at 0"));

  start_from(*wider.parameters, both, coloured, all_training(coloured), *narrower.parameters);
  EXPECT_TRUE(at::equal(table(*narrower.parameters, "item.projection.weight"), old));

  const BuiltModel bare = build_gru4rec(plain, options), first = build_gru4rec(coloured, options);
  start_from(*bare.parameters, plain, coloured, all_training(coloured), *first.parameters);
  EXPECT_TRUE(at::equal(item_vectors(coloured, first), item_vectors(plain, bare)));  // the first feature changes none either
}

TEST(WarmStart, NewUsersBeginAsThoseWhoShareItemsOrFeatures) {
  const std::vector<std::string> ids = {"a", "b", "c", "d"};
  const nlohmann::json options = {{"dim", 4}, {"hidden_size", 4}, {"user_id", true}};
  const Dataset before = walks({{"a", "b"}, {"b"}, {"c"}}, ids, {}, {{"age", {"red", "red", "blue"}}});
  const Dataset now = walks({{"a", "b"}, {"b"}, {"c"}, {"b", "c"}, {"d"}, {"d"}}, ids, {}, {{"age", {"red", "red", "blue", "blue", "red", "other"}}});
  const BuiltModel trained = build_gru4rec(before, options), fresh = build_gru4rec(now, options);
  const auto sentences = start_from(*trained.parameters, before, now, all_training(now), *fresh.parameters);
  const at::Tensor old = table(*trained.parameters, "user.user_id_embedding"), users = table(*fresh.parameters, "user.user_id_embedding");
  EXPECT_TRUE(at::equal(users.narrow(0, kFirstIndex, 3), old.narrow(0, kFirstIndex, 3)));
  EXPECT_TRUE(at::allclose(users[5], ((old[2] + old[3]) / 2 + old[4]) / 2, 1e-6, 1e-8));  // b: the first two; c: the third
  EXPECT_TRUE(at::allclose(users[6], (old[2] + old[3]) / 2, 1e-6, 1e-8));                 // of the same age
  EXPECT_TRUE(at::equal(users[7], old[kUnknownIndex]));
  EXPECT_THAT(sentences,
              testing::Contains(testing::HasSubstr("3 of 6 rows are known; of the others, 1 begin as the mean of the known users who share items with them, 1 as that of "
                                                   "users with the same features, 1 as the unknown user")));
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
