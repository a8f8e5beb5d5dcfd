"""A picture to ask about: a comet among stars."""

from __future__ import annotations

import io
import random

from PIL import Image, ImageDraw

WIDTH, HEIGHT = 640, 400
HEAD = (430, 120)
TAIL_LENGTH = 170


def comet_png() -> bytes:
    """The same picture each time, as PNG."""
    sky = Image.new("RGB", (WIDTH, HEIGHT), (12, 18, 44))
    draw = ImageDraw.Draw(sky)
    stars = random.Random(1986)
    for _ in range(150):
        draw.point((stars.randrange(WIDTH), stars.randrange(HEIGHT)), (220, 222, 255))
    for step in range(TAIL_LENGTH, 0, -1):
        left, fading = 1 - step / TAIL_LENGTH, step / TAIL_LENGTH
        x, y, radius = HEAD[0] - 2.1 * step, HEAD[1] + 0.9 * step, 3 + 13 * fading
        colour = tuple(
            int(dark + (light - dark) * left**1.6)
            for dark, light in zip((12, 18, 44), (196, 208, 255), strict=True)
        )
        draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=colour)
    draw.ellipse((HEAD[0] - 11, HEAD[1] - 11, HEAD[0] + 11, HEAD[1] + 11), fill=(255, 255, 240))
    file = io.BytesIO()
    sky.save(file, "PNG")
    return file.getvalue()
