"""What a cold function loads before Discord has its answer: three seconds are all there is."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, datetime
from operator import attrgetter
from pathlib import Path

import pytest

from lib import ports
from tests.payloads import (
    ASKER,
    PUBLIC_KEY,
    InteractionBuilder,
    attached,
    message_command,
    ping,
    press,
    signed,
    slash,
    subcommand,
    submit,
    typing,
)

ROOT = Path(__file__).parents[2]

# Answers one request in a fresh process and tells what it had loaded when the body was complete:
# before the response was closed, which is when the work of a deferred answer would begin.
ANSWER_ONE = """
import io, json, sys
before = set(sys.modules)
request = json.load(sys.stdin)
from api.interactions import app
body = request["body"].encode()
environ = {
    "REQUEST_METHOD": "POST", "PATH_INFO": "/api/interactions",
    "CONTENT_LENGTH": str(len(body)), "wsgi.input": io.BytesIO(body), **request["headers"],
}
answer = b"".join(app(environ, lambda status, headers: None))
print(json.dumps({"answer": json.loads(answer), "loaded": sorted(set(sys.modules) - before)}))
"""

ALLOWED = {"_cffi_backend", "_sodium", "api", "discord_interactions", "lib", "nacl"}
HEAVY_STANDARD_MODULES = {"asyncio", "concurrent", "email", "http.client", "ssl", "urllib.request"}
NOT_BEFORE_THE_ANSWER = {"lib.bootstrap", "lib.web.pages", "lib.web.cron", "lib.services.supabase"}

EXCHANGE = "0190c5a4-0000-7000-8000-000000000000"
NAME_THE_MODEL = {"/about": slash("about"), "/privacy": slash("privacy")}
WORK_WITH_PORTS = {
    "/ask": slash("ask", prompt="Hi"),
    "/ask with a file": slash("ask", file=attached()),
    "/ask's form": slash("ask"),
    "/ask's form filled in": submit("ask:long", prompt="Hi"),
    "a button": press(f"ask:again:{ASKER}:{EXCHANGE}"),
    "somebody else's button": press(f"ask:again:42:{EXCHANGE}"),
    "Ask about this": message_command("Ask about this", content="Hi"),
    "Summarise": message_command("Summarise", content="Hi"),
    "Translate": message_command("Translate", content="Hi"),
    "/forget": slash("forget"),
    "/history": slash("history"),
    "/config": subcommand("config", "show"),
    "/model": slash("model"),
    "/usage": slash("usage"),
    "/stats": slash("stats"),
    "/health": slash("health"),
    "/debug": subcommand("debug", "state"),
    "/play": slash("play", query="comet"),
    "/pause": slash("pause"),
    "/queue": slash("queue"),
    "/nowplaying": slash("nowplaying"),
    "a button of the player": press("nowplaying:loop:a-play:off"),
}
COMMANDS = {
    "ping": ping(),
    "/ping": slash("ping"),
    "/help": slash("help"),
    "an unknown command": slash("gone"),
    "/model while it is typed": typing("model", focused="name", name="g"),
    **NAME_THE_MODEL,
    **WORK_WITH_PORTS,
}


def loaded_when_answered(interaction: InteractionBuilder) -> set[str]:
    """The names of the modules that answering `interaction` takes, beyond Python's own start."""
    now = datetime.now(UTC)
    body, headers = signed(interaction.at(now).build(), at=now)
    request = {
        "body": body.decode(),
        "headers": {f"HTTP_{name.upper().replace('-', '_')}": v for name, v in headers.items()},
    }
    done = subprocess.run(
        [sys.executable, "-c", ANSWER_ONE],
        cwd=ROOT,
        env={"DISCORD_PUBLIC_KEY": PUBLIC_KEY, "VERCEL": "1", "SUPABASE_URL": "http://127.0.0.1:9"},
        input=json.dumps(request),
        capture_output=True,
        text=True,
        check=True,
    )
    told = json.loads(done.stdout)
    assert "type" in told["answer"]
    return set(told["loaded"])


@pytest.mark.parametrize("interaction", COMMANDS.values(), ids=COMMANDS.keys())
def test_only_nacl_and_our_own_light_modules_are_loaded(interaction: InteractionBuilder) -> None:
    loaded = loaded_when_answered(interaction)
    packages = {name.partition(".")[0] for name in loaded} - sys.stdlib_module_names
    assert packages <= ALLOWED
    assert not loaded & HEAVY_STANDARD_MODULES
    assert not loaded & NOT_BEFORE_THE_ANSWER


def test_one_command_is_loaded_and_not_all() -> None:
    loaded = loaded_when_answered(slash("ping"))
    assert {name for name in loaded if name.startswith("lib.commands.")} == {"lib.commands.ping"}


def test_a_command_that_needs_no_port_loads_none() -> None:
    assert "lib.ports" not in loaded_when_answered(slash("ping"))


def ports_loaded(interaction: InteractionBuilder) -> set[str]:
    return {name for name in loaded_when_answered(interaction) if name.startswith("lib.ports.")}


@pytest.mark.parametrize("interaction", WORK_WITH_PORTS.values(), ids=WORK_WITH_PORTS.keys())
def test_a_command_that_needs_ports_for_its_work_loads_none_before(
    interaction: InteractionBuilder,
) -> None:
    assert ports_loaded(interaction) == set()


@pytest.mark.parametrize("interaction", NAME_THE_MODEL.values(), ids=NAME_THE_MODEL.keys())
def test_who_names_the_model_at_once_loads_what_models_are_and_no_other_port(
    interaction: InteractionBuilder,
) -> None:
    assert ports_loaded(interaction) <= {"lib.ports.base", "lib.ports.chat_model"}


def test_every_port_is_found_by_its_name() -> None:
    for name in ports.__all__:
        assert getattr(ports, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        attrgetter("nothing")(ports)
