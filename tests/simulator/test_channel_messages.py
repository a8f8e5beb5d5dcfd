"""Messages the bot sends to channels by itself, held to what Discord takes."""

from __future__ import annotations

from typing import Any

import pytest

from dev.simulator.events import EventKind
from tests.simulator.conftest import Pair

Json = dict[str, Any]


def channel_of(pair: Pair) -> str:
    return pair.discord.world.channels[0].id


def send(pair: Pair, body: Json) -> tuple[int, Any]:
    return pair.rest.call("POST", f"/channels/{channel_of(pair)}/messages", body)


def test_a_nonce_makes_one_message_only_where_it_is_enforced(pair: Pair) -> None:
    for nonce in ("alert-1", 1):
        note: Json = {"content": "Look", "nonce": nonce}
        ids = [
            send(pair, note)[1]["id"],
            send(pair, note)[1]["id"],
            send(pair, note | {"enforce_nonce": True})[1]["id"],
        ]
        assert ids[0] == ids[2] != ids[1]


def test_a_repeat_is_no_news_to_the_page(pair: Pair) -> None:
    note = {"content": "Look", "nonce": "alert-1", "enforce_nonce": True}
    send(pair, note)
    told = pair.discord.simulator.events.last_number
    send(pair, note)
    assert pair.discord.simulator.events.last_number == told


def test_the_page_hears_of_a_message_at_once(pair: Pair) -> None:
    status, message = send(pair, {"content": "Look"})
    assert status == 200
    events = pair.discord.simulator.events.since(0)
    assert [event.data for event in events if event.kind is EventKind.MESSAGE] == [message]


def test_in_a_channel_nothing_is_for_one_alone(pair: Pair) -> None:
    assert send(pair, {"content": "Look", "flags": 64})[1]["flags"] == 0


@pytest.mark.parametrize(
    ("broken", "where", "code"),
    [
        ({"nonce": "n" * 26}, "nonce", "NONCE_TYPE_TOO_LONG"),
        ({"nonce": True}, "nonce", "NONCE_TYPE_INVALID_TYPE"),
        ({"attachments": [{"id": 0, "description": "d"}]}, "0", "ATTACHMENT_NOT_FOUND"),
        ({"attachments": [{"id": 0, "description": "d" * 1025}]}, "0", "BASE_TYPE_MAX_LENGTH"),
        ({"attachments": [{"filename": "a.png"}]}, "0", "BASE_TYPE_REQUIRED"),
    ],
)
def test_what_discord_refuses_is_refused_in_its_words(
    pair: Pair, broken: Json, where: str, code: str
) -> None:
    status, answer = send(pair, {"content": "Look", **broken})
    assert (status, answer["code"]) == (400, 50035)
    assert where in str(answer["errors"])
    assert code in str(answer["errors"])
    assert len(pair.discord.violations) == 1
