// Closed forms of the multi-interest models; the contract all models keep is in model_test.cpp.
#include "rechub/models/interests.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "rechub/base/error.h"
#include "rechub/base/json_options.h"
#include "rechub/layers/interest_similarity.h"
#include "rechub/models/model_fixture.h"

namespace rechub {
namespace {

using namespace model_fixture;

struct Built {
  Schema schema = make_schema(false);
  ParameterSet parameters{1, at::kDouble};
  std::unique_ptr<Model> model;

  explicit Built(const std::string& name, nlohmann::json options = nlohmann::json::object()) {
    options["dim"] = 6;
    options["dropout"] = 0;
    options["max_length"] = 16;
    auto builder = find_model(name).builder();
    options_from_json(options, [&](OptionVisitor& visitor) { builder->describe(visitor); });
    model = builder->build(schema, {}, parameters);
  }

  at::Tensor parameter(const std::string& name) const {
    for (const DenseParameter& parameter : parameters.dense()) {
      if (parameter.name == name) return parameter.value.detach();
    }
    ADD_FAILURE() << "no parameter " << name;
    return {};
  }

  UserVectors users(const Histories& histories, bool training = false) const { return users_and_context(histories, training).first; }
  std::pair<UserVectors, EncodeContext> users_and_context(const Histories& histories, bool training) const {
    EncodeContext context;
    context.training = training;
    context.leaves = parameters.whole_tables();
    UserVectors vectors = model->encode_users(user_batch(schema, histories, false), context);
    return {vectors, context};
  }
  at::Tensor item(int64_t i) const { return parameters.tables()[0].values[i]; }
};

at::Tensor mean_of(const Built& built, const std::vector<int64_t>& items) {
  at::Tensor sum = at::zeros({6}, at::kDouble);
  for (int64_t item : items) sum = sum + built.item(item);
  return sum / static_cast<double>(items.size());
}

bool close(const at::Tensor& a, const at::Tensor& b) { return at::allclose(a, b, 1e-10, 1e-12); }

TEST(ComirecSa, HeadsOfZeroTakeThePlainMean) {
  const Built built("comirec_sa");
  built.parameter("attention.heads.weight").zero_();
  const at::Tensor interests = built.users({{3, 4, 5, 4}}).vectors[0];
  for (int64_t k = 0; k < 4; ++k) EXPECT_TRUE(close(interests[k], mean_of(built, {3, 4, 5, 4}))) << k;
}

TEST(ComirecSa, PlacesWeighEventsButAreNotInTheInterests) {
  const Built built("comirec_sa");
  const at::Tensor before = built.users({{7, 7, 7}, {3, 4, 5}}).vectors;
  EXPECT_TRUE(close(before[0], built.item(7).unsqueeze(0).expand({4, 6})));  // weights sum to 1
  built.parameter("position")[1].mul_(50);
  const at::Tensor after = built.users({{7, 7, 7}, {3, 4, 5}}).vectors;
  EXPECT_TRUE(close(after[0], before[0]));
  EXPECT_FALSE(at::allclose(after[1], before[1], 1e-3, 1e-4));
}

TEST(ComirecSa, EqualHeadsFindEqualInterests) {
  const Built built("comirec_sa");
  at::Tensor heads = built.parameter("attention.heads.weight");
  heads[2].copy_(heads[0]);
  const at::Tensor interests = built.users({{3, 4, 5}}).vectors[0];
  EXPECT_TRUE(close(interests[2], interests[0]));
  EXPECT_FALSE(at::allclose(interests[1], interests[0], 1e-3, 1e-6));
}

TEST(ComirecSa, AttentionSizeIsTheInnerWidthOfTheAttention) {
  EXPECT_EQ(Built("comirec_sa").parameter("attention.inner.weight").size(0), 24);  // 4 x dim
  EXPECT_EQ(Built("comirec_sa", {{"attention_size", 5}}).parameter("attention.inner.weight").size(0), 5);
}

TEST(ComirecSa, OldestPlacesAreOtherPlacesThanNewest) {
  const nlohmann::json oldest = {{"positions", "oldest"}}, newest = {{"positions", "newest"}};
  const Histories one = {{3, 4, 5}};
  EXPECT_FALSE(at::allclose(Built("comirec_sa", oldest).users(one).vectors, Built("comirec_sa", newest).users(one).vectors, 1e-6, 1e-9));
}

TEST(Mind, InterestsGrowWithTheLogarithmOfTheHistoryAndTheOthersAreCopies) {
  const Built built("mind");
  Histories histories;
  for (int64_t length : {1, 2, 3, 4, 7, 8, 9, 16}) {
    histories.emplace_back();
    for (int64_t t = 0; t < length; ++t) histories.back().push_back(2 + (5 * t) % 12);
  }
  const UserVectors users = built.users(histories);
  EXPECT_TRUE(at::equal(users.active.sum(1), at::tensor({1, 1, 1, 2, 2, 3, 3, 4}, at::kLong)));
  for (int64_t r = 0; r < users.vectors.size(0); ++r) {
    for (int64_t k = 1; k < 4; ++k) {
      const bool is_copy = at::equal(users.vectors[r][k], users.vectors[r][0]);
      EXPECT_EQ(is_copy, !users.active[r][k].item<bool>()) << r << " " << k;
    }
  }
  EXPECT_FALSE(Built("mind", {{"dynamic_interests", false}}).users(histories).active.defined());
}

TEST(Mind, AUsersVectorsAreTheSameOnEveryCallAndItsLogitsAreSavedNotTrained) {
  const Built built("mind");
  const Histories histories = {{3, 4, 5, 6, 7}, {2, 3}};
  EXPECT_TRUE(at::equal(built.users(histories).vectors, built.users(histories).vectors));
  EXPECT_TRUE(at::equal(built.users(histories).vectors, Built("mind").users(histories).vectors));
  bool found = false;
  for (const DenseParameter& parameter : built.parameters.dense()) {
    if (parameter.name != "votes.logits") continue;
    found = true;
    EXPECT_FALSE(parameter.trained);
    EXPECT_EQ(parameter.value.sizes(), (std::vector<int64_t>{16, 4}));
    EXPECT_GT(parameter.value.std().item<double>(), 0.7);
  }
  EXPECT_TRUE(found);
}

TEST(Mind, TheLastLayerOfThePaperLeavesNoNegativeNumber) {
  const Histories one = {{3, 4, 5, 6}};
  EXPECT_GE(Built("mind", {{"output_activation", "relu"}}).users(one).vectors.min().item<double>(), 0);
  EXPECT_LT(Built("mind").users(one).vectors.min().item<double>(), 0);
}

// K = 1: every event belongs to the one interest, and the user is that interest.
TEST(Sine, OneInterestIsItsNormalisedAttention) {
  const Built built("sine", {{"n_interest", 1}, {"num_prototypes", 5}});
  const std::vector<int64_t> history = {3, 4, 5};
  at::Tensor x = at::stack({built.item(3), built.item(4), built.item(5)});
  const at::Tensor logits = at::mv(at::tanh(at::matmul(x, built.parameter("attention.inner.weight").t())), built.parameter("attention.heads")[0]);
  const at::Tensor expected = at::layer_norm(at::mv(x.t(), at::softmax(logits, 0)), {6}, {}, {}, 1e-8);
  EXPECT_TRUE(close(built.users({history}).vectors[0][0], expected));
}

TEST(Sine, AsManyInterestsAsPrototypesUsesThemAllAndTheirOrderDoesNotMatter) {
  const nlohmann::json options = {{"n_interest", 4}, {"num_prototypes", 4}};
  const Built built("sine", options), permuted("sine", options);
  at::Tensor prototypes = permuted.parameter("prototypes");
  prototypes.copy_(prototypes.index_select(0, at::tensor({2, 0, 3, 1}, at::kLong)).clone());
  const Histories one = {{3, 4, 5, 8}};
  EXPECT_TRUE(close(permuted.users(one).vectors, built.users(one).vectors));
  built.parameter("prototypes")[3].mul_(-1);
  EXPECT_FALSE(at::allclose(permuted.users(one).vectors, built.users(one).vectors, 1e-4, 1e-6));
}

TEST(Sine, TheRegulariserIsAddedInTrainingAndIsTheCovarianceOfThePrototypes) {
  const Built built("sine", {{"regularisation", 0.5}});
  EXPECT_FALSE(built.users_and_context({{3, 4}}, false).second.auxiliary_loss.defined());
  const double expected = 0.5 * prototype_covariance(built.parameter("prototypes")).item<double>();
  EXPECT_NEAR(built.users_and_context({{3, 4}}, true).second.auxiliary_loss.item<double>(), expected, 1e-12);
  EXPECT_FALSE(Built("sine", {{"regularisation", 0}}).users_and_context({{3, 4}}, true).second.auxiliary_loss.defined());
  const double cosine = Built("sine", {{"variant", "official"}, {"regularisation", 1}}).users_and_context({{3, 4}}, true).second.auxiliary_loss.item<double>();
  EXPECT_LE(std::abs(cosine), 1);
}

TEST(Sine, VariantsDiffer) {
  const Histories one = {{3, 4, 5}};
  EXPECT_FALSE(at::allclose(Built("sine").users(one).vectors, Built("sine", {{"variant", "official"}}).users(one).vectors, 1e-3, 1e-4));
}

TEST(Interests, BlocksAreReadInOnePassAndChangeTheVectors) {
  const Histories one = {{3, 4, 5}};
  for (const char* name : {"comirec_sa", "comirec_dr", "mind", "sine"}) {
    const Built plain(name), blocks(name, {{"num_layers", 1}, {"num_heads", 2}});
    EXPECT_FALSE(plain.model->is_causal()) << name;
    EXPECT_TRUE(blocks.model->is_causal()) << name;
    EXPECT_FALSE(at::allclose(plain.users(one).vectors, blocks.users(one).vectors, 1e-3, 1e-5)) << name;
  }
}

TEST(Interests, PositionsAreAnOptionOfAll) {
  const Histories one = {{3, 4, 5}};
  for (const char* name : {"comirec_sa", "comirec_dr", "mind", "sine"}) {
    const Built none(name, {{"positions", "none"}}), newest(name, {{"positions", "newest"}});
    EXPECT_FALSE(at::allclose(none.users(one).vectors, newest.users(one).vectors, 1e-6, 1e-9)) << name;
  }
}

TEST(Interests, OptionsThatDoNotFitAreRefused) {
  EXPECT_THROW(Built("comirec_sa", {{"n_interest", 0}}), Error);
  EXPECT_THROW(Built("comirec_dr", {{"iterations", 0}}), Error);
  EXPECT_THROW(Built("mind", {{"positions", "first"}}), Error);
  EXPECT_THROW(Built("mind", {{"num_layers", 1}, {"num_heads", 4}}), Error);
  EXPECT_THROW(Built("sine", {{"num_prototypes", 3}}), Error);
  EXPECT_THROW(Built("sine", {{"variant", "other"}}), Error);
}

}  // namespace
}  // namespace rechub
