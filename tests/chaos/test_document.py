"""The counts of a run under fault, as docs/performance.md has them."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import pytest

from dev.chaos.answer_scenario import AnswersOutcome
from dev.chaos.command import FULL, main
from dev.chaos.document import MARKS, as_markdown
from dev.chaos.faults import Strike
from dev.chaos.queue_scenarios import QueueOutcome, QueueScenario
from dev.chaos.report import show_answers, show_queue
from dev.chaos.verdict import Counts
from dev.checkout import Checkout


def crashes_with(found: Sequence[str] = ()) -> QueueOutcome:
    return QueueOutcome(
        scenario=QueueScenario.CRASHES,
        counts=Counts(
            commands=2000, effects=1999, executions=2200, retries=258, most_attempts=3, late_runs=0
        ),
        kills=16,
        strikes={Strike.SESSION: 92, Strike.HELD: 60},
        seconds=33.4,
        found=found,
    )


def answers_with(found: Sequence[str] = ()) -> AnswersOutcome:
    return AnswersOutcome(
        asked=32,
        answered=27,
        resumed=19,
        expired=1,
        lost=3,
        aimed_at_window=15,
        latest_loss_ms=45,
        doubled=1,
        seconds=40,
        found=found,
    )


def written(queue: QueueOutcome, answers: AnswersOutcome) -> str:
    return as_markdown([queue], answers, effort=FULL, seed=7, on=date(2026, 1, 2), where="2 cores")


def test_the_document_tells_what_was_done_and_what_came_of_it() -> None:
    text = written(crashes_with(), answers_with())
    assert text.startswith("Measured on 2026-01-02: 2 cores.\n\nSeed 7, 2,000 commands in each")
    assert "| crashes | 2,000 | 1,999 | 2,200 | 258 | 3 | 0 | 16 | 0 | 0 | 60 | 92 | 33 |" in text
    assert "| users who saw the one whole answer | 27 |" in text
    assert "| lost, having no row yet | 3 |" in text
    assert "- ✓ No command lost, doubled, stuck or out of order" in text
    assert "- ✓ Outside the two windows, every answer seen whole and once" in text
    assert "✗" not in text


def test_the_terminal_has_each_figure_below_its_name_and_says_what_is_allowed() -> None:
    stream = io.StringIO()
    show_queue([crashes_with()], stream)
    show_answers(answers_with(["ended more than once (2)"]), stream)
    text = stream.getvalue()
    came, broken = (part.splitlines() for part in text.split("\n\n")[:2])
    assert came == [
        "commands  sent  done  runs  retries  most tries  late runs   s",
        "crashes   2000  1999  2200      258           3          0  33",
    ]
    assert broken == [
        "broken   killed  frozen  restarts  held  cut off",
        "crashes      16       0         0    60       92",
    ]
    assert re.search(r"^lost, having no row yet +3$", text, re.MULTILINE)
    assert "An answer is lost if its function dies after the\nacknowledgement" in text
    assert "  answers: ended more than once (2)\n" in text
    assert max(map(len, text.splitlines())) <= 100


def test_a_broken_promise_stands_in_the_document() -> None:
    text = written(
        crashes_with(["lost: no effect (1)"]), answers_with(["ended more than once (2)"])
    )
    assert "- ✗ No command lost, doubled, stuck or out of order" in text
    assert "- ✗ crashes: lost: no effect (1)" in text
    assert "- ✗ Outside the two windows, every answer seen whole and once" in text
    assert "- ✗ answers: ended more than once (2)" in text


def test_the_document_has_a_place_for_the_counts(tmp_path: Path) -> None:
    document = tmp_path / "performance.md"
    published = Checkout.here().root / "docs" / "performance.md"
    document.write_text(published.read_text(encoding="utf-8"), encoding="utf-8")
    text = written(crashes_with(), answers_with())
    MARKS.write(document, text)
    assert f"{MARKS.begin}\n\n{text}\n\n{MARKS.end}" in document.read_text(encoding="utf-8")


@pytest.mark.parametrize("part", ["--short", "calm"])
def test_only_a_whole_run_is_published(part: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--markdown", part])
    assert "--markdown keeps the figures of all scenarios" in capsys.readouterr().err
