"""What an interaction speaks of by an id and brings along: attached files, and a message.

Sources: https://docs.discord.com/developers/interactions/receiving-and-responding
and https://docs.discord.com/developers/resources/message#attachment-object
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from lib.interactions.errors import PayloadError
from lib.interactions.json_fields import (
    list_of,
    object_of,
    optional,
    required,
    snowflake,
)

ATTACHMENT = 11
"""The type of an option whose value is the id of an attachment."""


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that somebody attached. Its `url` is signed: whoever has it has the file.

    `content_type` is what Discord takes it for, by its name; empty if it does not know.
    """

    id: str
    name: str
    url: str = field(repr=False)
    content_type: str
    size_bytes: int

    @classmethod
    def from_payload(cls, payload: object) -> Attachment:
        """Discord's attachment object. Raises PayloadError if it is none."""
        body = object_of(payload, "an attachment")
        size = required(body, "size", int)
        if isinstance(size, bool) or size < 0:
            raise PayloadError("size is not a number of bytes")
        return cls(
            id=snowflake(body, "id"),
            name=required(body, "filename", str),
            url=required(body, "url", str),
            content_type=optional(body, "content_type", str) or "",
            size_bytes=size,
        )

    def to_payload(self) -> dict[str, object]:
        """The same as Discord's attachment object, as far as `from_payload` reads it."""
        payload: dict[str, object] = {
            "id": self.id,
            "filename": self.name,
            "url": self.url,
            "size": self.size_bytes,
        }
        if self.content_type:
            payload["content_type"] = self.content_type
        return payload


@dataclass(frozen=True, slots=True)
class TargetMessage:
    """The message that a command of the message menu was called on.

    `text` is what it says: its content and, where there is none, that of the message it forwards
    or of its embeds. The files of a forwarded message are among `attachments`.
    """

    id: str
    author_id: str
    author_name: str
    text: str
    attachments: tuple[Attachment, ...] = ()

    @classmethod
    def from_payload(cls, payload: object) -> TargetMessage:
        """Discord's message object. Raises PayloadError if it is none."""
        body = object_of(payload, "a message")
        author = object_of(body.get("author"), "author")
        parts = [body, *_forwarded(body)]
        texts = [optional(part, "content", str) or "" for part in parts]
        embedded = ["\n".join(_of_embeds(part)) for part in parts]
        return cls(
            id=snowflake(body, "id"),
            author_id=snowflake(author, "id"),
            author_name=name_of(author),
            text=next((text for text in (*texts, *embedded) if text.strip()), ""),
            attachments=tuple(
                Attachment.from_payload(entry)
                for part in parts
                for entry in list_of(part, "attachments")
            ),
        )


def attachments_of(
    resolved: Mapping[str, object], options: list[Mapping[str, object]]
) -> dict[str, Attachment]:
    """The files that options name, by the options' names. Raises PayloadError."""
    found: dict[str, Attachment] = {}
    for option in options:
        if option.get("type") == ATTACHMENT:
            files = object_of(resolved.get("attachments"), "resolved.attachments")
            file = files.get(snowflake(option, "value"))
            found[required(option, "name", str)] = Attachment.from_payload(file)
    return found


def target_message_of(
    resolved: Mapping[str, object], target_id: str | None
) -> TargetMessage | None:
    """The message with that id, if it is one of those that came along. Raises PayloadError."""
    messages = resolved.get("messages")
    if target_id is None or messages is None:
        return None
    found = object_of(messages, "resolved.messages").get(target_id)
    return TargetMessage.from_payload(found)


def name_of(user: Mapping[str, object]) -> str:
    """The name that a user goes by."""
    return optional(user, "global_name", str) or optional(user, "username", str) or ""


def _forwarded(message: Mapping[str, object]) -> Iterator[Mapping[str, object]]:
    for entry in list_of(message, "message_snapshots"):
        snapshot = object_of(entry, "a snapshot")
        yield object_of(snapshot.get("message"), "a snapshot's message")


def _of_embeds(message: Mapping[str, object]) -> Iterator[str]:
    """What the embeds say, line by line."""
    for entry in list_of(message, "embeds"):
        embed = object_of(entry, "an embed")
        lines = [optional(embed, "title", str), optional(embed, "description", str)]
        for each in list_of(embed, "fields"):
            pair = object_of(each, "a field")
            lines += [optional(pair, "name", str), optional(pair, "value", str)]
        yield from (line for line in lines if line)
