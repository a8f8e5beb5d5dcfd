"""Going through a long list, there and back."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest
from playwright.sync_api import Locator, expect

from tests.dashboard.visits import Visit

pytestmark = [pytest.mark.browser, pytest.mark.stack]

Database = psycopg.Connection[Any]


def remember(database: Database, count: int) -> None:
    """Plays, each a second older than the one before."""
    database.execute(
        "insert into music_history (guild_id, track_title, created_at)"
        " select '1', 'Track ' || n, now() - n * interval '1 second'"
        " from generate_series(1, %s) as n",
        (count,),
    )


def newest(visit: Visit) -> Locator:
    return visit.page.locator(".plays").get_by_role("rowheader").first


def turn(visit: Visit, name: str) -> None:
    visit.page.get_by_role("button", name=name).click()


def test_newer_leads_a_page_back_after_the_browsers_back_as_well(
    visit: Visit, database: Database
) -> None:
    remember(database, 170)
    visit.go("music")
    for title in ("Track 51", "Track 101", "Track 151"):
        turn(visit, "Older")
        expect(newest(visit)).to_have_text(title)
    visit.page.go_back()
    expect(newest(visit)).to_have_text("Track 101")
    turn(visit, "Newer")
    expect(newest(visit)).to_have_text("Track 51")
    turn(visit, "Newer")
    expect(newest(visit)).to_have_text("Track 1")
    visit.page.go_back()
    expect(newest(visit)).to_have_text("Track 51")
    turn(visit, "Newer")
    expect(newest(visit)).to_have_text("Track 1")


def test_from_a_link_newer_leads_to_the_newest(visit: Visit, database: Database) -> None:
    remember(database, 120)
    visit.go("music")
    turn(visit, "Older")
    turn(visit, "Older")
    expect(newest(visit)).to_have_text("Track 101")
    visit.page.reload()
    expect(newest(visit)).to_have_text("Track 101")
    turn(visit, "Newer")
    expect(newest(visit)).to_have_text("Track 1")


@pytest.mark.parametrize("view", ["music", "queue"])
@pytest.mark.parametrize("before", ["x", "2026-13-45T00:00:00Z", '"),or(id.gt."0'])
def test_an_address_that_names_no_moment_shows_the_newest(
    visit: Visit, database: Database, view: str, before: str
) -> None:
    remember(database, 1)
    database.execute("insert into command_queue (command) values ('alert')")
    visit.go(view, before=before, before_id="7")
    rows = {"music": ".plays tbody tr", "queue": ".job"}
    expect(visit.page.locator(rows[view])).to_have_count(1)
    assert visit.complaints == []
