"""One entry of models.toml: from a table of any content to a card, or to what was expected."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from typing import Final, TypeVar

from lib.chat.private_hosts import is_private_host
from lib.locales import Text
from lib.ports import MediaKind, ModelCard, Price, Provider
from lib.settings import API_KEY_ENDING, GEMINI_API_KEY, web_address

OPENAI_API_KEY: Final = "OPENAI_API_KEY"
FIELDS: Final = (
    *("provider", "api_base", "key", "context_size", "max_output", "good_for", "reads", "price"),
)
LONGEST_NAME: Final = 100
"""What Discord takes as the value of a choice."""
LONGEST_TEXT: Final = 100
LEAST_CONTEXT: Final = 1_000
LEAST_OUTPUT: Final = 100
MOST_TOKENS: Final = 100_000_000
MOST_USD: Final = 1_000_000
_PROVIDERS: Final = (Provider.GEMINI, Provider.OPENAI)
_IN_NAMES: Final = "-._:/@+~"

T = TypeVar("T")


class EntryError(ValueError):
    """An entry that cannot be used; a line for each field that is wrong, none with its value."""

    def __init__(self, complaints: Iterable[str]) -> None:
        self.complaints = tuple(complaints)
        super().__init__("\n".join(self.complaints))


def card_of_entry(name: str, entry: object) -> ModelCard:
    """The card that `entry`, the table called `name`, describes. Raises EntryError."""
    if not _is_name(name):
        expected = (
            f"a model's name: up to {LONGEST_NAME} letters, digits and {_IN_NAMES}, not offline"
        )
        raise EntryError([f"models.{_shown(name)}: expected {expected}"])
    reader = _Entry(name, entry)
    card = _card(reader)
    if reader.complaints:
        raise EntryError(reader.complaints)
    return card


def _card(entry: _Entry) -> ModelCard:
    usual = ModelCard(name=entry.name, provider=Provider.OPENAI)
    api_base = entry.read("api_base", _address)
    provider = entry.read("provider", _provider) or (
        Provider.OPENAI if entry.has("api_base") else Provider.GEMINI
    )
    key = entry.read("key", _variable)
    if not entry.has("key"):
        key = _usual_key(provider, api_base)
    if api_base is not None and key is not None and not _is_private(api_base):
        entry.complain(
            "api_base",
            "https://, since a key must not travel in the open; http:// is for this machine and for"
            " private networks",
        )
    context_tokens = entry.read("context_size", _context_size) or usual.context_tokens
    output_tokens = entry.read("max_output", _max_output) or min(
        usual.output_tokens, context_tokens // 2
    )
    if output_tokens >= context_tokens:
        entry.complain("max_output", "fewer tokens than context_size, which holds the question too")
    return ModelCard(
        name=entry.name,
        provider=provider,
        api_base=api_base,
        key=key,
        context_tokens=context_tokens,
        output_tokens=output_tokens,
        good_for=entry.read("good_for", _good_for),
        reads=entry.read("reads", _reads) or frozenset(),
        price=entry.read("price", _price),
    )


def _usual_key(provider: Provider, api_base: str | None) -> str | None:
    """The variable of the provider's own key. Another endpoint gets none unless it is named."""
    if api_base is not None:
        return None
    return GEMINI_API_KEY if provider is Provider.GEMINI else OPENAI_API_KEY


class _Entry:
    """Reads a table's fields and collects what is wrong with them."""

    def __init__(self, name: str, entry: object) -> None:
        self.name = name
        self.complaints: list[str] = []
        self._fields: Mapping[str, object] = entry if isinstance(entry, Mapping) else {}
        if not isinstance(entry, Mapping):
            self.complaints.append(f"models.{_shown(name)}: expected a table")
        for field in self._fields:
            if field not in FIELDS:
                self.complain(_shown(field), f"one of {', '.join(FIELDS)}")

    def has(self, field: str) -> bool:
        return field in self._fields

    def read(self, field: str, parse: Callable[[object], T]) -> T | None:
        """The parsed value; None if it is absent or wrong."""
        if field not in self._fields:
            return None
        try:
            return parse(self._fields[field])
        except ValueError as error:
            self.complain(field, str(error))
            return None

    def complain(self, field: str, expected: str) -> None:
        self.complaints.append(f"models.{_shown(self.name)}, {field}: expected {expected}")


def _shown(name: str) -> str:
    """A name from the file as a line can show it: it may be anything at all."""
    plain = "".join(char if char.isprintable() else "?" for char in name[:LONGEST_NAME])
    return f'"{plain}"'


def _is_name(name: str) -> bool:
    return (
        0 < len(name) <= LONGEST_NAME
        and name.isascii()
        and name != Provider.OFFLINE
        and all(char.isalnum() or char in _IN_NAMES for char in name)
    )


# Each parser raises ValueError with what was expected, never with what was found: somebody may
# have put a key there.


def _provider(value: object) -> Provider:
    if value not in _PROVIDERS:
        raise ValueError(" or ".join(f'"{provider}"' for provider in _PROVIDERS))
    return Provider(str(value))


def _address(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError('an address, such as "https://api.groq.com/openai/v1"')  # noqa: TRY004
    return web_address(value)


def _is_private(address: str) -> bool:
    """Whether nobody between here and `address` can read what is sent."""
    return address.lower().startswith("https://") or is_private_host(address)


def _variable(value: object) -> str:
    stem = value.removesuffix(API_KEY_ENDING) if isinstance(value, str) else ""
    if (
        not isinstance(value, str)
        or not value.endswith(API_KEY_ENDING)
        or not stem.replace("_", "A").isalnum()
        or not value.isascii()
        or value != value.upper()
        or value[0].isdigit()
    ):
        raise ValueError(
            "the name of the variable that holds the key, such as GROQ_API_KEY; the key itself"
            " belongs into the environment"
        )
    return value


def _context_size(value: object) -> int:
    return _tokens(value, least=LEAST_CONTEXT)


def _max_output(value: object) -> int:
    return _tokens(value, least=LEAST_OUTPUT)


def _tokens(value: object, *, least: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= MOST_TOKENS:
        raise ValueError(f"a whole number of tokens, {least} or more")
    return value


def _good_for(value: object) -> Text:
    by_language = {"en": value, "ja": value} if isinstance(value, str) else value
    expected = f'a text of at most {LONGEST_TEXT} characters, or {{ en = "...", ja = "..." }}'
    if not isinstance(by_language, Mapping) or set(by_language) != {"en", "ja"}:
        raise ValueError(expected)
    english, japanese = by_language["en"], by_language["ja"]
    if not _is_line(english) or not _is_line(japanese):
        raise ValueError(expected)
    return Text(en=english.strip(), ja=japanese.strip())


def _is_line(value: object) -> bool:
    return isinstance(value, str) and value.isprintable() and 0 < len(value.strip()) <= LONGEST_TEXT


def _reads(value: object) -> frozenset[MediaKind]:
    kinds = tuple(MediaKind)
    if not isinstance(value, list) or any(kind not in kinds for kind in value):
        raise ValueError("a list of " + ", ".join(f'"{kind}"' for kind in kinds))
    return frozenset(MediaKind(kind) for kind in value)


def _price(value: object) -> Price:
    if not isinstance(value, Mapping) or set(value) != {"input", "output"}:
        raise ValueError("US dollars for a million tokens, such as { input = 0.1, output = 0.4 }")
    return Price(input=_usd(value["input"]), output=_usd(value["output"]))


def _usd(value: object) -> Decimal:
    number = Decimal(value) if isinstance(value, int) and not isinstance(value, bool) else value
    # `in` also refuses infinity; NaN is asked for first, as it cannot be compared.
    if not isinstance(number, Decimal) or not number.is_finite() or not 0 <= number <= MOST_USD:
        raise ValueError("input and output as numbers, 0 or more")
    return number
