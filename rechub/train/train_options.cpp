#include "rechub/train/train_options.h"

#include <cmath>

#include "rechub/base/error.h"
#include "rechub/losses/interest_reduction.h"

namespace rechub {

void OptimizerOptions::describe(OptionVisitor& visitor) {
  visitor.field("optimizer", optimizer, "adam (decoupled decay, as AdamW), adagrad or sgd; row-sparse on embedding tables");
  visitor.field("learning_rate", learning_rate, "step size after the warm-up");
  visitor.field("weight_decay", weight_decay, "decoupled decay of the rows a step updates, as a share of the step size");
  visitor.field("beta1", beta1, "adam: decay of the mean of gradients");
  visitor.field("beta2", beta2, "adam: decay of the mean of squared gradients");
  visitor.field("epsilon", epsilon, "adam, adagrad: added to the root of the squared gradients");
  visitor.field("clip_norm", clip_norm, "largest global norm of a step's gradients; 0: no clipping");
  visitor.field("schedule", schedule, "of the step size after the warm-up: constant, or cosine down to 0 at the last epoch");
  visitor.field("warmup_steps", warmup_steps, "steps over which the step size grows linearly from 0");
}

void TrainOptions::describe(OptionVisitor& visitor) {
  visitor.field("epochs", epochs, "passes over the training data, at most");
  visitor.field("batch_size", batch_size, "training windows (histories) a step; of session-parallel training the sessions side by side");
  visitor.field("batching", batching,
                "windows: histories in random order, all their positions in one pass; session_parallel (gru4rec): histories side by side in the order of time, one event a step, "
                "the model's state carried on without its gradient");
  visitor.field("strictly_earlier", strictly_earlier,
                "a target's history holds events of earlier times only, not those of its own time, as the rest of its basket: for data where many events share a time");
  visitor.field("first_events", first_events, "a user's first event is a target too, of the features of user and request alone: for data where histories are short or absent");
  visitor.field(
      "loss", loss,
      "softmax, sampled_softmax, corrected_softmax, scaled_softmax, bpr, bpr_max, top1_max, hinge, bce or gbce; empty: the model's own, sampled_softmax where the catalogue is too "
      "large for softmax");
  visitor.field("sampler", sampler,
                "of negatives, for losses that need them: uniform, popularity, in_batch, in_batch_streaming, mixed, hard or queue; empty: the model's own, else the loss's");
  visitor.field("reduction", reduction, "of a user's several interests while the target is known: max or label_attention; empty: the model's own");
  visitor.field("reduction_power", reduction_power, "label_attention: how far interests that score the target higher weigh more; 0: the mean");
  visitor.field("objectives", objectives, "further objectives about columns of the events, each NAME:LOSS:WEIGHT, LOSS bce, mse or reward, as watch_time:mse:0.1");
  visitor.field("metric", metric, "on the validation cases, which chooses the best weights; NAME@K with Hit, Recall, Precision, NDCG or MRR");
  visitor.field("patience", patience, "evaluations without a better metric until training stops; 0: never stop early");
  visitor.field("evaluate_every", evaluate_every, "epochs between two evaluations");
  visitor.field("seed", seed, "of weights, order, dropout and negatives");
  visitor.field("num_workers", num_workers, "threads that prepare batches ahead; any number gives the same batches");
  visitor.field("unknown_user_share", unknown_user_share, "share of histories trained as an unknown user, for models that embed the user's id");
  visitor.field("checkpoint_minutes", checkpoint_minutes, "minutes between two checkpoints; 0: none by time");
  visitor.field("checkpoint_steps", checkpoint_steps, "steps between two checkpoints; 0: none by steps");
}

void OptimizerOptions::validate() const {
  const auto at_least_0 = [](const char* name, double value) {
    check(std::isfinite(value) && value >= 0, ErrorKind::kUsage, "{} should be a number of 0 or more, got {}", name, value);
  };
  const auto share = [](const char* name, double value) { check(value >= 0 && value < 1, ErrorKind::kUsage, "{} should be from 0 to below 1, got {}", name, value); };
  at_least_0("learning_rate", learning_rate);
  at_least_0("weight_decay", weight_decay);
  share("beta1", beta1);
  share("beta2", beta2);
  check(std::isfinite(epsilon) && epsilon > 0, ErrorKind::kUsage, "epsilon should be above 0, got {}", epsilon);
  at_least_0("clip_norm", clip_norm);
  at_least_0("embedding_l1", embedding_l1);
  at_least_0("embedding_l2", embedding_l2);
  at_least_0("dense_l1", dense_l1);
  at_least_0("dense_l2", dense_l2);
  check(schedule == "constant" || schedule == "cosine", ErrorKind::kUsage, "unknown schedule '{}': known are constant, cosine", schedule);
  check(warmup_steps >= 0, ErrorKind::kUsage, "warmup_steps should be 0 or more, got {}", warmup_steps);
}

void TrainOptions::validate() const {
  const auto at_least = [](int64_t least, const char* name, int64_t value) { check(value >= least, ErrorKind::kUsage, "{} should be {} or more, got {}", name, least, value); };
  at_least(1, "epochs", epochs);
  at_least(1, "batch_size", batch_size);
  at_least(0, "patience", patience);
  at_least(1, "evaluate_every", evaluate_every);
  check(num_workers >= 0 && num_workers <= 256, ErrorKind::kUsage, "num_workers should be from 0 to 256, got {}", num_workers);
  check(unknown_user_share >= 0 && unknown_user_share <= 1, ErrorKind::kUsage, "unknown_user_share should be from 0 to 1, got {}", unknown_user_share);
  check(std::isfinite(checkpoint_minutes) && checkpoint_minutes >= 0, ErrorKind::kUsage, "checkpoint_minutes should be 0 (none by time) or more, got {}", checkpoint_minutes);
  at_least(0, "checkpoint_steps", checkpoint_steps);
  check_reduction({reduction.empty() ? "max" : reduction, reduction_power});  // empty: the model's own, chosen later
}

}  // namespace rechub
