"""The view of music: what plays and can be told what to do, and what was played."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from playwright.sync_api import Browser, Locator, Route, expect

from dev.simulator.world import OWNER_ID
from tests.dashboard.served import Dashboard
from tests.dashboard.visits import PHONE, Visit, make_admin, place_of, visiting
from tests.playground.accessibility import findings

pytestmark = [pytest.mark.browser, pytest.mark.stack]

Database = psycopg.Connection[Any]
GUILD, OTHER_GUILD = "1180200000000000001", "1180200000000000002"
MARKUP = "<img src=x onerror=alert(1)><b>bold</b>"
FOLLOWED_BY_LOOKING_MS = 30_000


@pytest.fixture
def realtime_gone(dashboard: Dashboard) -> Iterator[None]:
    """Realtime refuses everybody."""
    dashboard.supabase.realtime.go_away()
    yield
    dashboard.supabase.realtime.come_back()


def play(
    database: Database,
    title: str = "Comet",
    *,
    guild: str = GUILD,
    url: str | None = "https://music.example/comet",
    seconds: int = 65,
    is_playing: bool = True,
) -> None:
    database.execute(
        "insert into active_sessions (guild_id, play_id, track_title, track_url, position_ms,"
        " position_at, duration_ms, is_playing, requested_by, requester_id)"
        " values (%s, '71', %s, %s, %s, now(), 185000, %s, 'Aoi', '42')",
        (guild, title, url, seconds * 1000, is_playing),
    )


def remember(database: Database, title: str, *, guild: str = GUILD, by: str = "Aoi") -> None:
    """A play, a minute newer than the one before."""
    database.execute(
        "insert into music_history (guild_id, track_title, track_url, duration_ms, requested_by,"
        " created_at) select %s, %s, '', 60000, %s,"
        " coalesce(max(created_at), now() - interval '1 day') + interval '1 minute'"
        " from music_history",
        (guild, title, by),
    )


def player(visit: Visit, guild: str = GUILD) -> Locator:
    return visit.page.locator(f".player[data-guild='{guild}']")


def press(visit: Visit, name: str) -> None:
    player(visit).get_by_role("button", name=name).click()


def order(visit: Visit) -> Locator:
    return player(visit).locator(".player-order")


def the_row(database: Database) -> dict[str, Any]:
    """The only order of the queue."""
    found = database.execute("select id, command, payload, order_key from command_queue").fetchall()
    assert len(found) == 1
    return dict(zip(("id", "command", "payload", "order_key"), found[0], strict=True))


def test_where_nothing_plays_it_says_what_will_be_here(visit: Visit) -> None:
    visit.go("music")
    expect(visit.page.get_by_role("heading", level=1)).to_have_text("Music")
    expect(visit.page.get_by_text("Nothing is playing")).to_be_visible()
    expect(visit.page.get_by_text("Nothing has been played yet")).to_be_visible()
    expect(visit.page.get_by_text("No plays in this time")).to_be_visible()
    assert findings(visit.page) == []


def test_a_player_says_what_it_plays_and_how_far_it_is(visit: Visit, database: Database) -> None:
    play(database, is_playing=False)
    visit.go("music")
    expect(player(visit).get_by_role("link", name="Comet")).to_have_attribute(
        "href", "https://music.example/comet"
    )
    expect(player(visit)).to_contain_text(f"Server {GUILD}")
    expect(player(visit)).to_contain_text("requested by Aoi")
    expect(player(visit)).to_contain_text("Paused")
    expect(player(visit).locator(".progress")).to_have_attribute("aria-label", "1:05 of 3:05")
    assert findings(visit.page) == []


def test_the_time_moves_by_the_clock_while_it_plays(visit: Visit, database: Database) -> None:
    play(database)
    visit.go("music")
    shown = player(visit).locator(".progress-at")
    expect(shown).to_have_text("1:08")
    expect(shown).to_have_text("1:10")


def test_a_session_comes_and_goes_before_ones_eyes(visit: Visit, database: Database) -> None:
    visit.go("music")
    expect(visit.page.get_by_text("Nothing is playing")).to_be_visible()
    play(database)
    expect(player(visit)).to_contain_text("Comet")
    database.execute("update active_sessions set track_title = 'Perihelion'")
    expect(player(visit)).to_contain_text("Perihelion")
    database.execute("delete from active_sessions")
    expect(player(visit)).to_have_count(0)
    expect(visit.page.get_by_role("status").get_by_text("Playback has ended")).to_have_text(
        "Playback has ended: Perihelion"
    )


@pytest.mark.usefixtures("realtime_gone")
def test_without_realtime_a_session_still_ends_and_an_order_is_still_followed(
    visit: Visit, database: Database
) -> None:
    play(database)
    visit.go("music")
    expect(visit.page.locator(".top-live")).to_have_text("Every 15 s")
    press(visit, "Skip")
    expect(order(visit)).to_contain_text("Skip: waiting for the player")
    database.execute("update command_queue set status = 'completed', finished_at = now()")
    expect(order(visit)).to_contain_text("Skip: done")
    database.execute("delete from active_sessions")
    expect(player(visit)).to_have_count(0, timeout=FOLLOWED_BY_LOOKING_MS)
    visit.complaints.clear()  # the browser names each socket that was refused


def test_an_order_names_the_track_it_means_and_is_followed_to_its_end(
    visit: Visit, database: Database
) -> None:
    play(database)
    visit.go("music")
    press(visit, "Pause")
    expect(order(visit)).to_contain_text("Pause: waiting for the player")
    row = the_row(database)
    assert row["command"] == "pause"
    assert row["payload"] == {"guild_id": GUILD, "play_id": "71", "by": OWNER_ID}
    assert row["order_key"] == f"player:{GUILD}"
    expect(order(visit).get_by_role("link")).to_have_attribute("href", f"#/queue?id={row['id']}")
    database.execute("update command_queue set status = 'processing'")
    expect(order(visit)).to_contain_text("Pause: the player is at it")
    database.execute("update active_sessions set is_playing = false")
    database.execute("update command_queue set status = 'completed', finished_at = now()")
    expect(order(visit)).to_contain_text("Pause: done")
    expect(player(visit).get_by_role("button", name="Resume")).to_be_focused()
    expect(order(visit)).to_have_count(0)  # nothing is left to be said


@pytest.mark.parametrize("url", [None, "https://music.example/comet"])
def test_where_a_player_names_no_play_an_order_names_the_track(
    visit: Visit, database: Database, url: str | None
) -> None:
    play(database, url=url)
    database.execute("update active_sessions set play_id = null")
    visit.go("music")
    press(visit, "Skip")
    expect(order(visit)).to_contain_text("Skip: waiting for the player")
    payload = the_row(database)["payload"]
    assert (payload["track_title"], payload["track_url"]) == ("Comet", url)


def test_while_an_order_is_under_way_no_other_one_is_given(
    visit: Visit, database: Database
) -> None:
    play(database)
    visit.go("music")
    skip = player(visit).get_by_role("button", name="Skip")
    skip.dblclick()
    expect(order(visit)).to_contain_text("Skip: waiting for the player")
    for name in ("Pause", "Skip", "Stop"):
        button = player(visit).get_by_role("button", name=name)
        expect(button).to_have_attribute("aria-disabled", "true")
        button.click(force=True)
    assert the_row(database)["command"] == "skip"
    assert findings(visit.page) == []
    database.execute("update command_queue set status = 'completed', finished_at = now()")
    expect(skip).not_to_have_attribute("aria-disabled", "true")


@pytest.mark.parametrize(
    ("reason", "error", "text"),
    [
        ("error", f"Lavalink refused {MARKUP}", f"Lavalink refused {MARKUP}"),
        ("refused", "It is paused already.", "It is paused already."),
        ("dismissed", f"Nothing is playing. {MARKUP}", f"Nothing is playing. {MARKUP}"),
        ("dismissed", None, "It was put aside."),
    ],
)
def test_an_order_that_fails_says_why(
    visit: Visit, database: Database, reason: str, error: str | None, text: str
) -> None:
    play(database)
    visit.go("music")
    press(visit, "Skip")
    expect(order(visit)).to_contain_text("waiting")
    database.execute(
        "update command_queue set status = 'failed', failure_reason = %s,"
        " last_error = %s, finished_at = now()",
        (reason, error),
    )
    expect(order(visit)).to_contain_text(f"Skip: failed. {text}")
    expect(player(visit).get_by_role("button", name="Skip")).to_be_enabled()


def test_an_order_that_nobody_takes_expires(visit: Visit, database: Database) -> None:
    play(database)
    visit.go("music")
    press(visit, "Stop")
    expect(order(visit)).to_contain_text("waiting")
    # As after thirty seconds; nobody has come by to say so in the row.
    database.execute("update command_queue set expires_at = now() - interval '1 second'")
    expect(order(visit)).to_contain_text("Stop: expired. No player took the order")
    assert database.execute("select status from command_queue").fetchall() == [("pending",)]


def test_an_order_for_a_track_that_has_changed_does_nothing(
    visit: Visit, database: Database, dashboard: Dashboard
) -> None:
    play(database)
    visit.go("music")
    expect(player(visit)).to_contain_text("Comet")
    # The page learns of it a moment later than the database, by Realtime and by asking.
    dashboard.supabase.realtime.go_away()
    held: list[Route] = []

    def hold(request: Route) -> None:
        held.append(request)

    visit.page.route("**/rest/v1/active_sessions*", hold)
    try:
        database.execute("update active_sessions set play_id = '72', track_title = 'Next'")
        press(visit, "Skip")
        expect(order(visit)).to_contain_text("another track plays by now, so nothing was done")
        for request in held:
            request.continue_()
        visit.page.unroute_all()
        expect(player(visit)).to_contain_text("Next")
        assert database.execute("select count(*) from command_queue").fetchone() == (0,)
    finally:
        dashboard.supabase.realtime.come_back()
        visit.complaints.clear()


def test_an_order_without_an_answer_claims_nothing(visit: Visit, database: Database) -> None:
    play(database)
    visit.go("music")
    visit.page.route("**/rpc/admin_control_player", lambda route: route.abort())
    press(visit, "Skip")
    expect(order(visit)).to_contain_text("the order may or may not have arrived")
    visit.complaints.clear()


def test_titles_are_texts_and_only_web_addresses_are_links(
    visit: Visit, database: Database
) -> None:
    play(database, MARKUP, url="javascript:alert(1)")
    play(database, "長い曲名" * 60, guild=OTHER_GUILD)
    remember(database, MARKUP)
    visit.go("music")
    expect(player(visit).locator(".player-title")).to_have_text(MARKUP)
    expect(player(visit).locator(".player-title a")).to_have_count(0)
    expect(visit.page.locator(".plays").get_by_role("rowheader")).to_have_text(MARKUP)
    expect(visit.page.locator("main img, main b")).to_have_count(0)
    assert visit.page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_the_history_is_searched_narrowed_and_linked_to(visit: Visit, database: Database) -> None:
    remember(database, "夜明けのプレリュード", by="さくら")
    remember(database, "100% Comet", guild=OTHER_GUILD)
    remember(database, "100 Comets")
    visit.go("music")
    titles = visit.page.locator(".plays").get_by_role("rowheader")
    expect(titles).to_have_text(["100 Comets", "100% Comet", "夜明けのプレリュード"])
    field = visit.page.get_by_role("searchbox", name="Search titles and people")
    field.fill("100%")
    expect(titles).to_have_text(["100% Comet"])
    field.fill("さく")
    expect(titles).to_have_text(["夜明けのプレリュード"])
    field.fill("")
    visit.page.get_by_role("combobox", name="Server").select_option(OTHER_GUILD)
    expect(titles).to_have_text(["100% Comet"])
    expect(visit.page.locator(".most-track")).to_have_count(1)
    field.fill("nothing like it")
    expect(visit.page.get_by_text("Nothing matches")).to_be_visible()
    assert visit.page.url.endswith(f"#/music?guild={OTHER_GUILD}&q=nothing+like+it")
    visit.page.reload()
    expect(visit.page.get_by_text("Nothing matches")).to_be_visible()
    expect(field).to_have_value("nothing like it")
    visit.page.get_by_role("button", name="Clear the filters").click()
    expect(titles).to_have_count(3)


def test_the_history_is_read_page_by_page(visit: Visit, database: Database) -> None:
    # Fifty-five in one moment: a page ends among plays of the same time.
    database.execute(
        "insert into music_history (guild_id, track_title, created_at)"
        " select '1', 'Track ' || n, now() from generate_series(1, 55) as n"
    )
    visit.go("music")
    titles = visit.page.locator(".plays").get_by_role("rowheader")
    expect(titles).to_have_count(50)
    first = titles.all_inner_texts()
    visit.page.get_by_role("button", name="Older").click()
    expect(titles).to_have_count(5)
    assert len({*first, *titles.all_inner_texts()}) == 55
    expect(visit.page.get_by_role("button", name="Older")).to_be_disabled()
    visit.page.go_back()
    expect(titles).to_have_count(50)
    visit.page.go_forward()
    expect(titles).to_have_count(5)
    visit.page.get_by_role("button", name="Newer").click()
    expect(titles).to_have_text(first)


def test_what_is_played_most_is_counted_over_the_chosen_days(
    visit: Visit, database: Database
) -> None:
    for title in ("Comet", "Comet", "Perihelion"):
        remember(database, title)
    visit.go("music")
    tracks = visit.page.locator(".most-track")
    expect(tracks).to_have_count(2)
    expect(tracks.first).to_contain_text("Comet")
    expect(tracks.first).to_contain_text("2 plays")
    expect(visit.page.get_by_text("3 plays, 3 min of music")).to_be_visible()
    visit.page.get_by_text("7 days", exact=True).click()
    expect(visit.page).to_have_url(f"{visit.dashboard.url}/#/music?days=7")
    database.execute("update music_history set created_at = created_at - interval '20 days'")
    visit.page.get_by_text("90 days", exact=True).click()
    expect(tracks).to_have_count(2)
    visit.page.get_by_text("7 days", exact=True).click()
    expect(visit.page.get_by_text("No plays in this time")).to_be_visible()


def test_on_a_phone_in_japanese_it_reads_and_works_as_well(
    browser: Browser, dashboard: Dashboard, base_url: str, database: Database
) -> None:
    make_admin(dashboard)
    play(database, "夜明けのプレリュード")
    remember(database, "夜明けのプレリュード")
    with visiting(browser, dashboard, locale="ja", size=PHONE, theme="light") as visit:
        visit.enter("music")
        expect(visit.page.get_by_role("heading", level=1)).to_have_text("音楽")
        press(visit, "スキップ")
        expect(order(visit)).to_contain_text("スキップ：プレイヤーの応答を待っています")
        assert visit.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert findings(visit.page) == []


def test_what_narrows_the_history_stands_in_one_line(visit: Visit) -> None:
    visit.go("music")
    field = place_of(visit.page.get_by_role("searchbox", name="Search titles and people"))
    servers = place_of(visit.page.get_by_role("combobox", name="Server"))
    assert field.y == servers.y
    assert field.x + field.width <= servers.x
