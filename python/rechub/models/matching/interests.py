"""MIND, ComirecDR, ComirecSA and SINE: n_interest vectors a user, of which the best counts; SINE joins them to one.

In the document's form they take user_features and item_features, one of the former a SequenceFeature of item ids. `num_layers` blocks of self-attention with `num_heads` heads and
feed-forward networks `hidden_size` wide stand between the history and the interests; the papers have none, and neither have Torch-RecHub's own forms here. Others as in
sequence.py.
"""

from __future__ import annotations

from typing import Any

from rechub.basic.features import SequenceFeature, SparseFeature
from rechub.models.matching._model import Features, MatchModel, Tower, reject_both, with_history


class MIND(MatchModel):
    """Interests by dynamic routing, as many as the logarithm of the history's length, at most n_interest (Li et al., CIKM 2019).

    The layers of user_params turn each interest and the user's features into a vector of their last width, to which items are projected. n_items: ids of items are below it;
    None: the vocab_size of the item's id.

    Torch-RecHub's form is MIND(user_features, history_features, item_features, neg_item_feature, max_length, temperature, interest_num, dynamic_interest). Its vectors are as
    wide as the history's embeddings. neg_item_feature and dynamic_interest are not read: interests that a short history has not are copies of the first.
    """

    def __init__(
        self,
        user_features: Features,
        history_features: Features | None = None,
        item_features: Features | None = None,
        neg_item_feature: Any = None,
        max_length: int = 50,
        temperature: float = 0.02,
        interest_num: int | None = None,
        dynamic_interest: bool | None = None,
        *,
        user_params: Tower | None = None,
        n_items: int | None = None,
        n_interest: int | None = None,
    ) -> None:
        arguments: dict[str, Any] = {"user_params": user_params, "n_items": n_items, "n_interest": n_interest}
        if history_features is not None:
            user_features, width = with_history("MIND", user_features, history_features, arguments)
            arguments = {"user_params": {"dims": [width]}, "n_interest": interest_num}
        super().__init__(user_features, item_features, arguments, temperature=temperature, max_length=max_length)


class ComirecDR(MatchModel):
    """Interests by dynamic routing with matrices of their own (Cen et al., KDD 2020).

    Torch-RecHub's form is ComirecDR(user_features, history_features, item_features, neg_item_feature, max_length, temperature, interest_num); vectors as wide as the history's
    embeddings. neg_item_feature is not read.
    """

    def __init__(
        self,
        user_features: Features,
        history_features: Features | None = None,
        item_features: Features | None = None,
        neg_item_feature: Any = None,
        max_length: int = 50,
        temperature: float = 0.02,
        interest_num: int | None = None,
        *,
        embedding_dim: int | None = None,
        hidden_size: int | None = None,
        num_layers: int | None = None,
        n_interest: int | None = None,
        dropout: float | None = None,
    ) -> None:
        arguments = {"embedding_dim": embedding_dim, "hidden_size": hidden_size, "num_layers": num_layers, "n_interest": n_interest, "dropout": dropout}
        options: dict[str, Any] = {}
        if history_features is not None:
            user_features, width = with_history("ComirecDR", user_features, history_features, arguments)
            arguments, options = {"embedding_dim": width, "dropout": 0.0, "n_interest": interest_num}, {"num_layers": 0}
        super().__init__(user_features, item_features, arguments, options, temperature=temperature, max_length=max_length)


class ComirecSA(MatchModel):
    """Interests by self-attention (Cen et al., KDD 2020). hidden_size is the inner width of the attention that finds the interests, too.

    Torch-RecHub's form is ComirecSA(user_features, history_features, item_features, neg_item_feature, temperature, interest_num); vectors as wide as the history's embeddings.
    neg_item_feature is not read.
    """

    def __init__(
        self,
        user_features: Features,
        history_features: Features | None = None,
        item_features: Features | None = None,
        neg_item_feature: Any = None,
        temperature: float = 0.02,
        interest_num: int | None = None,
        *,
        embedding_dim: int | None = None,
        num_heads: int | None = None,
        num_layers: int | None = None,
        hidden_size: int | None = None,
        n_interest: int | None = None,
        dropout: float | None = None,
        max_length: int = 50,
    ) -> None:
        arguments = {"embedding_dim": embedding_dim, "num_heads": num_heads, "num_layers": num_layers, "hidden_size": hidden_size, "n_interest": n_interest, "dropout": dropout}
        options: dict[str, Any] = {}
        if history_features is not None:
            user_features, width = with_history("ComirecSA", user_features, history_features, arguments)
            arguments = {"embedding_dim": width, "dropout": 0.0, "n_interest": interest_num, "num_heads": 1}
            options = {"num_layers": 0, "attention_size": 0}
        super().__init__(user_features, item_features, arguments, options, temperature=temperature, max_length=max_length)


class SINE(MatchModel):
    """Prototypes of interests for all users, of which each has those that fit best (Tan et al., WSDM 2021). hidden_size is the inner width of the attentions, too.

    Torch-RecHub's form is SINE(history_features, item_features, neg_item_features, num_items, embedding_dim, hidden_dim, num_concept, num_intention, seq_max_len, num_heads,
    temperature)
    with the names of columns: num_concept prototypes, num_intention interests a user, seq_max_len the newest events. neg_item_features is not read; num_heads should be 1.
    """

    def __init__(
        self,
        history_features: Any = None,
        item_features: Any = None,
        neg_item_features: Any = None,
        num_items: int | None = None,
        embedding_dim: int | None = None,
        hidden_dim: int | None = None,
        num_concept: int | None = None,
        num_intention: int | None = None,
        seq_max_len: int | None = None,
        num_heads: int | None = None,
        temperature: float = 0.02,
        *,
        user_features: Features | None = None,
        num_layers: int | None = None,
        hidden_size: int | None = None,
        dropout: float | None = None,
        n_interest: int | None = None,
        max_length: int = 50,
    ) -> None:
        arguments = {"embedding_dim": embedding_dim, "num_heads": num_heads, "num_layers": num_layers, "hidden_size": hidden_size, "dropout": dropout, "n_interest": n_interest}
        options: dict[str, Any] = {}
        if history_features is not None:
            only_here = {"num_layers": num_layers, "hidden_size": hidden_size, "dropout": dropout, "n_interest": n_interest, "user_features": user_features}
            reject_both("SINE", {"history_features": history_features}, only_here)
            needed = {"num_items": num_items, "embedding_dim": embedding_dim, "hidden_dim": hidden_dim, "num_concept": num_concept, "num_intention": num_intention}
            for name, value in needed.items():
                if value is None:
                    raise ValueError(f"SINE: {name} is needed beside history_features")
            if num_heads not in (None, 1):
                raise ValueError(f"SINE: num_heads should be 1: the paper's attentions have one head, got {num_heads}")
            history, item = _one_name(history_features, "history_features"), _one_name(item_features, "item_features")
            item_features = [SparseFeature(item, num_items, embedding_dim)]  # type: ignore[arg-type]
            user_features = [SequenceFeature(history, num_items, embedding_dim, "concat", item)]  # type: ignore[arg-type]
            arguments = {"embedding_dim": embedding_dim, "num_heads": 1, "hidden_size": hidden_dim, "dropout": 0.0, "n_interest": num_intention}
            options = {"num_layers": 0, "num_prototypes": num_concept}
            max_length = 50 if seq_max_len is None else seq_max_len
        super().__init__(user_features, item_features, arguments, options, temperature=temperature, max_length=max_length)


def _one_name(names: Any, argument: str) -> str:
    some = [names] if isinstance(names, str) else list(names or [])
    if len(some) != 1 or not isinstance(some[0], str):
        raise ValueError(f"SINE: {argument} should be the name of one column, got {names!r}")
    return some[0]
