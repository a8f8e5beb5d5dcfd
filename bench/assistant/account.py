"""Whether the account is true: what the tables say of tokens and costs, and what the models say."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from random import Random
from typing import Final, NamedTuple

from genai_prices import Usage, calc_price

from bench.assistant.discord import Question
from bench.assistant.provider import Ending, Script, Served
from bench.assistant.stage import Stage, user
from bench.assistant.timing import answer_in_pieces, number_of

TURNS: Final = 3
AT_ONCE: Final = 4
PROVIDERS: Final = {"gemini-flash-lite-latest": "google", "gpt-6-luna": "openai"}
GEMINI, OPENAI = PROVIDERS
"""The models of bench/assistant/models.toml."""
SEED: Final = "1986"
_ENDINGS: Final = {
    Ending.WHOLE: 66,
    Ending.BROKEN_OFF: 12,
    Ending.BUSY: 12,
    Ending.OVERLOADED: 10,
}
_ROWS: Final = """
select model, prompt_tokens, completion_tokens, total_tokens, cost_usd, estimated, created_at
  from public.gemini_usage
"""
_KEPT: Final = """
select (select count(*) from public.reservations where settled_at is null),
       (select coalesce(sum(tokens), 0) from public.used_days),
       (select coalesce(sum(cost_usd), 0) from public.used_months)
"""


class Row(NamedTuple):
    """One of `gemini_usage`."""

    model: str
    prompt: int
    completion: int
    total: int
    cost_usd: Decimal | None
    estimated: bool
    at: datetime


class Kept(NamedTuple):
    """What the quotas' tables have: reservations that were not settled, tokens and cost."""

    open_reservations: int
    tokens: int
    cost_usd: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Both sides of it, and a line in `found` for everything in which they differ."""

    conversations: int
    answered: int
    refused: int
    served: Sequence[Served]
    rows: Sequence[Row]
    found: Sequence[str]

    def count(self, ending: Ending) -> int:
        return sum(each.ending is ending for each in self.served)

    @property
    def told_tokens(self) -> int:
        return sum(each.told.total for each in self.served if each.told is not None)

    @property
    def noted_tokens(self) -> int:
        """Those of the rows whose calls were counted by the provider."""
        return sum(row.total for row in self.rows if not row.estimated)

    @property
    def estimated_rows(self) -> int:
        return sum(row.estimated for row in self.rows)

    @property
    def cost_usd(self) -> Decimal:
        return sum((row.cost_usd or Decimal(0) for row in self.rows), Decimal(0))


async def take_account(stage: Stage, *, conversations: int) -> Account:
    """Have so many scripted conversations while both models fail now and then, and compare."""
    await stage.prefer(GEMINI)
    await stage.clear()
    (before,) = await stage.read(_KEPT, Kept)
    script = Misfortune()
    stage.models.play = script
    answered = refused = 0
    for turn in range(TURNS):
        for start in range(1, conversations + 1, AT_ONCE):
            batch = range(start, min(start + AT_ONCE, conversations + 1))
            questions = [
                Question(
                    turn * conversations + number,
                    user(number),
                    f"#{turn * conversations + number} And then?",
                )
                for number in batch
            ]
            answers = await stage.ask(questions, at_once=AT_ONCE)
            await stage.rest()
            refused += sum(bool(answer.refusal) for answer in answers)
            answered += sum(not answer.refusal for answer in answers)
    rows = await stage.read(_ROWS, Row)
    (after,) = await stage.read(_KEPT, Kept)
    served = list(stage.models.served)
    used = Kept(
        after.open_reservations,
        after.tokens - before.tokens,
        after.cost_usd - before.cost_usd,
    )
    return Account(
        conversations=conversations,
        answered=answered,
        refused=refused,
        served=served,
        rows=rows,
        found=differences(served, rows, used),
    )


class Misfortune:
    """How each try at each question goes: the same whenever it is run."""

    def __init__(self) -> None:
        self._tries: Counter[int] = Counter()

    def __call__(self, _model: str, question: str) -> Script:
        number = number_of(question)
        self._tries[number] += 1
        chance = Random(f"{SEED} {number} {self._tries[number]}")  # noqa: S311 - guards nothing
        (ending,) = chance.choices(list(_ENDINGS), weights=list(_ENDINGS.values()))
        return Script(
            pieces=answer_in_pieces(number, chance.randint(2, 20)),
            prompt=chance.randint(50, 5000),
            tokens_a_piece=chance.randint(1, 40),
            thinking=chance.choice((0, chance.randint(1, 900))),
            ending=ending,
            rest_seconds=chance.choice((None, 1.0)),
        )


def differences(served: Sequence[Served], rows: Sequence[Row], kept: Kept) -> list[str]:
    """A line for everything in which the tables and the models differ."""
    told = Counter(
        (each.model, each.told.prompt, each.told.completion, each.told.total)
        for each in served
        if each.told is not None
    )
    noted = Counter(
        (row.model, row.prompt, row.completion, row.total)
        for row in rows
        if row.total and not row.estimated
    )
    untold = Counter(_untold(each) for each in served if each.told is None)
    without_counts = Counter(
        (row.model, row.estimated) for row in rows if row.estimated or not row.total
    )
    found = [
        *(f"told and not noted: {_line(each)}" for each in (told - noted).elements()),
        *(f"noted and not told: {_line(each)}" for each in (noted - told).elements()),
        *(f"priced otherwise: {row}" for row in rows if row.cost_usd != price_of(row)),
    ]
    if untold != without_counts:
        found.append(f"without counts: {dict(untold)} asked, {dict(without_counts)} noted")
    if len(rows) != len(served):
        found.append(f"{len(served)} requests came, and {len(rows)} were noted")
    if kept.open_reservations:
        found.append(f"reserved and not settled: {kept.open_reservations}")
    if kept.tokens != (tokens := sum(row.total for row in rows)):
        found.append(f"the days have {kept.tokens} tokens, the rows {tokens}")
    if kept.cost_usd != (cost := sum((row.cost_usd or Decimal(0) for row in rows), Decimal(0))):
        found.append(f"the months have ${kept.cost_usd}, the rows ${cost}")
    return found


def price_of(row: Row) -> Decimal:
    """What genai-prices says that the row's counts cost at its time."""
    usage = Usage(input_tokens=row.prompt, output_tokens=row.completion)
    return calc_price(
        usage, row.model, provider_id=PROVIDERS[row.model], genai_request_timestamp=row.at
    ).total_price


def _untold(served: Served) -> tuple[str, bool]:
    """The model, and whether it did something that has to be estimated."""
    return served.model, served.ending is Ending.BROKEN_OFF


def _line(counts: tuple[str, int, int, int]) -> str:
    model, prompt, completion, total = counts
    return f"{model}: {prompt} + {completion} = {total}"
