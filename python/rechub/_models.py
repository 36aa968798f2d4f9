"""The models. Written by tools/python_models.py from the program's own list of settings."""

from __future__ import annotations

from collections.abc import Sequence

from rechub._recommender import Recommender

SETTINGS = """
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
num_negatives: negatives drawn, with replacement (uniform, popularity, mixed, hard) [512] (sampler)
alpha: popularity: exponent of an item's count; 0 is uniform over items that occur, 1 their frequency [0.75] (sampler)
shared: one list of negatives for the whole batch; false: one for each readout (uniform, popularity, hard) [True] (sampler)
streaming_rate: in_batch_streaming: how fast an item's frequency follows its last gaps, above 0, at most 1 [0.01] (sampler)
streaming_buckets: in_batch_streaming: buckets that items are hashed to; 0: one an item [0] (sampler)
streaming_hashes: in_batch_streaming: hashes, each with buckets of its own; the rarest of them counts [1] (sampler)
hard_negatives: negatives of each readout's own that score highest; with any sampler. Sampler hard: 2 unless given [0] (sampler)
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


class ComirecDR(Recommender):
    """Cen et al., KDD 2020 (dynamic routing).

    dim: width of user and item vectors [64]
    max_length: events of a history that are used, the newest ones [50]
    dropout: share of activations dropped in training, 0 to 1 [0.2]
    similarity: score of a user and an item: dot or cosine ["dot"]
    temperature: the losses divide scores by it; with cosine about 0.05, with dot 1 [0.1]
    learn_temperature: learn the temperature with the weights, from that value on, between .01 and 100 [False]
    feature_dim: embedding width of sparse features that name none [16]
    user_id: also embed the user's id [False]
    n_interest: interests of a user [4]
    positions: learnt vectors for places in the history: newest (counted from the newest event), oldest (as left-aligned sequences count) or none ["none"]
    num_layers: causal self-attention blocks (SASRec's) between the history and the interests; the papers have none [0]
    num_heads: attention heads of the blocks; must divide dim [1]
    hidden_size: inner width of the blocks' feed-forward networks; 0: dim [0]
    iterations: of dynamic routing [3]
    position_weights: a matrix for every place in the history and interest (the authors' code), not one an interest [False]

    How it is trained: SETTINGS in this module, or `rechub train --help`.
    """

    _name = "comirec_dr"

    def __init__(
        self,
        *,
        dim: int = 64, max_length: int = 50, dropout: float = 0.2, similarity: str = "dot", temperature: float = 0.1, learn_temperature: bool = False, feature_dim: int = 16,
        user_id: bool = False, n_interest: int = 4, positions: str = "none", num_layers: int = 0, num_heads: int = 1, hidden_size: int = 0, iterations: int = 3,
        position_weights: bool = False,
        epochs: int = 200, batch_size: int = 512, batching: str = "windows", strictly_earlier: bool = False, first_events: bool = False, loss: str = "", sampler: str = "",
        reduction: str = "", reduction_power: float = 1.0, objectives: Sequence[str] = (), metric: str = "NDCG@10", patience: int = 10, evaluate_every: int = 1, seed: int = 1,
        num_workers: int = 2, unknown_user_share: float = 0.1, checkpoint_minutes: float = 5.0, checkpoint_steps: int = 0, optimizer: str = "adam", learning_rate: float = 0.001,
        weight_decay: float = 0.0, beta1: float = 0.9, beta2: float = 0.999, epsilon: float = 1e-08, clip_norm: float = 0.0, schedule: str = "constant", warmup_steps: int = 0,
        margin: float = 0.2, regulariser: float = 1.0, elu: float = 1.0, gbce_t: float = 0.75, sce_alpha: float = 100.0, num_negatives: int = 512, alpha: float = 0.75,
        shared: bool = True, streaming_rate: float = 0.01, streaming_buckets: int = 0, streaming_hashes: int = 1, hard_negatives: int = 0, hard_source: str = "in_batch",
        mine_every: int = 1, mine_from: int = 101, mine_to: int = 500, queue_size: int = 4096, queue_momentum: float = 0.99, contrastive_weight: float = 0.0,
        views: Sequence[str] = ('crop', 'mask'), contrastive_temperature: float = 0.1, crop_share: float = 0.6, mask_share: float = 0.3, contrastive_queue: int = 0,
        contrastive_momentum: float = 0.99,
    ) -> None:
        self._set(locals())


class ComirecSA(Recommender):
    """Cen et al., KDD 2020 (self-attention).

    dim: width of user and item vectors [64]
    max_length: events of a history that are used, the newest ones [50]
    dropout: share of activations dropped in training, 0 to 1 [0.2]
    similarity: score of a user and an item: dot or cosine ["dot"]
    temperature: the losses divide scores by it; with cosine about 0.05, with dot 1 [1.0]
    learn_temperature: learn the temperature with the weights, from that value on, between .01 and 100 [False]
    feature_dim: embedding width of sparse features that name none [16]
    user_id: also embed the user's id [False]
    n_interest: interests of a user [4]
    positions: learnt vectors for places in the history: newest (counted from the newest event), oldest (as left-aligned sequences count) or none ["newest"]
    num_layers: causal self-attention blocks (SASRec's) between the history and the interests; the papers have none [0]
    num_heads: attention heads of the blocks; must divide dim [1]
    hidden_size: inner width of the blocks' feed-forward networks; 0: dim [0]
    attention_size: inner width of the attention over events; 0: 4 x dim, as in the paper [0]

    How it is trained: SETTINGS in this module, or `rechub train --help`.
    """

    _name = "comirec_sa"

    def __init__(
        self,
        *,
        dim: int = 64, max_length: int = 50, dropout: float = 0.2, similarity: str = "dot", temperature: float = 1.0, learn_temperature: bool = False, feature_dim: int = 16,
        user_id: bool = False, n_interest: int = 4, positions: str = "newest", num_layers: int = 0, num_heads: int = 1, hidden_size: int = 0, attention_size: int = 0,
        epochs: int = 200, batch_size: int = 512, batching: str = "windows", strictly_earlier: bool = False, first_events: bool = False, loss: str = "", sampler: str = "",
        reduction: str = "", reduction_power: float = 1.0, objectives: Sequence[str] = (), metric: str = "NDCG@10", patience: int = 10, evaluate_every: int = 1, seed: int = 1,
        num_workers: int = 2, unknown_user_share: float = 0.1, checkpoint_minutes: float = 5.0, checkpoint_steps: int = 0, optimizer: str = "adam", learning_rate: float = 0.001,
        weight_decay: float = 0.0, beta1: float = 0.9, beta2: float = 0.999, epsilon: float = 1e-08, clip_norm: float = 0.0, schedule: str = "constant", warmup_steps: int = 0,
        margin: float = 0.2, regulariser: float = 1.0, elu: float = 1.0, gbce_t: float = 0.75, sce_alpha: float = 100.0, num_negatives: int = 512, alpha: float = 0.75,
        shared: bool = True, streaming_rate: float = 0.01, streaming_buckets: int = 0, streaming_hashes: int = 1, hard_negatives: int = 0, hard_source: str = "in_batch",
        mine_every: int = 1, mine_from: int = 101, mine_to: int = 500, queue_size: int = 4096, queue_momentum: float = 0.99, contrastive_weight: float = 0.0,
        views: Sequence[str] = ('crop', 'mask'), contrastive_temperature: float = 0.1, crop_share: float = 0.6, mask_share: float = 0.3, contrastive_queue: int = 0,
        contrastive_momentum: float = 0.99,
    ) -> None:
        self._set(locals())


class DSSM(Recommender):
    """Huang et al., CIKM 2013 (two towers over features).

    dim: width of user and item vectors [64]
    max_length: events of a history that are used, the newest ones [50]
    dropout: share of activations dropped in training, 0 to 1 [0.2]
    similarity: score of a user and an item: dot or cosine ["cosine"]
    temperature: the losses divide scores by it; with cosine about 0.05, with dot 1 [0.05]
    learn_temperature: learn the temperature with the weights, from that value on, between .01 and 100 [False]
    feature_dim: embedding width of sparse features that name none [16]
    user_id: also embed the user's id [False]
    user_dims: hidden widths of the user tower; a last linear layer of width dim follows [(128,)]
    item_dims: hidden widths of the item tower; a last linear layer of width dim follows [(128,)]
    embedding_dim: width of an item's embedding below the towers [64]
    activation: of the hidden layers: tanh (the DSSM paper), relu, prelu, gelu, ... ["relu"]
    item_activation: of the item tower's hidden layers; empty: activation [""]
    item_dropout: of the item tower; -1: dropout [-1.0]
    pooling: of the history: mean, sum or max ["mean"]

    How it is trained: SETTINGS in this module, or `rechub train --help`.
    """

    _name = "dssm"

    def __init__(
        self,
        *,
        dim: int = 64, max_length: int = 50, dropout: float = 0.2, similarity: str = "cosine", temperature: float = 0.05, learn_temperature: bool = False, feature_dim: int = 16,
        user_id: bool = False, user_dims: Sequence[int] = (128,), item_dims: Sequence[int] = (128,), embedding_dim: int = 64, activation: str = "relu", item_activation: str = "",
        item_dropout: float = -1.0, pooling: str = "mean",
        epochs: int = 200, batch_size: int = 512, batching: str = "windows", strictly_earlier: bool = False, first_events: bool = False, loss: str = "", sampler: str = "",
        reduction: str = "", reduction_power: float = 1.0, objectives: Sequence[str] = (), metric: str = "NDCG@10", patience: int = 10, evaluate_every: int = 1, seed: int = 1,
        num_workers: int = 2, unknown_user_share: float = 0.1, checkpoint_minutes: float = 5.0, checkpoint_steps: int = 0, optimizer: str = "adam", learning_rate: float = 0.001,
        weight_decay: float = 0.0, beta1: float = 0.9, beta2: float = 0.999, epsilon: float = 1e-08, clip_norm: float = 0.0, schedule: str = "constant", warmup_steps: int = 0,
        margin: float = 0.2, regulariser: float = 1.0, elu: float = 1.0, gbce_t: float = 0.75, sce_alpha: float = 100.0, num_negatives: int = 512, alpha: float = 0.75,
        shared: bool = True, streaming_rate: float = 0.01, streaming_buckets: int = 0, streaming_hashes: int = 1, hard_negatives: int = 0, hard_source: str = "in_batch",
        mine_every: int = 1, mine_from: int = 101, mine_to: int = 500, queue_size: int = 4096, queue_momentum: float = 0.99, contrastive_weight: float = 0.0,
        views: Sequence[str] = ('crop', 'mask'), contrastive_temperature: float = 0.1, crop_share: float = 0.6, mask_share: float = 0.3, contrastive_queue: int = 0,
        contrastive_momentum: float = 0.99,
    ) -> None:
        self._set(locals())


class FaceBookDSSM(Recommender):
    """Huang et al., KDD 2020 (deep towers, hinge).

    dim: width of user and item vectors [128]
    max_length: events of a history that are used, the newest ones [50]
    dropout: share of activations dropped in training, 0 to 1 [0.2]
    similarity: score of a user and an item: dot or cosine ["cosine"]
    temperature: the losses divide scores by it; with cosine about 0.05, with dot 1 [1.0]
    learn_temperature: learn the temperature with the weights, from that value on, between .01 and 100 [False]
    feature_dim: embedding width of sparse features that name none [16]
    user_id: also embed the user's id [False]
    user_dims: hidden widths of the user tower; a last linear layer of width dim follows [(512, 256)]
    item_dims: hidden widths of the item tower; a last linear layer of width dim follows [(512, 256)]
    embedding_dim: width of an item's embedding below the towers [64]
    activation: of the hidden layers: tanh (the DSSM paper), relu, prelu, gelu, ... ["relu"]
    item_activation: of the item tower's hidden layers; empty: activation [""]
    item_dropout: of the item tower; -1: dropout [-1.0]
    pooling: of the history: mean, sum or max ["mean"]

    How it is trained: SETTINGS in this module, or `rechub train --help`.
    """

    _name = "facebook_dssm"

    def __init__(
        self,
        *,
        dim: int = 128, max_length: int = 50, dropout: float = 0.2, similarity: str = "cosine", temperature: float = 1.0, learn_temperature: bool = False, feature_dim: int = 16,
        user_id: bool = False, user_dims: Sequence[int] = (512, 256), item_dims: Sequence[int] = (512, 256), embedding_dim: int = 64, activation: str = "relu",
        item_activation: str = "", item_dropout: float = -1.0, pooling: str = "mean",
        epochs: int = 200, batch_size: int = 512, batching: str = "windows", strictly_earlier: bool = False, first_events: bool = False, loss: str = "", sampler: str = "",
        reduction: str = "", reduction_power: float = 1.0, objectives: Sequence[str] = (), metric: str = "NDCG@10", patience: int = 10, evaluate_every: int = 1, seed: int = 1,
        num_workers: int = 2, unknown_user_share: float = 0.1, checkpoint_minutes: float = 5.0, checkpoint_steps: int = 0, optimizer: str = "adam", learning_rate: float = 0.001,
        weight_decay: float = 0.0, beta1: float = 0.9, beta2: float = 0.999, epsilon: float = 1e-08, clip_norm: float = 0.0, schedule: str = "constant", warmup_steps: int = 0,
        margin: float = 0.2, regulariser: float = 1.0, elu: float = 1.0, gbce_t: float = 0.75, sce_alpha: float = 100.0, num_negatives: int = 512, alpha: float = 0.75,
        shared: bool = True, streaming_rate: float = 0.01, streaming_buckets: int = 0, streaming_hashes: int = 1, hard_negatives: int = 0, hard_source: str = "in_batch",
        mine_every: int = 1, mine_from: int = 101, mine_to: int = 500, queue_size: int = 4096, queue_momentum: float = 0.99, contrastive_weight: float = 0.0,
        views: Sequence[str] = ('crop', 'mask'), contrastive_temperature: float = 0.1, crop_share: float = 0.6, mask_share: float = 0.3, contrastive_queue: int = 0,
        contrastive_momentum: float = 0.99,
    ) -> None:
        self._set(locals())


class GRU4Rec(Recommender):
    """Hidasi et al., ICLR 2016; Hidasi and Karatzoglou, 2018.

    dim: width of user and item vectors [64]
    max_length: events of a history that are used, the newest ones [50]
    dropout: share of activations dropped in training, 0 to 1 [0.5]
    similarity: score of a user and an item: dot or cosine ["dot"]
    temperature: the losses divide scores by it; with cosine about 0.05, with dot 1 [1.0]
    learn_temperature: learn the temperature with the weights, from that value on, between .01 and 100 [False]
    feature_dim: embedding width of sparse features that name none [16]
    user_id: also embed the user's id [False]
    hidden_size: width of the GRU's state [128]
    num_layers: stacked GRU layers [1]
    hidden_dropout: dropout of the states that the projection reads; `dropout` is that of the layers' inputs [0.5]
    cell: reset_after (cuDNN, PyTorch) or reset_before (the paper) ["reset_after"]

    How it is trained: SETTINGS in this module, or `rechub train --help`.
    """

    _name = "gru4rec"

    def __init__(
        self,
        *,
        dim: int = 64, max_length: int = 50, dropout: float = 0.5, similarity: str = "dot", temperature: float = 1.0, learn_temperature: bool = False, feature_dim: int = 16,
        user_id: bool = False, hidden_size: int = 128, num_layers: int = 1, hidden_dropout: float = 0.5, cell: str = "reset_after",
        epochs: int = 200, batch_size: int = 512, batching: str = "windows", strictly_earlier: bool = False, first_events: bool = False, loss: str = "", sampler: str = "",
        reduction: str = "", reduction_power: float = 1.0, objectives: Sequence[str] = (), metric: str = "NDCG@10", patience: int = 10, evaluate_every: int = 1, seed: int = 1,
        num_workers: int = 2, unknown_user_share: float = 0.1, checkpoint_minutes: float = 5.0, checkpoint_steps: int = 0, optimizer: str = "adam", learning_rate: float = 0.001,
        weight_decay: float = 0.0, beta1: float = 0.9, beta2: float = 0.999, epsilon: float = 1e-08, clip_norm: float = 0.0, schedule: str = "constant", warmup_steps: int = 0,
        margin: float = 0.2, regulariser: float = 1.0, elu: float = 1.0, gbce_t: float = 0.75, sce_alpha: float = 100.0, num_negatives: int = 512, alpha: float = 0.75,
        shared: bool = True, streaming_rate: float = 0.01, streaming_buckets: int = 0, streaming_hashes: int = 1, hard_negatives: int = 0, hard_source: str = "in_batch",
        mine_every: int = 1, mine_from: int = 101, mine_to: int = 500, queue_size: int = 4096, queue_momentum: float = 0.99, contrastive_weight: float = 0.0,
        views: Sequence[str] = ('crop', 'mask'), contrastive_temperature: float = 0.1, crop_share: float = 0.6, mask_share: float = 0.3, contrastive_queue: int = 0,
        contrastive_momentum: float = 0.99,
    ) -> None:
        self._set(locals())


class MIND(Recommender):
    """Li et al., CIKM 2019.

    dim: width of user and item vectors [64]
    max_length: events of a history that are used, the newest ones [50]
    dropout: share of activations dropped in training, 0 to 1 [0.2]
    similarity: score of a user and an item: dot or cosine ["dot"]
    temperature: the losses divide scores by it; with cosine about 0.05, with dot 1 [0.1]
    learn_temperature: learn the temperature with the weights, from that value on, between .01 and 100 [False]
    feature_dim: embedding width of sparse features that name none [16]
    user_id: also embed the user's id [False]
    n_interest: interests of a user [4]
    positions: learnt vectors for places in the history: newest (counted from the newest event), oldest (as left-aligned sequences count) or none ["none"]
    num_layers: causal self-attention blocks (SASRec's) between the history and the interests; the papers have none [0]
    num_heads: attention heads of the blocks; must divide dim [1]
    hidden_size: inner width of the blocks' feed-forward networks; 0: dim [0]
    iterations: of dynamic routing [3]
    dynamic_interests: a history of n events has max(1, min(n_interest, log2 n)) interests; false: always n_interest [True]
    user_dims: hidden widths of the layers on each interest and the user's profile; a last layer of width dim follows [(256,)]
    activation: of the hidden layers: relu, prelu, gelu, tanh, ... ["relu"]
    output_activation: of the last layer: identity, or relu as in the paper, which keeps every interest in one orthant ["identity"]

    How it is trained: SETTINGS in this module, or `rechub train --help`.
    """

    _name = "mind"

    def __init__(
        self,
        *,
        dim: int = 64, max_length: int = 50, dropout: float = 0.2, similarity: str = "dot", temperature: float = 0.1, learn_temperature: bool = False, feature_dim: int = 16,
        user_id: bool = False, n_interest: int = 4, positions: str = "none", num_layers: int = 0, num_heads: int = 1, hidden_size: int = 0, iterations: int = 3,
        dynamic_interests: bool = True, user_dims: Sequence[int] = (256,), activation: str = "relu", output_activation: str = "identity",
        epochs: int = 200, batch_size: int = 512, batching: str = "windows", strictly_earlier: bool = False, first_events: bool = False, loss: str = "", sampler: str = "",
        reduction: str = "", reduction_power: float = 1.0, objectives: Sequence[str] = (), metric: str = "NDCG@10", patience: int = 10, evaluate_every: int = 1, seed: int = 1,
        num_workers: int = 2, unknown_user_share: float = 0.1, checkpoint_minutes: float = 5.0, checkpoint_steps: int = 0, optimizer: str = "adam", learning_rate: float = 0.001,
        weight_decay: float = 0.0, beta1: float = 0.9, beta2: float = 0.999, epsilon: float = 1e-08, clip_norm: float = 0.0, schedule: str = "constant", warmup_steps: int = 0,
        margin: float = 0.2, regulariser: float = 1.0, elu: float = 1.0, gbce_t: float = 0.75, sce_alpha: float = 100.0, num_negatives: int = 512, alpha: float = 0.75,
        shared: bool = True, streaming_rate: float = 0.01, streaming_buckets: int = 0, streaming_hashes: int = 1, hard_negatives: int = 0, hard_source: str = "in_batch",
        mine_every: int = 1, mine_from: int = 101, mine_to: int = 500, queue_size: int = 4096, queue_momentum: float = 0.99, contrastive_weight: float = 0.0,
        views: Sequence[str] = ('crop', 'mask'), contrastive_temperature: float = 0.1, crop_share: float = 0.6, mask_share: float = 0.3, contrastive_queue: int = 0,
        contrastive_momentum: float = 0.99,
    ) -> None:
        self._set(locals())


class NARM(Recommender):
    """Li et al., CIKM 2017.

    dim: width of user and item vectors [64]
    max_length: events of a history that are used, the newest ones [50]
    dropout: share of activations dropped in training, 0 to 1 [0.5]
    similarity: score of a user and an item: dot or cosine ["dot"]
    temperature: the losses divide scores by it; with cosine about 0.05, with dot 1 [1.0]
    learn_temperature: learn the temperature with the weights, from that value on, between .01 and 100 [False]
    feature_dim: embedding width of sparse features that name none [16]
    user_id: also embed the user's id [False]
    hidden_size: width of the GRU's state [128]
    num_layers: stacked GRU layers [1]
    hidden_dropout: dropout of [local; global] that the projection reads; `dropout` is that of the layers' inputs [0.5]
    attention: softmax (the authors' code) or unnormalised (the paper) ["softmax"]
    cell: reset_after (cuDNN, PyTorch) or reset_before (the authors' code) ["reset_after"]
    projection_bias: a bias behind B, which the paper has not: with it items have a popularity of their own, b . E[i] [False]

    How it is trained: SETTINGS in this module, or `rechub train --help`.
    """

    _name = "narm"

    def __init__(
        self,
        *,
        dim: int = 64, max_length: int = 50, dropout: float = 0.5, similarity: str = "dot", temperature: float = 1.0, learn_temperature: bool = False, feature_dim: int = 16,
        user_id: bool = False, hidden_size: int = 128, num_layers: int = 1, hidden_dropout: float = 0.5, attention: str = "softmax", cell: str = "reset_after",
        projection_bias: bool = False,
        epochs: int = 200, batch_size: int = 512, batching: str = "windows", strictly_earlier: bool = False, first_events: bool = False, loss: str = "", sampler: str = "",
        reduction: str = "", reduction_power: float = 1.0, objectives: Sequence[str] = (), metric: str = "NDCG@10", patience: int = 10, evaluate_every: int = 1, seed: int = 1,
        num_workers: int = 2, unknown_user_share: float = 0.1, checkpoint_minutes: float = 5.0, checkpoint_steps: int = 0, optimizer: str = "adam", learning_rate: float = 0.001,
        weight_decay: float = 0.0, beta1: float = 0.9, beta2: float = 0.999, epsilon: float = 1e-08, clip_norm: float = 0.0, schedule: str = "constant", warmup_steps: int = 0,
        margin: float = 0.2, regulariser: float = 1.0, elu: float = 1.0, gbce_t: float = 0.75, sce_alpha: float = 100.0, num_negatives: int = 512, alpha: float = 0.75,
        shared: bool = True, streaming_rate: float = 0.01, streaming_buckets: int = 0, streaming_hashes: int = 1, hard_negatives: int = 0, hard_source: str = "in_batch",
        mine_every: int = 1, mine_from: int = 101, mine_to: int = 500, queue_size: int = 4096, queue_momentum: float = 0.99, contrastive_weight: float = 0.0,
        views: Sequence[str] = ('crop', 'mask'), contrastive_temperature: float = 0.1, crop_share: float = 0.6, mask_share: float = 0.3, contrastive_queue: int = 0,
        contrastive_momentum: float = 0.99,
    ) -> None:
        self._set(locals())


class SASRec(Recommender):
    """Kang and McAuley, ICDM 2018.

    dim: width of user and item vectors [64]
    max_length: events of a history that are used, the newest ones [50]
    dropout: share of activations dropped in training, 0 to 1 [0.5]
    similarity: score of a user and an item: dot or cosine ["dot"]
    temperature: the losses divide scores by it; with cosine about 0.05, with dot 1 [1.0]
    learn_temperature: learn the temperature with the weights, from that value on, between .01 and 100 [False]
    feature_dim: embedding width of sparse features that name none [16]
    user_id: also embed the user's id [False]
    num_layers: attention blocks [2]
    num_heads: attention heads; must divide dim [1]
    hidden_size: inner width of the feed-forward network; 0: dim [0]
    activation: of the feed-forward network: relu or gelu ["relu"]
    block: residual (adds the raw stream) or original (the authors' code: adds the normalised queries, no output projection) ["residual"]

    How it is trained: SETTINGS in this module, or `rechub train --help`.
    """

    _name = "sasrec"

    def __init__(
        self,
        *,
        dim: int = 64, max_length: int = 50, dropout: float = 0.5, similarity: str = "dot", temperature: float = 1.0, learn_temperature: bool = False, feature_dim: int = 16,
        user_id: bool = False, num_layers: int = 2, num_heads: int = 1, hidden_size: int = 0, activation: str = "relu", block: str = "residual",
        epochs: int = 200, batch_size: int = 512, batching: str = "windows", strictly_earlier: bool = False, first_events: bool = False, loss: str = "", sampler: str = "",
        reduction: str = "", reduction_power: float = 1.0, objectives: Sequence[str] = (), metric: str = "NDCG@10", patience: int = 10, evaluate_every: int = 1, seed: int = 1,
        num_workers: int = 2, unknown_user_share: float = 0.1, checkpoint_minutes: float = 5.0, checkpoint_steps: int = 0, optimizer: str = "adam", learning_rate: float = 0.001,
        weight_decay: float = 0.0, beta1: float = 0.9, beta2: float = 0.999, epsilon: float = 1e-08, clip_norm: float = 0.0, schedule: str = "constant", warmup_steps: int = 0,
        margin: float = 0.2, regulariser: float = 1.0, elu: float = 1.0, gbce_t: float = 0.75, sce_alpha: float = 100.0, num_negatives: int = 512, alpha: float = 0.75,
        shared: bool = True, streaming_rate: float = 0.01, streaming_buckets: int = 0, streaming_hashes: int = 1, hard_negatives: int = 0, hard_source: str = "in_batch",
        mine_every: int = 1, mine_from: int = 101, mine_to: int = 500, queue_size: int = 4096, queue_momentum: float = 0.99, contrastive_weight: float = 0.0,
        views: Sequence[str] = ('crop', 'mask'), contrastive_temperature: float = 0.1, crop_share: float = 0.6, mask_share: float = 0.3, contrastive_queue: int = 0,
        contrastive_momentum: float = 0.99,
    ) -> None:
        self._set(locals())


class SINE(Recommender):
    """Tan et al., WSDM 2021.

    dim: width of user and item vectors [64]
    max_length: events of a history that are used, the newest ones [50]
    dropout: share of activations dropped in training, 0 to 1 [0.2]
    similarity: score of a user and an item: dot or cosine ["dot"]
    temperature: the losses divide scores by it; with cosine about 0.05, with dot 1 [1.0]
    learn_temperature: learn the temperature with the weights, from that value on, between .01 and 100 [False]
    feature_dim: embedding width of sparse features that name none [16]
    user_id: also embed the user's id [False]
    n_interest: interests of a user [4]
    positions: learnt vectors for places in the history: newest (counted from the newest event), oldest (as left-aligned sequences count) or none ["none"]
    num_layers: causal self-attention blocks (SASRec's) between the history and the interests; the papers have none [0]
    num_heads: attention heads of the blocks; must divide dim [1]
    hidden_size: inner width of the blocks' feed-forward networks; 0: dim [0]
    num_prototypes: prototypes of interests; each user has the n_interest of them that fit best [500]
    attention_size: inner width of the attentions over events; 0: dim [0]
    interest_temperature: tau of the softmax over a user's interests, variant paper [0.1]
    regularisation: weight of the term that keeps prototypes (variant paper) or interests (official) apart [0.1]
    variant: paper, or official: the equations of the authors' code ["paper"]

    How it is trained: SETTINGS in this module, or `rechub train --help`.
    """

    _name = "sine"

    def __init__(
        self,
        *,
        dim: int = 64, max_length: int = 50, dropout: float = 0.2, similarity: str = "dot", temperature: float = 1.0, learn_temperature: bool = False, feature_dim: int = 16,
        user_id: bool = False, n_interest: int = 4, positions: str = "none", num_layers: int = 0, num_heads: int = 1, hidden_size: int = 0, num_prototypes: int = 500,
        attention_size: int = 0, interest_temperature: float = 0.1, regularisation: float = 0.1, variant: str = "paper",
        epochs: int = 200, batch_size: int = 512, batching: str = "windows", strictly_earlier: bool = False, first_events: bool = False, loss: str = "", sampler: str = "",
        reduction: str = "", reduction_power: float = 1.0, objectives: Sequence[str] = (), metric: str = "NDCG@10", patience: int = 10, evaluate_every: int = 1, seed: int = 1,
        num_workers: int = 2, unknown_user_share: float = 0.1, checkpoint_minutes: float = 5.0, checkpoint_steps: int = 0, optimizer: str = "adam", learning_rate: float = 0.001,
        weight_decay: float = 0.0, beta1: float = 0.9, beta2: float = 0.999, epsilon: float = 1e-08, clip_norm: float = 0.0, schedule: str = "constant", warmup_steps: int = 0,
        margin: float = 0.2, regulariser: float = 1.0, elu: float = 1.0, gbce_t: float = 0.75, sce_alpha: float = 100.0, num_negatives: int = 512, alpha: float = 0.75,
        shared: bool = True, streaming_rate: float = 0.01, streaming_buckets: int = 0, streaming_hashes: int = 1, hard_negatives: int = 0, hard_source: str = "in_batch",
        mine_every: int = 1, mine_from: int = 101, mine_to: int = 500, queue_size: int = 4096, queue_momentum: float = 0.99, contrastive_weight: float = 0.0,
        views: Sequence[str] = ('crop', 'mask'), contrastive_temperature: float = 0.1, crop_share: float = 0.6, mask_share: float = 0.3, contrastive_queue: int = 0,
        contrastive_momentum: float = 0.99,
    ) -> None:
        self._set(locals())


class STAMP(Recommender):
    """Liu et al., KDD 2018.

    dim: width of user and item vectors [64]
    max_length: events of a history that are used, the newest ones [50]
    dropout: share of activations dropped in training, 0 to 1 [0.2]
    similarity: score of a user and an item: dot or cosine ["dot"]
    temperature: the losses divide scores by it; with cosine about 0.05, with dot 1 [1.0]
    learn_temperature: learn the temperature with the weights, from that value on, between .01 and 100 [False]
    feature_dim: embedding width of sparse features that name none [16]
    user_id: also embed the user's id [False]
    hidden_size: width of the attention (the paper: dim) [64]
    hidden_dropout: dropout of the user vector; `dropout` is that of the history's vectors [0.2]
    memory: what is added to the attended memory: mean (of the history; the authors' code), last (event) or none (the paper) ["mean"]

    How it is trained: SETTINGS in this module, or `rechub train --help`.
    """

    _name = "stamp"

    def __init__(
        self,
        *,
        dim: int = 64, max_length: int = 50, dropout: float = 0.2, similarity: str = "dot", temperature: float = 1.0, learn_temperature: bool = False, feature_dim: int = 16,
        user_id: bool = False, hidden_size: int = 64, hidden_dropout: float = 0.2, memory: str = "mean",
        epochs: int = 200, batch_size: int = 512, batching: str = "windows", strictly_earlier: bool = False, first_events: bool = False, loss: str = "", sampler: str = "",
        reduction: str = "", reduction_power: float = 1.0, objectives: Sequence[str] = (), metric: str = "NDCG@10", patience: int = 10, evaluate_every: int = 1, seed: int = 1,
        num_workers: int = 2, unknown_user_share: float = 0.1, checkpoint_minutes: float = 5.0, checkpoint_steps: int = 0, optimizer: str = "adam", learning_rate: float = 0.001,
        weight_decay: float = 0.0, beta1: float = 0.9, beta2: float = 0.999, epsilon: float = 1e-08, clip_norm: float = 0.0, schedule: str = "constant", warmup_steps: int = 0,
        margin: float = 0.2, regulariser: float = 1.0, elu: float = 1.0, gbce_t: float = 0.75, sce_alpha: float = 100.0, num_negatives: int = 512, alpha: float = 0.75,
        shared: bool = True, streaming_rate: float = 0.01, streaming_buckets: int = 0, streaming_hashes: int = 1, hard_negatives: int = 0, hard_source: str = "in_batch",
        mine_every: int = 1, mine_from: int = 101, mine_to: int = 500, queue_size: int = 4096, queue_momentum: float = 0.99, contrastive_weight: float = 0.0,
        views: Sequence[str] = ('crop', 'mask'), contrastive_temperature: float = 0.1, crop_share: float = 0.6, mask_share: float = 0.3, contrastive_queue: int = 0,
        contrastive_momentum: float = 0.99,
    ) -> None:
        self._set(locals())


class YoutubeDNN(Recommender):
    """Covington et al., RecSys 2016.

    dim: width of user and item vectors [64]
    max_length: events of a history that are used, the newest ones [50]
    dropout: share of activations dropped in training, 0 to 1 [0.2]
    similarity: score of a user and an item: dot or cosine ["dot"]
    temperature: the losses divide scores by it; with cosine about 0.05, with dot 1 [1.0]
    learn_temperature: learn the temperature with the weights, from that value on, between .01 and 100 [False]
    feature_dim: embedding width of sparse features that name none [16]
    user_id: also embed the user's id [False]
    user_dims: hidden widths of the user tower; a last linear layer of width dim follows [(128,)]
    activation: of the hidden layers: relu, prelu, gelu, tanh, ... ["relu"]
    tied: items are scored by the vectors that histories are read with; false: by a table of their own [True]
    pooling: of the history: mean, sum or max ["mean"]
    residual: add the pooled history to the tower's output, for data where users come back to the same items; needs tied [False]
    item_std: standard deviation of the first item embeddings; 0: Xavier's, which shrinks as the catalogue grows [0.0]

    How it is trained: SETTINGS in this module, or `rechub train --help`.
    """

    _name = "youtube_dnn"

    def __init__(
        self,
        *,
        dim: int = 64, max_length: int = 50, dropout: float = 0.2, similarity: str = "dot", temperature: float = 1.0, learn_temperature: bool = False, feature_dim: int = 16,
        user_id: bool = False, user_dims: Sequence[int] = (128,), activation: str = "relu", tied: bool = True, pooling: str = "mean", residual: bool = False,
        item_std: float = 0.0,
        epochs: int = 200, batch_size: int = 512, batching: str = "windows", strictly_earlier: bool = False, first_events: bool = False, loss: str = "", sampler: str = "",
        reduction: str = "", reduction_power: float = 1.0, objectives: Sequence[str] = (), metric: str = "NDCG@10", patience: int = 10, evaluate_every: int = 1, seed: int = 1,
        num_workers: int = 2, unknown_user_share: float = 0.1, checkpoint_minutes: float = 5.0, checkpoint_steps: int = 0, optimizer: str = "adam", learning_rate: float = 0.001,
        weight_decay: float = 0.0, beta1: float = 0.9, beta2: float = 0.999, epsilon: float = 1e-08, clip_norm: float = 0.0, schedule: str = "constant", warmup_steps: int = 0,
        margin: float = 0.2, regulariser: float = 1.0, elu: float = 1.0, gbce_t: float = 0.75, sce_alpha: float = 100.0, num_negatives: int = 512, alpha: float = 0.75,
        shared: bool = True, streaming_rate: float = 0.01, streaming_buckets: int = 0, streaming_hashes: int = 1, hard_negatives: int = 0, hard_source: str = "in_batch",
        mine_every: int = 1, mine_from: int = 101, mine_to: int = 500, queue_size: int = 4096, queue_momentum: float = 0.99, contrastive_weight: float = 0.0,
        views: Sequence[str] = ('crop', 'mask'), contrastive_temperature: float = 0.1, crop_share: float = 0.6, mask_share: float = 0.3, contrastive_queue: int = 0,
        contrastive_momentum: float = 0.99,
    ) -> None:
        self._set(locals())


class YoutubeSBC(Recommender):
    """Yi et al., RecSys 2019 (sampling-bias-corrected).

    dim: width of user and item vectors [64]
    max_length: events of a history that are used, the newest ones [50]
    dropout: share of activations dropped in training, 0 to 1 [0.2]
    similarity: score of a user and an item: dot or cosine ["cosine"]
    temperature: the losses divide scores by it; with cosine about 0.05, with dot 1 [0.05]
    learn_temperature: learn the temperature with the weights, from that value on, between .01 and 100 [False]
    feature_dim: embedding width of sparse features that name none [16]
    user_id: also embed the user's id [False]
    user_dims: hidden widths of the user tower; a last linear layer of width dim follows [(256, 128)]
    item_dims: hidden widths of the item tower; a last linear layer of width dim follows [(256, 128)]
    embedding_dim: width of an item's embedding below the towers [64]
    activation: of the hidden layers: tanh (the DSSM paper), relu, prelu, gelu, ... ["relu"]
    item_activation: of the item tower's hidden layers; empty: activation [""]
    item_dropout: of the item tower; -1: dropout [-1.0]
    pooling: of the history: mean, sum or max ["mean"]

    How it is trained: SETTINGS in this module, or `rechub train --help`.
    """

    _name = "youtube_sbc"

    def __init__(
        self,
        *,
        dim: int = 64, max_length: int = 50, dropout: float = 0.2, similarity: str = "cosine", temperature: float = 0.05, learn_temperature: bool = False, feature_dim: int = 16,
        user_id: bool = False, user_dims: Sequence[int] = (256, 128), item_dims: Sequence[int] = (256, 128), embedding_dim: int = 64, activation: str = "relu",
        item_activation: str = "", item_dropout: float = -1.0, pooling: str = "mean",
        epochs: int = 200, batch_size: int = 512, batching: str = "windows", strictly_earlier: bool = False, first_events: bool = False, loss: str = "", sampler: str = "",
        reduction: str = "", reduction_power: float = 1.0, objectives: Sequence[str] = (), metric: str = "NDCG@10", patience: int = 10, evaluate_every: int = 1, seed: int = 1,
        num_workers: int = 2, unknown_user_share: float = 0.1, checkpoint_minutes: float = 5.0, checkpoint_steps: int = 0, optimizer: str = "adam", learning_rate: float = 0.001,
        weight_decay: float = 0.0, beta1: float = 0.9, beta2: float = 0.999, epsilon: float = 1e-08, clip_norm: float = 0.0, schedule: str = "constant", warmup_steps: int = 0,
        margin: float = 0.2, regulariser: float = 1.0, elu: float = 1.0, gbce_t: float = 0.75, sce_alpha: float = 100.0, num_negatives: int = 512, alpha: float = 0.75,
        shared: bool = True, streaming_rate: float = 0.01, streaming_buckets: int = 0, streaming_hashes: int = 1, hard_negatives: int = 0, hard_source: str = "in_batch",
        mine_every: int = 1, mine_from: int = 101, mine_to: int = 500, queue_size: int = 4096, queue_momentum: float = 0.99, contrastive_weight: float = 0.0,
        views: Sequence[str] = ('crop', 'mask'), contrastive_temperature: float = 0.1, crop_share: float = 0.6, mask_share: float = 0.3, contrastive_queue: int = 0,
        contrastive_momentum: float = 0.99,
    ) -> None:
        self._set(locals())


BY_NAME: dict[str, type[Recommender]] = {
    "comirec_dr": ComirecDR,
    "comirec_sa": ComirecSA,
    "dssm": DSSM,
    "facebook_dssm": FaceBookDSSM,
    "gru4rec": GRU4Rec,
    "mind": MIND,
    "narm": NARM,
    "sasrec": SASRec,
    "sine": SINE,
    "stamp": STAMP,
    "youtube_dnn": YoutubeDNN,
    "youtube_sbc": YoutubeSBC,
}
PREPARE = frozenset(
    [
        "user_features", "item_features", "item_vectors", "sequences", "test", "test_targets", "format", "user_col", "item_col", "time_col", "weight_col", "session_col",
        "session_gap", "min_user_events", "min_item_events", "max_bad_rows", "deduplicate", "event_type_col", "keep_events", "target_events", "context_cols", "history_cols",
        "ignore_cols", "time_gap_buckets", "crosses", "text_cols", "text_buckets", "features", "missing", "only_interacted_items", "max_ram",
    ]
)  # what fit and evaluate pass to the preparation
