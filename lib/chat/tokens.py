"""How many tokens a text or a file may be, where no provider has counted them yet.

An estimate reserves what a call may cost at worst, and stands in for a count that never came. So it
may be too high by half, but never far too low.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Mapping
from typing import Final

from lib.ports.chat_model import MediaKind

JAPANESE_CHARACTER: Final = re.compile(r"[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uff66-\uff9f]")

_LETTER: Final = 0.3
_CAPITAL: Final = 0.5
_SPACE: Final = 0.2
_ONE: Final = 1.0
_ALPHABET: Final = 0.6
_CJK: Final = 1.2
_OTHER_SCRIPT: Final = 1.5
_RARE: Final = 3.0

IMAGE_TOKENS: Final = 2_600
PDF_PAGE_TOKENS: Final = 560
PDF_PAGE_BYTES: Final = 16_000
PDF_MOST_TOKENS: Final = 258_000
AUDIO_TOKENS_A_SECOND: Final = 32
AUDIO_BYTES_A_SECOND: Final = 2_000

MEDIA_TOKENS: Final[Mapping[MediaKind, int]] = {
    MediaKind.IMAGE: IMAGE_TOKENS,
    MediaKind.PDF: PDF_PAGE_TOKENS,
    MediaKind.AUDIO: AUDIO_TOKENS_A_SECOND,
}
"""The least that a file of a kind counts: a picture, a page, a second."""


def estimate_tokens(text: str) -> int:
    """About how many tokens `text` is, for any provider; rather too many than too few.

    Latin letters and spaces come to a token for every 3.5 characters, Chinese and Japanese to a
    little more than one a character; digits and signs are mostly a token each, and an emoji is
    several.
    """
    weight = sum(count * _weight(ord(character)) for character, count in Counter(text).items())
    return math.ceil(round(weight, 6))


def estimate_media(kind: MediaKind, size_bytes: int) -> int:
    """How many tokens a file may be at worst.

    Pictures have no bound that all providers share: 258 for each tile with Gemini, at most 1,105
    with GPT-4o, 2,488 with its small relatives. A page of a PDF is 258 to 560, and a small page of
    text is some 16 kB; Gemini reads no more than 1,000 pages. Audio is 32 a second, and a voice
    message at its smallest has some 2 kB a second.
    Sources: https://ai.google.dev/gemini-api/docs/tokens,
    https://ai.google.dev/gemini-api/docs/document-processing,
    https://platform.openai.com/docs/guides/images-vision#calculating-costs
    """
    match kind:
        case MediaKind.IMAGE:
            return IMAGE_TOKENS
        case MediaKind.PDF:
            pages = max(1, math.ceil(size_bytes / PDF_PAGE_BYTES))
            return min(pages * PDF_PAGE_TOKENS, PDF_MOST_TOKENS)
        case MediaKind.AUDIO:
            seconds = max(1, math.ceil(size_bytes / AUDIO_BYTES_A_SECOND))
            return seconds * AUDIO_TOKENS_A_SECOND


def _weight(code: int) -> float:
    if code < 0x80:  # noqa: PLR2004 - the table's bounds are Unicode's
        return _ascii_weight(chr(code))
    if code < 0x0590:  # noqa: PLR2004 - Latin with accents, Greek, Cyrillic, Armenian
        return _ALPHABET
    if 0x3000 <= code <= 0x30FF or 0x4E00 <= code <= 0x9FFF or 0xFF00 <= code <= 0xFFEF:  # noqa: PLR2004
        return _CJK
    if code >= 0x10000 or 0xD800 <= code <= 0xDFFF:  # noqa: PLR2004 - emoji and what is rarer still
        return _RARE
    return _OTHER_SCRIPT


def _ascii_weight(character: str) -> float:
    if character.islower():
        return _LETTER
    if character.isupper():
        return _CAPITAL
    return _SPACE if character.isspace() else _ONE
