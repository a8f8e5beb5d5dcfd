"""The floor: what verifying, parsing and answering cost with nothing around them."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable
from typing import Any

from nacl.exceptions import BadSignatureError
from nacl.signing import VerifyKey

from bench.contender import Contender, WsgiContender

KEY = VerifyKey(bytes.fromhex(os.environ["DISCORD_PUBLIC_KEY"]))


def app(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Bare WSGI + PyNaCl."""
    body: bytes = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))
    signed = environ["HTTP_X_SIGNATURE_TIMESTAMP"].encode() + body
    try:
        KEY.verify(signed, bytes.fromhex(environ["HTTP_X_SIGNATURE_ED25519"]))
    except BadSignatureError:
        start_response("401 Unauthorized", [("Content-Length", "0")])
        return [b""]
    answer: dict[str, object] = {"type": 1}
    if json.loads(body)["type"] != 1:
        answer = {"type": 4, "data": {"content": "Pong"}}
    encoded = json.dumps(answer).encode()
    start_response(
        "200 OK",
        [("Content-Type", "application/json"), ("Content-Length", str(len(encoded)))],
    )
    return [encoded]


def enter() -> Contender:
    return WsgiContender(app)
