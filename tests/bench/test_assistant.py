"""The assistant's benchmark works: its account is true to the token, and what is not is found."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from bench.assistant.account import (
    GEMINI,
    OPENAI,
    TURNS,
    Account,
    Kept,
    Row,
    differences,
    price_of,
)
from bench.assistant.function import MODELS
from bench.assistant.provider import Counts, Ending, Served
from bench.assistant.report import (
    MARKS,
    Measured,
    account_goal,
    as_markdown,
    as_text,
    goals,
    growth,
    tables,
)
from bench.assistant.run import SETTINGS, SHORT, measure_all
from bench.assistant.timing import Acknowledged, Streamed
from dev.checkout import Checkout
from dev.console import Console
from lib.chat.catalogue import read_catalogue

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
MS = 10**6


@pytest.mark.stack
def test_a_short_run_measures_everything_and_its_account_is_true_to_the_token() -> None:
    measured = asyncio.run(measure_all(Checkout.here(), SHORT, console=Console(io.StringIO())))
    assert len(measured.acknowledged.quiet) == SHORT.quiet
    assert len(measured.acknowledged.crowded) == SHORT.crowded
    assert min([*measured.acknowledged.quiet, *measured.acknowledged.crowded]) > 0
    assert set(measured.streamed) == set(SETTINGS)
    for found in measured.streamed.values():
        assert len(found.first) == len(found.final) == SHORT.streams
        assert min([*found.first, *found.final]) > 0
    assert list(measured.memory) == list(SHORT.memory_after)
    assert min(measured.memory.values()) > 0
    account = measured.account
    assert account.found == []
    assert account.told_tokens == account.noted_tokens > 0
    assert len(account.rows) == len(account.served) > SHORT.conversations * TURNS
    # Without its share of misfortune it would prove nothing.
    assert all(account.count(ending) for ending in Ending)
    assert {each.model for each in account.served} == {GEMINI, OPENAI}
    assert any(each.told is None for each in account.served if each.ending is Ending.BROKEN_OFF)


def test_the_models_that_are_measured_are_those_of_its_catalogue() -> None:
    catalogue = read_catalogue(MODELS)
    assert catalogue.complaints == ()
    assert [card.name for card in catalogue.cards] == [GEMINI, OPENAI]


# --- the account ---------------------------------------------------------------------------------


def row(
    model: str, prompt: int, completion: int, *, estimated: bool = False, cost: str | None = None
) -> Row:
    made = Row(model, prompt, completion, prompt + completion, None, estimated, NOW)
    return made._replace(cost_usd=price_of(made) if cost is None else Decimal(cost))


def served(model: str, counts: Counts | None, ending: Ending = Ending.WHOLE) -> Served:
    return Served(model, "#1 And then?", ending, counts)


SERVED = [
    served(GEMINI, Counts(100, 50, 20)),
    served(GEMINI, None, Ending.BUSY),
    served(GEMINI, Counts(70, 5), Ending.BROKEN_OFF),
    served(OPENAI, None, Ending.BROKEN_OFF),
    served(OPENAI, Counts(100, 50)),
]
ROWS = [
    row(GEMINI, 100, 50),
    row(GEMINI, 0, 0),
    row(GEMINI, 70, 5),
    row(OPENAI, 90, 10, estimated=True),
    row(OPENAI, 100, 50),
]


def kept_of(rows: Sequence[Row], *, open_reservations: int = 0) -> Kept:
    cost = sum((each.cost_usd or Decimal(0) for each in rows), Decimal(0))
    return Kept(open_reservations, sum(each.total for each in rows), cost)


def test_an_account_that_is_true_has_no_differences() -> None:
    assert differences(SERVED, ROWS, kept_of(ROWS)) == []


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ([row(GEMINI, 100, 51), *ROWS[1:]], f"told and not noted: {GEMINI}: 100 + 50 = 150"),
        ([row(GEMINI, 100, 51), *ROWS[1:]], f"noted and not told: {GEMINI}: 100 + 51 = 151"),
        ([row(OPENAI, 100, 50), *ROWS[1:]], f"told and not noted: {GEMINI}: 100 + 50 = 150"),
        ([row(GEMINI, 100, 50, cost="0.1"), *ROWS[1:]], "priced otherwise: "),
        ([*ROWS[:3], row(OPENAI, 90, 10), ROWS[4]], "noted and not told: "),
        ([ROWS[0], *ROWS[2:]], "without counts: "),
        (ROWS[:4], "5 requests came, and 4 were noted"),
        ([*ROWS, ROWS[0]], "5 requests came, and 6 were noted"),
    ],
    ids=[
        "a token too many: what was told is missing",
        "a token too many: what was noted is nobody's",
        "another model",
        "another price",
        "an estimate that does not say so",
        "a refusal that is not noted",
        "a call that is not noted",
        "a call that is noted twice",
    ],
)
def test_whatever_is_wrong_in_the_rows_is_found(rows: Sequence[Row], told: str) -> None:
    found = differences(SERVED, rows, kept_of(rows))
    assert any(line.startswith(told) for line in found), found


def test_whatever_is_wrong_in_the_quotas_is_found() -> None:
    kept = kept_of(ROWS)
    for wrong, told in {
        kept._replace(open_reservations=1): "reserved and not settled: 1",
        kept._replace(tokens=kept.tokens + 1): f"the days have {kept.tokens + 1} tokens",
        kept._replace(cost_usd=Decimal(9)): "the months have $9",
    }.items():
        (line,) = differences(SERVED, ROWS, wrong)
        assert line.startswith(told)


# --- the report ----------------------------------------------------------------------------------

ACCOUNT = Account(conversations=100, answered=297, refused=3, served=SERVED, rows=ROWS, found=[])


def measured_with(*, scale: int = 1, found: Sequence[str] = ()) -> Measured:
    each = Streamed([100 * MS * scale], [80 * MS * scale])
    return Measured(
        acknowledged=Acknowledged([2 * MS], [20 * MS * scale]),
        streamed=dict.fromkeys(SETTINGS, each),
        memory={20: 150.0, 100: 149.0, 220: 150.0 + 2 * scale},
        account=replace(ACCOUNT, found=found),
    )


def test_goals_are_held_against_the_figures() -> None:
    assert all(goal.is_reached for goal in goals(measured_with()))
    slow = goals(measured_with(scale=3, found=["one row too many"]))
    assert [goal.is_reached for goal in slow] == [False] * 5


def test_one_setting_that_is_slow_misses_the_goal() -> None:
    measured = measured_with()
    slow = Streamed([100 * MS], [201 * MS])
    streamed = {**measured.streamed, SETTINGS[-1]: slow}
    reached = [goal.is_reached for goal in goals(replace(measured, streamed=streamed))]
    assert reached == [True, True, False, True, True]


def test_memory_has_grown_by_the_highest_of_the_later_readings() -> None:
    assert growth({20: 150.0, 100: 157.5, 220: 151.0}) == 7.5
    assert growth({20: 150.0, 100: 148.0}) == -2.0


def test_the_figures_are_told_in_tables() -> None:
    measured = measured_with()
    shown, reached = tables(measured), goals(measured)
    text = as_text(shown, reached, measured.account)
    assert "gpt-6-luna, 8 at once" in text
    assert "✓ Acknowledged, p99 with 20 askers under 50 ms: 20 ms" in text
    markdown = as_markdown(shown, reached, on=date(2026, 1, 2), where="2 cores")
    assert "Measured on 2026-01-02: 2 cores." in markdown
    assert "| tokens that the models told | 375 |" in markdown
    assert "| RSS | 150.0 | 149.0 | 152.0 |" in markdown


def test_what_is_wrong_in_the_account_is_told_line_by_line() -> None:
    measured = measured_with(found=["one row too many"])
    goal = account_goal(measured.account)
    assert not goal.is_reached
    text = as_text(tables(measured), [goal], measured.account)
    assert text.endswith(f"{goal.line}\n  one row too many")


def test_the_document_has_a_place_for_the_figures() -> None:
    document = Checkout.here().root / "docs" / "performance.md"
    text = document.read_text(encoding="utf-8")
    assert MARKS.begin in text
    assert MARKS.end in text
