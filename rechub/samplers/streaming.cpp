#include <algorithm>

#include "rechub/samplers/batch_targets.h"
#include "rechub/samplers/sampler.h"
#include "rechub/samplers/streaming_frequency.h"

namespace rechub {
namespace {

// The distinct targets of the batch, as in_batch; how likely an item is among them is learnt from the batches as they come, beginning at what the training counts say.
class StreamingSampler : public Sampler {
 public:
  StreamingSampler(const SamplerOptions& options, std::span<const int64_t> item_counts)
      : shares_(item_counts),
        num_items_(static_cast<int64_t>(item_counts.size())),
        frequency_(num_items_, options.streaming_buckets, options.streaming_hashes, options.streaming_rate) {}

  Negatives sample(const SequenceBatch& batch, Random&) const override {
    Negatives negatives;
    negatives.items = distinct_targets(batch);
    negatives.count = static_cast<int64_t>(negatives.items.size());
    negatives.log_expected.resize(negatives.items.size());  // revise() fills them in
    negatives.target_log_expected.resize(batch.target.size());
    return negatives;
  }

  void revise(const DrawnBatch& batch) override {
    if (!frequency_.has_started()) {
      std::vector<double> known;
      for (int64_t item = 0; item < num_items_; ++item) known.push_back(shares_.in_batch(item, batch.targets.size()));
      frequency_.start(known);
    }
    frequency_.observe(batch.step, batch.items);
    const auto log_probability = [this](int64_t item) { return safe_log(frequency_.probability(item)); };
    std::transform(batch.items.begin(), batch.items.end(), batch.log_expected.begin(), log_probability);
    std::transform(batch.targets.begin(), batch.targets.end(), batch.target_log_expected.begin(), log_probability);
  }

  std::vector<std::pair<std::string, std::span<double>>> state() override { return {{"streaming.last_hits", frequency_.last_hits()}, {"streaming.gaps", frequency_.gaps()}}; }

 private:
  TargetShares shares_;
  int64_t num_items_;
  StreamingFrequency frequency_;
};

}  // namespace

std::unique_ptr<Sampler> make_streaming_sampler(const SamplerOptions& options, std::span<const int64_t> item_counts) {
  return std::make_unique<StreamingSampler>(options, item_counts);
}

}  // namespace rechub
