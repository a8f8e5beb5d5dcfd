"""What the tests of the assistant's view have used, and where it is shown."""

from __future__ import annotations

from datetime import timedelta

import psycopg
from playwright.sync_api import Locator

from tests.dashboard.ledger_rows import Call, called
from tests.dashboard.visits import Visit

GUILD, OTHER_GUILD = "1180200000000000001", "1180200000000000002"
USER, OTHER_USER = "302000000000000001", "302000000000000002"
MARKUP = "<img src=x onerror=alert(1)><b>bold</b>"
DAY = timedelta(days=1)
TODAY = "(now() at time zone 'Asia/Tokyo')::date"


def plate(visit: Visit, title: str) -> Locator:
    return visit.page.get_by_role("region", name=title, exact=True)


def figure(where: Locator, label: str) -> Locator:
    """The figure of that label, with its note."""
    return where.locator(".figure", has=where.page.get_by_text(label, exact=True))


def row(where: Locator, head: str) -> Locator:
    return where.get_by_role("row").filter(has=where.page.get_by_role("rowheader", name=head))


def use_something(database: psycopg.Connection) -> None:
    """Two models, servers and people; one price is not known; and calls of the months before."""
    called(
        database,
        Call(prompt_tokens=900, completion_tokens=100, cost_usd=0.5),
        Call(
            model="large",
            guild_id=OTHER_GUILD,
            user_id=OTHER_USER,
            prompt_tokens=2500,
            completion_tokens=500,
            cost_usd=1.25,
        ),
        Call(age=10 * DAY, guild_id=None, prompt_tokens=400, completion_tokens=100),
        Call(age=40 * DAY, prompt_tokens=3000, completion_tokens=600, cost_usd=2.0),
        Call(age=95 * DAY, prompt_tokens=7, cost_usd=0.1),
    )
