#include <cmath>
#include <numeric>

#include "rechub/samplers/sampler.h"

namespace rechub {
namespace {

class UniformSampler : public Sampler {
 public:
  UniformSampler(const SamplerOptions& options, int64_t num_items) : options_(options), num_items_(num_items) {}

  Negatives sample(const SequenceBatch& batch, Random& random) const override {
    Negatives negatives;
    negatives.is_shared = options_.shared;
    const int64_t lists = options_.shared ? 1 : static_cast<int64_t>(batch.target.size());
    if (options_.num_negatives >= num_items_) {  // the whole catalogue once: nothing is left to chance
      negatives.count = num_items_;
      negatives.items.resize(lists * num_items_);
      for (int64_t l = 0; l < lists; ++l) std::iota(negatives.items.begin() + l * num_items_, negatives.items.begin() + (l + 1) * num_items_, kFirstIndex);
      negatives.log_expected.assign(negatives.items.size(), 0);
      negatives.target_log_expected.assign(batch.target.size(), 0);
      return negatives;
    }
    negatives.count = options_.num_negatives;
    negatives.items.resize(lists * negatives.count);
    for (int64_t& item : negatives.items) item = kFirstIndex + static_cast<int64_t>(random.below(num_items_));
    const auto log_expected = static_cast<float>(std::log(static_cast<double>(negatives.count) / static_cast<double>(num_items_)));
    negatives.log_expected.assign(negatives.items.size(), log_expected);
    negatives.target_log_expected.assign(batch.target.size(), log_expected);
    return negatives;
  }

 private:
  SamplerOptions options_;
  int64_t num_items_;
};

}  // namespace

std::unique_ptr<Sampler> make_uniform_sampler(const SamplerOptions& options, std::span<const int64_t> item_counts) {
  return std::make_unique<UniformSampler>(options, static_cast<int64_t>(item_counts.size()) - kFirstIndex);
}

}  // namespace rechub
