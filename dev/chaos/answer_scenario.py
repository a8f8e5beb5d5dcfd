"""The scenario of deferred answers, and what is looked at in the end."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from random import Random
from typing import Final

from dev.chaos.answers import ANSWER_SECONDS, PROMPT, WINDOW_SECONDS, AnswerTrial, Asked
from dev.chaos.database import Database
from dev.chaos.deaths import Death
from dev.chaos.expected import expected_messages, without_footer
from dev.chaos.ground import Ground
from dev.chaos.workload import clear
from dev.registration import register
from dev.simulator.config import SimulatorConfig
from dev.simulator.running import RunningSimulator, run_simulator

ANSWERS: Final = "answers"
"""The name that the command line takes."""
DEATHS_WHEN_SHORT: Final = (
    Death.BEFORE_ROW,
    Death.AFTER_ROW,
    Death.BETWEEN_FOLLOW_UPS,
    Death.AFTER_NOTED,
    Death.BEFORE_END,
)
_ROWS: Final = """
select count(*),
       count(*) filter (where attempts > 1 and status = 'completed'),
       count(*) filter (where status = 'failed' and failure_reason = 'expired'),
       count(*) filter (where status not in ('completed', 'failed')
                           or status = 'failed' and failure_reason <> 'expired'),
       count(*) filter (where attempts > 2),
       count(*) filter (where status = 'failed' and not exists (
         select from public.bot_logs as l
           where l.level = 'warning' and l.message like '%' || q.id || '%'))
  from public.command_queue as q where command = 'answer'
"""
_ENDED_TWICE: Final = """
select count(*) from (
  select command_id from chaos.ends group by command_id having count(*) <> 1) as twice
"""
_ACCOUNT: Final = """
select count(*) filter (where noted = 0),
       count(*) filter (where noted > 1),
       count(*) filter (where cut_off > greatest(runs - 1, 0)),
       count(*) filter (where is_open)
  from public.command_queue as q
  cross join lateral (
    select count(*) filter (where u.outcome <> 'failed') as noted,
           count(*) filter (where u.outcome = 'failed') as cut_off
      from public.gemini_usage as u where u.command_id = q.id) as called
  cross join lateral (
    select count(*) as runs, coalesce(bool_or(r.settled_at is null), false) as is_open
      from public.reservations as r where r.command_id = q.id) as reserved
  where q.command = 'answer' and q.status = 'completed'
"""
"""A function that dies in the middle of a call leaves one that failed, noted by who comes after."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswersOutcome:
    """What came of the answers.

    `lost` are those that died between the acknowledgement and the row, the latest of those that
    were killed from outside after `latest_loss_ms`; `doubled` those whose function died after it
    had sent a follow-up and before it had noted its id. Both windows are known. Whatever else went
    wrong is in `found`.
    """

    asked: int
    answered: int
    resumed: int
    expired: int
    lost: int
    aimed_at_window: int
    latest_loss_ms: int
    doubled: int
    seconds: float
    found: Sequence[str]


async def run_answer_scenario(ground: Ground, *, is_short: bool, seed: int) -> AnswersOutcome:
    """Kill functions at every named moment and at random ones, recover, and look."""
    chance = Random(f"{seed} {ANSWERS}")  # noqa: S311 - it chooses moments, and guards nothing
    await clear(ground.database)
    began = time.monotonic()
    with _discord(ground) as discord:
        keys = ground.supabase.keys
        await asyncio.to_thread(register, discord.api_url, keys.application_id, keys.bot_token)
        trial = AnswerTrial(ground, discord)
        async with asyncio.TaskGroup() as group:
            for death in DEATHS_WHEN_SHORT if is_short else Death:
                group.create_task(trial.ask_and_die(death))
            group.create_task(trial.ask_and_die(Death.AFTER_ROW, is_expired=True))
        for _ in range(1 if is_short else 12):
            await trial.ask_and_kill(after_seconds=chance.uniform(0, WINDOW_SECONDS))
            await trial.ask_and_kill(after_seconds=chance.uniform(0, ANSWER_SECONDS))
        taken_again = await trial.recover()
        return await _look(
            trial.asked,
            discord,
            ground.database,
            seconds=time.monotonic() - began,
            found=[f"tried again after their end ({taken_again})"] if taken_again else [],
        )


@contextmanager
def _discord(ground: Ground) -> Iterator[RunningSimulator]:
    keys = ground.supabase.keys
    config = SimulatorConfig(
        application_id=keys.application_id,
        bot_token=keys.bot_token,
        signing_key=keys.signing_key,
        interactions_url="http://127.0.0.1:9/",
    )
    server = logging.getLogger("aiohttp.server")
    server.addFilter(_is_no_broken_connection)
    try:
        with run_simulator(config) as discord:
            yield discord
    finally:
        server.removeFilter(_is_no_broken_connection)


def _is_no_broken_connection(record: logging.LogRecord) -> bool:
    """Whether the server has more to tell than that a function died in the middle of a request."""
    return not (record.exc_info and isinstance(record.exc_info[1], ConnectionError))


async def _look(
    all_asked: Sequence[Asked],
    discord: RunningSimulator,
    database: Database,
    *,
    seconds: float,
    found: list[str],
) -> AnswersOutcome:
    ((rows, resumed, expired, not_well, too_often, unlogged),) = await database.ask(_ROWS)
    expected = expected_messages(PROMPT)
    answered = lost = doubled = 0
    latest_loss_seconds = 0.0
    for asked in all_asked:
        seen = discord.seen(asked.interaction_id)
        contents = [without_footer(message["content"]) for message in seen.messages]
        death = asked.death or f"{asked.after_seconds:.3f} s after the acknowledgement"
        if contents == expected:
            answered += 1
        elif asked.is_expired and seen.is_thinking:
            continue
        elif seen.is_thinking and asked.death in {None, Death.BEFORE_ROW}:
            lost += 1
            latest_loss_seconds = max(latest_loss_seconds, asked.after_seconds)
        elif asked.death in {None, Death.UNREMEMBERED} and _without_one(contents, expected):
            doubled += 1
        else:
            found.append(f"not the one whole answer, died {death}: {len(contents)} messages seen")
    found += [f"Discord was sent what it refuses: {each}" for each in discord.violations]
    ended_twice = await database.number(_ENDED_TWICE)
    ((unnoted, noted_twice, noted_vainly, unsettled),) = await database.ask(_ACCOUNT)
    wanted_expired = sum(asked.is_expired for asked in all_asked)
    for text, count in {
        "lost with a row, or answered without one": abs(len(all_asked) - lost - rows),
        "stuck, or failed for another reason than its age": not_well,
        "ended more than once": ended_twice,
        "attempted more than twice": too_often,
        "failed without a line in the log": unlogged,
        "expired, or not, against the clock": abs(expired - wanted_expired),
        "answered, and no call of a model noted": unnoted,
        "answered, and its call noted more than once": noted_twice,
        "answered, and calls noted that nobody made": noted_vainly,
        "answered, and still reserved for": unsettled,
    }.items():
        if count:
            found.append(f"{text} ({count})")
    return AnswersOutcome(
        asked=len(all_asked),
        answered=answered,
        resumed=resumed,
        expired=expired,
        lost=lost,
        aimed_at_window=sum(asked.is_aimed_at_the_window for asked in all_asked),
        latest_loss_ms=round(latest_loss_seconds * 1000),
        doubled=doubled,
        seconds=seconds,
        found=found,
    )


def _without_one(contents: Sequence[str], expected: Sequence[str]) -> bool:
    """Whether what is seen is what was expected and one message more."""
    return any(
        [*contents[:place], *contents[place + 1 :]] == [*expected] for place in range(len(contents))
    )
