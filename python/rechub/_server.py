"""`rechub serve` as a process of its own."""

from __future__ import annotations

import collections
import os
import re
import subprocess
import sys
import threading
from collections.abc import Sequence
from typing import Any

from rechub.__main__ import program
from rechub._data import is_path, one_or_several
from rechub._errors import PathNotFoundError
from rechub._words import flag_words

_KINDS: dict[int, type[Exception]] = {4: PathNotFoundError, 70: RuntimeError}  # by exit code; others are the caller's mistakes


class Server:
    """A service over bundles; stops with stop(), at the end of a `with` block, or with this object. Its warnings go to sys.stderr; with quiet=False all that it says.

        with rechub.load("sasrec.bundle").serve(port=0, wait=False) as server:
            requests.post(server.url + "/v1/recommend", json={"user": "u1", "k": 10})

    Raises ValueError where it does not start, PathNotFoundError where a bundle or file is missing, RuntimeError for a fault of ours, with the reason.
    """

    def __init__(self, bundles: str | os.PathLike[str] | Sequence[str | os.PathLike[str]], **options: Any) -> None:
        paths = [os.fspath(bundle) for bundle in one_or_several(bundles, is_path, "bundles", "the path of a bundle")]
        words = [program(), "serve", *paths, *flag_words({"quiet": True, **options})]
        self._process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        said: collections.deque[str] = collections.deque(maxlen=1)
        listener = threading.Thread(target=_pass_on, args=(self._process.stderr, said), daemon=True)
        listener.start()
        found = re.search(r"http://\S+", self._process.stdout.readline())
        if found is None:
            code = self._process.wait()
            listener.join()
            reason = said[0].removeprefix("rechub: ").strip() if said else f"exit code {code}"
            raise _KINDS.get(code, ValueError)(f"the service did not start: {reason}")
        self.url = found.group(0)

    def wait(self) -> None:
        """Until it ends; Ctrl-C ends it."""
        try:
            self._process.wait()
        except KeyboardInterrupt:
            self.stop()

    def stop(self) -> None:
        """Lets it finish what is in flight, at most 10 s."""
        if self._process.poll() is None:
            self._process.terminate()
            self._process.wait(timeout=15)

    def __enter__(self) -> Server:
        return self

    def __exit__(self, *_: Any) -> None:
        self.stop()

    def __del__(self) -> None:
        if getattr(self, "_process", None) is not None and self._process.poll() is None:
            self._process.terminate()


def _pass_on(lines: Any, said: collections.deque[str]) -> None:
    """To sys.stderr, which in a notebook is not that of the process."""
    for line in lines:
        said.append(line)
        if not sys.is_finalizing():
            print(line, end="", file=sys.stderr, flush=True)
