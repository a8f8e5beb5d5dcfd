"""What a player is told of who comes to its channel and goes, the bot itself included."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest

from tests.worker.fakes.scene import run
from worker.client import WorkerClient

GUILD, OTHER_GUILD = "1", "2"
HALLEY, AOI = 10, 12
LOUNGE, STAIRS = object(), object()


class Heard:
    """A guild's player, as far as it hears of people."""

    def __init__(self) -> None:
        self.news: list[str] = []

    def listeners_changed(self) -> None:
        self.news.append("listeners")

    def moved(self) -> None:
        self.news.append("moved")


class OnePlayer:
    """Players of which there is one, in GUILD."""

    def __init__(self) -> None:
        self.player = Heard()
        self.ended: list[str] = []

    def find(self, guild_id: str) -> Heard | None:
        return self.player if guild_id == GUILD else None

    def end(self, guild_id: str) -> None:
        self.ended.append(guild_id)


async def client_with(players: OnePlayer) -> WorkerClient:
    client = WorkerClient()
    client.players = cast("Any", players)
    client._connection.user = cast("Any", SimpleNamespace(id=HALLEY))
    return client


@pytest.mark.parametrize(
    ("who", "guild_id", "before", "after", "news"),
    [
        (AOI, GUILD, None, LOUNGE, ["listeners"]),
        (AOI, GUILD, LOUNGE, None, ["listeners"]),
        (AOI, GUILD, LOUNGE, STAIRS, ["listeners"]),
        (AOI, GUILD, LOUNGE, LOUNGE, []),
        (AOI, OTHER_GUILD, None, LOUNGE, []),
        (HALLEY, GUILD, LOUNGE, STAIRS, ["moved"]),
        (HALLEY, GUILD, None, LOUNGE, []),
        (HALLEY, GUILD, LOUNGE, None, []),
    ],
    ids=[
        "somebody comes",
        "somebody goes",
        "somebody goes elsewhere",
        "somebody is muted",
        "in another server",
        "the bot is dragged",
        "the bot joins",
        "the bot leaves",
    ],
)
def test_a_player_hears_of_what_concerns_it(
    who: int, guild_id: str, before: object, after: object, news: list[str]
) -> None:
    players = OnePlayer()

    async def act() -> None:
        client = await client_with(players)
        member = SimpleNamespace(id=who, guild=SimpleNamespace(id=int(guild_id)))
        states = [cast("Any", SimpleNamespace(channel=channel)) for channel in (before, after)]
        await client.on_voice_state_update(cast("Any", member), *states)

    run(act())
    assert players.player.news == news


def test_where_the_bot_is_no_longer_a_member_its_player_ends() -> None:
    players = OnePlayer()

    async def act() -> None:
        client = await client_with(players)
        await client.on_guild_remove(cast("Any", SimpleNamespace(id=int(GUILD))))

    run(act())
    assert players.ended == [GUILD]
