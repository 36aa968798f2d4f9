"""Where the bundle of a fit comes to lie."""

from __future__ import annotations

import os
import pathlib
import shutil
import tempfile


class NewBundle:
    """At `out`, where another may lie until it is written, or in a temporary `folder` of its own."""

    def __init__(self, out: str | os.PathLike[str] | None) -> None:
        self.folder = None if out is not None else tempfile.mkdtemp(prefix="rechub-")
        self.path = pathlib.Path(os.path.join(self.folder, "bundle") if self.folder else os.fspath(out))  # type: ignore[arg-type]
        self._before = self._identity()

    def is_written(self) -> bool:
        """Whether the new one is there. It comes whole, by another's name."""
        return self._identity() not in (None, self._before)

    def give_up(self) -> None:
        """Removes the temporary folder."""
        if self.folder is not None:
            shutil.rmtree(self.folder, ignore_errors=True)

    def _identity(self) -> tuple[int, int] | None:
        try:
            found = self.path.stat()
        except OSError:
            return None
        return found.st_ino, found.st_mtime_ns
