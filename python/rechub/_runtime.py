"""The engine behind the package, loaded with LibTorch at the first use, and where its words go."""

from __future__ import annotations

import contextlib
import contextvars
import functools
import importlib
import inspect
import json
import os
import re
import signal
import sys
import threading
import warnings
from collections.abc import Callable, Iterable, Iterator
from typing import Any


def engine() -> Any:
    """The module rechub._engine. RuntimeError in a process that was forked after it was loaded: OpenMP's threads are not there, and the first call would wait for them for ever."""
    if _is_forked:
        raise RuntimeError("this process was forked from one that uses rechub, and OpenMP does not survive that: start it with multiprocessing.get_context('spawn')")
    return _loaded()


_is_forked = False


def _forked() -> None:
    global _is_forked
    _is_forked = True


@contextlib.contextmanager
def _brief_spinning() -> Iterator[None]:
    """GCC's OpenMP, loaded within, lets threads that wait spin briefly before they sleep, as the program does (rechub/cli/main.cpp says why); settings of one's own stay."""
    is_set = not {"OMP_WAIT_POLICY", "GOMP_SPINCOUNT"} & os.environ.keys()
    if is_set:
        os.environ["GOMP_SPINCOUNT"] = "1000"
    try:
        yield
    finally:
        if is_set:
            del os.environ["GOMP_SPINCOUNT"]


@functools.cache
def _loaded() -> Any:
    with _brief_spinning():
        _engine = importlib.import_module("rechub._engine")
    os.register_at_fork(after_in_child=_forked)
    _engine.set_output(_output)
    _engine.set_progress(_progress)
    return _engine


def as_text(value: Any, name: str) -> str:
    """Text that the engine takes; ValueError for half of a surrogate pair, which is no character."""
    text = str(value)
    try:
        text.encode()
    except UnicodeEncodeError:
        raise ValueError(f"{name}: not a text of Unicode characters: {text!r}") from None
    return text


def as_words(words: Iterable[Any]) -> list[str]:
    """A command's words as the engine takes them; ValueError for one with a NUL character, at which C's texts end."""
    texts = [as_text(os.fspath(word) if isinstance(word, os.PathLike) else word, "a word of the command") for word in words]
    for text in texts:
        if "\0" in text:
            raise ValueError(f"a word of the command holds a NUL character: {text!r}")
    return texts


def run(*words: Any) -> None:
    """Runs a command of the program `rechub` in this process: ``rechub.run("verify", "sasrec.bundle")``.

    What the program would print goes to sys.stdout and sys.stderr. Raises ValueError where it would exit with 2 or 3, NotFoundError for 4
    (PathNotFoundError where a path is missing), RuntimeError for 70.
    """
    with _own_settings(words, None) as complete:
        engine().run(complete)


_threads = 0
_shows_results: contextvars.ContextVar[bool] = contextvars.ContextVar("shows_results", default=True)  # of the calling thread


def set_num_threads(count: int) -> None:
    """Threads of all calls that follow; 0: all cores this process may use."""
    from rechub._data import as_whole_number

    global _threads
    number = as_whole_number(count, "count", 0, 4096)
    engine().set_num_threads(number)
    _threads = number


def command(words: Iterable[Any]) -> None:
    """A command that a method of the package is made of."""
    with _own_settings(words, None) as complete, _named_as_arguments():
        engine().run(complete)


def train(words: Iterable[Any], on_epoch: Callable[[str], bool], threads: int | None = None) -> dict[str, Any]:
    """The command train, which calls on_epoch(line of metrics.jsonl); True ends training. Returns its metrics."""
    with _own_settings(words, threads) as complete, _named_as_arguments():
        metrics: dict[str, Any] = json.loads(engine().train(complete, on_epoch))
        return metrics


@contextlib.contextmanager
def _own_settings(given: Iterable[Any], threads: int | None) -> Iterator[list[str]]:
    """The words of a command with its number of threads, which holds while this is open, as --quiet does: commands think that the process is theirs."""
    words = as_words(given)
    is_given = any(word.partition("=")[0] == "--threads" for word in words)
    is_command = bool(words) and not words[0].startswith("-") and words[0] not in ("help", "version")
    try:
        yield words if is_given or not is_command else [*words, f"--threads={_threads if threads is None else threads}"]
    finally:
        engine().set_num_threads(_threads)
        engine().set_quiet(False)


@contextlib.contextmanager
def _named_as_arguments() -> Iterator[None]:
    """Within it what the engine says of a flag is said of the keyword that it is: "--set model.dim must be ..." is "dim must be ..."."""
    try:
        yield
    except ValueError as error:
        text = re.sub(r"^--(?:set \w+\.)?([\w-]+)", lambda flag: flag[1].replace("-", "_"), str(error))
        if text == str(error):
            raise
        raise ValueError(text) from None


@contextlib.contextmanager
def held_interrupt() -> Iterator[None]:
    """Within it Ctrl-C waits until its end: for what has to be done whole."""
    before = signal.getsignal(signal.SIGINT)
    if threading.current_thread() is not threading.main_thread() or not callable(before):
        yield
        return
    heard: list[Any] = []
    signal.signal(signal.SIGINT, lambda *given: heard.append(given))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
    if heard:
        before(*heard[0])


@contextlib.contextmanager
def quiet_results() -> Iterator[None]:
    """Within it, tables that commands print are not shown."""
    before = _shows_results.set(False)
    try:
        yield
    finally:
        _shows_results.reset(before)


_PACKAGE = os.path.dirname(__file__) + os.sep


def warn(text: str) -> None:
    """A UserWarning at the line outside of the package that led to it."""
    level, frame = 1, inspect.currentframe()
    while frame is not None and frame.f_code.co_filename.startswith(_PACKAGE):
        level, frame = level + 1, frame.f_back
    warnings.warn(text, stacklevel=level)


def _output(kind: str, text: str) -> None:
    if kind == "warning":
        warn(text)
    elif kind == "message":
        _progress.write(text)
    elif _shows_results.get():
        print(text, end="", flush=True)


class _Progress:
    """A bar of tqdm where it is installed, in terminals and notebooks; nothing elsewhere."""

    def __init__(self) -> None:
        self._bar: Any = None
        self._label = ""

    def write(self, line: str) -> None:
        """A line above the bar."""
        if self._bar is not None:
            self._bar.clear()
        print(line, file=sys.stderr, flush=True)
        if self._bar is not None:
            self._bar.refresh()

    def __call__(self, label: str | None, done: int, total: int, unit: str, text: str) -> None:
        if label is None or self._label != label:
            if self._bar is not None:
                self._bar.close()
            self._bar = None
        if label is None:
            return
        if self._bar is None:
            tqdm = _tqdm()
            if tqdm is None:
                return
            self._bar = tqdm(total=total if total > 0 else None, desc=label, unit=f" {unit}", leave=False, initial=done, file=sys.stderr)
            self._label = label
        self._bar.set_postfix_str(text, refresh=False)
        self._bar.update(done - self._bar.n)


_progress = _Progress()


def _tqdm() -> Any:
    """The class of bars for where sys.stderr goes: a notebook's widget where ipywidgets is installed, else text; None where it is no terminal and no notebook, or without tqdm.

    tqdm.auto would warn of a missing ipywidgets.
    """
    is_notebook = _is_notebook()
    if not is_notebook and (sys.stderr is None or not sys.stderr.isatty()):
        return None
    try:
        import tqdm
        import tqdm.notebook
    except ImportError:
        return None
    return tqdm.notebook.tqdm if is_notebook and tqdm.notebook.IProgress is not None else tqdm.tqdm


def _is_notebook() -> bool:
    """Whether this process is a kernel of IPython whose stderr is shown in a notebook."""
    ipython: Any = sys.modules.get("IPython")
    shell = None if ipython is None else ipython.get_ipython()
    return shell is not None and "IPKernelApp" in shell.config and sys.stderr is not None and type(sys.stderr).__module__.startswith("ipykernel.")
