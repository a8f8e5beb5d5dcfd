"""`python3 dev bench`: Halley and others of her kind, measured side by side in one run."""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from functools import partial

from bench import report
from bench.assistant import report as assistant_report
from bench.assistant import run as assistant
from bench.dashboard import queries as dashboard_queries
from bench.dashboard import report as dashboard_report
from bench.dashboard import run as dashboard
from bench.entrants import titles
from bench.installation import QUEUE_REQUIREMENTS, REQUIREMENTS, install
from bench.measuring import QUICK, Effort, measure
from bench.queues import report as queue_report
from bench.queues.run import SHORT, Extent, measure_all
from bench.tables import Marks, machine
from bench.voice import report as voice_report
from bench.voice import run as voice
from dev.checkout import Checkout
from dev.console import Console

QUICK_SHOWS = (
    "All of them answer. So few rounds say nothing of speed, and are held against no such goal."
)


class Subject(StrEnum):
    """What can be measured."""

    BOT = "bot"
    QUEUE = "queue"
    ASSISTANT = "assistant"
    DASHBOARD = "dashboard"
    VOICE = "voice"


@dataclass(frozen=True, slots=True)
class Page:
    """What a document of docs/ is to hold between its marks."""

    text: str
    marks: Marks
    name: str = "performance.md"


def main(arguments: Sequence[str]) -> int:
    """Measure, show the tables, and with --markdown keep them. 0 whatever the figures are."""
    parser = argparse.ArgumentParser(
        prog="python3 dev bench",
        description="Measure Halley and others of her kind side by side in one run: bots, queues,"
        " or the assistant, the dashboard or the voice worker alone.",
    )
    parser.add_argument(
        "subject",
        nargs="?",
        type=Subject,
        choices=list(Subject),
        default=Subject.BOT,
        help="bot: the answer to a command, cold and warm (this is the default); "
        "queue: claims, wake-ups and what they cost; "
        "assistant: acknowledgements, streams, memory, and whether its account is true; "
        "dashboard: its page in a browser, its queries, and an hour of changes; "
        "voice: what is heard of orders, and what playing takes",
    )
    parser.add_argument(
        "--markdown",
        action="store_true",
        help="write the tables into docs/performance.md (and plans into docs/dashboard-queries.md)",
    )
    parser.add_argument(
        "--quick", action="store_true", help="a few iterations: shows that all answer, no more"
    )
    parser.add_argument(
        "--long",
        action="store_true",
        help="voice: also ten minutes with one core busy, and five of sudden deaths",
    )
    options = parser.parse_args(arguments)
    if options.quick and options.markdown:
        parser.error("--markdown keeps the figures of a whole run")
    if options.long and (options.quick or options.subject is not Subject.VOICE):
        parser.error("--long is for voice, and for a whole run")
    checkout, console = Checkout.here(), Console()
    measured: dict[Subject, Callable[..., tuple[str, list[Page]]]] = {
        Subject.BOT: _bot,
        Subject.QUEUE: _queue,
        Subject.ASSISTANT: _assistant,
        Subject.DASHBOARD: _dashboard,
        Subject.VOICE: partial(_voice, is_long=options.long),
    }
    text, pages = measured[options.subject](checkout, console, is_quick=options.quick)
    console.say()
    console.say(text)
    if options.quick:
        console.say()
        console.say(QUICK_SHOWS)
    if options.markdown:
        console.say()
        for page in pages:
            page.marks.write(checkout.root / "docs" / page.name, page.text)
            console.say(f"docs/{page.name} has the figures now.")
    return 0


def _bot(checkout: Checkout, console: Console, *, is_quick: bool) -> tuple[str, list[Page]]:
    installation = install(checkout, console=console)
    effort = QUICK if is_quick else Effort()
    with console.step(
        "Measuring", f"{effort.cold_rounds} cold and {effort.warm_rounds} warm rounds"
    ):
        figures = measure(installation, effort)
    table = report.rows(figures, titles(checkout.root / REQUIREMENTS))
    reached = [] if is_quick else report.goals(figures)
    markdown = report.as_markdown(table, reached, on=datetime.now(UTC).date(), where=machine())
    return report.as_text(table, reached), [Page(markdown, report.MARKS)]


def _queue(checkout: Checkout, console: Console, *, is_quick: bool) -> tuple[str, list[Page]]:
    measured = asyncio.run(measure_all(checkout, SHORT if is_quick else Extent(), console=console))
    names = queue_report.titles(checkout.root / QUEUE_REQUIREMENTS)
    shown = queue_report.tables(measured, names)
    reached = [] if is_quick else queue_report.goals(measured)
    markdown = queue_report.as_markdown(
        shown, reached, on=datetime.now(UTC).date(), where=machine()
    )
    return queue_report.as_text(shown, reached), [Page(markdown, queue_report.MARKS)]


def _assistant(checkout: Checkout, console: Console, *, is_quick: bool) -> tuple[str, list[Page]]:
    extent = assistant.SHORT if is_quick else assistant.Extent()
    measured = asyncio.run(assistant.measure_all(checkout, extent, console=console))
    shown = assistant_report.tables(measured)
    account = assistant_report.account_goal(measured.account)
    reached = [account] if is_quick else assistant_report.goals(measured)
    markdown = assistant_report.as_markdown(
        shown, reached, on=datetime.now(UTC).date(), where=machine()
    )
    text = assistant_report.as_text(shown, reached, measured.account)
    return text, [Page(markdown, assistant_report.MARKS)]


def _dashboard(checkout: Checkout, console: Console, *, is_quick: bool) -> tuple[str, list[Page]]:
    extent = dashboard.SHORT if is_quick else dashboard.Extent()
    measured = dashboard.measure_all(checkout, extent, console=console)
    reached = [] if is_quick else dashboard_report.goals(measured)
    on, where = datetime.now(UTC).date(), machine()
    figures = dashboard_report.as_markdown(measured, reached, on=on, where=where)
    plans = dashboard_queries.as_markdown(measured.queries, measured.counts, on=on, where=where)
    return dashboard_report.as_text(measured, reached), [
        Page(figures, dashboard_report.MARKS),
        Page(plans, dashboard_queries.MARKS, "dashboard-queries.md"),
    ]


def _voice(
    checkout: Checkout, console: Console, *, is_quick: bool, is_long: bool
) -> tuple[str, list[Page]]:
    extent = voice.SHORT if is_quick else voice.LONG if is_long else voice.Extent()
    measured = asyncio.run(voice.measure_all(checkout, extent, console=console))
    reached = [] if is_quick else voice_report.goals(measured)
    markdown = voice_report.as_markdown(
        measured, reached, on=datetime.now(UTC).date(), where=machine()
    )
    return voice_report.as_text(measured, reached), [Page(markdown, voice_report.MARKS)]
