"""How Postgres carries out the dashboard's queries, inside of their functions as well.

EXPLAIN shows a call of a function and nothing of what it does. Each of the dashboard's functions is
one statement of SQL, which is explained here in its place, planned as functions are: without
knowing the arguments.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import psycopg

_SOURCE = """
select p.prosrc, p.proargnames, l.lanname,
       (select array_agg(t::regtype::text order by place)
          from unnest(p.proargtypes) with ordinality as a (t, place))
  from pg_catalog.pg_proc as p join pg_catalog.pg_language as l on l.oid = p.prolang
  where p.pronamespace = 'public'::regnamespace and p.proname = %s
"""


@dataclass(frozen=True, slots=True)
class Call:
    """A function with the arguments that the page gives, by their names as SQL expressions; or a
    table that the page reads plainly, with `statement`.
    """

    name: str
    arguments: Mapping[str, str] = field(default_factory=dict)
    statement: str | None = None

    def __str__(self) -> str:
        given = ", ".join(f"{name} => {value}" for name, value in self.arguments.items())
        return self.statement or f"{self.name}({given})"

    @property
    def query(self) -> str:
        """The statement that calls it."""
        return self.statement or f"select public.{self}"


_TOKYO = "'Asia/Tokyo'"
_QUEUE = "select * from public.command_queue"
_LOG = "select id, level, message, created_at from public.bot_logs"
_NEWEST = "order by created_at desc, id desc limit 100"
CALLS: Sequence[Call] = (
    Call("is_admin"),
    Call("dashboard_overview", {"p_zone": _TOKYO}),
    Call("system_series", {"p_since": "now() - interval '1 hour'"}),
    Call("system_series", {"p_since": "now() - interval '1 day'"}),
    Call("system_series", {"p_since": "now() - interval '7 days'"}),
    Call("system_series", {"p_since": "now() - interval '30 days'"}),
    Call("assistant_usage", {"p_zone": _TOKYO, "p_days": "30"}),
    Call("assistant_latency", {"p_zone": _TOKYO, "p_days": "30"}),
    Call("assistant_limits", {"p_zone": _TOKYO, "p_share": "0.8"}),
    Call("assistant_problems", {"p_days": "30", "p_limit": "50"}),
    Call("known_names", {"p_ids": "array['302000001299709000033', '302000002599418000066']"}),
    Call("commands_use", {"p_zone": _TOKYO, "p_weeks": "12"}),
    Call("commands_table", {"p_days": "30"}),
    Call("commands_margin", {"p_days": "30"}),
    Call("cold_starts", {"p_zone": _TOKYO, "p_days": "30"}),
    Call("music_plays"),
    Call("music_plays", {"p_search": "'halley'"}),
    Call("most_played", {"p_days": "30"}),
    Call("queue_counts"),
    Call("log_counts", {"p_since": "now() - interval '30 days'"}),
    Call("bot_logs", statement=f"{_LOG} {_NEWEST}"),
    Call("bot_logs", statement=f"{_LOG} where level = 'error' {_NEWEST}"),
    Call("bot_logs", statement=f"{_LOG} where message ilike '%nowhere%' {_NEWEST}"),
    Call("command_queue", statement=f"{_QUEUE} {_NEWEST}"),
    Call("active_sessions", statement="select * from public.active_sessions order by guild_id"),
    Call("command_queue", statement=f"{_QUEUE} where status = 'failed' {_NEWEST}"),
)
"""What the page asks for."""


def explained(connection: psycopg.Connection, call: Call, *, options: str = "analyze") -> str:
    """The plan of what the call does, by whoever the connection acts as. Raises ValueError for a
    function that is no single statement of SQL.
    """
    if call.statement is not None:
        return _lines(connection.execute(f"explain ({options}) {call.statement}".encode()))
    row = connection.execute(_SOURCE, (call.name,)).fetchone()
    if row is None or row[2] != "sql":
        raise ValueError(f"{call.name} is no function of SQL")
    body, names, types = row[0], row[1] or [], row[3] or []
    inputs = names[: len(types)]
    for place, name in enumerate(inputs, start=1):
        body = re.sub(rf"\b{name}\b(?!\s*=>)", f"${place}", body)
    given = [call.arguments.get(name) or _default(connection, call.name, name) for name in inputs]
    declared = f"({', '.join(types)})" if types else ""
    values = f"({', '.join(given)})" if given else ""
    with connection.transaction(force_rollback=True):
        connection.execute("set local plan_cache_mode = force_generic_plan")
        connection.execute(f"prepare explained {declared} as {body}".encode())
        try:
            return _lines(
                connection.execute(f"explain ({options}) execute explained {values}".encode())
            )
        finally:
            connection.execute("deallocate explained")


def is_asked_per_row(plan: str) -> Iterator[str]:
    """The lines of a plan in which is_admin() is asked for each row; asked once, it stands in an
    InitPlan, of which the other lines know the result alone.
    """
    for line in plan.splitlines():
        is_condition = re.match(r"\s*(\w+ )*(Filter|Cond):", line)
        if is_condition and "is_admin()" in line:
            yield line.strip()


def _lines(cursor: psycopg.Cursor) -> str:
    return "\n".join(row[0] for row in cursor.fetchall())


def _default(connection: psycopg.Connection, function: str, parameter: str) -> str:
    """What a parameter is that the call leaves out."""
    row = connection.execute(
        "select pg_get_function_arguments(p.oid) from pg_catalog.pg_proc as p"
        " where p.pronamespace = 'public'::regnamespace and p.proname = %s",
        (function,),
    ).fetchone()
    assert row is not None  # noqa: S101 - it was found before
    found = re.search(rf"\b{parameter} [^,]*? DEFAULT (.+?)(?=, p_\w+ |$)", row[0])
    return found[1] if found else "null"
