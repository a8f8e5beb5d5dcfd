"""The figures as a table: for the terminal, and for docs/performance.md."""

from __future__ import annotations

import os
import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from bench.entrants import PEERS, Entrant
from bench.measuring import Figures
from dev.errors import StackError

BEGIN = "<!-- figures: written by `python3 dev bench --markdown` -->"
END = "<!-- end of figures -->"
HEADINGS = ("", "cold start, ms", "without bytecode, ms", "warm p50, µs", "warm p99, µs", "RSS, MB")


@dataclass(frozen=True, slots=True)
class Goal:
    """Something that is asked of Halley, and whether this run shows it."""

    text: str
    is_reached: bool


def rows(figures: Mapping[Entrant, Figures], titles: Mapping[Entrant, str]) -> list[list[str]]:
    """The table's lines: every figure, and what multiple of the floor's it is."""
    floor = figures[Entrant.FLOOR]

    def cell(value: float, of_floor: float) -> str:
        return f"{value:.0f} ({value / of_floor:.2f}×)"

    return [
        [
            titles[entrant],
            cell(each.cold_ms, floor.cold_ms),
            cell(each.cold_without_bytecode_ms, floor.cold_without_bytecode_ms),
            cell(each.warm_p50_us, floor.warm_p50_us),
            cell(each.warm_p99_us, floor.warm_p99_us),
            cell(each.rss_mb, floor.rss_mb),
        ]
        for entrant, each in figures.items()
    ]


def goals(figures: Mapping[Entrant, Figures]) -> list[Goal]:
    """What Halley is meant to reach, held against this run."""
    floor, flask = figures[Entrant.FLOOR], figures[Entrant.BARE_FLASK]
    halley = figures[Entrant.HALLEY]
    cold = halley.cold_ms / flask.cold_ms
    plain = halley.cold_without_bytecode_ms / flask.cold_without_bytecode_ms
    warm = halley.warm_p50_us / floor.warm_p50_us
    peers = [figures[peer] for peer in PEERS]
    return [
        Goal(f"Cold start at most half of bare Flask's: {cold:.2f} of it", cold <= 0.5),
        Goal(f"Without bytecode likewise: {plain:.2f} of it", plain <= 0.5),
        Goal(f"Warm at most 1.5 times the floor: {warm:.2f} times", warm <= 1.5),
        Goal(
            "Ahead of every peer, cold and warm",
            all(
                halley.cold_ms < peer.cold_ms
                and halley.cold_without_bytecode_ms < peer.cold_without_bytecode_ms
                and halley.warm_p50_us < peer.warm_p50_us
                and halley.warm_p99_us < peer.warm_p99_us
                for peer in peers
            ),
        ),
        Goal("Less memory at the first answer than bare Flask", halley.rss_mb < flask.rss_mb),
    ]


def machine() -> str:
    """What the run was made on, without what would identify it."""
    cores = os.cpu_count() or 0
    return (
        f"{cores} {'core' if cores == 1 else 'cores'} ({platform.machine()}), "
        f"{platform.system()} {platform.release().partition('-')[0]}, "
        f"{platform.python_implementation()} {platform.python_version()}"
    )


def as_text(table: Sequence[Sequence[str]], reached: Sequence[Goal]) -> str:
    """Aligned columns, and the goals below."""
    lines = [list(HEADINGS), *map(list, table)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(HEADINGS))]
    shown = [
        "  ".join([line[0].ljust(widths[0]), *map(str.rjust, line[1:], widths[1:])])
        for line in lines
    ]
    return "\n".join([*shown, "", *map(_line, reached)])


def as_markdown(
    table: Sequence[Sequence[str]], reached: Sequence[Goal], *, on: date, where: str
) -> str:
    """The same for a document, with the date and the machine."""
    lines = [f"Measured on {on.isoformat()}: {where}.", ""]
    lines += [f"| {' | '.join(HEADINGS)} |", "|---" + "|---:" * (len(HEADINGS) - 1) + "|"]
    lines += [f"| {' | '.join(line)} |" for line in table]
    lines += ["", *(f"- {_line(goal)}" for goal in reached)]
    return "\n".join(lines)


def _line(goal: Goal) -> str:
    return f"{'✓' if goal.is_reached else '✗'} {goal.text}"


def write_between_marks(document: Path, text: str) -> None:
    """Replace what stands between the two marks. Raises StackError if they are not there."""
    before, begin, rest = document.read_text(encoding="utf-8").partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise StackError(f"{document.name} has lost the marks that the figures stand between.")
    document.write_text(f"{before}{begin}\n\n{text}\n\n{end}{after}", encoding="utf-8")
