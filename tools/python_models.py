"""Writes python/rechub/_models.py, the classes rechub.SASRec and its kin, and _settings.py, what all of them share, from `rechub info --models --json`: one list of settings gives
flags, TOML keys and Python's keywords.

tools/python_models.py           write them
tools/python_models.py --check   exit with 1 where they are not up to date
"""

import json
import pathlib
import subprocess
import sys
import textwrap

ROOT = pathlib.Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "python/rechub"
CLASSES = {
    "comirec_dr": "ComirecDR",
    "comirec_sa": "ComirecSA",
    "dssm": "DSSM",
    "facebook_dssm": "FaceBookDSSM",
    "gru4rec": "GRU4Rec",
    "mind": "MIND",
    "narm": "NARM",
    "sasrec": "SASRec",
    "sine": "SINE",
    "stamp": "STAMP",
    "youtube_dnn": "YoutubeDNN",
    "youtube_sbc": "YoutubeSBC",
}
SECTIONS = ("training", "optimizer", "loss", "sampler", "contrastive")  # of what the constructor takes; evaluate and fit take the others
TYPES = {"INT": "int", "NUMBER": "float", "TEXT": "str", "BOOL": "bool", "INT,...": "Sequence[int]", "TEXT,...": "Sequence[str]"}
WRITTEN = "Written by tools/python_models.py from the program's own list of settings."


def literal(value) -> str:
    return repr(tuple(value)) if isinstance(value, list) else json.dumps(value) if isinstance(value, str) else repr(value)


def described(section: str, option: dict) -> list[str]:
    text = f"{option['name']}: {option['help'].replace(chr(92), chr(92) * 2)} [{literal(option['default'])}]" + (f" ({section})" if section else "")
    return textwrap.wrap(text, 170, initial_indent="    ", subsequent_indent="        ", break_on_hyphens=False)


def filled(texts: list[str], indent: str) -> str:
    """Texts with commas behind them, several a line."""
    joined = " ".join(text.replace(" ", "\0") + "," for text in texts)
    lines = textwrap.wrap(joined, 178, initial_indent=indent, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)
    return "\n".join(lines).replace("\0", " ")


def parameters(options: list[dict]) -> str:
    return filled(["self", "*", *[f"{option['name']}: {TYPES[option['type']]} = {literal(option['default'])}" for option in options]], " " * 8)


def class_of(model: dict, common: set[str], shared: list[dict]) -> str:
    names = [option["name"] for option in [*model["options"], *shared]]
    assert len(set(names)) == len(names), f"{model['name']}: a setting of two sections: {[name for name in names if names.count(name) > 1]}"
    about = [line for option in model["options"] if option["name"] not in common for line in described("", option)]
    return "\n".join(
        [
            f"class {CLASSES[model['name']]}(Recommender):",
            f'    """{model["paper"]}.\n',
            *about,
            "    Settings of all models, which help() lists here:",
            '    """\n',
            f'    _name = "{model["name"]}"\n',
            "    def __init__(",
            parameters([*model["options"], *shared]),
            "    ) -> None:\n        self._set(locals())",
        ]
    )


def sources(found: dict) -> dict[str, str]:
    settings, models = found["settings"], found["models"]
    shared = [option for section in SECTIONS for option in settings[section]]
    common = set.intersection(*({option["name"] for option in model["options"]} for model in models))
    about = [line[4:] for option in models[0]["options"] if option["name"] in common for line in described("model; its default differs", option)]
    about += [line[4:] for section in SECTIONS for option in settings[section] for line in described(section, option)]
    sections = filled([f'"{option["name"]}": "{section}"' for section in SECTIONS for option in settings[section]], " " * 4)
    prepare, evaluation = (filled([f'"{option["name"]}"' for option in settings[section]], " " * 8) for section in ("prepare", "evaluation"))
    by_name = "\n".join(f'    "{model["name"]}": {CLASSES[model["name"]]},' for model in models)
    all_about = "\n".join(about)
    head = "from __future__ import annotations\n\nfrom collections.abc import Sequence\n\nfrom rechub._recommender import Recommender"
    return {
        "_settings.py": f'"""Settings that all models have. {WRITTEN}"""\n\nSETTINGS = """\n{all_about}\n"""\n\n'
        f"# Where the engine has them; all others are in [model].\nSECTIONS = {{\n{sections}\n}}\n\n"
        f"# What fit and evaluate pass to the preparation.\nPREPARE = frozenset(\n    [\n{prepare}\n    ]\n)\n\n"
        f"# What fit passes to the judgement.\nEVALUATION = frozenset(\n    [\n{evaluation}\n    ]\n)\n",
        "_models.py": "\n\n\n".join(
            [
                f'"""The models. {WRITTEN}"""\n\n{head}',
                *[class_of(model, common, shared) for model in models],
                f"BY_NAME: dict[str, type[Recommender]] = {{\n{by_name}\n}}\n",
            ]
        ),
    }


def main() -> int:
    found = json.loads(subprocess.run([ROOT / "build/rechub", "info", "--models", "--json"], check=True, capture_output=True, text=True).stdout)
    wanted = sources(found)
    if "--check" in sys.argv:
        return 0 if all((PACKAGE / name).exists() and (PACKAGE / name).read_text() == text for name, text in wanted.items()) else 1
    for name, text in wanted.items():
        (PACKAGE / name).write_text(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
