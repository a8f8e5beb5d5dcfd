"""/ping tells how long the way from Discord was."""

from __future__ import annotations

import pytest

from tests.bot import Bot
from tests.payloads import slash


@pytest.mark.parametrize(
    ("seconds", "english", "japanese"),
    [(0, "0 ms", "0ミリ秒"), (0.25, "250 ms", "250ミリ秒"), (2.5, "2.5 s", "2.5秒")],
)
def test_the_way_is_counted_from_the_moment_that_discord_took_the_command(
    seconds: float, english: str, japanese: str
) -> None:
    bot = Bot()
    taken_at = bot.clock.now()
    bot.clock.advance(seconds)
    reply = bot.client.send(slash("ping").at(taken_at))
    assert f"I had your command {english} after" in reply.content
    assert reply.json["data"]["flags"] == 64
    assert japanese in bot.client.send(slash("ping").at(taken_at).in_japanese()).content


def test_a_clock_behind_discords_gives_no_time_below_zero() -> None:
    bot = Bot()
    taken_at = bot.clock.now()
    early = slash("ping").at(taken_at.replace(hour=1))
    assert " 0 ms " in bot.client.send(early).content


@pytest.mark.parametrize("interaction_id", ["0", "1", "9" * 20])
def test_an_id_from_the_edge_of_time_is_answered(interaction_id: str) -> None:
    assert "Pong" in Bot().client.send(slash("ping").changed(id=interaction_id)).content
