"""/djrole: the role whose members steer the music without a vote."""

from __future__ import annotations

import pytest

from lib.ports import MusicSettings
from tests.bot import Bot
from tests.commands.steering import MANAGE_GUILD, told
from tests.payloads import GUILD, InteractionBuilder, slash

ROLE = "1180000000000000600"
MANAGE_CHANNELS = str(1 << 4)


def choosing(permissions: str = MANAGE_GUILD, role: str = ROLE) -> InteractionBuilder:
    return slash("djrole", role=role).with_member(permissions=permissions)


@pytest.mark.parametrize("permissions", [MANAGE_GUILD, MANAGE_CHANNELS, str(1 << 3)])
def test_those_who_manage_the_server_or_its_channels_choose_it(permissions: str) -> None:
    bot = Bot()
    assert f"Members with <@&{ROLE}> now steer" in told(bot, choosing(permissions))
    assert bot.player.settings[GUILD].dj_role_id == ROLE


def test_the_choice_is_noted_with_who_made_it() -> None:
    bot = Bot()
    told(bot, choosing())
    ((entry),) = bot.store.tables.bot_logs
    assert "the DJ role of guild" in str(entry["message"])


def test_it_is_taken_away_by_leaving_it_out_and_nothing_else_changes() -> None:
    bot = Bot()
    bot.player.settings[GUILD] = MusicSettings(dj_role_id=ROLE, volume=30)
    asked = slash("djrole").with_member(permissions=MANAGE_GUILD).in_japanese()
    assert "DJロールをなしにしました" in told(bot, asked)
    assert bot.player.settings[GUILD] == MusicSettings(volume=30)


def test_others_are_refused() -> None:
    bot = Bot()
    reply = bot.client.send(choosing("0"))
    assert reply.json["data"]["flags"] == 64
    assert "takes the permission" in reply.content
    assert GUILD not in bot.player.settings


def test_everybody_is_no_role_for_djs() -> None:
    bot = Bot()
    assert "Everybody has that role." in told(bot, choosing(role=GUILD))
    assert GUILD not in bot.player.settings


def test_a_database_that_is_away_is_told_plainly() -> None:
    bot = Bot()
    bot.player.is_down = True
    assert "The database didn't answer" in told(bot, choosing())
