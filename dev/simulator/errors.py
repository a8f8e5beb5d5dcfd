"""How Discord says no.

DiscordError            one refusal: HTTP status, Discord's code, its message
  raised with a Refusal, or by FormErrors when a body breaks a limit (50035)
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from enum import Enum
from typing import Any, TypeAlias

JsonObject: TypeAlias = dict[str, Any]
Path: TypeAlias = tuple[str | int, ...]


class Refusal(Enum):
    """The refusals the simulator gives, as (HTTP status, code, message)."""

    UNAUTHORIZED = (401, 0, "401: Unauthorized")
    NOT_FOUND = (404, 0, "404: Not Found")
    UNKNOWN_APPLICATION = (404, 10002, "Unknown Application")
    UNKNOWN_CHANNEL = (404, 10003, "Unknown Channel")
    UNKNOWN_GUILD = (404, 10004, "Unknown Guild")
    UNKNOWN_MESSAGE = (404, 10008, "Unknown Message")
    UNKNOWN_WEBHOOK = (404, 10015, "Unknown Webhook")
    UNKNOWN_INTERACTION = (404, 10062, "Unknown interaction")
    UNKNOWN_VOICE_STATE = (404, 10065, "Unknown Voice State")
    TOO_LARGE = (413, 40005, "Request entity too large")
    ALREADY_ACKNOWLEDGED = (400, 40060, "Interaction has already been acknowledged.")
    TOO_MANY_FOLLOW_UPS = (
        400,
        40094,
        "This interaction has hit the maximum number of follow up messages.",
    )
    BAD_USER_AGENT = (403, 40333, "internal network error")
    NOT_YOUR_MESSAGE = (403, 50005, "Cannot edit a message authored by another user")
    EMPTY_MESSAGE = (400, 50006, "Cannot send an empty message")
    INVALID_WEBHOOK_TOKEN = (401, 50027, "Invalid Webhook Token")
    INVALID_FORM = (400, 50035, "Invalid Form Body")
    INVALID_JSON = (400, 50109, "The request body contains invalid JSON.")
    VIOLATES_SPECIFICATION = (
        500,
        0,
        "500: The body breaks Discord's OpenAPI file, though the simulator's own checks let it by",
    )


class DiscordError(Exception):
    """A refusal in Discord's shape. `errors` holds the nested field errors of a 50035."""

    def __init__(self, refusal: Refusal, *, errors: JsonObject | None = None) -> None:
        self.refusal = refusal
        self.status, self.code, self.message = refusal.value
        self.errors = errors
        super().__init__(f"{self.status} {self.code}: {self.message} {errors or ''}".rstrip())

    def as_json(self) -> JsonObject:
        """The body Discord would send."""
        body: JsonObject = {"message": self.message, "code": self.code}
        if self.errors:
            body["errors"] = self.errors
        return body


class FormErrors:
    """Gathers what is wrong with a body, field by field, and refuses it once."""

    def __init__(self) -> None:
        self._root: JsonObject = {}

    def add(self, path: Path, *, code: str, message: str) -> None:
        """Notes one broken field; `path` is its way from the root, list indexes as integers."""
        node = self._root
        for step in path:
            node = node.setdefault(str(step), {})
        node.setdefault("_errors", []).append({"code": code, "message": message})

    def required(self, path: Path) -> None:
        self.add(path, code="BASE_TYPE_REQUIRED", message="This field is required")

    def __bool__(self) -> bool:
        return bool(self._root)

    def raise_if_any(self) -> None:
        if self._root:
            raise DiscordError(Refusal.INVALID_FORM, errors=self._root)


@contextmanager
def checked_form() -> Iterator[FormErrors]:
    """A form that raises at the end of its block if anything was noted."""
    form = FormErrors()
    yield form
    form.raise_if_any()
