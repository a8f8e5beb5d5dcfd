"""The benchmark works: every contender answers, and the table says what was measured."""

from __future__ import annotations

import io
from datetime import date
from pathlib import Path

import pytest

from bench.entrants import Entrant, titles
from bench.installation import REQUIREMENTS, Installation, install
from bench.interaction import BODY, Discord
from bench.measuring import QUICK, Figures, measure, percentile
from bench.report import MARKS, as_markdown, as_text, goals, rows
from bench.running import RunningContender
from dev import bench
from dev.bench import Subject
from dev.checkout import Checkout
from dev.console import Console
from dev.errors import StackError

TITLES = titles(Checkout.here().root / REQUIREMENTS)


def figures_of(scale: float) -> Figures:
    return Figures(
        cold_ms=20 * scale,
        cold_without_bytecode_ms=50 * scale,
        warm_p50_us=70 * scale,
        warm_p99_us=100 * scale,
        rss_mb=10 * scale,
    )


FIGURES = {
    Entrant.FLOOR: figures_of(1),
    Entrant.BARE_FLASK: figures_of(4),
    Entrant.FLASK_DISCORD_INTERACTIONS: figures_of(8),
    Entrant.HIKARI: figures_of(9),
    Entrant.HALLEY: figures_of(1.25),
}


@pytest.fixture(scope="module")
def installation() -> Installation:
    return install(Checkout.here(), console=Console(io.StringIO()))


def test_every_contender_answers_every_request_correctly(installation: Installation) -> None:
    figures = measure(installation, QUICK)  # it checks each answer itself
    assert set(figures) == set(Entrant)


@pytest.mark.parametrize("entrant", Entrant)
def test_a_contender_that_answers_wrongly_is_told(
    installation: Installation, entrant: Entrant
) -> None:
    stranger = Discord()
    with (
        RunningContender(
            entrant, installation.compiled, public_key=Discord().public_key
        ) as contender,
        pytest.raises(StackError, match=r"answered 40[01]|ended without an answer"),
    ):
        contender.ask(stranger.request(), 1)


def test_one_environment_has_bytecode_and_the_other_none(installation: Installation) -> None:
    compiled = installation.compiled.sources / "lib" / "settings.py"
    assert list((compiled.parent / "__pycache__").glob("settings.*.pyc"))
    plain = installation.plain.python.parents[1]
    assert not list(plain.rglob("*.pyc"))


def test_the_request_is_as_large_as_discords() -> None:
    assert 1500 < len(BODY) < 2000


def test_a_percentile_is_a_value_that_was_measured() -> None:
    assert percentile(range(1, 101), 50) == 50
    assert percentile(range(1, 101), 99) == 99
    assert percentile([7], 99) == 7


def test_the_table_gives_every_figure_as_a_multiple_of_the_floors() -> None:
    table = rows(FIGURES, TITLES)
    assert table[0][1:] == ["20 (1.00×)", "50 (1.00×)", "70 (1.00×)", "100 (1.00×)", "10 (1.00×)"]
    assert table[-1][0] == "Halley"
    assert table[-1][1] == "25 (1.25×)"


def test_goals_are_held_against_the_figures() -> None:
    assert all(goal.is_reached for goal in goals(FIGURES))
    slow = goals(FIGURES | {Entrant.HALLEY: figures_of(3)})
    assert [goal.is_reached for goal in slow] == [False, False, False, True, True]
    assert "✗ Warm at most 1.5 times the floor: 3.00 times" in as_text([], slow)


@pytest.mark.parametrize("subject", Subject)
def test_a_few_rounds_are_never_published(
    subject: Subject, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        bench.main([subject, "--quick", "--markdown"])
    assert "--markdown keeps the figures of a whole run" in capsys.readouterr().err


def test_a_run_that_is_held_against_nothing_is_its_table_alone() -> None:
    assert as_text(rows(FIGURES, TITLES), []).splitlines()[-1].startswith("Halley")


def test_the_figures_stand_between_their_marks_in_the_document(tmp_path: Path) -> None:
    document = tmp_path / "performance.md"
    stale = f"Before.\n\n{MARKS.begin}\nstale\n{MARKS.end}\n\nAfter.\n"
    document.write_text(stale, encoding="utf-8")
    text = as_markdown(rows(FIGURES, TITLES), goals(FIGURES), on=date(2026, 1, 2), where="2 cores")
    MARKS.write(document, text)
    written = document.read_text(encoding="utf-8")
    assert written.startswith("Before.")
    assert written.endswith("After.\n")
    assert "Measured on 2026-01-02: 2 cores." in written
    assert "| Halley | 25 (1.25×) |" in written
    assert "stale" not in written


def test_a_document_without_the_marks_is_told_and_left_alone(tmp_path: Path) -> None:
    document = tmp_path / "performance.md"
    document.write_text("No marks.")
    with pytest.raises(StackError, match=r"performance\.md has lost the marks"):
        MARKS.write(document, "text")
    assert document.read_text() == "No marks."
