"""What the simulator refuses a bot over HTTP, in Discord's words."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from threading import Event
from typing import Any
from urllib.request import Request, urlopen

import pytest

from dev.simulator import Simulator, SimulatorConfig
from dev.simulator.errors import DiscordError
from dev.simulator.events import EventKind
from dev.simulator.interactions import FailureReason, Interaction
from dev.simulator.invocations import CommandCall
from dev.simulator.message_bodies import CallbackType
from dev.simulator.rate_limits import RateLimitScope
from dev.simulator.running import RunningSimulator, run_simulator
from tests.simulator.conftest import APPLICATION_ID, Pair
from tests.simulator.standin_bot import USER_AGENT, Rest, StandinBot, register, run_standin_bot

Json = dict[str, Any]


class Hands:
    """A clock moved by hand."""

    def __init__(self) -> None:
        self.now = datetime(2026, 3, 1, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def pass_by(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


@pytest.fixture
def clock() -> Hands:
    return Hands()


@pytest.fixture
def simulator(config: SimulatorConfig, clock: Hands) -> Simulator:
    simulator = Simulator(replace(config, first_response_seconds=3.0), clock=clock)
    simulator.set_commands([{"name": "ask", "description": "Ask"}], guild_id=None)
    return simulator


def opened(simulator: Simulator, *, user_install: bool = False) -> Interaction:
    invoker = simulator.invocations.invoker(user_install=user_install)
    return simulator.invocations.command(CommandCall("ask"), invoker=invoker)


@contextmanager
def refused(status: int, code: int) -> Iterator[None]:
    with pytest.raises(DiscordError) as error:
        yield
    assert (error.value.status, error.value.code) == (status, code)


# --- the life of an interaction --------------------------------------------------------------


def test_an_interaction_is_acknowledged_once(simulator: Simulator) -> None:
    interaction = opened(simulator)
    simulator.interactions.acknowledge(interaction, {"type": 5})
    with refused(400, 40060):
        simulator.interactions.acknowledge(interaction, {"type": 5})


def test_a_callback_after_three_seconds_finds_no_interaction(
    simulator: Simulator, clock: Hands
) -> None:
    interaction = opened(simulator)
    find = simulator.interactions.answerable
    clock.pass_by(3)
    assert find(interaction_id=interaction.id, token=interaction.token) is interaction
    clock.pass_by(0.001)
    with refused(404, 10062):
        find(interaction_id=interaction.id, token=interaction.token)


def test_a_callback_for_another_token_finds_no_interaction(simulator: Simulator) -> None:
    one, other = opened(simulator), opened(simulator)
    with refused(404, 10062):
        simulator.interactions.answerable(interaction_id=one.id, token=other.token)


def test_a_token_is_good_for_fifteen_minutes(simulator: Simulator, clock: Hands) -> None:
    interaction = opened(simulator)
    simulator.interactions.acknowledge(interaction, {"type": 5})
    find = simulator.interactions.acknowledged_with
    clock.pass_by(15 * 60)
    assert find(webhook_id=APPLICATION_ID, token=interaction.token) is interaction
    clock.pass_by(0.001)
    with refused(401, 50027):
        find(webhook_id=APPLICATION_ID, token=interaction.token)


def test_an_unacknowledged_interaction_has_no_webhook_yet(simulator: Simulator) -> None:
    interaction = opened(simulator)
    with refused(404, 10015):
        simulator.interactions.acknowledged_with(webhook_id=APPLICATION_ID, token=interaction.token)
    with refused(404, 10015):
        simulator.interactions.acknowledged_with(webhook_id="1", token=interaction.token)
    with refused(401, 50027):
        simulator.interactions.acknowledged_with(webhook_id=APPLICATION_ID, token="made up")


def test_the_first_follow_up_of_a_deferral_fills_the_waiting_message(simulator: Simulator) -> None:
    interaction = opened(simulator)
    waiting = simulator.interactions.acknowledge(interaction, {"type": 5, "data": {"flags": 64}})
    first = simulator.interactions.follow_up(interaction, {"content": "one", "flags": 0})
    second = simulator.interactions.follow_up(interaction, {"content": "two"})
    assert waiting is not None
    assert first["id"] == waiting["id"]
    assert first["flags"] == 64
    assert second["id"] != waiting["id"]


def test_the_first_edit_of_a_deferral_is_no_edit_to_its_reader(simulator: Simulator) -> None:
    interaction = opened(simulator)
    simulator.interactions.acknowledge(interaction, {"type": 5})
    first = simulator.interactions.edit(interaction, "@original", {"content": "one"})
    second = simulator.interactions.edit(interaction, "@original", {"content": "two"})
    assert first["edited_timestamp"] is None
    assert second["edited_timestamp"] is not None


def test_an_edit_to_nothing_is_refused_and_changes_nothing(simulator: Simulator) -> None:
    interaction = opened(simulator)
    simulator.interactions.acknowledge(interaction, {"type": 4, "data": {"content": "here"}})
    with refused(400, 50006):
        simulator.interactions.edit(interaction, "@original", {"content": ""})
    message_id = simulator.interactions.message_id(interaction, "@original")
    assert simulator.messages.get(message_id)["content"] == "here"


def test_a_user_install_gets_five_follow_ups(simulator: Simulator) -> None:
    interaction = opened(simulator, user_install=True)
    simulator.interactions.acknowledge(interaction, {"type": 4, "data": {"content": "reply"}})
    for _ in range(5):
        simulator.interactions.follow_up(interaction, {"content": "more"})
    with refused(400, 40094):
        simulator.interactions.follow_up(interaction, {"content": "too much"})
    user = interaction.invoker.user
    assert interaction.payload["authorizing_integration_owners"] == {"1": user.id}


def test_a_failure_after_the_answer_is_none(simulator: Simulator) -> None:
    interaction = opened(simulator)
    simulator.interactions.acknowledge(interaction, {"type": 5})
    simulator.interactions.fail(interaction, reason=FailureReason.NO_RESPONSE, detail="late")
    kinds = [event.kind for event in simulator.events.since(0)]
    assert EventKind.FAILED not in kinds


def test_only_allowed_mentions_ping(simulator: Simulator) -> None:
    aoi, sam, *_ = simulator.world.people
    content = f"<@{aoi.id}> <@{sam.id}> @everyone"
    channel = simulator.world.channels[0].id
    for allowed, pinged, everyone in (
        (None, [aoi.id, sam.id], True),
        ({"parse": []}, [], False),
        ({"parse": [], "users": [sam.id]}, [sam.id], False),
    ):
        body: Json = {"content": content} | (
            {} if allowed is None else {"allowed_mentions": allowed}
        )
        message = simulator.create_channel_message(channel, body)
        assert [user["id"] for user in message["mentions"]] == pinged
        assert message["mention_everyone"] is everyone


# --- over HTTP -------------------------------------------------------------------------------


def test_requests_of_the_application_need_the_bots_token(rest: Rest) -> None:
    status, body = rest.call("GET", "/users/@me", Authorization="Bot wrong")
    assert (status, body) == (401, {"message": "401: Unauthorized", "code": 0})
    status, body = rest.call("GET", "/users/@me")
    assert (status, body["id"], body["bot"]) == (200, APPLICATION_ID, True)


def test_a_request_without_discords_user_agent_is_blocked(rest: Rest) -> None:
    status, body = rest.call("GET", "/gateway", **{"User-Agent": "python-requests/2"})
    assert (status, body) == (403, {"message": "internal network error", "code": 40333})
    assert rest.call("GET", "/gateway")[0] == 200


def test_what_is_not_there_is_not_found(rest: Rest) -> None:
    assert rest.call("GET", "/nowhere") == (404, {"message": "404: Not Found", "code": 0})
    assert rest.call("GET", "/channels/1/messages")[1]["code"] == 10003
    assert rest.call("GET", "/applications/1/commands")[1]["code"] == 10002


def test_bodies_have_to_be_json(rest: Rest) -> None:
    path = f"/channels/{'1180000000000000301'}/messages"
    status, body = rest.call("POST", path, None, **{"Content-Type": "application/json"})
    assert (status, body["code"]) == (400, 50109)
    status, body = rest.call("POST", path, {}, **{"Content-Type": "text/plain"})
    assert (status, body["code"]) == (400, 50035)


def test_a_bulk_overwrite_keeps_ids_and_drops_what_it_omits(rest: Rest) -> None:
    path = f"/applications/{APPLICATION_ID}/commands"
    before = {one["name"]: one["id"] for one in rest.call("GET", path)[1]}
    status, after = rest.call("PUT", path, [{"name": "ask", "description": "Ask anew"}])
    assert status == 200
    assert [(one["name"], one["id"]) for one in after] == [("ask", before["ask"])]
    assert rest.call("GET", path)[1] == after
    status, body = rest.call("PUT", path, [{"name": "Ask", "description": "x"}])
    assert (status, body["code"]) == (400, 50035)
    assert "name" in body["errors"]["0"]
    assert rest.call("GET", path)[1] == after


def test_requests_are_refused_with_429_as_often_as_told(pair: Pair) -> None:
    pair.discord.rate_limit(2, retry_after_seconds=0.25, scope=RateLimitScope.GLOBAL)
    for _ in range(2):
        status, body = pair.rest.call("GET", "/users/@me")
        assert status == 429
        assert body == {
            "message": "You are being rate limited.",
            "retry_after": 0.25,
            "global": True,
        }
    assert pair.rest.call("GET", "/users/@me")[0] == 200


def test_every_answer_tells_its_bucket(discord: RunningSimulator, config: SimulatorConfig) -> None:
    request = Request(
        f"{discord.api_url}/users/@me",
        headers={"User-Agent": USER_AGENT, "Authorization": f"Bot {config.bot_token}"},
    )
    with urlopen(request, timeout=10) as response:
        headers = dict(response.headers)
    assert headers["X-RateLimit-Limit"] == "5"
    assert headers["X-RateLimit-Remaining"] == "4"
    assert len(headers["X-RateLimit-Bucket"]) == 32
    assert 0 < float(headers["X-RateLimit-Reset-After"]) <= 2


def test_files_come_as_multipart_and_can_be_fetched(
    discord: RunningSimulator, config: SimulatorConfig
) -> None:
    channel = discord.world.channels[0].id
    note = {"content": "see", "attachments": [{"id": 0, "description": "a page"}]}
    part = io.BytesIO()
    for head, content in (
        ('name="payload_json"\r\nContent-Type: application/json', json.dumps(note).encode()),
        ('name="files[0]"; filename="a.html"\r\nContent-Type: text/html', b"<script>1</script>"),
    ):
        part.write(f"--edge\r\nContent-Disposition: form-data; {head}\r\n\r\n".encode())
        part.write(content + b"\r\n")
    part.write(b"--edge--\r\n")
    request = Request(
        f"{discord.api_url}/channels/{channel}/messages",
        data=part.getvalue(),
        headers={
            "User-Agent": USER_AGENT,
            "Authorization": f"Bot {config.bot_token}",
            "Content-Type": "multipart/form-data; boundary=edge",
        },
    )
    with urlopen(request, timeout=10) as response:
        attachment = json.load(response)["attachments"][0]
    assert (attachment["filename"], attachment["description"]) == ("a.html", "a page")
    with urlopen(attachment["url"], timeout=10) as response:
        assert response.read() == b"<script>1</script>"
        assert response.headers["Content-Security-Policy"].startswith("sandbox")


def test_a_refused_body_is_remembered(pair: Pair) -> None:
    path = f"/channels/{pair.discord.world.channels[0].id}/messages"
    assert pair.rest.call("POST", path, {"content": "x" * 2001})[0] == 400
    assert [one.operation for one in pair.discord.violations] == [
        "POST /channels/{channel_id}/messages"
    ]
    assert pair.discord.calls[-1].status == 400


# --- the way to the bot ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "reason", "first_response_seconds"),
    [("broken", "bad_response", 30.0), ("silent", "no_response", 0.2)],
)
def test_an_interaction_without_a_proper_answer_fails(
    discord: RunningSimulator, name: str, reason: str
) -> None:
    sent = discord.send_command(name)
    assert discord.wait_for(sent, lambda seen: seen.failed is not None).failed == reason


def test_a_deferral_that_is_never_answered_fails_with_its_token(config: SimulatorConfig) -> None:
    answering = Event()

    def hold_back() -> None:
        answering.wait(10)

    with run_simulator(replace(config, token_lifetime_seconds=0.5)) as discord:
        rest = Rest(discord.api_url, config.bot_token)
        bot = StandinBot(rest, discord.public_key, gate=hold_back)
        register(bot.rest, config.application_id)
        with run_standin_bot(bot) as url:
            discord.interactions_url = url
            sent = discord.send_command("ask", {"prompt": "?"})
            seen = discord.wait_for(sent, lambda seen: seen.failed is not None)
            answering.set()
    assert seen.acknowledged is CallbackType.DEFERRED_MESSAGE
    assert seen.failed == "no_response"


def test_an_answered_deferral_outlives_its_token(simulator: Simulator, clock: Hands) -> None:
    interaction = opened(simulator)
    simulator.interactions.acknowledge(interaction, {"type": 5})
    simulator.interactions.edit(interaction, "@original", {"content": "here"})
    clock.pass_by(16 * 60)
    simulator.interactions.expire(interaction)
    assert interaction.failed is None
    assert simulator.interactions.unanswered_messages() == []


def test_a_bot_that_cannot_be_reached_fails(discord: RunningSimulator) -> None:
    discord.interactions_url = "http://127.0.0.1:9/"
    sent = discord.send_command("ping")
    assert discord.wait_for(sent, lambda seen: seen.failed is not None).failed == "unreachable"


def test_a_callback_by_rest_and_an_empty_202_are_one_answer(discord: RunningSimulator) -> None:
    sent = discord.send_command("callback")
    seen = discord.wait_for(sent, lambda seen: bool(seen.messages))
    assert seen.acknowledged is CallbackType.MESSAGE
    assert seen.failed is None
    assert discord.trace(sent).acknowledged_by == "rest"


def test_a_wrong_signature_is_for_the_bot_to_refuse(discord: RunningSimulator) -> None:
    assert discord.ping().status == 200
    assert discord.ping(wrongly=True).status == 401
    discord.sign_wrongly()
    sent = discord.send_command("ping")
    discord.wait_for(sent, lambda seen: seen.failed == "bad_response")
    assert discord.trace(sent).note == "status 401"


def test_a_button_belongs_to_its_message_and_a_form_to_its_opener(
    discord: RunningSimulator,
) -> None:
    shown = discord.send_command("poll")
    message = discord.wait_for(shown, lambda seen: bool(seen.messages)).messages[0]
    pressed = discord.send_component(message["id"], "tonight")
    discord.wait_for(pressed, lambda seen: "tonight" in seen.text)
    assert discord.messages(shown)[0]["content"] == "You pressed **tonight**"
    opened_form = discord.send_command("feedback")
    seen = discord.wait_for(opened_form, lambda seen: seen.data is not None)
    assert seen.data is not None
    assert seen.data["title"] == "Tell us what you think"
    submitted = discord.submit_modal(opened_form, {"subject": "Comets", "details": ""})
    assert discord.wait_for(submitted, lambda seen: bool(seen.text)).text == "Thank you: Comets · "


def test_suggestions_come_as_data(discord: RunningSimulator) -> None:
    asked = discord.autocomplete("find", {"star": "Ve"}, focused="star")
    seen = discord.wait_for(asked, lambda seen: seen.acknowledged is not None)
    assert seen.data == {"choices": [{"name": "Vega", "value": "Vega"}]}
