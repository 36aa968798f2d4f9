// STAMP's closed forms. The model as a whole is held against references in tests/python.
#include <cmath>

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "rechub/base/error.h"
#include "rechub/models/model_fixture.h"

namespace rechub {
namespace {

using namespace model_fixture;

const std::vector<int64_t> kSession = {7, 8, 9, 10, 3};

Fixture stamp(const nlohmann::json& options = {}) { return Fixture(find_model("stamp"), false, at::kDouble, 1, options); }

at::Tensor vector(const Fixture& fixture, const std::vector<int64_t>& session) {
  EncodeContext context = fixture.context();
  return fixture.model->encode_users(user_batch(fixture.schema, {session}, false), context).vectors[0][0];  // [D]
}

void set(const Fixture& fixture, const std::string& name, double value) {
  at::NoGradGuard no_grad;
  fixture.parameter(name).fill_(value);
}

TEST(Stamp, OneEventByHand) {
  for (const bool with_mean : {true, false}) {
    const Fixture fixture = stamp({{"dim", 1}, {"hidden_size", 1}, {"memory", with_mean ? "mean" : "none"}});
    set(fixture, "item.id", 0.5);
    set(fixture, "attention.event.weight", 0.4), set(fixture, "attention.event.bias", 0.1);
    set(fixture, "attention.last.weight", -0.3), set(fixture, "attention.mean.weight", 0.2);
    set(fixture, "attention.score.weight", 2);
    set(fixture, "general.weight", 1.5), set(fixture, "general.bias", -0.2);
    set(fixture, "current.weight", -0.7), set(fixture, "current.bias", 0.9);
    const double alpha = 2 / (1 + std::exp(-(0.4 * 0.5 + 0.1 - 0.3 * 0.5 + 0.2 * 0.5)));
    const double memory = alpha * 0.5 + (with_mean ? 0.5 : 0);
    EXPECT_NEAR(vector(fixture, {4}).item<double>(), std::tanh(1.5 * memory - 0.2) * std::tanh(-0.7 * 0.5 + 0.9), 1e-14);
  }
}

// What is left of the memory is what joins it; the tanh stands outside of the linear maps.
TEST(Stamp, WithoutScoresTheMemoryIsWhatJoinsIt) {
  for (const std::string memory : {"mean", "last", "none"}) {
    const Fixture fixture = stamp({{"memory", memory}});
    set(fixture, "attention.score.weight", 0);
    const at::Tensor events = fixture.parameter("item.id").index_select(0, at::tensor(at::IntArrayRef(kSession), at::kLong));  // [n, D]
    const at::Tensor joined = memory == "mean" ? events.mean(0) : memory == "last" ? events[4] : at::zeros_like(events[4]);
    const auto dense = [&](const at::Tensor& x, const std::string& name) { return at::linear(x, fixture.parameter(name + ".weight"), fixture.parameter(name + ".bias")); };
    EXPECT_TRUE(at::allclose(vector(fixture, kSession), at::tanh(dense(joined, "general")) * at::tanh(dense(events[4], "current")), 1e-12, 1e-12)) << memory;
  }
}

// Attention is not normalised: an event twice counts twice. Both sessions have one mean and one last event.
TEST(Stamp, AnEventTwiceCountsTwice) {
  const Fixture fixture = stamp({{"dim", 1}, {"hidden_size", 1}, {"memory", "none"}});
  set(fixture, "general.weight", 0.1), set(fixture, "general.bias", 0);
  const at::Tensor current = at::tanh(at::linear(fixture.parameter("item.id")[5], fixture.parameter("current.weight"), fixture.parameter("current.bias")));
  const double once = at::atanh(vector(fixture, {5}) / current).item<double>(), twice = at::atanh(vector(fixture, {5, 5}) / current).item<double>();
  EXPECT_NEAR(twice, 2 * once, 1e-12);
}

TEST(Stamp, NoCoordinateIsAboveOne) {
  const Fixture fixture = stamp();
  at::NoGradGuard no_grad;
  fixture.parameter("item.id").mul_(100);
  EXPECT_LE(vector(fixture, kSession).abs().max().item<double>(), 1);
}

TEST(Stamp, ImpossibleOptionsAreRefused) {
  EXPECT_THROW(stamp({{"memory", "most"}}), Error);
  EXPECT_THROW(stamp({{"hidden_size", 0}}), Error);
}

}  // namespace
}  // namespace rechub
