"""The assistant's view: by what people are called in it."""

from __future__ import annotations

import psycopg
import pytest
from playwright.sync_api import expect

from tests.dashboard.assistant_use import MARKUP, OTHER_USER, USER, plate, use_something
from tests.dashboard.ledger_rows import Command, used
from tests.dashboard.visits import Visit
from tests.playground.accessibility import findings

pytestmark = [pytest.mark.browser, pytest.mark.stack]


def test_people_are_shown_by_the_name_that_music_knows_them_by(
    visit: Visit, database: psycopg.Connection
) -> None:
    use_something(database)
    used(database, Command(outcome="failed", error="StoreError", user_id=USER))
    database.execute(
        "insert into music_history (guild_id, track_title, requester_id, requested_by, created_at)"
        f" values ('1', 'Comet', '{USER}', 'Mina', now() - interval '2 days'),"
        f" ('1', 'Comet', '{USER}', '{MARKUP}', now() - interval '1 day')"
    )
    visit.go("assistant")
    people = plate(visit, "By person").get_by_role("rowheader")
    expect(people).to_have_text([OTHER_USER, f"{MARKUP} {USER}"])
    failed = plate(visit, "Questions without an answer").get_by_role("listitem")
    expect(failed).to_contain_text(f"{MARKUP} {USER}")
    assert visit.page.locator("main img, main b").count() == 0
    assert findings(visit.page) == []


def test_people_are_shown_by_their_ids_where_their_names_cannot_be_had(
    visit: Visit, database: psycopg.Connection
) -> None:
    use_something(database)
    visit.page.route("**/rpc/known_names", lambda route: route.fulfill(status=500, body="{}"))
    visit.go("assistant")
    people = plate(visit, "By person").get_by_role("rowheader")
    expect(people).to_have_text([OTHER_USER, USER])
    visit.page.goto("about:blank")  # where nothing is asked again
    visit.complaints.clear()  # the browser names each answer that was a failure
