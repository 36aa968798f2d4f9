#include "rechub/train/training_memory.h"

#include <algorithm>

#include <fmt/format.h>

#include "rechub/base/clock.h"
#include "rechub/base/error.h"
#include "rechub/bundle/bundle.h"
#include "rechub/data/memory_plan.h"
#include "rechub/train/plan_checks.h"

namespace rechub {
namespace {

constexpr int64_t kFloat = sizeof(float), kId = sizeof(int64_t);
constexpr int64_t kBatchesAhead = 4;       // a worker
constexpr int64_t kVectorsAPosition = 24;  // activations and their gradients of a position, of the model's width
constexpr int64_t kVectorsAReadout = 12;
constexpr int64_t kScoresANegative = 6;  // and what a pair-wise loss makes of them, with gradients
constexpr int64_t kMetricsACutoff = 8;
constexpr int64_t kScratch = int64_t{48} << 20;  // tiles of scores, buffers of files, threads

int64_t optimizer_copies(const std::string& optimizer) { return optimizer == "adam" ? 2 : optimizer == "sgd" ? 0 : 1; }

// Of the sampler queue and the contrastive queue: each has its entries and a second set of weights.
int64_t queues(const TrainPlan& plan, const Model& model, int64_t weights) {
  const int64_t entry = model.options().dim * kFloat;
  int64_t bytes = 0;
  if (plan.train.sampler == "queue") bytes += weights + plan.sampler.queue_size * (entry + kId);
  if (plan.contrastive.contrastive_weight > 0 && plan.contrastive.contrastive_queue > 0) {
    bytes += weights + plan.contrastive.contrastive_queue * (model.vectors_per_user() * entry + kId);
  }
  return bytes;
}

// Ids and corrections made ahead, vectors, and scores with what the loss makes of them: a softmax over a shared list alone does without those, in tiles.
int64_t negatives_of(const TrainPlan& plan, const Model& model, int64_t num_items, int64_t readouts, int64_t batches_ahead) {
  const std::string sampler = sampler_in_use(plan);
  if (sampler == "none") return 0;
  const int64_t hard = hard_in_use(plan.sampler, sampler);
  const int64_t vector = model.options().dim * kFloat * 2, score = kFloat * kScoresANegative;
  int64_t count = std::min(readouts, num_items);  // distinct targets of a batch
  if (sampler == "uniform" || sampler == "hard") count = std::min(plan.sampler.num_negatives, num_items);
  if (sampler == "popularity") count = plan.sampler.num_negatives;
  if (sampler == "mixed") count += plan.sampler.num_negatives;
  const bool is_shared = plan.sampler.shared || (sampler != "uniform" && sampler != "hard" && sampler != "popularity");
  const bool is_tiled = is_shared && find_loss(plan.train.loss).mode == 2 && hard == 0;
  const int64_t listed = is_shared ? count : readouts * count, scored = count + (sampler == "queue" ? plan.sampler.queue_size : 0);
  const int64_t of_hard = readouts * hard * (vector + score) + (hard > 0 && plan.sampler.hard_source == "in_batch" ? readouts * std::min(readouts, num_items) * kFloat : 0);
  return listed * (kId + kFloat) * batches_ahead + listed * vector + (is_tiled ? 0 : readouts * scored * score) + of_hard;
}

const char* kHelp = "a smaller model.dim or model.max_length, --batch-size or --num-workers takes less";

}  // namespace

TrainingMemory::TrainingMemory(const Dataset& dataset, const Split& split, std::span<const Window> windows, const Model& model, const ParameterSet& parameters,
                               const TrainPlan& plan) {
  int64_t positions = 0, readouts = 0;
  for (const Window& window : windows) {
    positions += window.end - window.begin;
    readouts += std::max<int64_t>(window.target_end - window.target_begin, 1);
  }
  const auto num_windows = std::max<int64_t>(static_cast<int64_t>(windows.size()), 1), batch = std::min(plan.train.batch_size, num_windows);
  // The largest batch of an epoch is somewhat above the mean one.
  const int64_t batch_positions = batch * positions / num_windows * 5 / 4 + 1, batch_readouts = batch * readouts / num_windows * 5 / 4 + 1;
  const int64_t columns = 4 + static_cast<int64_t>(dataset.event_features().size() + dataset.sequences().size());
  const int64_t trained = parameters.num_values() * kFloat, width = model.options().dim * kFloat;
  int64_t weights = 0;  // trained or not
  for (const auto& [name, value] : named_tensors(parameters)) weights += value.numel() * kFloat;
  const int64_t batches_ahead = plan.train.num_workers * kBatchesAhead + 1;
  negatives_ = negatives_of(plan, model, dataset.num_items(), batch_readouts, batches_ahead);
  const auto cases = static_cast<int64_t>(std::max(split.valid.size(), split.test.size()));
  parts_ = {
      {"the program, its tables and the weights", private_memory_bytes()},
      {"optimizer, gradients and best weights", weights + trained * (1 + optimizer_copies(plan.optimizer.optimizer))},
      {"the order of training", num_windows * static_cast<int64_t>(sizeof(Window) + kId)},
      {"batches made ahead", batches_ahead * (batch_positions + 2 * batch_readouts) * columns * kId},
      {"a step", batch_positions * width * kVectorsAPosition + batch_readouts * width * kVectorsAReadout},
      {"judging", 3 * dataset.item_rows() * width + cases * static_cast<int64_t>(plan.evaluation.k.size()) * kMetricsACutoff * kFloat},
      {"buffers", kScratch},
  };
  if (negatives_ > 0) parts_.emplace_back("negatives and their scores", negatives_);
  if (const int64_t bytes = queues(plan, model, weights); bytes > 0) parts_.emplace_back("queues and slow weights", bytes);
}

int64_t TrainingMemory::total() const {
  int64_t total = 0;
  for (const auto& [what, bytes] : parts_) total += bytes;
  return total;
}

std::string TrainingMemory::text(int64_t limit) const {
  std::string text = fmt::format("memory plan for {}: ", size_text(limit));
  for (const auto& [what, bytes] : parts_) text += fmt::format("{} {}, ", size_text(bytes), what);
  return text + fmt::format("{} in all beside the mapped data", size_text(total()));
}

void TrainingMemory::check_plan(int64_t limit) const {
  check(total() <= limit, ErrorKind::kData, "--max-ram {} is too little to train in: about {} are needed; {}", size_text(limit), size_text(total()), kHelp);
}

void TrainingMemory::check_negatives() const {
  const int64_t memory = physical_memory_bytes();
  check(negatives_ <= memory, ErrorKind::kUsage,
        "the negatives of a step and their scores would take {}, more than this machine has ({}): take a smaller num_negatives or batch_size, or loss softmax, which sums over all "
        "items",
        size_text(negatives_), size_text(memory));
}

void TrainingMemory::check_now(int64_t limit) {
  const int64_t held = private_memory_bytes();
  check(held <= limit, ErrorKind::kData, "training holds {}, more than --max-ram {}; {}. The last checkpoint is kept", size_text(held), size_text(limit), kHelp);
}

}  // namespace rechub
