"""The endpoint as Discord, a browser and a stranger meet it."""

from __future__ import annotations

import io
import json
from collections.abc import Iterable, Iterator
from wsgiref.types import StartResponse, WSGIEnvironment
from wsgiref.validate import validator

import pytest

from lib.ports import GuildSettings, StoreError
from lib.web.after_response import AfterResponse
from lib.web.front import LARGEST_BODY
from tests.bot import Bot
from tests.captured_log import CapturedLog
from tests.client import INTERACTIONS, Client
from tests.fakes.chat_model import ScriptedChatModel, saying
from tests.payloads import GUILD, message_command, ping, press, signed, slash, typing


@pytest.fixture
def bot() -> Bot:
    bot = Bot(ScriptedChatModel(saying("Hello.")))
    bot.chat.settings[GUILD] = GuildSettings(footer=False)
    return bot


def test_discords_ping_is_answered_with_pong(bot: Bot) -> None:
    reply = bot.client.send(ping())
    assert reply.status == 200
    assert reply.json == {"type": 1}
    assert reply.headers["Content-Type"] == "application/json"
    assert reply.headers["Content-Length"] == str(len(reply.body))


def test_a_ping_leaves_the_services_alone(bot: Bot) -> None:
    bot.client.send(ping())
    assert bot.store.calls == []


def test_a_command_is_answered_then_written_down_and_a_leftover_is_looked_for(bot: Bot) -> None:
    with bot.client.sending(slash("ping")) as reply:
        assert reply.json["type"] == 4
        assert bot.store.calls == []
    assert bot.store.calls == ["record_invocation", "claim_commands"]


def test_without_a_database_no_services_are_made_for_a_command_that_needs_none() -> None:
    bot = Bot(without=("SUPABASE_URL", "SUPABASE_SECRET_KEY"))
    assert bot.client.send(slash("ping")).json["type"] == 4
    assert bot.store.calls == []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("X-Signature-Ed25519", None),
        ("X-Signature-Ed25519", ""),
        ("X-Signature-Ed25519", "00" * 64),
        ("X-Signature-Ed25519", "00"),
        ("X-Signature-Ed25519", "zz" * 64),
        ("X-Signature-Ed25519", "\xe9" * 128),
        ("X-Signature-Timestamp", None),
        ("X-Signature-Timestamp", ""),
        ("X-Signature-Timestamp", "now"),
        ("X-Signature-Timestamp", "1000000000"),
        ("X-Signature-Timestamp", "\xb2" * 10),
    ],
)
def test_a_request_that_discord_did_not_sign_is_401(bot: Bot, name: str, value: str | None) -> None:
    body, headers = signed(slash("ask", prompt="Hi").build(), at=bot.clock.now())
    changed = {key: text for key, text in {**headers, name: value}.items() if text is not None}
    reply = bot.client.request("POST", INTERACTIONS, body=body, headers=changed)
    assert reply.status == 401
    assert "error" in reply.json
    assert bot.store.calls == []
    assert bot.seen == []


def test_a_replay_is_401_once_five_minutes_have_passed(bot: Bot) -> None:
    body, headers = signed(ping().build(), at=bot.clock.now())
    bot.clock.advance(300)
    assert bot.client.request("POST", INTERACTIONS, body=body, headers=headers).status == 200
    bot.clock.advance(1)
    assert bot.client.request("POST", INTERACTIONS, body=body, headers=headers).status == 401


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b" ",
        b"not json",
        b"{",
        b'{"type": 1',
        b"\xff\xfe",
        b'{"type": "\xff"}',
        b"\xef\xbb\xbf" + b'{"type": 1}',
        '{"type": 1}'.encode("utf-16"),
        b"NaN",
        b'{"type": NaN}',
        b'{"type": 2, "x": Infinity}',
        b"[" * 100_000,
        b"[" * 100_000 + b"]" * 100_000,
        b'{"a":' * 100_000,
        b"9" * 100_000,
        b'{"type": ' + b"9" * 100_000 + b"}",
        b"null",
        b"true",
        b"1",
        b"1.5",
        b'"text"',
        b"[]",
        b'[{"type": 1}]',
        b"{}",
        b'{"type": null}',
        b'{"type": true}',
        b'{"type": 1.0}',
        b'{"type": "1"}',
        b'{"type": 99}',
        b'{"type": 2}',
        b'{"type": 2, "data": null}',
        b'{"type": 2, "data": {}}',
    ],
    ids=lambda body: repr(body[:40]),
)
def test_what_is_signed_but_is_no_interaction_is_400(bot: Bot, body: bytes) -> None:
    reply = bot.client.post_signed(body)
    assert reply.status == 400
    assert "error" in reply.json


@pytest.mark.parametrize(
    "name",
    [
        "frobnicate",
        "__init__",
        "__pycache__",
        "../x",
        "..",
        ".",
        "",
        "ask.py",
        "lib.commands.ask",
        "ask\0",
        "ASK",
        "Ask",
        "ask ",
        "質問",
        "import",
        "a" * 100_000,
        "/etc/passwd",
        "os",
        "\ud800",
    ],
    ids=lambda name: ascii(name[:20]),
)
def test_an_unknown_command_gets_a_clear_reply_for_the_user_alone(bot: Bot, name: str) -> None:
    for builder in (slash(name), press(f"{name}:delete"), press(name)):
        reply = bot.client.send(builder)
        assert reply.status == 200
        assert reply.json["data"]["flags"] == 64
        assert "I don't know this command" in reply.content
        assert "知" not in reply.content
    assert "存在しないか" in bot.client.send(slash(name).in_japanese()).content


@pytest.mark.parametrize("custom_id", ["privacy", "privacy:", "privacy:__init__", "ask:x", ":", ""])
def test_a_button_that_no_command_knows_any_more_gets_a_clear_reply(
    bot: Bot, custom_id: str
) -> None:
    reply = bot.client.send(press(custom_id))
    assert "I don't know this command" in reply.content
    assert bot.store.calls == ["record_invocation", "claim_commands"]


def test_proposals_for_a_command_without_any_are_none(bot: Bot) -> None:
    for builder in (
        typing("ask", focused="prompt", prompt="W"),
        typing("nothing", focused="x", x="y"),
    ):
        assert bot.client.send(builder).json == {"type": 8, "data": {"choices": []}}


# --- how much, and with which length ----------------------------------------------------------


def padded(size: int) -> tuple[bytes, dict[str, str]]:
    """A signed PING of exactly that size."""
    body = json.dumps(ping().build()).encode()
    return signed(body + b" " * (size - len(body)))


def test_a_body_of_one_mebibyte_is_still_read(bot: Bot) -> None:
    body, headers = padded(LARGEST_BODY)
    assert bot.client.request("POST", INTERACTIONS, body=body, headers=headers).status == 200


def test_a_larger_body_is_413_whatever_its_signature(bot: Bot) -> None:
    body, headers = padded(LARGEST_BODY + 1)
    for sent in (headers, {}):
        reply = bot.client.request("POST", INTERACTIONS, body=body, headers=sent)
        assert reply.status == 413


class CountingInput(io.RawIOBase):
    """A body without an end, that counts what was taken of it."""

    def __init__(self) -> None:
        self.taken = 0

    def read(self, size: int = -1, /) -> bytes:
        if size < 0:
            raise AssertionError("read without a bound")
        self.taken += size
        return b" " * size


def test_a_body_that_says_it_is_larger_is_413_and_none_of_it_is_read(bot: Bot) -> None:
    endless = CountingInput()
    environ = {"CONTENT_LENGTH": str(LARGEST_BODY + 1), "wsgi.input": endless}
    assert bot.client.request("POST", INTERACTIONS, environ=environ).status == 413
    assert endless.taken == 0


def test_a_body_without_a_length_is_413_once_it_is_too_large_and_reading_ends(bot: Bot) -> None:
    endless = CountingInput()
    environ = {"CONTENT_LENGTH": "", "wsgi.input": endless, "wsgi.input_terminated": True}
    assert bot.client.request("POST", INTERACTIONS, environ=environ).status == 413
    assert endless.taken <= 2 * LARGEST_BODY


def test_a_body_sent_in_chunks_is_read_to_its_end(bot: Bot) -> None:
    body, headers = padded(200_000)
    environ = {
        "CONTENT_LENGTH": "",
        "wsgi.input": io.BytesIO(body),
        "wsgi.input_terminated": True,
    }
    reply = bot.client.request("POST", INTERACTIONS, headers=headers, environ=environ)
    assert reply.status == 200


@pytest.mark.parametrize(
    "length",
    ["", "0", "1", "-1", "-999999999", "abc", "1e3", "9" * 5000, "0x10", "１", " ", "1.5"],
)
def test_a_wrong_length_is_401_for_the_signature_does_not_fit(bot: Bot, length: str) -> None:
    body, headers = signed(ping().build())
    reply = bot.client.request(
        "POST", INTERACTIONS, body=body, headers=headers, environ={"CONTENT_LENGTH": length}
    )
    assert reply.status in {401, 413}


def test_a_length_beyond_the_body_reads_what_there_is(bot: Bot) -> None:
    body, headers = signed(ping().build())
    environ = {"CONTENT_LENGTH": str(len(body) + 1000)}
    reply = bot.client.request("POST", INTERACTIONS, body=body, headers=headers, environ=environ)
    assert reply.status == 200


# --- other methods and paths -------------------------------------------------------------------


def test_a_person_who_opens_the_endpoint_reads_what_it_is(bot: Bot) -> None:
    reply = bot.client.get(INTERACTIONS)
    assert reply.status == 200
    assert reply.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert "This is Halley" in reply.text
    assert "Discord" in reply.text
    assert "DISCORD_PUBLIC_KEY" not in reply.text


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "TRACE", "BREW"])
def test_other_methods_are_405(bot: Bot, method: str) -> None:
    assert bot.client.request(method, INTERACTIONS).status == 405


@pytest.mark.parametrize("path", ["/", "/api", "/api/nothing", "/api/interactions/x", "", "/\xff"])
def test_other_paths_are_404(bot: Bot, path: str) -> None:
    assert bot.client.get(path).status == 404
    assert bot.client.request("POST", path).status in {404, 405}


def test_a_server_that_leaves_the_path_out_gets_404(bot: Bot) -> None:
    def without_path(environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        del environ["PATH_INFO"]
        return bot.front(environ, start)

    client = Client(without_path, bot.clock)
    assert client.request("POST", "").status == 404


def test_without_a_public_key_everything_is_401_and_the_page_says_why() -> None:
    bot = Bot(without=("DISCORD_PUBLIC_KEY",))
    for builder in (ping(), slash("ask", prompt="Hi")):
        assert bot.client.send(builder).status == 401
    page = bot.client.get(INTERACTIONS)
    assert page.status == 200
    assert "DISCORD_PUBLIC_KEY" in page.text
    assert bot.store.calls == []


def test_the_front_keeps_to_the_rules_of_wsgi(bot: Bot) -> None:
    client = Client(validator(bot.front), bot.clock)
    assert client.send(ping()).status == 200
    assert client.send(slash("ask", prompt="Hi")).json["type"] == 5
    assert client.get(INTERACTIONS).status == 200
    assert client.request("POST", INTERACTIONS).status == 401
    assert bot.seen == ["Hello."]


# --- the order of things ------------------------------------------------------------------------


def test_a_deferred_answer_is_out_before_any_work_begins(bot: Bot) -> None:
    with bot.client.sending(slash("ask", prompt="Hi")) as reply:
        assert reply.json == {"type": 5}
        assert len(reply.body) == int(reply.headers["Content-Length"])
        assert bot.store.calls == []
        assert bot.discord.calls == []
    assert bot.seen == ["Hello."]


def test_what_an_answer_at_once_leaves_to_be_done_is_done_when_it_has_left(bot: Bot) -> None:
    with bot.client.sending(message_command("Ask about this", content="A comet!")) as reply:
        assert reply.json["type"] == 9
        assert bot.chat.entered == []
    assert bot.chat.entered == ["keep_source"]


def test_it_is_done_without_a_database_too_and_shows_nobody_what_fails_of_it(
    log: CapturedLog,
) -> None:
    bot = Bot(without=("SUPABASE_URL", "SUPABASE_SECRET_KEY"), output=log.output)
    bot.chat.refuse("keep_source", StoreError("keep_source", "timed_out", "hung"))
    reply = bot.client.send(message_command("Ask about this", content="A comet!"))
    assert reply.json["type"] == 9
    assert bot.chat.entered == ["keep_source"]
    assert bot.discord.calls == []
    assert [line["level"] for line in log.lines] == ["ERROR"]


def test_a_server_that_closes_twice_does_not_answer_twice(bot: Bot) -> None:
    def closing_twice(environ: WSGIEnvironment, start: StartResponse) -> Iterator[bytes]:
        response = bot.front(environ, start)
        assert isinstance(response, AfterResponse)
        yield from response
        response.close()
        response.close()

    Client(closing_twice, bot.clock).send(slash("ask", prompt="Hi"))
    assert len(bot.store.rows) == 1
    assert bot.seen == ["Hello."]


def test_another_request_is_served_while_an_answer_is_worked_on(bot: Bot) -> None:
    with bot.client.sending(slash("ask", prompt="Hi")):
        assert bot.client.send(slash("ping")).json["type"] == 4
        assert bot.client.send(ping()).json == {"type": 1}


def test_every_command_is_followed_by_a_look_for_leftovers_but_no_proposal_is(bot: Bot) -> None:
    for number, typed in enumerate(("H", "He", "Hel")):
        bot.client.send(typing("ask", focused="prompt", prompt=typed).numbered(number))
    assert bot.store.calls == []
    bot.client.send(slash("ping").numbered(4))
    assert bot.store.calls == ["record_invocation", "claim_commands"]
    assert len(bot.watch.interactions) == 4
