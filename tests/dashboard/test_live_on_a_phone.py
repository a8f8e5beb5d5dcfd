"""On a phone as well, whether what one sees is live is said in a word."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, ViewportSize, expect

from tests.dashboard.served import Dashboard
from tests.dashboard.visits import PHONE, Visit, make_admin, place_of, visiting

pytestmark = [pytest.mark.browser, pytest.mark.stack]

NARROWEST: ViewportSize = {"width": 320, "height": 640}
"""What WCAG asks a page to get by with."""
WORD_PX = 16
"""What no word is narrower than, and what is there for screen readers alone is."""


@pytest.fixture
def phone(browser: Browser, dashboard: Dashboard, base_url: str) -> Iterator[Visit]:
    """The admin, at the first view."""
    make_admin(dashboard)
    with visiting(browser, dashboard, size=PHONE) as visit:
        visit.enter()
        yield visit


def word(visit: Visit) -> Locator:
    return visit.page.locator(".live-text")


def is_seen(visit: Visit) -> bool:
    """Whether the word stands where the line of the connection is not cut off."""
    line, found = place_of(visit.page.locator(".top-live")), place_of(word(visit))
    is_in_line = line.y <= found.y and found.y + found.height <= line.y + line.height + 1
    return is_in_line and found.width > WORD_PX


def fits(visit: Visit) -> bool:
    return bool(visit.page.evaluate("document.scrollingElement.scrollWidth <= innerWidth"))


def test_that_it_is_live_is_a_word_beside_the_dot(phone: Visit) -> None:
    expect(word(phone)).to_have_text("Live")
    assert is_seen(phone)
    assert fits(phone)
    dot, found = place_of(phone.page.locator(".live-dot")), place_of(word(phone))
    assert abs(dot.y + dot.height / 2 - found.y - found.height / 2) < 2


def test_where_there_is_no_room_for_the_word_the_dot_alone_says_that_all_is_well(
    phone: Visit,
) -> None:
    phone.page.set_viewport_size(NARROWEST)
    expect(word(phone)).to_have_text("Live")
    assert not is_seen(phone)
    assert fits(phone)


@pytest.mark.parametrize("size", [PHONE, NARROWEST], ids=["phone", "narrowest"])
def test_that_it_is_not_live_has_a_line_of_its_own(phone: Visit, size: ViewportSize) -> None:
    phone.page.set_viewport_size(size)
    phone.page.context.set_offline(True)
    expect(word(phone)).to_contain_text("Offline – last seen")
    assert is_seen(phone)
    assert fits(phone)
    state = place_of(phone.page.locator(".top-state"))
    assert place_of(word(phone)).y >= state.y + state.height
    phone.page.context.set_offline(False)
    expect(word(phone)).to_have_text("Live")
    phone.complaints.clear()  # the browser names each request that was cut off
