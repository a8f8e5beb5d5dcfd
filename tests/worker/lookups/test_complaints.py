"""What yt-dlp says, and what people are told."""

from __future__ import annotations

import pytest

from lib.locales.text import Locale
from worker.audio.failures import SourceFailure
from worker.lookups.complaints import meaning, wording
from worker.lookups.texts import REASONS

COOKIES = (
    "Use --cookies-from-browser or --cookies for the authentication. See  https://github.com/yt-dlp"
    "/yt-dlp/wiki/FAQ#how-do-i-pass-cookies-to-yt-dlp  for how to manually pass cookies"
)
NOT_RESOLVED = (
    "Unable to download webpage: HTTPSConnection(host='private.example', port=443): Failed to "
    "resolve 'private.example' ([Errno -2] Name or service not known)"
)


@pytest.mark.parametrize(
    ("complaint", "failure"),
    [
        ("[youtube] a1b2: Private video. Sign in if you've been granted access to this video. "
         + COOKIES, SourceFailure.PRIVATE),
        ("[vimeo] 7: The web client only works when logged-in. " + COOKIES, SourceFailure.PRIVATE),
        ("[niconico] sm9: This video is only available for registered users. " + COOKIES,
         SourceFailure.PRIVATE),
        ("[youtube] a1b2: Sign in to confirm you’re not a bot. " + COOKIES,
         SourceFailure.BOT_CHECK),
        (("[youtube] a1b2: Video unavailable. YouTube is requiring a captcha challenge before "
         "playback"), SourceFailure.BOT_CHECK),
        (("[generic] Got HTTP Error 403 caused by Cloudflare anti-bot challenge; try again with  "
         "--extractor-args \"generic:impersonate\""), SourceFailure.BOT_CHECK),
        ("[youtube] a1b2: Sign in to confirm your age. This video may be inappropriate for some "
         "users. " + COOKIES, SourceFailure.AGE_RESTRICTED),
        (("[youtube] a1b2: Join this channel to get access to members-only content like this "
         "video, and other exclusive perks."), SourceFailure.MEMBERS_ONLY),
        (("[youtube] a1b2: This video is available to this channel's members on level: Gold (or "
         "any higher level)."), SourceFailure.MEMBERS_ONLY),
        ("[youtube] a1b2: This video requires payment to watch", SourceFailure.MEMBERS_ONLY),
        (("[youtube] a1b2: Video unavailable. This video is only available to Music Premium "
         "members"), SourceFailure.MEMBERS_ONLY),
        ("[youtube] a1b2: The uploader has not made this video available in your country",
         SourceFailure.REGION),
        (("[youtube] a1b2: Video unavailable. This video contains content from UMG, who has "
         "blocked it in your country on copyright grounds"), SourceFailure.REGION),
        ("[BBC] x: This video is not available from your location due to geo restriction",
         SourceFailure.REGION),
        ("[youtube] a1b2: This live event will begin in 3 hours.", SourceFailure.LIVE),
        ("[youtube] a1b2: Premieres in 2 days", SourceFailure.LIVE),
        ("[youtube] a1b2: This live stream recording is not available.", SourceFailure.LIVE),
        ("[twitch:stream] halley: The channel is not currently live", SourceFailure.LIVE),
        (("[youtube] a1b2: Video unavailable. This video is no longer available because the "
         "YouTube account associated with this video has been terminated."),
         SourceFailure.REMOVED),
        ("[youtube] a1b2: Video unavailable. This video has been removed by the uploader",
         SourceFailure.REMOVED),
        ("[youtube] a1b2: Video unavailable", SourceFailure.NOT_FOUND),
        (("[youtube:truncated_id] a1: Incomplete YouTube ID a1. URL "
         "https://www.youtube.com/watch?v=a1 looks truncated."), SourceFailure.NOT_FOUND),
        (("[soundcloud] private/log-in: Unable to download JSON metadata: HTTP Error 404: Not "
         "Found (caused by <HTTPError 404: Not Found>)"), SourceFailure.NOT_FOUND),
        (("[generic] drm: Unable to download webpage: HTTP Error 403: Forbidden (caused by "
         "<HTTPError 403: Forbidden>)"), SourceFailure.REFUSED),
        ("[generic] x: Unable to download webpage: HTTP Error 429: Too Many Requests",
         SourceFailure.TOO_MANY_REQUESTS),
        (("[youtube] a1b2: This content isn't available, try again later. The current session has "
         "been rate-limited by YouTube for up to an hour."), SourceFailure.TOO_MANY_REQUESTS),
        ("[generic] x: Unable to download webpage: HTTP Error 410: Gone", SourceFailure.REMOVED),
        ("[spotify] x: This video is DRM protected", SourceFailure.PROTECTED),
        ("[generic] private: " + NOT_RESOLVED, SourceFailure.NO_SUCH_HOST),
        (("[generic] x: Unable to download webpage: HTTPConnection(host='a.example', port=80): "
         "Read timed out. (read timeout=8.0)"), SourceFailure.TIMED_OUT),
        ("Unsupported URL: https://example.com/private-video-removed", SourceFailure.UNSUPPORTED),
        (("[x] y: Requested format is not available. Use --list-formats for a list of available "
         "formats"), SourceFailure.UNSUPPORTED),
        ("[x] y: No video formats found!; please report this issue on  https://github.com/yt-dlp",
         SourceFailure.UNSUPPORTED),
        (("[generic] x: Unable to download webpage: HTTPConnection(host='10.0.0.1', port=80): "
         "Failed to establish a new connection: not a public address"),
         SourceFailure.FORBIDDEN_ADDRESS),
        (("[generic] x: Unable to download webpage: HTTPConnection(host='a.example', port=80): "
         "Failed to establish a new connection: [Errno 111] Connection refused"),
         SourceFailure.UNREACHABLE),
        ("something quite new", SourceFailure.UNREACHABLE),
    ],
)  # fmt: skip
def test_a_complaint_is_understood(complaint: str, failure: SourceFailure) -> None:
    noise = "WARNING: [youtube] Sign in to confirm you're not a bot\n"
    assert meaning(wording(f"{noise}ERROR: {complaint}\n")) is failure


def test_what_others_chose_is_neither_understood_nor_logged() -> None:
    complaint = (
        "ERROR: [generic] my-secret-id: Unable to download https://example.com/secret?token=1 "
        "(host='secret.example'): private key"
    )
    assert "secret" not in wording(complaint)
    assert "token" not in wording(complaint)


def test_every_failure_has_its_words_in_both_languages() -> None:
    assert set(REASONS) == set(SourceFailure)
    for locale in Locale:
        said = [reason.in_(locale) for reason in REASONS.values()]
        assert all(said)
        assert len(set(said)) == len(said)
        assert all("{" not in sentence for sentence in said)
