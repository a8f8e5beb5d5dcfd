"""Halley's own function, as it is deployed: `/ping` through the WSGI callable."""

from __future__ import annotations

from api.interactions import app
from bench.contender import Contender, WsgiContender


def enter() -> Contender:
    return WsgiContender(app)
