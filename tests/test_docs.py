"""The pages of docs/models/ are what the program says, for every model it has."""

import json
import pathlib
import re
import shutil
import sys

import pytest

from test_commands import PROGRAM, ROOT, run

sys.path.insert(0, str(ROOT / "tools"))
import page_figures  # noqa: E402
import model_pages  # noqa: E402
import provenance  # noqa: E402


@pytest.fixture(scope="module")
def registries():
    return json.loads(run("info", "--models", "--json").stdout)


def test_the_pages_are_up_to_date():
    assert model_pages.stale(PROGRAM) == [], "call ./run docs"


def test_every_figure_stands_in_a_page_and_changes_with_its_result(monkeypatch, tmp_path):
    page = "".join(path.read_text() for path in [*model_pages.PAGES.parent.glob("*.md"), *model_pages.PAGES.glob("*.md")])
    assert set(page_figures.MARK.findall(page)) == set(page_figures.FIGURES)
    monkeypatch.setattr(page_figures, "RESULTS", tmp_path)
    assert "not measured yet: `./run bench evaluate --keep`" in page_figures.filled(page)
    (tmp_path / "evaluate.json").write_text(json.dumps({"users": 1234, "items": 56, "median_ranking_seconds": 7.891}))
    assert "<!--judged-->1,234 users over 56 items in 7.89 s<!--/-->" in page_figures.filled(page)


def test_the_table_of_costs_says_which_were_measured_with_earlier_settings(registries, monkeypatch, tmp_path):
    shutil.copytree(page_figures.RESULTS, tmp_path / "results")
    costs = json.loads((tmp_path / "results/models.json").read_text())
    for name in (entry["name"] for entry in registries["models"]):
        costs[name]["config_sha256"] = provenance.sha256(ROOT / f"configs/beauty/{name}.toml")
    costs["sasrec"] |= {"epoch_seconds": [2, 2, 5], "config_sha256": "another"}
    (tmp_path / "results/models.json").write_text(json.dumps(costs))
    quality = tmp_path / "results/quality/beauty-sasrec.json"
    run_of = lambda seed, best: {"seed": seed, "best_epoch": best, "test": {"Hit@10": 0.1, "NDCG@10": 0.06}, "intervals": {"NDCG@10": [0.05, 0.07]}}  # noqa: E731
    quality.write_text(json.dumps({"row": "beauty/sasrec", "runs": [run_of(1, 10), run_of(2, 30)]}))
    monkeypatch.setattr(page_figures, "RESULTS", tmp_path / "results")
    table = model_pages.cost_table(registries["models"])
    assert table[-1] == "The cost of sasrec is that of earlier settings."
    assert [line for line in table if line.startswith("| sasrec |")][0].split(" | ")[1:5] == ["0.1000", "0.0600", "0.0500 to 0.0700", "2"]
    assert " | 40 | " in [line for line in table if line.startswith("| sasrec |")][0]


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
