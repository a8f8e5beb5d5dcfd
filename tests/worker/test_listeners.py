"""Who counts as listening: people in the channel, and no bot, Halley itself included."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, cast

import discord

from worker.client import WorkerClient
from worker.discord_voice import DiscordVoice

if TYPE_CHECKING:
    from discord.types.guild import Guild as GuildPayload

GUILD, LOUNGE, STAIRS = 1, 2, 3
HALLEY, OTHER_BOT, AOI, SAM = 10, 11, 12, 13
BOTS = (HALLEY, OTHER_BOT)


def channel_as_told(channel_id: int) -> Mapping[str, object]:
    return {
        "id": str(channel_id),
        "type": 2,
        "name": "a channel",
        "position": 0,
        "permission_overwrites": [],
        "bitrate": 64000,
        "user_limit": 0,
        "rtc_region": None,
    }


def member_as_told(user_id: int) -> Mapping[str, object]:
    user = {
        "id": str(user_id),
        "username": f"user {user_id}",
        "discriminator": "0",
        "avatar": None,
        "bot": user_id in BOTS,
    }
    return {"user": user, "roles": [], "joined_at": None, "flags": 0, "deaf": False, "mute": False}


def state_as_told(user_id: int, channel_id: int) -> Mapping[str, object]:
    return {
        "user_id": str(user_id),
        "channel_id": str(channel_id),
        "session_id": "s",
        "deaf": False,
        "mute": False,
        "self_deaf": False,
        "self_mute": False,
        "self_video": False,
        "suppress": False,
    }


def listeners(where: Mapping[int, int], *, unknown: frozenset[int] = frozenset()) -> frozenset[str]:
    """Who listens in the lounge, by what Discord's gateway tells: who is in which channel, and who
    of them is not described.
    """
    told = {
        "id": str(GUILD),
        "name": "a server",
        "owner_id": str(SAM),
        "roles": [],
        "channels": [channel_as_told(LOUNGE), channel_as_told(STAIRS)],
        "members": [member_as_told(user_id) for user_id in where if user_id not in unknown],
        "voice_states": [state_as_told(*entry) for entry in where.items()],
    }
    client = WorkerClient()
    state = client._connection
    state._add_guild(discord.Guild(data=cast("GuildPayload", told), state=state))
    voice = DiscordVoice(client, str(GUILD))
    voice._channel_id = str(LOUNGE)
    return voice.listeners


def test_people_in_the_channel_listen_and_bots_do_not() -> None:
    where = {HALLEY: LOUNGE, OTHER_BOT: LOUNGE, AOI: LOUNGE, SAM: STAIRS}
    assert listeners(where) == {str(AOI)}


def test_alone_with_other_bots_nobody_listens() -> None:
    assert listeners({HALLEY: LOUNGE, OTHER_BOT: LOUNGE}) == frozenset()


def test_of_whom_nothing_is_known_listens() -> None:
    assert listeners({HALLEY: LOUNGE, AOI: LOUNGE}, unknown=frozenset({AOI})) == {str(AOI)}
