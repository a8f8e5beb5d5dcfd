"""The log level that somebody wished for by /debug is followed with each record."""

from __future__ import annotations

import pytest

from lib.logs import get_logger
from tests.bot import Bot
from tests.captured_log import CapturedLog
from tests.payloads import (
    ASKER,
    slash,
)

ASK = slash("ask", prompt="When is Halley back?")
log_here = get_logger("lib.tests")


@pytest.fixture
def wished(log: CapturedLog) -> Bot:
    """A bot for which somebody wished to see all for ten minutes."""
    bot = Bot(output=log.output)
    bot.watch.set_log_level(level="DEBUG", seconds=600)
    return bot


def shows_debug(log: CapturedLog) -> bool:
    before = len(log.of("detail"))
    log_here.debug("detail")
    return len(log.of("detail")) > before


def test_the_wish_is_followed_from_the_next_record_on(wished: Bot, log: CapturedLog) -> None:
    assert not shows_debug(log)
    wished.client.send(slash("ping"))
    assert shows_debug(log)


def test_and_then_there_is_something_to_see(wished: Bot, log: CapturedLog) -> None:
    wished.client.send(slash("ping"))
    wished.client.send(ASK.numbered(2))
    shown = {line["event"] for line in log.lines if line["level"] == "DEBUG"}
    assert {"dispatched", "timed", "claimed"} <= shown
    assert not [secret for secret in (ASK.token, ASKER, "When is Halley") if secret in log.text]


def test_until_its_time_is_over(wished: Bot, log: CapturedLog) -> None:
    wished.client.send(slash("ping"))
    wished.clock.advance(601)
    wished.client.send(slash("ping").numbered(2))
    assert not shows_debug(log)


def test_or_though_no_record_goes_well_any_more() -> None:
    moment = [1000.0]
    log = CapturedLog(now=lambda: moment[0])
    log.output.show_from("DEBUG", seconds=600)
    moment[0] += 599
    assert shows_debug(log)
    moment[0] += 1
    assert not shows_debug(log)


def test_or_until_somebody_takes_it_back(wished: Bot, log: CapturedLog) -> None:
    wished.client.send(slash("ping"))
    wished.watch.set_log_level(level=None, seconds=0)
    wished.tick()
    assert not shows_debug(log)


def test_a_tick_follows_it_as_well(wished: Bot, log: CapturedLog) -> None:
    wished.tick("/api/cron_stats")
    assert shows_debug(log)


def test_a_level_above_what_is_set_silences_the_console_and_not_the_tables(
    log: CapturedLog,
) -> None:
    bot = Bot(output=log.output)
    bot.watch.set_log_level(level="ERROR", seconds=600)
    bot.tick("/api/cron_stats")
    log_here.warning("something_odd")
    assert log.of("something_odd") == []
    bot.tick("/api/cron_stats")
    assert [event.message for event in bot.watch.events] == ["something_odd"]
