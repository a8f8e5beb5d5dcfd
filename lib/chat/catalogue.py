"""The models there are: what models.toml says, and which of it this deployment can use.

It is read while Discord waits (autocomplete shows the models), so nothing heavy is loaded here.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from lib.chat.catalogue_entry import FIELDS, EntryError, card_of_entry
from lib.ports import MediaKind, ModelCard, Provider
from lib.settings import DEFAULT_GEMINI_MODEL, GEMINI_API_KEY

if TYPE_CHECKING:
    from lib.settings import Settings

# By hand, as pathlib is slow to load: the root of the checkout, or of the deployed function.
MODELS_FILE: Final = os.sep.join([*__file__.split(os.sep)[:-3], "models.toml"])  # noqa: PTH118, PTH206
OFFLINE_CARD: Final = ModelCard(
    name="offline",
    provider=Provider.OFFLINE,
    context_tokens=32_000,
    output_tokens=8_192,
    reads=frozenset(MediaKind),
)
GEMINI_CARD: Final = ModelCard(
    name=DEFAULT_GEMINI_MODEL,
    provider=Provider.GEMINI,
    key=GEMINI_API_KEY,
    context_tokens=1_048_576,
    output_tokens=8_192,
    reads=frozenset(MediaKind),
)
"""What answers where models.toml cannot be read, and the likeness of a GEMINI_MODEL not in it."""


_UNQUOTED_HEADING: Final = re.compile(
    r"^\s*\[\s*models\s*\.\s*(?P<name>[^\"'\[\]\\\x00-\x1f\x7f]+?)"
    rf"(?P<field>\s*\.\s*(?:{'|'.join(FIELDS)}))?\s*\](?P<rest>\s*(?:\#.*)?)$"
)
_QUOTED_HEADING: Final = re.compile(
    r"^\s*\[\s*models\s*\.\s*(?P<mark>[\"'])(?P<name>[^\"'\x00-\x1f\x7f]+)(?P=mark)"
    rf"(?P<field>\s*\.\s*(?:{'|'.join(FIELDS)}))?\s*\]"
)
_MODELS: Final = "models"
_LEFT_OUT: Final = "left out, since its name stands there with quotation marks as well"
"""The table to which an unquoted one goes that TOML would take for the same one, twice."""
_BARE_NAME: Final = re.compile(r"[A-Za-z0-9_-]+")
"""What TOML takes for one name without quotation marks."""


@dataclass(frozen=True, slots=True)
class Catalogue:
    """What models.toml says: the usable entries in its order, and a line for each wrong one."""

    cards: tuple[ModelCard, ...]
    complaints: tuple[str, ...] = ()


def read_catalogue(file: str | os.PathLike[str] = MODELS_FILE) -> Catalogue:
    """The catalogue in `file`. Never raises: what is wrong stands in its complaints."""
    try:
        with open(file, encoding="utf-8") as opened:  # noqa: PTH123 - see MODELS_FILE
            text = opened.read()
    except (OSError, UnicodeDecodeError):
        return Catalogue((GEMINI_CARD,), ("models.toml: expected a file of UTF-8 text",))
    return parse_catalogue(text)


def parse_catalogue(text: str) -> Catalogue:
    """The catalogue that `text` spells in TOML. One wrong entry takes no other with it."""
    text, unquoted = _with_quotation_marks(text)
    complaints = [f'models.{name}: needs quotation marks: [models."{name}"]' for name in unquoted]
    try:
        content = tomllib.loads(text, parse_float=Decimal)
    except (ValueError, ArithmeticError, RecursionError) as error:
        # Besides TOML's own errors, those of numbers too large and of tables too deep.
        complaints.append(f"models.toml: expected TOML: {error}")
        return Catalogue((GEMINI_CARD,), tuple(complaints))
    content.pop(_LEFT_OUT, None)
    complaints += [
        f'{name}: expected nothing but tables such as [models."{DEFAULT_GEMINI_MODEL}"]'
        for name in content
        if name != _MODELS
    ]
    entries = content.get(_MODELS, {})
    if not isinstance(entries, Mapping):
        return Catalogue((GEMINI_CARD,), (*complaints, "models: expected a table for each model"))
    cards = []
    for name, entry in entries.items():
        try:
            card = card_of_entry(name, entry)
        except EntryError as error:
            complaints += error.complaints
        else:
            cards += [] if unquoted.get(name) == _MODELS else [card]
    return Catalogue(tuple(cards) or (GEMINI_CARD,), tuple(complaints))


def _with_quotation_marks(text: str) -> tuple[str, dict[str, str]]:
    """`text` with the marks that its models' names lack, so that the rest of it can be read; and
    those names, each with the table that it is in now. Without marks TOML takes a dot for the
    beginning of a table within the table, and does not take a slash or a colon at all.
    """
    lines = text.split("\n")
    unquoted = {
        number: found
        for number, line in enumerate(lines)
        if (found := _UNQUOTED_HEADING.match(line)) and not _BARE_NAME.fullmatch(_name_in(found))
    }
    quoted = {_heading(found) for line in lines if (found := _QUOTED_HEADING.match(line))}
    twice = {_name_in(found) for found in unquoted.values() if _heading(found) in quoted}
    tables = {}
    for number, found in unquoted.items():
        name = _name_in(found)
        tables[name] = _LEFT_OUT if name in twice else _MODELS
        field = found["field"] or ""
        lines[number] = f'["{tables[name]}"."{name}"{field}]{found["rest"]}'
    return "\n".join(lines), tables


def _name_in(heading: re.Match[str]) -> str:
    return heading["name"].rstrip()


def _heading(found: re.Match[str]) -> tuple[str, str]:
    """A model's name, and which of its fields the heading is of."""
    return _name_in(found), (found["field"] or "").strip(" \t.")


def cards_of(
    settings: Settings, *, file: str | os.PathLike[str] = MODELS_FILE
) -> tuple[ModelCard, ...]:
    """The models that this deployment can use, the default one first. There is always one."""
    return usable_cards(read_catalogue(file).cards, settings)


def cards_without_key(
    settings: Settings, *, file: str | os.PathLike[str] = MODELS_FILE
) -> tuple[ModelCard, ...]:
    """The models that this deployment knows and cannot use."""
    known = with_gemini_model(read_catalogue(file).cards, settings)
    return tuple(card for card in known if not has_key(card, settings))


def usable_cards(cards: Iterable[ModelCard], settings: Settings) -> tuple[ModelCard, ...]:
    """Those of `cards` whose key is set, the default one first; the offline model if there is none.

    The default is the one that GEMINI_MODEL names, else the first. A GEMINI_MODEL that is not
    among them is a Gemini model of its own.
    """
    usable = [card for card in with_gemini_model(cards, settings) if has_key(card, settings)]
    usable.sort(key=lambda card: card.name != settings.gemini_model)  # the others keep their order
    return tuple(usable) or (OFFLINE_CARD,)


def with_gemini_model(cards: Iterable[ModelCard], settings: Settings) -> tuple[ModelCard, ...]:
    """`cards`, and the model that GEMINI_MODEL names before them if it is not one of them."""
    listed, name = tuple(cards), settings.gemini_model
    if name is None or any(card.name == name for card in listed):
        return listed
    return (replace(GEMINI_CARD, name=name), *listed)


def has_key(card: ModelCard, settings: Settings) -> bool:
    """Whether a call of `card`'s model has the key that it needs."""
    return card.key is None or settings.api_key(card.key) is not None
