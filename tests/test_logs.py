"""The log: events with fields, one line each, for machines or for eyes; and nothing secret."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Callable
from typing import Any
from urllib.parse import quote
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.logs import EventLogger, Redactor, configure_logs, get_logger

SECRETS = [
    "an-ordinary-secret",
    "AIzaSyA1234567890abcdefghijklmnopqrstuv",
    'with"double-quotes"',
    "with'single-quotes'",
    "with\\back\\slashes\\n",
    "all'of\"them\\'\\\"",
    "+/=&?%#percent",
    "short",
    "{}[](.*)+$^|",
]


def logged(
    write: Callable[[EventLogger], None],
    *,
    as_json: bool = True,
    secrets: tuple[str, ...] = (),
    level: str = "DEBUG",
) -> str:
    stream = io.StringIO()
    configure_logs(level=level, as_json=as_json, secrets=secrets, stream=stream)
    write(get_logger("lib.test"))
    return stream.getvalue()


def test_a_line_for_machines_is_one_json_object() -> None:
    line = logged(lambda log: log.warning("model_failed", failure="blocked", tries=2))
    entry = json.loads(line)
    assert entry.pop("time")
    assert entry == {
        "level": "WARNING",
        "logger": "halley.test",
        "event": "model_failed",
        "failure": "blocked",
        "tries": 2,
    }


def test_a_line_for_eyes_is_short() -> None:
    line = logged(lambda log: log.info("answer_sent", command="ask"), as_json=False)
    assert line.strip().endswith("INFO     answer_sent  command=ask")


@pytest.mark.parametrize("as_json", [True, False])
def test_a_traceback_follows_its_line(as_json: bool) -> None:  # noqa: FBT001
    text = logged(raise_with("a mistake"), as_json=as_json)
    assert "Traceback" in text
    assert "ValueError: a mistake" in text
    assert "RuntimeError" in text
    if as_json:
        assert len(text.splitlines()) == 1


def test_what_is_below_the_level_is_left_out() -> None:
    def write(log: EventLogger) -> None:
        log.debug("a")
        log.info("b")
        log.warning("c")

    text = logged(write, level="WARNING")
    assert [json.loads(line)["event"] for line in text.splitlines()] == ["c"]


def test_a_field_of_any_kind_is_written() -> None:
    class Odd:
        def __repr__(self) -> str:
            return "<odd>"

    fields: dict[str, Any] = {
        "id": UUID(int=1),
        "none": None,
        "bytes": b"x",
        "nested": {"a": [1, Odd()]},
        "japanese": "彗星",
        "lines": "a\nb",
        "surrogate": "\ud800",
    }
    entry = json.loads(logged(lambda log: log.info("event", **fields)))
    assert entry["id"] == "00000000-0000-0000-0000-000000000001"
    assert entry["nested"] == {"a": [1, "<odd>"]}
    assert entry["japanese"] == "彗星"
    assert logged(lambda log: log.info("event", **fields), as_json=False)


def test_setting_up_again_replaces_the_former_output() -> None:
    first = io.StringIO()
    configure_logs(level="INFO", as_json=True, stream=first)
    second = logged(lambda log: log.info("only_once"))
    assert first.getvalue() == ""
    assert second.count("only_once") == 1


# --- secrets ----------------------------------------------------------------------------------


def raise_with(text: str) -> Callable[[EventLogger], None]:
    def fall() -> None:
        raise ValueError(text)

    def fall_again() -> None:
        try:
            fall()
        except ValueError as error:
            raise RuntimeError({"inner": text}) from error

    def write(log: EventLogger) -> None:
        try:
            fall_again()
        except RuntimeError as error:
            log.error("failed", error=error)

    return write


PLACES: dict[str, Callable[[str], Callable[[EventLogger], None]]] = {
    "a field": lambda s: lambda log: log.info("event", value=s),
    "the event": lambda s: lambda log: log.info(f"event {s}"),
    "a part of a field": lambda s: lambda log: log.info("event", value=f"x{s}y"),
    "a list in a field": lambda s: lambda log: log.info("event", value=[{"k": s}]),
    "a field's name": lambda s: lambda log: log.info("event", **{s: 1}),
    "a repr": lambda s: lambda log: log.info("event", value=repr([s, "'", '"'])),
    "bytes": lambda s: lambda log: log.info("event", value=s.encode()),
    "JSON in a field": lambda s: lambda log: log.info("event", value=json.dumps({"k": s})),
    "an address": lambda s: (
        lambda log: log.info("event", url=f"https://example.com/?key={quote(s, safe='')}")
    ),
    "a header": lambda s: lambda log: log.info("event", header=f"Authorization: Bearer {s}"),
    "an exception": raise_with,
    "a fault that quotes itself": lambda s: raise_with(repr(s)),
    "a fault that quotes an answer": lambda s: raise_with(json.dumps({"error": f"bad key {s}"})),
}


@pytest.mark.parametrize("secret", SECRETS)
@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("as_json", [True, False])
def test_a_known_secret_is_in_no_line_wherever_it_stood(
    secret: str,
    place: str,
    as_json: bool,  # noqa: FBT001
) -> None:
    text = logged(PLACES[place](secret), as_json=as_json, secrets=(secret,))
    assert "***" in text
    assert_is_absent(secret, text)


def assert_is_absent(secret: str, text: str) -> None:
    """Neither as it is, nor behind what JSON, repr or an address did to it."""
    assert secret not in text
    assert secret.replace("\\", "") not in text.replace("\\", "")
    assert quote(secret, safe="") not in text


TOKENS = [
    "https://discord.com/api/v10/webhooks/1180000000000000900/{}/messages/@original",
    "https://discord.com/api/v10/interactions/1180000000000000900/{}/callback",
    "Authorization: Bearer {}",
    "Authorization: Bot {}",
]


@pytest.mark.parametrize("where", TOKENS)
@pytest.mark.parametrize("as_json", [True, False])
def test_what_has_a_tokens_place_is_taken_out_though_nobody_knows_it(
    where: str,
    as_json: bool,  # noqa: FBT001
) -> None:
    token = "aBc-123_x.YZ~"[:11]
    text = logged(lambda log: log.info("event", value=where.format(token)), as_json=as_json)
    assert token not in text
    assert where.split("{}", maxsplit=1)[0] in text


@pytest.mark.parametrize(
    "token",
    [
        "AIzaSyA1234567890abcdefghijklmnopqrstuv",
        "sb_secret_abcdefghijklmnop",
        "eyJhbGciOiJIUzI1NiJ9.eyJyb2xlIjoic2VydmljZV9yb2xlIn0.c2lnbmF0dXJl",
        "aW50ZXJhY3Rpb246MTE4MDAwMDAwMDAwMDAwMDkwMDpaeDlaeDlaeDk",
    ],
)
def test_what_has_a_tokens_shape_is_taken_out_though_nobody_knows_it(token: str) -> None:
    assert token not in logged(raise_with(f"refused: {token}"))


def test_what_is_no_secret_stays() -> None:
    redact = Redactor(["a-secret-word"])
    for text in ("a secret word", "sb_publishable_abc", "/webhooks/", "Bearer ", "", "AIza"):
        assert redact(text) == text
    assert Redactor([""])("text") == "text"


@given(
    secret=st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=8),
    before=st.text(),
    after=st.text(),
)
def test_any_secret_is_taken_out_of_any_text(secret: str, before: str, after: str) -> None:
    for as_json in (True, False):
        text = logged(
            lambda log: log.info("event", value=f"{before}{secret}{after}"),
            as_json=as_json,
            secrets=(secret,),
        )
        assert secret not in text.replace("***", "")


def test_what_urllib3_warns_of_goes_through_the_same_sieve() -> None:
    stream = io.StringIO()
    configure_logs(level="INFO", as_json=True, stream=stream)
    logging.getLogger("urllib3.connectionpool").warning(
        "Failed to parse headers (url=%s)", "https://discord.com/api/webhooks/1/a-token?wait=true"
    )
    assert "Failed to parse headers" in stream.getvalue()
    assert "a-token" not in stream.getvalue()
