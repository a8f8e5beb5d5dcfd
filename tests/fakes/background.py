"""A background that is none: what is submitted is done at once."""

from __future__ import annotations

from collections.abc import Callable


class InlineBackground:
    """A `Background` whose work is over when `submit` returns. `done` counts it."""

    def __init__(self) -> None:
        self.done = 0

    def submit(self, work: Callable[[], None]) -> None:
        work()
        self.done += 1
