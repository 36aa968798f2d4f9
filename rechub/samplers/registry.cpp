#include "rechub/base/registry.h"

#include "rechub/samplers/sampler.h"

namespace rechub {
namespace {

// clang-format off
constexpr SamplerEntry kSamplers[] = {
    {"uniform", "every item alike; with num_negatives >= the catalogue, each item exactly once", make_uniform_sampler},
    {"popularity", "items by their number of training events to the power alpha", make_popularity_sampler},
    {"in_batch", "the distinct targets of the batch", make_in_batch_sampler},
};
// clang-format on

}  // namespace

void SamplerOptions::describe(OptionVisitor& visitor) {
  visitor.field("num_negatives", num_negatives, "negatives drawn, with replacement (uniform, popularity)");
  visitor.field("alpha", alpha, "popularity: exponent of an item's count; 0 is uniform over items that occur, 1 their frequency");
  visitor.field("shared", shared, "one list of negatives for the whole batch; false: one for each readout (uniform, popularity)");
}

std::span<const SamplerEntry> sampler_entries() { return kSamplers; }

const SamplerEntry& find_sampler(const std::string& name) { return find_entry<SamplerEntry>(kSamplers, name, "sampler"); }

}  // namespace rechub
