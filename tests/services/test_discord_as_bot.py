"""What Halley asks of Discord as the bot: messages in channels, and how many guilds she is in."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterator

import pytest

from dev.simulator.config import SimulatorConfig
from dev.simulator.running import RunningSimulator, run_simulator
from dev.simulator.voice_states import VoiceState
from dev.simulator.world import GUILD_ID
from lib.interactions.response import Message
from lib.ports import DiscordAPI, DiscordError, InteractionWebhook
from lib.services.discord_rest import MOST_TRIES, DiscordRest
from lib.settings import Secret
from tests.fakes.clock import ManualClock
from tests.fakes.discord import RecordingDiscord
from tests.payloads import APPLICATION_ID, ASKER, CHANNEL, GUILD, slash
from tests.servers.scripted import Answer, ScriptedServer, scripted_server

TOKEN = "local.bot.token"
BODY = Message(content="The queue stands still.").to_payload()
DONE = Answer(body={"id": "42"})


def rest(server: ScriptedServer, *, token: str = TOKEN) -> DiscordRest:
    return DiscordRest(ManualClock(), api_url=server.url, bot_token=Secret(token))


def post(discord: DiscordAPI, nonce: str = "queue-1") -> str:
    return discord.create_message(channel_id=CHANNEL, body=BODY, nonce=nonce)


def delete(discord: DiscordAPI, message_id: str = "42") -> None:
    discord.delete_message(channel_id=CHANNEL, message_id=message_id)


# --- a message in a channel -----------------------------------------------------------------------


def test_a_message_goes_to_its_channel_as_the_bots_under_its_nonce() -> None:
    with scripted_server(DONE) as server:
        assert post(rest(server)) == "42"
    (asked,) = server.requests
    assert (asked.method, asked.path) == ("POST", f"/channels/{CHANNEL}/messages")
    assert asked.headers["authorization"] == f"Bot {TOKEN}"
    assert asked.json == {**BODY, "nonce": "queue-1", "enforce_nonce": True}


@pytest.mark.parametrize(
    "answer",
    [Answer(500), Answer(dropped=True), Answer(429, {"retry_after": 0.5})],
    ids=["a fault", "a lost answer", "a rate limit"],
)
def test_it_is_sent_again_after_a_fault_since_its_nonce_keeps_it_single(answer: Answer) -> None:
    with scripted_server(answer, DONE) as server:
        assert post(rest(server)) == "42"
    first, second = server.requests
    assert first.json == second.json


def test_a_fault_that_stays_is_an_error_after_a_few_tries() -> None:
    with scripted_server(Answer(503)) as server, pytest.raises(DiscordError) as caught:
        post(rest(server))
    assert caught.value.status == 503
    assert len(server.requests) == MOST_TRIES


def test_without_a_bot_token_nothing_is_sent_and_the_error_says_why() -> None:
    with scripted_server(DONE) as server:
        discord = DiscordRest(ManualClock(), api_url=server.url)
        for call in (post, delete, find):
            with pytest.raises(DiscordError) as caught:
                call(discord)
            assert (caught.value.status, caught.value.detail) == (401, "no bot token is set")
            assert caught.value.is_final
        assert discord.count_guilds() is None
    assert server.requests == []


def test_a_message_is_taken_away_as_the_bots_and_one_that_is_gone_is_no_error() -> None:
    gone = Answer(404, {"code": 10008, "message": "Unknown Message"})
    with scripted_server(Answer(204), gone) as server:
        for _ in range(2):
            delete(rest(server))
    for asked in server.requests:
        assert (asked.method, asked.path) == ("DELETE", f"/channels/{CHANNEL}/messages/42")
        assert asked.headers["authorization"] == f"Bot {TOKEN}"
    not_yours = Answer(403, {"code": 50003, "message": "Cannot execute action"})
    with scripted_server(not_yours) as server, pytest.raises(DiscordError) as caught:
        delete(rest(server))
    assert caught.value.is_final


# --- where somebody is heard ----------------------------------------------------------------------


def find(discord: DiscordAPI) -> str | None:
    return discord.find_voice_channel(guild_id=GUILD, user_id=ASKER)


def test_the_voice_channel_of_somebody_is_asked_for_as_the_bot() -> None:
    with scripted_server(Answer(body={"channel_id": CHANNEL, "user_id": ASKER})) as server:
        assert find(rest(server)) == CHANNEL
    (asked,) = server.requests
    assert (asked.method, asked.path) == ("GET", f"/guilds/{GUILD}/voice-states/{ASKER}")
    assert asked.headers["authorization"] == f"Bot {TOKEN}"


@pytest.mark.parametrize(
    "answer",
    [
        Answer(404, {"code": 10065, "message": "Unknown Voice State"}),
        Answer(body={"channel_id": None, "user_id": ASKER}),
    ],
    ids=["unknown", "left"],
)
def test_whoever_is_in_no_voice_channel_is_no_error(answer: Answer) -> None:
    with scripted_server(answer) as server:
        assert find(rest(server)) is None
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("answer", "status", "code"),
    [
        (Answer(403, {"code": 50001, "message": "Missing Access"}), 403, 50001),
        (Answer(404, {"code": 10004, "message": "Unknown Guild"}), 404, 10004),
        (Answer(body=b"<html>wifi</html>"), 0, 0),
    ],
    ids=["no member", "no such guild", "no answer of Discord's"],
)
def test_what_else_is_said_of_voice_is_a_refusal(answer: Answer, status: int, code: int) -> None:
    with scripted_server(answer) as server, pytest.raises(DiscordError) as caught:
        find(rest(server))
    assert (caught.value.status, caught.value.code) == (status, code)


# --- the count of guilds --------------------------------------------------------------------------


def test_the_guilds_are_counted_in_one_request_however_it_ends() -> None:
    with scripted_server(Answer(body={"approximate_guild_count": 7})) as server:
        assert rest(server).count_guilds() == 7
    assert [(asked.method, asked.path) for asked in server.requests] == [
        ("GET", "/applications/@me")
    ]
    for answer in (Answer(503), Answer(body={}), Answer(body=b"<html>wifi</html>")):
        with scripted_server(answer) as server, pytest.raises(DiscordError):
            rest(server).count_guilds()
        assert len(server.requests) == 1


# --- the bot token --------------------------------------------------------------------------------


def test_the_token_goes_only_where_a_bot_is_asked_for() -> None:
    webhook = InteractionWebhook(APPLICATION_ID, slash("ask").token)
    with scripted_server(DONE) as server:
        discord = rest(server)
        discord.edit_original(webhook, body=BODY)
        discord.create_follow_up(webhook, body=BODY)
        discord.edit_follow_up(webhook, message_id="42", body=BODY)
        discord.delete_follow_up(webhook, message_id="42")
        discord.delete_original(webhook)
        discord.measure_ping_ms()
        post(discord)
        delete(discord)
        discord.edit_original(webhook, body=BODY)
    carried = ["authorization" in asked.headers for asked in server.requests]
    assert carried == [False] * 6 + [True, True, False]


@pytest.mark.parametrize("token", [TOKEN, "of two\nlines", "ボット"])
@pytest.mark.parametrize(
    "answer",
    [Answer(401, {"message": "401: Unauthorized"}), Answer(dropped=True), Answer(302)],
    ids=["refused", "dropped", "sent away"],
)
@pytest.mark.parametrize("call", [post, delete, find, DiscordRest.count_guilds])
def test_the_token_is_in_no_error(
    token: str, answer: Answer, call: Callable[[DiscordRest], object]
) -> None:
    with scripted_server(answer) as server, pytest.raises(DiscordError) as caught:
        call(rest(server, token=token))
    shown = "".join(traceback.format_exception(caught.value)) + repr(caught.value)
    assert token not in shown
    assert repr(token)[1:-1] not in shown


# --- alike, against the simulator and the fake ----------------------------------------------------


@pytest.fixture
def simulator() -> Iterator[RunningSimulator]:
    config = SimulatorConfig(
        application_id=APPLICATION_ID,
        bot_token=TOKEN,
        signing_key="17" * 32,
        interactions_url="http://127.0.0.1:9/",
    )
    with run_simulator(config) as discord:
        yield discord


def test_one_nonce_is_one_message_however_often_it_is_sent(simulator: RunningSimulator) -> None:
    channel = simulator.world.channels[0].id
    real = DiscordRest(ManualClock(), api_url=simulator.api_url, bot_token=Secret(TOKEN))
    fake = RecordingDiscord(guild_count=1)
    for discord in (real, fake):
        first, again, other = (
            discord.create_message(channel_id=channel, body=BODY, nonce=nonce)
            for nonce in ("queue-1", "queue-1", "queue-2")
        )
        assert first == again != other
        assert discord.count_guilds() == 1
    seen = [message["content"] for message in simulator.simulator.messages.in_channel(channel)]
    assert seen == fake.in_channel(channel) == ["The queue stands still."] * 2


def test_a_message_that_was_taken_away_is_gone_and_stays_so(simulator: RunningSimulator) -> None:
    channel = simulator.world.channels[0].id
    real = DiscordRest(ManualClock(), api_url=simulator.api_url, bot_token=Secret(TOKEN))
    fake = RecordingDiscord()
    for discord in (real, fake):
        message = discord.create_message(channel_id=channel, body=BODY, nonce="queue-1")
        for _ in range(2):
            discord.delete_message(channel_id=channel, message_id=message)
    assert simulator.simulator.messages.in_channel(channel) == []
    assert fake.in_channel(channel) == []


def test_a_message_that_was_edited_says_what_it_says_now(simulator: RunningSimulator) -> None:
    channel = simulator.world.channels[0].id
    real = DiscordRest(ManualClock(), api_url=simulator.api_url, bot_token=Secret(TOKEN))
    fake = RecordingDiscord()
    body = Message(content="It moves again.").to_edit()
    for discord in (real, fake):
        message = discord.create_message(channel_id=channel, body=BODY, nonce="queue-1")
        discord.edit_message(channel_id=channel, message_id=message, body=body)
    seen = [message["content"] for message in simulator.simulator.messages.in_channel(channel)]
    assert seen == fake.in_channel(channel) == ["It moves again."]
    for discord in (real, fake):
        with pytest.raises(DiscordError) as caught:
            discord.edit_message(channel_id=channel, message_id="42", body=body)
        assert (caught.value.status, caught.value.code) == (404, 10008)


def test_somebody_is_found_where_they_are_until_they_leave(simulator: RunningSimulator) -> None:
    real = DiscordRest(ManualClock(), api_url=simulator.api_url, bot_token=Secret(TOKEN))
    fake = RecordingDiscord()
    states, (guild, user) = (
        simulator.simulator.voice_states,
        (GUILD_ID, simulator.world.people[0].id),
    )
    state = VoiceState(guild, CHANNEL, user, "a-session")

    def seen() -> list[str | None]:
        return [each.find_voice_channel(guild_id=guild, user_id=user) for each in (real, fake)]

    assert seen() == [None, None]
    simulator.in_loop(lambda: states.put(state))
    fake.voice_channels[user] = CHANNEL
    assert seen() == [CHANNEL, CHANNEL]
    simulator.in_loop(lambda: states.remove(guild, user))
    del fake.voice_channels[user]
    assert seen() == [None, None]


def test_nobody_is_found_in_a_guild_that_the_bot_is_not_in(simulator: RunningSimulator) -> None:
    discord = DiscordRest(ManualClock(), api_url=simulator.api_url, bot_token=Secret(TOKEN))
    with pytest.raises(DiscordError) as caught:
        discord.find_voice_channel(guild_id="1180000000000000999", user_id=ASKER)
    assert (caught.value.status, caught.value.code) == (404, 10004)


def test_a_channel_that_is_not_there_is_a_refusal_for_good(simulator: RunningSimulator) -> None:
    discord = DiscordRest(ManualClock(), api_url=simulator.api_url, bot_token=Secret(TOKEN))
    with pytest.raises(DiscordError) as caught:
        post(discord)
    assert (caught.value.status, caught.value.code) == (404, 10003)
    assert caught.value.is_final


def test_a_wrong_token_is_a_refusal_for_good(simulator: RunningSimulator) -> None:
    discord = DiscordRest(ManualClock(), api_url=simulator.api_url, bot_token=Secret("another"))
    for call in (post, DiscordRest.count_guilds):
        with pytest.raises(DiscordError) as caught:
            call(discord)
        assert (caught.value.status, caught.value.is_final) == (401, True)
