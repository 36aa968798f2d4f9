#include <algorithm>
#include <cmath>

#include "rechub/samplers/batch_targets.h"
#include "rechub/samplers/sampler.h"

namespace rechub {
namespace {

// The distinct targets of the batch are everybody's candidates.
class InBatchSampler : public Sampler {
 public:
  explicit InBatchSampler(std::span<const int64_t> item_counts) : shares_(item_counts) {}

  Negatives sample(const SequenceBatch& batch, Random&) const override {
    Negatives negatives;
    negatives.items = distinct_targets(batch);
    negatives.count = static_cast<int64_t>(negatives.items.size());
    for (int64_t item : negatives.items) negatives.log_expected.push_back(safe_log(shares_.in_batch(item, batch.target.size())));
    for (int64_t item : batch.target) negatives.target_log_expected.push_back(safe_log(shares_.in_batch(item, batch.target.size())));
    return negatives;
  }

 private:
  TargetShares shares_;
};

// For each readout some of the batch's distinct targets but its own. Where there are not so many, its own target fills up, which losses do not count.
class InBatchDraws : public Sampler {
 public:
  InBatchDraws(int64_t draws, std::span<const int64_t> item_counts) : draws_(draws), shares_(item_counts) {}

  Negatives sample(const SequenceBatch& batch, Random& random) const override {
    std::vector<int64_t> candidates = distinct_targets(batch);
    const auto others = static_cast<int64_t>(candidates.size()) - 1;
    const double drawn = others > 0 ? std::min(1.0, static_cast<double>(draws_) / static_cast<double>(others)) : 1.0;
    const auto log_expected = [&](int64_t item) { return safe_log(drawn * shares_.in_batch(item, batch.target.size())); };
    Negatives negatives;
    negatives.is_shared = false;
    negatives.count = draws_;
    for (int64_t target : batch.target) {
      std::swap(*std::find(candidates.begin(), candidates.end(), target), candidates.back());  // stands last: never drawn
      for (int64_t i = 0; i < draws_; ++i) {
        if (i < others) std::swap(candidates[i], candidates[i + static_cast<int64_t>(random.below(others - i))]);
        negatives.items.push_back(i < others ? candidates[i] : target);
        negatives.log_expected.push_back(log_expected(negatives.items.back()));
      }
      negatives.target_log_expected.push_back(log_expected(target));
    }
    return negatives;
  }

 private:
  int64_t draws_;
  TargetShares shares_;
};

}  // namespace

std::unique_ptr<Sampler> make_in_batch_sampler(const SamplerOptions& options, std::span<const int64_t> item_counts) {
  if (options.in_batch_draws > 0) return std::make_unique<InBatchDraws>(options.in_batch_draws, item_counts);
  return std::make_unique<InBatchSampler>(item_counts);
}

}  // namespace rechub
