"""What of a conversation is told again: whole exchanges, the newest, and never one too many."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.chat.history import HISTORY_TOKENS, SUMMARISED_TO, budget_for, cut, to_summarise
from lib.ports import Exchange


def conversation(sizes: list[int]) -> list[Exchange]:
    """Exchanges of so many tokens each."""
    return [
        Exchange(
            id=UUID(int=place),
            place=place,
            author_id="1",
            author_name="Edmond",
            question="?",
            answer="!",
            tokens=tokens,
            asked_at=datetime(2026, 1, 1, tzinfo=UTC),
        )
        for place, tokens in enumerate(sizes, 1)
    ]


SIZES = st.lists(st.integers(0, 3000), max_size=40)
BUDGETS = st.integers(0, 8000)


@given(SIZES, BUDGETS)
def test_a_cut_loses_nothing_and_keeps_the_order(sizes: list[int], budget: int) -> None:
    exchanges = conversation(sizes)
    dropped, kept = cut(exchanges, budget=budget)
    assert [*dropped, *kept] == exchanges


@given(SIZES, BUDGETS)
def test_what_is_kept_fits_and_one_more_would_not(sizes: list[int], budget: int) -> None:
    dropped, kept = cut(conversation(sizes), budget=budget)
    size = sum(exchange.tokens for exchange in kept)
    assert size <= budget
    assert not dropped or size + dropped[-1].tokens > budget


def test_an_exchange_that_is_too_large_is_not_skipped_for_older_ones() -> None:
    dropped, kept = cut(conversation([10, 500, 20]), budget=100)
    assert [exchange.tokens for exchange in kept] == [20]
    assert [exchange.tokens for exchange in dropped] == [10, 500]


@given(SIZES, BUDGETS)
def test_nothing_is_summed_up_while_all_of_it_fits(sizes: list[int], budget: int) -> None:
    outgrown = to_summarise(conversation(sizes), budget=budget)
    assert bool(outgrown) == (sum(sizes) > budget)


@given(SIZES, BUDGETS)
def test_what_stays_word_for_word_leaves_room_for_the_next(sizes: list[int], budget: int) -> None:
    exchanges = conversation(sizes)
    outgrown = to_summarise(exchanges, budget=budget)
    assert tuple(exchanges[: len(outgrown)]) == outgrown
    if outgrown:
        stays = sum(exchange.tokens for exchange in exchanges[len(outgrown) :])
        assert stays <= budget * SUMMARISED_TO


@pytest.mark.parametrize(
    ("context", "budget"), [(1_000_000, HISTORY_TOKENS), (24_000, 6_000), (8_000, 2_000)]
)
def test_a_small_context_leaves_less_room(context: int, budget: int) -> None:
    assert budget_for(context) == budget
