"""Whom this process trusts to be who they say they are, read once."""

from __future__ import annotations

import ssl
from threading import Lock


class SharedTls:
    """Gives everybody the same `ssl.SSLContext`, made when the first asks for it.

    Reading the system's certificates takes some 30 ms of a core, and a model's client would do so
    for each answer, Google's even three times.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._context: ssl.SSLContext | None = None

    def __call__(self) -> ssl.SSLContext:
        with self._lock:  # two first answers at once read them once
            if self._context is None:
                self._context = ssl.create_default_context()
            return self._context
