"""The voice worker's figures in words and tables, and what is asked of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import chain
from typing import Final

from bench.dashboard.report import percentile
from bench.tables import Goal, Marks, Table
from bench.voice.costs import Costs, Stretch
from bench.voice.trials import Deaths, Storm

MARKS: Final = Marks(
    "<!-- voice figures: written by `python3 dev bench voice --markdown` -->",
    "<!-- end of voice figures -->",
)
LISTEN_LIMIT_MS: Final = 300
POLL_LIMIT_MS: Final = 1500
START_LIMIT_MS: Final = 1000
PASSED_LIMIT: Final = 5.0
SOFTENED_LIMIT: Final = 15.0
"""Per cent of a core, a server."""
GUILD_LIMIT_MB: Final = 8
TWO_GUILDS_LIMIT_MB: Final = 150
SPACING_LIMIT_MS: Final = 5
GAP_LIMIT_MS: Final = 40
RETURN_LIMIT_SECONDS: Final = 10
OFF_LIMIT_SECONDS: Final = 2
NOTHING: Final = "–"


@dataclass(frozen=True, slots=True)
class Effects:
    """Milliseconds from the order to its effect, by order."""

    listening: Mapping[str, Sequence[float]]
    polling: Mapping[str, Sequence[float]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """All of one run. `busy`: how many processes of the machine wanted a core when it began."""

    busy: float
    effects: Effects
    bundled_starts: Sequence[float]
    remote_starts: Sequence[float]
    costs: Costs
    floor: Costs
    storm: Storm
    endured: Stretch | None = None
    deaths: Deaths | None = None


def tables(measured: Measured) -> dict[str, Table]:
    """Each table under its title."""
    effects, costs, floor = measured.effects, measured.costs, measured.floor
    shown = {
        "From the order to what is heard of it, ms": Table(
            ["", "LISTEN: p50", "p95", "poll: p50", "p95"],
            [
                *(
                    [name, *_times(effects.listening[name]), *_times(effects.polling[name])]
                    for name in effects.listening
                ),
                ["all of them", *_times(_all(effects.listening)), *_times(_all(effects.polling))],
                ["play, a bundled sound", *_times(measured.bundled_starts), NOTHING, NOTHING],
                ["play, a file over HTTP", *_times(measured.remote_starts), NOTHING, NOTHING],
            ],
        ),
        "What a playing server takes": Table(
            ["", "% of a core", "discord.py", "times", "MB", "discord.py"],
            [
                [
                    title,
                    f"{_percent(ours, costs.idle):.2f}",
                    f"{_percent(theirs, floor.idle):.2f}",
                    _times_as_much(_percent(ours, costs.idle), _percent(theirs, floor.idle)),
                    f"{_mb(ours, costs.idle):.1f}",
                    f"{_mb(theirs, floor.idle):.1f}",
                ]
                for title, ours, theirs in _pairs(measured)[1:]
            ],
        ),
        "The whole process": Table(
            ["", "% of a core", "discord.py", "MB", "discord.py"],
            [
                [
                    title,
                    f"{ours.cores * 100:.1f}",
                    f"{theirs.cores * 100:.1f}",
                    f"{ours.rss_mb:.0f}",
                    f"{theirs.rss_mb:.0f}",
                ]
                for title, ours, theirs in _pairs(measured)
            ],
        ),
        "From one packet to the next, ms beside 20": Table(
            ["", "packets", "faults", "p50", "p99", "longest gap",
             "discord.py: p50", "p99", "longest gap", "times, p99"],
            [
                [
                    title,
                    f"{ours.packets:,}",
                    str(ours.faults),
                    *_spacing(ours),
                    *_spacing(theirs),
                    _times_as_much(_p99(ours), _p99(theirs)),
                ]
                for title, ours, theirs in _pairs(measured)[1:]
            ],
        ),
        "Many orders at once": Table(
            ["orders", "carried out", "servers with another end", "faults", "p50, ms", "p95, ms"],
            [
                [
                    str(measured.storm.given),
                    str(measured.storm.carried_out),
                    str(measured.storm.wrong),
                    str(measured.storm.faults),
                    *_times(measured.storm.took_ms),
                ]
            ],
        ),
    }  # fmt: skip
    endured, deaths = measured.endured, measured.deaths
    if endured is not None:
        gaps = [off for off in endured.off_ms if off > GAP_LIMIT_MS - 20]
        shown["With one core busy"] = Table(
            ["s", "packets", "faults", "p50", "p99", "longest gap", "gaps over 40 ms"],
            [[f"{endured.seconds:.0f}", f"{endured.packets:,}", str(endured.faults),
              *_spacing(endured), str(len(gaps))]],
        )  # fmt: skip
    if deaths is not None:
        shown["Killed at random"] = Table(
            ["killed", "let live", "not come back", "back after, s: p50", "latest",
             "elsewhere by, s: p50", "most"],
            [[str(deaths.killed), str(len(deaths.back_seconds)), str(deaths.lost),
              *_seconds(deaths.back_seconds), *_seconds(deaths.off_seconds)]],
        )  # fmt: skip
    return shown


def goals(measured: Measured) -> list[Goal]:
    """What the worker is meant to reach, held against this run."""
    effects, costs, storm = measured.effects, measured.costs, measured.storm
    listening, polling = (
        percentile(_all(effects.listening), 95),
        percentile(_all(effects.polling), 95),
    )
    start = percentile(measured.bundled_starts, 95)
    passed = max(_percent(each, costs.idle) for each in (costs.passed, costs.many))
    softened = _percent(costs.softened, costs.idle)
    guild = (costs.many.rss_mb - costs.softened.rss_mb) / max(
        1, costs.many.guilds - costs.softened.guilds
    )
    two = max(costs.passed.rss_mb, costs.softened.rss_mb)
    spacing = max(_p99(each) for each in (costs.passed, costs.softened, costs.many))
    faults = sum(each.faults for each in (costs.passed, costs.softened, costs.many))
    reached = [
        _under("From order to effect with LISTEN, p95", listening, LISTEN_LIMIT_MS, "ms"),
        _under("From order to effect with the poll, p95", polling, POLL_LIMIT_MS, "ms"),
        _under("From play to the first sound, p95", start, START_LIMIT_MS, "ms"),
        _under("Opus passed through, of a core", passed, PASSED_LIMIT, "%", digits=1),
        _under("With another volume, of a core", softened, SOFTENED_LIMIT, "%", digits=1),
        _under("Memory of each server more", guild, GUILD_LIMIT_MB, "MB", digits=1),
        _under(
            f"Memory with {costs.softened.guilds} servers playing", two, TWO_GUILDS_LIMIT_MB, "MB"
        ),
        _under("Packets beside 20 ms, p99", spacing, SPACING_LIMIT_MS, "ms", digits=2),
        Goal(f"No packet lost, doubled or misdated: {faults}", faults == 0),
        Goal(
            f"Of {storm.given} orders at once all carried out, in their order: "
            f"{storm.carried_out}, {storm.wrong} servers wrong",
            storm.carried_out == storm.given and storm.wrong == 0,
        ),
    ]
    return [*reached, *_long_goals(measured.endured, measured.deaths)]


def _long_goals(endured: Stretch | None, deaths: Deaths | None) -> list[Goal]:
    reached = []
    if endured is not None:
        minutes = f"{endured.seconds / 60:.0f} minutes with one core busy"
        text = f"No gap over {GAP_LIMIT_MS} ms in {minutes}: {endured.longest_ms:.1f} ms"
        is_whole = endured.longest_ms <= GAP_LIMIT_MS and endured.faults == 0
        reached.append(Goal(f"{text}, {endured.faults} faults", is_whole))
    if deaths is not None:
        latest = max(deaths.back_seconds, default=0.0)
        most = max(deaths.off_seconds, default=0.0)
        reached += [
            Goal(
                f"Killed {deaths.killed} times, heard again within {RETURN_LIMIT_SECONDS} s: "
                f"{latest:.1f} s at the latest",
                deaths.lost == 0 and latest <= RETURN_LIMIT_SECONDS,
            ),
            _under("And where it was", most, OFF_LIMIT_SECONDS, "s beside it", digits=2),
        ]
    return reached


def as_text(measured: Measured, reached: Sequence[Goal]) -> str:
    """The tables below each other, and the goals if there are any."""
    parts = [f"{title}\n{table.as_text()}" for title, table in tables(measured).items()]
    return "\n\n".join([*parts, "\n".join(goal.line for goal in reached)]).rstrip()


def as_markdown(measured: Measured, reached: Sequence[Goal], *, on: date, where: str) -> str:
    """The same for a document, with the date and the machine."""
    begin = (
        f"Measured on {on.isoformat()}: {where}. When the run began, {measured.busy:.1f} "
        "processes wanted a core."
    )
    parts = [f"**{title}**\n\n{table.as_markdown()}" for title, table in tables(measured).items()]
    return "\n\n".join(
        [
            begin,
            *parts,
            "\n".join(f"- {goal.line}" for goal in reached),
        ]
    )


def _pairs(measured: Measured) -> list[tuple[str, Stretch, Stretch]]:
    ours, theirs = measured.costs, measured.floor
    return [
        ("nothing plays", ours.idle, theirs.idle),
        (f"{ours.passed.guilds} servers, Opus passed through", ours.passed, theirs.passed),
        (f"{ours.softened.guilds} servers, volume 50 %", ours.softened, theirs.softened),
        (f"{ours.many.guilds} servers, Opus passed through", ours.many, theirs.many),
    ]


def _under(what: str, value: float, limit: float, unit: str, *, digits: int = 0) -> Goal:
    text = f"{what} under {limit:g} {unit}: {value:.{digits}f} {unit}"
    return Goal(text, value < limit)


def _all(effects: Mapping[str, Sequence[float]]) -> list[float]:
    return list(chain.from_iterable(effects.values()))


def _percent(stretch: Stretch, idle: Stretch) -> float:
    """Of a core, for each server."""
    return 100 * max(0.0, stretch.cores - idle.cores) / stretch.guilds


def _mb(stretch: Stretch, idle: Stretch) -> float:
    return (stretch.rss_mb - idle.rss_mb) / stretch.guilds


def _p99(stretch: Stretch) -> float:
    return percentile(stretch.off_ms, 99)


def _spacing(stretch: Stretch) -> list[str]:
    return [
        *(f"{percentile(stretch.off_ms, percent):.2f}" for percent in (50, 99)),
        f"{stretch.longest_ms:.1f}",
    ]


def _times(milliseconds: Sequence[float]) -> list[str]:
    if not milliseconds:
        return [NOTHING, NOTHING]
    return [f"{percentile(milliseconds, percent):.0f}" for percent in (50, 95)]


def _seconds(values: Sequence[float]) -> list[str]:
    if not values:
        return [NOTHING, NOTHING]
    return [f"{percentile(values, 50):.1f}", f"{max(values):.1f}"]


def _times_as_much(ours: float, theirs: float) -> str:
    return f"{ours / theirs:.2f}" if theirs else NOTHING
