"""Tables, which Discord does not render: aligned in a code block, or told row by row."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Final

from lib.interactions.characters import width

WIDEST: Final = 58
"""Columns that a code block may have before a phone breaks its lines."""
MOST_COLUMNS: Final = 50
GAP: Final = "  "

_BAR: Final = re.compile(r"(?<!\\)\|")
_DELIMITER: Final = re.compile(r":?-+:?")
_LINK: Final = re.compile(r"\]\(|https?://")
_EMPHASIS: Final = re.compile(r"\*{1,3}|__|~~|`+|\\(?=[!-/:-@\[-`{-~])")
_LINE_BREAK: Final = re.compile(r"\s*<br\s*/?>\s*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Table:
    """A table's cells as they are in its Markdown; every row has as many as the header."""

    header: tuple[str, ...]
    delimiters: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def table_at(lines: Sequence[str], start: int) -> tuple[Table, int] | None:
    """The table that begins with the line `start`, and how many lines it has."""
    if start + 1 >= len(lines) or "|" not in lines[start] or "-" not in lines[start + 1]:
        return None
    header, delimiters = _cells(lines[start]), _cells(lines[start + 1])
    if len(header) != len(delimiters) or not 1 <= len(header) <= MOST_COLUMNS:
        return None
    if not all(_DELIMITER.fullmatch(delimiter) for delimiter in delimiters):
        return None
    end = start + 2
    while end < len(lines) and "|" in lines[end]:
        end += 1
    rows = [_cells(line) for line in lines[start + 2 : end]]
    columns = len(header)
    filled = tuple((*row, *("",) * (columns - len(row)))[:columns] for row in rows)
    return Table(header, delimiters, filled), end - start


def rendered(table: Table, shown: Callable[[str], str]) -> list[str]:
    """The lines that stand for `table` in a message; `shown` gives what a cell really holds."""
    table = Table(
        tuple(map(shown, table.header)),
        table.delimiters,
        tuple(tuple(map(shown, row)) for row in table.rows),
    )
    rows = [table.header, *table.rows]
    if not any(_LINK.search(cell) for row in rows for cell in row):  # which no code block shows
        block = _aligned([[_plain(cell) for cell in row] for row in rows], table.delimiters)
        if block is not None:
            return block
    return _told(table)


def _aligned(rows: list[list[str]], delimiters: Sequence[str]) -> list[str] | None:
    """The table in a code block; None if it is too wide for one."""
    widths = [max(map(width, column)) for column in zip(*rows, strict=True)]
    if sum(widths) + len(GAP) * (len(widths) - 1) > WIDEST:
        return None
    header, *others = [
        GAP.join(
            _padded(cell, columns, delimiter)
            for cell, columns, delimiter in zip(row, widths, delimiters, strict=True)
        ).rstrip()
        for row in rows
    ]
    return ["```", header, GAP.join("-" * max(columns, 1) for columns in widths), *others, "```"]


def _padded(cell: str, columns: int, delimiter: str) -> str:
    missing = columns - width(cell)
    match delimiter.startswith(":"), delimiter.endswith(":"):
        case True, True:
            return " " * (missing // 2) + cell + " " * (missing - missing // 2)
        case False, True:
            return " " * missing + cell
        case _:
            return cell + " " * missing


def _told(table: Table) -> list[str]:
    """Each row as an item of a list, with the column's name before each value."""
    names = [name.replace("*", "") for name in table.header]
    lines: list[str] = []
    for row in table.rows or ((),):
        first = True
        for name, value in zip_longest(names, row, fillvalue=""):
            if row and not value:
                continue
            text = f"**{name}**: {value}" if name and value else name or value
            text = _LINE_BREAK.sub(" ", text)
            lines.append(f"- {text}" if first else f"  {text}")
            first = False
    return lines


def _cells(line: str) -> tuple[str, ...]:
    line = line.strip().removeprefix("|")
    cells = _BAR.split(line)
    if len(cells) > 1 and not cells[-1].strip():
        cells.pop()
    return tuple(cell.strip().replace("\\|", "|") for cell in cells)


def _plain(cell: str) -> str:
    """A cell for a code block, where marks would be read as they are."""
    return _EMPHASIS.sub("", _LINE_BREAK.sub(" / ", cell)).strip()
