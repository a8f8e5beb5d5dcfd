"""Discord's REST API: edits, follow-ups, messages, voice states, the ping. By `requests`.

Sources: https://docs.discord.com/developers/interactions/receiving-and-responding#followup-messages
and, for files, https://docs.discord.com/developers/reference#uploading-files
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from http import HTTPStatus
from threading import Lock
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from lib.monitor import monitor
from lib.ports import Clock, DiscordError, InteractionWebhook, JsonObject
from lib.ports.discord import Upload
from lib.settings import DISCORD_API_URL, Secret
from lib.version import HOMEPAGE, VERSION

if TYPE_CHECKING:
    from requests import Response, Session

USER_AGENT: Final = f"DiscordBot ({HOMEPAGE}, {VERSION})"
TIMEOUT_SECONDS: Final = 10.0
ORIGINAL: Final = "@original"
UNKNOWN_WEBHOOK: Final = 10015
UNKNOWN_MESSAGE: Final = 10008
UNKNOWN_VOICE_STATE: Final = 10065
RACE_SECONDS: Final = 5.0
"""After a deferral over HTTP Discord may not know of it yet, and answers 10015 for some seconds
(https://github.com/discord/discord-api-docs/issues/7220)."""
SHORTEST_PAUSE_SECONDS: Final = 0.25
LONGEST_WAIT_SECONDS: Final = 15.0
"""What a rate limit may cost one call in all; beyond it the call fails, and may be tried later."""
MOST_TRIES: Final = 3
"""How often a call is made that Discord does not answer, or answers with a fault of its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Request:
    """One request of the port's `operation`, whose name errors bear.

    `is_repeatable`: made twice, it does what it does once. `headers` may hold the bot token.
    """

    operation: str
    method: str
    path: str
    body: JsonObject | None = None
    files: Sequence[Upload] = ()
    headers: Mapping[str, str] | None = field(default=None, repr=False)
    is_repeatable: bool = True


class DiscordRest:
    """A DiscordAPI (see lib.ports). Waits out rate limits and the race after a deferral.

    The bot token goes only with what a bot alone may ask: an interaction's webhook needs none.
    `keeps_connections`: false for one who asks rarely and can't ask again, since a connection may
    have died while the function was frozen.
    """

    def __init__(
        self,
        clock: Clock,
        *,
        api_url: str = DISCORD_API_URL,
        bot_token: Secret | None = None,
        timeout_seconds: float = TIMEOUT_SECONDS,
        keeps_connections: bool = True,
    ) -> None:
        self._clock = clock
        self._api_url = api_url
        self._bot_token = bot_token
        self._timeout_seconds = timeout_seconds
        self._keeps_connections = keeps_connections
        self._opening = Lock()

    @property
    def _session(self) -> Session:
        if not self._keeps_connections:
            return _new_session()
        with self._opening:  # two first requests at once get the same
            return self._kept

    @cached_property
    def _kept(self) -> Session:
        return _new_session()

    def close(self) -> None:
        """Let go of the connections. A function need not: it ends with its process."""
        self._session.close()

    def edit_original(
        self, webhook: InteractionWebhook, *, body: JsonObject, files: Sequence[Upload] = ()
    ) -> str:
        message = self._ask(
            _Request(
                operation="edit_original",
                method="PATCH",
                path=_messages(webhook, ORIGINAL),
                body=body,
                files=files,
            )
        )
        return str(message.get("id", ""))

    def delete_original(self, webhook: InteractionWebhook) -> None:
        path = _messages(webhook, ORIGINAL)
        self._delete(_Request(operation="delete_original", method="DELETE", path=path))

    def create_follow_up(
        self, webhook: InteractionWebhook, *, body: JsonObject, files: Sequence[Upload] = ()
    ) -> str:
        return self._create(
            _Request(
                operation="create_follow_up",
                method="POST",
                path=f"{_path(webhook)}?wait=true",
                body=body,
                files=files,
                is_repeatable=False,
            )
        )

    def edit_follow_up(
        self,
        webhook: InteractionWebhook,
        *,
        message_id: str,
        body: JsonObject,
        files: Sequence[Upload] = (),
    ) -> None:
        self._ask(
            _Request(
                operation="edit_follow_up",
                method="PATCH",
                path=_messages(webhook, message_id),
                body=body,
                files=files,
            )
        )

    def delete_follow_up(self, webhook: InteractionWebhook, *, message_id: str) -> None:
        path = _messages(webhook, message_id)
        self._delete(_Request(operation="delete_follow_up", method="DELETE", path=path))

    def create_message(self, *, channel_id: str, body: JsonObject, nonce: str) -> str:
        operation = "create_message"
        return self._create(
            _Request(
                operation=operation,
                method="POST",
                path=_in_channel(channel_id),
                body={**body, "nonce": nonce, "enforce_nonce": True},
                headers=self._as_bot(operation),
            )
        )

    def edit_message(self, *, channel_id: str, message_id: str, body: JsonObject) -> None:
        operation = "edit_message"
        self._ask(
            _Request(
                operation=operation,
                method="PATCH",
                path=f"{_in_channel(channel_id)}/{quote(message_id, safe='')}",
                body=body,
                headers=self._as_bot(operation),
            )
        )

    def delete_message(self, *, channel_id: str, message_id: str) -> None:
        operation = "delete_message"
        self._delete(
            _Request(
                operation=operation,
                method="DELETE",
                path=f"{_in_channel(channel_id)}/{quote(message_id, safe='')}",
                headers=self._as_bot(operation),
            )
        )

    def find_voice_channel(self, *, guild_id: str, user_id: str) -> str | None:
        operation = "find_voice_channel"
        path = f"/guilds/{quote(guild_id, safe='')}/voice-states/{quote(user_id, safe='')}"
        request = _Request(
            operation=operation, method="GET", path=path, headers=self._as_bot(operation)
        )
        try:
            state = self._ask(request)
        except DiscordError as error:
            if error.code == UNKNOWN_VOICE_STATE:
                return None
            raise
        if "channel_id" not in state:
            raise DiscordError(operation, status=0, code=0, detail="no voice state came back")
        return None if state["channel_id"] is None else str(state["channel_id"])

    def count_guilds(self) -> int | None:
        if self._bot_token is None:
            return None
        operation = "count_guilds"
        application = self._once(
            _Request(
                operation=operation,
                method="GET",
                path="/applications/@me",
                headers=self._as_bot(operation),
            )
        )
        count = application.get("approximate_guild_count")
        if not isinstance(count, int):
            raise DiscordError(operation, status=0, code=0, detail="no count came back")
        return count

    def measure_ping_ms(self) -> int:
        _ = self._session  # loading the library is no part of the way
        begun = self._clock.monotonic()
        self._once(_Request(operation="measure_ping", method="GET", path="/gateway"))
        return round((self._clock.monotonic() - begun) * 1000)

    def _as_bot(self, operation: str) -> Mapping[str, str]:
        """The headers that prove it. Raises DiscordError without a token."""
        if self._bot_token is None:
            raise DiscordError(operation, status=401, code=0, detail="no bot token is set")
        return {"Authorization": f"Bot {self._bot_token.reveal()}"}

    def _delete(self, request: _Request) -> None:
        """Make it go, unless it has gone."""
        try:
            self._ask(request)
        except DiscordError as error:
            if error.code != UNKNOWN_MESSAGE:
                raise

    def _create(self, request: _Request) -> str:
        """The id of the message that was made."""
        message = self._ask(request)
        if "id" not in message:
            raise DiscordError(request.operation, status=0, code=0, detail="no message came back")
        return str(message["id"])

    def _ask(self, request: _Request) -> JsonObject:
        """One call, tried again where that helps. Raises DiscordError, never anything else."""
        begun = self._clock.monotonic()
        tries = 0
        while True:
            tries += 1
            try:
                return self._once(request)
            except DiscordError as error:
                elapsed_seconds = self._clock.monotonic() - begun
                pause_seconds = _pause_seconds(
                    error, request, tries=tries, elapsed_seconds=elapsed_seconds
                )
                if pause_seconds is None:
                    raise
            self._clock.sleep(pause_seconds)

    def _once(self, request: _Request) -> JsonObject:
        from requests import RequestException

        session = self._session  # loading the library is no part of the way
        try:
            with monitor(f"discord.{request.operation}", self._clock):
                response = session.request(
                    request.method,
                    self._api_url + request.path,
                    json=None if request.files else request.body,
                    files=_parts(request) if request.files else None,
                    headers=request.headers,
                    timeout=self._timeout_seconds,
                    allow_redirects=False,  # it would carry the token to wherever it is told
                )
        except (RequestException, ValueError) as error:  # urllib3 lets ValueErrors of its own out
            # The exception's text holds the address, and the address the interaction's token.
            raise DiscordError(
                request.operation, status=0, code=0, detail=type(error).__name__
            ) from None
        finally:
            if not self._keeps_connections:
                session.close()
        if response.status_code < HTTPStatus.MULTIPLE_CHOICES:
            return _json(response)
        answer = _json(response)
        code = answer.get("code")
        detail = str(answer.get("message") or response.reason)
        if response.status_code == HTTPStatus.TOO_MANY_REQUESTS:
            raise _RateLimitedError(
                request.operation, detail, _retry_after_seconds(response, answer)
            )
        raise DiscordError(
            request.operation,
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
    error: DiscordError, request: _Request, *, tries: int, elapsed_seconds: float
) -> float | None:
    """How long to wait before the next try; None: another would not help, or might do harm."""
    if isinstance(error, _RateLimitedError):
        pause = max(SHORTEST_PAUSE_SECONDS, error.retry_after_seconds)
        return pause if elapsed_seconds + pause <= LONGEST_WAIT_SECONDS else None
    if error.code == UNKNOWN_WEBHOOK:
        return SHORTEST_PAUSE_SECONDS if elapsed_seconds < RACE_SECONDS else None
    is_disturbed = error.status == 0 or error.status >= HTTPStatus.INTERNAL_SERVER_ERROR
    # What failed half-way may have been carried out: again would be twice, unless it can't be.
    if is_disturbed and request.is_repeatable and tries < MOST_TRIES:
        return SHORTEST_PAUSE_SECONDS * 2 * tries
    return None


def _new_session() -> Session:
    import requests

    session = requests.Session()
    session.headers["User-Agent"] = USER_AGENT  # Discord refuses others with 40333
    return session


def _path(webhook: InteractionWebhook) -> str:
    return f"/webhooks/{webhook.application_id}/{quote(webhook.token, safe='')}"


def _messages(webhook: InteractionWebhook, message_id: str) -> str:
    return f"{_path(webhook)}/messages/{message_id}"


def _in_channel(channel_id: str) -> str:
    return f"/channels/{quote(channel_id, safe='')}/messages"


def _parts(request: _Request) -> list[tuple[str, tuple[str | None, str | bytes, str]]]:
    """The parts of a multipart body: the JSON, and each file under its place."""
    text = json.dumps(request.body, allow_nan=False)
    return [
        ("payload_json", (None, text, "application/json")),
        *(
            (f"files[{place}]", (file.name, file.content, _media_type(file.name)))
            for place, file in enumerate(request.files)
        ),
    ]


def _media_type(name: str) -> str:
    from mimetypes import guess_type

    return guess_type(name)[0] or "application/octet-stream"


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
