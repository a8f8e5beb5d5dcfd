"""The version, as `/about`, the User-Agent and the changelog tell it."""

from typing import Final

VERSION: Final = "0.1.0"
HOMEPAGE: Final = "https://github.com/halley-bot/halley"
