// The smallest program outside RecHub's own tree: asks an exact index for the nearest items of a user and computes one loss, so that both halves of the library (with and without
// LibTorch) are linked and run. `find_package(rechub)` and one link line are all that the build needs.

#include <cmath>
#include <cstdio>
#include <vector>

#include <ATen/ATen.h>

#include "rechub/base/error.h"
#include "rechub/index/flat.h"
#include "rechub/ops/ops.h"

namespace {

// Four items on the axes of the plane, one user between two of them.
void print_nearest_items() {
  const std::vector<float> items = {1, 0, 0, 1, -1, 0, 0, -1};
  const std::vector<float> user = {2, 1};
  const rechub::FlatIndex index(items, 4, 2);
  rechub::SearchQuery query;
  query.vectors = user;
  query.num_queries = 1;
  query.k = 2;
  const rechub::SearchResult result = index.search(query);
  for (int i = 0; i < 2; ++i) std::printf("item %d, score %g\n", result.positions[i], result.scores[i]);
  rechub::check(result.positions == std::vector<int32_t>{0, 1}, rechub::ErrorKind::kInternal, "the nearest items should be 0 and 1");
}

// A user vector of zeros knows nothing, so its loss is the entropy of a uniform choice among the items: log 4.
void print_loss() {
  const at::Tensor loss = rechub::ops::full_softmax_loss(at::zeros({1, 2}), at::ones({4, 2}), at::tensor({int64_t{3}}), {}, 1.0);
  std::printf("loss %.4f\n", loss.item<double>());
  rechub::check(std::abs(loss.item<double>() - std::log(4.0)) < 1e-6, rechub::ErrorKind::kInternal, "the loss should be log 4");
}

}  // namespace

int main() {
  try {
    print_nearest_items();
    print_loss();
  } catch (const std::exception& error) {
    std::fprintf(stderr, "consumer: %s\n", error.what());
    return 1;
  }
  return 0;
}
