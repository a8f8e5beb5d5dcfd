"""The version, as `/about`, the User-Agent and the changelog tell it."""

from typing import Final

VERSION: Final = "0.1.0"
HOMEPAGE: Final = "https://halley.example"
"""Put the address of your copy here; names under .example belong to nobody, and never will."""
