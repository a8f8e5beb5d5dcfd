"""An interaction as Halley sees it: parsed once from Discord's JSON, checked, frozen.

Source: https://docs.discord.com/developers/interactions/receiving-and-responding
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from discord_interactions import InteractionType

from lib.interactions.errors import PayloadError
from lib.interactions.json_fields import (
    is_snowflake,
    list_of,
    object_of,
    optional,
    optional_snowflake,
    required,
    snowflake,
)
from lib.interactions.resolved import (
    Attachment,
    TargetMessage,
    attachments_of,
    name_of,
    target_message_of,
)
from lib.locales import Locale

OptionValue = str | int | float | bool

ADMINISTRATOR = 1 << 3
MANAGE_CHANNELS = 1 << 4
MANAGE_GUILD = 1 << 5
EPHEMERAL = 1 << 6
KNOWN_TYPES = frozenset(
    (
        InteractionType.PING,
        InteractionType.APPLICATION_COMMAND,
        InteractionType.MESSAGE_COMPONENT,
        InteractionType.APPLICATION_COMMAND_AUTOCOMPLETE,
        InteractionType.MODAL_SUBMIT,
    )
)
COMMAND_TYPES = frozenset(
    (InteractionType.APPLICATION_COMMAND, InteractionType.APPLICATION_COMMAND_AUTOCOMPLETE)
)
THREADS = (10, 11, 12)
"""The types of channels that are threads of others."""
SUB_COMMAND = 1
SUB_COMMAND_GROUP = 2


@dataclass(frozen=True, slots=True)
class User:
    """Who asks; `role_ids` and `permissions` are those in the guild they ask in."""

    id: str
    name: str
    permissions: int = 0
    role_ids: frozenset[str] = frozenset()

    @property
    def is_administrator(self) -> bool:
        """Whether they administer the guild they ask in; False in direct messages."""
        return bool(self.permissions & ADMINISTRATOR)

    @property
    def manages_guild(self) -> bool:
        """Whether they may change how the bot behaves there; False in direct messages."""
        return bool(self.permissions & (ADMINISTRATOR | MANAGE_GUILD))

    @property
    def manages_channels(self) -> bool:
        """Whether they may change the channels there, and so steer who is heard in them."""
        return bool(self.permissions & (ADMINISTRATOR | MANAGE_CHANNELS))


@dataclass(frozen=True, slots=True)
class Interaction:
    """One interaction. Which of the later fields are filled depends on `type`.

    `discord_locale` is the code of the user's language as Discord sends it, also for those that
    Halley does not speak; empty if it does not. `parent_channel_id` is the channel that the thread
    they are in belongs to, if it is a thread.
    `options` are by name, and so are the `attachments` that options hold; `subcommand` is the path
    below the command ("state", "log level"); `focused` names the option being typed
    (autocomplete); `target_message` is what a command of the message menu was called on.
    `custom_id` and `values` belong to components, `custom_id` and `fields` (by their custom_id) to
    modals; `message_id` is the message that either belongs to, and `on_ephemeral` tells whether
    only this user sees it.
    """

    id: str
    type: int
    token: str
    application_id: str
    user: User
    locale: Locale
    discord_locale: str = ""
    guild_id: str | None = None
    channel_id: str | None = None
    parent_channel_id: str | None = None
    command_name: str = ""
    subcommand: str = ""
    options: Mapping[str, OptionValue] = field(default_factory=dict)
    focused: str = ""
    target_id: str | None = None
    attachments: Mapping[str, Attachment] = field(default_factory=dict)
    target_message: TargetMessage | None = None
    custom_id: str = ""
    values: tuple[str, ...] = ()
    fields: Mapping[str, str] = field(default_factory=dict)
    message_id: str | None = None
    on_ephemeral: bool = False

    @property
    def called(self) -> str:
        """What it calls, as logs name it: `debug state`, or `privacy:delete` without the state that
        a custom_id may carry.
        """
        if self.command_name:
            return f"{self.command_name} {self.subcommand}".rstrip()
        return ":".join(self.custom_id.split(":")[:2])

    @classmethod
    def from_payload(cls, payload: object) -> Interaction:
        """Parse the JSON value that Discord posted. Raises PayloadError if it is none of its."""
        body = object_of(payload, "the body")
        kind = body.get("type")
        if not isinstance(kind, int) or isinstance(kind, bool) or kind not in KNOWN_TYPES:
            raise PayloadError("unknown interaction type")
        if kind == InteractionType.PING:
            return cls(
                id=optional(body, "id", str) or "",
                type=InteractionType.PING,
                token="",
                application_id=optional(body, "application_id", str) or "",
                user=User(id="", name=""),
                locale=Locale.ENGLISH,
            )
        data = object_of(body.get("data"), "data")
        token = required(body, "token", str)
        if not token:  # without it nothing but a PING can be answered
            raise PayloadError("token is missing")
        asked = (  # in the order of the fields
            snowflake(body, "id"),
            kind,
            token,
            snowflake(body, "application_id"),
            _user(body),
            Locale.of(locale := optional(body, "locale", str)),
            locale or "",
            optional_snowflake(body, "guild_id"),
            optional_snowflake(body, "channel_id"),
            _parent_channel_id(body),
        )
        if kind in COMMAND_TYPES:
            called = _called(data)
            options, focused = _values(called.options)
            target_id = optional_snowflake(data, "target_id")
            # While somebody types, what they chose before comes without what it stands for.
            is_typed = kind == InteractionType.APPLICATION_COMMAND_AUTOCOMPLETE
            resolved = object_of(data.get("resolved") or {}, "data.resolved")
            return cls(
                *asked,
                command_name=called.name,
                subcommand=called.subcommand,
                options=options,
                focused=focused,
                target_id=target_id,
                attachments={} if is_typed else attachments_of(resolved, called.options),
                target_message=target_message_of(resolved, target_id),
            )
        message = _message(body)
        return cls(
            *asked,
            custom_id=required(data, "custom_id", str),
            values=_chosen(data),
            fields=dict(_modal_fields(data.get("components"))),
            message_id=None if message is None else snowflake(message, "id"),
            on_ephemeral=message is not None and _is_ephemeral(message),
        )


def _user(body: Mapping[str, object]) -> User:
    member = body.get("member")
    if member is None:
        user = object_of(body.get("user"), "user")
        return User(snowflake(user, "id"), name_of(user))
    member = object_of(member, "member")
    permissions = optional(member, "permissions", str) or "0"
    if not (permissions.isascii() and permissions.isdigit() and len(permissions) < 40):  # noqa: PLR2004
        raise PayloadError("member.permissions is not a number")
    roles = list_of(member, "roles")
    if not all(map(is_snowflake, roles)):
        raise PayloadError("member.roles is not a list of Discord ids")
    user = object_of(member.get("user"), "member.user")
    return User(
        snowflake(user, "id"), name_of(user), int(permissions), frozenset(str(r) for r in roles)
    )


def _parent_channel_id(body: Mapping[str, object]) -> str | None:
    channel = object_of(body.get("channel") or {}, "channel")
    # Other channels have parents too: the categories they are listed under.
    if channel.get("type") not in THREADS:
        return None
    return optional_snowflake(channel, "parent_id")


class _Called(NamedTuple):
    """What a command was called with; `subcommand` is the path below its name."""

    name: str
    subcommand: str
    options: list[Mapping[str, object]]


def _called(data: Mapping[str, object]) -> _Called:
    path: list[str] = []
    raw = _options(data)
    while len(raw) == 1 and raw[0].get("type") in (SUB_COMMAND, SUB_COMMAND_GROUP):
        path.append(required(raw[0], "name", str))
        raw = _options(raw[0])
        if len(path) > 2:  # noqa: PLR2004 - a group and a subcommand are all there is
            raise PayloadError("subcommands are nested too deep")
    return _Called(required(data, "name", str), " ".join(path), raw)


def _values(raw: list[Mapping[str, object]]) -> tuple[Mapping[str, OptionValue], str]:
    """The options' values by name, and the name of the one being typed."""
    options: dict[str, OptionValue] = {}
    focused = ""
    for option in raw:
        name = required(option, "name", str)
        value = option.get("value")
        if not isinstance(value, str | int | float):
            raise PayloadError(f"option {name!r:.40} has no value")
        options[name] = value
        if option.get("focused") is True:
            focused = name
    return options, focused


def _chosen(data: Mapping[str, object]) -> tuple[str, ...]:
    values = data.get("values") or ()
    if not isinstance(values, list | tuple) or not all(isinstance(v, str) for v in values):
        raise PayloadError("data.values is not a list of texts")
    return tuple(values)


def _message(body: Mapping[str, object]) -> Mapping[str, object] | None:
    message = body.get("message")
    return None if message is None else object_of(message, "message")


def _is_ephemeral(message: Mapping[str, object]) -> bool:
    return bool((optional(message, "flags", int) or 0) & EPHEMERAL)


def _modal_fields(components: object, depth: int = 0) -> list[tuple[str, str]]:
    """The texts of a submitted modal, out of Label (18) or the older action rows (1)."""
    if components is None:
        return []
    if not isinstance(components, list) or depth > 2:  # noqa: PLR2004 - a row, a label, an input
        raise PayloadError("data.components has the wrong shape")
    found: list[tuple[str, str]] = []
    for entry in components:
        component = object_of(entry, "a component")
        if isinstance(value := component.get("value"), str):
            found.append((required(component, "custom_id", str), value))
        found += _modal_fields(component.get("components"), depth + 1)
        if (inner := component.get("component")) is not None:
            found += _modal_fields([inner], depth + 1)
    return found


def _options(data: Mapping[str, object]) -> list[Mapping[str, object]]:
    return [object_of(option, "an option") for option in list_of(data, "options")]
