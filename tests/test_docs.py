"""The pages of docs/models/ are what the program says, for every model it has."""

import json
import pathlib
import re
import sys

import pytest

from test_commands import PROGRAM, ROOT, run

sys.path.insert(0, str(ROOT / "tools"))
import page_figures  # noqa: E402
import model_pages  # noqa: E402


@pytest.fixture(scope="module")
def registries():
    return json.loads(run("info", "--models", "--json").stdout)


def test_the_pages_are_up_to_date():
    assert model_pages.stale(PROGRAM) == [], "call ./run docs"


def test_every_figure_stands_in_a_page_and_changes_with_its_result(monkeypatch, tmp_path):
    page = "".join((model_pages.PAGES.parent / name).read_text() for name in ("choosing-a-model.md", "index.md"))
    assert set(page_figures.MARK.findall(page)) == set(page_figures.FIGURES)
    monkeypatch.setattr(page_figures, "RESULTS", tmp_path)
    assert "not measured yet: `./run bench evaluate --keep`" in page_figures.filled(page)
    (tmp_path / "evaluate.json").write_text(json.dumps({"users": 1234, "items": 56, "median_ranking_seconds": 7.891}))
    assert "<!--judged-->1,234 users over 56 items in 7.89 s<!--/-->" in page_figures.filled(page)


def test_a_page_that_is_changed_or_lost_is_found(monkeypatch, tmp_path):
    pages = tmp_path / "models"
    pages.mkdir()
    for path in model_pages.PAGES.iterdir():
        (pages / path.name).write_bytes(path.read_bytes())
    for name in ("choosing-a-model.md", "index.md"):
        (tmp_path / name).write_bytes((model_pages.PAGES.parent / name).read_bytes())
    monkeypatch.setattr(model_pages, "PAGES", pages)
    (pages / "sasrec.md").write_text((pages / "sasrec.md").read_text().replace("`0.5`", "`0.4`"))
    (pages / "dssm.md").unlink()
    (pages / "gone.md").write_text("a model that is no more")
    assert model_pages.stale(PROGRAM) == ["dssm.md", "gone.md", "sasrec.md"]


def test_every_model_has_its_options_and_equations(registries):
    assert {"dssm", "gru4rec", "sasrec", "youtube_dnn"} <= {entry["name"] for entry in registries["models"]}
    for entry in registries["models"]:
        page = (ROOT / "docs/models" / f"{entry['name']}.md").read_text()
        assert "```text" in page, entry["name"]
        for option in entry["options"]:
            assert re.search(rf"^\| `{option['name']}` \| {option['type']} \|", page, re.MULTILINE), (entry["name"], option["name"])


def test_info_lists_what_can_be_named(registries):
    text = run("info", "--models").stdout
    for kind in ("models", "losses", "recommenders"):
        assert registries[kind] and all(row["name"] in text for row in registries[kind])
    sasrec = next(entry for entry in registries["models"] if entry["name"] == "sasrec")
    dropout = next(option for option in sasrec["options"] if option["name"] == "dropout")
    assert dropout == {"name": "dropout", "type": "NUMBER", "default": 0.5, "help": dropout["help"]}


def test_links_between_pages_lead_somewhere():
    for page in [*(ROOT / "docs").glob("*.md"), *(ROOT / "docs/models").glob("*.md"), ROOT / "README.md"]:
        for target in re.findall(r"\]\(([^)#:]+)\)", page.read_text()):
            assert pathlib.Path(page.parent / target).exists(), f"{page.name}: {target}"


def test_the_tests_that_a_page_names_are_there():
    sources = "\n".join(path.read_text() for path in (ROOT / "rechub").rglob("*_test.cpp"))
    known = {f"{suite}.{name}" for suite, name in re.findall(r"\bTEST(?:_F|_P)?\((\w+), (\w+)\)", sources)}
    named = re.findall(r"`([A-Z]\w+\.[A-Z]\w+)`", (ROOT / "docs/differences.md").read_text())
    assert len(named) > 50
    assert set(named) <= known
