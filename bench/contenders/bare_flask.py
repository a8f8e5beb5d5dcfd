"""Bare Flask + PyNaCl, as Discord's documentation shows it.

Source: https://docs.discord.com/developers/interactions/overview#setting-up-an-endpoint
"""

from __future__ import annotations

import os

from flask import Flask, Response, abort, jsonify, request
from nacl.exceptions import BadSignatureError
from nacl.signing import VerifyKey

from bench.contender import PATH, Contender, WsgiContender

KEY = VerifyKey(bytes.fromhex(os.environ["DISCORD_PUBLIC_KEY"]))

app = Flask(__name__)


@app.post(PATH)
def interactions() -> Response:
    signature = request.headers["X-Signature-Ed25519"]
    timestamp = request.headers["X-Signature-Timestamp"]
    body = request.data.decode("utf-8")
    try:
        KEY.verify(f"{timestamp}{body}".encode(), bytes.fromhex(signature))
    except BadSignatureError:
        abort(401, "invalid request signature")
    if request.json["type"] == 1:
        return jsonify({"type": 1})
    return jsonify({"type": 4, "data": {"content": "Pong"}})


def enter() -> Contender:
    return WsgiContender(app)
