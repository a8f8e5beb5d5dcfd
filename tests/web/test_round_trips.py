"""What the ticks cost, by real adapters against a database that counts what it is asked."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field

import httpx
import psycopg
import pytest

from lib.services.clock import SYSTEM_CLOCK
from lib.settings import Settings
from lib.web.front import Front, create_app
from tests.bot import CRON_SECRET, ENVIRONMENT
from tests.client import Client
from tests.payloads import slash
from tests.servers.scripted import Answer, Request, ScriptedServer, scripted_server

pytestmark = pytest.mark.stack
RIGHT = f"Bearer {CRON_SECRET}"


@dataclass
class Gateway:
    """Hands every request on to the real one, and keeps the paths."""

    url: str
    paths: list[str] = field(default_factory=list)

    def answer(self, request: Request) -> Answer:
        self.paths.append(request.path)
        kept = ("apikey", "authorization", "content-type", "prefer", "accept")
        headers = {name: value for name, value in request.headers.items() if name in kept}
        with httpx.Client() as client:
            reply = client.request(
                request.method, self.url + request.path, content=request.body, headers=headers
            )
        shown = {
            "Content-Type": reply.headers.get("Content-Type", "application/json"),
            "Content-Length": str(len(reply.content)),
        }
        return Answer(reply.status_code, reply.content, shown)


@pytest.fixture
def gateway(supabase_url: str) -> Gateway:
    return Gateway(supabase_url)


def front_on(gateway: Gateway, key: str, url: str, discord_url: str) -> Front:
    return create_app(
        Settings.from_env(
            {
                **ENVIRONMENT,
                "SUPABASE_URL": url,
                "SUPABASE_SECRET_KEY": key,
                "DISCORD_API_URL": discord_url,
            }
        )
    )


def asked_by(gateway: Gateway, key: str, work: Callable[[Client], None]) -> list[str]:
    """What `work` asks the database for, once everything that is due has been done."""
    with (
        scripted_server(Answer(200, {"url": "wss://x"})) as discord,
        scripted_server() as counting,
    ):
        _hand_on(counting, gateway)
        client = Client(front_on(gateway, key, counting.url, discord.url), SYSTEM_CLOCK)
        for _ in range(2):
            assert client.get("/api/cron_queue", Authorization=RIGHT).status == 200
        gateway.paths.clear()
        work(client)
        return list(gateway.paths)


def _hand_on(server: ScriptedServer, gateway: Gateway) -> None:
    # The gateway has its own answer for each path, in place of those that are queued.
    server.next_answer = gateway.answer  # type: ignore[method-assign]


def test_a_tick_of_the_queue_with_nothing_due_asks_twice(gateway: Gateway, secret_key: str) -> None:
    def tick(client: Client) -> None:
        reply = client.get("/api/cron_queue", Authorization=RIGHT)
        assert reply.json == {"enqueued": 0, "claimed": 0, "failed": 0}

    assert asked_by(gateway, secret_key, tick) == [
        "/rest/v1/rpc/record_invocation",
        "/rest/v1/rpc/claim_commands",
    ]


def test_a_tick_of_the_stats_asks_twice(
    gateway: Gateway, secret_key: str, database: psycopg.Connection
) -> None:
    def tick(client: Client) -> None:
        assert client.get("/api/cron_stats", Authorization=RIGHT).json == {"snapshots": 1}

    first, second = asked_by(gateway, secret_key, tick)
    assert first.startswith("/rest/v1/system_stats")
    assert second == "/rest/v1/rpc/record_invocation"
    assert database.execute("select count(*) from system_stats").fetchone() == (1,)


def test_a_command_that_answers_at_once_asks_twice_afterwards(
    gateway: Gateway, secret_key: str, database: psycopg.Connection
) -> None:
    def call(client: Client) -> None:
        with client.sending(slash("ping").at(SYSTEM_CLOCK.now())) as reply:
            assert reply.json["type"] == 4
            assert gateway.paths == []

    assert asked_by(gateway, secret_key, call) == [
        "/rest/v1/rpc/record_invocation",
        "/rest/v1/rpc/claim_commands",
    ]
    rows = database.execute("select command, outcome, deferred from interaction_log").fetchall()
    assert rows == [("ping", "answered", False)]


@pytest.mark.parametrize("header", ["Bearer wrong", None, f"{RIGHT}, {RIGHT}", f"{RIGHT},{RIGHT}"])
@pytest.mark.parametrize("path", ["/api/cron_queue", "/api/cron_stats"])
def test_a_wrong_a_missing_and_a_doubled_token_are_401_and_ask_nothing(
    gateway: Gateway, secret_key: str, path: str, header: str | None
) -> None:
    def tick(client: Client) -> None:
        headers = {} if header is None else {"Authorization": header}
        reply = client.request("GET", path, headers=headers)
        assert reply.status == 401
        assert json.loads(reply.body) == {"error": "wrong or missing bearer token"}

    assert asked_by(gateway, secret_key, tick) == []
