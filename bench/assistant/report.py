"""The assistant's figures in words and tables, and what is asked of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from bench.assistant.account import Account
from bench.assistant.provider import Ending
from bench.assistant.timing import ASKERS, Acknowledged, Streamed
from bench.measuring import percentile
from bench.tables import Goal, Marks, Table

MARKS: Final = Marks(
    "<!-- assistant's figures: written by `python3 dev bench assistant --markdown` -->",
    "<!-- end of assistant's figures -->",
)
ACKNOWLEDGED_LIMIT_MS: Final = 50
FIRST_LIMIT_MS: Final = 300
FINAL_LIMIT_MS: Final = 200
MEMORY_LIMIT_MB: Final = 5
NANOSECONDS_IN_MS: Final = 1e6
MOST_SHOWN: Final = 20


@dataclass(frozen=True, slots=True)
class Setting:
    """One way in which answers were streamed."""

    model: str
    at_once: int

    @property
    def title(self) -> str:
        return f"{self.model}, {self.at_once} at once"


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """All of one run. `memory`: MB by the number of conversations."""

    acknowledged: Acknowledged
    streamed: Mapping[Setting, Streamed]
    memory: Mapping[int, float]
    account: Account


def tables(measured: Measured) -> dict[str, Table]:
    """Each table under its title."""
    acknowledged, account = measured.acknowledged, measured.account
    return {
        "From the signed request to the acknowledgement, ms": Table(
            ["", "requests", "p50", "p95", "p99"],
            [
                ["one asker", *_row(acknowledged.quiet, 50, 95, 99)],
                [f"{ASKERS} askers", *_row(acknowledged.crowded, 50, 95, 99)],
            ],
        ),
        "From the model's first token to the first visible edit, ms": Table(
            ["", "answers", "p50", "p95"],
            [[each.title, *_row(found.first, 50, 95)] for each, found in _streams(measured)],
        ),
        "From the model's last token to the final edit, ms": Table(
            ["", "answers", "p50", "p95"],
            [[each.title, *_row(found.final, 50, 95)] for each, found in _streams(measured)],
        ),
        "Memory of the process, MB": Table(
            ["", *(f"after {count} conversations" for count in measured.memory)],
            [["RSS", *(f"{mb:.1f}" for mb in measured.memory.values())]],
        ),
        "The account": Table(
            ["", ""],
            [
                ["scripted conversations", f"{account.conversations:,}"],
                ["answers, and refusals while both models rested", _pair(account)],
                ["requests that the models got", f"{len(account.served):,}"],
                ["of these refused as busy, and as overloaded", _refusals(account)],
                ["of these broken off", f"{account.count(Ending.BROKEN_OFF):,}"],
                ["rows of gemini_usage", f"{len(account.rows):,}"],
                ["tokens that the models told", f"{account.told_tokens:,}"],
                ["tokens in the rows of these", f"{account.noted_tokens:,}"],
                ["rows that are estimates, and say so", f"{account.estimated_rows:,}"],
                ["US dollars in all rows", f"{account.cost_usd:.6f}"],
            ],
        ),
    }


def goals(measured: Measured) -> list[Goal]:
    """What the assistant is meant to reach, held against this run."""
    crowded = _ms(measured.acknowledged.crowded, 99)
    first = max(_ms(found.first, 95) for _, found in _streams(measured))
    final = max(_ms(found.final, 95) for _, found in _streams(measured))
    grown = growth(measured.memory)
    most = max(measured.memory)
    return [
        Goal(
            f"Acknowledged, p99 with {ASKERS} askers under {ACKNOWLEDGED_LIMIT_MS} ms:"
            f" {crowded:.0f} ms",
            crowded < ACKNOWLEDGED_LIMIT_MS,
        ),
        Goal(
            f"First visible edit, p95 under {FIRST_LIMIT_MS} ms: {first:.0f} ms",
            first < FIRST_LIMIT_MS,
        ),
        Goal(f"Final edit, p95 under {FINAL_LIMIT_MS} ms: {final:.0f} ms", final < FINAL_LIMIT_MS),
        Goal(
            f"Memory flat within {MEMORY_LIMIT_MB} MB up to {most} conversations: {grown:+.1f} MB",
            grown < MEMORY_LIMIT_MB,
        ),
        account_goal(measured.account),
    ]


def account_goal(account: Account) -> Goal:
    """The one that no machine is too slow for."""
    return Goal(
        "Tokens, costs and requests in the tables are those of the models, one by one",
        not account.found,
    )


def growth(memory: Mapping[int, float]) -> float:
    """The MB that came since the first reading, at the highest of the later ones."""
    first, *later = memory.values()
    return max((each - first for each in later), default=0.0)


def as_text(shown: Mapping[str, Table], reached: Sequence[Goal], account: Account) -> str:
    """The tables below each other, the goals if there are any, and what is wrong in the account."""
    parts = [f"{title}\n{table.as_text()}" for title, table in shown.items()]
    wrong = [f"  {line}" for line in account.found[:MOST_SHOWN]]
    return "\n\n".join([*parts, "\n".join([*(goal.line for goal in reached), *wrong])]).rstrip()


def as_markdown(
    shown: Mapping[str, Table], reached: Sequence[Goal], *, on: date, where: str
) -> str:
    """The same for a document, with the date and the machine."""
    parts = [f"**{title}**\n\n{table.as_markdown()}" for title, table in shown.items()]
    return "\n\n".join(
        [
            f"Measured on {on.isoformat()}: {where}.",
            *parts,
            "\n".join(f"- {goal.line}" for goal in reached),
        ]
    )


def _streams(measured: Measured) -> list[tuple[Setting, Streamed]]:
    return list(measured.streamed.items())


def _row(nanoseconds: Sequence[int], *percents: int) -> list[str]:
    figures = [f"{_ms(nanoseconds, percent):.1f}" for percent in percents]
    return [f"{len(nanoseconds):,}", *figures]


def _ms(nanoseconds: Sequence[int], percent: int) -> float:
    return percentile(nanoseconds, percent) / NANOSECONDS_IN_MS


def _pair(account: Account) -> str:
    return f"{account.answered:,} and {account.refused:,}"


def _refusals(account: Account) -> str:
    return f"{account.count(Ending.BUSY):,} and {account.count(Ending.OVERLOADED):,}"
