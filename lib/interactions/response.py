"""What Halley sends: messages and what stands in them, modals, choices, as Discord's JSON.

The limits that Discord refuses to exceed are checked here, so that a mistake shows in a test and
not in a channel. Lengths count UTF-16 code units, never fewer than Discord counts.
Source: https://docs.discord.com/developers/resources/message
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Final

from discord_interactions import InteractionResponseFlags, InteractionResponseType

from lib.locales import Text

Json = dict[str, object]

LONGEST_CONTENT: Final = 2000
LONGEST_CUSTOM_ID: Final = 100
LONGEST_LABEL: Final = 80
LONGEST_URL: Final = 512
LONGEST_CHOICE: Final = 100
LONGEST_TITLE: Final = 45
LONGEST_EMBED: Final = 6000
LONGEST_DESCRIPTION: Final = 4096
MOST_ROWS: Final = 5
MOST_BUTTONS_A_ROW: Final = 5
MOST_EMBEDS: Final = 10
MOST_FIELDS: Final = 25
MOST_FILES: Final = 10
LARGEST_FILES: Final = 10 * 1024 * 1024
LONGEST_FILE_NAME: Final = 100
LONGEST_ALT_TEXT: Final = 1024
MOST_CHOICES: Final = 25
MOST_MODAL_INPUTS: Final = 5


class LimitError(ValueError):
    """A message that Discord would refuse."""


def length(text: str) -> int:
    """How long Discord may find `text`: its UTF-16 code units."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def _within(text: str, longest: int, what: str, *, shortest: int = 0) -> str:
    if shortest <= len(text) and 2 * len(text) <= longest:
        return text  # short enough however it is counted
    if not shortest <= length(text) <= longest:
        raise LimitError(f"{what} must have {shortest} to {longest} characters")
    return text


def _at_most(items: Sequence[object], most: int, what: str) -> None:
    if len(items) > most:
        raise LimitError(f"no more than {most} {what}")


class ButtonStyle(IntEnum):
    """How a button looks."""

    PRIMARY = 1
    SECONDARY = 2
    SUCCESS = 3
    DANGER = 4
    LINK = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Button:
    """A button. One with a `url` opens it; any other comes back with its `custom_id`.

    A custom_id is `command:action` and, if needed, `:state`: it is all that a button remembers.
    """

    label: str
    custom_id: str = ""
    url: str = ""
    style: ButtonStyle = ButtonStyle.SECONDARY
    disabled: bool = False

    def to_payload(self) -> Json:
        payload: Json = {"type": 2, "label": _within(self.label, LONGEST_LABEL, "a button's label")}
        if self.url:
            url = _within(self.url, LONGEST_URL, "a button's address")
            payload |= {"style": ButtonStyle.LINK.value, "url": url}
        else:
            custom_id = _within(self.custom_id, LONGEST_CUSTOM_ID, "a custom_id", shortest=1)
            payload |= {"style": self.style.value, "custom_id": custom_id}
        if self.disabled:
            payload["disabled"] = True
        return payload


@dataclass(frozen=True, slots=True, kw_only=True)
class EmbedField:
    """A name with a value below it; `inline` ones stand side by side."""

    name: str
    value: str
    inline: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Embed:
    """A card in a message."""

    title: str = ""
    description: str = ""
    url: str = ""
    color: int | None = None
    fields: tuple[EmbedField, ...] = ()
    footer: str = ""

    def to_payload(self) -> Json:
        _within(self.description, LONGEST_DESCRIPTION, "an embed's description")
        _at_most(self.fields, MOST_FIELDS, "fields in an embed")
        payload: Json = {
            key: value
            for key, value in (
                ("title", _within(self.title, 256, "an embed's title")),
                ("description", self.description),
                ("url", self.url),
            )
            if value
        }
        if self.color is not None:
            payload["color"] = self.color
        if self.fields:
            payload["fields"] = [
                {
                    "name": _within(field.name, 256, "a field's name", shortest=1),
                    "value": _within(field.value, 1024, "a field's value", shortest=1),
                    "inline": field.inline,
                }
                for field in self.fields
            ]
        if self.footer:
            payload["footer"] = {"text": _within(self.footer, 2048, "a footer")}
        return payload

    def text_length(self) -> int:
        """What counts against the 6000 characters that all embeds of a message may have."""
        parts = (self.title, self.description, self.footer)
        return sum(map(length, parts)) + sum(
            length(field.name) + length(field.value) for field in self.fields
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """A file in a message. Discord shows it by the ending of its `name` (`chart.png`).

    `description` is what those are told who cannot see a picture.
    """

    name: str
    content: bytes = field(repr=False)
    description: str = ""

    def to_payload(self, place: int) -> Json:
        """What the message says of the file that is sent as its `files[place]`."""
        plain = self.name.replace(".", "").replace("_", "").replace("-", "")
        if not (plain.isascii() and plain.isalnum()):
            # Discord would rename it, and an embed's `attachment://` would not find it.
            raise LimitError("a file's name has only the letters A to Z, digits, and . _ -")
        name = _within(self.name, LONGEST_FILE_NAME, "a file's name")
        payload: Json = {"id": place, "filename": name}
        if self.description:
            payload["description"] = _within(
                self.description, LONGEST_ALT_TEXT, "a file's description"
            )
        return payload


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One message, whichever way it is sent: at once, as an edit, or as a follow-up.

    `rows` are its rows of buttons. It mentions nobody. `ephemeral` holds only for messages that
    are new: an edit can't change it, and the first follow-up keeps what the deferral said.
    `files` need a Deferred handler.
    """

    content: str = ""
    embeds: tuple[Embed, ...] = ()
    rows: tuple[tuple[Button, ...], ...] = ()
    ephemeral: bool = False
    files: tuple[File, ...] = ()

    def to_payload(self) -> Json:
        """Discord's JSON for a new message. Raises LimitError if Discord would refuse it."""
        payload = self._to_body()
        if self.files:
            payload["attachments"] = self._attachments()
        if self.ephemeral:
            payload["flags"] = InteractionResponseFlags.EPHEMERAL
        return payload

    def to_edit(self) -> Json:
        """Discord's JSON for an edit, which takes no flags. Raises LimitError likewise."""
        # Without the key the files of the message as it was would stay.
        return {**self._to_body(), "attachments": self._attachments()}

    def _attachments(self) -> list[Json]:
        _at_most(self.files, MOST_FILES, "files in a message")
        if sum(len(file.content) for file in self.files) > LARGEST_FILES:
            raise LimitError(f"files must not exceed {LARGEST_FILES} bytes together")
        return [file.to_payload(place) for place, file in enumerate(self.files)]

    def _to_body(self) -> Json:
        _at_most(self.embeds, MOST_EMBEDS, "embeds in a message")
        _at_most(self.rows, MOST_ROWS, "rows in a message")
        for row in self.rows:
            _at_most(row, MOST_BUTTONS_A_ROW, "buttons in a row")
            if not row:
                raise LimitError("a row must not be empty")
        if sum(embed.text_length() for embed in self.embeds) > LONGEST_EMBED:
            raise LimitError(f"embeds must not exceed {LONGEST_EMBED} characters together")
        if not self.content and not self.embeds and not self.files:
            raise LimitError("a message must not be empty")
        # Every key is always there: an edit would keep the old value of an absent one, and an
        # absent allowed_mentions would let the text ping people.
        return {
            "content": _within(self.content, LONGEST_CONTENT, "a message"),
            "embeds": [embed.to_payload() for embed in self.embeds],
            "components": [
                {"type": 1, "components": [button.to_payload() for button in row]}
                for row in self.rows
            ],
            "allowed_mentions": {"parse": []},
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class TextInput:
    """A field of a modal; `paragraph` makes it several lines high."""

    custom_id: str
    label: str
    description: str = ""
    value: str = ""
    placeholder: str = ""
    paragraph: bool = False
    required: bool = True
    max_length: int = 4000

    def to_payload(self) -> Json:
        field: Json = {
            "type": 4,
            "custom_id": _within(self.custom_id, LONGEST_CUSTOM_ID, "a custom_id", shortest=1),
            "style": 2 if self.paragraph else 1,
            "required": self.required,
            "max_length": self.max_length,
        }
        if self.value:
            field["value"] = _within(self.value, 4000, "an input's value")
        if self.placeholder:
            field["placeholder"] = _within(self.placeholder, 100, "a placeholder")
        label: Json = {
            "type": 18,
            "label": _within(self.label, LONGEST_TITLE, "an input's label", shortest=1),
            "component": field,
        }
        if self.description:
            label["description"] = _within(self.description, 100, "a label's description")
        return label


@dataclass(frozen=True, slots=True, kw_only=True)
class Modal:
    """A form. It comes back under its `custom_id` (`command:action`)."""

    custom_id: str
    title: str
    inputs: tuple[TextInput, ...]

    def to_payload(self) -> Json:
        if not 1 <= len(self.inputs) <= MOST_MODAL_INPUTS:
            raise LimitError(f"a modal has 1 to {MOST_MODAL_INPUTS} inputs")
        return {
            "custom_id": _within(self.custom_id, LONGEST_CUSTOM_ID, "a custom_id", shortest=1),
            "title": _within(self.title, LONGEST_TITLE, "a modal's title", shortest=1),
            "components": [entry.to_payload() for entry in self.inputs],
        }


@dataclass(frozen=True, slots=True)
class Choice:
    """One proposal of an autocomplete, or one of an option's fixed values. A name that is a Text is
    shown in each user's language.
    """

    name: str | Text
    value: str | int | float

    def to_payload(self) -> Json:
        if isinstance(self.value, str):
            _within(self.value, LONGEST_CHOICE, "a choice's value")
        names = self.name if isinstance(self.name, Text) else (self.name,)
        for name in names:
            _within(name, LONGEST_CHOICE, "a choice's name", shortest=1)
        payload: Json = {"name": names[0], "value": self.value}
        if isinstance(self.name, Text):
            payload["name_localizations"] = self.name.localizations()
        return payload


def pong() -> Json:
    """The answer to Discord's PING."""
    return {"type": InteractionResponseType.PONG}


def reply(message: Message) -> Json:
    """Answer at once with a message. Raises LimitError if it has files."""
    _refuse_files(message)
    return {
        "type": InteractionResponseType.CHANNEL_MESSAGE_WITH_SOURCE,
        "data": message.to_payload(),
    }


def replace(message: Message) -> Json:
    """Answer a component by changing the message it sits on. Raises LimitError if it has files."""
    _refuse_files(message)
    return {"type": InteractionResponseType.UPDATE_MESSAGE, "data": message.to_edit()}


def _refuse_files(message: Message) -> None:
    if message.files:
        raise LimitError(
            "an instant answer is JSON and carries no files: make the handler a Deferred one"
        )


def defer(*, ephemeral: bool) -> Json:
    """Show that Halley is thinking; the answer comes as an edit. Ephemerality is fixed for good."""
    payload: Json = {"type": InteractionResponseType.DEFERRED_CHANNEL_MESSAGE_WITH_SOURCE}
    if ephemeral:
        payload["data"] = {"flags": InteractionResponseFlags.EPHEMERAL}
    return payload


def defer_replacement() -> Json:
    """Acknowledge a component; the change of its message comes later."""
    return {"type": InteractionResponseType.DEFERRED_UPDATE_MESSAGE}


def open_modal(modal: Modal) -> Json:
    """Answer with a form."""
    return {"type": InteractionResponseType.MODAL, "data": modal.to_payload()}


def propose(choices: Iterable[Choice]) -> Json:
    """Answer an autocomplete; Discord takes no more than 25."""
    proposals = [choice.to_payload() for choice in choices][:MOST_CHOICES]
    return {
        "type": InteractionResponseType.APPLICATION_COMMAND_AUTOCOMPLETE_RESULT,
        "data": {"choices": proposals},
    }
