#include "rechub/train/objectives.h"

#include <cmath>
#include <limits>

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "rechub/data/prepare.h"
#include "rechub/data/test_files.h"

namespace rechub {
namespace {

using ::testing::HasSubstr;

// Two users of three events; watched is dense (one value missing), clicked 0 or 1.
class ObjectivesOnLabels : public ::testing::Test {
 protected:
  ObjectivesOnLabels() : dataset_(prepared()) { split_.train_end.assign(dataset_.user_begin().begin() + 1, dataset_.user_begin().end()); }

  Dataset prepared() const {
    PrepareOptions options;
    options.interactions = {folder_.write("log.csv", "user,item,time,watched,clicked\nu,a,1,0.5,1\nu,b,2,,0\nu,c,3,2.5,1\nv,a,1,4.25,0\nv,c,2,1.5,1\nv,b,3,3.25,1\n")};
    options.history_cols = {"watched", "clicked"};
    options.missing = "mean";
    return prepare(options, folder_.path("data"), [](const std::string&) {});
  }

  TestFolder folder_;
  Dataset dataset_;
  Split split_;
  ParameterSet parameters_{1, at::kDouble};
};

TEST_F(ObjectivesOnLabels, LabelsAreThoseOfTheEvents) {
  const Objectives objectives({"clicked:bce:1", "watched:mse:0.5"}, dataset_, split_, 3, parameters_);
  const std::vector<float> labels = objectives.labels({0, 1, 5});
  ASSERT_EQ(labels.size(), 6u);
  EXPECT_EQ(std::vector<float>(labels.begin(), labels.begin() + 3), (std::vector<float>{1, 0, 1}));
  const double mean = (0.5 + 2.5 + 4.25 + 1.5 + 3.25) / 5, squares = (0.25 + 6.25 + 4.25 * 4.25 + 2.25 + 3.25 * 3.25) / 5, deviation = std::sqrt(squares - mean * mean);
  EXPECT_NEAR(labels[3], (0.5 - mean) / deviation, 1e-5);
  EXPECT_TRUE(std::isnan(labels[4]));
  EXPECT_NEAR(labels[5], (3.25 - mean) / deviation, 1e-5);
}

TEST_F(ObjectivesOnLabels, LossesAreTheirClosedForms) {
  const Objectives objectives({"clicked:bce:2", "watched:mse:0.5", "clicked:reward:3"}, dataset_, split_, 2, parameters_);
  const at::Tensor users = at::tensor({1.0, 2.0, -1.0, 0.5}, at::kDouble).view({2, 2}), targets = at::tensor({0.5, 1.0, 2.0, 1.0}, at::kDouble).view({2, 2});
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const at::Tensor labels = at::tensor({1.0, 0.25, nan, -1.0, 1.0, 0.25}, at::kDouble).view({3, 2}), weights = at::tensor({1.0, 3.0}, at::kDouble);
  at::Tensor seen;
  const auto main = [&](const at::Tensor& main_weights) {
    seen = main_weights;
    return at::tensor(7.0, at::kDouble);
  };
  // Heads begin at w = 1, b = 0: predictions are the dot products 2.5 and -1.5.
  const auto bce = [](double p, double y) { return std::log1p(std::exp(p)) - y * p; };
  const double expected = 2 * (bce(2.5, 1) + 3 * bce(-1.5, 0.25)) / 4 + 0.5 * (0.5 * 0.5) + 3 * 7;
  const at::Tensor loss = objectives.loss(users, targets, labels, weights, main);
  EXPECT_NEAR(loss.item<double>(), expected, 1e-12);
  EXPECT_TRUE(at::allclose(seen, at::tensor({1.0, 0.75}, at::kDouble)));
  // Gradients of the heads against finite differences.
  loss.backward();
  ASSERT_EQ(parameters_.dense().size(), 4u);
  for (DenseParameter& parameter : parameters_.dense()) {
    for (int64_t i = 0; i < parameter.value.numel(); ++i) {
      at::NoGradGuard no_grad;
      double* value = parameter.value.data_ptr<double>() + i;
      const double saved = *value, h = 1e-6;
      *value = saved + h;
      const double above = objectives.loss(users, targets, labels, weights, main).item<double>();
      *value = saved - h;
      const double below = objectives.loss(users, targets, labels, weights, main).item<double>();
      *value = saved;
      EXPECT_NEAR(parameter.value.grad()[i].item<double>(), (above - below) / (2 * h), 1e-7) << parameter.name;
    }
  }
}

TEST_F(ObjectivesOnLabels, WhatCannotBeIsRefused) {
  const auto message = [&](const std::string& text) { return error_of([&] { Objectives({text}, dataset_, split_, 2, parameters_); }).second; };
  EXPECT_THAT(message("watched"), HasSubstr("expected NAME:LOSS:WEIGHT, as watch_time:mse:0.1"));
  EXPECT_THAT(message("watchd:mse:1"), HasSubstr("did you mean watched"));
  EXPECT_THAT(message("watched:mes:1"), HasSubstr("did you mean mse"));
  EXPECT_THAT(message("watched:mse:much"), HasSubstr("its weight should be a number"));
  EXPECT_THAT(message("watched:bce:1"), HasSubstr("bce takes labels from 0 to 1, got 2.5"));
}

}  // namespace
}  // namespace rechub
