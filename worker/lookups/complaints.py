"""What yt-dlp's complaints mean. It has no codes, so its words are gone through.

The words are those of yt-dlp 2026.10.26 and of the sites that it quotes.
"""

from __future__ import annotations

import re
from typing import Final

from worker.audio.failures import SourceFailure

FORBIDDEN: Final = "not a public address"
"""What the child process says where it would not connect: see worker.lookups.guarded_yt_dlp."""

_SIGNS: Final = {
    SourceFailure.FORBIDDEN_ADDRESS: (FORBIDDEN,),
    SourceFailure.BOT_CHECK: ("not a bot", "captcha", "cloudflare anti-bot", "client challenge"),
    SourceFailure.AGE_RESTRICTED: (
        "confirm your age",
        "age.?restrict",
        "age.?verification",
        "inappropriate for some",
    ),
    SourceFailure.MEMBERS_ONLY: (
        "members.?only",
        "this channel's members",
        "join this channel",
        "premium members",
        "requires payment",
        "only (?:available )?(?:for|to) (?:paid|premium|subscri)",
        "subscribers?.only",
    ),
    SourceFailure.PROTECTED: (r"\bDRM\b",),
    SourceFailure.REGION: (
        "(?:your|this) country",
        "geo.?(?:restrict|block)",
        "your (?:location|region)",
        "HTTP Error 451",
    ),
    SourceFailure.LIVE: (
        "live event",
        "live.?stream",
        "premieres? (?:in|will)",
        "not currently live",
        "is offline",
    ),
    SourceFailure.TOO_MANY_REQUESTS: ("rate.?limited", "too many requests", "HTTP Error 429"),
    SourceFailure.PRIVATE: (
        r"\bprivate\b",
        "granted access",
        r"\blog(?:ged)?.?in\b",
        r"\bsign in\b",
        "registered users",
        "requires authentication",
        "HTTP Error 401",
    ),
    SourceFailure.REMOVED: ("removed", "terminated", "no longer available", "HTTP Error 410"),
    SourceFailure.NO_SUCH_HOST: (
        "failed to resolve",
        "name or service not known",
        "nodename nor servname",
        "getaddrinfo",
    ),
    SourceFailure.TIMED_OUT: ("timed out", "timeout"),
    SourceFailure.UNSUPPORTED: (
        "requested format is not available",
        "unsupported url",
        "no video formats",
        "no media found",
        "not a valid url",
        "URLs are disabled",
    ),
    SourceFailure.NOT_FOUND: (
        "unavailable",
        "not available",
        "isn't available",
        "(?:does not|doesn't) exist",
        "HTTP Error 404",
        "incomplete youtube id",
        "not found",
    ),
    SourceFailure.REFUSED: ("HTTP Error 403",),
}
"""What each is known by; the first that fits counts."""
_MEANINGS: Final = {
    failure: re.compile("|".join(signs), re.IGNORECASE) for failure, signs in _SIGNS.items()
}
_NAMES: Final = re.compile(
    r"^ERROR: (?:\[[^\]]*\] [^:]*: )?|https?://\S+|(?<=[=(\s])'[^']*'", re.MULTILINE
)
"""What stands in a complaint and was chosen by others: the site, the id, addresses, quotations."""


def wording(complaints: str) -> str:
    """The errors among what was written to standard error, without what others chose."""
    text = complaints.replace("\N{RIGHT SINGLE QUOTATION MARK}", "'")
    errors = (line for line in text.splitlines() if line.startswith("ERROR"))
    return _NAMES.sub("", "\n".join(errors))


def meaning(words: str) -> SourceFailure:
    """Why nothing was found, by the `wording` of it."""
    return next(
        (failure for failure, signs in _MEANINGS.items() if signs.search(words)),
        SourceFailure.UNREACHABLE,
    )
