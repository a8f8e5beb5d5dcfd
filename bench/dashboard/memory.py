"""What an hour of changes leaves in the page and in Realtime, told faster than an hour takes.

The changes are real: rows are written to the database, read from its log by Realtime, told to the
page over its socket and shown. Only their pace differs, which is that of the stack. The sums that a
view fetches anew at most every two seconds are asked for one after the other, as often as in that
time.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import psycopg
from playwright.sync_api import CDPSession, Page

from bench.dashboard.browsing import Reader
from dev.errors import StackError
from dev.migrations import connect

BATCH: Final = 100
AHEAD: Final = 400
"""So many changes may be under way at once."""
WARM_UP: Final = 600
"""More than a view keeps of them: what is measured first is a view that is full."""
WARM_UP_REFETCHES: Final = 10
PATIENCE_SECONDS: Final = 60.0
REST_MS: Final = 2_500
"""By then what the last change has set off is done: a run whose figures nobody reads waits less."""
CHANGES: Final[Mapping[str, str]] = {
    "logs": """
insert into public.bot_logs (level, message)
  select (array['info', 'warning', 'error'])[1 + n % 3],
         'command_answered  command=ping number=' || n || ' at=' || clock_timestamp()
    from generate_series(1, 100) as n
""",
    "queue": """
update public.command_queue set last_error = 'Tried at ' || clock_timestamp()
  where id in (select id from public.command_queue order by created_at desc, id desc limit 100)
""",
    "overview": """
insert into public.interaction_log (command, kind, acknowledged_ms, margin_ms, finished_ms, outcome)
  select 'ping', 'command', 40, 2800, 60, 'answered' from generate_series(1, 100)
""",
}
"""A hundred changes of a table that the view watches."""


@dataclass(frozen=True, slots=True)
class Reading:
    """After everything that nobody holds any more was collected."""

    heap_mb: float
    nodes: int
    listeners: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Lived:
    """A view before and after. `seconds`: how long the changes took."""

    changes: int
    told: int
    refetches: int
    seconds: float
    before: Reading
    after: Reading


@dataclass(frozen=True, slots=True)
class Memory:
    """The views, and Realtime's process in MB before the first and after the last of them."""

    views: Mapping[str, Lived]
    realtime_before_mb: float
    realtime_after_mb: float


def measure_memory(
    reader: Reader,
    *,
    database_url: str,
    realtime_mb: Callable[[], float],
    changes: int,
    refetches: int,
    rest_ms: int = REST_MS,
) -> Memory:
    """So many changes and refetches in all, a part of them to each view, in one page."""
    share = max(BATCH, changes // len(CHANGES) // BATCH * BATCH)
    times = refetches // len(CHANGES)
    warm_up = min(WARM_UP, share)
    with connect(database_url) as database, reader.open() as page:
        database.execute("set session_replication_role = replica")  # no trigger takes it for work
        found, realtime = {}, 0.0
        for view in CHANGES:
            page.evaluate("view => seen.click(view)", view)
            page.locator('.top-live[data-state="live"]').wait_for()
            page.wait_for_timeout(rest_ms)
            _refetch(page, min(WARM_UP_REFETCHES, times))
            _change(page, database, view, warm_up)
            realtime = realtime or realtime_mb()
            found[view] = _live(
                page, database, view, changes=share, refetches=times, rest_ms=rest_ms
            )
        return Memory(found, realtime, realtime_mb())


def _live(
    page: Page,
    database: psycopg.Connection,
    view: str,
    *,
    changes: int,
    refetches: int,
    rest_ms: int,
) -> Lived:
    session = page.context.new_cdp_session(page)
    before = _reading(page, session, rest_ms=rest_ms)
    _refetch(page, refetches)
    begun = time.monotonic()
    told = _change(page, database, view, changes)  # last: a view that fetches anew is less full
    seconds = time.monotonic() - begun
    after = _reading(page, session, rest_ms=rest_ms)
    session.detach()
    return Lived(
        changes=changes,
        told=told,
        refetches=refetches,
        seconds=seconds,
        before=before,
        after=after,
    )


def _change(page: Page, database: psycopg.Connection, view: str, count: int) -> int:
    """Write so many, no faster than the page hears of them; how many it was told of."""
    start = _told(page)
    for done in range(0, count, BATCH):
        database.execute(CHANGES[view].encode())
        _await(page, start + done + BATCH - AHEAD)
    _await(page, start + count)
    return _told(page) - start


def _await(page: Page, count: int) -> None:
    """Raises StackError if the page is not told of so many."""
    end = time.monotonic() + PATIENCE_SECONDS
    while (told := _told(page)) < count:
        if time.monotonic() > end:
            raise StackError(f"{count} changes were made, and the page was told of {told}.")
        page.wait_for_timeout(20)


def _told(page: Page) -> int:
    return int(page.evaluate("seen.noted.changes"))


def _refetch(page: Page, times: int) -> None:
    """Have the page fetch its sums anew, as when the network is back."""
    for _ in range(times):
        with page.expect_response("**/rest/v1/**"):
            page.evaluate("dispatchEvent(new Event('online'))")


def _reading(page: Page, session: CDPSession, *, rest_ms: int) -> Reading:
    page.wait_for_timeout(rest_ms)
    for _ in range(2):  # what finalizers let go is collected the second time
        session.send("HeapProfiler.collectGarbage")
    heap = session.send("Runtime.getHeapUsage")["usedSize"]
    dom = session.send("Memory.getDOMCounters")
    return Reading(heap / 1e6, dom["nodes"], dom["jsEventListeners"])
