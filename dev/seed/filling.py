"""Empties the dashboard's tables and fills them: the same seed and the same end, the same rows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import chain
from random import Random
from zoneinfo import ZoneInfo

import psycopg
from psycopg import sql

from dev.seed import ledger, lines, music, readings, waiting
from dev.seed.rhythm import Span

MONTH_DAYS = 30
LEDGER_ROWS, LOG_LINES, PLAYS, QUEUE_ROWS = 200_000, 100_000, 20_000, 12_000
"""In a month, at the scale 1."""
EMPTIED = (
    "command_secrets", "command_queue", "interaction_log", "interaction_totals", "gemini_usage",
    "bot_logs", "system_stats", "system_stats_rollups", "music_history", "active_sessions",
    "music_queue", "alerts", "heartbeats", "reservations", "used_days", "used_months", "quotas",
)  # fmt: skip
_BASICS = "insert into public.quotas (scope) values ('guilds'), ('direct')"
_TICKS = """
update public.schedules set last_run_at = now(), since = %(since)s, declared_at = now();
insert into public.schedules (name, every_seconds, last_run_at, since, is_tick)
  values ('roll_up_stats', 3600, %(until)s, %(since)s, false),
         ('delete_old_rows', 86400, %(until)s, %(since)s, false),
         ('watch', 60, now(), now(), true)
  on conflict (name) do update
    set last_run_at = excluded.last_run_at, since = excluded.since, declared_at = now()
"""
# What the counters would hold had these answers been reserved for and settled.
_COUNTERS = """
insert into public.quotas (scope, answers_a_day, tokens_a_day, budget_usd_a_month)
  select u.guild_id, 60, 90000,
         greatest(1, ceil(sum(u.cost_usd) * 30 / %(days)s * (0.75 + 0.2 * (rank() over (
           order by u.guild_id) %% 4))))
    from public.gemini_usage as u where u.guild_id is not null group by 1;
insert into public.used_days (user_id, day, answers, tokens)
  select u.user_id, (u.created_at at time zone %(zone)s)::date,
         least(58, count(*) filter (where u.outcome <> 'failed' and u.purpose <> 'summary')),
         least(88000, sum(u.total_tokens))
    from public.gemini_usage as u group by 1, 2;
insert into public.used_months (scope, month, cost_usd)
  select coalesce(u.guild_id, 'direct'),
         date_trunc('month', u.created_at at time zone %(zone)s)::date,
         coalesce(sum(u.cost_usd), 0)
    from public.gemini_usage as u group by 1, 2
"""
# What the database's own retention would not have kept until then.
_OLD = """
delete from public.{table} where {since} < (
  select %s - make_interval(days => r.keep_days) from public.retention as r
    where r.rows_of = {name})
"""
_OLD_ROWS = {
    "bot_logs": sql.SQL("created_at"),
    "system_stats": sql.SQL("created_at"),
    "command_queue": sql.SQL("case when status in ('completed', 'failed') then finished_at end"),
}
"""The tables, and since when a row counts as old."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """How much of it: the last `days` days before `until`, `scale` times as much as usual."""

    until: datetime
    zone: str
    days: int = MONTH_DAYS
    scale: float = 1.0
    seed: int = 1910


def empty(connection: psycopg.Connection) -> None:
    """Delete every row that `fill` makes, and any other of these tables."""
    with connection.transaction():
        _quietly(connection)
        for table in EMPTIED:
            connection.execute(sql.SQL("delete from public.{}").format(sql.Identifier(table)))
        connection.execute(_BASICS)


def fill(connection: psycopg.Connection, wish: Wish) -> dict[str, int]:
    """Fill the emptied tables; how many rows each got. All of it or nothing.

    Needs the rights of a superuser, so that no trigger takes the rows for news.
    """
    span = Span(wish.until - timedelta(days=wish.days), wish.until, ZoneInfo(wish.zone))
    counts: dict[str, int] = {}

    def put(table: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
        counts[table] = counts.get(table, 0) + _copy(connection, table, columns, rows)

    def many(a_month: int) -> int:
        return max(1, round(a_month * wish.scale * wish.days / MONTH_DAYS))

    def chance(name: str) -> Random:
        return Random(f"{wish.seed} {name}")  # noqa: S311 - nothing here is secret

    with connection.transaction():
        _quietly(connection)
        asked = list(ledger.asked(span, many(LEDGER_ROWS), chance("ledger")))
        put("interaction_log", ledger.LEDGER_COLUMNS, (each.row for each in asked))
        usage = chain.from_iterable(each.usage for each in asked)
        put("gemini_usage", ledger.USAGE_COLUMNS, usage)
        put("system_stats", readings.COLUMNS, readings.readings(span, chance("readings")))
        put("bot_logs", lines.COLUMNS, lines.lines(span, many(LOG_LINES), chance("lines")))
        put("alerts", lines.ALERT_COLUMNS, lines.alerts(span))
        put("music_history", music.COLUMNS, music.plays(span, many(PLAYS), chance("music")))
        put("command_queue", waiting.COLUMNS, waiting.rows(span, many(QUEUE_ROWS), chance("queue")))
        play_ids = dict(_newest_plays(connection))
        put("active_sessions", music.SESSION_COLUMNS, music.sessions(wish.until, play_ids))
        values = {"since": span.since, "until": span.until, "zone": wish.zone, "days": wish.days}
        _run(connection, _TICKS, values)
        _run(connection, _COUNTERS, values)
        counts["system_stats_rollups"] = _roll_up(connection)
    return counts


def let_go(connection: psycopg.Connection, wish: Wish) -> dict[str, int]:
    """Delete of what was filled in what is not kept until `wish.until`; how many rows of each table
    went. The roll-ups of the readings stay.
    """
    gone: dict[str, int] = {}
    with connection.transaction():
        _quietly(connection)
        for table, since in _OLD_ROWS.items():
            statement = sql.SQL(_OLD).format(
                table=sql.Identifier(table), since=since, name=sql.Literal(table)
            )
            gone[table] = connection.execute(statement, (wish.until,)).rowcount
    return gone


def _quietly(connection: psycopg.Connection) -> None:
    """Have no trigger run in this transaction: nobody is to be woken."""
    connection.execute("set local session_replication_role = replica")


def _copy(
    connection: psycopg.Connection,
    table: str,
    columns: Sequence[str],
    rows: Iterable[Sequence[object]],
) -> int:
    statement = sql.SQL("copy public.{} ({}) from stdin").format(
        sql.Identifier(table), sql.SQL(", ").join(map(sql.Identifier, columns))
    )
    count = 0
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        for row in rows:
            copy.write_row(row)
            count += 1
    return count


def _run(connection: psycopg.Connection, statements: str, values: dict[str, object]) -> None:
    with psycopg.ClientCursor(connection) as cursor:  # several statements at once
        cursor.execute(statements.encode(), values)


def _newest_plays(connection: psycopg.Connection) -> Iterator[tuple[str, str]]:
    rows = connection.execute(
        "select distinct on (guild_id) guild_id, id::text from public.music_history"
        " order by guild_id, created_at desc, id desc"
    )
    yield from rows.fetchall()


def _roll_up(connection: psycopg.Connection) -> int:
    """As the schedule does it, until nothing is new: each call takes two weeks at most."""
    before, count = -1, 0
    while count > before:
        connection.execute("select public.roll_up_stats()")
        row = connection.execute("select count(*) from public.system_stats_rollups").fetchone()
        before, count = count, 0 if row is None else int(row[0])
    return count
