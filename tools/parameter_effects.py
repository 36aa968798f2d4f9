"""Shows that every option of every model has an effect: trains each model on a small made-up log with the option's default and with another value, from the same seed, and compares
the vectors that the bundle keeps as its sample.

    python tools/parameter_effects.py        prints docs/parameters.md, which ./run docs writes

The log has features on both sides, so that options about features have something to work on. `needs` are settings without which an option says nothing, as num_heads without a
transformer block. What the arguments of rechub.models.matching's classes do, the tests of rechub/matching say themselves, as they train them.
"""

import concurrent.futures
import json
import os
import pathlib
import random
import subprocess
import sys
import tempfile

import safetensors.numpy

from python_models import CLASSES

ROOT = pathlib.Path(__file__).resolve().parent.parent
PROGRAM = ROOT / "build/rechub"

# Another value of an option. A table gives it by the default.
OTHER = {
    "dim": 32,
    "max_length": 3,
    "dropout": 0.6,
    "similarity": {"dot": "cosine", "cosine": "dot"},
    "temperature": 0.3,
    "learn_temperature": True,
    "feature_dim": 8,
    "user_id": True,
    "embedding_dim": 24,
    "user_dims": [48],
    "item_dims": [48],
    "activation": "tanh",
    "item_activation": "tanh",
    "item_dropout": 0.6,
    "pooling": "sum",
    "hidden_size": 40,
    "num_layers": {"0": 1, "1": 2, "2": 1},
    "num_heads": 2,
    "hidden_dropout": 0.6,
    "cell": "reset_before",
    "projection_bias": {"False": True, "True": False},
    "attention": "unnormalised",
    "block": "original",
    "n_interest": 2,
    "positions": {"none": "newest", "newest": "none"},
    "iterations": 2,
    "position_weights": True,
    "attention_size": 40,
    "dynamic_interests": False,
    "output_activation": "tanh",
    "num_prototypes": 20,
    "interest_temperature": 1.0,
    "regularisation": 0.0,
    "variant": "official",
    "memory": "last",
    "tied": False,
    "residual": True,
    "item_std": 0.5,
    "example_age": True,
}
# Transformer blocks under the interests are off by default.
NEEDS = {(model, option): {"num_layers": 1} for model in ("comirec_dr", "comirec_sa", "mind", "sine") for option in ("num_heads", "hidden_size")}


def prepared(program, folder: pathlib.Path) -> pathlib.Path:
    """`folder`, with the log as a data set in its folder prepared/."""
    draw = random.Random(1)
    rows = [f"u{user},i{draw.randrange(30)},{time}" for user in range(30) for time in range(8)]
    (folder / "log.csv").write_text("user_id,item_id,timestamp\n" + "\n".join(rows) + "\n")
    (folder / "users.csv").write_text("user_id,city\n" + "".join(f"u{user},c{user % 4}\n" for user in range(30)))
    (folder / "items.csv").write_text("item_id,brand\n" + "".join(f"i{item},b{item % 5}\n" for item in range(30)))
    prepare = ["prepare", "--interactions", folder / "log.csv", "--user-features", folder / "users.csv", "--item-features", folder / "items.csv", "--out", folder / "prepared"]
    subprocess.run([program, *prepare, "--quiet"], check=True, capture_output=True)
    return folder


def other_value(name: str, default):
    """The value to try in place of `default`; KeyError for an option that the table above does not know."""
    other = OTHER[name]
    return other[str(default)] if isinstance(other, dict) else other


def text_of(value) -> str:
    if isinstance(value, list):
        return ",".join(map(str, value))
    return value if isinstance(value, str) else json.dumps(value)


def trained_sample(program, folder: pathlib.Path, name: str, model: str, settings: dict) -> dict:
    """The sample of vectors in the bundle of `model` trained with `settings`."""
    sets = [word for key, value in settings.items() for word in ("--set", f"model.{key}={text_of(value)}")]
    command = [program, "train", "--data", folder / "prepared", "--model", model, "--out", folder / name, "--epochs", "2", "--batch-size", "16", "--threads", "1", "--quiet", *sets]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        raise SystemExit(f"{model} with {settings}: {done.stderr}")
    return safetensors.numpy.load_file(folder / name / "sample.safetensors")


def differs(one: dict, other: dict) -> bool:
    return any(name not in other or one[name].shape != other[name].shape or (one[name] != other[name]).any() for name in one)


def effects(program=PROGRAM) -> list[tuple]:
    """(model, option, default, other value, settings it needs, whether trained vectors differ) of every option of every model."""
    models = json.loads(subprocess.run([program, "info", "--models", "--json"], check=True, capture_output=True, text=True).stdout)["models"]
    with tempfile.TemporaryDirectory() as place, concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        folder = prepared(program, pathlib.Path(place))
        trainings = {}

        def sample(model: str, settings: dict):
            """The training with these settings: each is done once."""
            name = "-".join([model, *(f"{key}={text_of(value)}" for key, value in settings.items())])
            if name not in trainings:
                trainings[name] = pool.submit(trained_sample, program, folder, name, model, settings)
            return trainings[name]

        rows = []
        for entry in models:
            model = entry["name"]
            for option in entry["options"]:
                other = other_value(option["name"], option["default"])
                needs = NEEDS.get((model, option["name"]), {})
                pair = sample(model, needs), sample(model, {**needs, option["name"]: other})
                rows.append((model, option["name"], option["default"], other, needs, pair))
        return [(*row[:5], differs(*(training.result() for training in row[5]))) for row in rows]


def argument_effects(program=PROGRAM) -> list[tuple]:
    """(class, argument, value, other value, yes or NO) of every argument of every class of rechub.models.matching, from what its tests record."""
    with tempfile.TemporaryDirectory() as place:
        answer = pathlib.Path(place) / "answer.json"
        tests = pathlib.Path(program).parent / "folders/matching/matching_test"
        subprocess.run([tests, "--gtest_filter=MatchingModels.EveryArgument*", f"--gtest_output=json:{answer}"], check=True, capture_output=True)
        suites = json.loads(answer.read_text())["testsuites"]
    records = [record for suite in suites for test in suite["testsuite"] for record in test.items() if "." in record[0]]
    return [(CLASSES[name.split(".")[0]], name.split(".", 1)[1], *values.split("|")) for name, values in records]


def page(program=PROGRAM) -> str:
    lines = [
        "# Parameters and their effect",
        "",
        "Every option of every model, trained twice on a small log with features of users and items, from one seed: with its default and with another value. `yes`: the trained",
        "vectors differ. Written by `./run docs` (tools/parameter_effects.py), which trains them; a test does so too.",
        "",
        "| model | option | default | other value | vectors differ |",
        "| --- | --- | --- | --- | --- |",
    ]
    for model, option, default, other, needs, changed in effects(program):
        with_needs = f" (with {', '.join(f'{key} = {value}' for key, value in needs.items())})" if needs else ""
        lines.append(f"| {model} | `{option}` | `{text_of(default) or chr(34) * 2}`{with_needs} | `{text_of(other)}` | {'yes' if changed else 'NO'} |")
    lines += [
        "",
        "## Arguments of the classes in rechub.models.matching",
        "",
        "The same of the classes that take the document's arguments ([seed](seed.md)), trained twice on a small log of walks with features given by hand:",
        "`MatchingModels.EveryArgument...` in `rechub/matching/models_test.cpp` do so, and the table is what they record.",
        "",
        "| class | argument | value | other value | vectors differ |",
        "| --- | --- | --- | --- | --- |",
    ]
    lines += [f"| {name} | `{argument}` | `{value}` | `{other}` | {changed} |" for name, argument, value, other, changed in argument_effects(program)]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.stdout.write(page())
