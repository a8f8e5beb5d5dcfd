"""What the terminal shows: one line a step, what was done and how long it took.

On a terminal the line of the running step is rewritten when it ends; in a file or a pipe only the
finished lines appear, and a line before those that take long. Colour follows the terminal and
NO_COLOR (https://no-color.org).
"""

from __future__ import annotations

import io
import os
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TextIO

from dev.errors import StackError

LABEL_WIDTH = 12
DETAIL_WIDTH = 52
_CLEAR_LINE = "\r\x1b[2K"


class Step:
    """The running step; `detail` may be set while it runs and stands in its finished line.

    So does `problem`, in its place, if the step ended and yet not all is well.
    """

    def __init__(self, detail: str) -> None:
        self.detail = detail
        self.problem: str | None = None


class Console:
    """Writes to one stream; `quiet` keeps steps to itself and shows only problems."""

    def __init__(self, stream: TextIO | None = None, *, quiet: bool = False) -> None:
        self._stream = stream or sys.stdout
        self._quiet = quiet
        self._live = self._stream.isatty() and os.environ.get("TERM") != "dumb"
        self._coloured = self._live and not os.environ.get("NO_COLOR")
        self._running: str | None = None

    def say(self, text: str = "") -> None:
        """A line of its own, whatever step is running."""
        if not self._quiet:
            self._line(text)

    def put(self, text: str) -> None:
        """Text as it is, without a line's end: for what comes in pieces."""
        if not self._quiet:
            self._write(text)

    def warn(self, text: str) -> None:
        """Something that went wrong but stops nothing; shown even when quiet."""
        self._line(f"  {self._paint('!', '33')} {text}")

    def relay(self, line: str) -> None:
        """A line that another program wrote; shown even when quiet."""
        self._line(f"    {line}")

    def fail(self, error: StackError) -> None:
        """The problem that ends the command, with the tail of what the program in question said."""
        self._line(f"  {self._paint('✗', '31')} {error.message}")
        for line in error.details:
            self._line(self._paint(f"    {line}", "2"))

    @contextmanager
    def step(self, label: str, detail: str = "", *, lasting: str = "") -> Iterator[Step]:
        """Show `label` while the body runs, and how long it took when it is done.

        `lasting` says beforehand about how long, in words ("some minutes"). What takes that long is
        told where there is no terminal, too: nobody shall take silence for a program that hangs.
        """
        step = Step(detail)
        started = time.monotonic()
        expected = f" (takes {lasting})" if lasting else ""
        self._begin(
            f"  {self._paint('·', '2')} {label:<{LABEL_WIDTH}} {detail} …{expected}",
            is_long=bool(lasting),
        )
        try:
            yield step
        except BaseException:
            self._end(None)
            raise
        took = f"{time.monotonic() - started:.1f} s"
        name = self._paint(f"{label:<{LABEL_WIDTH}}", "1")
        mark = self._paint("✓", "32") if step.problem is None else self._paint("!", "33")
        self._end(
            f"  {mark} {name} {step.problem or step.detail:<{DETAIL_WIDTH}} "
            f"{self._paint(f'{took:>7}', '2')}"
        )

    def table(self, rows: Sequence[tuple[str, str]]) -> None:
        """Two aligned columns: a name and what belongs to it."""
        width = max((len(name) for name, _ in rows), default=0)
        for name, text in rows:
            self.say(f"  {self.strong(name.ljust(width))}  {text}".rstrip())

    def strong(self, text: str) -> str:
        return self._paint(text, "1")

    def faint(self, text: str) -> str:
        return self._paint(text, "2")

    def _begin(self, text: str, *, is_long: bool) -> None:
        if self._quiet:
            return
        if self._live:
            self._running = text
            self._write(text)
        elif is_long:
            self._write(text + "\n")

    def _end(self, text: str | None) -> None:
        if self._running is not None:
            self._write(_CLEAR_LINE)
            self._running = None
        if text is not None and not self._quiet:
            self._write(text.rstrip() + "\n")

    def _line(self, text: str) -> None:
        running = self._running
        self._write((_CLEAR_LINE if running is not None else "") + text + "\n" + (running or ""))

    def _paint(self, text: str, code: str) -> str:
        return f"\x1b[{code}m{text}\x1b[0m" if self._coloured else text

    def _write(self, text: str) -> None:
        try:
            self._stream.write(text)
            self._stream.flush()
        except BrokenPipeError:
            # Nobody reads any more. That is told once, so that what is stopped on the way out,
            # and says so, is stopped all the same.
            self._stream = io.StringIO()
            raise
