"""Discord's endpoint without a web framework: a request's bytes in, an answer's bytes out."""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import TYPE_CHECKING, Final, NamedTuple, NoReturn

from lib.interactions.command import Afterwards, Deferred
from lib.interactions.dispatch import Dispatcher
from lib.interactions.errors import PayloadError, SignatureError
from lib.interactions.interaction import Interaction
from lib.interactions.signature import SignatureVerifier
from lib.logs import get_logger

if TYPE_CHECKING:
    from lib.ports import Clock

log = get_logger(__name__)


class Answer(NamedTuple):
    """What to send back, as JSON, and the interaction it answers (None for PING and refusals).

    `error` is what the user is told of instead of an answer, if that is so; `afterwards` is to be
    done when the answer has left.
    """

    status: HTTPStatus
    body: bytes
    interaction: Interaction | None = None
    deferred: Deferred | None = None
    error: Exception | None = None
    afterwards: Afterwards | None = None


class InteractionEndpoint:
    """Verifies, parses and dispatches. Without a verifier everything is refused."""

    def __init__(
        self, verifier: SignatureVerifier | None, dispatcher: Dispatcher, clock: Clock
    ) -> None:
        self._verifier = verifier
        self._dispatcher = dispatcher
        self._clock = clock

    def answer(self, body: bytes, *, signature: str | None, timestamp: str | None) -> Answer:
        """The answer to one request: 200, 400 (no interaction) or 401 (not from Discord)."""
        try:
            self._verify(body, signature, timestamp)
            interaction = Interaction.from_payload(parse_json(body))
        except SignatureError as error:
            return _refusal(HTTPStatus.UNAUTHORIZED, error)
        except PayloadError as error:
            return _refusal(HTTPStatus.BAD_REQUEST, error)
        dispatched = self._dispatcher.dispatch(interaction)
        encoded = encode_json(dispatched.callback)
        if not interaction.token:  # PING: nobody waits for more
            return Answer(HTTPStatus.OK, encoded)
        return Answer(
            HTTPStatus.OK,
            encoded,
            interaction,
            dispatched.deferred,
            dispatched.error,
            dispatched.afterwards,
        )

    def _verify(self, body: bytes, signature: str | None, timestamp: str | None) -> None:
        if self._verifier is None:
            raise SignatureError("DISCORD_PUBLIC_KEY is not set, so nothing can be verified")
        now = self._clock.now().timestamp()
        self._verifier.verify(body, signature=signature, timestamp=timestamp, now=now)


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


# Made once: with options of their own, json.loads and json.dumps would make one for each call.
_DECODER: Final = json.JSONDecoder(parse_constant=_refuse_constant)
_ENCODER: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


def parse_json(body: bytes) -> object:
    """The value in `body`, which must be UTF-8. Raises PayloadError if there is none."""
    try:
        return _DECODER.decode(body.decode())
    except (ValueError, RecursionError) as error:  # not UTF-8, not JSON, or nested without end
        raise PayloadError("the body is not JSON") from error


def encode_json(value: object) -> bytes:
    """`value` as compact UTF-8 JSON; lone surrogates, which UTF-8 has none of, stay escaped."""
    try:
        return _ENCODER.encode(value).encode()
    except UnicodeEncodeError:
        return json.dumps(value, separators=(",", ":")).encode()


def _refusal(status: HTTPStatus, error: Exception) -> Answer:
    log.info("interaction_refused", status=status.value, reason=str(error))
    return Answer(status, encode_json({"error": str(error)}))
