"""The files of questions, fetched and read: what the model gets of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from lib.chat.attachments import as_user_facing, check, most_bytes, read
from lib.chat.prompting import Material
from lib.chat.quoting import quoted
from lib.interactions.errors import InteractionError, UserFacingError
from lib.interactions.resolved import Attachment
from lib.logs import get_logger
from lib.ports import AttachmentError, Exchange, Media, Services

log = get_logger(__name__)

FETCHING_SECONDS: Final = 10.0
REMEMBERING_SECONDS: Final = 2.0
"""The same for a file of an earlier question, without which the new one can be answered."""
LARGEST_MATERIAL: Final = 13 * 1024 * 1024
"""What all files of a request may have together: written as base64 it is a third more, and Gemini
takes requests of 20 MB.
"""
REMEMBERED_FILES: Final = 3
REMEMBERED_EXCHANGES: Final = 3
"""Files of so many of the latest exchanges are sent again with a new question."""


def fetch(
    services: Services,
    attachments: Sequence[Attachment],
    *,
    deadline_seconds: float = FETCHING_SECONDS,
) -> Material:
    """The material of a question, of which each file may take that long. Raises UserFacingError,
    in plain words, for a file that is not taken or not there.
    """
    texts: list[str] = []
    media: list[Media] = []
    left = LARGEST_MATERIAL
    for attachment in attachments:
        check(attachment)
        try:
            content = services.attachments.fetch(
                attachment.url,
                most_bytes=min(left, most_bytes(attachment)),
                deadline_seconds=deadline_seconds,
            )
        except AttachmentError as error:
            log.info("attachment_not_fetched", failure=error.failure.value, detail=error.detail)
            raise as_user_facing(error, attachment) from error
        left -= len(content)
        found = read(attachment, content)
        if isinstance(found, Media):
            media.append(found)
        else:
            texts.append(quoted("file", found.name, found.text))
    return Material(tuple(texts), tuple(media))


def attached_to(exchange: Exchange) -> tuple[Attachment, ...]:
    """The files that came with an earlier question."""
    return tuple(Attachment.from_payload(payload) for payload in exchange.attachments)


def remembered(services: Services, exchanges: Sequence[Exchange]) -> dict[int, Material]:
    """The material of the latest of `exchanges`, by place, as far as it is still there: Discord
    lets the addresses of files end after a day.
    """
    found: dict[int, Material] = {}
    left = REMEMBERED_FILES
    for exchange in reversed(exchanges[-REMEMBERED_EXCHANGES:]):
        if not exchange.attachments or len(exchange.attachments) > left:
            continue
        left -= len(exchange.attachments)
        try:
            found[exchange.place] = fetch(
                services, attached_to(exchange), deadline_seconds=REMEMBERING_SECONDS
            )
        except (UserFacingError, InteractionError) as error:
            log.info("attachment_not_remembered", reason=str(error))
    return found
