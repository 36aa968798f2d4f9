#include <cmath>

#include "rechub/base/error.h"
#include "rechub/samplers/alias_table.h"
#include "rechub/samplers/batch_targets.h"
#include "rechub/samplers/sampler.h"

namespace rechub {
namespace {

class PopularitySampler : public Sampler {
 public:
  PopularitySampler(const SamplerOptions& options, std::span<const int64_t> item_counts) : options_(options) {
    std::vector<double> weights;
    for (int64_t count : item_counts.subspan(kFirstIndex)) weights.push_back(count > 0 ? std::pow(static_cast<double>(count), options.alpha) : 0);
    table_ = AliasTable(weights);
    double total = 0;
    for (double weight : weights) total += weight;
    for (double weight : weights) log_expected_.push_back(safe_log(static_cast<double>(options.num_negatives) * weight / total));
  }

  Negatives sample(const SequenceBatch& batch, Random& random) const override {
    Negatives negatives;
    negatives.is_shared = options_.shared;
    negatives.count = options_.num_negatives;
    const int64_t lists = options_.shared ? 1 : static_cast<int64_t>(batch.target.size());
    for (int64_t i = 0; i < lists * negatives.count; ++i) {
      const int64_t draw = table_.draw(random);
      negatives.items.push_back(kFirstIndex + draw);
      negatives.log_expected.push_back(log_expected_[draw]);
    }
    for (int64_t target : batch.target) negatives.target_log_expected.push_back(log_expected_[target - kFirstIndex]);
    return negatives;
  }

 private:
  SamplerOptions options_;
  AliasTable table_;
  std::vector<float> log_expected_;
};

}  // namespace

std::unique_ptr<Sampler> make_popularity_sampler(const SamplerOptions& options, std::span<const int64_t> item_counts) {
  return std::make_unique<PopularitySampler>(options, item_counts);
}

}  // namespace rechub
