"""No secret gets out: not by a reply, a page, a log, an error, or a row that dashboards read."""

from __future__ import annotations

import io
import json
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from lib.bootstrap import Assembly, assemble
from lib.interactions.dispatch import Dispatcher
from lib.interactions.registry import CommandRegistry
from lib.logs import LogOutput, configure_logs, get_logger
from lib.ports import ChatModel, ChatModelError, Role, Services, StoreError, Turn
from lib.services.gemini import GeminiChatModel
from lib.services.openai_compatible import OpenAICompatibleChatModel
from lib.settings import Settings
from tests.bot import ENVIRONMENT, Bot
from tests.client import Reply
from tests.fakes.chat_model import ScriptedChatModel
from tests.fakes.chat_models import FixedModels
from tests.fakes.clock import ManualClock
from tests.payloads import press, slash
from tests.servers.scripted import Answer, scripted_server

VALUES = {
    "ordinary": "an-ordinary-0123456789-secret",
    "quotes": "with'both\"kinds\\of/quotes",
    "percent": "+/=%&#-and-more",
}
SETTINGS = [
    "DISCORD_BOT_TOKEN",
    "GEMINI_API_KEY",
    "OPENAI_API_KEY",
    "SUPABASE_SECRET_KEY",
    "SUPABASE_SERVICE_ROLE_KEY",
    "SUPABASE_ANON_KEY",
    "CRON_SECRET",
]
KEYS_OF_THE_DATABASE = [name for name in SETTINGS if name.startswith("SUPABASE")]


@dataclass
class Outside:
    """All that leaves the process, gathered."""

    output: LogOutput
    log: io.StringIO
    replies: list[Reply] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)

    def everything(self) -> str:
        pages = [f"{reply.headers} {reply.body!r} {reply.text}" for reply in self.replies]
        return "\n".join([self.log.getvalue(), *pages, *self.texts])


@pytest.fixture(params=SETTINGS)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(params=VALUES.values(), ids=list(VALUES))
def secret(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(params=[True, False], ids=["JSON", "readable"])
def as_json(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


@pytest.fixture
def outside(name: str, secret: str, as_json: bool) -> Iterator[Outside]:  # noqa: FBT001
    settings = Settings.from_env({**environ_with(name, secret)})
    assert secret in settings.secrets()
    log = io.StringIO()
    output = configure_logs(level="DEBUG", as_json=as_json, secrets=settings.secrets(), stream=log)
    outside = Outside(output, log)
    yield outside
    outside.texts += [event.message for event in output.take_events()]
    everything = outside.everything()
    assert everything.strip()
    for shape in {secret, repr(secret)[1:-1], json.dumps(secret)[1:-1]}:
        assert shape not in everything


def environ_with(name: str, secret: str, **more: str) -> dict[str, str]:
    """Settings in which only that secret stands where others could take its place."""
    others = KEYS_OF_THE_DATABASE if name in KEYS_OF_THE_DATABASE else []
    environ = {key: value for key, value in ENVIRONMENT.items() if key not in others}
    return {**environ, name: secret, **more}


def bot_with(name: str, secret: str, outside: Outside) -> Bot:
    return Bot(base=environ_with(name, secret), output=outside.output)


def test_it_is_in_no_reply_and_no_log_when_a_handler_falls_over_it(
    name: str, secret: str, outside: Outside
) -> None:
    def fall() -> None:
        raise RuntimeError({"url": f"https://example.com/?key={secret}", "header": secret})

    bot = bot_with(name, secret, outside)
    bot.model = ScriptedChatModel([fall])
    outside.replies.append(bot.client.send(slash("ask", prompt="Hi")))
    outside.texts += bot.seen
    bot.discord.on_call = lambda _call: fall()
    bot.store.insert("snapshot")
    assert bot.tick() == 200
    outside.texts += [repr(row) for row in bot.store.rows.values()]
    assert "RuntimeError" in outside.log.getvalue()


def test_it_is_in_no_page_and_no_refusal(name: str, secret: str, outside: Outside) -> None:
    bot = bot_with(name, secret, outside)
    for method in ("GET", "POST", "PUT"):
        for path in ("/api/interactions", "/api/cron_stats", "/api/cron_queue", "/"):
            for headers in ({}, {"Authorization": f"Bearer {secret}x"}):
                outside.replies.append(bot.client.request(method, path, headers=headers))
    for command in ("about", "help", "privacy", "ping"):
        outside.replies.append(bot.client.send(slash(command)))
    outside.replies.append(bot.client.send(press("privacy:delete")))
    outside.texts += bot.seen
    outside.texts += [repr(bot.settings), str(bot.settings)]


def adapters(name: str, secret: str, url: str, outside: Outside) -> tuple[Settings, Assembly]:
    """The real adapters, all against one server."""
    environ = environ_with(
        name, secret, SUPABASE_URL=url, GEMINI_BASE_URL=url, DISCORD_API_URL=url, LAVALINK_URL=url
    )
    settings, clock = Settings.from_env(environ), ManualClock()
    dispatcher = Dispatcher(CommandRegistry("lib.commands"), settings, clock)
    return settings, assemble(settings, clock, dispatcher=dispatcher, output=outside.output)


def model_of(services: Services) -> ChatModel:
    """The one that answers by default."""
    return services.models.open(services.models.cards[0].name)


CALLS: list[Callable[[Services], object]] = [
    lambda services: services.store.log_bot_event(level="info", message="x"),
    lambda services: services.store.delete_user_data(user_id="1"),
    lambda services: services.store.get_pending_commands(),
    lambda services: list(
        model_of(services).stream(
            [Turn(Role.USER, "Hi")],
            system_instruction="Be brief.",
            deadline_seconds=1.0,
            max_output_tokens=100,
        )
    ),
]


def quoting(secret: str, headers: dict[str, str]) -> list[Answer]:
    """Refusals of servers that say aloud what they were given."""
    text: dict[str, Any] = {"message": f"the key {secret} is wrong", "code": 401, "status": secret}
    return [
        Answer(401, text, headers),
        Answer(400, {"error": {**text, "details": [{"reason": secret}]}}, headers),
        Answer(403, f"<html>{secret}</html>".encode(), headers),
    ]


def test_it_is_in_no_log_though_a_server_says_it_aloud(
    name: str, secret: str, outside: Outside
) -> None:
    for answer in quoting(secret, {"X-Echo": secret}):
        with scripted_server(answer) as server:
            _, assembly = adapters(name, secret, server.url, outside)
            for call in CALLS:
                try:
                    call(assembly.services)
                except (StoreError, ChatModelError) as error:
                    get_logger("lib.test").error("failed", error=error, detail=error.detail)
            close(assembly)


def close(assembly: Assembly) -> None:
    for service in (assembly.services.store, model_of(assembly.services)):
        closing = getattr(service, "close", None)
        if closing is not None:
            closing()


def test_it_is_in_no_exception_that_an_adapter_raises_by_itself(
    name: str, secret: str, outside: Outside
) -> None:
    for answer in (Answer(500, b"<html></html>"), Answer(dropped=True)):
        with scripted_server(answer) as server:
            _, assembly = adapters(name, secret, server.url, outside)
            for call in CALLS:
                with pytest.raises((StoreError, ChatModelError)) as caught:
                    call(assembly.services)
                outside.texts += traceback.format_exception(caught.value)
            assert all(secret not in request.path for request in server.requests)
            close(assembly)


@pytest.mark.parametrize("adapter", [GeminiChatModel, OpenAICompatibleChatModel])
def test_the_models_key_is_in_nothing_that_the_asker_reads(
    secret: str, adapter: type[GeminiChatModel | OpenAICompatibleChatModel]
) -> None:
    for answer in quoting(secret, {}):
        with scripted_server(answer) as server:
            bot = Bot()
            model = adapter(api_key=secret, model="x", clock=bot.clock, base_url=server.url)
            bot.services = replace(bot.services, models=FixedModels(model))
            bot.client.send(slash("ask", prompt="Hi"))
        assert bot.seen
        assert secret not in str(bot.discord.bodies())
        assert secret not in repr(bot.store.rows)
