"""What of a conversation a model is told again: the newest exchanges, within a budget."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Final, NamedTuple

from lib.chat.quoting import quoted, without_quoted
from lib.chat.shortening import shortened
from lib.chat.tokens import estimate_tokens
from lib.ports import Exchange, ModelCard, Provider

HISTORY_TOKENS: Final = 6000
"""What the earlier exchanges of a conversation may cost each new question, at most."""
SUMMARISED_TO: Final = 0.5
"""Of a conversation that has grown beyond its budget this share stays word for word. The rest goes
into the summary at once, or each new question would have to make one.
"""
PORTION: Final = 2
"""A summary is made of no more than so many budgets: it has to be read within a model's context,
and in the seconds that an answer leaves. What is older goes first, the rest with later questions.
"""
QUESTION_SHARE: Final = 4
"""A question that is shortened keeps one part in so many of what there is for its exchange."""


class Cut(NamedTuple):
    """A conversation in two: what is left out, and what is told, each oldest first."""

    dropped: tuple[Exchange, ...]
    kept: tuple[Exchange, ...]


def cut(exchanges: Sequence[Exchange], *, budget: int) -> Cut:
    """The newest exchanges that have no more than `budget` tokens together, and those before. The
    very newest is kept however large it is: a question mostly goes on from there.

    An exchange is never cut in two, nor is one left out between two that are told.
    """
    left = budget
    for place in range(len(exchanges) - 1, -1, -1):
        left -= exchanges[place].tokens
        if left < 0:
            kept = min(place + 1, len(exchanges) - 1)
            return Cut(tuple(exchanges[:kept]), tuple(exchanges[kept:]))
    return Cut((), tuple(exchanges))


def within(exchanges: Sequence[Exchange], *, budget: int) -> tuple[Exchange, ...]:
    """What is told of `exchanges` in no more than `budget` tokens: the newest whole ones; of the
    very newest, if it alone is larger, its beginning and its end.
    """
    kept = cut(exchanges, budget=budget).kept
    return tuple(_shortened(each, budget) if each.tokens > budget else each for each in kept)


def to_summarise(exchanges: Sequence[Exchange], *, budget: int) -> tuple[Exchange, ...]:
    """What of a conversation should go into its summary now, oldest first: nothing while it is
    short. It has at most PORTION budgets; of a single exchange that is larger, its beginning and
    its end.
    """
    if not cut(exchanges, budget=budget).dropped:
        return ()
    return portion_of(cut(exchanges, budget=int(budget * SUMMARISED_TO)).dropped, budget=budget)


def portion_of(exchanges: Sequence[Exchange], *, budget: int) -> tuple[Exchange, ...]:
    """The oldest of `exchanges`: as many as go into a summary at once."""
    most = left = budget * PORTION
    portion: list[Exchange] = []
    for exchange in exchanges:
        left -= exchange.tokens
        if left < 0 and portion:
            break
        portion.append(_shortened(exchange, most) if exchange.tokens > most else exchange)
    return tuple(portion)


def without_offline(
    exchanges: Sequence[Exchange], cards: Iterable[ModelCard]
) -> tuple[Exchange, ...]:
    """What may be told to one of `cards`: what the offline model made up would only mislead one
    that knows something.
    """
    if any(card.provider is Provider.OFFLINE for card in cards):
        return tuple(exchanges)
    return tuple(each for each in exchanges if each.model != Provider.OFFLINE)


def budget_for(context_tokens: int) -> int:
    """What the history may cost with a model of that context."""
    return min(HISTORY_TOKENS, context_tokens // 4)


def _shortened(exchange: Exchange, tokens: int) -> Exchange:
    """The exchange in so many tokens. Its answer gives way first, down to most of them."""
    for_question = max(tokens // QUESTION_SHARE, tokens - estimate_tokens(exchange.answer))
    question = _shortened_question(exchange.question, for_question)
    asked = estimate_tokens(question)
    answer = shortened(exchange.answer, tokens=tokens - asked)
    return replace(
        exchange, question=question, answer=answer, tokens=asked + estimate_tokens(answer)
    )


def _shortened_question(question: str, tokens: int) -> str:
    """A question that quotes something may lose the marks around it: then all of it is quoted."""
    if estimate_tokens(question) <= tokens or without_quoted(question) == question:
        return shortened(question, tokens=tokens)
    marks = estimate_tokens(_requoted(""))
    return _requoted(shortened(question, tokens=tokens - marks))


def _requoted(text: str) -> str:
    return quoted("question", "shortened", text)
