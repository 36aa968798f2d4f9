"""Bars are shown in terminals and notebooks, and nowhere else."""

import io
import sys

import nbformat
import pytest
from nbclient import NotebookClient

import rechub
from rechub._runtime import _Progress, _progress
from seed_data import SMALL
from source_tree import PACKAGE


class Stderr(io.StringIO):
    def __init__(self, is_terminal):
        super().__init__()
        self.is_terminal = is_terminal

    def isatty(self):
        return self.is_terminal


@pytest.mark.parametrize("is_terminal", [True, False])
def test_a_terminal_gets_bars_that_count_in_whole_numbers(monkeypatch, is_terminal):
    stderr = Stderr(is_terminal)
    monkeypatch.setattr(sys, "stderr", stderr)
    progress = _Progress()
    progress("epoch 1/2", 12, 750, "batches", "loss 0.5")
    progress.write("a line")
    progress(None, 0, 0, "", "")
    shown = stderr.getvalue()
    assert "a line\n" in shown
    if is_terminal:
        assert "\r" in shown and " 12/750 " in shown
    else:
        assert shown == "a line\n"


def test_without_a_terminal_fit_writes_lines_alone(columns, capsys, monkeypatch):
    calls = []
    real = _Progress.__call__
    monkeypatch.setattr(_Progress, "__call__", lambda self, *state: (calls.append(state), real(self, *state))[1])
    rechub.SASRec(**{**SMALL, "dim": 64, "epochs": 15}).fit(columns)
    shown = capsys.readouterr().err
    assert any(label is not None for label, *_ in calls)  # there was something to show
    assert "\r" not in shown and "epoch 15: loss" in shown
    assert _progress._bar is None


def test_a_notebook_without_widgets_gets_a_bar_of_text_and_no_warning(monkeypatch, tmp_path):
    monkeypatch.setenv("PYTHONPATH", str(PACKAGE))
    source = """
import sys
sys.modules["ipywidgets"] = None
import rechub._runtime as runtime
runtime._progress("epoch 1/2", 12, 750, "batches", "")
runtime._progress(None, 0, 0, "", "")
"""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source)])
    NotebookClient(notebook, timeout=60, kernel_name="python3", resources={"metadata": {"path": str(tmp_path)}}).execute()
    shown = "".join(output.get("text", "") for output in notebook.cells[0].outputs)
    assert " 12/750 " in shown and "Warning" not in shown and "ipywidgets" not in shown
