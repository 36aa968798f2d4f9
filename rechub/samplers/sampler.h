#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "rechub/base/options.h"
#include "rechub/base/random.h"
#include "rechub/data/batch.h"

namespace rechub {

struct SamplerOptions {
  static constexpr int64_t kHardUnlessGiven = 2;
  int64_t num_negatives = 512;
  int64_t in_batch_draws =
      0;  // in_batch: so many of the batch's other targets for each readout, drawn without replacement; 0: all, shared. Matching's alone, no option of the program
  double alpha = 0.75;
  bool shared = true;
  double streaming_rate = 0.01;
  int64_t streaming_buckets = 0;
  int64_t streaming_hashes = 1;
  int64_t hard_negatives = -1;  // -1: kHardUnlessGiven of sampler hard, none of others
  std::string hard_source = "in_batch";
  int64_t mine_every = 1;
  int64_t mine_from = 101, mine_to = 500;
  int64_t queue_size = 4096;
  double queue_momentum = 0.99;
  void describe(OptionVisitor& visitor);
  void validate() const;  // throws kUsage for a value out of range, naming it
};

// The negatives of a batch with what the losses need to correct for how they were drawn.
struct Negatives {
  bool is_shared = true;       // one list for all readouts, or one a readout
  int64_t count = 0;           // K: entries of a list
  std::vector<int64_t> items;  // [K], or [R, K]
  // log of the expected number of times the item stands in a list: log(K q) for K independent draws, 0 for an item that is always there. A loss that estimates the sum over the
  // catalogue subtracts it from the item's score (importance weighting; Bengio and Senecal 2003), and the estimate is unbiased.
  std::vector<float> log_expected;         // as items
  std::vector<float> target_log_expected;  // [R] the same of each readout's target, whether or not it was drawn
};

// Draws negatives. A sample is a pure function of (batch, random), so samplers run on the loader's threads. A negative may equal a readout's target: losses mask such accidental
// hits.
class Sampler {
 public:
  virtual ~Sampler() = default;
  virtual Negatives sample(const SequenceBatch& batch, Random& random) const = 0;

  // For a sampler that learns how often items come: called on the training thread with every batch in order, before its loss, while sample() runs for later ones. `step` counts
  // from
  // 1. Writes what is known by now over log_expected (of `items`) and target_log_expected (of `targets`).
  struct DrawnBatch {
    int64_t step;
    std::span<const int64_t> items, targets;
    std::span<float> log_expected, target_log_expected;
  };
  virtual void revise(const DrawnBatch&) {}
  // What it has learnt, by name: to save, or to load into.
  virtual std::vector<std::pair<std::string, std::span<double>>> state() { return {}; }
};

// A row of the table of samplers (registry.cpp). `item_counts` [item_rows]: occurrences in training events.
struct SamplerEntry {
  const char* name;
  const char* description;
  std::unique_ptr<Sampler> (*make)(const SamplerOptions& options, std::span<const int64_t> item_counts);
};
std::span<const SamplerEntry> sampler_entries();
const SamplerEntry& find_sampler(const std::string& name);  // throws kUsage, with the nearest known name

// One function a sampler file.
std::unique_ptr<Sampler> make_uniform_sampler(const SamplerOptions& options, std::span<const int64_t> item_counts);
std::unique_ptr<Sampler> make_popularity_sampler(const SamplerOptions& options, std::span<const int64_t> item_counts);
std::unique_ptr<Sampler> make_in_batch_sampler(const SamplerOptions& options, std::span<const int64_t> item_counts);
std::unique_ptr<Sampler> make_streaming_sampler(const SamplerOptions& options, std::span<const int64_t> item_counts);
std::unique_ptr<Sampler> make_mixed_sampler(const SamplerOptions& options, std::span<const int64_t> item_counts);

}  // namespace rechub
