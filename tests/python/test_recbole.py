"""NARM, STAMP and GRU4Rec against RecBole's, with mapped weights. RecBole encodes one history a row, so it is given every prefix; its GRUs have no biases, so ours are set to 0."""

import numpy as np
import pytest
import torch
from recbole.model.sequential_recommender.gru4rec import GRU4Rec
from recbole.model.sequential_recommender.narm import NARM
from recbole.model.sequential_recommender.stamp import STAMP

from model_probe import HISTORIES, ask

SESSIONS = [history for history in HISTORIES if history]
PREFIXES = [history[: end + 1] for history in SESSIONS for end in range(len(history))]

CASES = [
    ("gru4rec", GRU4Rec, {}, {"item_embedding": "item.id", "gru_layers": "gru0", "dense": "projection"}),
    ("narm", NARM, {"attention": "unnormalised"},
     {"item_embedding": "item.id", "gru": "gru0", "a_1": "attention.key", "a_2": "attention.query", "v_t": "attention.score", "b": "projection"}),
    ("stamp", STAMP, {"hidden_size": 6},
     {"item_embedding": "item.id", "w0": "attention.score", "w1": "attention.event", "w2": "attention.last", "w3": "attention.mean", "mlp_a": "general", "mlp_b": "current"}),
]


class Settings(dict):
    """What RecBole's models ask a configuration for; what is missing is None."""

    def __missing__(self, key):
        return None


class Items:
    def num(self, field):
        return 14


def theirs(model_class, options):
    fields = {"USER_ID_FIELD": "user", "ITEM_ID_FIELD": "item", "LIST_SUFFIX": "_list", "ITEM_LIST_LENGTH_FIELD": "length", "NEG_PREFIX": "neg_"}
    sizes = {"embedding_size": options["dim"], "hidden_size": options["hidden_size"], "n_layers": 1, "num_layers": 1}
    settings = Settings(fields, **sizes, MAX_ITEM_LIST_LENGTH=8, device="cpu", dropout_probs=[0, 0], dropout_prob=0, loss_type="CE")
    return model_class(settings, Items()).double().eval()


def our_name(name, names):
    module, _, part = name.rpartition(".")
    if name == "b_a":
        return "attention.event.bias"
    if module == "item_embedding":
        return "item.id"
    return f"{names[module]}.{part.removesuffix('_l0')}"


@pytest.mark.parametrize("model, model_class, options, names", CASES, ids=[case[0] for case in CASES])
def test_vectors_and_gradients_are_recboles(model, model_class, options, names, tmp_path):
    weights = {name: np.zeros_like(value) if ".bias_" in name else value for name, value in ask(tmp_path, model, options).weights.items()}
    probe = ask(tmp_path, model, options, SESSIONS, weights)
    module = theirs(model_class, probe.options)
    module.load_state_dict({name: torch.tensor(weights[our_name(name, names)]) for name in module.state_dict()})

    padded = torch.tensor([prefix + [0] * (8 - len(prefix)) for prefix in PREFIXES])
    with torch.no_grad():
        module.item_embedding.weight[0] = 0  # their padding row; no history holds our item 0
    users = module.forward(padded, torch.tensor([len(prefix) for prefix in PREFIXES]))
    np.testing.assert_allclose(probe.users[:, 0], users.detach(), rtol=1e-9, atol=1e-10)
    wave = lambda x: (x.flatten() * torch.sin(torch.arange(x.numel(), dtype=x.dtype) + 1)).sum()
    wave(users).backward()
    for name, parameter in module.named_parameters():
        if name != "item_embedding.weight":  # which ours also scores against
            np.testing.assert_allclose(probe.gradients[our_name(name, names)], parameter.grad, rtol=1e-8, atol=1e-9, err_msg=name)
