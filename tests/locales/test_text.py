"""Every sentence is there in every language, and says the same."""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterator, Mapping
from pkgutil import walk_packages
from string import Formatter

import pytest

import lib
from lib.interactions.command import Command
from lib.locales import Locale, Text

JAPANESE = re.compile(r"[\u3040-\u30ff\u4e00-\u9fff]")
# The same in both languages.
NAMES = {Text(en="ping", ja="ping")}


def texts() -> Iterator[tuple[str, Text]]:
    """Every Text of lib, with the name of where it stands."""
    for module_info in walk_packages(lib.__path__, "lib."):
        module = importlib.import_module(module_info.name)
        for name, value in vars(module).items():
            yield from _texts_in(f"{module_info.name}.{name}", value)


def _texts_in(name: str, value: object) -> Iterator[tuple[str, Text]]:
    if isinstance(value, Text):
        yield name, value
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _texts_in(f"{name}[{key}]", inner)
    elif isinstance(value, Command):
        yield from ((f"{name}.name", value.name), (f"{name}.description", value.description))
        for option in value.options:
            yield f"{name}.{option.name.en}.name", option.name
            yield f"{name}.{option.name.en}.description", option.description


TEXTS = dict(texts())


def places(sentence: str) -> list[str]:
    """The names of the places in braces."""
    return sorted(field for _, field, _, _ in Formatter().parse(sentence) if field is not None)


def test_the_texts_are_found() -> None:
    assert len(TEXTS) > 50
    assert "lib.chat.assistant.STOPPED" in TEXTS
    assert "lib.chat.failures.TEXTS[blocked]" in TEXTS


@pytest.mark.parametrize("name", TEXTS)
def test_a_text_is_there_in_both_languages_with_the_same_places(name: str) -> None:
    text = TEXTS[name]
    assert text.en.strip()
    assert text.ja.strip()
    assert places(text.en) == places(text.ja)
    assert not JAPANESE.search(text.en)
    assert text in NAMES or JAPANESE.search(text.ja) or places(text.ja)


def test_a_text_is_filled_in_the_language_asked_for() -> None:
    text = Text(en="{n} left", ja="残り{n}")
    assert text.in_(Locale.ENGLISH, n=3) == "3 left"
    assert text.in_(Locale.JAPANESE, n=3) == "残り3"
    with pytest.raises(KeyError):
        text.in_(Locale.ENGLISH, other=3)


def test_a_text_in_a_text_is_filled_in_the_same_language() -> None:
    outer = Text(en="Try {when}.", ja="{when}お試しください。").filled(
        when=Text(en="later", ja="後で")
    )
    assert outer == Text(en="Try later.", ja="後でお試しください。")


def test_braces_in_what_is_filled_in_are_left_alone() -> None:
    assert Text(en="You said {what}", ja="{what}").in_(Locale.ENGLISH, what="{n}") == "You said {n}"
    assert Text(en="{n}", ja="{n}").in_(Locale.ENGLISH) == "{n}"


@pytest.mark.parametrize(
    ("code", "locale"),
    [
        ("ja", Locale.JAPANESE),
        ("en-US", Locale.ENGLISH),
        ("fr", Locale.ENGLISH),
        (None, Locale.ENGLISH),
    ],
)
def test_who_has_neither_language_is_answered_in_english(code: str | None, locale: Locale) -> None:
    assert Locale.of(code) is locale


def test_discord_is_given_every_language_but_the_default() -> None:
    assert Text(en="ask", ja="質問").localizations() == {"ja": "質問"}


def test_a_language_has_a_name_for_models_and_one_for_its_people() -> None:
    assert [locale.english_name for locale in Locale] == ["English", "Japanese"]
    assert [locale.own_name for locale in Locale] == ["English", "日本語"]
