"""What goes wrong on a developer's machine, told in one plain line."""

from __future__ import annotations

from collections.abc import Sequence


class StackError(Exception):
    """A problem that the user can understand and act on.

    `message` is one line without secrets; `details` are lines of some program's own output, shown
    below it.
    """

    def __init__(self, message: str, details: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.message = message
        self.details = tuple(details)


class PortTakenError(StackError):
    """A server could not have the port it was given."""
