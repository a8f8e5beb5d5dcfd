"""Takes pictures of the dashboard: `python -m tests.dashboard.pictures FOLDER [VIEW ...]`.

Of a month of an invented bot's life, the same at each run but for the hour. Without views, those
of the guides; with them, each in every language, theme and size, to look at.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import product
from pathlib import Path
from typing import Literal

import psycopg
from PIL import Image
from playwright.sync_api import Browser, expect

from dev.seed.filling import Wish, empty, fill
from tests.browser import running_browser
from tests.dashboard.served import Dashboard, served_dashboard
from tests.dashboard.visits import PHONE, WIDE, make_admin, visiting
from tests.session_stack import session_stack

ZONE = "Asia/Tokyo"
Size = Literal["wide", "phone"]
Theme = Literal["dark", "light"]
Locale = Literal["en-US", "ja"]
SIZES: tuple[Size, ...] = ("wide", "phone")
THEMES: tuple[Theme, ...] = ("dark", "light")
LOCALES: tuple[Locale, ...] = ("en-US", "ja")
COLOURS = 256
"""As many as such a page needs; the files are half as large."""
VIEWS = ("overview", "system", "assistant", "commands", "music", "queue", "logs")


@dataclass(frozen=True, slots=True)
class Picture:
    """What is shown, and how."""

    view: str
    size: Size = "wide"
    theme: Theme = "dark"
    locale: Locale = "en-US"

    @property
    def name(self) -> str:
        return f"dashboard-{self.view}-{self.size}-{self.theme}-{self.locale[:2]}.png"


OF_THE_GUIDES = (
    *(Picture(view) for view in VIEWS),
    *(Picture(view, theme="light", locale="ja") for view in VIEWS),
)


@contextmanager
def invented_life() -> Iterator[Dashboard]:
    """The dashboard with a month of rows."""
    until = datetime.now(UTC).replace(second=0, microsecond=0)
    with session_stack() as supabase, served_dashboard(supabase) as dashboard:
        with psycopg.connect(supabase.postgres.socket_url(), autocommit=True) as connection:
            empty(connection)
            fill(connection, Wish(until=until, zone=ZONE))
            # It is there to be escaped, and puzzles whoever looks at a picture.
            connection.execute(
                "update music_history set track_title = 'Halley''s Comet'"
                " where track_title like '<b>%'"
            )
            connection.execute("vacuum (analyze)")
        make_admin(dashboard)
        yield dashboard


def tick(dashboard: Dashboard) -> None:
    """Have the ticks and the watch have come as they do on a bot that runs."""
    with psycopg.connect(dashboard.supabase.postgres.socket_url(), autocommit=True) as connection:
        connection.execute(
            "update schedules set last_run_at = now() - interval '20 seconds',"
            " since = least(since, now() - interval '20 seconds'),"
            " every_seconds = case name when 'cron_stats' then 300 else 60 end where is_tick"
        )


def take(browser: Browser, dashboard: Dashboard, folder: Path, wanted: Sequence[Picture]) -> None:
    """The pictures, those of one look by one visitor."""
    looks = {(one.size, one.theme, one.locale): None for one in wanted}
    for size, theme, locale in looks:
        viewport = WIDE if size == "wide" else PHONE
        with visiting(
            browser, dashboard, locale=locale, size=viewport, theme=theme, zone=ZONE
        ) as visit:
            tick(dashboard)
            visit.open()
            visit.sign_in()
            for one in wanted:
                if (one.size, one.theme, one.locale) != (size, theme, locale):
                    continue
                visit.go(one.view)
                expect(visit.page.locator(f".view-{one.view}")).to_be_visible()
                expect(visit.page.locator("[aria-busy], .skeleton")).to_have_count(0)
                expect(visit.page.locator("[data-state=live]")).to_be_visible()
                visit.page.wait_for_timeout(500)
                visit.page.screenshot(path=folder / one.name)
                with Image.open(folder / one.name) as picture:
                    # Without kmeans what is rare would lose its colour: the gold.
                    few = picture.convert("RGB").quantize(COLOURS, kmeans=2)
                    few.save(folder / one.name, optimize=True)


def main() -> None:
    folder, views = Path(sys.argv[1]), sys.argv[2:]
    folder.mkdir(parents=True, exist_ok=True)
    wanted: Sequence[Picture] = OF_THE_GUIDES
    if views:
        wanted = [
            Picture(view, size, theme, locale)
            for view, size, theme, locale in product(views, SIZES, THEMES, LOCALES)
        ]
    with invented_life() as dashboard, running_browser() as browser:
        take(browser, dashboard, folder, wanted)


if __name__ == "__main__":
    main()
