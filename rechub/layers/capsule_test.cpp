#include "rechub/layers/capsule.h"

#include <cmath>

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "rechub/ops/gradcheck.h"

namespace rechub {
namespace {

using ops::random_tensor;

constexpr int64_t kInterests = 3, kWidth = 4;

// Overlapping windows of 3, 0, 5 and 1 of six events.
Windows windows() { return ops::windows_of({0, 2, 1, 5}, {3, 2, 6, 6}); }
Windows one_window(int64_t length) { return ops::windows_of({0}, {length}); }

at::Tensor events() { return random_tensor({6, kWidth}, 1); }
at::Tensor weight() { return random_tensor({kInterests, kWidth, kWidth}, 2) * 0.7; }
at::Tensor start() { return random_tensor({6, kInterests}, 3); }  // logits by event

at::Tensor routed(const Windows& windows, const at::Tensor& x, const at::Tensor& weight, const at::Tensor& logits, int64_t iterations, std::vector<at::Tensor>* held = nullptr,
                  const at::Tensor& active = {}) {
  const WindowPairs pairs(windows);
  EncodeContext context;
  context.held = held;
  const at::Tensor on_pairs = pairs.of_positions(x);
  const Votes votes = weight.defined() ? votes_by_interest(pairs, on_pairs, weight) : shared_votes(pairs, on_pairs);
  return route(pairs, votes, pairs.of_positions(logits), active, iterations, context);
}

double length_of(const at::Tensor& x) { return at::norm(x).item<double>(); }

// Algorithm 1 as it stands in the paper, for one window: loops over events and interests.
at::Tensor by_the_paper(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& logits, int64_t iterations) {
  const int64_t n = x.size(0);
  at::Tensor b = logits.clone(), interests = at::zeros({kInterests, kWidth}, at::kDouble);
  for (int64_t r = 0; r < iterations; ++r) {
    const at::Tensor w = at::softmax(b, 1);
    for (int64_t j = 0; j < kInterests; ++j) {
      at::Tensor z = at::zeros({kWidth}, at::kDouble);
      for (int64_t i = 0; i < n; ++i) z += w[i][j] * at::mv(weight[j], x[i]);
      const double size = length_of(z);
      interests[j].copy_(size > 0 ? z * (size / (1 + size * size)) : z);
      for (int64_t i = 0; i < n; ++i) b[i][j] += (interests[j] * at::mv(weight[j], x[i])).sum();
    }
  }
  return interests;
}

TEST(Capsule, SquashHalvesALengthOfOneAndStaysBelowOne) {
  EXPECT_NEAR(length_of(squash(at::tensor({0.6, 0.8}, at::kDouble))), 0.5, 1e-12);
  EXPECT_LT(length_of(squash(at::full({2}, 1e3, at::kDouble))), 1);
  const at::Tensor zero = at::zeros({3}, at::kDouble).requires_grad_();
  squash(zero).sum().backward();
  EXPECT_TRUE(at::equal(zero.grad(), at::zeros({3}, at::kDouble)));
  EXPECT_LT(ops::gradient_error([](const auto& x) { return squash(x[0]); }, {random_tensor({2, 3}, 4)}), 1e-7);
}

TEST(Capsule, RoutingIsTheAlgorithmOfThePaper) {
  const Windows all = windows();
  for (int64_t iterations : {1, 2, 3, 5}) {
    for (const Windows& form : {all, all.padded()}) {
      const at::Tensor interests = routed(form, events(), weight(), start(), iterations);
      for (int64_t n = 0; n < 4; ++n) {
        const int64_t begin = all.begin[n].item<int64_t>(), length = all.end[n].item<int64_t>() - begin;
        const at::Tensor expected = by_the_paper(events().narrow(0, begin, length), weight(), start().narrow(0, begin, length), iterations);
        EXPECT_TRUE(at::allclose(interests[n], expected, 1e-9, 1e-12)) << iterations << " " << n;
      }
    }
  }
}

TEST(Capsule, SharesSumToOneOverInterestsAndPaddingHasNone) {
  std::vector<at::Tensor> held;
  routed(windows().padded(), events(), weight(), start(), 3, &held);
  const at::Tensor shares = held.at(0).sum(2).masked_select(windows().padded().mask);
  EXPECT_TRUE(at::allclose(shares, at::ones_like(shares), 1e-12, 1e-12));
  // With one vote an event, the interests before squash sum to the sum of the events: what padding there is adds nothing.
  const WindowPairs pairs(windows().padded());
  const at::Tensor sums = pairs.weighted_sum(held[0], pairs.of_positions(events())).sum(1);
  EXPECT_TRUE(at::allclose(sums[0], events().narrow(0, 0, 3).sum(0), 1e-12, 1e-12));
  EXPECT_TRUE(at::allclose(sums[1], at::zeros({kWidth}, at::kDouble), 0, 0));
}

TEST(Capsule, OneInterestIsTheSquashedSum) {
  const at::Tensor x = events(), z = x.sum(0);
  const at::Tensor interest = routed(one_window(6), x, {}, random_tensor({6, 1}, 5), 3)[0][0];
  const double size = length_of(z);
  EXPECT_TRUE(at::allclose(interest, z * (size / (1 + size * size)), 1e-9, 1e-12));
}

// Why MIND needs random logits.
TEST(Capsule, EqualLogitsAndOneVoteMakeAllInterestsAlike) {
  const at::Tensor interests = routed(one_window(6), events(), {}, at::zeros({6, kInterests}, at::kDouble), 3)[0];
  for (int64_t j = 1; j < kInterests; ++j) EXPECT_TRUE(at::allclose(interests[j], interests[0], 1e-12, 1e-12));
  const at::Tensor different = routed(one_window(6), events(), {}, start(), 3)[0];
  EXPECT_FALSE(at::allclose(different[1], different[0], 1e-3, 1e-3));
}

TEST(Capsule, PermutedEventsOrInterestsPermuteWithTheirLogits) {
  const at::Tensor order = at::tensor({4, 2, 0, 5, 1, 3}, at::kLong), interests = at::tensor({2, 0, 1}, at::kLong);
  const at::Tensor base = routed(one_window(6), events(), {}, start(), 3)[0];
  const at::Tensor shuffled = routed(one_window(6), events().index_select(0, order), {}, start().index_select(0, order), 3)[0];
  EXPECT_TRUE(at::allclose(shuffled, base, 1e-10, 1e-12));
  const at::Tensor relabelled = routed(one_window(6), events(), {}, start().index_select(1, interests), 3)[0];
  EXPECT_TRUE(at::allclose(relabelled, base.index_select(0, interests), 1e-10, 1e-12));
}

TEST(Capsule, InterestsFindTwoOrthogonalClusters) {
  at::Tensor x = at::zeros({6, kWidth}, at::kDouble), logits = at::zeros({6, 2}, at::kDouble);
  for (int64_t i = 0; i < 6; ++i) {
    x[i][i % 2] = 3;
    logits[i][i % 2] = i < 2 ? 1 : 0;  // one event of each cluster shows the way
  }
  const at::Tensor interests = routed(one_window(6), x, {}, logits, 3)[0];
  for (int64_t j = 0; j < 2; ++j) EXPECT_GT(interests[j][j].item<double>() / length_of(interests[j]), 0.9) << j;
}

TEST(Capsule, InactiveInterestsGetNothingAndTakeNothing) {
  const at::Tensor active = at::tensor({1, 1, 0}).to(at::kBool).unsqueeze(0);
  const at::Tensor some = routed(one_window(6), events(), {}, start(), 3, nullptr, active)[0];
  const at::Tensor two = routed(one_window(6), events(), {}, start().narrow(1, 0, 2), 3)[0];
  EXPECT_TRUE(at::allclose(some.narrow(0, 0, 2), two, 1e-12, 1e-12));
  EXPECT_EQ(length_of(some[2]), 0);
}

TEST(Capsule, OneMatrixForEverySlotIsOneMatrixForAll) {
  const WindowPairs pairs(windows().padded());
  const at::Tensor x = pairs.of_positions(events()), logits = pairs.of_positions(start());
  const at::Tensor by_slot = weight().view({1, kInterests * kWidth, kWidth}).repeat({7, 1, 1});
  EncodeContext context;
  const at::Tensor expected = route(pairs, votes_by_interest(pairs, x, weight()), logits, {}, 3, context);
  EXPECT_TRUE(at::allclose(route(pairs, votes_by_slot(pairs, x, by_slot, kInterests), logits, {}, 3, context), expected, 1e-10, 1e-12));
  // Slots count from a window's oldest event: another matrix in slot 3 changes windows of four and more events only.
  at::Tensor changed = by_slot.clone();
  changed[3].mul_(-1);
  const at::Tensor moved = route(pairs, votes_by_slot(pairs, x, changed, kInterests), logits, {}, 3, context);
  EXPECT_TRUE(at::equal(moved[0], route(pairs, votes_by_slot(pairs, x, by_slot, kInterests), logits, {}, 3, context)[0]));
  EXPECT_FALSE(at::allclose(moved[2], expected[2], 1e-3, 1e-3));
}

// The gradient is that of the last weighted sum with the shares held where they are, for any number of iterations; the shares do depend on the votes, and that way is cut.
TEST(Capsule, GradientsFlowThroughTheLastSumOnly) {
  for (int64_t iterations : {1, 2, 3}) {
    for (const Windows& form : {windows(), windows().padded()}) {
      std::vector<at::Tensor> held;
      routed(form, events(), weight(), start(), iterations, &held);
      const auto with_held = [&](const auto& x) { return routed(form, x[0], x[1], start(), iterations, &held); };
      EXPECT_LT(ops::gradient_error(with_held, {events(), weight()}), 1e-7) << iterations;
      const auto free = [&](const auto& x) { return routed(form, x[0], x[1], start(), iterations); };
      const std::vector<at::Tensor> a = ops::output_and_gradients(with_held, {events(), weight()}), b = ops::output_and_gradients(free, {events(), weight()});
      for (size_t i = 0; i < a.size(); ++i) EXPECT_TRUE(at::equal(a[i], b[i])) << iterations << " " << i;
      if (iterations == 1) continue;
      EXPECT_GT(ops::gradient_error(free, {events(), weight()}), 1e-3) << iterations;
    }
  }
}

}  // namespace
}  // namespace rechub
