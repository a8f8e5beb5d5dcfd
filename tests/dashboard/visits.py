"""Somebody in front of the dashboard.

def test_something(visit: Visit) -> None:
    visit.go("logs", level="error")
    expect(visit.page.get_by_role("heading", level=1)).to_have_text("Logs")

`visit` is a fixture.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import urlencode

import psycopg
from playwright.sync_api import Browser, ConsoleMessage, Locator, Page, Route, ViewportSize, expect

from dev.simulator.world import OWNER_ID
from tests.dashboard.served import Dashboard
from tests.dashboard.sessions import new_session, storage_key

WIDE: ViewportSize = {"width": 1440, "height": 900}
PHONE: ViewportSize = {"width": 390, "height": 844}
PATIENCE_MS = 15_000
SIGN_IN = {"en-US": "Sign in as the local admin", "ja": "ローカル管理者としてサインイン"}

STANDING = """
async element => {
  const frame = () => new Promise(resolve => requestAnimationFrame(resolve));
  let [place, still] = ["", 0];
  while (still < 3) {
    await frame();
    if (!element.isConnected) throw new Error("It is gone");
    const {x, y, width, height} = element.getBoundingClientRect();
    const now = JSON.stringify({x, y, width, height});
    still = now === place && width > 0 ? still + 1 : 0;
    place = now;
  }
  return JSON.parse(place);
}
"""

# Only once: whoever signs out has to stay so when the page is loaded anew.
HAND_OVER = """
([origin, key, session]) => {
  if (location.origin !== origin || sessionStorage.getItem("tests.entered")) return;
  sessionStorage.setItem("tests.entered", "yes");
  localStorage.setItem(key, session);
}
"""

expect.set_options(timeout=PATIENCE_MS)


@dataclass
class Visit:
    """The open page, and what stands behind it."""

    page: Page
    dashboard: Dashboard
    locale: str = "en-US"
    complaints: list[str] = field(default_factory=list)
    """What the browser found wrong. A test that cuts the network off clears it."""

    def open(self, view: str = "", **params: str) -> None:
        """Load the page anew, at a view."""
        self.page.goto("about:blank")
        self.page.goto(f"{self.dashboard.url}/{_hash(view, params)}")

    def enter(self, view: str = "", **params: str) -> None:
        """Load the page as the local admin, who signed in some time ago; once a visit.

        It takes a third less of the processor than signing in on the page.
        """
        handed = [self.dashboard.url, storage_key(self.dashboard), new_session(self.dashboard)]
        self.page.add_init_script(f"({HAND_OVER})({json.dumps(handed)})")
        self.open(view, **params)
        expect(self.page.locator(".shell")).to_be_visible()

    def go(self, view: str, **params: str) -> None:
        """Go to a view as a link does."""
        self.page.evaluate("hash => { location.hash = hash; }", _hash(view, params))

    def sign_in(self) -> None:
        """As the local admin; the view that was opened stands there afterwards."""
        self.page.get_by_role("button", name=SIGN_IN[self.locale]).click()
        expect(self.page.locator(".shell")).to_be_visible()

    def hear(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self.complaints.append(message.text)


def _hash(view: str, params: dict[str, str]) -> str:
    if not view:
        return ""
    return f"#/{view}" + (f"?{urlencode(params)}" if params else "")


@dataclass(frozen=True, slots=True)
class Place:
    """Where something stands in the window, in CSS pixels."""

    x: float
    y: float
    width: float
    height: float


def place_of(element: Locator) -> Place:
    """Where it stands, once it has been laid out and has not moved for some frames."""
    return Place(**element.evaluate(STANDING))


@contextmanager
def holding(page: Page, address: str) -> Iterator[None]:
    """Leave every request for an address unanswered until the end."""
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route(address, hold)
    yield
    for route in held:
        route.continue_()
    page.unroute(address, hold)


def make_admin(dashboard: Dashboard) -> None:
    """Let the local stack's owner in."""
    with psycopg.connect(dashboard.supabase.postgres.socket_url(), autocommit=True) as database:
        database.execute(
            "insert into dashboard_admins (discord_id) values (%s) on conflict do nothing",
            [OWNER_ID],
        )


@contextmanager
def visiting(
    browser: Browser,
    dashboard: Dashboard,
    *,
    locale: str = "en-US",
    size: ViewportSize = WIDE,
    theme: Literal["dark", "light"] = "dark",
    zone: str = "UTC",
) -> Iterator[Visit]:
    """A browser of one's own, before it opens anything. What it complains of fails the test."""
    context = browser.new_context(
        viewport=size,
        locale=locale,
        color_scheme=theme,
        timezone_id=zone,
        has_touch=size == PHONE,
        is_mobile=size == PHONE,
    )
    page = context.new_page()
    visit = Visit(page, dashboard, locale)
    page.on("pageerror", lambda error: visit.complaints.append(str(error)))
    page.on("console", visit.hear)
    yield visit
    page.goto("about:blank")
    context.close()
    assert visit.complaints == [], visit.complaints
