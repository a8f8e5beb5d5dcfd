"""`python3 dev chaos`: thousands of commands through the queue while it is broken on purpose."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import secrets
import sys
from collections.abc import Sequence
from datetime import UTC, datetime

from bench.tables import machine
from dev.chaos.answer_scenario import ANSWERS, AnswersOutcome, run_answer_scenario
from dev.chaos.document import MARKS, as_markdown
from dev.chaos.ground import prepared_ground
from dev.chaos.queue_scenarios import (
    WHEN_SHORT,
    Effort,
    QueueOutcome,
    QueueScenario,
    run_queue_scenario,
)
from dev.chaos.report import show_answers, show_queue
from dev.checkout import Checkout
from dev.console import Console
from dev.errors import StackError

FULL = Effort(commands=2000, drainers=4, is_short=False)
SHORT = Effort(commands=36, drainers=2, is_short=True)
INTERRUPTED = 130
_LARGEST_SEED = 10**6


def main(arguments: Sequence[str]) -> int:
    """Run the scenarios and show the counts; 1 if anything was lost, doubled or stuck."""
    options = _parse(arguments)
    with contextlib.suppress(KeyboardInterrupt):
        try:
            return asyncio.run(_run(options, Checkout.here(), Console()))
        except ExceptionGroup as errors:
            told, _ = errors.split(StackError)
            if told is None:
                raise
            raise _first(told) from None
    return INTERRUPTED


def _first(errors: ExceptionGroup[StackError]) -> StackError:
    """One of several things that went wrong at once."""
    error = errors.exceptions[0]
    return _first(error) if isinstance(error, ExceptionGroup) else error


def _parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python3 dev chaos",
        description="Send commands through the queue, with real processes on a database of its own,"
        " while that is restarted, its sessions are ended, the API's pool is exhausted and drainers"
        " are killed; and kill functions while they answer. Prints the counts; exit status 1 if"
        " anything is lost, doubled or stuck.",
    )
    parser.add_argument(
        "scenarios",
        nargs="*",
        metavar="scenario",
        type=_scenario,
        help=f"{', '.join(QueueScenario)} or {ANSWERS}; all of them if none is named",
    )
    parser.add_argument("--short", action="store_true", help="each fault once, as the tests do")
    parser.add_argument("--seed", type=int, help="as an earlier run printed it")
    parser.add_argument(
        "--commands", type=_count, help=f"for each scenario of the queue ({FULL.commands})"
    )
    parser.add_argument(
        "--markdown", action="store_true", help="write the tables into docs/performance.md"
    )
    options = parser.parse_args(arguments)
    if options.markdown and (options.short or options.scenarios):
        parser.error("--markdown keeps the figures of all scenarios in their full form")
    return options


def _scenario(value: str) -> str:
    if value not in {*QueueScenario, ANSWERS}:
        raise argparse.ArgumentTypeError(f"there is no scenario {value!r}")
    return value


def _count(value: str) -> int:
    if not (value.isascii() and value.isdigit() and 0 < int(value) <= 10**6):
        raise argparse.ArgumentTypeError("a number from 1 to 1000000")
    return int(value)


async def _run(options: argparse.Namespace, checkout: Checkout, console: Console) -> int:
    seed = secrets.randbelow(_LARGEST_SEED) if options.seed is None else options.seed
    usual = SHORT if options.short else FULL
    effort = Effort(
        commands=options.commands or usual.commands,
        drainers=usual.drainers,
        is_short=usual.is_short,
    )
    every = [*(WHEN_SHORT if options.short else QueueScenario), ANSWERS]
    names = list(dict.fromkeys(options.scenarios)) or every
    console.say(f"Seed {seed}, {effort.drainers} drainers. The same seed chooses the same victims.")
    queue: list[QueueOutcome] = []
    answers: AnswersOutcome | None = None
    is_broken = False
    async with prepared_ground(checkout) as ground:
        for name in names:
            with console.step(name) as step:
                if name == ANSWERS:
                    answers = await run_answer_scenario(ground, is_short=effort.is_short, seed=seed)
                    found = answers.found
                else:
                    outcome = await run_queue_scenario(
                        QueueScenario(name), ground, effort=effort, seed=seed
                    )
                    queue.append(outcome)
                    found = outcome.found
                step.problem = "does NOT hold" if found else None
                step.detail = "holds"
                is_broken = is_broken or bool(found)
        if is_broken:
            console.warn(f"The logs of every program are kept in {ground.keep_logs()}")
    console.say()
    if queue:
        show_queue(queue, sys.stdout)
    if answers is not None:
        show_answers(answers, sys.stdout)
    if options.markdown and answers is not None:
        markdown = as_markdown(
            queue,
            answers,
            effort=effort,
            seed=seed,
            on=datetime.now(UTC).date(),
            where=machine(),
        )
        MARKS.write(checkout.root / "docs" / "performance.md", markdown)
        console.say("docs/performance.md has the counts now.")
    return int(is_broken)
