#include <cmath>

#include "rechub/samplers/batch_targets.h"
#include "rechub/samplers/sampler.h"

namespace rechub {
namespace {

// The distinct targets of the batch and num_negatives uniform draws, in one list. An item may come from both, so every entry has the same correction, whichever it came from: the
// log of how often the item is expected in the whole list.
class MixedSampler : public Sampler {
 public:
  MixedSampler(const SamplerOptions& options, std::span<const int64_t> item_counts)
      : shares_(item_counts), num_items_(static_cast<int64_t>(item_counts.size()) - kFirstIndex), num_draws_(options.num_negatives) {}

  Negatives sample(const SequenceBatch& batch, Random& random) const override {
    Negatives negatives;
    negatives.items = distinct_targets(batch);
    for (int64_t i = 0; i < num_draws_; ++i) negatives.items.push_back(kFirstIndex + static_cast<int64_t>(random.below(num_items_)));
    negatives.count = static_cast<int64_t>(negatives.items.size());
    const double by_draws = static_cast<double>(num_draws_) / static_cast<double>(num_items_);
    const auto log_expected = [&](int64_t item) { return safe_log(shares_.in_batch(item, batch.target.size()) + by_draws); };
    for (int64_t item : negatives.items) negatives.log_expected.push_back(log_expected(item));
    for (int64_t item : batch.target) negatives.target_log_expected.push_back(log_expected(item));
    return negatives;
  }

 private:
  TargetShares shares_;
  int64_t num_items_, num_draws_;
};

}  // namespace

std::unique_ptr<Sampler> make_mixed_sampler(const SamplerOptions& options, std::span<const int64_t> item_counts) { return std::make_unique<MixedSampler>(options, item_counts); }

}  // namespace rechub
