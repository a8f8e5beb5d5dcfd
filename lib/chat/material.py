"""The files of questions, fetched and read: what the model gets of them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

from lib.chat.attachments import FileRefusedError, as_user_facing, check, most_bytes, read
from lib.chat.file_kinds import FileKind, kind_by_name
from lib.chat.prompting import Material
from lib.chat.quoting import quoted
from lib.chat.tokens import estimate_media, estimate_tokens
from lib.interactions.errors import InteractionError, UserFacingError
from lib.interactions.resolved import Attachment
from lib.locales import Text
from lib.logs import get_logger
from lib.ports import (
    AttachmentError,
    AttachmentFailure,
    Exchange,
    Media,
    MediaKind,
    Services,
)

log = get_logger(__name__)

FETCHING_SECONDS: Final = 10.0
"""What fetching may take, for all files of a request together."""
REMEMBERING_SECONDS: Final = 2.0
"""What of it those of earlier questions may take, without which the new one can be answered."""
LARGEST_MATERIAL: Final = 13 * 1024 * 1024
"""What all files of a request may have together: written as base64 it is a third more, and Gemini
takes requests of 20 MB.
"""
REMEMBERED_FILES: Final = 3
REMEMBERED_EXCHANGES: Final = 3
"""Files of so many of the latest exchanges are sent again with a new question."""
REMEMBERED_TOKENS: Final = 60_000
"""What those may come to together: each of them is paid for with every question anew."""

TOO_LARGE_TOGETHER: Final = Text(
    en="“{name}” is too large to go with the other files: all of a question's files may have 13 MB"
    " together.",
    ja="「{name}」を含めるとサイズが大きすぎます。1つの質問に添付できるファイルは合計13MBまでです。",
)


class Needed(Enum):
    """Which of a question's files have to be read for it to be asked."""

    ALL = auto()
    ANY = auto()
    NONE = auto()


@dataclass(frozen=True, slots=True)
class ReadFile:
    """A file, and what the model gets of it: a text is quoted."""

    attachment: Attachment
    content: Media | str

    @property
    def kind(self) -> MediaKind | None:
        """What the model has to be able to read for it; None: nothing but text."""
        return self.content.kind if isinstance(self.content, Media) else None

    @property
    def tokens(self) -> int:
        """What it comes to at worst."""
        if isinstance(self.content, Media):
            return estimate_media(self.content.kind, len(self.content.content))
        return estimate_tokens(self.content)


@dataclass(frozen=True, slots=True)
class Gathered:
    """The files of a question: those that were read, and those that are left out."""

    read: tuple[ReadFile, ...] = ()
    left_out: tuple[Attachment, ...] = ()

    @property
    def material(self) -> Material:
        """What the model gets of them."""
        contents = [each.content for each in self.read]
        return Material(
            tuple(each for each in contents if isinstance(each, str)),
            tuple(each for each in contents if isinstance(each, Media)),
        )

    def readable(self, kinds: Collection[MediaKind]) -> Gathered:
        """The same without what only a model could read that reads more than `kinds`."""
        fitting = tuple(each for each in self.read if each.kind is None or each.kind in kinds)
        others = tuple(each.attachment for each in self.read if each not in fitting)
        return Gathered(fitting, (*self.left_out, *others))


class Gathering:
    """Fetches the files of one request, those of its question first: all of them have one bound in
    bytes, and one deadline, which begins with it. `has_fetched`: one of them at least was asked
    for, whatever came of it.
    """

    def __init__(self, services: Services) -> None:
        self._files = services.attachments
        self._clock = services.clock
        self._bytes_left = LARGEST_MATERIAL
        self._ends_at = self._clock.monotonic() + FETCHING_SECONDS
        self.has_fetched = False

    def asked(self, attachments: Sequence[Attachment], *, needed: Needed = Needed.ALL) -> Gathered:
        """The files of a question. Raises UserFacingError, in plain words, for one that is needed
        and not taken or not there; where ANY is needed and there is none, for the first.
        """
        found: list[ReadFile] = []
        left_out: list[Attachment] = []
        first_refusal: UserFacingError | None = None
        for attachment in attachments:
            try:
                found.append(self._fetch(attachment, ends_at=self._ends_at))
            except UserFacingError as refusal:
                if needed is Needed.ALL:
                    raise
                first_refusal = first_refusal or refusal
                left_out.append(attachment)
        if needed is Needed.ANY and not found and first_refusal is not None:
            raise first_refusal
        return Gathered(tuple(found), tuple(left_out))

    def remembered(
        self, exchanges: Sequence[Exchange], *, tokens: int, kinds: Collection[MediaKind]
    ) -> dict[int, Material]:
        """The material of the latest of `exchanges`, by place, the newest first: texts and `kinds`
        of no more than `tokens` at worst, and only what is still there: Discord lets the addresses
        of files end after a day. What does not fit is left out, file by file.
        """
        ends_at = min(self._ends_at, self._clock.monotonic() + REMEMBERING_SECONDS)
        found: dict[int, Material] = {}
        files_left, tokens_left = REMEMBERED_FILES, tokens
        for exchange in reversed(exchanges[-REMEMBERED_EXCHANGES:]):
            if not exchange.attachments or len(exchange.attachments) > files_left:
                continue
            files_left -= len(exchange.attachments)
            files: list[ReadFile] = []
            for payload in exchange.attachments:
                file = self._again(payload, ends_at=ends_at, tokens=tokens_left, kinds=kinds)
                if file is not None:
                    files.append(file)
                    tokens_left -= file.tokens
            if files:
                found[exchange.place] = Gathered(tuple(files)).material
        return found

    def _again(
        self, payload: object, *, ends_at: float, tokens: int, kinds: Collection[MediaKind]
    ) -> ReadFile | None:
        """A file of an earlier question; None: it is left out."""
        try:
            attachment = Attachment.from_payload(payload)
            if not _may_be_sent(attachment, tokens=tokens, kinds=kinds):
                return None
            file = self._fetch(attachment, ends_at=ends_at)
        except (UserFacingError, InteractionError) as error:
            log.info("attachment_not_remembered", reason=str(error))
            return None
        is_readable = file.kind is None or file.kind in kinds
        return file if is_readable and file.tokens <= tokens else None

    def _fetch(self, attachment: Attachment, *, ends_at: float) -> ReadFile:
        """The file, read. Raises UserFacingError."""
        check(attachment)
        if attachment.size_bytes > self._bytes_left:
            raise FileRefusedError(TOO_LARGE_TOGETHER, attachment)
        try:
            content = self._content(attachment, ends_at=ends_at)
        except AttachmentError as error:
            log.info("attachment_not_fetched", failure=error.failure.value, detail=error.detail)
            raise as_user_facing(error, attachment) from error
        self._bytes_left -= len(content)
        found = read(attachment, content)
        if isinstance(found, Media):
            return ReadFile(attachment, found)
        return ReadFile(attachment, quoted("file", found.name, found.text))

    def _content(self, attachment: Attachment, *, ends_at: float) -> bytes:
        """Its bytes. Raises AttachmentError."""
        seconds_left = ends_at - self._clock.monotonic()
        if seconds_left <= 0:
            raise AttachmentError(AttachmentFailure.UNREACHABLE, "no time is left for it")
        self.has_fetched = True
        return self._files.fetch(
            attachment.url,
            most_bytes=min(self._bytes_left, most_bytes(attachment)),
            deadline_seconds=seconds_left,
        )


def attached_to(exchange: Exchange) -> tuple[Attachment, ...]:
    """The files that came with an earlier question."""
    return tuple(Attachment.from_payload(payload) for payload in exchange.attachments)


def _may_be_sent(attachment: Attachment, *, tokens: int, kinds: Collection[MediaKind]) -> bool:
    """Whether it is worth being fetched again, by its name and size; of a text only what is in it
    can tell.
    """
    kind = kind_by_name(attachment.name, attachment.content_type)
    if kind is None or kind is FileKind.TEXT:
        return True
    media = MediaKind(kind.value)
    return media in kinds and estimate_media(media, attachment.size_bytes) <= tokens
