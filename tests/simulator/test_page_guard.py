"""The page's own routes, and who may use them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPResponse
from urllib.parse import urlsplit

import pytest

from dev.simulator import SimulatorConfig
from dev.simulator.running import RunningSimulator


@contextmanager
def exchange(
    discord: RunningSimulator, method: str, path: str, body: object = None, **headers: str
) -> Iterator[HTTPResponse]:
    address = urlsplit(discord.url)
    connection = HTTPConnection(address.hostname or "", address.port, timeout=10)
    try:
        raw = None if body is None else json.dumps(body)
        connection.request(method, path, raw, {"Content-Type": "application/json", **headers})
        yield connection.getresponse()
    finally:
        connection.close()


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Host": "evil.example"}, 421),
        ({"Content-Type": "text/plain"}, 415),
    ],
)
def test_a_foreign_site_cannot_send_commands(
    discord: RunningSimulator, headers: dict[str, str], status: int
) -> None:
    body = {"type": 2, "command": "ping"}
    with exchange(discord, "POST", "/playground/interactions", body, **headers) as response:
        assert response.status == status


def test_the_page_may_load_nothing_from_elsewhere(discord: RunningSimulator) -> None:
    with exchange(discord, "GET", "/") as response:
        policy = response.headers["Content-Security-Policy"]
        page = response.read().decode()
    assert response.status == 200
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy
    assert "http" not in page


def test_the_page_is_told_no_secret(discord: RunningSimulator, config: SimulatorConfig) -> None:
    with exchange(discord, "GET", "/playground/state") as response:
        state = response.read().decode()
    assert config.bot_token not in state
    assert config.signing_key not in state
    assert discord.public_key in state
    assert config.bot_token not in repr(config)
    assert config.signing_key not in repr(config)


def test_an_interactions_events_can_be_followed_from_its_beginning(
    discord: RunningSimulator,
) -> None:
    body = {"type": 2, "command": "ask", "options": {"prompt": "hi"}, "locale": "ja"}
    with exchange(discord, "POST", "/playground/interactions", body) as response:
        interaction_id = json.load(response)["interaction_id"]
    discord.wait_for(interaction_id, lambda seen: "one more thing" in seen.text)
    path = f"/playground/events?interaction_id={interaction_id}"
    kinds: list[str] = []
    with exchange(discord, "GET", path) as events:
        while kinds.count("message") < 5 or "trace" not in kinds:
            line = events.readline().decode()
            if line.startswith("event: "):
                kinds.append(line.removeprefix("event: ").strip())
    assert "acknowledged" in kinds
    assert kinds.count("trace") == 1
    assert "commands" not in kinds


@pytest.mark.parametrize(
    "body",
    [
        {"type": 2, "command": "nothing"},
        {"type": 2, "command": "ping", "user_id": "1"},
        {"type": 2, "command": "ping", "channel_id": "1"},
        {"type": 3, "message_id": "1", "custom_id": "x"},
        {"type": 5, "interaction_id": "1", "values": {}},
        {"type": 1},
    ],
)
def test_what_cannot_be_sent_is_explained(
    discord: RunningSimulator, body: dict[str, object]
) -> None:
    with exchange(discord, "POST", "/playground/interactions", body) as response:
        assert response.status == 400
        assert json.load(response)["message"]


def test_a_message_takes_no_file_that_nobody_gave(discord: RunningSimulator) -> None:
    body = {"content": "Look!", "attachment_ids": ["1180000000000000999"]}
    with exchange(discord, "POST", "/playground/messages", body) as response:
        told = json.loads(response.read())
    assert response.status == 400
    assert told["message"] == "there is no file 1180000000000000999"
