#include <cmath>

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "rechub/base/error.h"
#include "rechub/base/json_options.h"
#include "rechub/bundle/bundle.h"
#include "rechub/train/eight_sequences.h"
#include "rechub/train/step.h"
#include "rechub/train/trainer.h"

namespace rechub {
namespace {

const nlohmann::json kOptions = {{"dim", 8},           {"hidden_size", 8},         {"dropout", 0.0}, {"hidden_dropout", 0.0}, {"similarity", "cosine"},
                                 {"temperature", 2.0}, {"learn_temperature", true}};

TEST(LearntTemperature, ItsGradientEqualsFiniteDifferences) {
  const Dataset dataset = eight_sequences();
  const Split split = all_training(dataset);
  ParameterSet parameters(1, at::kDouble);
  const auto builder = find_model("gru4rec").builder();
  options_from_json(kOptions, [&](OptionVisitor& visitor) { builder->describe(visitor); });
  const auto model = builder->build(make_schema(dataset), {}, parameters);
  model->learn_temperature(parameters);
  const BatchAssembler assembler(dataset, true, false);
  const ItemBatch catalogue = assembler.catalogue();
  const HistoryRule rule = {10, false};
  const auto loss_now = [&] {
    AssembledBatch batch = assembler.assemble(make_sequence_batch(dataset, training_windows(dataset, split, rule, true), rule), {}, 1);
    const StepLeaves leaves = bind_leaves(parameters, batch);
    EncodeContext context;
    context.leaves = leaves.leaves;
    StepObjective objective{};
    objective.loss = &find_loss("softmax");
    objective.num_items = dataset.num_items();
    return step_loss(*model, objective, batch, &catalogue, context).loss;
  };
  loss_now().backward();
  const double gradient = model->log_temperature().grad().item<double>(), h = 1e-5;
  double* value = model->log_temperature().data_ptr<double>();
  const double start = *value;
  EXPECT_NEAR(start, std::log(2), 1e-15);
  *value = start + h;
  const double above = loss_now().item<double>();
  *value = start - h;
  const double below = loss_now().item<double>();
  EXPECT_NEAR(gradient, (above - below) / (2 * h), 1e-8);
  EXPECT_GT(std::abs(gradient), 1e-4);
}

TEST(LearntTemperature, FallsWhereAFixedOneIsFarTooHigh) {
  const Dataset dataset = eight_sequences();
  const TrainPlan plan = small_plan("softmax", 150, 0.03);
  const auto final_loss = [&](bool learn) {
    nlohmann::json options = kOptions;
    options["learn_temperature"] = learn;
    const BuiltModel built = build_gru4rec(dataset, options);
    double loss = 0;
    TrainHooks hooks;
    hooks.on_epoch = [&](const EpochReport& report) { loss = report.train_loss; };
    train(dataset, all_training(dataset), *built.model, *built.parameters, plan, "", false, hooks);
    if (learn) {
      EXPECT_LT(built.model->temperature(), 0.5);
    } else {
      EXPECT_EQ(built.model->temperature(), 2);
    }
    return loss;
  };
  EXPECT_LT(final_loss(true), final_loss(false) / 2);  // a cosine over 2 cannot favour one of 48 items much
}

TEST(LearntTemperature, StaysInRange) {
  const Dataset dataset = eight_sequences();
  const BuiltModel built = build_gru4rec(dataset, kOptions);
  const TrainPlan plan = small_plan("softmax", 5, 30);
  train(dataset, all_training(dataset), *built.model, *built.parameters, plan, "", false, {});
  EXPECT_GE(built.model->temperature(), 0.0099);
  EXPECT_LE(built.model->temperature(), 100.01);
}

TEST(LearntTemperature, IsAWeightOfTheModel) {
  const Dataset dataset = eight_sequences();
  const BuiltModel built = build_gru4rec(dataset, kOptions);
  const NamedTensors tensors = named_tensors(*built.parameters);
  EXPECT_EQ(std::count_if(tensors.begin(), tensors.end(), [](const auto& tensor) { return tensor.first == "log_temperature"; }), 1);
  nlohmann::json options = kOptions;
  options["temperature"] = 200;
  EXPECT_THROW(build_gru4rec(dataset, options), Error);
}

}  // namespace
}  // namespace rechub
