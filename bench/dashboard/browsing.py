"""A real browser before the page, and what it tells of it beside what is shown."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from playwright.sync_api import Browser, BrowserContext, CDPSession, Page, StorageState

from dev.errors import StackError

VIEWS: Final = ("overview", "system", "assistant", "commands", "music", "queue", "logs")
WIDE: Final = {"width": 1440, "height": 900}
PATIENCE_MS: Final = 60_000
SEEN: Final = (Path(__file__).parent / "seen.js").read_text(encoding="utf-8")
_KINDS: Final = {
    "Document": "document",
    "Script": "scripts",
    "Stylesheet": "styles",
    "Fetch": "data",
    "XHR": "data",
    "Preflight": "preflights",
}


@dataclass  # without slots: Playwright notes something on who listens
class Wire:
    """What came over the network, headers included: requests and bytes by kind. `calls`: the
    database's functions that were called, and the tables that were read.
    """

    requests: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    bytes: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    calls: set[str] = field(default_factory=set)
    _kinds: dict[str, str] = field(default_factory=dict, repr=False)

    def listen(self, session: CDPSession) -> None:
        """Count from now on."""
        session.on("Network.responseReceived", self._begin)
        session.on("Network.loadingFinished", self._end)
        session.send("Network.enable")

    def _begin(self, event: Mapping[str, object]) -> None:
        kind, response = event["type"], event["response"]
        assert isinstance(response, dict)  # noqa: S101 - the protocol says so
        address = str(response["url"])
        own = "data" if "/rest/v1/" in address else "others"
        named = _KINDS.get(str(kind), "others")
        self._kinds[str(event["requestId"])] = own if named == "data" else named
        if own == "data":
            self.calls.add(address.split("/rest/v1/")[1].partition("?")[0].removeprefix("rpc/"))

    def _end(self, event: Mapping[str, object]) -> None:
        kind = self._kinds.get(str(event["requestId"]))
        if kind is None:
            return
        self.requests[kind] += 1
        length = event["encodedDataLength"]
        assert isinstance(length, int | float)  # noqa: S101 - the protocol says so
        self.bytes[kind] += length


@dataclass(frozen=True, slots=True)
class Reader:
    """A browser with an admin's session, in which every visit begins with an empty cache."""

    browser: Browser
    url: str
    session: StorageState

    @contextmanager
    def context(self) -> Iterator[BrowserContext]:
        """A fresh one: nothing of the page is cached."""
        with _context(self.browser, self.session) as context:
            yield context

    @contextmanager
    def open(self) -> Iterator[Page]:
        """The page at its first view, with its data."""
        with self.context() as context:
            page = context.new_page()
            page.goto(self.url)
            page.evaluate("seen.interactive")
            yield page


@contextmanager
def _context(browser: Browser, session: StorageState | None) -> Iterator[BrowserContext]:
    context = browser.new_context(
        viewport={"width": WIDE["width"], "height": WIDE["height"]},
        locale="en-US",
        storage_state=session,
    )
    context.set_default_timeout(PATIENCE_MS)
    context.add_init_script(SEEN)
    try:
        yield context
    finally:
        context.close()


def sign_in(browser: Browser, url: str) -> Reader:
    """As the local admin, the way a reader does it."""
    with _context(browser, None) as context:
        page = context.new_page()
        page.goto(url)
        page.locator(".gate-ways .button-main").click()
        page.locator(".shell .hero-sentence").wait_for()
        return Reader(browser, url, context.storage_state())


def require_no_faults(page: Page) -> None:
    """Raises StackError if the view says that something could not be had."""
    if faults := page.evaluate("seen.faults()"):
        raise StackError("The page shows a fault in the place of figures.", faults)


def renderer_seconds(browser: Browser) -> float:
    """The processor's time of all that renders pages now."""
    session = browser.new_browser_cdp_session()
    told = session.send("SystemInfo.getProcessInfo")
    session.detach()
    return sum(float(each["cpuTime"]) for each in told["processInfo"] if each["type"] == "renderer")
