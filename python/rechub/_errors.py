"""Exceptions that Python has no fitting kind for."""


class NotFoundError(KeyError):
    """A file, column, user, item or name that is not there. Unlike a plain KeyError it prints its message as a sentence."""

    def __str__(self) -> str:
        return str(self.args[0]) if self.args else ""
