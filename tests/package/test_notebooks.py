"""The notebooks of examples/ run from top to bottom, say nothing on stderr, and are stored without what they gave.

RECHUB_NOTEBOOK_PLOTS=FOLDER keeps their plots, to be looked at.
"""

import base64
import os
import pathlib

import nbformat
import pytest
from source_tree import ROOT
from nbclient import NotebookClient

NOTEBOOKS = sorted((ROOT / "examples").glob("*.ipynb"))


def test_there_is_one_for_each_family():
    assert {path.stem for path in NOTEBOOKS} == {"two_towers", "sequences", "sessions", "interests", "service"}


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_is_stored_without_outputs(path):
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    assert all(cell.outputs == [] and cell.execution_count is None for cell in notebook.cells if cell.cell_type == "code")


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_runs(path, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(ROOT / "build/python"))
    notebook = nbformat.read(path, as_version=4)
    NotebookClient(notebook, timeout=110, kernel_name="python3", resources={"metadata": {"path": str(ROOT / "examples")}}).execute()
    outputs = [(place, output) for place, cell in enumerate(notebook.cells) if cell.cell_type == "code" for output in cell.outputs]
    assert [output.text for _, output in outputs if output.get("name") == "stderr"] == []
    plots = [(place, output.data["image/png"]) for place, output in outputs if "image/png" in output.get("data", {})]
    assert len(plots) >= 2
    if folder := os.environ.get("RECHUB_NOTEBOOK_PLOTS"):
        for number, (place, image) in enumerate(plots):
            (pathlib.Path(folder) / f"{path.stem}-{place:02}-{number}.png").write_bytes(base64.b64decode(image))
        texts = [output.get("text") or output.data.get("text/plain", "") for _, output in outputs if output.output_type != "error"]
        (pathlib.Path(folder) / f"{path.stem}.txt").write_text("\n---\n".join(texts))
