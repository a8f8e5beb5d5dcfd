"""Figures as tables, for the terminal and for a document, and the goals that they are held to."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from dev.errors import StackError


@dataclass(frozen=True, slots=True)
class Goal:
    """Something that is asked of Halley, and whether this run shows it."""

    text: str
    is_reached: bool

    @property
    def line(self) -> str:
        return f"{'✓' if self.is_reached else '✗'} {self.text}"


@dataclass(frozen=True, slots=True)
class Table:
    """Names in the first column, figures in the others."""

    headings: Sequence[str]
    rows: Sequence[Sequence[str]]

    def as_text(self) -> str:
        """Aligned columns."""
        lines = [self.headings, *self.rows]
        widths = [max(len(line[column]) for line in lines) for column in range(len(self.headings))]
        return "\n".join(
            "  ".join([line[0].ljust(widths[0]), *map(str.rjust, line[1:], widths[1:])])
            for line in lines
        )

    def as_markdown(self) -> str:
        lines = [
            f"| {' | '.join(self.headings)} |",
            "|---" + "|---:" * (len(self.headings) - 1) + "|",
            *(f"| {' | '.join(line)} |" for line in self.rows),
        ]
        return "\n".join(lines)


@dataclass(frozen=True, slots=True)
class Marks:
    """The two lines of a document between which a command writes."""

    begin: str
    end: str

    def write(self, document: Path, text: str) -> None:
        """Replace what stands between them. Raises StackError if they are not there."""
        before, begin, rest = document.read_text(encoding="utf-8").partition(self.begin)
        _, end, after = rest.partition(self.end)
        if not (begin and end):
            raise StackError(f"{document.name} has lost the marks that the figures stand between.")
        document.write_text(f"{before}{begin}\n\n{text}\n\n{end}{after}", encoding="utf-8")


def machine() -> str:
    """What the run was made on, without what would identify it."""
    cores = os.cpu_count() or 0
    return (
        f"{cores} {'core' if cores == 1 else 'cores'} ({platform.machine()}), "
        f"{platform.system()} {platform.release().partition('-')[0]}, "
        f"{platform.python_implementation()} {platform.python_version()}"
    )
