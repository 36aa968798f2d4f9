// NARM's closed forms. The model as a whole is held against references in tests/python.
#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "rechub/base/error.h"
#include "rechub/models/model_fixture.h"
#include "rechub/ops/ops.h"

namespace rechub {
namespace {

using namespace model_fixture;

const std::vector<int64_t> kSession = {7, 8, 9, 10, 3};

Fixture narm(const nlohmann::json& options = {}) { return Fixture(find_model("narm"), false, at::kDouble, 1, options); }

// The user vector behind the whole session, [D].
at::Tensor vector(const Fixture& fixture, const std::vector<int64_t>& session) {
  EncodeContext context = fixture.context();
  return fixture.model->encode_users(user_batch(fixture.schema, {session}, false), context).vectors[0][0];
}

// The states h_1 .. h_n, [n, H].
at::Tensor states(const Fixture& fixture, const std::vector<int64_t>& session) {
  const at::Tensor x = fixture.parameter("item.id").index_select(0, at::tensor(at::IntArrayRef(session), at::kLong));
  Windows windows;
  windows.begin = at::zeros({1}, at::kLong);
  windows.end = at::full({1}, x.size(0), at::kLong);
  return ops::gru(x, fixture.parameter("gru0.weight_ih"), fixture.parameter("gru0.weight_hh"), fixture.parameter("gru0.bias_ih"), fixture.parameter("gru0.bias_hh"), windows,
                  ops::GruCell::kResetAfter);
}

at::Tensor projected(const Fixture& fixture, const at::Tensor& local, const at::Tensor& global) {
  return at::matmul(fixture.parameter("projection.weight"), at::cat({local, global}));
}

void blind_attention(const Fixture& fixture) {
  at::NoGradGuard no_grad;
  fixture.parameter("attention.query.weight").zero_();
  fixture.parameter("attention.key.weight").zero_();
}

TEST(Narm, WithoutQueriesAndKeysTheLocalPartIsTheMeanState) {
  const Fixture fixture = narm();
  blind_attention(fixture);
  const at::Tensor h = states(fixture, kSession);
  EXPECT_TRUE(at::allclose(vector(fixture, kSession), projected(fixture, h.mean(0), h[4]), 1e-12, 1e-12));
}

TEST(Narm, UnnormalisedItIsTheSumOfStatesByHalfTheScoreWeights) {
  const Fixture fixture = narm({{"attention", "unnormalised"}});
  blind_attention(fixture);
  const at::Tensor h = states(fixture, kSession), weight = 0.5 * fixture.parameter("attention.score.weight").sum();
  EXPECT_TRUE(at::allclose(vector(fixture, kSession), projected(fixture, weight * h.sum(0), h[4]), 1e-12, 1e-12));
}

TEST(Narm, OfOneEventLocalAndGlobalAreTheSame) {
  const Fixture fixture = narm();
  const at::Tensor h = states(fixture, {9})[0];
  EXPECT_TRUE(at::allclose(vector(fixture, {9}), projected(fixture, h, h), 1e-12, 1e-12));
}

TEST(Narm, ImpossibleOptionsAreRefused) {
  for (const nlohmann::json& options :
       {nlohmann::json{{"attention", "sofmax"}}, nlohmann::json{{"cell", "lstm"}}, nlohmann::json{{"num_layers", 0}}, nlohmann::json{{"hidden_size", 0}}}) {
    EXPECT_THROW(narm(options), Error) << options;
  }
}

}  // namespace
}  // namespace rechub
