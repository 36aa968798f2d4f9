#include "rechub/train/trainer.h"

#include <cmath>
#include <iterator>
#include <limits>
#include <memory>
#include <optional>
#include <utility>

#include <ATen/ATen.h>

#include "rechub/base/clock.h"
#include "rechub/base/error.h"
#include "rechub/base/interruption.h"
#include "rechub/base/log.h"
#include "rechub/base/registry.h"
#include "rechub/bundle/bundle.h"
#include "rechub/bundle/vector_encoder.h"
#include "rechub/data/loader.h"
#include "rechub/eval/metrics.h"
#include "rechub/losses/loss.h"
#include "rechub/train/carried_states.h"
#include "rechub/train/checkpoint.h"
#include "rechub/train/example_age.h"
#include "rechub/train/negative_source.h"
#include "rechub/train/objectives.h"
#include "rechub/train/optimizer.h"
#include "rechub/train/plan_checks.h"
#include "rechub/train/step.h"

namespace rechub {
namespace {

uint64_t seed_of(const TrainOptions& options, uint64_t purpose) { return mix({static_cast<uint64_t>(options.seed), purpose}); }
constexpr double kLargestWeight = 1e19;  // its square is about the largest float
constexpr const char* kDivergedAdvice = "Try a smaller learning_rate, or clip_norm; the last checkpoint is kept";
constexpr uint64_t kOrderPurpose = 1, kDropoutPurpose = 2, kSamplerPurpose = 3, kMiningPurpose = 4;

bool is_session_parallel(const TrainOptions& options) { return options.batching == "session_parallel"; }

// The parts of a run that stay the same from step to step.
class Run {
 public:
  Run(const Dataset& dataset, const Split& split, const Model& model, ParameterSet& parameters, const TrainPlan& plan, const std::string& loss_name)
      : dataset_(dataset),
        split_(split),
        model_(model),
        parameters_(parameters),
        plan_(plan),
        loss_(find_loss(loss_name)),
        negatives_(plan.train.sampler, plan.sampler, loss_, dataset, split),
        assembler_(dataset, loss_.needs_catalogue, model.options().user_id, plan.train.unknown_user_share),
        ages_(dataset, split, model),
        objectives_(plan.train.objectives, dataset, split, model.options().dim, parameters),
        contrastive_(plan.contrastive, model, parameters),
        optimizer_(plan.optimizer, parameters),
        loader_(make_batches(), seed_of(plan.train, kOrderPurpose), plan.train.num_workers,
                [this](std::span<const Window> windows, uint64_t seed) { return make_batch(windows, seed); }) {
    if (is_session_parallel(plan.train)) carried_.emplace(model.state_widths(), plan.train.batch_size);
    negatives_.bind(model, parameters);
    if (loss_.needs_catalogue) catalogue_ = std::make_unique<ItemBatch>(assembler_.catalogue());
  }

  int64_t total_steps() const { return plan_.train.epochs * loader_.num_batches(); }
  Loader<AssembledBatch>& loader() { return loader_; }
  const Optimizer& optimizer() const { return optimizer_; }
  NamedTensors carried_states() const { return carried_ ? carried_->tensors() : NamedTensors(); }
  void start_epoch(int64_t epoch) { negatives_.start_epoch(epoch, model_, parameters_, seed_of(plan_.train, kMiningPurpose)); }
  NamedTensors sampler_state() {
    NamedTensors tensors = negatives_.state();
    for (auto& tensor : contrastive_.state()) tensors.push_back(std::move(tensor));
    return tensors;
  }

  // One update; returns the summed loss and the number of readouts.
  std::pair<double, int64_t> step(AssembledBatch& batch, int64_t number, double learning_rate) {
    negatives_.revise(number + 1, batch);
    StepLeaves leaves = bind_leaves(parameters_, batch);
    EncodeContext context;
    context.training = true;
    context.seed = mix({seed_of(plan_.train, kDropoutPurpose), static_cast<uint64_t>(number)});
    context.leaves = leaves.leaves;
    if (carried_) context.states = carried_->before(batch.lanes, batch.keeps_state);
    const StepLoss result = step_loss(model_, objective(), batch, catalogue_.get(), context);
    const double loss = result.loss.item<double>();
    check_finite(loss, number);
    result.loss.backward();
    std::vector<at::Tensor> gradients;
    std::vector<const LeafRows*> rows;
    for (size_t t = 0; t < leaves.leaves.size(); ++t) {
      gradients.push_back(leaves.leaves[t].grad());
      rows.push_back(&leaves.rows[t]);
    }
    try {
      optimizer_.step(gradients, rows, learning_rate);
    } catch (const Error& error) {
      fail(error.kind(), "step {}: {}", number, error.what());
    }
    if (carried_) carried_->keep(batch.lanes, context.states);
    model_.keep_temperature_in_range();
    negatives_.after_update();
    contrastive_.after_update();
    return {loss * static_cast<double>(result.num_readouts), result.num_readouts};
  }

  // Weights whose products are beyond a float give no finite loss again, so that a checkpoint of them would only take the place of one that does. `steps`: updates so far.
  void check_weights(int64_t steps) const {
    const auto [size, name] = largest_weight();
    check(size < kLargestWeight, ErrorKind::kData, "step {}: the update leaves {:.2g} in the weight {}, too large for any finite loss. {}", steps - 1, size, name, kDivergedAdvice);
  }

  std::map<std::string, double> evaluate_validation(int64_t steps) const {
    if (split_.valid.empty()) return {};
    check_weights(steps);
    EvaluationOptions options = plan_.evaluation;
    options.bootstrap = 0;
    const VectorEncoder encoder(dataset_, model_, parameters_);
    try {
      return evaluate(dataset_, split_, "valid", rank_by_vectors(encoder, encoder.item_vectors()), options).metrics;
    } catch (const Error& error) {  // vectors that are not finite
      const auto [size, name] = largest_weight();
      fail(error.kind(), "step {}: after it the validation cases cannot be ranked: {}; the largest weight, {:.2g}, is in {}. {}", steps - 1, error.what(), size, name,
           kDivergedAdvice);
    }
  }

 private:
  std::unique_ptr<BatchPlan> make_batches() const {
    auto batches = make_batch_plan(dataset_, split_, model_, plan_.train);
    check(batches->num_batches() > 0, ErrorKind::kData,
          "there is nothing to train on: no user has two training events; {} users, {} training events. With features of users or requests, --first-events trains on a user's "
          "first event as well",
          dataset_.num_users(), split_.num_train_events);
    check_batch_negatives(sampler_in_use(plan_), negatives_.hard_in_batch(), plan_.train.batch_size, *batches);
    return batches;
  }

  StepObjective objective() {
    return {&loss_,
            {plan_.train.reduction, plan_.train.reduction_power},
            plan_.loss,
            dataset_.num_items(),
            negatives_.hard_in_batch(),
            negatives_.queue(),
            negatives_.momentum_encoder(),
            contrastive_.is_used() ? &contrastive_ : nullptr,
            &objectives_};
  }

  AssembledBatch make_batch(std::span<const Window> windows, uint64_t seed) const {
    SequenceBatch sequences = make_sequence_batch(dataset_, windows, history_rule(plan_.train, model_));
    BatchNegatives negatives = negatives_.draw(sequences, mix({seed, kSamplerPurpose}));
    std::vector<float> labels = objectives_.labels(sequences.target_event), ages = ages_.of(sequences.target_event);
    AssembledBatch batch = assembler_.assemble(std::move(sequences), std::move(negatives), seed);
    batch.objective_labels = std::move(labels);
    batch.ages = std::move(ages);
    if (carried_) {
      for (const Window& window : windows) {
        batch.lanes.push_back(window.lane);
        batch.keeps_state.push_back(window.begin == dataset_.user_begin()[window.user] ? 0 : 1);
      }
    }
    return batch;
  }

  // The largest size of a weight and the tensor it is in; the first tensor that is not finite, if there is one.
  std::pair<double, std::string> largest_weight() const {
    std::pair<double, std::string> largest(-1, "");
    for (const auto& [name, value] : named_tensors(parameters_)) {
      const double size = value.numel() > 0 ? value.abs().max().item<double>() : 0;  // not finite where any value is not
      if (!std::isfinite(size)) return {size, name};
      if (size > largest.first) largest = {size, name};
    }
    return largest;
  }

  void check_finite(double loss, int64_t number) const {
    if (std::isfinite(loss)) return;
    const auto [size, name] = largest_weight();
    const std::string culprit =
        std::isfinite(size) ? fmt::format("all weights are finite; the largest, {:.2g}, is in {}", size, name) : fmt::format("weight {} is not finite either", name);
    fail(ErrorKind::kData, "step {}: the loss is {}, not finite; {}. {}", number, loss, culprit, kDivergedAdvice);
  }

  const Dataset& dataset_;
  const Split& split_;
  const Model& model_;
  ParameterSet& parameters_;
  const TrainPlan& plan_;
  const LossEntry& loss_;
  NegativeSource negatives_;
  BatchAssembler assembler_;
  ExampleAge ages_;
  Objectives objectives_;  // before the optimizer, which takes the parameters there are
  Contrastive contrastive_;
  Optimizer optimizer_;
  std::unique_ptr<ItemBatch> catalogue_;
  std::optional<CarriedStates> carried_;
  Loader<AssembledBatch> loader_;  // last: its threads use what stands above
};

// Whether a run that stands at `progress` is over.
bool is_over(const TrainOptions& options, const TrainProgress& progress) {
  return progress.epoch >= options.epochs || (options.patience > 0 && progress.evaluations_without_gain >= options.patience);
}

// What stands for an item that training never saw: the mean of those it saw.
void set_unknown_items(ParameterSet& parameters) {
  for (TableParameter& table : parameters.tables()) {
    if (table.space != kItemSpace || table.values.size(0) <= kFirstIndex) continue;
    table.values[kUnknownIndex].copy_(table.values.narrow(0, kFirstIndex, table.values.size(0) - kFirstIndex).mean(0));
  }
}

class Checkpoints {
 public:
  Checkpoints(const TrainOptions& options, const std::string& directory) : options_(options), directory_(directory), last_(monotonic_seconds()) {}

  void after_step(int64_t step, const std::function<CheckpointState()>& state) {
    if (directory_.empty()) return;
    const bool by_steps = options_.checkpoint_steps > 0 && step % options_.checkpoint_steps == 0;
    const bool by_time = options_.checkpoint_minutes > 0 && monotonic_seconds() - last_ > 60 * options_.checkpoint_minutes;
    if (!by_steps && !by_time) return;
    save_checkpoint(directory_, state());
    last_ = monotonic_seconds();
  }

 private:
  const TrainOptions& options_;
  std::string directory_;
  double last_;
};

}  // namespace

void TrainPlan::validate(bool has_own_metrics) const {
  train.validate();
  optimizer.validate();
  loss.validate();
  sampler.validate();
  contrastive.validate();
  evaluation.validate();
  if (has_own_metrics || train.metric.empty()) return;  // empty: nothing to judge by
  std::vector<std::string> names(std::begin(kRankingMetricNames), std::end(kRankingMetricNames));
  if (evaluation.beyond_accuracy) {
    for (const char* also : {"Coverage", "Novelty"}) names.emplace_back(also);
  }
  check_known("metric", train.metric.substr(0, train.metric.find('@')), names);
}

std::string chosen_loss(const TrainOptions& options, const std::string& model_loss, int64_t num_items, int64_t dim) {
  if (!options.loss.empty()) return options.loss;
  if (find_loss(model_loss).needs_catalogue && num_items * dim > kMaxCatalogueCost) return "sampled_softmax";
  return model_loss;
}

HistoryRule history_rule(const TrainOptions& options, const Model& model) { return {model.options().max_length, options.strictly_earlier, options.first_events}; }

std::unique_ptr<BatchPlan> make_batch_plan(const Dataset& dataset, const Split& split, const Model& model, const TrainOptions& options) {
  check(options.batching == "windows" || options.batching == "session_parallel", ErrorKind::kUsage, "batching must be windows or session_parallel, got '{}'", options.batching);
  if (!is_session_parallel(options)) {
    auto windows = training_windows(dataset, split, history_rule(options, model), model.is_causal());
    return std::make_unique<ShuffledWindows>(std::move(windows), options.batch_size, seed_of(options, kOrderPurpose));
  }
  check(!model.state_widths().empty(), ErrorKind::kUsage,
        "batching session_parallel needs a model that carries a state from event to event, as gru4rec does; this one reads whole histories");
  check(!options.first_events, ErrorKind::kUsage, "first_events does not go with batching session_parallel, whose states begin with a session's first event");
  check(!options.strictly_earlier, ErrorKind::kUsage, "strictly_earlier does not go with batching session_parallel, where every event's state holds all events before it");
  check(!split.one_target, ErrorKind::kUsage, "batching session_parallel trains every event of a session; these data bring one target a user");
  return std::make_unique<SessionParallel>(dataset, split, options.batch_size);
}

std::string chosen_sampler(const TrainOptions& options, const ModelEntry& model, const std::string& loss) {
  if (!options.sampler.empty() || loss != model.loss || std::string(model.sampler) == "none") return options.sampler;
  return model.sampler;
}

TrainResult train(const Dataset& dataset, const Split& split, const Model& model, ParameterSet& parameters, const TrainPlan& plan, const std::string& checkpoint_directory,
                  bool resume, const TrainHooks& hooks) {
  const TrainOptions& options = plan.train;
  plan.validate(static_cast<bool>(hooks.validate));
  Run run(dataset, split, model, parameters, plan, options.loss);
  TrainProgress progress;
  WeightCopy best(parameters);
  const auto state = [&] { return CheckpointState{progress, &parameters, &best, &run.optimizer(), run.carried_states(), run.sampler_state()}; };
  if (resume && load_newest_checkpoint(checkpoint_directory, state(), progress)) log_info("going on at epoch {}, step {}", progress.epoch + 1, progress.step + 1);
  const auto checked_state = [&] {
    run.check_weights(progress.step);
    return state();
  };
  Checkpoints checkpoints(options, checkpoint_directory);
  bool is_interrupted = false;
  const auto learning_rate_at = [&](int64_t step) {
    return hooks.learning_rate ? hooks.learning_rate(progress.epoch) : scheduled_learning_rate(plan.optimizer, step, run.total_steps());
  };

  while (!is_over(options, progress)) {
    if (progress.batch == 0) run.start_epoch(progress.epoch);
    run.loader().start({progress.epoch, progress.batch});
    const double start = monotonic_seconds();
    const int64_t epoch_start_readouts = progress.epoch_readouts;
    for (AssembledBatch batch; run.loader().next(batch);) {
      const auto [loss, readouts] = run.step(batch, progress.step, learning_rate_at(progress.step));
      ++progress.step, ++progress.batch;
      progress.epoch_loss += loss, progress.epoch_readouts += readouts;
      if (hooks.on_step) hooks.on_step(progress.step, run.total_steps(), loss / static_cast<double>(readouts));
      checkpoints.after_step(progress.step, checked_state);
      is_interrupted = hooks.is_interrupted && hooks.is_interrupted();
      if (is_interrupted) break;
      check_interruption();
    }
    if (is_interrupted) break;
    EpochReport report;
    report.epoch = progress.epoch + 1;
    report.train_loss = progress.epoch_loss / static_cast<double>(progress.epoch_readouts);
    report.seconds = monotonic_seconds() - start;
    report.events_per_second = static_cast<double>(progress.epoch_readouts - epoch_start_readouts) / report.seconds;
    report.learning_rate = learning_rate_at(progress.step - 1);
    ++progress.epoch, progress.batch = 0;
    progress.epoch_loss = 0, progress.epoch_readouts = 0;
    if (progress.epoch % options.evaluate_every == 0 || progress.epoch == options.epochs) {
      const double evaluation_start = monotonic_seconds();
      report.metrics = hooks.validate ? hooks.validate() : run.evaluate_validation(progress.step);
      report.evaluation_seconds = monotonic_seconds() - evaluation_start;
      const auto found = report.metrics.find(options.metric);
      check(report.metrics.empty() || found != report.metrics.end(), ErrorKind::kUsage, "metric '{}' is not among those computed: add its cut-off to k", options.metric);
      report.is_best = report.metrics.empty() || progress.best_epoch == 0 || found->second > progress.best_metric;
      if (report.is_best) {
        progress.best_metric = report.metrics.empty() ? 0 : found->second;
        progress.best_epoch = progress.epoch;
        progress.evaluations_without_gain = 0;
        best.copy_from(parameters);
      } else {
        ++progress.evaluations_without_gain;
      }
    }
    if (hooks.on_epoch) hooks.on_epoch(report);
    if (hooks.should_stop && hooks.should_stop()) break;
  }
  if (progress.best_epoch > 0) best.copy_to(parameters);
  set_unknown_items(parameters);
  return {progress.epoch, progress.best_epoch, progress.best_metric, progress.epoch < options.epochs, is_interrupted};
}

}  // namespace rechub
