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

}  // namespace

std::unique_ptr<Sampler> make_in_batch_sampler(const SamplerOptions&, std::span<const int64_t> item_counts) { return std::make_unique<InBatchSampler>(item_counts); }

}  // namespace rechub
