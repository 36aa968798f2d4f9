"""Settings that all models have. Written by tools/python_models.py from the program's own list of settings."""

SETTINGS = """
dim: width of user and item vectors [64] (model; its default differs)
max_length: events of a history that are used, the newest ones [50] (model; its default differs)
dropout: share of activations dropped in training, from 0 to below 1 [0.2] (model; its default differs)
similarity: score of a user and an item: dot or cosine ["dot"] (model; its default differs)
temperature: the losses divide scores by it; with cosine about 0.05, with dot 1 [0.1] (model; its default differs)
learn_temperature: learn the temperature with the weights, from that value on, between .01 and 100 [False] (model; its default differs)
feature_dim: embedding width of sparse features that name none [16] (model; its default differs)
user_id: also embed the user's id [False] (model; its default differs)
epochs: passes over the training data, at most [200] (training)
batch_size: training windows (histories) a step; of session-parallel training the sessions side by side [512] (training)
batching: windows: histories in random order, all their positions in one pass; session_parallel (gru4rec): histories side by side in the order of time, one event a
    step, the model's state carried on without its gradient ["windows"] (training)
strictly_earlier: a target's history holds events of earlier times only, not those of its own time, as the rest of its basket: for data where many events share a time
    [False] (training)
first_events: a user's first event is a target too, of the features of user and request alone: for data where histories are short or absent [False] (training)
loss: softmax, sampled_softmax, corrected_softmax, scaled_softmax, bpr, bpr_max, top1_max, hinge, bce or gbce; empty: the model's own, sampled_softmax where the
    catalogue is too large for softmax [""] (training)
sampler: of negatives, for losses that need them: uniform, popularity, in_batch, in_batch_streaming, mixed, hard or queue; empty: the model's own, else the loss's
    [""] (training)
reduction: of a user's several interests while the target is known: max or label_attention; empty: the model's own [""] (training)
reduction_power: label_attention: how far interests that score the target higher weigh more; 0: the mean [1.0] (training)
objectives: further objectives about columns of the events, each NAME:LOSS:WEIGHT, LOSS bce, mse or reward, as watch_time:mse:0.1 [()] (training)
metric: on the validation cases, which chooses the best weights; NAME@K with Hit, Recall, Precision, NDCG or MRR ["NDCG@10"] (training)
patience: evaluations without a better metric until training stops; 0: never stop early [10] (training)
evaluate_every: epochs between two evaluations [1] (training)
seed: of weights, order, dropout and negatives [1] (training)
num_workers: threads that prepare batches ahead; any number gives the same batches [2] (training)
unknown_user_share: share of histories trained as an unknown user, for models that embed the user's id [0.1] (training)
checkpoint_minutes: minutes between two checkpoints; 0: none by time [5.0] (training)
checkpoint_steps: steps between two checkpoints; 0: none by steps [0] (training)
optimizer: adam (decoupled decay, as AdamW), adagrad or sgd; row-sparse on embedding tables ["adam"] (optimizer)
learning_rate: step size after the warm-up [0.001] (optimizer)
weight_decay: decoupled decay of the rows a step updates, as a share of the step size [0.0] (optimizer)
beta1: adam: decay of the mean of gradients [0.9] (optimizer)
beta2: adam: decay of the mean of squared gradients [0.999] (optimizer)
epsilon: adam, adagrad: added to the root of the squared gradients [1e-08] (optimizer)
clip_norm: largest global norm of a step's gradients; 0: no clipping [0.0] (optimizer)
schedule: of the step size after the warm-up: constant, or cosine down to 0 at the last epoch ["constant"] (optimizer)
warmup_steps: steps over which the step size grows linearly from 0 [0] (optimizer)
margin: hinge: how much a target's score, over the temperature, should be above a negative's [0.2] (loss)
regulariser: bpr_max: weight of the negatives' squared scores, 0 or more [1.0] (loss)
elu: bpr_max: scores below 0 become elu * (e^score - 1) first; 0: they stay [1.0] (loss)
gbce_t: gbce: calibration from 0 (plain bce, over-confident with few negatives) to 1 (calibrated) [0.75] (loss)
sce_alpha: scaled_softmax: what the sum over negatives is multiplied by; 1: a plain softmax over target and negatives [100.0] (loss)
num_negatives: negatives drawn, with replacement (uniform, popularity, mixed, hard), from 1 to 1000000 [512] (sampler)
alpha: popularity: exponent of an item's count; 0 is uniform over items that occur, 1 their frequency [0.75] (sampler)
shared: one list of negatives for the whole batch; false: one for each readout (uniform, popularity, hard) [True] (sampler)
streaming_rate: in_batch_streaming: how fast an item's frequency follows its last gaps, above 0, at most 1 [0.01] (sampler)
streaming_buckets: in_batch_streaming: buckets that items are hashed to; 0: one an item [0] (sampler)
streaming_hashes: in_batch_streaming: hashes, each with buckets of its own; the rarest of them counts [1] (sampler)
hard_negatives: negatives of each readout's own that score highest; with any sampler. -1: 2 of sampler hard, none of others [-1] (sampler)
hard_source: where hard negatives come from: in_batch, the other users' targets of the batch, mined, ranks of the model's own exact ranking, or shown, the user's
    nearest events of weight 0 ["in_batch"] (sampler)
mine_every: mined: epochs between two minings; before the first there are no hard negatives [1] (sampler)
mine_from: mined: first rank that is taken, from 1 [101] (sampler)
mine_to: mined: last rank that is taken [500] (sampler)
queue_size: queue: targets of former batches that are kept [4096] (sampler)
queue_momentum: queue: the weights that encode its entries keep so much of themselves a step, 0 to below 1 [0.99] (sampler)
contrastive_weight: weight of InfoNCE between two views of each history, beside the loss; 0: none [0.0] (contrastive)
views: the two views: dropout (the history as it is), crop (a part of it) or mask (without some events) [('crop', 'mask')] (contrastive)
contrastive_temperature: InfoNCE divides cosines by it [0.1] (contrastive)
crop_share: share of a history that a crop keeps, in a row [0.6] (contrastive)
mask_share: share of a history's events that a mask takes out [0.3] (contrastive)
contrastive_queue: newest views of other users that a view is told apart from, too; then the second view is encoded by weights that follow the model's slowly; 0: none
    [0] (contrastive)
contrastive_momentum: contrastive_queue: these weights keep so much of themselves a step, 0 to below 1 [0.99] (contrastive)
"""

# Where the engine has them; all others are in [model].
SECTIONS = {
    "epochs": "training", "batch_size": "training", "batching": "training", "strictly_earlier": "training", "first_events": "training", "loss": "training", "sampler": "training",
    "reduction": "training", "reduction_power": "training", "objectives": "training", "metric": "training", "patience": "training", "evaluate_every": "training",
    "seed": "training", "num_workers": "training", "unknown_user_share": "training", "checkpoint_minutes": "training", "checkpoint_steps": "training", "optimizer": "optimizer",
    "learning_rate": "optimizer", "weight_decay": "optimizer", "beta1": "optimizer", "beta2": "optimizer", "epsilon": "optimizer", "clip_norm": "optimizer",
    "schedule": "optimizer", "warmup_steps": "optimizer", "margin": "loss", "regulariser": "loss", "elu": "loss", "gbce_t": "loss", "sce_alpha": "loss",
    "num_negatives": "sampler", "alpha": "sampler", "shared": "sampler", "streaming_rate": "sampler", "streaming_buckets": "sampler", "streaming_hashes": "sampler",
    "hard_negatives": "sampler", "hard_source": "sampler", "mine_every": "sampler", "mine_from": "sampler", "mine_to": "sampler", "queue_size": "sampler",
    "queue_momentum": "sampler", "contrastive_weight": "contrastive", "views": "contrastive", "contrastive_temperature": "contrastive", "crop_share": "contrastive",
    "mask_share": "contrastive", "contrastive_queue": "contrastive", "contrastive_momentum": "contrastive",
}

# What fit and evaluate pass to the preparation.
PREPARE = frozenset(
    [
        "user_features", "item_features", "item_vectors", "sequences", "test", "test_targets", "format", "user_col", "item_col", "time_col", "weight_col", "session_col",
        "session_gap", "min_user_events", "min_item_events", "max_bad_rows", "deduplicate", "event_type_col", "keep_events", "target_events", "context_cols", "history_cols",
        "ignore_cols", "time_gap_buckets", "crosses", "text_cols", "text_buckets", "features", "missing", "only_interacted_items", "max_ram",
    ]
)

# What fit passes to the judgement.
EVALUATION = frozenset(
    [
        "k", "seen", "bootstrap", "bootstrap_seed", "slices", "beyond_accuracy",
    ]
)
