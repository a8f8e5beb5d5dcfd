"""Discord's REST API as a health check asks it: rarely, from several threads, and once."""

from __future__ import annotations

import threading

from lib.services.discord_rest import DiscordRest
from lib.settings import Secret
from tests.fakes.clock import ManualClock
from tests.servers.scripted import Answer, scripted_server


def test_no_connection_is_kept_that_could_die_while_the_function_is_frozen() -> None:
    with scripted_server(Answer(body={"url": "wss://"}, stale=True)) as server:
        discord = DiscordRest(ManualClock(), api_url=server.url, keeps_connections=False)
        for _ in range(3):
            assert discord.measure_ping_ms() == 0
    assert len(server.requests) == 3


def test_two_who_ask_first_at_once_share_what_they_ask_with() -> None:
    token = Secret("a.bot.token-for-tests")
    answer = Answer(body={"url": "wss://", "approximate_guild_count": 3})
    with scripted_server(answer) as server:
        discord = DiscordRest(ManualClock(), api_url=server.url, bot_token=token)
        counts: list[int | None] = []
        threads = [
            threading.Thread(target=lambda: counts.append(discord.count_guilds())) for _ in range(6)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        discord.close()
    assert counts == [3] * 6
