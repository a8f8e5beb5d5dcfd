"""How pictures of the playground are taken that people will look at."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from PIL import Image
from playwright.sync_api import Page

SHARP: Final = 1.5
COLOURS: Final = 256


def shoot(page: Page, file: Path) -> None:
    """A picture of no more colours than a file of small size can hold."""
    page.mouse.move(0, 0)
    page.wait_for_timeout(400)
    page.screenshot(path=file)
    with Image.open(file) as picture:
        picture.convert("RGB").quantize(COLOURS).save(file, optimize=True)
