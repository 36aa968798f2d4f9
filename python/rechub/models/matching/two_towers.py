"""DSSM, FaceBookDSSM, YoutubeDNN and YoutubeSBC."""

from __future__ import annotations

from typing import Any

from rechub.models.matching._model import Features, MatchModel, Tower


class DSSM(MatchModel):
    """Two towers whose vectors meet in a cosine (Huang et al., CIKM 2013).

    Args:
        user_features, item_features: what each tower reads.
        user_params, item_params: {"dims", "dropout", "activation"}: hidden layers of all widths but the last, then a linear layer of the last one, that of the vectors, equal on
            both sides. Left out: [256, 128, 64], 0, "relu". Activations: relu, prelu, gelu, tanh, sigmoid, leaky_relu, silu.
        temperature: the losses see the cosine over it.
        max_length: how many of a history's newest events are used.
        sim_func: "cosine", as early versions of Torch-RecHub name it.

    Raises ValueError for arguments that do not fit together, naming them.
    """

    def __init__(
        self,
        user_features: Features,
        item_features: Features,
        user_params: Tower | None = None,
        item_params: Tower | None = None,
        temperature: float = 0.02,
        *,
        max_length: int = 50,
        sim_func: str = "cosine",
    ) -> None:
        if sim_func != "cosine":
            raise ValueError(f"DSSM: sim_func should be cosine, got {sim_func!r}")
        super().__init__(user_features, item_features, {"user_params": user_params, "item_params": item_params}, temperature=temperature, max_length=max_length)


class FaceBookDSSM(MatchModel):
    """Deeper towers; in mode 1 the hinge of Huang et al. (KDD 2020), margin .2, against random items and the two hardest of the batch.

    Torch-RecHub's form is FaceBookDSSM(user_features, pos_item_features, neg_item_features, user_params, item_params, temperature). pos_item_features are the item's;
    neg_item_features are
    not read: negatives are drawn anew for each batch, from the items' own tables. Others as for DSSM; dims left out: [512, 256, 128].
    """

    def __init__(
        self,
        user_features: Features,
        pos_item_features: Features | None = None,
        neg_item_features: Features | None = None,
        user_params: Tower | None = None,
        item_params: Tower | None = None,
        temperature: float = 1.0,
        *,
        item_features: Features | None = None,
        max_length: int = 50,
    ) -> None:
        if pos_item_features is not None and item_features is not None:
            raise ValueError("FaceBookDSSM: pos_item_features and item_features are the same thing: give one of them")
        items = item_features if pos_item_features is None else pos_item_features
        super().__init__(user_features, items, {"user_params": user_params, "item_params": item_params}, temperature=temperature, max_length=max_length)


class YoutubeDNN(MatchModel):
    """A tower over the user's pooled history and features; items are the history's own vectors (Covington et al., RecSys 2016), projected to the tower's last width.

    Torch-RecHub's form is YoutubeDNN(user_features, item_features, neg_item_feature, user_params, temperature). neg_item_feature is not read: in mode 2 the softmax is over all
    items. Others as for DSSM.
    """

    def __init__(
        self,
        user_features: Features,
        item_features: Features,
        neg_item_feature: Any = None,
        user_params: Tower | None = None,
        temperature: float = 0.02,
        *,
        max_length: int = 50,
    ) -> None:
        super().__init__(user_features, item_features, {"user_params": user_params}, temperature=temperature, max_length=max_length)


class YoutubeSBC(MatchModel):
    """Two towers; in mode 2 the softmax over the batch's items, corrected for how often each is in a batch (Yi et al., RecSys 2019).

    Torch-RecHub's form is YoutubeSBC(user_features, item_features, sample_weight_feature, user_params, item_params, batch_size, n_neg, temperature). sample_weight_feature,
    batch_size and
    n_neg are not read: the frequencies are learnt from the batches, and all of a batch's items are candidates. item_params left out: as user_params. Others as for DSSM.
    """

    def __init__(
        self,
        user_features: Features,
        item_features: Features,
        sample_weight_feature: Any = None,
        user_params: Tower | None = None,
        item_params: Tower | None = None,
        batch_size: int | None = None,
        n_neg: int | None = None,
        temperature: float = 0.02,
        *,
        max_length: int = 50,
    ) -> None:
        super().__init__(user_features, item_features, {"user_params": user_params, "item_params": item_params}, temperature=temperature, max_length=max_length)
