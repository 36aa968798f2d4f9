#include "rechub/train/contrastive.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include <ATen/ATen.h>

#include "rechub/base/error.h"
#include "rechub/base/registry.h"
#include "rechub/losses/loss.h"

namespace rechub {
namespace {

const std::vector<std::string> kViews = {"dropout", "crop", "mask"};

FeatureTensors select_rows(const FeatureTensors& features, const at::Tensor& rows) {
  FeatureTensors out;
  for (const FeatureTensor& feature : features) {
    FeatureTensor chosen = feature;
    if (feature.values.defined()) {
      chosen.values = feature.values.index_select(0, rows);
    } else if (feature.lists.begin.defined()) {
      chosen.lists.begin = feature.lists.begin.index_select(0, rows);
      chosen.lists.end = feature.lists.end.index_select(0, rows);
    } else {
      chosen.codes = feature.codes.index_select(0, rows);
    }
    out.push_back(std::move(chosen));
  }
  return out;
}

// The events of [begin, end) that a view keeps, appended to `kept`.
void keep_events(int64_t begin, int64_t end, const std::string& view, const ContrastiveOptions& options, Random& random, std::vector<int64_t>& kept) {
  const int64_t length = end - begin;
  if (length == 0) return;
  if (view == "mask") {
    const size_t before = kept.size();
    for (int64_t event = begin; event < end; ++event) {
      if (random.uniform() >= options.mask_share) kept.push_back(event);
    }
    if (kept.size() == before) kept.push_back(begin + static_cast<int64_t>(random.below(static_cast<uint64_t>(length))));
    return;
  }
  int64_t count = length;
  if (view == "crop") count = std::clamp<int64_t>(std::llround(options.crop_share * static_cast<double>(length)), 1, length);
  const int64_t first = begin + (count < length ? static_cast<int64_t>(random.below(static_cast<uint64_t>(length - count + 1))) : 0);
  for (int64_t event = first; event < first + count; ++event) kept.push_back(event);
}

}  // namespace

void ContrastiveOptions::describe(OptionVisitor& visitor) {
  visitor.field("contrastive_weight", contrastive_weight, "weight of InfoNCE between two views of each history, beside the loss; 0: none");
  visitor.field("views", views, "the two views: dropout (the history as it is), crop (a part of it) or mask (without some events)");
  visitor.field("contrastive_temperature", contrastive_temperature, "InfoNCE divides cosines by it");
  visitor.field("crop_share", crop_share, "share of a history that a crop keeps, in a row");
  visitor.field("mask_share", mask_share, "share of a history's events that a mask takes out");
  visitor.field("contrastive_queue", contrastive_queue,
                "newest views of other users that a view is told apart from, too; then the second view is encoded by weights that follow the model's slowly; 0: none");
  visitor.field("contrastive_momentum", contrastive_momentum, "contrastive_queue: these weights keep so much of themselves a step, 0 to below 1");
}

void ContrastiveOptions::validate() const {
  check(std::isfinite(contrastive_weight) && contrastive_weight >= 0, ErrorKind::kUsage, "contrastive_weight should be 0 or more, got {}", contrastive_weight);
  check(views.size() == 2, ErrorKind::kUsage, "views should be two of dropout, crop and mask, got {} of them", views.size());
  for (const std::string& view : views) check_known("view", view, kViews);
  check(std::isfinite(contrastive_temperature) && contrastive_temperature > 0, ErrorKind::kUsage, "contrastive_temperature should be above 0, got {}", contrastive_temperature);
  check(crop_share > 0 && crop_share <= 1, ErrorKind::kUsage, "crop_share should be above 0 and at most 1, got {}", crop_share);
  check(mask_share >= 0 && mask_share < 1, ErrorKind::kUsage, "mask_share should be from 0 to below 1, got {}", mask_share);
  check(contrastive_queue >= 0, ErrorKind::kUsage, "contrastive_queue should be 0 or more, got {}", contrastive_queue);
  check(contrastive_momentum >= 0 && contrastive_momentum < 1, ErrorKind::kUsage, "contrastive_momentum should be from 0 to below 1, got {}", contrastive_momentum);
}

void make_view(UserBatch& batch, const std::string& view, const ContrastiveOptions& options, Random& random) {
  const int64_t sequences = batch.sequences.begin.size(0);
  const int64_t *begin = batch.sequences.begin.const_data_ptr<int64_t>(), *end = batch.sequences.end.const_data_ptr<int64_t>();
  std::vector<int64_t> kept, view_begin, view_end, last_position, last_readout(sequences), order(sequences);
  for (int64_t b = 0; b < sequences; ++b) {
    view_begin.push_back(static_cast<int64_t>(kept.size()));
    keep_events(begin[b], end[b], view, options, random, kept);
    view_end.push_back(static_cast<int64_t>(kept.size()));
    last_position.push_back(std::max<int64_t>(view_end.back() - 1, 0));
    order[b] = b;
  }
  if (kept.empty()) kept.push_back(0);  // no tensor is empty, as in make_sequence_batch
  const int64_t* sequence = batch.readout_sequence.const_data_ptr<int64_t>();
  for (int64_t r = 0; r < batch.readout_sequence.size(0); ++r) last_readout[sequence[r]] = r;
  const at::Tensor positions = take_tensor(std::move(kept));
  batch.history = batch.history.index_select(0, positions);
  batch.events = select_rows(batch.events, positions);
  const at::Tensor readouts = take_tensor(std::move(last_readout));
  batch.context = select_rows(batch.context, readouts);
  if (batch.ages.defined()) batch.ages = batch.ages.index_select(0, readouts);
  batch.sequences = {};
  batch.sequences.begin = take_tensor(std::move(view_begin));
  batch.sequences.end = take_tensor(std::move(view_end));
  batch.readouts = batch.sequences;
  batch.readout_positions = take_tensor(std::move(last_position));
  batch.readout_sequence = take_tensor(std::move(order));
}

Contrastive::Contrastive(const ContrastiveOptions& options, const Model& model, ParameterSet& parameters) : options_(options), model_(model) {
  if (!is_used() || options.contrastive_queue == 0) return;
  queue_.emplace(options.contrastive_queue, model.vectors_per_user() * model.options().dim);
  momentum_encoder_.emplace(model, parameters, options.contrastive_momentum);
}

at::Tensor Contrastive::keys(const UserBatch& users, const AssembledBatch& batch, EncodeContext& context) {
  if (!queue_) return {};
  UserBatch view = users;
  Random random(context.next_seed());
  make_view(view, options_.views[1], options_, random);
  return momentum_encoder_->encode_users(view, batch, context.next_seed()).flatten(1);  // [B, Q D]
}

at::Tensor Contrastive::loss(UserBatch& users, const at::Tensor& keys, const at::Tensor& owners, EncodeContext& context) {
  const UserBatch whole = users;
  const auto encoded = [&](int view) {
    users.history = whole.history, users.events = whole.events, users.context = whole.context, users.ages = whole.ages;
    users.sequences = whole.sequences, users.readout_sequence = whole.readout_sequence;
    Random random(context.next_seed());
    make_view(users, options_.views[view], options_, random);
    return model_.encode_users(users, context).vectors.flatten(1);  // [B, Q D]
  };
  const at::Tensor first = encoded(0);
  if (!queue_) return options_.contrastive_weight * info_nce_loss(first, encoded(1), options_.contrastive_temperature);
  const at::Tensor all = at::cat({keys, queue_->vectors().to(keys.scalar_type())});
  const at::Tensor loss = info_nce_loss(first, all, at::cat({owners, queue_->ids()}), options_.contrastive_temperature);
  queue_->push(owners, keys);
  return options_.contrastive_weight * loss;
}

void Contrastive::after_update() {
  if (momentum_encoder_) momentum_encoder_->follow();
}

std::vector<std::pair<std::string, at::Tensor>> Contrastive::state() const {
  if (!queue_) return {};
  auto tensors = queue_->state("view_queue");
  for (auto& [name, value] : momentum_encoder_->state()) tensors.emplace_back("view_" + name, value);
  return tensors;
}

}  // namespace rechub
