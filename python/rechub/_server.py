"""`rechub serve` as a process of its own."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Sequence
from typing import Any

from rechub.__main__ import program
from rechub._data import is_path, one_or_several
from rechub._words import flag_words


class Server:
    """A service over bundles; stops with stop(), at the end of a `with` block, or with this object.

        with rechub.load("sasrec.bundle").serve(port=0, wait=False) as server:
            requests.post(server.url + "/v1/recommend", json={"user": "u1", "k": 10})
    """

    def __init__(self, bundles: str | os.PathLike[str] | Sequence[str | os.PathLike[str]], **options: Any) -> None:
        words = [program(), "serve", *[os.fspath(bundle) for bundle in one_or_several(bundles, is_path, "bundles", "the path of a bundle")], *flag_words(options)]
        self._process = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        found = re.search(r"http://\S+", line)
        if found is None:
            raise ValueError(f"the service did not start (exit code {self._process.wait()}); what it said stands above")
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
