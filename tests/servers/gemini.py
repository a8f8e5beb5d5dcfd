"""A local server that answers in Gemini's shapes, well or badly as it is told.

It knows `models/*:streamGenerateContent` of v1beta, and refuses on its own what Gemini refuses: a
request without a key, one that leaves the server less than ten seconds, and one that ends with
the model's own turn. What it may answer stands in `gemini_answers`.
"""

from __future__ import annotations

import re
from typing import Final

from tests.servers.gemini_answers import error, greeting, refused
from tests.servers.streaming import Answer, Request, StreamingServer

_PATH: Final = re.compile(r"/v1beta/models/([^/:?]+):streamGenerateContent\?alt=sse")
_LEAST_SERVER_TIMEOUT_SECONDS: Final = 10


class GeminiServer(StreamingServer):
    """A `StreamingServer` that is Gemini to whoever asks."""

    def greeting(self) -> Answer:
        return greeting()

    def model_of(self, request: Request) -> str | None:
        found = _PATH.fullmatch(request.path)
        return found[1] if found else None

    def refusal(self, request: Request) -> Answer | None:
        if self.model_of(request) is None:
            return refused(error(404, "NOT_FOUND", "Requested entity was not found."), code=404)
        if not request.headers.get("x-goog-api-key"):
            told = error(403, "PERMISSION_DENIED", "Method doesn't allow unregistered callers.")
            return refused(told, code=403)
        server_seconds = int(request.headers.get("x-server-timeout", "600"))
        if server_seconds < _LEAST_SERVER_TIMEOUT_SECONDS:
            message = f"Manually set deadline {server_seconds}s is too short."
            return refused(error(400, "INVALID_ARGUMENT", message), code=400)
        contents = request.body.get("contents")
        last = contents[-1] if isinstance(contents, list) and contents else None
        if not isinstance(last, dict) or last.get("role") != "user":
            message = "Please ensure that multiturn requests end with a user role."
            return refused(error(400, "INVALID_ARGUMENT", message), code=400)
        return None
