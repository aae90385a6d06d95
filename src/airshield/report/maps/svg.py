"""A map as an SVG drawing for a page: cells are an image inside, the rest is lines and text."""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from airshield.geo.grid import Grid
from airshield.report.html import Markup, tag
from airshield.report.maps.looks import Look
from airshield.report.maps.picture import cells_png
from airshield.report.maps.scene import MapScene, label_boxes, pixels_from, scale_bar

_TEXT_PX = 13.0
_WIDE = 0.58
"""Of a letter's height is its width, on average and rather too much, in any sans-serif face."""


def svg_of(scene: MapScene, *, name: str, width_px: int = 720) -> Markup:
    """Draw a map.

    Parameters
    ----------
    scene : MapScene
    name : str
        An anchor of its own in the page.
    width_px : int
        Width of the drawing's own pixels; it scales with the page.
    """
    height, place = pixels_from(scene.grid, width_px)
    image = base64.b64encode(cells_png(scene, width_px=width_px, height_px=height)).decode()
    about = "; ".join(f"{look.words}: {share:.1%}" for look, share in scene.shares)
    return tag(
        "svg",
        tag("title", scene.title, id=f"{name}-title"),
        tag("desc", f"{scene.about} {about}", id=f"{name}-desc"),
        tag(
            "image",
            href=f"data:image/png;base64,{image}",
            width=width_px,
            height=height,
            preserveAspectRatio="none",
            class_="cells",
        ),
        *(tag("path", d=ring_path(place(ring)), class_="border") for ring in scene.outline),
        *_marks(scene, place, width_px, height),
        *bar_of(scene.grid, width_px, height),
        class_="map",
        viewBox=f"0 0 {width_px} {height}",
        role="img",
        aria_labelledby=f"{name}-title {name}-desc",
    )


def legend_of(scene: MapScene) -> Markup:
    """The looks that occur on a map, with their shares of it, as a list."""
    items = [
        tag("li", _swatch(look), f" {look.words} ", tag("span", f"{share:.1%}", class_="share"))
        for look, share in scene.shares
    ]
    kinds = {mark.kind for mark in scene.marks}
    if "radar" in kinds:
        items.append(tag("li", _key(_triangle(10.0, 9.0), "radar"), " radar"))
    if "site" in kinds:
        items.append(tag("li", _key(_square(10.0, 8.0), "site"), " site"))
    return tag("ul", *items, class_="legend")


def _key(path: str, kind: str) -> Markup:
    return tag(
        "svg", tag("path", d=path, class_=kind), viewBox="0 0 20 16", class_="swatch",
        aria_hidden="true",
    )  # fmt: skip


def _swatch(look: Look) -> Markup:
    base, ink = (f"rgb({r} {g} {b})" for r, g, b in (look.base, look.ink))
    strokes = {
        "plain": None,
        "hatch": "M-2 6L6 -2M-2 14L14 -2M-2 22L22 -2M6 22L26 2M14 22L26 10",
        "lines": "M0 3H20M0 8H20M0 13H20",
        "dots": "M2 3h2M8 3h2M14 3h2M5 8h2M11 8h2M17 8h2M2 13h2M8 13h2M14 13h2",
    }[look.pattern]
    return tag(
        "svg",
        tag("rect", width=20.0, height=16.0, fill=base),
        None if strokes is None else tag("path", d=strokes, stroke=ink, stroke_width=2.0),
        viewBox="0 0 20 16",
        class_="swatch",
        aria_hidden="true",
    )


def ring_path(xy: NDArray[np.float64]) -> str:
    """The path of a ring [px], without the corners that nobody could see."""
    line = shapely.simplify(shapely.linestrings(xy), 0.5)
    return "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in shapely.get_coordinates(line)[:-1]) + "Z"


def _triangle(x: float, y: float, size: float = 6.0) -> str:
    return f"M{x:.1f} {y - size:.1f}l{size:g} {1.7 * size:g}h{-2 * size:g}Z"


def _square(x: float, y: float, size: float = 4.0) -> str:
    return f"M{x - size:.1f} {y - size:.1f}h{2 * size:g}v{2 * size:g}h{-2 * size:g}Z"


def _marks(scene: MapScene, place: Callable[[Any], Any], width: int, height: int) -> list[Markup]:
    if not scene.marks:
        return []
    points = place([(mark.x_m, mark.y_m) for mark in scene.marks])
    shapes = [
        tag(
            "path", d=_triangle(x, y) if mark.kind == "radar" else _square(x, y), class_=mark.kind
        )
        for mark, (x, y) in zip(scene.marks, points, strict=True)
    ]  # fmt: skip
    return [*shapes, *labels_of([mark.name for mark in scene.marks], points, width, height)]


def labels_of(
    names: Sequence[str],
    points: NDArray[np.float64],
    width: int,
    height: int,
    *,
    gap_px: float = 9.0,
) -> list[Markup]:
    """Names beside points [px] where there is room, and none over a point, named or not."""
    frame = (0.0, 0.0, float(width), float(height))
    sizes = [(_WIDE * _TEXT_PX * len(name), _TEXT_PX + 2.0) for name in names]
    out = []
    for name, (x, _), box in zip(
        names, points, label_boxes(points, sizes, gap_px=gap_px, frame=frame), strict=True
    ):
        if box is None or not name:
            continue
        # Held at the mark's side: how wide the words really are is known to the reader alone.
        at, anchor = (x, "middle")
        if box[0] > x:
            at, anchor = box[0], "start"
        elif box[2] < x:
            at, anchor = box[2], "end"
        out.append(
            tag(
                "text", name, x=round(at, 1), y=round(box[3] - 4.0, 1), text_anchor=anchor,
                class_="label",
            )
        )  # fmt: skip
    return out


def bar_of(grid: Grid, width: int, height: int) -> list[Markup]:
    """The scale bar of a map, in its lower left corner."""
    long, words = scale_bar(grid, width, most_px=width / 4.0)
    left, low = 14.0, height - 14.0
    return [
        tag("path", d=f"M{left} {low - 6}V{low}H{left + long:.1f}V{low - 6}", class_="bar"),
        tag(
            "text", words, x=round(left + long / 2.0, 1), y=low - 8.0, text_anchor="middle",
            class_="label",
        ),
    ]  # fmt: skip
