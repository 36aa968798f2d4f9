#include "rechub/base/registry.h"

#include <cmath>

#include "rechub/base/error.h"
#include "rechub/samplers/sampler.h"

namespace rechub {
namespace {

// clang-format off
constexpr SamplerEntry kSamplers[] = {
    {"uniform", "every item alike; with num_negatives >= the catalogue, each item exactly once", make_uniform_sampler},
    {"popularity", "items by their number of training events to the power alpha", make_popularity_sampler},
    {"in_batch", "the distinct targets of the batch", make_in_batch_sampler},
    {"in_batch_streaming", "the same, with frequencies learnt from the batches as they come", make_streaming_sampler},
    {"mixed", "the distinct targets of the batch and uniform draws", make_mixed_sampler},
    {"queue", "the distinct targets of the batch and the vectors of the newest targets of former batches", make_in_batch_sampler},
    {"hard", "uniform draws and, for each readout, the hard_negatives it confuses most with its target", make_uniform_sampler},
};
// clang-format on

}  // namespace

void SamplerOptions::describe(OptionVisitor& visitor) {
  visitor.field("num_negatives", num_negatives, "negatives drawn, with replacement (uniform, popularity, mixed, hard), from 1 to 1000000");
  visitor.field("alpha", alpha, "popularity: exponent of an item's count; 0 is uniform over items that occur, 1 their frequency");
  visitor.field("shared", shared, "one list of negatives for the whole batch; false: one for each readout (uniform, popularity, hard)");
  visitor.field("streaming_rate", streaming_rate, "in_batch_streaming: how fast an item's frequency follows its last gaps, above 0, at most 1");
  visitor.field("streaming_buckets", streaming_buckets, "in_batch_streaming: buckets that items are hashed to; 0: one an item");
  visitor.field("streaming_hashes", streaming_hashes, "in_batch_streaming: hashes, each with buckets of its own; the rarest of them counts");
  visitor.field("hard_negatives", hard_negatives, "negatives of each readout's own that score highest; with any sampler. -1: 2 of sampler hard, none of others");
  visitor.field("hard_source", hard_source,
                "where hard negatives come from: in_batch, the other users' targets of the batch, mined, ranks of the model's own exact ranking, or shown, the user's nearest "
                "events of weight 0");
  visitor.field("mine_every", mine_every, "mined: epochs between two minings; before the first there are no hard negatives");
  visitor.field("mine_from", mine_from, "mined: first rank that is taken, from 1");
  visitor.field("mine_to", mine_to, "mined: last rank that is taken");
  visitor.field("queue_size", queue_size, "queue: targets of former batches that are kept");
  visitor.field("queue_momentum", queue_momentum, "queue: the weights that encode its entries keep so much of themselves a step, 0 to below 1");
}

void SamplerOptions::validate() const {
  constexpr int64_t kMostNegatives = 1000000, kMostHard = 1000;  // a softmax over the whole catalogue costs less than more of them
  check(num_negatives >= 1 && num_negatives <= kMostNegatives, ErrorKind::kUsage, "num_negatives should be from 1 to {}, got {}", kMostNegatives, num_negatives);
  check(std::isfinite(alpha) && alpha >= 0, ErrorKind::kUsage, "alpha should be 0 or more, got {}", alpha);
  check(streaming_rate > 0 && streaming_rate <= 1, ErrorKind::kUsage, "streaming_rate should be above 0 and at most 1, got {}", streaming_rate);
  check(streaming_buckets >= 0, ErrorKind::kUsage, "streaming_buckets should be 0 (one an item) or more, got {}", streaming_buckets);
  check(streaming_hashes >= 1, ErrorKind::kUsage, "streaming_hashes should be 1 or more, got {}", streaming_hashes);
  check(in_batch_draws >= 0, ErrorKind::kUsage, "in_batch_draws should be 0 (all of the batch) or more, got {}", in_batch_draws);
  check(hard_negatives >= -1 && hard_negatives <= kMostHard, ErrorKind::kUsage, "hard_negatives should be from 0 to {}, or -1 (the sampler's own), got {}", kMostHard,
        hard_negatives);
  check(hard_source == "in_batch" || hard_source == "mined" || hard_source == "shown", ErrorKind::kUsage, "hard_source should be in_batch, mined or shown, got '{}'", hard_source);
  check(mine_every >= 1, ErrorKind::kUsage, "mine_every should be 1 or more, got {}", mine_every);
  check(mine_from >= 1 && mine_to >= mine_from, ErrorKind::kUsage, "mine_from and mine_to should be ranks from 1, the first not above the last, got {} and {}", mine_from, mine_to);
  check(queue_size >= 1, ErrorKind::kUsage, "queue_size should be 1 or more, got {}", queue_size);
  check(queue_momentum >= 0 && queue_momentum < 1, ErrorKind::kUsage, "queue_momentum should be from 0 to below 1, got {}", queue_momentum);
}

std::span<const SamplerEntry> sampler_entries() { return kSamplers; }

const SamplerEntry& find_sampler(const std::string& name) { return find_entry<SamplerEntry>(kSamplers, name, "sampler"); }

}  // namespace rechub
