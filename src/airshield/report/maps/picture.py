"""A map as a PNG that stands by itself.

Pillow draws it: 22 MB and 0.03 s to import, where matplotlib is 166 MB and 0.5 s with what it needs
and would be used for a frame, some text and an image (docs/performance.md). Lines are drawn twice
as large and brought down, which smooths them; words are drawn at their size.
"""

from __future__ import annotations

import functools
import io
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
from PIL import Image, ImageDraw, ImageFont, PngImagePlugin

from airshield.report.maps.looks import Look, inked
from airshield.report.maps.scene import (
    MapScene,
    label_boxes,
    paint,
    pixels_from,
    scale_bar,
)

_INK: Final = (28, 39, 49)
_QUIET: Final = (84, 96, 106)
_PAPER: Final = (255, 255, 255)
_MAP_PX: Final = (900, 2400)
"""A map's width: a pixel for each cell between these."""
_TALL: Final = 1.6
"""A map much taller than wide is made narrower, as far as its cells allow."""
_SIDE_PX: Final = 300
_EDGE_PX: Final = 24

FACES: Final = (
    "DejaVuSans.ttf",
    "NotoSans-Regular.ttf",
    "LiberationSans-Regular.ttf",
    "Arial.ttf",
    "arial.ttf",
)
"""Typefaces with Latin, Greek and Cyrillic letters, looked for where the system keeps them."""

_SPELT: Final = {"ł": "l", "Ł": "L", "đ": "d", "Đ": "D", "ø": "o", "Ø": "O", "ß": "ss", "æ": "ae",
                 "–": "-", "·": "-", "×": "x", "²": "2", "≥": ">="}  # fmt: skip


@functools.cache
def _face(size: int) -> tuple[Any, bool]:
    """A typeface, and whether it has more than ASCII."""
    for name in FACES:
        try:
            return ImageFont.truetype(name, size), True
        except OSError:
            continue
    return ImageFont.load_default(size), False


def plain_letters(text: str) -> str:
    """Write a text in ASCII, for the one typeface that is always there; what has no way is '?'.

    Examples
    --------
    >>> plain_letters("Gubałówka, Żywiec")
    'Gubalowka, Zywiec'
    """
    spelt = "".join(_SPELT.get(letter, letter) for letter in text)
    apart = unicodedata.normalize("NFKD", spelt)
    bare = "".join(letter for letter in apart if not unicodedata.combining(letter))
    return bare.encode("ascii", "replace").decode()


def cells_png(scene: MapScene, *, width_px: int, height_px: int) -> bytes:
    """Make a PNG of a map's cells alone, blank ones transparent."""
    places, palette = paint(scene, width_px=width_px, height_px=height_px)
    image = Image.fromarray(places, mode=None)
    image.putpalette(palette)
    out = io.BytesIO()
    image.save(out, format="PNG", optimize=True, transparency=0)
    return out.getvalue()


def png_of(scene: MapScene, *, told: Mapping[str, str]) -> bytes:
    """Draw a map with title, legend, scale bar and stamp.

    Parameters
    ----------
    scene : MapScene
    told : mapping of str to str
        What the file says about itself besides (PNG text chunks, iTXt where it is not Latin-1).
    """
    width, height, place = _size(scene)
    lines = _wrapped(scene.stamp, width + _SIDE_PX, 15)
    top, foot = 84, 20 * len(lines) + 12
    legend = 34 * (len(scene.shares) + 3) + 70
    body = max(height, legend)
    whole = (width + _SIDE_PX + 3 * _EDGE_PX, top + body + foot + _EDGE_PX)
    image = Image.new("RGB", whole, _PAPER)
    left = _EDGE_PX

    cells, palette = paint(scene, width_px=width, height_px=height)
    colours = np.array(palette, np.uint8).reshape(-1, 3)
    image.paste(Image.fromarray(colours[cells]), (left, top))
    _draw_lines(image, scene, (left, top), (width, height), place)
    draw = ImageDraw.Draw(image)
    _write(draw, (left, 16), scene.title, 26)
    _write(draw, (left, 52), scene.about, 16, _QUIET)
    _draw_labels(draw, scene, (left, top), (width, height), place)
    _draw_legend(image, scene, left + width + _EDGE_PX, top, width)
    for at, line in enumerate(lines):
        _write(draw, (left, top + body + 12 + 20 * at), line, 15, _QUIET)

    text = PngImagePlugin.PngInfo()
    for key, value in {"Title": scene.title, **told}.items():
        text.add_itxt(key, value)
    out = io.BytesIO()
    image.save(out, format="PNG", pnginfo=text)
    return out.getvalue()


def _size(scene: MapScene) -> tuple[int, int, Any]:
    least, most = _MAP_PX
    width = int(np.clip(scene.grid.cols, least, most))
    tall = scene.grid.rows / scene.grid.cols
    if tall > _TALL:
        width = max(scene.grid.cols, int(width * _TALL / tall))
    height, place = pixels_from(scene.grid, width)
    return width, height, place


def _draw_lines(
    image: Image.Image, scene: MapScene, at: tuple[int, int], size: tuple[int, int], place: Any
) -> None:
    """Border, radars and sites, smoothed, over the map."""
    twice = Image.new("RGBA", (2 * size[0], 2 * size[1]), (0, 0, 0, 0))
    draw = ImageDraw.Draw(twice)
    for ring in scene.outline:
        draw.line([tuple(xy) for xy in 2.0 * place(ring)], fill=(*_INK, 255), width=4)
    for mark in scene.marks:
        ((x, y),) = 2.0 * place([(mark.x_m, mark.y_m)])
        if mark.kind == "radar":
            shape = [(x, y - 16), (x + 15, y + 12), (x - 15, y + 12)]
            draw.polygon(shape, fill=(255, 214, 0, 255), outline=(*_INK, 255), width=3)
        else:
            shape = [(x - 10, y - 10), (x + 10, y + 10)]
            draw.rectangle(shape, fill=(255, 255, 255, 255), outline=(*_INK, 255), width=4)
    once = twice.resize(size, Image.Resampling.BOX)
    image.paste(once, at, once)
    ImageDraw.Draw(image).rectangle(
        (at[0] - 1, at[1] - 1, at[0] + size[0], at[1] + size[1]), outline=_QUIET
    )


def _draw_labels(
    draw: ImageDraw.ImageDraw,
    scene: MapScene,
    at: tuple[int, int],
    size: tuple[int, int],
    place: Any,
) -> None:
    if not scene.marks:
        return
    points = place([(mark.x_m, mark.y_m) for mark in scene.marks]) + np.array(at)
    sizes = [(_wide(mark.name, 15) + 4.0, 20.0) for mark in scene.marks]
    frame = (float(at[0]), float(at[1]), float(at[0] + size[0]), float(at[1] + size[1]))
    for mark, box in zip(
        scene.marks, label_boxes(points, sizes, gap_px=11.0, frame=frame), strict=True
    ):
        if box is not None:
            _write(draw, (box[0] + 2, box[1] + 1), mark.name, 15, halo=True)


def _draw_legend(image: Image.Image, scene: MapScene, left: int, top: int, width: int) -> None:
    draw = ImageDraw.Draw(image)
    y = top
    for look, share in scene.shares:
        _draw_swatch(image, (left, y, left + 34, y + 24), look)
        _write(draw, (left + 46, y + 2), look.words, 16)
        part = f"{share:.1%}"
        _write(draw, (left + _SIDE_PX - 8 - _wide(part, 16), y + 2), part, 16, _QUIET)
        y += 34
    for kind, words in (("radar", "radar"), ("site", "site to protect or warn")):
        if any(mark.kind == kind for mark in scene.marks):
            if kind == "radar":
                shape = [(left + 17, y + 4), (left + 25, y + 19), (left + 9, y + 19)]
                draw.polygon(shape, fill=(255, 214, 0), outline=_INK)
            else:
                draw.rectangle((left + 12, y + 6, left + 22, y + 16), fill=_PAPER, outline=_INK)
            _write(draw, (left + 46, y + 2), words, 16)
            y += 34
    long, words = scale_bar(scene.grid, width, most_px=_SIDE_PX - 20.0)
    y += 26
    draw.line([(left, y - 8), (left, y), (left + long, y), (left + long, y - 8)], _INK, 2)
    _write(draw, (left + 4, y - 30), words, 16)


def _draw_swatch(image: Image.Image, box: tuple[int, int, int, int], look: Look) -> None:
    left, top, right, low = box
    ink = inked(look.pattern, right - left, low - top)
    pixels = np.where(ink[..., None], np.array(look.ink), np.array(look.base)).astype(np.uint8)
    image.paste(Image.fromarray(pixels), (left, top))
    ImageDraw.Draw(image).rectangle(box, outline=_QUIET)


def _write(
    draw: ImageDraw.ImageDraw,
    at: tuple[float, float],
    text: str,
    size: int,
    colour: tuple[int, int, int] = _INK,
    *,
    halo: bool = False,
) -> None:
    face, has_all = _face(size)
    draw.text(
        at,
        text if has_all else plain_letters(text),
        fill=colour,
        font=face,
        stroke_width=2 if halo else 0,
        stroke_fill=_PAPER,
    )


def _wide(text: str, size: int) -> float:
    face, has_all = _face(size)
    return float(face.getlength(text if has_all else plain_letters(text)))


def _wrapped(lines: Sequence[str], width: int, size: int) -> list[str]:
    """Break lines between words where they are too long for the picture."""
    out = []
    for line in lines:
        now = ""
        for word in line.split():
            longer = f"{now} {word}".strip()
            if now and _wide(longer, size) > width:
                out.append(now)
                longer = word
            now = longer
        out.append(now)
    return out
