"""The dashboard as it is deployed, before the real local Supabase.

    def test_something(base_url: str, browser: Browser) -> None:
        page = browser.new_page()
        page.goto(base_url)

`dashboard` is one for the whole run, with whatever rows are there; `base_url` is the same with
every table empty.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from dev.local_supabase import LocalSupabase
from tests.browser import running_browser
from tests.dashboard.served import Dashboard, served_dashboard
from tests.dashboard.visits import Visit, make_admin, visiting


@pytest.fixture(scope="session")
def dashboard(running_supabase: LocalSupabase) -> Iterator[Dashboard]:
    """`public/` and the functions at one address, with the headers that a deployment has."""
    with served_dashboard(running_supabase) as dashboard:
        yield dashboard


@pytest.fixture
def base_url(dashboard: Dashboard, local_supabase: LocalSupabase) -> str:
    """The page's address, with every table empty."""
    return dashboard.url


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One for a file: while it is there, no other test of the process can run an event loop."""
    with running_browser() as found:
        yield found


@pytest.fixture
def visitor(browser: Browser, dashboard: Dashboard, base_url: str) -> Iterator[Visit]:
    """Somebody on a wide screen, in English, before the page is open; every table is empty."""
    with visiting(browser, dashboard) as visit:
        yield visit


@pytest.fixture
def visit(visitor: Visit, dashboard: Dashboard) -> Visit:
    """The same, signed in as the admin, at the first view."""
    make_admin(dashboard)
    visitor.enter()
    return visitor
