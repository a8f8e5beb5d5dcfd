"""The log, and the alerts that stand in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from random import Random

from dev.seed.cast import ASKING, GUILDS, MODELS
from dev.seed.rhythm import Span, weighted

COLUMNS = ("level", "message", "created_at")
ALERT_COLUMNS = ("name", "detail", "opened_at", "closed_at")
_TRACEBACK = """handler_failed  error_id={id} command=ask
Traceback (most recent call last):
  File "lib/interactions/dispatch.py", line 74, in answer
    return command.handler.reply(context)
  File "lib/commands/stats.py", line 88, in show_stats
    window = figures.window
AttributeError: 'NoneType' object has no attribute 'window'"""

_LINES: dict[str, tuple[tuple[str, float], ...]] = {
    "debug": (("claimed  kinds=answer,snapshot rows={n}", 1),),
    "info": (
        ("answer_sent  command={command} messages={few}", 60),
        ("answer_resumed  command={command} attempt={few}", 6),
        ("stats_rolled_up  lines={n}", 8),
        ("old_rows_deleted  bot_logs={n} interaction_log={many}", 2),
        ("conversation_forgotten  everybody=False exchanges={n}", 4),
        ("memory_collected  freed_mb={n}", 5),
        ("user_data_deleted  tables={few}", 1),
        ("attachment_not_fetched  failure=timed_out detail=メモ.pdf", 2),
    ),
    "warning": (
        ("model_failed  model={model} failure=overloaded detail=503 UNAVAILABLE", 10),
        ("slow  what=begin_command ms={many}", 9),
        ("progress_not_shown  status=429 code=0", 6),
        ("discord_not_reached  status=503 code=0", 3),
        ("answer_withheld  model={model}", 1),
        ("command_given_up  command=skip id={id} reason=expired", 3),
    ),
    "error": (
        ("command_failed  command=answer id={id} error=StoreError", 4),
        ("tables_not_reached  operation=open_chat code=timed_out", 4),
        (_TRACEBACK, 3),
        ("answer_not_delivered  status=404 code=10015 guild_id={guild}", 2),
        ("handler_failed  error_id={id} title=<script>alert('1')</script>", 0.2),
    ),
}
_LEVELS = (("debug", 0.3), ("info", 92.2), ("warning", 6.0), ("error", 1.5))


def lines(span: Span, count: int, chance: Random) -> Iterator[tuple[object, ...]]:
    """About that many lines of bot_logs, and those of the alerts; not quite in order."""
    levels = weighted(chance, _LEVELS, count)
    choose = {level: _chooser(choices, chance) for level, choices in _LINES.items()}
    for moment, level in zip(span.moments(count, chance), levels, strict=True):
        yield level, _filled(choose[level](), chance), moment
    for name, detail, opened_at, closed_at in alerts(span):
        yield "warning", f"alert_opened  name={name} detail={detail}", opened_at
        yield "info", f"alert_closed  name={name} detail={detail}", closed_at
    yield "warning", "tick_was_late  name=cron_stats seconds=7200", span.outage[1]


def alerts(span: Span) -> Iterator[tuple[object, ...]]:
    """Those of the outage and of the overloaded model; both are over."""
    begin, end = span.outage
    detail = "cron_stats has not run for 612 s; it should every 300 s."
    yield "schedule:cron_stats", detail, begin + timedelta(minutes=10), end
    begin, end = span.rush
    detail = "71 of 254 commands failed in the last hour."
    yield "error_rate", detail, begin + timedelta(minutes=31), end + timedelta(minutes=44)


def _chooser(choices: tuple[tuple[str, float], ...], chance: Random) -> Callable[[], str]:
    texts, weights = zip(*choices, strict=True)
    return lambda: chance.choices(texts, weights)[0]


def _filled(text: str, chance: Random) -> str:
    return (
        text.replace("{id}", f"{chance.getrandbits(32):08x}")
        .replace("{command}", chance.choice(ASKING))
        .replace("{model}", chance.choice(MODELS).name)
        .replace("{guild}", chance.choice(GUILDS))
        .replace("{few}", str(chance.randint(1, 3)))
        .replace("{n}", str(chance.randint(1, 40)))
        .replace("{many}", str(chance.randint(400, 2600)))
    )
