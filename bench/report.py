"""The figures as a table: for the terminal, and for docs/performance.md."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from bench.entrants import PEERS, Entrant
from bench.measuring import Figures
from bench.tables import Goal, Marks, Table

MARKS = Marks(
    "<!-- figures: written by `python3 dev bench --markdown` -->", "<!-- end of figures -->"
)
HEADINGS = ("", "cold start, ms", "without bytecode, ms", "warm p50, µs", "warm p99, µs", "RSS, MB")


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


def as_text(table: Sequence[Sequence[str]], reached: Sequence[Goal]) -> str:
    """Aligned columns, and the goals below."""
    lines = [Table(HEADINGS, table).as_text(), "", *(goal.line for goal in reached)]
    return "\n".join(lines).rstrip()


def as_markdown(
    table: Sequence[Sequence[str]], reached: Sequence[Goal], *, on: date, where: str
) -> str:
    """The same for a document, with the date and the machine."""
    lines = [f"Measured on {on.isoformat()}: {where}.", "", Table(HEADINGS, table).as_markdown()]
    return "\n".join([*lines, "", *(f"- {goal.line}" for goal in reached)])
