"""Exceptions that Python has no fitting kind for."""

import errno


class NotFoundError(KeyError):
    """A user, item, column or name that is not there. Unlike a plain KeyError it prints its message as a sentence."""

    def __str__(self) -> str:
        return str(self.args[0]) if self.args else ""


class PathNotFoundError(FileNotFoundError, NotFoundError):
    """A file, folder or bundle that is not there: Python's FileNotFoundError, and a NotFoundError as well."""

    errno = errno.ENOENT

    def __str__(self) -> str:
        return NotFoundError.__str__(self)
