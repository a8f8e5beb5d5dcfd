"""The languages Halley speaks, and the text type that holds one sentence in each of them."""

from lib.locales.text import Locale, Text

__all__ = ["Locale", "Text"]
