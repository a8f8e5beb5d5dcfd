"""JSON in and out: strict about what comes, and able to say anything."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.interactions.endpoint import encode_json, parse_json
from lib.interactions.errors import PayloadError


@given(text=st.text(st.characters(), max_size=50))
def test_any_text_survives_its_way_to_discord(text: str) -> None:
    encoded = encode_json({"content": text})
    assert json.loads(encoded) == {"content": text}
    assert encoded.isascii() or encoded.decode()


def test_japanese_is_sent_as_it_is_and_lone_surrogates_escaped() -> None:
    assert encode_json({"a": "彗星"}) == '{"a":"彗星"}'.encode()
    assert encode_json({"a": "\ud800"}) == b'{"a":"\\ud800"}'


@given(value=st.recursive(st.none() | st.booleans() | st.integers() | st.text(), st.lists))
def test_any_json_is_read_back(value: object) -> None:
    assert parse_json(json.dumps(value).encode()) == value


@pytest.mark.parametrize("body", [b"", b"NaN", b"-Infinity", b"\xff", b"[" * 99999, b"'x'", b"1 2"])
def test_what_is_no_json_is_an_error(body: bytes) -> None:
    with pytest.raises(PayloadError):
        parse_json(body)
