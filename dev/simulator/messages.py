"""Messages of the local channels, kept and changed as Discord does it."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import IntEnum
from typing import Final

from dev.simulator import limits
from dev.simulator.components import number_components
from dev.simulator.errors import DiscordError, JsonObject, Refusal, checked_form
from dev.simulator.message_bodies import (
    SETTABLE_FLAGS,
    MessageFlag,
    check_message,
    check_not_empty,
    flags_of,
)
from dev.simulator.snowflakes import Clock, timestamp
from dev.simulator.world import User, World

USER_MENTION: Final = re.compile(r"<@!?(\d+)>")
ROLE_MENTION: Final = re.compile(r"<@&(\d+)>")
EVERYONE_MENTION: Final = re.compile(r"@(everyone|here)\b")


class MessageType(IntEnum):
    """The message types that occur here."""

    DEFAULT = 0
    REPLY = 19
    CHAT_INPUT_COMMAND = 20
    CONTEXT_MENU_COMMAND = 23


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a message comes from, beside its author and text."""

    type: MessageType = MessageType.DEFAULT
    webhook_id: str | None = None
    interaction: JsonObject = field(default_factory=dict)
    reference: JsonObject | None = None


@dataclass(slots=True)
class MessageBook:
    """Every message there is. Hands out copies, so that nothing changes behind its back."""

    world: World
    clock: Clock
    next_id: Callable[[], str]
    _messages: dict[str, JsonObject] = field(default_factory=dict)

    def get(self, message_id: str, *, channel_id: str | None = None) -> JsonObject:
        message = self._messages.get(message_id)
        if message is None or channel_id not in (None, message["channel_id"]):
            raise DiscordError(Refusal.UNKNOWN_MESSAGE)
        return deepcopy(message)

    def is_loading(self, message_id: str) -> bool:
        """Whether it is a deferral still waiting for its first edit."""
        return MessageFlag.LOADING in flags_of(self._messages.get(message_id, {}))

    def in_channel(self, channel_id: str) -> list[JsonObject]:
        """A channel's messages, oldest first, ephemeral ones among them."""
        return [
            deepcopy(message)
            for message in self._messages.values()
            if message["channel_id"] == channel_id
        ]

    def with_nonce(self, nonce: object, *, channel_id: str, author: User) -> JsonObject | None:
        """The message an author sent under that nonce within the last few minutes."""
        oldest = self.clock() - timedelta(seconds=limits.NONCE_SECONDS)
        for message in self._messages.values():
            if (
                (message["channel_id"], message["author"]["id"]) == (channel_id, author.id)
                and message.get("nonce") == nonce
                and datetime.fromisoformat(message["timestamp"]) > oldest
            ):
                return deepcopy(message)
        return None

    def everything(self) -> list[JsonObject]:
        return [deepcopy(message) for message in self._messages.values()]

    def create(
        self,
        body: JsonObject,
        *,
        author: User,
        channel_id: str,
        origin: Origin | None = None,
        files: Sequence[JsonObject] = (),
    ) -> JsonObject:
        """A new message, from a body that is checked first."""
        flags = flags_of(body) & SETTABLE_FLAGS
        check_message(body, flags=flags)
        _check_uploaded(files, body)
        attachments = _described(files, body)
        check_not_empty({**body, "attachments": attachments})
        message = self._blank(author, channel_id=channel_id, origin=origin or Origin(), flags=flags)
        message["nonce"] = body.get("nonce")
        self._fill(message, body)
        message["attachments"] = attachments
        self._messages[message["id"]] = message
        return deepcopy(message)

    def create_loading(
        self, *, author: User, channel_id: str, origin: Origin, ephemeral: bool
    ) -> JsonObject:
        """The "is thinking" message of a deferral."""
        flags = MessageFlag.LOADING | (MessageFlag.EPHEMERAL if ephemeral else MessageFlag(0))
        message = self._blank(author, channel_id=channel_id, origin=origin, flags=flags)
        self._messages[message["id"]] = message
        return deepcopy(message)

    def edit(
        self, message_id: str, body: JsonObject, *, files: Sequence[JsonObject] = ()
    ) -> JsonObject:
        """Changes what the body names and leaves the rest; the first edit ends the loading."""
        message = self.get(message_id)
        old = flags_of(message)
        settable = MessageFlag.IS_COMPONENTS_V2 | MessageFlag.SUPPRESS_EMBEDS
        flags = (old | (flags_of(body) & settable)) & ~MessageFlag.LOADING
        check_message(body, flags=flags)
        _check_uploaded(files, body)
        self._fill(message, body)
        kept = message["attachments"]
        if body.get("attachments") is not None:
            ids = {str(item.get("id")) for item in body["attachments"]}
            kept = [item for item in kept if item["id"] in ids]
        message["attachments"] = [*kept, *_described(files, body)]
        check_not_empty(message)
        message["flags"] = int(flags)
        if MessageFlag.LOADING not in old:
            message["edited_timestamp"] = timestamp(self.clock())
        self._messages[message_id] = message
        return deepcopy(message)

    def delete(self, message_id: str) -> JsonObject:
        """Takes a message away and hands it back."""
        message = self.get(message_id)
        del self._messages[message_id]
        return message

    def _blank(
        self, author: User, *, channel_id: str, origin: Origin, flags: MessageFlag
    ) -> JsonObject:
        message: JsonObject = {
            "id": self.next_id(),
            "channel_id": channel_id,
            "author": author.as_json(),
            "type": int(origin.type),
            "content": "",
            "timestamp": timestamp(self.clock()),
            "edited_timestamp": None,
            "tts": False,
            "mention_everyone": False,
            "mentions": [],
            "mention_roles": [],
            "attachments": [],
            "embeds": [],
            "components": [],
            "pinned": False,
            "flags": int(flags),
            **origin.interaction,
        }
        if origin.webhook_id is not None:
            message["webhook_id"] = origin.webhook_id
            message["application_id"] = origin.webhook_id
        if origin.reference is not None:
            message["message_reference"] = origin.reference
        return message

    def _fill(self, message: JsonObject, body: JsonObject) -> None:
        if "content" in body:
            message["content"] = body["content"] or ""
        if "embeds" in body:
            message["embeds"] = [
                {"type": "rich", **embed} for embed in deepcopy(body["embeds"] or [])
            ]
        if "components" in body:
            message["components"] = deepcopy(body["components"] or [])
            number_components(message["components"])
        self._mention(message, body.get("allowed_mentions"))

    def _mention(self, message: JsonObject, allowed: JsonObject | None) -> None:
        """Sets who is pinged. Without allowed_mentions Discord pings everyone the text names."""
        content: str = message["content"]
        parse = ["users", "roles", "everyone"] if allowed is None else allowed.get("parse") or []
        named = (allowed or {}).get("users") or []
        users = [
            user
            for user_id in dict.fromkeys(USER_MENTION.findall(content))
            if (user := self.world.user(user_id)) and ("users" in parse or user_id in named)
        ]
        message["mentions"] = [user.as_json() for user in users]
        named_roles = (allowed or {}).get("roles") or []
        message["mention_roles"] = [
            role_id
            for role_id in dict.fromkeys(ROLE_MENTION.findall(content))
            if "roles" in parse or role_id in named_roles
        ]
        message["mention_everyone"] = "everyone" in parse and bool(EVERYONE_MENTION.search(content))


def _check_uploaded(files: Sequence[JsonObject], body: JsonObject) -> None:
    """Refuses a body that numbers a file which did not come; longer ids are those of messages."""
    with checked_form() as form:
        for index, described in enumerate(body.get("attachments") or ()):
            number = str(described["id"])
            if len(files) <= int(number) < limits.ATTACHMENTS:
                form.add(
                    ("attachments", index),
                    code="ATTACHMENT_NOT_FOUND",
                    message="Attachment data not found",
                )


def _described(files: Sequence[JsonObject], body: JsonObject) -> list[JsonObject]:
    """Uploaded files with what the body's `attachments` says of files[n] under the id n."""
    told = {
        str(item.get("id")): item
        for item in body.get("attachments") or ()
        if isinstance(item, dict)
    }
    described = []
    for number, file in enumerate(files):
        extra = told.get(str(number), {})
        described.append(
            {**file, **{name: extra[name] for name in ("description", "title") if extra.get(name)}}
        )
    return described
