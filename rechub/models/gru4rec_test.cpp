// GRU4Rec's carried states (Hidasi et al., ICLR 2016): sessions read one event at a time. The model as a whole is held against references in tests/python.
#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "rechub/base/error.h"
#include "rechub/models/model_fixture.h"

namespace rechub {
namespace {

using namespace model_fixture;

const std::vector<nlohmann::json> kVariants = {nlohmann::json::object(), nlohmann::json{{"num_layers", 3}}, nlohmann::json{{"cell", "reset_before"}}};

Fixture gru4rec(const nlohmann::json& options, at::ScalarType type = at::kDouble) { return Fixture(find_model("gru4rec"), false, type, 1, options); }

std::vector<at::Tensor> zero_states(const Fixture& fixture, int64_t rows, at::ScalarType type = at::kDouble) {
  std::vector<at::Tensor> states;
  for (int64_t width : fixture.model->state_widths()) states.push_back(at::zeros({rows, width}, type));
  return states;
}

// Two sessions side by side, an event of each at a time: the user vectors of step t are those of position t of one pass over the whole sessions.
TEST(Gru4Rec, EventByEventEqualsOnePass) {
  for (at::ScalarType type : {at::kDouble, at::kFloat}) {
    for (const nlohmann::json& options : kVariants) {
      const Fixture fixture = gru4rec(options, type);
      const Histories sessions = {{3, 4, 5, 6}, {9, 9, 2, 7}};
      EncodeContext whole = fixture.context();
      const at::Tensor expected = fixture.model->encode_users(user_batch(fixture.schema, sessions, true), whole).vectors.view({2, 4, -1});
      std::vector<at::Tensor> states = zero_states(fixture, 2, type);
      EXPECT_EQ(states.size(), options.value("num_layers", 1));
      for (int64_t t = 0; t < 4; ++t) {
        EncodeContext context = fixture.context();
        context.states = states;
        const at::Tensor found = fixture.model->encode_users(user_batch(fixture.schema, {{sessions[0][t]}, {sessions[1][t]}}, true), context).vectors.view({2, -1});
        EXPECT_TRUE(at::allclose(found, expected.select(1, t), 1e-5, 1e-6)) << options << " step " << t;
        states = context.states;
      }
    }
  }
}

// Back-propagation ends with the step: the states handed on have no history, and a step's gradients are those of its own event (finite differences with the state held fixed).
TEST(Gru4Rec, GradientsDoNotCrossSteps) {
  const Fixture fixture = gru4rec({});
  EncodeContext first = fixture.context();
  first.states = zero_states(fixture, 1);
  fixture.model->encode_users(user_batch(fixture.schema, {{3}}, true), first);
  ASSERT_EQ(first.states.size(), 1u);
  EXPECT_FALSE(first.states[0].requires_grad());
  EXPECT_GT(first.states[0].abs().max().item<double>(), 0);

  const at::Tensor weight = fixture.parameter("gru0.weight_hh");
  const auto loss = [&] {
    EncodeContext second = fixture.context();
    second.states = first.states;
    return wave(fixture.model->encode_users(user_batch(fixture.schema, {{4}}, true), second).vectors);
  };
  loss().backward();
  at::NoGradGuard no_grad;
  double* value = weight.data_ptr<double>() + 7;
  const double start = *value, h = 1e-6;
  *value = start + h;
  const double above = loss().item<double>();
  *value = start - h;
  const double below = loss().item<double>();
  *value = start;
  EXPECT_NEAR(weight.grad().flatten()[7].item<double>(), (above - below) / (2 * h), 1e-8);
}

// In training, what the dropout of the states leaves is what is carried on, as in the authors' code: about half of it is zero.
TEST(Gru4Rec, TheDroppedStateIsCarriedOn) {
  const Fixture fixture = gru4rec({{"hidden_size", 200}});
  EncodeContext context = fixture.context(true);
  context.states = zero_states(fixture, 1);
  fixture.model->encode_users(user_batch(fixture.schema, {{3}}, true), context);
  const double kept = context.states[0].ne(0).to(at::kDouble).mean().item<double>();
  EXPECT_NEAR(kept, 0.5, 0.18);  // 5 standard deviations
}

TEST(Gru4Rec, CarriedStatesTakeOneEventASequence) {
  const Fixture fixture = gru4rec({});
  EncodeContext context = fixture.context();
  context.states = zero_states(fixture, 1);
  EXPECT_THROW(fixture.model->encode_users(user_batch(fixture.schema, {{3, 4}}, true), context), Error);
}

}  // namespace
}  // namespace rechub
