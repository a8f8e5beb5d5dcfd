"""Whatever is thrown at the endpoint, it answers, and never with a fault of its own."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.bot import Bot
from tests.client import INTERACTIONS
from tests.fakes.chat_model import ScriptedChatModel, saying
from tests.payloads import (
    InteractionBuilder,
    choose,
    message_command,
    ping,
    press,
    slash,
    subcommand,
    submit,
    submit_rows,
    typing,
)

REAL: dict[str, InteractionBuilder] = {
    "ping": ping(),
    "slash": slash("ask", prompt="Hi", private=True),
    "dm": slash("ask", prompt="Hi").in_dm().in_japanese(),
    "subcommand": subcommand("ask", "log", "level", value=3),
    "menu": message_command("ask", "1180000000000000777"),
    "typing": typing("ask", focused="prompt", prompt="Wh"),
    "button": press("privacy:delete"),
    "select": choose("privacy:delete", "a", "b"),
    "modal": submit("privacy:delete", title="T"),
    "rows": submit_rows("privacy:delete", title="T"),
}
# Latin-1 is what WSGI lets a header hold.
HEADER = st.text(st.characters(max_codepoint=255), max_size=200)
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.sampled_from(["1180000000000000300", "ask", "privacy:delete", 1, 2, 3, 4, 5]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


DEFERRALS = {5, 6}


def new_bot() -> Bot:
    return Bot(ScriptedChatModel(*[saying("Hello.")] * 3))


def assert_is_answered(payload: object) -> None:
    """By a status that Discord understands; and whoever was told to wait was told more."""
    bot = new_bot()
    reply = bot.client.post_signed(payload)
    assert reply.status in {200, 400}
    if reply.status == 200 and reply.json["type"] in DEFERRALS:
        assert bot.seen


@given(
    body=st.binary(max_size=500),
    signature=st.none() | HEADER,
    timestamp=st.none() | HEADER | st.just("1767225600"),
    length=st.none() | HEADER | st.integers().map(str),
    method=st.sampled_from(["POST", "POST", "GET", "PUT", "HEAD", "OPTIONS"]),
    is_terminated=st.booleans(),
)
def test_nobody_else_gets_in_and_nothing_breaks(
    body: bytes,
    signature: str | None,
    timestamp: str | None,
    length: str | None,
    method: str,
    is_terminated: bool,  # noqa: FBT001 - hypothesis fills it by name
) -> None:
    bot = new_bot()
    headers = {"X-Signature-Ed25519": signature, "X-Signature-Timestamp": timestamp}
    environ: dict[str, object] = {"wsgi.input_terminated": is_terminated}
    if length is not None:
        environ["CONTENT_LENGTH"] = length
    reply = bot.client.request(
        method,
        INTERACTIONS,
        body=body,
        headers={name: value for name, value in headers.items() if value is not None},
        environ=environ,
    )
    assert reply.status in ({401, 413} if method == "POST" else {200, 405})
    assert bot.store.calls == []


@given(value=JSON)
def test_any_signed_json_is_answered_with_200_or_400(value: object) -> None:
    assert_is_answered(value)


@given(body=st.binary())
def test_any_signed_bytes_are_answered_with_200_or_400(body: bytes) -> None:
    assert_is_answered(body)


def paths(value: object, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    """The way to every value in a JSON value."""
    found = [path] if path else []
    if isinstance(value, dict):
        found += [way for key, inner in value.items() for way in paths(inner, (*path, key))]
    elif isinstance(value, list):
        found += [way for i, inner in enumerate(value) for way in paths(inner, (*path, i))]
    return found


def parent_of(value: Any, path: tuple[str | int, ...]) -> Any:  # noqa: ANN401 - any JSON
    for step in path[:-1]:
        value = value[step]
    return value


@pytest.mark.parametrize("name", REAL)
def test_a_real_interaction_without_any_one_of_its_keys_is_answered(name: str) -> None:
    payload = REAL[name].build()
    for path in paths(payload):
        changed = copy.deepcopy(payload)
        del parent_of(changed, path)[path[-1]]
        assert_is_answered(changed)


@settings(max_examples=50)
@pytest.mark.parametrize("name", REAL)
@given(data=st.data(), value=JSON)
def test_a_real_interaction_with_anything_in_the_place_of_anything_is_answered(
    name: str, data: st.DataObject, value: object
) -> None:
    changed = copy.deepcopy(REAL[name].build())
    path = data.draw(st.sampled_from(paths(changed)))
    parent_of(changed, path)[path[-1]] = value
    assert_is_answered(changed)
