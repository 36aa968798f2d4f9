#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "rechub/base/options.h"
#include "rechub/base/random.h"
#include "rechub/data/batch.h"

namespace rechub {

struct SamplerOptions {
  int64_t num_negatives = 512;
  double alpha = 0.75;
  bool shared = true;
  void describe(OptionVisitor& visitor);
};

// The negatives of a batch with what the losses need to correct for how they were drawn.
struct Negatives {
  bool is_shared = true;       // one list for all readouts, or one a readout
  int64_t count = 0;           // K: entries of a list
  std::vector<int64_t> items;  // [K], or [R, K]
  // log of the expected number of times the item stands in a list: log(K q) for K independent draws, 0 for an item that is always there. A loss that estimates the sum over the
  // catalogue subtracts it from the item's score (importance weighting; Bengio and Senecal 2003), and the estimate is unbiased.
  std::vector<float> log_expected;  // as items
};

// Draws negatives. A sample is a pure function of (batch, random), so samplers run on the loader's threads. A negative may equal a readout's target: losses mask such accidental
// hits.
class Sampler {
 public:
  virtual ~Sampler() = default;
  virtual Negatives sample(const SequenceBatch& batch, Random& random) const = 0;
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

}  // namespace rechub
