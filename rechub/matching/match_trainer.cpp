#include "rechub/matching/match_trainer.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include <ATen/ATen.h>

#include "rechub/base/error.h"
#include "rechub/base/log.h"
#include "rechub/bundle/vector_encoder.h"
#include "rechub/data/vocabulary.h"
#include "rechub/matching/examples.h"
#include "rechub/matching/match_export.h"
#include "rechub/matching/match_judge.h"
#include "rechub/matching/training_rows.h"
#include "rechub/train/plan_checks.h"
#include "rechub/train/trainer.h"

namespace rechub::matching {
namespace {

void check_options(const MatchTrainerOptions& options) {
  check(options.mode >= 0 && options.mode <= 2, ErrorKind::kUsage, "mode should be 0 (point-wise), 1 (pair-wise) or 2 (list-wise), got {}", options.mode);
  check(options.n_epoch >= 1, ErrorKind::kUsage, "n_epoch should be 1 or more, got {}", options.n_epoch);
  check(options.earlystop_patience >= 0, ErrorKind::kUsage, "earlystop_patience should be 0 (never stop early) or more, got {}", options.earlystop_patience);
  check(options.optimizer_params.lr > 0 && std::isfinite(options.optimizer_params.lr), ErrorKind::kUsage, "optimizer_params: lr should be above 0, got {}",
        options.optimizer_params.lr);
  check(options.optimizer_params.weight_decay >= 0 && std::isfinite(options.optimizer_params.weight_decay), ErrorKind::kUsage,
        "optimizer_params: weight_decay should be 0 or more, got {}", options.optimizer_params.weight_decay);
  for (double lr : options.optimizer_params.lr_of_epoch) {
    check(lr >= 0 && std::isfinite(lr), ErrorKind::kUsage, "optimizer_params: the step size of an epoch should be 0 or more, got {}", lr);
  }
  check(options.in_batch_neg_ratio >= 0, ErrorKind::kUsage, "in_batch_neg_ratio should be 1 or more, or 0 for all of the batch, got {}", options.in_batch_neg_ratio);
  check(options.num_negatives >= 1, ErrorKind::kUsage, "num_negatives should be 1 or more, got {}", options.num_negatives);
  check(options.validation_share >= 0 && options.validation_share < 1, ErrorKind::kUsage, "validation_share should be from 0 to below 1, got {}", options.validation_share);
  const bool is_cuda = options.device.rfind("cuda", 0) == 0;
  check(is_cuda || options.device == "cpu" || options.device == "auto", ErrorKind::kUsage, "device should be cpu, auto or cuda, got '{}'", options.device);
  if (is_cuda) log_warning("device '{}': this build does not use CUDA, so the model trains on the CPU", options.device);
}

// A softmax over all items updates every row of their features' tables in every step, those of ids that never come up too: they count as items when its cost is weighed.
std::string loss_of(const MatchTrainerOptions& options, const ModelEntry& entry, const FeatureLayout& layout, const TrainingRows& rows, int64_t dim) {
  const LossEntry& own = find_loss(entry.loss);
  if (options.mode == own.mode && !own.needs_catalogue) return own.name;
  if (options.mode == 0) return "bce";
  if (options.mode == 1) return "bpr";
  int64_t most_rows = rows.dataset.num_items();
  for (const LaidOutFeature& feature : layout.item) most_rows = std::max(most_rows, feature.vocab_size);
  return options.in_batch_neg ? "sampled_softmax" : chosen_loss({}, "softmax", most_rows, dim);
}

TrainPlan plan_of(const MatchTrainerOptions& options, const MatchModel& model, const DataLoader& train, const TrainingRows& rows) {
  const ModelEntry& entry = find_model(model.name());
  TrainPlan plan;
  plan.train.epochs = options.n_epoch;
  plan.train.patience = options.earlystop_patience;
  plan.train.batch_size = train.batch_size;
  plan.train.num_workers = train.num_workers;
  plan.train.seed = options.seed;
  plan.train.loss = loss_of(options, entry, model.layout(), rows, model.model().options().dim);
  plan.train.sampler = rows.has_labels ? "none" : options.in_batch_neg ? "in_batch" : "";
  plan.train.sampler = chosen_sampler(plan.train, entry, plan.train.loss);
  plan.train.metric = deciding_metric(rows.validation, rows.has_labels);
  const OptimizerParams& optimizer = options.optimizer_params;
  plan.optimizer.optimizer = optimizer.optimizer;
  plan.optimizer.learning_rate = optimizer.lr;
  plan.optimizer.weight_decay = optimizer.weight_decay;
  plan.optimizer.beta1 = optimizer.beta1, plan.optimizer.beta2 = optimizer.beta2, plan.optimizer.epsilon = optimizer.eps;
  const RegularizationParams& penalties = options.regularization_params;
  plan.optimizer.embedding_l1 = penalties.embedding_l1, plan.optimizer.embedding_l2 = penalties.embedding_l2;
  plan.optimizer.dense_l1 = penalties.dense_l1, plan.optimizer.dense_l2 = penalties.dense_l2;
  plan.sampler.num_negatives = options.num_negatives;
  if (plan.train.sampler == "in_batch") {
    if (options.hard_negative) plan.sampler.hard_negatives = options.in_batch_neg_ratio > 0 ? options.in_batch_neg_ratio : 2;
    if (!options.hard_negative) plan.sampler.in_batch_draws = options.in_batch_neg_ratio;
  }
  return plan;
}

void announce(const TrainingRows& rows, const TrainPlan& plan) {
  log_info("training on {} rows with {} items; loss {}; {}", rows.num_training, rows.dataset.num_items(), plan.train.loss,
           plan.train.metric.empty() ? "nothing to judge by, so the last epoch is kept"
                                     : fmt::format("the best epoch by {} of {} rows is kept", plan.train.metric, rows.validation.rows.size()));
}

Embeddings embeddings_of(const at::Tensor& vectors) {  // [rows, Q, D]
  const float* values = vectors.const_data_ptr<float>();
  return {{values, values + vectors.numel()}, vectors.size(0), vectors.size(1), vectors.size(2)};
}

std::vector<int64_t> all_rows(const Dataset& dataset) {
  std::vector<int64_t> rows(dataset.num_users());
  std::iota(rows.begin(), rows.end(), 0);
  return rows;
}

}  // namespace

MatchTrainer::MatchTrainer(MatchModel& model, MatchTrainerOptions options) : model_(model), options_(std::move(options)) { check_options(options_); }

FitResult MatchTrainer::fit(const DataLoader& train, const DataLoader& validation) { return fit(train, validation, {}); }

FitResult MatchTrainer::fit(const DataLoader& train, const DataLoader& validation, TrainHooks hooks) {
  const TrainingRows rows = make_training_rows(model_.layout(), train, validation, options_.mode, options_.validation_share, static_cast<uint64_t>(options_.seed));
  catalogue_ = train.catalogue;
  model_.start(fit_feature_statistics(rows.dataset, rows.split), static_cast<uint64_t>(options_.seed));
  TrainPlan plan = plan_of(options_, model_, train, rows);
  plan.train.reduction = model_.reduction();
  check_histories(find_model(model_.name()), rows.dataset, rows.split, history_rule(plan.train, model_.model()));
  announce(rows, plan);
  if (options_.in_batch_neg && rows.has_labels) log_info("in_batch_neg has no effect here: labels of 0 say what is unwanted, and no negatives are drawn");
  if (!plan.train.metric.empty()) hooks.validate = [&] { return judge_rows(rows.dataset, model_, rows.validation, rows.has_labels); };
  const std::vector<double>& rates = options_.optimizer_params.lr_of_epoch;
  if (!rates.empty()) hooks.learning_rate = [&](int64_t epoch) { return rates[std::min<size_t>(epoch, rates.size() - 1)]; };
  hooks.on_epoch = [&, on_epoch = hooks.on_epoch](const EpochReport& report) {
    const auto metric = report.metrics.find(plan.train.metric);
    log_info("epoch {}/{}: loss {:.4f}{}, {:.1f} s", report.epoch, options_.n_epoch, report.train_loss,
             metric == report.metrics.end() ? "" : fmt::format(", {} {:.4f}{}", metric->first, metric->second, report.is_best ? " (best)" : ""), report.seconds);
    if (on_epoch) on_epoch(report);
  };
  const TrainResult result = rechub::train(rows.dataset, rows.split, model_.model(), model_.parameters(), plan, "", false, hooks);
  if (!options_.model_path.empty()) model_.save(options_.model_path);
  return {result.epochs, result.best_epoch, plan.train.metric, result.best_metric, rows.num_training, static_cast<int64_t>(rows.validation.rows.size()), result.interrupted};
}

std::map<std::string, double> MatchTrainer::evaluate(const DataLoader& rows) const {
  check(has_items(model_.layout(), rows), ErrorKind::kUsage, "evaluate needs rows with the columns of users and items: these have no item to judge by");
  const Columns* catalogue = rows.catalogue ? rows.catalogue.get() : catalogue_.get();
  const Dataset dataset = dataset_of_rows(model_.layout(), rows, catalogue, true);
  const JudgedRows judged = {all_rows(dataset), labels_as_meant(rows, options_.mode)};
  return judge_rows(dataset, model_, judged, options_.mode == 0);
}

std::vector<float> MatchTrainer::predict(const DataLoader& rows) const {
  const Columns* catalogue = rows.catalogue ? rows.catalogue.get() : catalogue_.get();
  const Dataset dataset = dataset_of_rows(model_.layout(), rows, catalogue, true);
  std::vector<float> scores = row_logits(dataset, model_, all_rows(dataset));
  const auto temperature = static_cast<float>(model_.model().temperature());
  for (float& score : scores) score = options_.mode == 0 ? 1 / (1 + std::exp(-score)) : score * temperature;
  return scores;
}

Embeddings MatchTrainer::inference_embedding(MatchModel& model, const std::string& mode, const DataLoader& data_loader, const std::string& model_path) const {
  check(mode == "user" || mode == "item", ErrorKind::kUsage, "mode should be user or item, got '{}'", mode);
  check(data_loader.columns != nullptr, ErrorKind::kUsage, "inference_embedding needs a loader of rows");
  if (!model_path.empty()) model.load(model_path);
  if (mode == "item") {
    const Dataset items = item_dataset(model.layout(), *data_loader.columns, data_loader.name);
    const at::Tensor vectors = VectorEncoder(items, model.model(), model.parameters()).item_vectors();  // [2 + rows, D]
    return embeddings_of(vectors.narrow(0, kFirstIndex, items.num_items()).unsqueeze(1).contiguous());
  }
  const Columns* catalogue = data_loader.catalogue ? data_loader.catalogue.get() : catalogue_.get();
  const Dataset users = dataset_of_rows(model.layout(), data_loader, catalogue, false);
  std::vector<EvaluationCase> cases;
  for (int64_t row = 0; row < users.num_users(); ++row) cases.push_back(case_of_row(users, row, false));
  return embeddings_of(VectorEncoder(users, model.model(), model.parameters()).user_vectors(cases));
}

void MatchTrainer::export_onnx(const std::string& path, const std::string& mode) const { export_tower(model_, mode, catalogue_.get(), path); }

}  // namespace rechub::matching
