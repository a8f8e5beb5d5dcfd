"""A local server that answers in the shapes of OpenAI's chat completions, well or badly.

It knows `/v1/chat/completions`, and refuses on its own what such servers refuse: a request without
the key, where it wants one, and one without messages. What it may answer stands in
`openai_answers`.
"""

from __future__ import annotations

import ssl
from collections.abc import Collection

from tests.servers.openai_answers import error, greeting
from tests.servers.streaming import Answer, Request, StreamingServer, refused


class OpenAIServer(StreamingServer):
    """A `StreamingServer` that is OpenAI, or one like it, to whoever asks.

    `wants_key`: it refuses those who have none. `knows_not` are parameters that it refuses by
    name, as strict servers do.
    """

    def __init__(
        self,
        *,
        tls: ssl.SSLContext | None = None,
        wants_key: bool = True,
        knows_not: Collection[str] = (),
    ) -> None:
        super().__init__(tls=tls)
        self.wants_key = wants_key
        self.knows_not = tuple(knows_not)

    @property
    def base_url(self) -> str:
        return f"{self.url}/v1"

    def greeting(self) -> Answer:
        return greeting()

    def model_of(self, request: Request) -> str | None:
        if request.path != "/v1/chat/completions":
            return None
        return str(request.body.get("model"))

    def refusal(self, request: Request) -> Answer | None:
        if self.model_of(request) is None:
            told = error(f"Invalid URL (POST {request.path})", kind="invalid_request_error")
            return refused(told, code=404)
        if self.wants_key and not request.headers.get("authorization", "").startswith("Bearer "):
            told = error("You didn't provide an API key.", kind="invalid_request_error")
            return refused(told, code=401)
        for name in self.knows_not:
            if name in request.body:
                told = error(
                    f"Unsupported parameter: '{name}' is not supported with this model.",
                    kind="invalid_request_error",
                    code="unsupported_parameter",
                    param=name,
                )
                return refused(told, code=400)
        messages = request.body.get("messages")
        if not isinstance(messages, list) or not messages:
            told = error("[] is too short - 'messages'", kind="invalid_request_error")
            return refused(told, code=400)
        return None
