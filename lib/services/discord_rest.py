"""Discord's REST API for answers: edits, follow-ups, the ping. By `requests`.

Source: https://docs.discord.com/developers/interactions/receiving-and-responding#followup-messages
"""

from __future__ import annotations

import math
from functools import cached_property
from http import HTTPStatus
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from lib.ports import Clock, DiscordError, InteractionWebhook, JsonObject
from lib.settings import DISCORD_API_URL
from lib.version import HOMEPAGE, VERSION

if TYPE_CHECKING:
    from requests import Response, Session

USER_AGENT: Final = f"DiscordBot ({HOMEPAGE}, {VERSION})"
TIMEOUT_SECONDS: Final = 10.0
UNKNOWN_WEBHOOK: Final = 10015
UNKNOWN_MESSAGE: Final = 10008
RACE_SECONDS: Final = 5.0
"""After a deferral over HTTP Discord may not know of it yet, and answers 10015 for some seconds
(https://github.com/discord/discord-api-docs/issues/7220)."""
SHORTEST_PAUSE_SECONDS: Final = 0.25
LONGEST_WAIT_SECONDS: Final = 15.0
"""What a rate limit may cost one call in all; beyond it the call fails, and may be tried later."""
MOST_TRIES: Final = 3
"""How often a call is made that Discord does not answer, or answers with a fault of its own."""


class DiscordRest:
    """A DiscordAPI (see lib.ports). Waits out rate limits and the race after a deferral."""

    def __init__(
        self,
        clock: Clock,
        *,
        api_url: str = DISCORD_API_URL,
        timeout_seconds: float = TIMEOUT_SECONDS,
    ) -> None:
        self._clock = clock
        self._api_url = api_url
        self._timeout_seconds = timeout_seconds

    @cached_property
    def _session(self) -> Session:
        import requests

        session = requests.Session()
        session.headers["User-Agent"] = USER_AGENT  # Discord refuses others with 40333
        return session

    def close(self) -> None:
        """Let go of the connections. A function need not: it ends with its process."""
        self._session.close()

    def edit_original(self, webhook: InteractionWebhook, *, body: JsonObject) -> None:
        self._ask("edit_original", "PATCH", _messages(webhook, "@original"), body)

    def create_follow_up(self, webhook: InteractionWebhook, *, body: JsonObject) -> str:
        message = self._ask("create_follow_up", "POST", f"{_path(webhook)}?wait=true", body)
        if "id" not in message:
            raise DiscordError("create_follow_up", status=0, code=0, detail="no message came back")
        return str(message["id"])

    def edit_follow_up(
        self, webhook: InteractionWebhook, *, message_id: str, body: JsonObject
    ) -> None:
        self._ask("edit_follow_up", "PATCH", _messages(webhook, message_id), body)

    def delete_follow_up(self, webhook: InteractionWebhook, *, message_id: str) -> None:
        try:
            self._ask("delete_follow_up", "DELETE", _messages(webhook, message_id))
        except DiscordError as error:
            if error.code != UNKNOWN_MESSAGE:
                raise

    def measure_ping_ms(self) -> int:
        _ = self._session  # loading the library is no part of the way
        begun = self._clock.monotonic()
        self._once("measure_ping", "GET", "/gateway", None)
        return round((self._clock.monotonic() - begun) * 1000)

    def _ask(
        self, operation: str, method: str, path: str, body: JsonObject | None = None
    ) -> JsonObject:
        """One call, tried again where that helps. Raises DiscordError, never anything else."""
        begun = self._clock.monotonic()
        tries = 0
        while True:
            tries += 1
            try:
                return self._once(operation, method, path, body)
            except DiscordError as error:
                elapsed_seconds = self._clock.monotonic() - begun
                pause_seconds = _pause_seconds(error, method, tries, elapsed_seconds)
                if pause_seconds is None:
                    raise
            self._clock.sleep(pause_seconds)

    def _once(self, operation: str, method: str, path: str, body: JsonObject | None) -> JsonObject:
        from requests import RequestException

        try:
            response = self._session.request(
                method,
                self._api_url + path,
                json=body,
                timeout=self._timeout_seconds,
                allow_redirects=False,  # it would carry the token to wherever it is told
            )
        except (RequestException, ValueError) as error:  # urllib3 lets ValueErrors of its own out
            # The exception's text holds the address, and the address the interaction's token.
            raise DiscordError(operation, status=0, code=0, detail=type(error).__name__) from None
        if response.status_code < HTTPStatus.MULTIPLE_CHOICES:
            return _json(response)
        answer = _json(response)
        code = answer.get("code")
        detail = str(answer.get("message") or response.reason)
        if response.status_code == HTTPStatus.TOO_MANY_REQUESTS:
            raise _RateLimitedError(operation, detail, _retry_after_seconds(response, answer))
        raise DiscordError(
            operation,
            status=response.status_code,
            code=code if isinstance(code, int) else 0,
            detail=detail,
        )


class _RateLimitedError(DiscordError):
    """Too many requests for now."""

    def __init__(self, operation: str, detail: str, retry_after_seconds: float) -> None:
        super().__init__(operation, status=429, code=0, detail=detail)
        self.retry_after_seconds = retry_after_seconds


def _pause_seconds(
    error: DiscordError, method: str, tries: int, elapsed_seconds: float
) -> float | None:
    """How long to wait before the next try; None: another would not help, or might do harm."""
    if isinstance(error, _RateLimitedError):
        pause = max(SHORTEST_PAUSE_SECONDS, error.retry_after_seconds)
        return pause if elapsed_seconds + pause <= LONGEST_WAIT_SECONDS else None
    if error.code == UNKNOWN_WEBHOOK:
        return SHORTEST_PAUSE_SECONDS if elapsed_seconds < RACE_SECONDS else None
    is_disturbed = error.status == 0 or error.status >= HTTPStatus.INTERNAL_SERVER_ERROR
    # A POST that failed half-way may have been carried out: again would be twice.
    if is_disturbed and method != "POST" and tries < MOST_TRIES:
        return SHORTEST_PAUSE_SECONDS * 2 * tries
    return None


def _path(webhook: InteractionWebhook) -> str:
    return f"/webhooks/{webhook.application_id}/{quote(webhook.token, safe='')}"


def _messages(webhook: InteractionWebhook, message_id: str) -> str:
    return f"{_path(webhook)}/messages/{message_id}"


def _json(response: Response) -> JsonObject:
    try:
        value = response.json()
    except ValueError:  # an HTML page of something in between, or nothing at all
        return {}
    return value if isinstance(value, dict) else {}


def _retry_after_seconds(response: Response, answer: JsonObject) -> float:
    """Discord's advice: the header, or the body's more exact number."""
    for value in (answer.get("retry_after"), response.headers.get("Retry-After")):
        try:
            seconds = float(str(value))
        except ValueError:
            continue
        if math.isfinite(seconds):
            return seconds
    return 1.0
