"""How a command is declared: what Discord is told of it, and who answers it.

One file in lib/commands holds one `command = Command(...)`, its handlers and its texts.
Source of the limits: https://docs.discord.com/developers/interactions/application-commands
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum, IntEnum
from typing import TYPE_CHECKING, Protocol, TypeVar

from lib.interactions.interaction import SUB_COMMAND, Interaction, OptionValue
from lib.interactions.lookup import look_up
from lib.interactions.resolved import Attachment
from lib.interactions.response import Choice, Json, Message, Modal
from lib.locales import Locale, Text
from lib.settings import Settings

if TYPE_CHECKING:  # the ports are loaded by who works with them, after Discord is answered
    from uuid import UUID

    from lib.ports import Background, Clock, Services

T = TypeVar("T")

Reply = Message | Sequence[Message]
"""One message, or several in order: the response and its follow-ups."""
Progress = Reply | Callable[[], Reply]
"""A reply, or what makes it: called only if it is really shown, and then perhaps twice."""


class Registry(Protocol):
    """All commands there are."""

    def find(self, name: str) -> Command | None:
        """The command of that name, loaded alone."""

    def all(self) -> Sequence[Command]:
        """Every command, by name."""


@dataclass(frozen=True, slots=True)
class Context:
    """What a handler is given. `assemble` gives the ports, which take a moment to make."""

    interaction: Interaction
    settings: Settings
    clock: Clock
    registry: Registry
    assemble: Callable[[], Services] | None = field(default=None, kw_only=True, repr=False)

    @property
    def locale(self) -> Locale:
        """The language the user reads."""
        return self.interaction.locale

    def look_up(self, question: Callable[[Services], T], *, patience_seconds: float) -> T | None:
        """What `question` finds by the ports, for an instant answer that is better with it. None if
        there are none, if it fails, or if it takes longer: all of it is part of Discord's three
        seconds, loading the ports included.
        """
        if (assemble := self.assemble) is None:
            return None
        return look_up(
            lambda: question(assemble()), clock=self.clock, patience_seconds=patience_seconds
        )

    def text_option(self, name: str) -> str:
        """A text option's value; empty if it was left out."""
        value = self.interaction.options.get(name, "")
        return value if isinstance(value, str) else ""

    def flag_option(self, name: str) -> bool:
        """A true-or-false option's value; False if it was left out."""
        return self.interaction.options.get(name) is True

    def integer_option(self, name: str) -> int | None:
        """An integer option's value; None if it was left out."""
        value = self.interaction.options.get(name)
        return value if isinstance(value, int) and not isinstance(value, bool) else None

    def attachment_option(self, name: str) -> Attachment | None:
        """The file of an attachment option; None if it was left out."""
        return self.interaction.attachments.get(name)


@dataclass(frozen=True, slots=True)
class WorkContext(Context):
    """What a deferred handler is given: the ports as well, and the seconds it may take.

    What it submits to `background` is done when its answer is seen, and before it is recorded as
    such: it is done again where that record is lost, or where it raised StoreError, and must bear
    that. `begun_at` is when the work began, in the clock's monotonic seconds. `command_id` names
    the command, in every run of it alike. `message_ids` gives the ids of the messages that show
    the answer so far, the first one first. `is_again`: a run before this ended too soon.
    """

    services: Services
    deadline_seconds: float
    background: Background
    begun_at: float
    command_id: UUID
    message_ids: Callable[[], tuple[str, ...]]
    is_again: bool = False

    @property
    def ends_at(self) -> float:
        """When its time is up, likewise."""
        return self.begun_at + self.deadline_seconds


Check = Callable[[Context], None]
"""Raises UserFacingError when the command is not for this user, here, now."""


Afterwards = Callable[[WorkContext], None]
"""Work when a response has left. Its failures are logged, and the user is told nothing of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Instant:
    """A handler that answers at once: no I/O but `Context.look_up`, or Discord's three seconds are
    gone.

    `replaces`: for components, change the message they sit on instead of sending another.
    `checks` hold for this handler, beside the command's. `afterwards` is done when the answer has
    left: it may do the I/O that the answer could not wait for.
    """

    run: Callable[[Context], Message | Modal]
    replaces: bool = False
    checks: tuple[Check, ...] = ()
    afterwards: Afterwards | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Deferred:
    """A handler that works after Discord was told to wait.

    It returns the reply, or yields replies, each the whole of what is to be seen at that moment;
    the last one stays. None shows nothing: what was to be seen is gone, or is left as it is. It
    may be run again if an invocation dies, and must bear that.
    `cooldown_seconds` is how long one user waits before the next, of all that have the same
    `cooldown_name`; without a name, of this one alone. `anonymous`: the ledger notes
    that it was called, and not by whom. `replaces`: for components, change the message they sit
    on; it stays as it is where that comes to nothing. `checks` hold for this handler, beside the
    command's. `form`, where it gives one, is shown instead, and nothing is deferred; `after_form`
    is then done when it has left.
    """

    run: Callable[[WorkContext], Reply | Generator[Progress | None] | None]
    ephemeral: Callable[[Context], bool] = lambda _context: False
    replaces: bool = False
    cooldown_seconds: float = 0.0
    cooldown_name: str = ""
    anonymous: bool = False
    checks: tuple[Check, ...] = ()
    form: Callable[[Context], Modal | None] = lambda _context: None
    after_form: Afterwards | None = None


Handler = Instant | Deferred
Completer = Callable[[Context], Sequence[Choice]]


class CommandKind(IntEnum):
    """Where a command is found in Discord."""

    SLASH = 1
    USER = 2
    MESSAGE = 3


class Group(Enum):
    """What a command is about, in the order in which `/help` tells of them."""

    CONVERSATION = Text(en="Conversation", ja="会話")
    MUSIC = Text(en="Music", ja="音楽")
    QUEUE = Text(en="The music queue", ja="再生キュー")
    SERVER = Text(en="This server's settings", ja="サーバーの設定")
    BOT = Text(en="About the bot", ja="Botについて")
    OTHER = Text(en="And more", ja="その他")


class OptionKind(IntEnum):
    """The type of an option's value."""

    TEXT = 3
    INTEGER = 4
    FLAG = 5
    USER = 6
    CHANNEL = 7
    ROLE = 8
    MENTIONABLE = 9
    NUMBER = 10
    ATTACHMENT = 11


_VALUES: Mapping[OptionKind, tuple[type, ...]] = {
    OptionKind.INTEGER: (int,),
    OptionKind.FLAG: (bool,),
    OptionKind.NUMBER: (int, float),
}
"""What the JSON of an option's value becomes; of every other kind it is text."""


class Place(IntEnum):
    """Where a command may be used (Discord's interaction contexts)."""

    GUILD = 0
    BOT_DM = 1
    PRIVATE_CHANNEL = 2


class Installation(IntEnum):
    """Who may install it (Discord's integration types)."""

    GUILD = 0
    USER = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """An option of a slash command. `minimum` and `maximum` bound a text's length or a number."""

    name: Text
    description: Text
    kind: OptionKind = OptionKind.TEXT
    required: bool = False
    minimum: int | None = None
    maximum: int | None = None
    choices: tuple[Choice, ...] = ()
    complete: Completer | None = None

    def accepts(self, value: OptionValue | None) -> bool:
        """Whether `value` can be one of this option; None: it was left out."""
        if value is None:
            return not self.required
        return type(value) in _VALUES.get(self.kind, (str,))

    def to_payload(self) -> Json:
        payload: Json = {
            "type": self.kind.value,
            "name": self.name.en,
            "name_localizations": self.name.localizations(),
            "description": self.description.en,
            "description_localizations": self.description.localizations(),
        }
        if self.required:
            payload["required"] = True
        unit = "length" if self.kind is OptionKind.TEXT else "value"
        if self.minimum is not None:
            payload[f"min_{unit}"] = self.minimum
        if self.maximum is not None:
            payload[f"max_{unit}"] = self.maximum
        if self.choices:
            payload["choices"] = [choice.to_payload() for choice in self.choices]
        if self.complete is not None:
            payload["autocomplete"] = True
        return payload


@dataclass(frozen=True, slots=True, kw_only=True)
class Subcommand:
    """One of the calls a command stands for (`/debug state`). The command's checks hold for it."""

    name: Text
    description: Text
    handler: Handler
    options: tuple[Option, ...] = ()

    def to_payload(self) -> Json:
        return {
            "type": SUB_COMMAND,
            "name": self.name.en,
            "name_localizations": self.name.localizations(),
            "description": self.description.en,
            "description_localizations": self.description.localizations(),
            "options": [option.to_payload() for option in self.options],
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """A command. `name.en` is its name, and that of its file; the others are localisations.

    It has a handler, and perhaps options; or `subcommands`, which have their own, and then it
    can't be called by itself.
    `components` and `modals` answer the custom_ids `name:key` and `name:key:state`.
    `everywhere`: it also answers outside ALLOWED_GUILDS, since it costs the owner nothing.
    `group` is where `/help` lists it, and what `leads` stands first there.
    """

    name: Text
    description: Text
    handler: Handler | None = None
    kind: CommandKind = CommandKind.SLASH
    options: tuple[Option, ...] = ()
    subcommands: tuple[Subcommand, ...] = ()
    components: Mapping[str, Handler] = field(default_factory=dict)
    modals: Mapping[str, Handler] = field(default_factory=dict)
    checks: tuple[Check, ...] = ()
    everywhere: bool = False
    places: tuple[Place, ...] = (Place.GUILD, Place.BOT_DM)
    installations: tuple[Installation, ...] = (Installation.GUILD,)
    default_member_permissions: int | None = None
    group: Group = Group.OTHER
    leads: bool = False

    def __post_init__(self) -> None:
        if self.subcommands:
            if self.handler is not None or self.options or self.kind is not CommandKind.SLASH:
                raise TypeError("a slash command has subcommands, or a handler and options")
        elif self.handler is None:
            raise TypeError("a command has a handler or subcommands")

    def to_payload(self) -> Json:
        """Discord's JSON for registration as a global command."""
        payload: Json = {
            "type": self.kind.value,
            "name": self.name.en,
            "name_localizations": self.name.localizations(),
            "contexts": [place.value for place in self.places],
            "integration_types": [entry.value for entry in self.installations],
        }
        if self.default_member_permissions is not None:
            payload["default_member_permissions"] = str(self.default_member_permissions)
        if self.kind is CommandKind.SLASH:
            payload |= {
                "description": self.description.en,
                "description_localizations": self.description.localizations(),
                "options": [entry.to_payload() for entry in self.subcommands or self.options],
            }
        return payload
