"""How rows of the queue look: a table as wide as the terminal, or plain whole lines in a pipe."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import TextIO

from rich.console import Console as Terminal
from rich.table import Column, Table
from rich.text import Text

from dev.discord_times import readable
from dev.endless import is_endless
from dev.queue_rows import QueueRow, Status

SHORT_ID = 8
ROOMY = 110  # columns, from which on an error has room beside the rest
WIDEST = 100_000  # of what is not a terminal: nothing is cut there
_COLOURS = {
    Status.PENDING: "yellow",
    Status.PROCESSING: "cyan",
    Status.COMPLETED: "green",
    Status.FAILED: "red",
}
REFUSED = "refused"
"""The reason of a row whose user was told why there is no answer: no fault."""
_ENDLESS = timedelta(days=365_000)
_BREAKS = re.compile(r"[ \t\r\n]+")
_ALLOWED = frozenset(" \u3000\u00a0\u200d")  # Japanese texts and emoji have them
_UNITS = ((86400, "d"), (3600, "h"), (60, "min"))
_HIDDEN = frozenset({"lease_id"})
"""What only the holder needs: with it a row could be ended in the holder's name."""


def show_rows(rows: Sequence[QueueRow], stream: TextIO, *, width: int | None = None) -> None:
    """A line for each row, and in a narrow terminal one more for what went wrong.

    `width` is the terminal's, if not given.
    """
    terminal = _terminal(stream, width)
    is_cut = terminal.width < WIDEST
    has_room = terminal.width >= ROOMY
    table = _table(
        Column("id", no_wrap=True),
        Column("state", no_wrap=True),
        Column("command", no_wrap=True, overflow="ellipsis", max_width=20 if is_cut else None),
        Column("age", no_wrap=True, justify="right"),
        Column("tries", no_wrap=True, justify="right"),
        Column("when", no_wrap=True),
        expand=is_cut and has_room,
    )
    if has_room:
        table.add_column("last error", no_wrap=True, overflow="ellipsis", ratio=int(is_cut) or None)
    for row in rows:
        cells = (
            row.id[:SHORT_ID] if is_cut else row.id,
            _state(row),
            Text(harmless(row.command)),
            spelled(row.seen_at - row.created_at),
            f"{row.attempts}/{row.max_attempts}",
            _when(row),
        )
        table.add_row(*cells, *([Text(_why(row))] if has_room else []))
    head, *lines = _lines(terminal, table)
    shown = [head]
    for line, row in zip(lines, rows, strict=True):
        shown.append(line)
        if not has_room and _why(row):
            shown += _lines(terminal, _indented(_why(row)))
    stream.writelines(f"{line}\n" for line in shown)
    stream.flush()


def _indented(text: str) -> Table:
    table = _table(Column(min_width=SHORT_ID), Column(no_wrap=True, style="dim"), with_header=False)
    table.add_row("", Text(text, overflow="ellipsis"))
    return table


def show_row(row: Mapping[str, object], stream: TextIO, *, width: int | None = None) -> None:
    """One row whole: a line, or more where it takes them, for each column that holds something."""
    terminal = _terminal(stream, width)
    table = _table(Column(no_wrap=True, style="dim"), Column(overflow="fold"), with_header=False)
    for name, value in row.items():
        if value is not None and name not in _HIDDEN:
            table.add_row(name, Text(_written(value)))
    stream.writelines(f"{line}\n" for line in _lines(terminal, table))
    stream.flush()


def spelled(duration: timedelta) -> str:
    """A duration in the largest unit that it fills, such as `5 min`; never negative. A thousand
    years and more, which only a moment without end is away, are `∞`.
    """
    if duration >= _ENDLESS:
        return "∞"
    seconds = max(0, int(duration.total_seconds()))
    for size, unit in _UNITS:
        if seconds >= size:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"


def _state(row: QueueRow) -> Text:
    if row.failure_reason == REFUSED:
        return Text(REFUSED, style="yellow")
    return Text(row.status, style=_COLOURS[Status(row.status)])


def _when(row: QueueRow) -> str:
    if row.status == Status.PENDING:
        due_in = row.run_at - row.seen_at
        return f"due in {spelled(due_in)}" if due_in > timedelta() else "due"
    if row.status == Status.PROCESSING:
        if row.locked_until is None:
            return "no lease"
        left = row.locked_until - row.seen_at
        return f"lease {spelled(left)}" if left > timedelta() else "lease over"
    return f"{spelled(row.seen_at - row.finished_at)} ago" if row.finished_at else ""


def _why(row: QueueRow) -> str:
    error = readable(row.last_error or "", now=row.seen_at)
    parts = (row.failure_reason if row.failure_reason != REFUSED else None, error)
    return harmless(_BREAKS.sub(" ", ": ".join(part for part in parts if part).strip()))


def harmless(text: str) -> str:
    r"""The text as it can be shown: what would steer a terminal is written out, as `\x1b`.

    Whoever may insert a row could else recolour the screen of who looks at it, or write over it.
    """
    return "".join(
        char if char in _ALLOWED or char.isprintable() else _escaped(char) for char in text
    )


def _escaped(char: str) -> str:
    return char.encode("unicode_escape", "surrogatepass").decode("ascii")


def _written(value: object) -> str:
    if isinstance(value, dict | list):
        return "\n".join(
            harmless(line) for line in json.dumps(value, ensure_ascii=False, indent=2).split("\n")
        )
    if isinstance(value, datetime):
        if is_endless(value):
            return "-infinity" if value.year == 1 else "infinity"
        return value.astimezone().isoformat(sep=" ", timespec="seconds")
    text = readable(str(value), now=datetime.now(UTC))
    return "\n".join(harmless(line) for line in text.split("\n"))


def _table(*columns: Column, with_header: bool = True, expand: bool = False) -> Table:
    return Table(
        *columns, box=None, pad_edge=False, padding=(0, 2, 0, 0), expand=expand,
        show_header=with_header, header_style="bold",
    )  # fmt: skip


def _terminal(stream: TextIO, width: int | None) -> Terminal:
    if stream.isatty() or width is not None:
        return Terminal(file=stream, width=width, highlight=False, legacy_windows=False)
    return Terminal(file=stream, width=WIDEST, highlight=False, no_color=True)


def _lines(terminal: Terminal, table: Table) -> list[str]:
    """The table's lines without blanks at their ends, which a pipe would hand on."""
    with terminal.capture() as captured:
        terminal.print(table)
    return [line.rstrip() for line in captured.get().splitlines()]
