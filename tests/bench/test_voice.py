"""The voice worker's benchmark works: the short run gives every figure, and goals are held."""

from __future__ import annotations

import asyncio
import io
from dataclasses import replace
from datetime import date

import pytest

from bench.voice.costs import FEW, Costs, Stretch
from bench.voice.report import (
    MARKS,
    Effects,
    Measured,
    as_markdown,
    as_text,
    goals,
    tables,
)
from bench.voice.run import SHORT, measure_all
from bench.voice.timing import EFFECTS
from bench.voice.trials import Deaths, Storm
from dev import bench
from dev.checkout import Checkout
from dev.console import Console


@pytest.mark.stack
def test_a_short_run_gives_every_figure() -> None:
    measured = asyncio.run(measure_all(Checkout.here(), SHORT, console=Console(io.StringIO())))
    for effects in (measured.effects.listening, measured.effects.polling):
        assert tuple(effects) == EFFECTS
        assert all(len(times) == SHORT.rounds and min(times) > 0 for times in effects.values())
    assert len(measured.bundled_starts) == len(measured.remote_starts) == SHORT.starts
    for costs in (measured.costs, measured.floor):
        assert (costs.idle.guilds, costs.passed.guilds) == (0, FEW)
        assert costs.many.guilds == SHORT.spans.guilds
        for stretch in (costs.passed, costs.softened, costs.many):
            assert stretch.packets > stretch.guilds
            assert stretch.off_ms
            assert stretch.faults == 0
            assert stretch.rss_mb > 0
    assert measured.storm.given == measured.storm.carried_out == SHORT.orders
    assert measured.storm.wrong == 0
    assert all(table.rows for table in tables(measured).values())


# --- the report ----------------------------------------------------------------------------------

PLAYING = Stretch(
    guilds=2,
    seconds=20,
    cores=0.06,
    rss_mb=90,
    packets=2000,
    faults=0,
    off_ms=[0.1] * 99 + [4.9],
    longest_ms=24.9,
)
IDLE = replace(PLAYING, guilds=0, cores=0.01, rss_mb=80, packets=0, off_ms=[])
COSTS = Costs(
    idle=IDLE,
    passed=PLAYING,
    softened=replace(PLAYING, cores=0.2, rss_mb=92),
    many=replace(PLAYING, guilds=20, cores=0.5, rss_mb=146),
)
EFFECT_TIMES = {"pause": [90.0, 110.0], "skip": [150.0, 299.0]}
ENDURED = replace(PLAYING, guilds=1, seconds=600, longest_ms=39.9)
DEATHS = Deaths(killed=80, back_seconds=[2.0, 9.9], off_seconds=[0.4, 1.9], lost=0)
MEASURED = Measured(
    busy=0.5,
    effects=Effects(EFFECT_TIMES, {"pause": [700.0], "skip": [1400.0]}),
    bundled_starts=[500.0, 999.0],
    remote_starts=[600.0, 1100.0],
    costs=COSTS,
    floor=COSTS,
    storm=Storm(given=200, carried_out=200, took_ms=[80.0], wrong=0, faults=0),
    endured=ENDURED,
    deaths=DEATHS,
)


def missed(measured: Measured) -> list[str]:
    return [goal.text.partition(":")[0] for goal in goals(measured) if not goal.is_reached]


def test_goals_are_held_against_the_figures() -> None:
    assert missed(MEASURED) == []


def test_one_kind_of_order_that_is_slow_misses_the_goal() -> None:
    slow = replace(MEASURED.effects, listening={**EFFECT_TIMES, "skip": [301.0]})
    (text,) = missed(replace(MEASURED, effects=slow))
    assert text == "From order to effect with LISTEN, p95 under 300 ms"
    slow = replace(MEASURED.effects, polling={"pause": [1501.0]})
    (text,) = missed(replace(MEASURED, effects=slow))
    assert text == "From order to effect with the poll, p95 under 1500 ms"


@pytest.mark.parametrize(
    ("costs", "text"),
    [
        (replace(COSTS, passed=replace(PLAYING, cores=0.12)), "Opus passed through, of a core"),
        (
            replace(COSTS, many=replace(COSTS.many, cores=1.1)),
            "Opus passed through, of a core",
        ),
        (replace(COSTS, softened=replace(PLAYING, cores=0.4)), "With another volume, of a core"),
        (replace(COSTS, many=replace(COSTS.many, rss_mb=240)), "Memory of each server more"),
        (replace(COSTS, passed=replace(PLAYING, rss_mb=151)), "Memory with 2 servers playing"),
        (
            replace(COSTS, many=replace(COSTS.many, off_ms=[0.1] * 9 + [5.1])),
            "Packets beside 20 ms, p99",
        ),
        (
            replace(COSTS, many=replace(COSTS.many, faults=1)),
            "No packet lost, doubled or misdated",
        ),
    ],
)
def test_what_takes_too_much_misses_its_goal(costs: Costs, text: str) -> None:
    (told,) = missed(replace(MEASURED, costs=costs))
    assert told.startswith(text)


@pytest.mark.parametrize("storm", [{"carried_out": 199}, {"wrong": 1}])
def test_an_order_that_is_not_carried_out_misses_the_goal(storm: dict[str, int]) -> None:
    given = Storm(**{"given": 200, "carried_out": 200, "wrong": 0, "faults": 0} | storm, took_ms=[])
    (told,) = missed(replace(MEASURED, storm=given))
    assert told.startswith("Of 200 orders at once")


def test_a_gap_or_a_worker_that_stays_away_misses_its_goal() -> None:
    (told,) = missed(replace(MEASURED, endured=replace(ENDURED, longest_ms=40.1)))
    assert told.startswith("No gap over 40 ms in 10 minutes")
    for deaths in (replace(DEATHS, lost=1), replace(DEATHS, back_seconds=[10.1])):
        (told,) = missed(replace(MEASURED, deaths=deaths))
        assert told.startswith("Killed 80 times, heard again within 10 s")
    (told,) = missed(replace(MEASURED, deaths=replace(DEATHS, off_seconds=[2.1])))
    assert told.startswith("And where it was")


def test_the_figures_are_told_in_tables() -> None:
    markdown = as_markdown(MEASURED, goals(MEASURED), on=date(2026, 1, 2), where="2 cores")
    assert "Measured on 2026-01-02: 2 cores. When the run began, 0.5 processes" in markdown
    assert "| skip | 150 | 299 | 1400 | 1400 |" in markdown
    assert "| 2 servers, Opus passed through | 2.50 | 2.50 | 1.00 | 5.0 | 5.0 |" in markdown
    assert "| 200 | 200 | 0 | 0 | 80 | 80 |" in markdown
    assert "| 80 | 2 | 0 | 2.0 | 9.9 | 0.4 | 1.9 |" in markdown


def test_what_was_not_measured_is_not_told() -> None:
    short = replace(MEASURED, endured=None, deaths=None)
    text = as_text(short, goals(short))
    assert "Killed" not in text
    assert "one core busy" not in text


def test_a_long_run_is_for_voice_and_no_quick_one() -> None:
    for arguments in (["queue", "--long"], ["voice", "--long", "--quick"]):
        with pytest.raises(SystemExit):
            bench.main(arguments)


def test_the_document_has_a_place_for_the_figures() -> None:
    text = (Checkout.here().root / "docs" / "performance.md").read_text(encoding="utf-8")
    assert MARKS.begin in text
    assert MARKS.end in text
