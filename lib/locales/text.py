"""A sentence in every language the bot speaks."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple


class Locale(StrEnum):
    """The languages there are texts for, under Discord's own locale codes.

    Source: https://docs.discord.com/developers/reference#locales
    """

    ENGLISH = "en-US"
    JAPANESE = "ja"

    @classmethod
    def of(cls, discord_locale: str | None) -> Locale:
        """The language to answer a user in whose Discord client is set to `discord_locale`.

        Whoever has neither Japanese nor English is answered in English.
        """
        return cls.JAPANESE if discord_locale == "ja" else cls.ENGLISH

    @property
    def english_name(self) -> str:
        """What the language is called in English, as models are told."""
        return "Japanese" if self is Locale.JAPANESE else "English"

    @property
    def own_name(self) -> str:
        """What the language calls itself, as people choose it."""
        return "日本語" if self is Locale.JAPANESE else "English"


class Text(NamedTuple):
    """One sentence in all languages; leaving one out is a type error, not a surprise at run time.

    Places in braces are filled by `in_`: `Text(en="{n} left", ja="残り {n}").in_(locale, n=3)`.
    """

    en: str
    ja: str

    def in_(self, locale: Locale, **fields: object) -> str:
        """The sentence in `locale` with its places filled. KeyError if a place has no field."""
        sentence = self.ja if locale is Locale.JAPANESE else self.en
        return sentence.format_map(fields) if fields else sentence

    def filled(self, **fields: object) -> Text:
        """The text with its places filled, each language's by its own if a field is a Text."""
        english = {name: _in(Locale.ENGLISH, value) for name, value in fields.items()}
        japanese = {name: _in(Locale.JAPANESE, value) for name, value in fields.items()}
        return Text(en=self.en.format_map(english), ja=self.ja.format_map(japanese))

    def localizations(self) -> dict[str, str]:
        """Discord's `*_localizations`: every language but the default one."""
        return {Locale.JAPANESE.value: self.ja}


def _in(locale: Locale, value: object) -> object:
    return value.in_(locale) if isinstance(value, Text) else value
