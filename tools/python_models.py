"""Writes python/rechub/_models.py, the classes rechub.SASRec and its kin, from `rechub info --models --json`: one list of settings gives flags, TOML keys and Python's keywords.

tools/python_models.py           write it
tools/python_models.py --check   exit with 1 where it is not up to date
"""

import json
import pathlib
import subprocess
import sys
import textwrap

ROOT = pathlib.Path(__file__).resolve().parents[1]
TARGET = ROOT / "python/rechub/_models.py"
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
HEAD = '''"""The models. Written by tools/python_models.py from the program's own list of settings."""

from __future__ import annotations

from collections.abc import Sequence

from rechub._recommender import Recommender
'''


def literal(value) -> str:
    return repr(tuple(value)) if isinstance(value, list) else json.dumps(value) if isinstance(value, str) else repr(value)


def described(section: str, option: dict) -> list[str]:
    text = f"{option['name']}: {option['help'].replace(chr(92), chr(92) * 2)} [{literal(option['default'])}]" + (f" ({section})" if section else "")
    return textwrap.wrap(text, 170, initial_indent="    ", subsequent_indent="        ", break_on_hyphens=False)


def filled(texts: list[str], indent: str) -> list[str]:
    return textwrap.wrap(" ".join(text.replace(" ", "\0") + "," for text in texts), 178, initial_indent=indent, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)


def parameters(options: list[dict]) -> list[str]:
    return [line.replace("\0", " ") for line in filled([f"{option['name']}: {TYPES[option['type']]} = {literal(option['default'])}" for option in options], " " * 8)]


def class_of(model: dict, shared: list[dict]) -> str:
    names = [option["name"] for option in [*model["options"], *shared]]
    assert len(set(names)) == len(names), f"{model['name']}: a setting of two sections: {[name for name in names if names.count(name) > 1]}"
    lines = [f"class {CLASSES[model['name']]}(Recommender):", f'    """{model["paper"]}.', ""]
    for option in model["options"]:
        lines += described("", option)
    lines += ["", "    How it is trained: SETTINGS in this module, or `rechub train --help`.", '    """', "", f'    _name = "{model["name"]}"', "", "    def __init__(", "        self,", "        *,"]
    lines += parameters(model["options"]) + parameters(shared) + ["    ) -> None:", "        self._set(locals())"]
    return "\n".join(lines)


def source(found: dict) -> str:
    settings = found["settings"]
    shared = [option for section in SECTIONS for option in settings[section]]
    classes = [class_of(model, shared) for model in found["models"]]
    sections = "\n".join(line.replace("\0", " ") for line in filled([f'"{option["name"]}": "{section}"' for section in SECTIONS for option in settings[section]], " " * 4))
    about = "\n".join(line[4:] for section in SECTIONS for option in settings[section] for line in described(section, option))
    by_name = "\n".join(f'    "{model["name"]}": {CLASSES[model["name"]]},' for model in found["models"])
    prepare = "\n".join(filled([f'"{option["name"]}"' for option in settings["prepare"]], " " * 8))
    return "\n\n\n".join(
        [
            f'{HEAD.rstrip()}\n\nSETTINGS = """\n{about}\n"""\n\n# Where the engine has them; all others are in [model].\nSECTIONS = {{\n{sections}\n}}',
            *classes,
            f"BY_NAME: dict[str, type[Recommender]] = {{\n{by_name}\n}}\nPREPARE = frozenset(\n    [\n{prepare}\n    ]\n)  # what fit and evaluate pass to the preparation\n",
        ]
    )


def main() -> int:
    described = json.loads(subprocess.run([ROOT / "build/rechub", "info", "--models", "--json"], check=True, capture_output=True, text=True).stdout)
    text = source(described)
    if "--check" in sys.argv:
        return 0 if TARGET.exists() and TARGET.read_text() == text else 1
    TARGET.write_text(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
