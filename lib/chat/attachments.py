"""The files that users attach: which are taken, and what a model gets of them."""

from __future__ import annotations

import codecs
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from lib.chat.file_kinds import FileKind, kind_by_bytes, kind_by_name
from lib.interactions.errors import UserFacingError
from lib.interactions.escaping import escape
from lib.interactions.resolved import Attachment
from lib.locales import Locale, Text
from lib.ports import AttachmentError, AttachmentFailure, Media

KB: Final = 1024
MB: Final = 1024 * KB
LIMITS: Final[Mapping[FileKind, int]] = {
    FileKind.IMAGE: 10 * MB,
    # A request to Gemini may have 20 MB, and base64 makes 16 of these 12.
    FileKind.PDF: 12 * MB,
    FileKind.AUDIO: 12 * MB,
    FileKind.TEXT: 512 * KB,
}
"""The bytes that a file of each kind may have."""
MOST_CHARACTERS: Final = 40_000
"""What a model gets of a text."""
LONGEST_NAME: Final = 60

TAKEN: Final = Text(
    en="I read pictures (PNG, JPEG, WebP, HEIC) of up to 10 MB, PDFs and audio (MP3, WAV, OGG,"
    " FLAC, AAC, M4A) of up to 12 MB, and text and code of up to 512 kB.",
    ja="読み取れるのは、画像（PNG・JPEG・WebP・HEIC、10MBまで）、"
    "PDFと音声（MP3・WAV・OGG・FLAC・AAC・M4A、12MBまで）、"
    "テキストとソースコード（512kBまで）です。",
)
UNKNOWN_KIND: Final = Text(
    en="“{name}” is a kind of file that I don't read. {taken}",
    ja="「{name}」は対応していない種類のファイルです。{taken}",
)
SOMETHING_ELSE: Final = Text(
    en="I can't read “{name}”: by what is in it, it is {what}. {taken}",
    ja="「{name}」は読み取れません。中身は{what}です。{taken}",
)
NOT_TEXT: Final = Text(
    en="I can't read “{name}” as text. If it is one, please save it as UTF-8 and attach it again."
    " {taken}",
    ja="「{name}」をテキストとして読み取れませんでした。"
    "テキストの場合は、UTF-8で保存してからもう一度添付してください。{taken}",
)
NOTHING_IN_IT: Final = Text(
    en="“{name}” is empty: there is nothing in it to read.",
    ja="「{name}」は空のファイルのため、読み取る内容がありません。",
)
TOO_LARGE: Final = Text(
    en="“{name}” is too large. {taken}",
    ja="「{name}」はサイズが大きすぎます。{taken}",
)
NO_LONGER_THERE: Final = Text(
    en="“{name}” is no longer there. Please attach it again.",
    ja="「{name}」は削除されたか、リンクの有効期限が切れています。もう一度添付してください。",
)
ELSEWHERE: Final = Text(
    en="“{name}” doesn't lie where Discord keeps its files, so I didn't open it.",
    ja="「{name}」はDiscordのファイル保存先にないため、開きませんでした。",
)
NOT_FETCHED: Final = Text(
    en="I couldn't fetch “{name}” from Discord. Please try again in a minute.",
    ja="「{name}」をDiscordから取得できませんでした。1分ほどおいてから再度お試しください。",
)
_FAILURES: Final[Mapping[AttachmentFailure, Text]] = {
    AttachmentFailure.WRONG_HOST: ELSEWHERE,
    AttachmentFailure.REDIRECTED: ELSEWHERE,
    AttachmentFailure.GONE: NO_LONGER_THERE,
    AttachmentFailure.TOO_LARGE: TOO_LARGE,
    AttachmentFailure.EMPTY: NOTHING_IN_IT,
    AttachmentFailure.UNREACHABLE: NOT_FETCHED,
}
CUT: Final = "\n[The text goes on: these are the first {kept:,} of its {total:,} characters.]"
"""What the model is told where it gets only the beginning."""

_BOMS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_JAPANESE: Final = ("cp932", "euc_jp")
_BINARY: Final = re.compile("[\x00-\x08\x0e-\x1a\x1c-\x1f]")
"""Controls that no text has, but for those of terminals."""
_STRAY: Final = re.compile("[\x80-\xa0\uf8f0-\uf8f3]")
"""What Python's cp932 makes of bytes that are no Shift_JIS."""
_HALF_WIDTH: Final = re.compile("[｡-ﾟ]")


@dataclass(frozen=True, slots=True)
class QuotedText:
    """A text that somebody attached; `left_out` is how many of its characters are not in `text`."""

    name: str
    text: str
    left_out: int = 0


class FileRefusedError(UserFacingError):
    """A file is not taken. Its name is for its user alone to read: as a text for logs and rows,
    the error does without.
    """

    def __init__(self, text: Text, attachment: Attachment, *, what: Text | None = None) -> None:
        filled = text.filled(name="{name}", taken=TAKEN, what=what or "")
        super().__init__(filled, private=True, name=escape(attachment.name, most=LONGEST_NAME))

    def __str__(self) -> str:
        return self.text.in_(Locale.ENGLISH, name="…")


def check(attachment: Attachment) -> None:
    """Look at a file before it is fetched. Raises UserFacingError if it would not be taken."""
    limit = most_bytes(attachment)
    if attachment.size_bytes == 0:
        raise FileRefusedError(NOTHING_IN_IT, attachment)
    if attachment.size_bytes > limit:
        raise FileRefusedError(TOO_LARGE, attachment)


def most_bytes(attachment: Attachment) -> int:
    """What a file of its kind may have. Raises UserFacingError for a kind that is not taken."""
    kind = kind_by_name(attachment.name, attachment.content_type)
    if kind is None:
        raise FileRefusedError(UNKNOWN_KIND, attachment)
    return LIMITS[kind]


def read(attachment: Attachment, content: bytes) -> Media | QuotedText:
    """What the model gets of a file, by what its bytes are. Raises UserFacingError if it is not
    what its name promised, or nothing that can be read.
    """
    if not content:
        raise FileRefusedError(NOTHING_IN_IT, attachment)
    found = kind_by_bytes(content)
    if isinstance(found, Text):
        raise FileRefusedError(SOMETHING_ELSE, attachment, what=found)
    kind = FileKind.TEXT if found is None else FileKind(found.kind.value)
    if len(content) > LIMITS[kind]:
        raise FileRefusedError(TOO_LARGE, attachment)
    if found is not None:
        return Media(found.kind, attachment.name, found.content_type, content)
    text = _decoded(content)
    if text is None:
        raise FileRefusedError(NOT_TEXT, attachment)
    if not text.strip():
        raise FileRefusedError(NOTHING_IN_IT, attachment)
    return _beginning(attachment.name, text)


def as_user_facing(error: AttachmentError, attachment: Attachment) -> UserFacingError:
    """The error that tells the user why their file was not fetched."""
    return FileRefusedError(_FAILURES[error.failure], attachment)


def _beginning(name: str, text: str) -> QuotedText:
    if len(text) <= MOST_CHARACTERS:
        return QuotedText(name, text)
    note = CUT.format(kept=MOST_CHARACTERS, total=len(text))
    return QuotedText(name, text[:MOST_CHARACTERS] + note, len(text) - MOST_CHARACTERS)


def _decoded(content: bytes) -> str | None:
    """The text, with lines as Unix ends them; None if it is none."""
    marked = next((encoding for bom, encoding in _BOMS if content.startswith(bom)), None)
    text = _strictly(content, marked or "utf-8")
    if text is None and marked is None:
        text = _in_japanese(content)
    if text is None or _BINARY.search(text):
        return None
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _in_japanese(content: bytes) -> str | None:
    """By Shift_JIS or EUC-JP. What is one of them and read as the other has half-width katakana
    where nobody would write them, if it can be read at all.
    """
    read_as = [_strictly(content, encoding) for encoding in _JAPANESE]
    texts = [text for text in read_as if text is not None and not _STRAY.search(text)]
    return min(texts, key=lambda text: len(_HALF_WIDTH.findall(text)), default=None)


def _strictly(content: bytes, encoding: str) -> str | None:
    try:
        return content.decode(encoding)
    except UnicodeDecodeError:
        return None
