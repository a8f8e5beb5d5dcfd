"""Orders to players, by whoever comes back to the page or was elsewhere when they were given."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest
from playwright.sync_api import Locator, Route, expect

from tests.dashboard.visits import Visit

pytestmark = [pytest.mark.browser, pytest.mark.stack]

Database = psycopg.Connection[Any]
GUILD = "1180200000000000001"


@pytest.fixture(autouse=True)
def playing(visit: Visit, database: Database) -> None:
    database.execute(
        "insert into active_sessions (guild_id, play_id, track_title, position_ms, position_at,"
        " duration_ms, is_playing) values (%s, '71', 'Comet', 65000, now(), 185000, true)",
        (GUILD,),
    )
    visit.go("music")


def player(visit: Visit) -> Locator:
    return visit.page.locator(f".player[data-guild='{GUILD}']")


def order(visit: Visit) -> Locator:
    return player(visit).locator(".player-order")


def skip(visit: Visit) -> Locator:
    return player(visit).get_by_role("button", name="Skip")


def end_them(database: Database) -> None:
    database.execute("update command_queue set status = 'completed', finished_at = now()")


def commands(database: Database) -> list[str]:
    return [row[0] for row in database.execute("select command from command_queue order by seq")]


@pytest.mark.parametrize("way", ["another view", "reloaded"])
def test_an_order_is_followed_on_by_whoever_comes_back(
    visit: Visit, database: Database, way: str
) -> None:
    skip(visit).click()
    expect(order(visit)).to_contain_text("Skip: waiting for the player")
    if way == "reloaded":
        visit.page.reload()
    else:
        visit.go("logs")
        expect(visit.page.get_by_role("heading", level=1)).to_have_text("Logs")
        visit.go("music")
    expect(order(visit)).to_contain_text("Skip: waiting for the player")
    expect(skip(visit)).to_have_attribute("aria-disabled", "true")
    database.execute("update command_queue set status = 'processing'")
    expect(order(visit)).to_contain_text("Skip: the player is at it")
    end_them(database)
    expect(order(visit)).to_contain_text("Skip: done")
    assert commands(database) == ["skip"]


def test_an_order_is_followed_on_in_the_other_language(visit: Visit, database: Database) -> None:
    skip(visit).click()
    expect(order(visit)).to_contain_text("Skip: waiting for the player")
    visit.page.get_by_role("button", name="日本語で表示").click()
    expect(order(visit)).to_contain_text("スキップ：")
    end_them(database)
    expect(order(visit)).to_contain_text("完了しました")


def test_what_another_admin_orders_is_seen_as_well(visit: Visit, database: Database) -> None:
    expect(player(visit)).to_be_visible()
    expect(visit.page.locator(".top-live")).to_have_text("Live")
    database.execute(
        "insert into command_queue (command, payload, order_key)"
        " values ('stop', jsonb_build_object('guild_id', %s::text), 'player:' || %s)",
        (GUILD, GUILD),
    )
    expect(order(visit)).to_contain_text("Stop: waiting for the player")
    expect(skip(visit)).to_have_attribute("aria-disabled", "true")


def test_what_has_ended_or_expired_is_not_found_again(visit: Visit, database: Database) -> None:
    expect(player(visit)).to_be_visible()
    visit.go("logs")
    expect(player(visit)).to_have_count(0)
    for status, expires in (("completed", "1 minute"), ("pending", "-1 minute")):
        database.execute(
            "insert into command_queue (command, payload, order_key, status, expires_at)"
            " values ('skip', jsonb_build_object('guild_id', %s::text), 'player', %s,"
            " now() + %s::interval)",
            (GUILD, status, expires),
        )
    with visit.page.expect_response(lambda answer: "expires_at.gt.now" in answer.url):
        visit.go("music")
    expect(player(visit)).to_be_visible()
    expect(order(visit)).to_have_count(0)
    expect(skip(visit)).not_to_have_attribute("aria-disabled", "true")


def test_sessions_that_change_all_the_time_are_shown_all_the_same(
    visit: Visit, database: Database
) -> None:
    """No answer is new enough where something changes during each: what was told makes it so."""
    expect(player(visit)).to_be_visible()
    visit.go("logs")
    expect(player(visit)).to_have_count(0)

    def hold(route: Route) -> None:
        answer = route.fetch()
        for n in range(8):
            database.execute("update active_sessions set track_title = %s", (f"Track {n}",))
            visit.page.wait_for_timeout(250)
        route.fulfill(response=answer)

    visit.page.route("**/rest/v1/active_sessions*", hold)
    visit.go("music")
    expect(player(visit)).to_contain_text("Track 7")
    visit.page.unroute_all(behavior="ignoreErrors")
