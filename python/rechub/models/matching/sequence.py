"""GRU4Rec, NARM, SASRec and STAMP.

In the document's form they take user_features and item_features, one of the former a SequenceFeature of item ids. `embedding_dim` is the width of the vectors, to which items
are projected unless their features have that width together; `max_length` is how many of a history's newest events are used. ValueError for arguments that do not fit together,
naming them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rechub.basic.features import DenseFeature, Feature, SequenceFeature, SparseFeature
from rechub.models.matching._model import Features, MatchModel, Tower, feature_list, last_width, reject_both, with_history


class GRU4Rec(MatchModel):
    """A GRU over the session (Hidasi et al., ICLR 2016).

    Torch-RecHub's form is GRU4Rec(user_features, history_features, item_features, neg_item_feature, user_params, temperature). The last of user_params' dims is the width of the
    vectors, the history's embed_dim that of the state, num_layers and dropout those of the GRU; widths before the last have no layer here (a state and the user's features are
    joined linearly). neg_item_feature is not read.
    """

    def __init__(
        self,
        user_features: Features,
        history_features: Features | None = None,
        item_features: Features | None = None,
        neg_item_feature: Any = None,
        user_params: Tower | None = None,
        temperature: float = 0.02,
        *,
        embedding_dim: int | None = None,
        hidden_size: int | None = None,
        num_layers: int | None = None,
        dropout: float | None = None,
        max_length: int = 50,
    ) -> None:
        arguments: dict[str, Any] = {"embedding_dim": embedding_dim, "hidden_size": hidden_size, "num_layers": num_layers, "dropout": dropout}
        if history_features is not None:
            user_features, width = with_history("GRU4Rec", user_features, history_features, arguments)
            tower = dict(user_params or {})
            arguments = {"embedding_dim": last_width(tower, width), "hidden_size": width, "num_layers": tower.get("num_layers", 2), "dropout": tower.get("dropout", 0.0)}
        elif user_params is not None:
            raise ValueError("GRU4Rec: user_params goes with history_features; with user_features alone give embedding_dim, hidden_size, num_layers and dropout")
        super().__init__(user_features, item_features, arguments, temperature=temperature, max_length=max_length)


class NARM(MatchModel):
    """A GRU over the session, its last state and what attention makes of the others (Li et al., CIKM 2017).

    Torch-RecHub's form is NARM(item_history_feature, hidden_dim, emb_dropout_p, session_rep_dropout_p, item_feature). Without item_feature the labels are the items' ids, as in its
    examples (mode 2).
    """

    def __init__(
        self,
        item_history_feature: SequenceFeature | None = None,
        hidden_dim: int | None = None,
        emb_dropout_p: float | None = None,
        session_rep_dropout_p: float | None = None,
        item_feature: SparseFeature | None = None,
        *,
        user_features: Features | None = None,
        item_features: Features | None = None,
        embedding_dim: int | None = None,
        hidden_size: int | None = None,
        num_layers: int | None = None,
        dropout: float | None = None,
        temperature: float = 0.02,
        max_length: int = 50,
    ) -> None:
        arguments = {"embedding_dim": embedding_dim, "hidden_size": hidden_size, "num_layers": num_layers, "dropout": dropout}
        options: dict[str, Any] = {}
        target = None
        if item_history_feature is not None:
            document = {**arguments, "user_features": user_features, "item_features": item_features}
            user_features, item_features, target = _session_features("NARM", "item_history_feature", item_history_feature, item_feature, document)
            arguments = {"embedding_dim": item_history_feature.embed_dim, "hidden_size": hidden_dim, "num_layers": 1, "dropout": emb_dropout_p}
            options = {"hidden_dropout": session_rep_dropout_p}
        super().__init__(user_features, item_features, arguments, options, target, temperature=temperature, max_length=max_length)


class SASRec(MatchModel):
    """Self-attention over the history (Kang and McAuley, ICDM 2018).

    Torch-RecHub's form is SASRec(features=[seq, pos, neg], max_len, dropout_rate, num_blocks, num_heads, item_feature). Where the rows have the list `pos`, each of its items is
    a target with the events of `seq` before it, one row each; `neg` is not read. With item_feature a row's target is that column's.
    """

    def __init__(
        self,
        features: Features | None = None,
        max_len: int | None = None,
        dropout_rate: float | None = None,
        num_blocks: int | None = None,
        num_heads: int | None = None,
        item_feature: SparseFeature | None = None,
        *,
        user_features: Features | None = None,
        item_features: Features | None = None,
        embedding_dim: int | None = None,
        num_layers: int | None = None,
        hidden_size: int | None = None,
        dropout: float | None = None,
        temperature: float = 0.02,
        max_length: int = 50,
    ) -> None:
        arguments = {"embedding_dim": embedding_dim, "num_layers": num_layers, "hidden_size": hidden_size, "dropout": dropout, "num_heads": num_heads}
        target = None
        if features is not None:
            features = feature_list(features, "features", "SASRec")
            if len(features) not in (1, 3) or len(features) == 1 and item_feature is None:
                raise ValueError(f"SASRec: features should be the lists [seq, pos, neg], or [seq] with item_feature, got {len(features)}")
            if item_feature is None and isinstance(features[1], DenseFeature):
                raise ValueError(f"SASRec: {features[1].name} should be a SequenceFeature of item ids")
            document = {**arguments, "num_heads": None, "user_features": user_features, "item_features": item_features}
            user_features, item_features, target = _session_features("SASRec", "features", features[0], item_feature, document, features[min(1, len(features) - 1)].name)
            width = features[0].embed_dim
            arguments = {
                "embedding_dim": width,
                "num_layers": 2 if num_blocks is None else num_blocks,
                "hidden_size": width,
                "dropout": 0.5 if dropout_rate is None else dropout_rate,
                "num_heads": 1 if num_heads is None else num_heads,
            }
            max_length = 50 if max_len is None else max_len
        super().__init__(user_features, item_features, arguments, target_column=target, temperature=temperature, max_length=max_length)


class STAMP(MatchModel):
    """Attention over the session by its last event and its mean (Liu et al., KDD 2018).

    Torch-RecHub's form is STAMP(item_history_feature, weight_std, emb_std, item_feature). weight_std and emb_std are not read: weights are drawn at the scale of their input.
    Without item_feature the labels are the items' ids, as in its examples (mode 2).
    """

    def __init__(
        self,
        item_history_feature: SequenceFeature | None = None,
        weight_std: float | None = None,
        emb_std: float | None = None,
        item_feature: SparseFeature | None = None,
        *,
        user_features: Features | None = None,
        item_features: Features | None = None,
        embedding_dim: int | None = None,
        hidden_size: int | None = None,
        dropout: float | None = None,
        temperature: float = 0.02,
        max_length: int = 50,
    ) -> None:
        arguments: dict[str, Any] = {"embedding_dim": embedding_dim, "hidden_size": hidden_size, "dropout": dropout}
        target = None
        if item_history_feature is not None:
            document = {**arguments, "user_features": user_features, "item_features": item_features}
            user_features, item_features, target = _session_features("STAMP", "item_history_feature", item_history_feature, item_feature, document)
            arguments = {"embedding_dim": item_history_feature.embed_dim, "hidden_size": item_history_feature.embed_dim, "dropout": 0.0}
        super().__init__(user_features, item_features, arguments, target_column=target, temperature=temperature, max_length=max_length)


def _session_features(
    model: str, argument: str, history: Any, item_feature: Any, document: Mapping[str, Any], target: str = "y"
) -> tuple[list[Feature], list[Feature], str | None]:
    """Features of the user and of the item for a model that has one history, given as `argument`, which goes with none of the `document`'s arguments; and the column that holds
    the target where no feature names it."""
    reject_both(model, {argument: history}, document)
    if not isinstance(history, SequenceFeature):
        raise ValueError(f"{model}: the history should be a SequenceFeature of item ids, got {history!r}")
    if item_feature is not None and not isinstance(item_feature, SparseFeature):
        raise ValueError(f"{model}: item_feature should be a SparseFeature of item ids, got {item_feature!r}")
    item = item_feature or SparseFeature(target if target != "y" else "item_id", history.vocab_size, history.embed_dim)
    tied = SequenceFeature(history.name, history.vocab_size, history.embed_dim, "concat", item.name)
    return [tied], [SparseFeature(item.name, item.vocab_size, history.embed_dim)], None if item_feature else target
