"""Interactions as Discord posts them, and Discord's signature over them.

    payload = slash("ask", prompt="Hello").by("42").in_japanese().build()
    body, headers = signed(payload, TEST_KEY, at=clock.now())

Shape: https://docs.discord.com/developers/interactions/receiving-and-responding
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Final

from nacl.signing import SigningKey

TEST_KEY: Final = SigningKey(bytes(range(32)))
PUBLIC_KEY: Final = TEST_KEY.verify_key.encode().hex()
APPLICATION_ID: Final = "1180000000000000900"
GUILD: Final = "1180000000000000100"
CHANNEL: Final = "1180000000000000200"
DM_CHANNEL: Final = "1180000000000000201"
ASKER: Final = "1180000000000000300"
TARGET: Final = "1180000000000000777"
TARGETS_AUTHOR: Final = "1180000000000000301"
BEGINNING: Final = datetime(2026, 1, 1, tzinfo=UTC)

_PING, _COMMAND, _COMPONENT, _AUTOCOMPLETE, _MODAL = 1, 2, 3, 4, 5
_OPTION_TYPES: Final = {bool: 5, int: 4, float: 10, str: 3, dict: 11}
_DISCORD_EPOCH_MS: Final = 1_420_070_400_000
_GUILD_PERMISSIONS: Final = "2248473465835073"

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class InteractionBuilder:
    """One interaction in the making; every method gives a changed copy."""

    kind: int
    data: Json | None
    user: str = ASKER
    guild: str | None = GUILD
    language: str = "en-US"
    moment: datetime = BEGINNING
    number: int = 1
    user_install: bool = False
    message: Json | None = None
    changes: Mapping[str, object] = field(default_factory=dict)

    def by(self, user: str) -> InteractionBuilder:
        return replace(self, user=user)

    def in_guild(self, guild: str) -> InteractionBuilder:
        return replace(self, guild=guild)

    def in_thread(self, parent: str) -> InteractionBuilder:
        """In a thread of the channel `parent`."""
        channel = {"id": CHANNEL, "type": 11, "name": "a thread", "parent_id": parent}
        return self.changed(channel=channel)

    def in_dm(self) -> InteractionBuilder:
        return replace(self, guild=None)

    def in_japanese(self) -> InteractionBuilder:
        return replace(self, language="ja")

    def in_language(self, language: str) -> InteractionBuilder:
        return replace(self, language=language)

    def at(self, moment: datetime) -> InteractionBuilder:
        """Made by Discord at that moment: its id tells so."""
        return replace(self, moment=moment)

    def numbered(self, number: int) -> InteractionBuilder:
        """Apart from others of the same millisecond."""
        return replace(self, number=number)

    def installed_by_user(self) -> InteractionBuilder:
        """From an application that only the user has added, in somebody else's guild."""
        return replace(self, user_install=True)

    def with_member(self, **changes: object) -> InteractionBuilder:
        """By a member with other values, such as roles or permissions."""
        return self.changed(member={**self.build()["member"], **changes})

    def changed(self, **changes: object) -> InteractionBuilder:
        """With other values at the top level."""
        return replace(self, changes={**self.changes, **changes})

    @property
    def id(self) -> str:
        milliseconds = round(self.moment.timestamp() * 1000) - _DISCORD_EPOCH_MS
        return str((milliseconds << 22) + self.number)

    @property
    def token(self) -> str:
        """Shaped as Discord's: base64 that begins with "interaction:"."""
        secret = f"interaction:{self.id}:{'Zx9' * 20}".encode()
        return base64.urlsafe_b64encode(secret).decode().rstrip("=")

    def build(self) -> Json:
        """Discord's JSON."""
        payload: Json = {
            "app_permissions": "562949953601536",
            "application_id": APPLICATION_ID,
            "attachment_size_limit": 10485760,
            "entitlements": [],
            "id": self.id,
            "token": self.token,
            "type": self.kind,
            "version": 1,
        }
        if self.kind == _PING:
            return payload | {"user": _user(self.user)} | dict(self.changes)
        payload |= {"data": self.data, "locale": self.language, **self._place()}
        if self.message is not None:
            payload["message"] = self.message
        return payload | dict(self.changes)

    def _place(self) -> Json:
        installed = {"1": self.user} if self.user_install else {"0": self.guild or "0"}
        place: Json = {"authorizing_integration_owners": installed}
        if self.guild is None:
            channel = {"id": DM_CHANNEL, "type": 1, "flags": 0, "last_message_id": self.id}
            return place | {
                "channel": channel,
                "channel_id": DM_CHANNEL,
                "context": 1,
                "user": _user(self.user),
            }
        return place | {
            "channel": {"id": CHANNEL, "type": 0, "name": "general", "permissions": "0"},
            "channel_id": CHANNEL,
            "context": 0,
            "guild": {"id": self.guild, "locale": "en-US", "features": []},
            "guild_id": self.guild,
            "guild_locale": "en-US",
            "member": {
                "avatar": None,
                "communication_disabled_until": None,
                "deaf": False,
                "flags": 0,
                "joined_at": "2024-02-03T04:05:06.789000+00:00",
                "mute": False,
                "nick": None,
                "pending": False,
                "permissions": _GUILD_PERMISSIONS,
                "premium_since": None,
                "roles": [],
                "user": _user(self.user),
            },
        }


def ping() -> InteractionBuilder:
    """What Discord posts to see whether the endpoint answers."""
    return InteractionBuilder(_PING, None)


def slash(name: str, /, **options: str | float | bool | Json) -> InteractionBuilder:
    """A slash command with its options; a file is what `attached` gives."""
    data = _command(name, [_option(*pair) for pair in options.items()])
    files = {file["id"]: file for file in options.values() if isinstance(file, dict)}
    return InteractionBuilder(_COMMAND, data | _resolved(attachments=files))


def attached(
    name: str = "comet.png",
    *,
    number: int = 1,
    content_type: str | None = "image/png",
    size: int = 1024,
    url: str = "",
) -> Json:
    """Discord's object of an attached file, that of its number."""
    file_id = str(1180000000000000800 + number)
    place = f"https://cdn.discordapp.com/ephemeral-attachments/{APPLICATION_ID}/{file_id}"
    attachment: Json = {
        "ephemeral": True,
        "filename": name,
        "id": file_id,
        "proxy_url": f"https://media.discordapp.net/{file_id}/{name}",
        "size": size,
        "url": url or f"{place}/{name}?ex=1&is=2&hm=3",
    }
    return attachment | ({} if content_type is None else {"content_type": content_type})


def subcommand(name: str, /, *path: str, **options: str | float | bool) -> InteractionBuilder:
    """A subcommand, or one within a group: `subcommand("log", "level", value=3)`."""
    entries = [_option(*pair) for pair in options.items()]
    return InteractionBuilder(_COMMAND, _command(name, _below(path, entries)))


def message_command(name: str, target: str = TARGET, /, **message: object) -> InteractionBuilder:
    """A command of a message's menu; `message` are fields that its target has beside the usual."""
    found = _message() | {"id": target, "author": _user(TARGETS_AUTHOR), "flags": 0, "type": 0}
    data = _command(name, []) | {"type": 3, "target_id": target}
    return InteractionBuilder(_COMMAND, data | _resolved(messages={target: found | message}))


def typing(
    name: str, /, *path: str, focused: str, **options: str | float | bool
) -> InteractionBuilder:
    """A request for proposals while somebody types the option `focused`, of a subcommand or not."""
    entries = [_option(*pair) for pair in options.items()]
    for entry in entries:
        if entry["name"] == focused:
            entry["focused"] = True
    return InteractionBuilder(_AUTOCOMPLETE, _command(name, _below(path, entries)))


def press(custom_id: str, *, ephemeral: bool = True) -> InteractionBuilder:
    """A press on a button of a message of the bot's, which its user alone sees or everybody."""
    data = {"component_type": 2, "custom_id": custom_id, "id": 2}
    return InteractionBuilder(
        _COMPONENT, data, message=_message() | {"flags": 64 if ephemeral else 0}
    )


def choose(custom_id: str, *values: str) -> InteractionBuilder:
    """A choice in a select menu."""
    data = {"component_type": 3, "custom_id": custom_id, "id": 2, "values": list(values)}
    return InteractionBuilder(_COMPONENT, data, message=_message())


def submit(custom_id: str, **fields: str) -> InteractionBuilder:
    """A submitted modal whose inputs stand in labels."""
    components = [
        {"type": 18, "id": number, "component": {"type": 4, "custom_id": name, "value": value}}
        for number, (name, value) in enumerate(fields.items(), 1)
    ]
    return InteractionBuilder(_MODAL, {"custom_id": custom_id, "components": components})


def submit_rows(custom_id: str, **fields: str) -> InteractionBuilder:
    """A submitted modal of the older kind, whose inputs stand in action rows."""
    components = [
        {"type": 1, "id": 1, "components": [{"type": 4, "custom_id": name, "value": value}]}
        for name, value in fields.items()
    ]
    return InteractionBuilder(_MODAL, {"custom_id": custom_id, "components": components})


def signed(
    payload: object, key: SigningKey = TEST_KEY, *, at: datetime = BEGINNING
) -> tuple[bytes, dict[str, str]]:
    """A JSON value (or bytes, as they are) as a body, and the headers Discord sends with it."""
    body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    timestamp = str(int(at.timestamp()))
    signature = key.sign(timestamp.encode() + body).signature.hex()
    return body, {"X-Signature-Ed25519": signature, "X-Signature-Timestamp": timestamp}


def _command(name: str, options: list[Json]) -> Json:
    data: Json = {"id": "1180000000000000400", "name": name, "type": 1}
    return data | {"options": options} if options else data


def _below(path: Sequence[str], options: list[Json]) -> list[Json]:
    """The options of a call as they stand under its subcommand, and that under its group."""
    for depth, step in enumerate(reversed(path)):
        options = [{"name": step, "type": 1 if depth == 0 else 2, "options": options}]
    return options


def _option(name: str, value: object) -> Json:
    shown = value["id"] if isinstance(value, dict) else value
    return {"name": name, "type": _OPTION_TYPES[type(value)], "value": shown}


def _resolved(**groups: Mapping[str, Json]) -> Json:
    """What came along of the things that ids stand for."""
    found = {group: things for group, things in groups.items() if things}
    return {"resolved": found} if found else {}


def _user(user: str) -> Json:
    return {
        "avatar": "2549318b6a5f514a6c4a4379ed89a469",
        "avatar_decoration_data": None,
        "clan": None,
        "discriminator": "0",
        "global_name": "Edmond",
        "id": user,
        "primary_guild": None,
        "public_flags": 0,
        "username": "edmond",
    }


def _message() -> Json:
    return {
        "id": "1180000000000000500",
        "type": 20,
        "channel_id": CHANNEL,
        "content": "Press here.",
        "author": _user(APPLICATION_ID) | {"bot": True},
        "components": [],
        "embeds": [],
        "attachments": [],
        "flags": 64,
        "mentions": [],
        "timestamp": "2026-01-01T00:00:00.000000+00:00",
    }
