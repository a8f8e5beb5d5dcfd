"""A picture to draw on, by Pillow: smooth shapes, crisp letters, a PNG of bounded size.

Shapes are drawn three times too large and reduced, which smooths them; letters are drawn at their
size, which keeps them crisp. Every letter is of Aileron, which Pillow brings along.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageFont import FreeTypeFont, ImageFont

Color = tuple[int, int, int]
Spot = tuple[float, float]

SMOOTHING: Final = 3
LARGEST_PNG: Final = 190_000
FEWER_COLORS: Final = (128, 16)
"""What a picture is reduced to that is too large otherwise."""
TEXT: Final = (0xB9, 0xBE, 0xC6)
TEXT_SIZE: Final = 22
LINE_WIDTH: Final = 2.6
DASH: Final = 9.0
DASH_GAP: Final = 6.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Writing:
    """How a text looks. `anchor` says, as Pillow does, which point of it stands at the spot.

    `halo`: the colour of a rim that keeps it legible over lines.
    """

    color: Color = TEXT
    size: int = TEXT_SIZE
    anchor: str = "lm"
    halo: Color | None = None


PLAIN: Final = Writing()


class Canvas:
    """A picture in the making. Places are pixels of the finished one, from its upper left."""

    def __init__(self, width: int, height: int, background: Color) -> None:
        from PIL import Image, ImageDraw

        self._size = (width, height)
        self._shapes = Image.new("RGB", (width * SMOOTHING, height * SMOOTHING), background)
        self._pen = ImageDraw.Draw(self._shapes)
        self._writings: list[tuple[Spot, str, Writing]] = []
        self._fonts: dict[int, FreeTypeFont | ImageFont] = {}

    # --- shapes ---

    def box(self, corner: Spot, opposite: Spot, color: Color, *, radius: float = 0) -> None:
        """A filled rectangle between its upper left and its lower right corner."""
        (left, top), (right, bottom) = _enlarged((corner, opposite))
        # Pillow counts the last pixel in.
        edges = (left, top, max(left, right - 1), max(top, bottom - 1))
        self._pen.rounded_rectangle(edges, radius * SMOOTHING, color)

    def area(self, outline: Sequence[Spot], color: Color) -> None:
        """A filled shape."""
        self._pen.polygon(_enlarged(outline), color)

    def line(self, spots: Sequence[Spot], color: Color) -> None:
        """A line through all the spots with round ends; a single one is a dot."""
        if len(spots) > 1:
            self._pen.line(_enlarged(spots), color, round(LINE_WIDTH * SMOOTHING), joint="curve")
            for end in (spots[0], spots[-1]):
                self._disc(end, LINE_WIDTH / 2, color)
        else:
            self.dot(spots[0], color)

    def dot(self, spot: Spot, color: Color) -> None:
        """A dot that stands out from a line."""
        self._disc(spot, 4.5, color)

    def hair(self, begin: Spot, end: Spot, color: Color) -> None:
        """A line one pixel wide, straight down or across, that stays sharp."""
        (left, top), (right, bottom) = begin, end
        corner = (round(left), round(top))
        self.box(
            corner, (max(round(right), corner[0] + 1), max(round(bottom), corner[1] + 1)), color
        )

    def dashes(self, begin: Spot, right: float, color: Color) -> None:
        """A dashed line from `begin` across to `right`."""
        left, height = begin
        while left < right:
            self.box((left, height - 1), (min(left + DASH, right), height + 1), color)
            left += DASH + DASH_GAP

    def _disc(self, spot: Spot, radius: float, color: Color) -> None:
        ((across, down),) = _enlarged((spot,))
        self._pen.circle((across, down), radius * SMOOTHING, color)

    # --- letters ---

    def write(self, spot: Spot, text: str, writing: Writing = PLAIN) -> None:
        """A text, above all shapes."""
        self._writings.append((spot, text, writing))

    def width_of(self, text: str, size: int = TEXT_SIZE) -> float:
        """How wide a text will be."""
        return self._font(size).getlength(text)

    def shortened(self, text: str, room: float, size: int = TEXT_SIZE) -> str:
        """The text, or as much of it as there is room for."""
        if self.width_of(text, size) <= room:
            return text
        while text and self.width_of(f"{text}…", size) > room:
            text = text[:-1]
        return f"{text.rstrip()}…"

    def _font(self, size: int) -> FreeTypeFont | ImageFont:
        from PIL import ImageFont

        if size not in self._fonts:
            self._fonts[size] = ImageFont.load_default(size)
        return self._fonts[size]

    # --- the finished picture ---

    def png(self) -> bytes:
        """The picture as a PNG; one of very many colours has them reduced until it is small."""
        from PIL import Image, ImageDraw

        picture = self._shapes.resize(self._size, Image.Resampling.BOX)
        pen = ImageDraw.Draw(picture)
        for spot, text, writing in self._writings:
            pen.text(
                spot,
                text,
                writing.color,
                self._font(writing.size),
                anchor=writing.anchor,
                stroke_width=3 if writing.halo else 0,
                stroke_fill=writing.halo,
            )
        content = _encoded(picture)
        for colors in FEWER_COLORS:
            if len(content) > LARGEST_PNG:
                content = _encoded(picture.quantize(colors))
        return content


def _encoded(picture: Image) -> bytes:
    file = io.BytesIO()
    picture.save(file, "PNG", optimize=True)
    return file.getvalue()


def _enlarged(spots: Sequence[Spot]) -> list[Spot]:
    return [(across * SMOOTHING, down * SMOOTHING) for across, down in spots]
