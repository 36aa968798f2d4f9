"""Every option of every model changes the trained vectors, and docs/parameters.md says so."""

import re
import sys

from test_commands import PROGRAM, ROOT

sys.path.insert(0, str(ROOT / "tools"))
import parameter_effects  # noqa: E402


def test_every_option_has_an_effect_and_the_page_lists_it():
    page = parameter_effects.page(PROGRAM)
    assert "| NO |" not in page, page
    assert page == (ROOT / "docs/parameters.md").read_text(), "call ./run docs"


def test_every_argument_of_the_documents_classes_is_in_the_table():
    rows = re.findall(r"^\| `(\w+)` \| (user_features, .*?) \|", (ROOT / "docs/seed.md").read_text(), re.MULTILINE)
    stated = {(name, re.match(r"\w+", one)[0]) for name, arguments in rows for one in [*re.sub(r" \(.*?\)", "", arguments).split(", "), "max_length"]}
    assert len(rows) == 12
    assert {(name, argument.split(".")[0]) for name, argument, *_ in parameter_effects.argument_effects(PROGRAM)} == stated


def test_the_same_settings_give_the_same_vectors(tmp_path):
    folder = parameter_effects.prepared(PROGRAM, tmp_path)
    sample = lambda name, dropout: parameter_effects.trained_sample(PROGRAM, folder, name, "sasrec", {"dropout": dropout})  # noqa: E731
    one, again, other = sample("one", 0.3), sample("again", 0.3), sample("other", 0.4)
    assert not parameter_effects.differs(one, again) and parameter_effects.differs(one, other)
