"""Why something cannot be played."""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class SourceFailure(StrEnum):
    """What a user is told of: see worker.lookups.texts for the words."""

    PRIVATE = "private"
    MEMBERS_ONLY = "members_only"
    REMOVED = "removed"
    AGE_RESTRICTED = "age_restricted"
    BOT_CHECK = "bot_check"
    LIVE = "live"
    REGION = "region"
    PROTECTED = "protected"
    TIMED_OUT = "timed_out"
    NO_SUCH_HOST = "no_such_host"
    NOT_FOUND = "not_found"
    NO_RESULTS = "no_results"
    NOT_AUDIO = "not_audio"
    TOO_LARGE = "too_large"
    FORBIDDEN_ADDRESS = "forbidden_address"
    UNSUPPORTED = "unsupported"
    REFUSED = "refused"
    TOO_MANY_REQUESTS = "too_many_requests"
    UNREACHABLE = "unreachable"
    SEARCH_UNREACHABLE = "search_unreachable"


MOVED: Final = frozenset(
    {SourceFailure.REFUSED, SourceFailure.UNREACHABLE, SourceFailure.NOT_FOUND}
)
"""What is said where an address that was good has run out."""
BROKEN_OFF: Final = frozenset({*MOVED, SourceFailure.TIMED_OUT})
"""What may well go on once it is opened again."""


class SourceError(Exception):
    """Nothing to hear: `failure` says why, `detail` is for the log (no address, no cookie)."""

    def __init__(self, failure: SourceFailure, detail: str) -> None:
        super().__init__(f"{failure}: {detail}")
        self.failure = failure
        self.detail = detail
