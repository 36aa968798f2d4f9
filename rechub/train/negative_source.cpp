#include "rechub/train/negative_source.h"

#include <ATen/ATen.h>

#include "rechub/base/error.h"
#include "rechub/train/plan_checks.h"
#include "rechub/train/shown_negatives.h"

namespace rechub {
namespace {

// Positions in the batch's items as items of the data set.
std::vector<int64_t> dataset_items(const AssembledBatch& batch, const std::vector<int64_t>& positions) {
  const std::vector<int64_t>& rows = batch.leaves.front().rows;  // the first leaf is the items'
  std::vector<int64_t> items;
  for (int64_t position : positions) items.push_back(rows[position]);
  return items;
}

void check_no_sampler(const std::string& sampler, const SamplerOptions& options, const LossEntry& loss) {
  check(sampler.empty() || sampler == "none", ErrorKind::kUsage,
        "loss {} is over the whole catalogue and has no use for sampler {}: leave the sampler out, or take loss sampled_softmax", loss.name, sampler);
  check(options.hard_negatives == 0, ErrorKind::kUsage, "loss {} is over the whole catalogue and has no use for hard_negatives: leave them out, or take loss hinge", loss.name);
}

}  // namespace

NegativeSource::NegativeSource(const std::string& sampler, SamplerOptions options, const LossEntry& loss, const Dataset& dataset, const Split& split)
    : dataset_(dataset), split_(split) {
  const std::string name = sampler.empty() ? loss.sampler : sampler;
  options.hard_negatives = hard_in_use(options, name);
  if (loss.needs_catalogue) {
    check_no_sampler(sampler, options, loss);
    return;
  }
  if (sampler == "none") {
    check(std::string(loss.name) == "bce" && !dataset.labels().empty(), ErrorKind::kUsage, "loss {} needs a sampler of negatives: only bce on labelled data does without",
          loss.name);
    check(options.hard_negatives == 0, ErrorKind::kUsage, "hard_negatives come beside those of a sampler, but the sampler is none");
    return;
  }
  const SamplerEntry& entry = find_sampler(name);
  check(name != "hard" || options.hard_negatives > 0, ErrorKind::kUsage, "sampler hard with hard_negatives 0 has none to choose: give 1 or more, or take sampler uniform");
  check(dataset.num_items() > 1, ErrorKind::kUsage, "sampler {} has no negative to give: the catalogue is one item, and that is every target; more items are needed", name);
  sampler_ = entry.make(options, split.item_counts);
  has_memory_ = !sampler_->state().empty();
  has_queue_ = name == "queue";
  check(!has_queue_ || loss.mode != 0, ErrorKind::kUsage,
        "sampler queue does not go with the point-wise loss {}: a queue's vectors take no gradient, so hardly any item would learn to be a negative; take sampler mixed",
        loss.name);
  if (options.hard_negatives > 0 && options.hard_source == "mined") mining_.emplace(options, dataset, split);
  if (options.hard_negatives > 0 && options.hard_source == "shown") {
    check_shown_negatives(dataset);
    shown_ = options.hard_negatives;
  }
  if (options.hard_source == "in_batch") hard_in_batch_ = options.hard_negatives;
  options_ = options;
}

void NegativeSource::bind(const Model& model, ParameterSet& parameters) {
  if (!has_queue_) return;
  queue_.emplace(options_.queue_size, model.options().dim, split_.item_counts);
  momentum_encoder_.emplace(model, parameters, options_.queue_momentum);
}

void NegativeSource::start_epoch(int64_t epoch, const Model& model, const ParameterSet& parameters, uint64_t seed) {
  if (mining_) mining_->start_epoch(epoch, model, parameters, seed);
}

void NegativeSource::after_update() {
  if (momentum_encoder_) momentum_encoder_->follow();
}

BatchNegatives NegativeSource::draw(const SequenceBatch& batch, uint64_t seed) const {
  if (!sampler_) return {};
  Random random(seed);
  Negatives drawn = sampler_->sample(batch, random);
  BatchNegatives negatives{std::move(drawn.items), drawn.is_shared ? 0 : drawn.count, std::move(drawn.log_expected), std::move(drawn.target_log_expected), {}};
  if (mining_) negatives.hard = mining_->draw(batch, random);
  if (shown_ > 0) negatives.hard = shown_negatives(dataset_, split_, batch, shown_);
  return negatives;
}

void NegativeSource::revise(int64_t step, AssembledBatch& batch) {
  if (!has_memory_) return;
  const std::vector<int64_t> items = dataset_items(batch, batch.negatives.items), targets = dataset_items(batch, batch.sequences.target);
  sampler_->revise({step, items, targets, batch.negatives.log_expected, batch.negatives.target_log_expected});
}

std::vector<std::pair<std::string, at::Tensor>> NegativeSource::state() {
  std::vector<std::pair<std::string, at::Tensor>> tensors;
  if (!sampler_) return tensors;
  for (auto& [name, values] : sampler_->state()) tensors.emplace_back(name, at::from_blob(values.data(), {static_cast<int64_t>(values.size())}, at::kDouble));
  if (mining_) tensors.emplace_back("mined", mining_->state());
  if (queue_) {
    for (const auto& part : {queue_->state(), momentum_encoder_->state()}) tensors.insert(tensors.end(), part.begin(), part.end());
  }
  return tensors;
}

}  // namespace rechub
