"""Who gets in: only what Discord signed, and only within five minutes of it."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from nacl.signing import SigningKey

from lib.interactions.errors import SignatureError
from lib.interactions.signature import OLDEST_SECONDS, SignatureVerifier
from tests.payloads import BEGINNING, TEST_KEY, ping, signed

NOW = int(BEGINNING.timestamp())
BODY, HEADERS = signed(ping().build())
SIGNATURE = HEADERS["X-Signature-Ed25519"]
TIMESTAMP = HEADERS["X-Signature-Timestamp"]
VERIFIER = SignatureVerifier(TEST_KEY.verify_key.encode())


def verify(
    body: bytes = BODY,
    *,
    signature: str | None = SIGNATURE,
    timestamp: str | None = TIMESTAMP,
    now: float = NOW,
) -> None:
    VERIFIER.verify(body, signature=signature, timestamp=timestamp, now=now)


def sign(timestamp: str, body: bytes = BODY) -> str:
    return TEST_KEY.sign(timestamp.encode() + body).signature.hex()


def test_a_request_that_discord_just_signed_gets_in() -> None:
    verify()
    verify(signature=SIGNATURE.upper())


@pytest.mark.parametrize(
    "signature",
    [
        pytest.param(None, id="missing"),
        pytest.param("", id="empty"),
        pytest.param("00", id="two digits"),
        pytest.param(SIGNATURE[:-1], id="one digit short"),
        pytest.param(SIGNATURE[:-2], id="one byte short"),
        pytest.param(SIGNATURE + "0", id="one digit long"),
        pytest.param(SIGNATURE + "00", id="one byte long"),
        pytest.param(SIGNATURE * 2, id="twice"),
        pytest.param(f"{SIGNATURE},{SIGNATURE}", id="two headers in one"),
        pytest.param("g" + SIGNATURE[1:], id="not hexadecimal"),
        pytest.param("0x" + SIGNATURE[2:], id="with a prefix"),
        pytest.param(" " + SIGNATURE[:-2] + " ", id="with spaces"),
        pytest.param(SIGNATURE[:64] + " " * 64, id="half of it spaces"),
        pytest.param("é" * 128, id="not ASCII"),
        pytest.param("１" * 128, id="digits of another script"),
        pytest.param("\ud800" * 128, id="a lone surrogate"),
        pytest.param("0" * 128, id="all zero"),
        pytest.param("\0" * 128, id="control characters"),
    ],
)
def test_a_bad_signature_stays_out(signature: str | None) -> None:
    with pytest.raises(SignatureError):
        verify(signature=signature)


@pytest.mark.parametrize(
    "timestamp",
    [
        pytest.param(None, id="missing"),
        pytest.param("", id="empty"),
        pytest.param("soon", id="a word"),
        pytest.param(f"{NOW}.0", id="a fraction"),
        pytest.param(f"-{NOW}", id="negative"),
        pytest.param(f"+{NOW}", id="with a sign"),
        pytest.param(f" {NOW}", id="with a space"),
        pytest.param(f"{NOW}\n", id="with a line break"),
        pytest.param(f"{NOW // 1000}_000", id="with an underscore"),
        pytest.param("1e9", id="an exponent"),
        pytest.param("nan", id="no number"),
        pytest.param("9" * 21, id="too long"),
        pytest.param("9" * 5000, id="far too long"),
        pytest.param("１７６７２２５６００", id="digits of another script"),
        pytest.param("²", id="a superscript"),
    ],
)
def test_a_bad_timestamp_stays_out_even_if_it_is_signed(timestamp: str | None) -> None:
    signature = SIGNATURE if timestamp is None else sign(timestamp)
    with pytest.raises(SignatureError):
        verify(signature=signature, timestamp=timestamp)


@pytest.mark.parametrize("offset", [-OLDEST_SECONDS, -1, 0, 1, OLDEST_SECONDS])
def test_five_minutes_either_way_are_let_pass(offset: int) -> None:
    verify(now=NOW + offset)


@pytest.mark.parametrize("offset", [-86400, -OLDEST_SECONDS - 1, OLDEST_SECONDS + 1, 86400])
def test_a_replay_of_an_old_request_or_one_from_the_future_stays_out(offset: int) -> None:
    with pytest.raises(SignatureError, match="five minutes"):
        verify(now=NOW + offset)


def test_an_old_request_with_a_new_timestamp_stays_out() -> None:
    with pytest.raises(SignatureError, match="does not fit"):
        verify(timestamp=str(NOW + 600), now=NOW + 600)


def test_what_another_key_signed_stays_out() -> None:
    body, headers = signed(ping().build(), SigningKey(b"\1" * 32))
    with pytest.raises(SignatureError, match="does not fit"):
        verify(body, signature=headers["X-Signature-Ed25519"])


def test_the_bytes_count_not_the_json_they_mean() -> None:
    again = json.dumps(json.loads(BODY), separators=(",", ":")).encode()
    assert again != BODY
    with pytest.raises(SignatureError):
        verify(again)


@given(position=st.integers(0, len(BODY) - 1), flip=st.integers(1, 255))
def test_one_changed_byte_keeps_a_body_out(position: int, flip: int) -> None:
    changed = bytearray(BODY)
    changed[position] ^= flip
    with pytest.raises(SignatureError):
        verify(bytes(changed))


@given(
    body=st.binary(),
    signature=st.none() | st.text() | st.text("0123456789abcdef", min_size=128, max_size=128),
    timestamp=st.none() | st.text() | st.integers().map(str) | st.just(TIMESTAMP),
)
def test_nothing_that_is_not_signed_gets_in_or_breaks_the_check(
    body: bytes, signature: str | None, timestamp: str | None
) -> None:
    with pytest.raises(SignatureError):
        verify(body, signature=signature, timestamp=timestamp)


def test_a_request_that_discord_itself_once_signed_gets_in_and_its_neighbour_does_not() -> None:
    folder = os.environ.get("HALLEY_SHARED_DATA")
    if folder is None:
        pytest.skip("HALLEY_SHARED_DATA does not name the folder with Discord's own signed request")
    vector = json.loads((Path(folder) / "discord-signed-vector.json").read_text())
    verifier = SignatureVerifier(bytes.fromhex(vector["public_key"]))
    right, wrong = vector["valid_edd25519"], vector["invalid_ed25519"]

    def check(case: dict[str, str], body: bytes) -> None:
        timestamp = case["timestamp"]
        verifier.verify(
            body, signature=case["signature"], timestamp=timestamp, now=float(timestamp)
        )

    check(right, right["body"].encode())
    with pytest.raises(SignatureError):
        check(right, right["body"].encode() + b" ")
    with pytest.raises(SignatureError):
        check(wrong, wrong["body"].encode())
