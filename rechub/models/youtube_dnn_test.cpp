// What only YoutubeDNN has: the residual path and the first size of its item embeddings.
#include <functional>
#include <string>

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "rechub/base/error.h"
#include "rechub/models/model_fixture.h"

namespace rechub {
namespace {

using namespace model_fixture;

struct Settings {
  bool residual = false, tied = true, example_age = false;
  double item_std = 0;
  int64_t item_rows = kItemRows;
};

// Ids and histories only, width 6, no hidden layer, no dropout.
struct Built {
  Schema schema;
  ParameterSet parameters{1, at::kDouble};
  std::unique_ptr<Model> model;

  explicit Built(const Settings& settings) : schema(make_schema(false)) {
    class Setter : public OptionVisitor {
     public:
      explicit Setter(const Settings& settings) : settings_(settings) {}
      void field(const char* name, bool& value, const char*) override {
        if (std::string(name) == "residual") value = settings_.residual;
        if (std::string(name) == "tied") value = settings_.tied;
        if (std::string(name) == "example_age") value = settings_.example_age;
      }
      void field(const char* name, int64_t& value, const char*) override { value = std::string(name) == "dim" ? 6 : value; }
      void field(const char* name, double& value, const char*) override {
        if (std::string(name) == "item_std") value = settings_.item_std;
        if (std::string(name) == "dropout") value = 0;
      }
      void field(const char*, std::string&, const char*) override {}
      void field(const char*, std::vector<int64_t>& value, const char*) override { value = {}; }
      void field(const char*, std::vector<std::string>&, const char*) override {}

     private:
      const Settings& settings_;
    } setter(settings);
    schema.item_rows = settings.item_rows;
    auto builder = make_youtube_dnn_builder();
    builder->describe(setter);
    model = builder->build(schema, {}, parameters);
  }

  at::Tensor user(const Histories& histories, const at::Tensor& ages = {}) const {
    EncodeContext context;
    context.leaves = parameters.whole_tables();
    UserBatch batch = user_batch(schema, histories, false);
    batch.ages = ages;
    return model->encode_users(batch, context).vectors.squeeze(1);
  }
};

TEST(YoutubeDnn, ResidualAddsThePooledHistoryToTheTower) {
  const Built plain({.residual = false}), residual({.residual = true});
  const at::Tensor table = residual.parameters.tables()[0].values;
  ASSERT_TRUE(at::equal(table, plain.parameters.tables()[0].values)) << "the same seed gives the same weights";
  const Histories histories = {{3, 4, 4}, {7}, {}};
  const at::Tensor pooled = at::stack({(table[3] + 2 * table[4]) / 3, table[7], at::zeros_like(table[0])});
  EXPECT_TRUE(at::allclose(residual.user(histories) - plain.user(histories), pooled, 1e-12, 1e-12));
}

TEST(YoutubeDnn, ResidualNeedsTiedItems) {
  try {
    Built({.residual = true, .tied = false});
    FAIL() << "accepted";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kUsage);
    EXPECT_NE(std::string(error.what()).find("tied"), std::string::npos);
  }
}

// Without a hidden layer the user's vector is W [history; a; a^2; sqrt(a)]; an age that is not told is 0.
TEST(YoutubeDnn, ExampleAgeEntersWithItsSquareAndItsRoot) {
  const Built built({.example_age = true});
  EXPECT_TRUE(built.model->reads_ages());
  EXPECT_FALSE(Built({}).model->reads_ages());
  const Histories histories = {{3, 4}, {7}, {}};
  const at::Tensor ages = at::tensor({0.25, 1.0, 0.0}), weight = built.parameters.dense()[0].value;  // [6, 6 + 3]
  ASSERT_EQ(weight.sizes(), (std::vector<int64_t>{6, 9}));
  const at::Tensor inputs = at::tensor({0.25, 0.0625, 0.5, 1.0, 1.0, 1.0, 0.0, 0.0, 0.0}, at::kDouble).view({3, 3});
  EXPECT_TRUE(at::allclose(built.user(histories, ages) - built.user(histories), at::linear(inputs, weight.narrow(1, 6, 3)), 1e-12, 1e-12));
  EXPECT_TRUE(at::equal(built.user(histories, at::zeros({3})), built.user(histories)));
}

TEST(YoutubeDnn, ItemStdDoesNotShrinkWithTheCatalogue) {
  const auto deviation = [](const Settings& settings) { return Built(settings).parameters.tables()[0].values.std().item<double>(); };
  EXPECT_NEAR(deviation({.item_std = 0.1, .item_rows = 20000}), 0.1, 0.001);
  EXPECT_LT(deviation({.item_rows = 20000}), 0.02);
}

}  // namespace
}  // namespace rechub
