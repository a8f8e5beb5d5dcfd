"""The page for everyone: axe-core finds nothing, in each language, theme and size.

Each view is looked at with rows in it and without: `filled_database` has a little of everything.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import psycopg
import pytest
from playwright.sync_api import Browser, ViewportSize, expect

from dev.local_supabase import LocalSupabase
from dev.seed.filling import Wish, empty, fill
from tests.dashboard.served import Dashboard
from tests.dashboard.visits import PHONE, SIGN_IN, WIDE, Visit, make_admin, visiting
from tests.playground.accessibility import findings

pytestmark = [pytest.mark.browser, pytest.mark.stack]

VIEWS = ("overview", "system", "assistant", "commands", "music", "queue", "logs")
LOOKS = [
    pytest.param(("en-US", "dark", WIDE), id="english-dark-wide"),
    pytest.param(("en-US", "light", PHONE), id="english-light-phone"),
    pytest.param(("ja", "light", WIDE), id="japanese-light-wide"),
    pytest.param(("ja", "dark", PHONE), id="japanese-dark-phone"),
]
NARROW: ViewportSize = {"width": 320, "height": 640}
TOO_WIDE = """
() => [...document.querySelectorAll("#app *")].filter(element => element.checkVisibility()
    && element.getBoundingClientRect().right > document.documentElement.clientWidth + 1
    && !element.closest(".table-frame, .for-readers, pre"))
  .map(element => `${element.tagName} ${element.className}`)
"""


@pytest.fixture(scope="module")
def filled_database(running_supabase: LocalSupabase) -> Iterator[None]:
    """Three days of an invented life."""
    until = datetime.now(UTC).replace(second=0, microsecond=0)
    address = running_supabase.postgres.socket_url()
    with psycopg.connect(address) as connection:
        empty(connection)
        fill(connection, Wish(until=until, zone="Asia/Tokyo", days=3, scale=0.1))
    yield
    with psycopg.connect(address) as connection:
        empty(connection)


@pytest.fixture
def look(browser: Browser, dashboard: Dashboard, request: pytest.FixtureRequest) -> Iterator[Visit]:
    """The page in one language, theme and size."""
    locale, theme, size = request.param
    make_admin(dashboard)
    with visiting(browser, dashboard, locale=locale, theme=theme, size=size) as visit:
        yield visit


def rest(visit: Visit) -> None:
    """Wait until a view shows what it has."""
    expect(visit.page.locator("[aria-busy], .skeleton")).to_have_count(0)


@pytest.mark.parametrize("look", LOOKS, indirect=True)
def test_the_way_in_stands_in_nobodys_way(look: Visit) -> None:
    look.open()
    page = look.page
    expect(page.get_by_role("button", name=SIGN_IN[look.locale])).to_be_visible()
    page.locator(".gate-others summary").click()
    found = findings(page)
    page.locator(".gate-others button").last.click()
    expect(page.locator(".gate-command")).to_be_visible()
    found += findings(page)
    assert not found, "\n".join(found)
    assert page.evaluate(TOO_WIDE) == []


@pytest.mark.usefixtures("filled_database")
@pytest.mark.parametrize("look", LOOKS, indirect=True)
def test_no_view_stands_in_anyones_way(look: Visit) -> None:
    look.enter()
    page = look.page
    found: list[str] = []
    for view in VIEWS:
        look.go(view)
        expect(page.locator(f".view-{view}")).to_be_visible()
        rest(look)
        for summary in page.locator(".numbers > summary:visible").all()[:1]:
            summary.click()
        found += [f"{view}: {one}" for one in findings(page)]
        found += [f"{view} is too wide: {one}" for one in page.evaluate(TOO_WIDE)]
    page.get_by_role("button", name="Account" if look.locale == "en-US" else "アカウント").click()
    found += findings(page)
    assert not found, "\n".join(found)


@pytest.mark.usefixtures("filled_database")
@pytest.mark.parametrize("locale", ["en-US", "ja"])
def test_nothing_is_cut_off_on_the_narrowest_screen(
    browser: Browser, dashboard: Dashboard, locale: str
) -> None:
    """Or on a wider one that is magnified four times."""
    make_admin(dashboard)
    with visiting(browser, dashboard, locale=locale, size=NARROW) as visit:
        visit.enter()
        found: list[str] = []
        for view in VIEWS:
            visit.go(view)
            expect(visit.page.locator(f".view-{view}")).to_be_visible()
            rest(visit)
            found += [f"{view} is too wide: {one}" for one in visit.page.evaluate(TOO_WIDE)]
            if visit.page.evaluate("document.documentElement.scrollWidth > innerWidth"):
                found.append(f"{view} scrolls sideways")
        assert not found, "\n".join(found)


def test_no_empty_view_stands_in_anyones_way(visit: Visit) -> None:
    found: list[str] = []
    for view in VIEWS:
        visit.go(view)
        expect(visit.page.locator(f".view-{view}")).to_be_visible()
        rest(visit)
        found += [f"{view}: {one}" for one in findings(visit.page)]
    assert not found, "\n".join(found)
