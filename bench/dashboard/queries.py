"""Measures the dashboard's queries on an invented month and keeps their plans in the docs.

Beside the time that passes it reads, on Linux, the processor's time from the server's own process:
what a query takes on a machine that does nothing else.
"""

from __future__ import annotations

import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from statistics import median
from typing import Final

import psycopg

from bench.dashboard.plans import CALLS, Call, explained
from bench.tables import Goal, Marks, Table
from dev.migrations import connect

MARKS: Final = Marks(
    "<!-- queries: written by `python3 dev bench dashboard --markdown` -->",
    "<!-- end of queries -->",
)
LIMIT_MS: Final = 200
ZONE: Final = "Asia/Tokyo"
PLAN: Final = "analyze, costs off, timing off, summary off"
_ADMIN: Final = """
insert into public.dashboard_admins (discord_id) values ('1');
insert into auth.identities (user_id, provider, provider_id)
  values ('aaaaaaaa-0000-4000-8000-000000000001', 'discord', '1');
select set_config('request.jwt.claims',
                  '{"sub": "aaaaaaaa-0000-4000-8000-000000000001"}', false);
set role authenticated
"""


@dataclass(frozen=True, slots=True)
class Measured:
    """A query with its times in Postgres and on the way here, the processor's for one of them, and
    its plan.
    """

    call: Call
    times_ms: Sequence[float]
    processor_ms: float
    kilobytes: float
    plan: str | None


def measure_all(database_url: str, *, rounds: int) -> list[Measured]:
    """Time everything that the page asks for, as an admin."""
    with connect(database_url) as connection:
        connection.execute(_ADMIN.encode())
        return [measure(connection, call, rounds=rounds) for call in CALLS]


def measure(connection: psycopg.Connection, call: Call, *, rounds: int) -> Measured:
    """Time a call as whoever the connection acts as, after one that does not count."""
    rows = connection.execute(call.query.encode()).fetchall()
    times: list[float] = []
    before_ms = _processor_ms(connection)
    for _ in range(rounds):
        begun = time.perf_counter()
        connection.execute(call.query.encode()).fetchall()
        times.append((time.perf_counter() - begun) * 1000)
    processor_ms = (_processor_ms(connection) - before_ms) / rounds
    plan = None if call.name == "is_admin" else explained(connection, call, options=PLAN)
    return Measured(call, times, processor_ms, len(str(rows)) / 1000, plan)


def _processor_ms(connection: psycopg.Connection) -> float:
    """What the connection's process on this machine has taken so far."""
    fields = (
        Path(f"/proc/{connection.info.backend_pid}/stat").read_text().rpartition(")")[2].split()
    )
    user, system = fields[11:13]  # the 14th and 15th field of proc(5)
    return (int(user) + int(system)) * 1000 / os.sysconf("SC_CLK_TCK")


def table(measured: Sequence[Measured]) -> Table:
    """A line a query."""
    return Table(
        ["", "processor, ms", "fastest, ms", "median, ms", "answer, kB"],
        [
            [
                f"`{each.call}`",
                f"{each.processor_ms:.1f}",
                f"{min(each.times_ms):.1f}",
                f"{median(each.times_ms):.1f}",
                f"{each.kilobytes:.1f}",
            ]
            for each in measured
        ],
    )


def goal(measured: Sequence[Measured]) -> Goal:
    """What is asked of all of them."""
    slowest = max(measured, key=lambda each: each.processor_ms)
    text = f"No query over {LIMIT_MS} ms of the processor: the slowest, {slowest.call.name}, takes"
    return Goal(f"{text} {slowest.processor_ms:.0f} ms", slowest.processor_ms <= LIMIT_MS)


def as_markdown(
    measured: Sequence[Measured], counts: Mapping[str, int], *, on: date, where: str
) -> str:
    """The document's changing part."""
    rows = ", ".join(f"{count:,} of `{name}`" for name, count in counts.items())
    plans = [
        f"<details><summary><code>{each.call}</code></summary>\n\n```\n{each.plan}\n```\n\n</details>"
        for each in measured
        if each.plan is not None
    ]
    return "\n\n".join(
        [
            f"Measured on {on}: {where}. Rows: {rows}.",
            table(measured).as_markdown(),
            f"- {goal(measured).line}",
            "## Plans",
            *plans,
        ]
    )
