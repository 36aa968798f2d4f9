#include <algorithm>
#include <cmath>

#include "rechub/samplers/sampler.h"

namespace rechub {
namespace {

// The distinct targets of the batch are everybody's candidates. An item stands among them unless none of the R targets is it: with training share p, with probability 1 - (1 -
// p)^R.
class InBatchSampler : public Sampler {
 public:
  explicit InBatchSampler(std::span<const int64_t> item_counts) {
    double total = 0;
    for (int64_t count : item_counts) total += static_cast<double>(count);
    for (int64_t count : item_counts) share_.push_back(static_cast<double>(count) / std::max(total, 1.0));
  }

  Negatives sample(const SequenceBatch& batch, Random&) const override {
    Negatives negatives;
    negatives.items = batch.target;
    std::sort(negatives.items.begin(), negatives.items.end());
    negatives.items.erase(std::unique(negatives.items.begin(), negatives.items.end()), negatives.items.end());
    negatives.count = static_cast<int64_t>(negatives.items.size());
    const auto draws = static_cast<double>(batch.target.size());
    for (int64_t item : negatives.items) {
      const double included = -std::expm1(draws * std::log1p(-std::min(share_[item], 1.0)));
      negatives.log_expected.push_back(static_cast<float>(std::log(std::max(included, 1e-30))));
    }
    return negatives;
  }

 private:
  std::vector<double> share_;
};

}  // namespace

std::unique_ptr<Sampler> make_in_batch_sampler(const SamplerOptions&, std::span<const int64_t> item_counts) { return std::make_unique<InBatchSampler>(item_counts); }

}  // namespace rechub
