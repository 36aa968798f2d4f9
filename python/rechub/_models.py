"""The models. Written by tools/python_models.py from the program's own list of settings."""

from __future__ import annotations

from collections.abc import Sequence

from rechub._recommender import Recommender


class ComirecDR(Recommender):
    """Cen et al., KDD 2020 (dynamic routing).

    n_interest: interests of a user [4]
    positions: learnt vectors for places in the history: newest (counted from the newest event), oldest (as left-aligned sequences count) or none ["none"]
    num_layers: causal self-attention blocks (SASRec's) between the history and the interests; the papers have none [0]
    num_heads: attention heads of the blocks; must divide dim [1]
    hidden_size: inner width of the blocks' feed-forward networks; 0: dim [0]
    iterations: of dynamic routing [3]
    position_weights: a matrix for every place in the history and interest (the authors' code), not one an interest [False]
    Settings of all models, which help() lists here:
    """

    _name = "comirec_dr"

    def __init__(
        self, *, dim: int = 64, max_length: int = 50, dropout: float = 0.2, similarity: str = "dot", temperature: float = 0.1, learn_temperature: bool = False,
        feature_dim: int = 16, user_id: bool = False, n_interest: int = 4, positions: str = "none", num_layers: int = 0, num_heads: int = 1, hidden_size: int = 0,
        iterations: int = 3, position_weights: bool = False, epochs: int = 200, batch_size: int = 512, batching: str = "windows", strictly_earlier: bool = False,
        first_events: bool = False, loss: str = "", sampler: str = "", reduction: str = "", reduction_power: float = 1.0, objectives: Sequence[str] = (), metric: str = "NDCG@10",
        patience: int = 10, evaluate_every: int = 1, seed: int = 1, num_workers: int = 2, unknown_user_share: float = 0.1, checkpoint_minutes: float = 5.0,
        checkpoint_steps: int = 0, optimizer: str = "adam", learning_rate: float = 0.001, weight_decay: float = 0.0, beta1: float = 0.9, beta2: float = 0.999,
        epsilon: float = 1e-08, clip_norm: float = 0.0, schedule: str = "constant", warmup_steps: int = 0, margin: float = 0.2, regulariser: float = 1.0, elu: float = 1.0,
        gbce_t: float = 0.75, sce_alpha: float = 100.0, num_negatives: int = 512, alpha: float = 0.75, shared: bool = True, streaming_rate: float = 0.01,
        streaming_buckets: int = 0, streaming_hashes: int = 1, hard_negatives: int = -1, hard_source: str = "in_batch", mine_every: int = 1, mine_from: int = 101,
        mine_to: int = 500, queue_size: int = 4096, queue_momentum: float = 0.99, contrastive_weight: float = 0.0, views: Sequence[str] = ('crop', 'mask'),
        contrastive_temperature: float = 0.1, crop_share: float = 0.6, mask_share: float = 0.3, contrastive_queue: int = 0, contrastive_momentum: float = 0.99,
    ) -> None:
        self._set(locals())


class ComirecSA(Recommender):
    """Cen et al., KDD 2020 (self-attention).

    n_interest: interests of a user [4]
    positions: learnt vectors for places in the history: newest (counted from the newest event), oldest (as left-aligned sequences count) or none ["newest"]
    num_layers: causal self-attention blocks (SASRec's) between the history and the interests; the papers have none [0]
    num_heads: attention heads of the blocks; must divide dim [1]
    hidden_size: inner width of the blocks' feed-forward networks; 0: dim [0]
    attention_size: inner width of the attention over events; 0: 4 x dim, as in the paper [0]
    Settings of all models, which help() lists here:
    """

    _name = "comirec_sa"

    def __init__(
        self, *, dim: int = 64, max_length: int = 50, dropout: float = 0.2, similarity: str = "dot", temperature: float = 1.0, learn_temperature: bool = False,
        feature_dim: int = 16, user_id: bool = False, n_interest: int = 4, positions: str = "newest", num_layers: int = 0, num_heads: int = 1, hidden_size: int = 0,
        attention_size: int = 0, epochs: int = 200, batch_size: int = 512, batching: str = "windows", strictly_earlier: bool = False, first_events: bool = False, loss: str = "",
        sampler: str = "", reduction: str = "", reduction_power: float = 1.0, objectives: Sequence[str] = (), metric: str = "NDCG@10", patience: int = 10,
        evaluate_every: int = 1, seed: int = 1, num_workers: int = 2, unknown_user_share: float = 0.1, checkpoint_minutes: float = 5.0, checkpoint_steps: int = 0,
        optimizer: str = "adam", learning_rate: float = 0.001, weight_decay: float = 0.0, beta1: float = 0.9, beta2: float = 0.999, epsilon: float = 1e-08,
        clip_norm: float = 0.0, schedule: str = "constant", warmup_steps: int = 0, margin: float = 0.2, regulariser: float = 1.0, elu: float = 1.0, gbce_t: float = 0.75,
        sce_alpha: float = 100.0, num_negatives: int = 512, alpha: float = 0.75, shared: bool = True, streaming_rate: float = 0.01, streaming_buckets: int = 0,
        streaming_hashes: int = 1, hard_negatives: int = -1, hard_source: str = "in_batch", mine_every: int = 1, mine_from: int = 101, mine_to: int = 500, queue_size: int = 4096,
        queue_momentum: float = 0.99, contrastive_weight: float = 0.0, views: Sequence[str] = ('crop', 'mask'), contrastive_temperature: float = 0.1, crop_share: float = 0.6,
        mask_share: float = 0.3, contrastive_queue: int = 0, contrastive_momentum: float = 0.99,
    ) -> None:
        self._set(locals())


class DSSM(Recommender):
    """Huang et al., CIKM 2013 (two towers over features).

    user_dims: hidden widths of the user tower; a last linear layer of width dim follows [(128,)]
    item_dims: hidden widths of the item tower; a last linear layer of width dim follows [(128,)]
    embedding_dim: width of an item's embedding below the towers [64]
    activation: of the hidden layers: tanh (the DSSM paper), relu, prelu, gelu, ... ["relu"]
    item_activation: of the item tower's hidden layers; empty: activation [""]
    item_dropout: of the item tower; -1: dropout [-1.0]
    pooling: of the history: mean, sum or max ["mean"]
    Settings of all models, which help() lists here:
    """

    _name = "dssm"

    def __init__(
        self, *, dim: int = 64, max_length: int = 50, dropout: float = 0.2, similarity: str = "cosine", temperature: float = 0.05, learn_temperature: bool = False,
        feature_dim: int = 16, user_id: bool = False, user_dims: Sequence[int] = (128,), item_dims: Sequence[int] = (128,), embedding_dim: int = 64, activation: str = "relu",
        item_activation: str = "", item_dropout: float = -1.0, pooling: str = "mean", epochs: int = 200, batch_size: int = 512, batching: str = "windows",
        strictly_earlier: bool = False, first_events: bool = False, loss: str = "", sampler: str = "", reduction: str = "", reduction_power: float = 1.0,
        objectives: Sequence[str] = (), metric: str = "NDCG@10", patience: int = 10, evaluate_every: int = 1, seed: int = 1, num_workers: int = 2,
        unknown_user_share: float = 0.1, checkpoint_minutes: float = 5.0, checkpoint_steps: int = 0, optimizer: str = "adam", learning_rate: float = 0.001,
        weight_decay: float = 0.0, beta1: float = 0.9, beta2: float = 0.999, epsilon: float = 1e-08, clip_norm: float = 0.0, schedule: str = "constant", warmup_steps: int = 0,
        margin: float = 0.2, regulariser: float = 1.0, elu: float = 1.0, gbce_t: float = 0.75, sce_alpha: float = 100.0, num_negatives: int = 512, alpha: float = 0.75,
        shared: bool = True, streaming_rate: float = 0.01, streaming_buckets: int = 0, streaming_hashes: int = 1, hard_negatives: int = -1, hard_source: str = "in_batch",
        mine_every: int = 1, mine_from: int = 101, mine_to: int = 500, queue_size: int = 4096, queue_momentum: float = 0.99, contrastive_weight: float = 0.0,
        views: Sequence[str] = ('crop', 'mask'), contrastive_temperature: float = 0.1, crop_share: float = 0.6, mask_share: float = 0.3, contrastive_queue: int = 0,
        contrastive_momentum: float = 0.99,
    ) -> None:
        self._set(locals())


class FaceBookDSSM(Recommender):
    """Huang et al., KDD 2020 (deep towers, hinge).

    user_dims: hidden widths of the user tower; a last linear layer of width dim follows [(512, 256)]
    item_dims: hidden widths of the item tower; a last linear layer of width dim follows [(512, 256)]
    embedding_dim: width of an item's embedding below the towers [64]
    activation: of the hidden layers: tanh (the DSSM paper), relu, prelu, gelu, ... ["relu"]
    item_activation: of the item tower's hidden layers; empty: activation [""]
    item_dropout: of the item tower; -1: dropout [-1.0]
    pooling: of the history: mean, sum or max ["mean"]
    Settings of all models, which help() lists here:
    """

    _name = "facebook_dssm"

    def __init__(
        self, *, dim: int = 128, max_length: int = 50, dropout: float = 0.2, similarity: str = "cosine", temperature: float = 1.0, learn_temperature: bool = False,
        feature_dim: int = 16, user_id: bool = False, user_dims: Sequence[int] = (512, 256), item_dims: Sequence[int] = (512, 256), embedding_dim: int = 64,
        activation: str = "relu", item_activation: str = "", item_dropout: float = -1.0, pooling: str = "mean", epochs: int = 200, batch_size: int = 512,
        batching: str = "windows", strictly_earlier: bool = False, first_events: bool = False, loss: str = "", sampler: str = "", reduction: str = "",
        reduction_power: float = 1.0, objectives: Sequence[str] = (), metric: str = "NDCG@10", patience: int = 10, evaluate_every: int = 1, seed: int = 1, num_workers: int = 2,
        unknown_user_share: float = 0.1, checkpoint_minutes: float = 5.0, checkpoint_steps: int = 0, optimizer: str = "adam", learning_rate: float = 0.001,
        weight_decay: float = 0.0, beta1: float = 0.9, beta2: float = 0.999, epsilon: float = 1e-08, clip_norm: float = 0.0, schedule: str = "constant", warmup_steps: int = 0,
        margin: float = 0.2, regulariser: float = 1.0, elu: float = 1.0, gbce_t: float = 0.75, sce_alpha: float = 100.0, num_negatives: int = 512, alpha: float = 0.75,
        shared: bool = True, streaming_rate: float = 0.01, streaming_buckets: int = 0, streaming_hashes: int = 1, hard_negatives: int = -1, hard_source: str = "in_batch",
        mine_every: int = 1, mine_from: int = 101, mine_to: int = 500, queue_size: int = 4096, queue_momentum: float = 0.99, contrastive_weight: float = 0.0,
        views: Sequence[str] = ('crop', 'mask'), contrastive_temperature: float = 0.1, crop_share: float = 0.6, mask_share: float = 0.3, contrastive_queue: int = 0,
        contrastive_momentum: float = 0.99,
    ) -> None:
        self._set(locals())


class GRU4Rec(Recommender):
    """Hidasi et al., ICLR 2016; Hidasi and Karatzoglou, 2018.

    hidden_size: width of the GRU's state [128]
    num_layers: stacked GRU layers [1]
    hidden_dropout: dropout of the states that the projection reads; `dropout` is that of the layers' inputs [0.5]
    cell: reset_after (cuDNN, PyTorch) or reset_before (the paper) ["reset_after"]
    Settings of all models, which help() lists here:
    """

    _name = "gru4rec"

    def __init__(
        self, *, dim: int = 64, max_length: int = 50, dropout: float = 0.5, similarity: str = "dot", temperature: float = 1.0, learn_temperature: bool = False,
        feature_dim: int = 16, user_id: bool = False, hidden_size: int = 128, num_layers: int = 1, hidden_dropout: float = 0.5, cell: str = "reset_after", epochs: int = 200,
        batch_size: int = 512, batching: str = "windows", strictly_earlier: bool = False, first_events: bool = False, loss: str = "", sampler: str = "", reduction: str = "",
        reduction_power: float = 1.0, objectives: Sequence[str] = (), metric: str = "NDCG@10", patience: int = 10, evaluate_every: int = 1, seed: int = 1, num_workers: int = 2,
        unknown_user_share: float = 0.1, checkpoint_minutes: float = 5.0, checkpoint_steps: int = 0, optimizer: str = "adam", learning_rate: float = 0.001,
        weight_decay: float = 0.0, beta1: float = 0.9, beta2: float = 0.999, epsilon: float = 1e-08, clip_norm: float = 0.0, schedule: str = "constant", warmup_steps: int = 0,
        margin: float = 0.2, regulariser: float = 1.0, elu: float = 1.0, gbce_t: float = 0.75, sce_alpha: float = 100.0, num_negatives: int = 512, alpha: float = 0.75,
        shared: bool = True, streaming_rate: float = 0.01, streaming_buckets: int = 0, streaming_hashes: int = 1, hard_negatives: int = -1, hard_source: str = "in_batch",
        mine_every: int = 1, mine_from: int = 101, mine_to: int = 500, queue_size: int = 4096, queue_momentum: float = 0.99, contrastive_weight: float = 0.0,
        views: Sequence[str] = ('crop', 'mask'), contrastive_temperature: float = 0.1, crop_share: float = 0.6, mask_share: float = 0.3, contrastive_queue: int = 0,
        contrastive_momentum: float = 0.99,
    ) -> None:
        self._set(locals())


class MIND(Recommender):
    """Li et al., CIKM 2019.

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
    Settings of all models, which help() lists here:
    """

    _name = "mind"

    def __init__(
        self, *, dim: int = 64, max_length: int = 50, dropout: float = 0.2, similarity: str = "dot", temperature: float = 0.1, learn_temperature: bool = False,
        feature_dim: int = 16, user_id: bool = False, n_interest: int = 4, positions: str = "none", num_layers: int = 0, num_heads: int = 1, hidden_size: int = 0,
        iterations: int = 3, dynamic_interests: bool = True, user_dims: Sequence[int] = (256,), activation: str = "relu", output_activation: str = "identity", epochs: int = 200,
        batch_size: int = 512, batching: str = "windows", strictly_earlier: bool = False, first_events: bool = False, loss: str = "", sampler: str = "", reduction: str = "",
        reduction_power: float = 1.0, objectives: Sequence[str] = (), metric: str = "NDCG@10", patience: int = 10, evaluate_every: int = 1, seed: int = 1, num_workers: int = 2,
        unknown_user_share: float = 0.1, checkpoint_minutes: float = 5.0, checkpoint_steps: int = 0, optimizer: str = "adam", learning_rate: float = 0.001,
        weight_decay: float = 0.0, beta1: float = 0.9, beta2: float = 0.999, epsilon: float = 1e-08, clip_norm: float = 0.0, schedule: str = "constant", warmup_steps: int = 0,
        margin: float = 0.2, regulariser: float = 1.0, elu: float = 1.0, gbce_t: float = 0.75, sce_alpha: float = 100.0, num_negatives: int = 512, alpha: float = 0.75,
        shared: bool = True, streaming_rate: float = 0.01, streaming_buckets: int = 0, streaming_hashes: int = 1, hard_negatives: int = -1, hard_source: str = "in_batch",
        mine_every: int = 1, mine_from: int = 101, mine_to: int = 500, queue_size: int = 4096, queue_momentum: float = 0.99, contrastive_weight: float = 0.0,
        views: Sequence[str] = ('crop', 'mask'), contrastive_temperature: float = 0.1, crop_share: float = 0.6, mask_share: float = 0.3, contrastive_queue: int = 0,
        contrastive_momentum: float = 0.99,
    ) -> None:
        self._set(locals())


class NARM(Recommender):
    """Li et al., CIKM 2017.

    hidden_size: width of the GRU's state [128]
    num_layers: stacked GRU layers [1]
    hidden_dropout: dropout of [local; global] that the projection reads; `dropout` is that of the layers' inputs [0.5]
    attention: softmax (the authors' code) or unnormalised (the paper) ["softmax"]
    cell: reset_after (cuDNN, PyTorch) or reset_before (the authors' code) ["reset_after"]
    projection_bias: a bias behind B, which the paper has not: with it items have a popularity of their own, b . E[i] [False]
    Settings of all models, which help() lists here:
    """

    _name = "narm"

    def __init__(
        self, *, dim: int = 64, max_length: int = 50, dropout: float = 0.5, similarity: str = "dot", temperature: float = 1.0, learn_temperature: bool = False,
        feature_dim: int = 16, user_id: bool = False, hidden_size: int = 128, num_layers: int = 1, hidden_dropout: float = 0.5, attention: str = "softmax",
        cell: str = "reset_after", projection_bias: bool = False, epochs: int = 200, batch_size: int = 512, batching: str = "windows", strictly_earlier: bool = False,
        first_events: bool = False, loss: str = "", sampler: str = "", reduction: str = "", reduction_power: float = 1.0, objectives: Sequence[str] = (), metric: str = "NDCG@10",
        patience: int = 10, evaluate_every: int = 1, seed: int = 1, num_workers: int = 2, unknown_user_share: float = 0.1, checkpoint_minutes: float = 5.0,
        checkpoint_steps: int = 0, optimizer: str = "adam", learning_rate: float = 0.001, weight_decay: float = 0.0, beta1: float = 0.9, beta2: float = 0.999,
        epsilon: float = 1e-08, clip_norm: float = 0.0, schedule: str = "constant", warmup_steps: int = 0, margin: float = 0.2, regulariser: float = 1.0, elu: float = 1.0,
        gbce_t: float = 0.75, sce_alpha: float = 100.0, num_negatives: int = 512, alpha: float = 0.75, shared: bool = True, streaming_rate: float = 0.01,
        streaming_buckets: int = 0, streaming_hashes: int = 1, hard_negatives: int = -1, hard_source: str = "in_batch", mine_every: int = 1, mine_from: int = 101,
        mine_to: int = 500, queue_size: int = 4096, queue_momentum: float = 0.99, contrastive_weight: float = 0.0, views: Sequence[str] = ('crop', 'mask'),
        contrastive_temperature: float = 0.1, crop_share: float = 0.6, mask_share: float = 0.3, contrastive_queue: int = 0, contrastive_momentum: float = 0.99,
    ) -> None:
        self._set(locals())


class SASRec(Recommender):
    """Kang and McAuley, ICDM 2018.

    num_layers: attention blocks [2]
    num_heads: attention heads; must divide dim [1]
    hidden_size: inner width of the feed-forward network; 0: dim [0]
    activation: of the feed-forward network: relu, gelu, prelu, tanh, ... ["relu"]
    block: residual (adds the raw stream) or original (the authors' code: adds the normalised queries, no output projection) ["residual"]
    Settings of all models, which help() lists here:
    """

    _name = "sasrec"

    def __init__(
        self, *, dim: int = 64, max_length: int = 50, dropout: float = 0.5, similarity: str = "dot", temperature: float = 1.0, learn_temperature: bool = False,
        feature_dim: int = 16, user_id: bool = False, num_layers: int = 2, num_heads: int = 1, hidden_size: int = 0, activation: str = "relu", block: str = "residual",
        epochs: int = 200, batch_size: int = 512, batching: str = "windows", strictly_earlier: bool = False, first_events: bool = False, loss: str = "", sampler: str = "",
        reduction: str = "", reduction_power: float = 1.0, objectives: Sequence[str] = (), metric: str = "NDCG@10", patience: int = 10, evaluate_every: int = 1, seed: int = 1,
        num_workers: int = 2, unknown_user_share: float = 0.1, checkpoint_minutes: float = 5.0, checkpoint_steps: int = 0, optimizer: str = "adam", learning_rate: float = 0.001,
        weight_decay: float = 0.0, beta1: float = 0.9, beta2: float = 0.999, epsilon: float = 1e-08, clip_norm: float = 0.0, schedule: str = "constant", warmup_steps: int = 0,
        margin: float = 0.2, regulariser: float = 1.0, elu: float = 1.0, gbce_t: float = 0.75, sce_alpha: float = 100.0, num_negatives: int = 512, alpha: float = 0.75,
        shared: bool = True, streaming_rate: float = 0.01, streaming_buckets: int = 0, streaming_hashes: int = 1, hard_negatives: int = -1, hard_source: str = "in_batch",
        mine_every: int = 1, mine_from: int = 101, mine_to: int = 500, queue_size: int = 4096, queue_momentum: float = 0.99, contrastive_weight: float = 0.0,
        views: Sequence[str] = ('crop', 'mask'), contrastive_temperature: float = 0.1, crop_share: float = 0.6, mask_share: float = 0.3, contrastive_queue: int = 0,
        contrastive_momentum: float = 0.99,
    ) -> None:
        self._set(locals())


class SINE(Recommender):
    """Tan et al., WSDM 2021.

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
    Settings of all models, which help() lists here:
    """

    _name = "sine"

    def __init__(
        self, *, dim: int = 64, max_length: int = 50, dropout: float = 0.2, similarity: str = "dot", temperature: float = 1.0, learn_temperature: bool = False,
        feature_dim: int = 16, user_id: bool = False, n_interest: int = 4, positions: str = "none", num_layers: int = 0, num_heads: int = 1, hidden_size: int = 0,
        num_prototypes: int = 500, attention_size: int = 0, interest_temperature: float = 0.1, regularisation: float = 0.1, variant: str = "paper", epochs: int = 200,
        batch_size: int = 512, batching: str = "windows", strictly_earlier: bool = False, first_events: bool = False, loss: str = "", sampler: str = "", reduction: str = "",
        reduction_power: float = 1.0, objectives: Sequence[str] = (), metric: str = "NDCG@10", patience: int = 10, evaluate_every: int = 1, seed: int = 1, num_workers: int = 2,
        unknown_user_share: float = 0.1, checkpoint_minutes: float = 5.0, checkpoint_steps: int = 0, optimizer: str = "adam", learning_rate: float = 0.001,
        weight_decay: float = 0.0, beta1: float = 0.9, beta2: float = 0.999, epsilon: float = 1e-08, clip_norm: float = 0.0, schedule: str = "constant", warmup_steps: int = 0,
        margin: float = 0.2, regulariser: float = 1.0, elu: float = 1.0, gbce_t: float = 0.75, sce_alpha: float = 100.0, num_negatives: int = 512, alpha: float = 0.75,
        shared: bool = True, streaming_rate: float = 0.01, streaming_buckets: int = 0, streaming_hashes: int = 1, hard_negatives: int = -1, hard_source: str = "in_batch",
        mine_every: int = 1, mine_from: int = 101, mine_to: int = 500, queue_size: int = 4096, queue_momentum: float = 0.99, contrastive_weight: float = 0.0,
        views: Sequence[str] = ('crop', 'mask'), contrastive_temperature: float = 0.1, crop_share: float = 0.6, mask_share: float = 0.3, contrastive_queue: int = 0,
        contrastive_momentum: float = 0.99,
    ) -> None:
        self._set(locals())


class STAMP(Recommender):
    """Liu et al., KDD 2018.

    hidden_size: width of the attention (the paper: dim) [64]
    hidden_dropout: dropout of the user vector; `dropout` is that of the history's vectors [0.2]
    memory: what is added to the attended memory: mean (of the history; the authors' code), last (event) or none (the paper) ["mean"]
    Settings of all models, which help() lists here:
    """

    _name = "stamp"

    def __init__(
        self, *, dim: int = 64, max_length: int = 50, dropout: float = 0.5, similarity: str = "dot", temperature: float = 1.0, learn_temperature: bool = False,
        feature_dim: int = 16, user_id: bool = False, hidden_size: int = 64, hidden_dropout: float = 0.2, memory: str = "mean", epochs: int = 200, batch_size: int = 512,
        batching: str = "windows", strictly_earlier: bool = False, first_events: bool = False, loss: str = "", sampler: str = "", reduction: str = "",
        reduction_power: float = 1.0, objectives: Sequence[str] = (), metric: str = "NDCG@10", patience: int = 10, evaluate_every: int = 1, seed: int = 1, num_workers: int = 2,
        unknown_user_share: float = 0.1, checkpoint_minutes: float = 5.0, checkpoint_steps: int = 0, optimizer: str = "adam", learning_rate: float = 0.001,
        weight_decay: float = 0.0, beta1: float = 0.9, beta2: float = 0.999, epsilon: float = 1e-08, clip_norm: float = 0.0, schedule: str = "constant", warmup_steps: int = 0,
        margin: float = 0.2, regulariser: float = 1.0, elu: float = 1.0, gbce_t: float = 0.75, sce_alpha: float = 100.0, num_negatives: int = 512, alpha: float = 0.75,
        shared: bool = True, streaming_rate: float = 0.01, streaming_buckets: int = 0, streaming_hashes: int = 1, hard_negatives: int = -1, hard_source: str = "in_batch",
        mine_every: int = 1, mine_from: int = 101, mine_to: int = 500, queue_size: int = 4096, queue_momentum: float = 0.99, contrastive_weight: float = 0.0,
        views: Sequence[str] = ('crop', 'mask'), contrastive_temperature: float = 0.1, crop_share: float = 0.6, mask_share: float = 0.3, contrastive_queue: int = 0,
        contrastive_momentum: float = 0.99,
    ) -> None:
        self._set(locals())


class YoutubeDNN(Recommender):
    """Covington et al., RecSys 2016.

    user_dims: hidden widths of the user tower; a last linear layer of width dim follows [(128,)]
    activation: of the hidden layers: relu, prelu, gelu, tanh, ... ["relu"]
    tied: items are scored by the vectors that histories are read with; false: by a table of their own [True]
    pooling: of the history: mean, sum or max ["mean"]
    residual: add the pooled history to the tower's output, for data where users come back to the same items; needs tied [False]
    item_std: standard deviation of the first item embeddings; 0: Xavier's, which shrinks as the catalogue grows [0.0]
    example_age: train with the age of each target, recommend with age 0, so that lists follow what is popular now; needs times [False]
    Settings of all models, which help() lists here:
    """

    _name = "youtube_dnn"

    def __init__(
        self, *, dim: int = 64, max_length: int = 50, dropout: float = 0.5, similarity: str = "dot", temperature: float = 1.0, learn_temperature: bool = False,
        feature_dim: int = 16, user_id: bool = False, user_dims: Sequence[int] = (128,), activation: str = "relu", tied: bool = True, pooling: str = "mean",
        residual: bool = False, item_std: float = 0.0, example_age: bool = False, epochs: int = 200, batch_size: int = 512, batching: str = "windows",
        strictly_earlier: bool = False, first_events: bool = False, loss: str = "", sampler: str = "", reduction: str = "", reduction_power: float = 1.0,
        objectives: Sequence[str] = (), metric: str = "NDCG@10", patience: int = 10, evaluate_every: int = 1, seed: int = 1, num_workers: int = 2,
        unknown_user_share: float = 0.1, checkpoint_minutes: float = 5.0, checkpoint_steps: int = 0, optimizer: str = "adam", learning_rate: float = 0.001,
        weight_decay: float = 0.0, beta1: float = 0.9, beta2: float = 0.999, epsilon: float = 1e-08, clip_norm: float = 0.0, schedule: str = "constant", warmup_steps: int = 0,
        margin: float = 0.2, regulariser: float = 1.0, elu: float = 1.0, gbce_t: float = 0.75, sce_alpha: float = 100.0, num_negatives: int = 512, alpha: float = 0.75,
        shared: bool = True, streaming_rate: float = 0.01, streaming_buckets: int = 0, streaming_hashes: int = 1, hard_negatives: int = -1, hard_source: str = "in_batch",
        mine_every: int = 1, mine_from: int = 101, mine_to: int = 500, queue_size: int = 4096, queue_momentum: float = 0.99, contrastive_weight: float = 0.0,
        views: Sequence[str] = ('crop', 'mask'), contrastive_temperature: float = 0.1, crop_share: float = 0.6, mask_share: float = 0.3, contrastive_queue: int = 0,
        contrastive_momentum: float = 0.99,
    ) -> None:
        self._set(locals())


class YoutubeSBC(Recommender):
    """Yi et al., RecSys 2019 (sampling-bias-corrected).

    user_dims: hidden widths of the user tower; a last linear layer of width dim follows [(256, 128)]
    item_dims: hidden widths of the item tower; a last linear layer of width dim follows [(256, 128)]
    embedding_dim: width of an item's embedding below the towers [64]
    activation: of the hidden layers: tanh (the DSSM paper), relu, prelu, gelu, ... ["relu"]
    item_activation: of the item tower's hidden layers; empty: activation [""]
    item_dropout: of the item tower; -1: dropout [-1.0]
    pooling: of the history: mean, sum or max ["mean"]
    Settings of all models, which help() lists here:
    """

    _name = "youtube_sbc"

    def __init__(
        self, *, dim: int = 64, max_length: int = 50, dropout: float = 0.2, similarity: str = "cosine", temperature: float = 0.05, learn_temperature: bool = False,
        feature_dim: int = 16, user_id: bool = False, user_dims: Sequence[int] = (256, 128), item_dims: Sequence[int] = (256, 128), embedding_dim: int = 64,
        activation: str = "relu", item_activation: str = "", item_dropout: float = -1.0, pooling: str = "mean", epochs: int = 200, batch_size: int = 512,
        batching: str = "windows", strictly_earlier: bool = False, first_events: bool = False, loss: str = "", sampler: str = "", reduction: str = "",
        reduction_power: float = 1.0, objectives: Sequence[str] = (), metric: str = "NDCG@10", patience: int = 10, evaluate_every: int = 1, seed: int = 1, num_workers: int = 2,
        unknown_user_share: float = 0.1, checkpoint_minutes: float = 5.0, checkpoint_steps: int = 0, optimizer: str = "adam", learning_rate: float = 0.001,
        weight_decay: float = 0.0, beta1: float = 0.9, beta2: float = 0.999, epsilon: float = 1e-08, clip_norm: float = 0.0, schedule: str = "constant", warmup_steps: int = 0,
        margin: float = 0.2, regulariser: float = 1.0, elu: float = 1.0, gbce_t: float = 0.75, sce_alpha: float = 100.0, num_negatives: int = 512, alpha: float = 0.75,
        shared: bool = True, streaming_rate: float = 0.01, streaming_buckets: int = 0, streaming_hashes: int = 1, hard_negatives: int = -1, hard_source: str = "in_batch",
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
