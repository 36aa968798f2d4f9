#include "rechub/train/plan_checks.h"

#include <algorithm>

#include <fmt/format.h>

#include "rechub/base/error.h"

namespace rechub {
namespace {

bool is_one_of(const std::string& name, std::initializer_list<const char*> names) { return std::find(names.begin(), names.end(), name) != names.end(); }

std::string models_of_features() {
  std::string names;
  for (const ModelEntry& entry : model_entries()) {
    if (!entry.needs_history) names += (names.empty() ? "" : ", ") + std::string(entry.name);
  }
  return names;
}

}  // namespace

void check_histories(const ModelEntry& model, const Dataset& dataset, const Split& split, const HistoryRule& rule) {
  if (!model.needs_history || !(rule.first_events || split.one_target)) return;  // other targets have one
  const std::vector<Window> windows = training_windows(dataset, split, rule, /*causal=*/true);
  const bool has_history = std::any_of(windows.begin(), windows.end(), [](const Window& window) { return window.end > window.begin; });
  check(windows.empty() || has_history, ErrorKind::kUsage,
        "{} reads histories, and no user has one: every target is its user's first event. Take a model of features ({}), or data in which users have several events", model.name,
        models_of_features());
}

void check_batch_negatives(const std::string& sampler, int64_t hard_in_batch, int64_t batch_size, const BatchPlan& batches) {
  const bool is_alone = batches.num_targets() == batches.num_batches();  // every batch has one target
  const std::string remedy = batch_size > 1 ? "the data has too few sequences for more" : "raise batch_size (now 1)";
  check(!is_alone || !is_one_of(sampler, {"in_batch", "in_batch_streaming"}), ErrorKind::kUsage,
        "sampler {} takes the other targets of a batch, and every batch has a single one: {}; or take sampler uniform", sampler, remedy);
  check(hard_in_batch == 0 || (batch_size > 1 && !is_alone), ErrorKind::kUsage,
        "hard_source in_batch takes other users' targets of a batch, and a batch has one user: {}; or take negatives that are not of the batch", remedy);
}

std::string sampler_in_use(const TrainPlan& plan) {
  const LossEntry& loss = find_loss(plan.train.loss);
  if (loss.needs_catalogue) return "none";
  return plan.train.sampler.empty() ? loss.sampler : plan.train.sampler;
}

int64_t hard_in_use(const SamplerOptions& options, const std::string& sampler) {
  return options.hard_negatives >= 0 ? options.hard_negatives : sampler == "hard" ? SamplerOptions::kHardUnlessGiven : 0;
}

std::vector<UnreadSetting> unread_settings(const TrainPlan& plan, int64_t vectors_per_user) {
  const std::string loss = plan.train.loss, sampler = sampler_in_use(plan), source = plan.sampler.hard_source;
  const bool has_several = vectors_per_user > 1, has_views = plan.contrastive.contrastive_weight > 0;
  const bool has_hard = hard_in_use(plan.sampler, sampler) > 0;
  const std::string its_loss = "the loss is " + loss, its_sampler = "the sampler is " + sampler, its_source = has_hard ? "hard_source is " + source : "there are no hard negatives";
  const std::string one_vector = "this model has one", no_views = "contrastive_weight is 0";
  struct Row {
    const char* key;
    bool is_read;
    const char* of;
    std::string instead;
  };
  const Row rows[] = {
      {"training.reduction", has_several, "of models with several vectors a user", one_vector},
      {"training.reduction_power", has_several && plan.train.reduction == "label_attention", "of reduction label_attention",
       has_several ? "the reduction is " + plan.train.reduction : "this model has one vector a user"},
      {"loss.margin", loss == "hinge", "of loss hinge", its_loss},
      {"loss.regulariser", loss == "bpr_max", "of loss bpr_max", its_loss},
      {"loss.elu", loss == "bpr_max", "of loss bpr_max", its_loss},
      {"loss.gbce_t", loss == "gbce", "of loss gbce", its_loss},
      {"loss.sce_alpha", loss == "scaled_softmax", "of loss scaled_softmax", its_loss},
      {"sampler.num_negatives", is_one_of(sampler, {"uniform", "popularity", "mixed", "hard"}), "of the samplers uniform, popularity, mixed and hard", its_sampler},
      {"sampler.alpha", sampler == "popularity", "of sampler popularity", its_sampler},
      {"sampler.shared", is_one_of(sampler, {"uniform", "popularity", "hard"}), "of the samplers uniform, popularity and hard", its_sampler},
      {"sampler.streaming_rate", sampler == "in_batch_streaming", "of sampler in_batch_streaming", its_sampler},
      {"sampler.streaming_buckets", sampler == "in_batch_streaming", "of sampler in_batch_streaming", its_sampler},
      {"sampler.streaming_hashes", sampler == "in_batch_streaming", "of sampler in_batch_streaming", its_sampler},
      {"sampler.hard_source", has_hard, "of hard negatives", "there are none: give hard_negatives"},
      {"sampler.mine_every", has_hard && source == "mined", "of hard_source mined", its_source},
      {"sampler.mine_from", has_hard && source == "mined", "of hard_source mined", its_source},
      {"sampler.mine_to", has_hard && source == "mined", "of hard_source mined", its_source},
      {"sampler.queue_size", sampler == "queue", "of sampler queue", its_sampler},
      {"sampler.queue_momentum", sampler == "queue", "of sampler queue", its_sampler},
      {"contrastive.views", has_views, "of the contrastive objective", no_views},
      {"contrastive.contrastive_temperature", has_views, "of the contrastive objective", no_views},
      {"contrastive.crop_share", has_views, "of the contrastive objective", no_views},
      {"contrastive.mask_share", has_views, "of the contrastive objective", no_views},
      {"contrastive.contrastive_queue", has_views, "of the contrastive objective", no_views},
      {"contrastive.contrastive_momentum", has_views && plan.contrastive.contrastive_queue > 0, "of contrastive_queue", has_views ? "it is 0" : no_views},
  };
  std::vector<UnreadSetting> unread;
  for (const Row& row : rows) {
    if (!row.is_read) unread.push_back({row.key, fmt::format("it is {}, and {}", row.of, row.instead)});
  }
  return unread;
}

}  // namespace rechub
