"""The commands that steer the player: what is ordered, and what is told at once instead."""

from __future__ import annotations

from datetime import timedelta

import pytest

from lib.music.orders import Order, PlayerCommand
from lib.ports import CommandStatus, MusicSettings, StoreError
from lib.web.front import Front
from tests.bot import Bot
from tests.client import Client
from tests.commands.playing import (
    PLAY_ID,
    RUN,
    bot_with_worker,
    order_of,
    playing_bot,
    refused,
)
from tests.fakes.discord import CallKind, discord_error
from tests.fakes.rows import Row
from tests.payloads import APPLICATION_ID, ASKER, CHANNEL, GUILD, InteractionBuilder, slash

SIMPLE = ("pause", "resume", "skip", "previous", "stop", "shuffle", "clear")
WITH_MORE = {
    "seek": slash("seek", position="1:30"),
    "volume": slash("volume", percent=50),
    "loop": slash("loop", mode="queue"),
    "autoplay": slash("autoplay", mode="on"),
    "move": slash("move", **{"from": 1, "to": 2}),
    "remove": slash("remove", place=1),
}
ALL = {**{name: slash(name) for name in SIMPLE}, **WITH_MORE}


def away(operation: str) -> StoreError:
    """The database does not answer."""
    return StoreError(operation, "unreachable", "it is down")


every_one = pytest.mark.parametrize("asked", ALL.values(), ids=ALL.keys())


@every_one
def test_the_order_names_what_plays_and_where_it_was_given(asked: InteractionBuilder) -> None:
    bot = playing_bot("Tail", "Dust")
    assert bot.client.send(asked).json == {"type": 5}
    given = order_of(bot)
    order = Order.from_payload(given.command, given.payload)
    assert order.play_id == PLAY_ID
    assert order.guild_id == GUILD
    assert order.application_id == APPLICATION_ID
    assert order.text_channel_id == CHANNEL


@every_one
def test_the_answer_is_left_to_the_worker(asked: InteractionBuilder) -> None:
    bot = playing_bot("Tail", "Dust")
    bot.client.send(asked)
    assert bot.discord.calls == []
    (row,) = bot.store.rows.values()
    assert row.status is CommandStatus.COMPLETED


@every_one
def test_the_worker_learns_who_asks_and_how_to_answer(asked: InteractionBuilder) -> None:
    bot = playing_bot("Tail", "Dust")
    asking = asked.in_japanese().with_member(roles=["42"], permissions="0")
    bot.client.send(asking)
    given = order_of(bot)
    assert given.token == asking.token
    assert given.interaction == {
        "id": asking.id,
        "application_id": APPLICATION_ID,
        "token": asking.token,
        "type": 2,
        "locale": "ja",
        "guild_id": GUILD,
        "channel_id": CHANNEL,
        "member": {
            "user": {"id": ASKER, "username": "Edmond", "global_name": "Edmond"},
            "roles": ["42"],
            "permissions": "0",
        },
    }


@every_one
def test_nothing_that_tells_who_asks_is_for_dashboards_to_read(asked: InteractionBuilder) -> None:
    bot = playing_bot("Tail", "Dust")
    bot.client.send(asked)
    payload = order_of(bot).payload
    assert not {ASKER, "Edmond", asked.token} & set(map(str, payload.values()))


@every_one
def test_where_nothing_plays_the_asker_is_told_at_once(asked: InteractionBuilder) -> None:
    bot = bot_with_worker()
    assert "Nothing is playing here." in refused(bot, asked)
    assert bot.player.orders == {}
    japanese = asked.in_japanese().numbered(2)
    assert "何も再生していません。" in refused(bot, japanese)


@every_one
def test_without_a_worker_the_asker_is_told_at_once_and_nothing_is_ordered(
    asked: InteractionBuilder,
) -> None:
    bot = playing_bot("Tail", "Dust")
    bot.clock.advance(16)
    assert "No player is running right now" in refused(bot, asked)
    assert bot.player.orders == {}


@every_one
def test_without_a_database_it_is_said_plainly(asked: InteractionBuilder) -> None:
    reply = Bot(without=("SUPABASE_URL",)).client.send(asked)
    assert "runs without one" in reply.content


@every_one
@pytest.mark.parametrize("operation", ["read_player", "order_player"])
def test_a_database_that_is_away_is_told_plainly(asked: InteractionBuilder, operation: str) -> None:
    bot = playing_bot("Tail", "Dust")
    bot.player.refuse(operation, away(operation))
    bot.client.send(asked)
    assert bot.discord.seen(asked.token) == [
        "The database didn't answer (`unreachable`). Please try again later."
    ]


@every_one
def test_where_somebody_is_is_for_no_dashboard_to_read_the_worker_sees_who_listens(
    asked: InteractionBuilder,
) -> None:
    bot = playing_bot("Tail", "Dust")
    bot.discord.refuse(CallKind.FIND_VOICE_CHANNEL, discord_error(503, 0))
    bot.client.send(asked)
    assert "channel_id" not in order_of(bot).payload


def test_a_worker_that_dies_meanwhile_is_told_too() -> None:
    bot = playing_bot()
    bot.player.on_read = lambda: bot.clock.advance(16)
    assert "No player is running right now" in refused(bot, slash("pause"))


@pytest.mark.parametrize(
    ("member", "standing"),
    [
        ({"permissions": "0", "roles": []}, "member"),
        ({"permissions": "0", "roles": ["42"]}, "dj"),
        ({"permissions": str(1 << 4), "roles": []}, "dj"),
        ({"permissions": str(1 << 3), "roles": []}, "dj"),
    ],
)
def test_what_somebody_may_do_goes_along(member: dict[str, object], standing: str) -> None:
    bot = playing_bot()
    bot.player.settings[GUILD] = MusicSettings(dj_role_id="42")
    bot.client.send(slash("skip").with_member(**member))
    assert order_of(bot).payload["standing"] == standing


def die_before_the_end(bot: Bot, asked: InteractionBuilder) -> None:
    """Have the process end before it could note that it is done; another begins a minute later."""
    bot.store.refuse("complete_command", *[away("complete_command")] * 4)
    bot.client.send(asked)
    bot.client = Client(
        Front(bot.settings, bot.clock, bot.output, assemble=bot._assemble), bot.clock
    )
    bot.clock.advance(60)
    bot.player.beat_worker(name="one", run=RUN)


def test_what_is_run_again_orders_nothing_again_and_leaves_the_workers_answer_alone() -> None:
    bot = playing_bot()
    die_before_the_end(bot, slash("stop"))
    bot.player.end_session(run=RUN, guild_id=GUILD)  # as it was ordered to
    bot.discord.calls.clear()
    bot.tick()
    assert len(bot.player.orders) == 1
    assert bot.discord.calls == []
    assert [(row.status, row.attempts) for row in answers(bot)] == [(CommandStatus.COMPLETED, 2)]


@pytest.mark.parametrize(
    "asked", [slash("skip"), slash("play", query="comet")], ids=["skip", "play"]
)
def test_what_died_before_it_ordered_is_told_as_too_late_and_never_ordered(
    asked: InteractionBuilder,
) -> None:
    bot = playing_bot()
    die_before_the_end(bot, asked)
    bot.player.orders.clear()  # as if it had died before
    bot.discord.calls.clear()
    bot.tick()
    assert bot.player.orders == {}
    (told,) = bot.discord.seen(asked.token)
    assert "nothing was done" in told
    assert [row.status for row in answers(bot)] == [CommandStatus.FAILED]


def test_a_clock_that_goes_wrong_by_minutes_makes_nothing_too_late() -> None:
    bot = playing_bot()
    bot.client.send(slash("pause").at(bot.clock.now() - timedelta(minutes=4)))
    assert order_of(bot).command == "pause"


def answers(bot: Bot) -> list[Row]:
    return [row for row in bot.store.rows.values() if row.command == "answer"]


def test_the_commands_are_for_servers_alone() -> None:
    bot = playing_bot()
    bot.client.send(slash("pause").in_dm())
    assert bot.player.orders == {}
    assert bot.discord.seen() == ["That works in servers only."]


def test_there_is_a_command_for_everything_a_player_can_be_ordered() -> None:
    assert {*ALL, "play"} == set(PlayerCommand)


# --- what some orders have beside ---------------------------------------------------------------


def ordered(asked: InteractionBuilder, *waiting: str) -> Order:
    bot = playing_bot(*waiting)
    bot.client.send(asked)
    given = order_of(bot)
    return Order.from_payload(given.command, given.payload)


@pytest.mark.parametrize(
    ("written", "position_ms"),
    [
        ("1:30", 90_000),
        ("90", 90_000),
        ("1分30秒", 90_000),
        ("１：３０", 90_000),
        ("0", 0),
    ],
)
def test_a_position_is_read_as_people_write_it(written: str, position_ms: int) -> None:
    assert ordered(slash("seek", position=written)).position_ms == position_ms


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("soon", "Write it like `1:30`"),
        ("3:45", "This track is only 3:45 long."),
        ("9:00", "This track is only 3:45 long."),
    ],
)
def test_a_position_that_is_none_is_told_at_once(written: str, told: str) -> None:
    bot = playing_bot()
    assert told in refused(bot, slash("seek", position=written))
    assert bot.player.orders == {}


def test_the_volume_is_ordered() -> None:
    assert ordered(slash("volume", percent=0)).volume == 0
    assert ordered(slash("volume", percent=200)).volume == 200


def test_without_a_number_the_volume_is_told_to_the_asker_alone() -> None:
    bot = playing_bot()
    assert bot.client.send(slash("volume")).json == {"type": 5, "data": {"flags": 64}}
    assert bot.seen == ["The volume is 100%. `/volume percent` changes it."]
    assert bot.player.orders == {}


def test_where_nothing_plays_the_volume_is_what_the_next_track_begins_with() -> None:
    bot = Bot()
    bot.player.settings[GUILD] = MusicSettings(volume=30)
    bot.client.send(slash("volume").in_japanese())
    assert bot.seen == ["現在の音量は30%です。`/音量 パーセント` で変更できます。"]


@pytest.mark.parametrize("mode", ["off", "track", "queue"])
def test_the_loop_has_its_mode(mode: str) -> None:
    assert ordered(slash("loop", mode=mode)).loop_mode == mode


@pytest.mark.parametrize(("mode", "on"), [("on", True), ("off", False)])
def test_autoplay_is_turned_on_and_off(mode: str, on: bool) -> None:  # noqa: FBT001
    assert ordered(slash("autoplay", mode=mode)).on is on
