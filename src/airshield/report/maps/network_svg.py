"""A map of places and ways as an SVG drawing for a page."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from airshield.report.html import Markup, tag
from airshield.report.maps.network import NetworkScene, Place, Way
from airshield.report.maps.scene import pixels_from
from airshield.report.maps.svg import bar_of, labels_of, ring_path

_WIDEST_PX: Final = 7.0
_THINNEST_PX: Final = 1.2
_BOW_PX: Final = 14.0
"""Ways between the same two places lie so far apart in the middle."""
_SIGNS: Final = {"holds": "✓", "fails": "✗", "unknown": "?", "nothing asked": "", "": ""}

_GAP_PX: Final = 12.0
"""Between the middle of a mark and its name: a station's sign is a circle of 8."""
_SHORT_PX: Final = 40.0
"""On a way shorter than this a badge would hide both ends: it stands aside, without a head."""

Curve = tuple[float, float, float, float, float, float]
"""Start, control point and end of a quadratic Bézier curve [px]."""


def network_svg_of(scene: NetworkScene, *, name: str, width_px: int = 720) -> Markup:
    """Draw a map of places and ways.

    Parameters
    ----------
    scene : NetworkScene
    name : str
        An anchor of its own in the page.
    width_px : int
        Width of the drawing's own pixels; it scales with the page.
    """
    height, place = pixels_from(scene.grid, width_px)
    projection = scene.grid.projection

    def pixels(lat_deg: Sequence[float], lon_deg: Sequence[float]) -> NDArray[np.float64]:
        xy: NDArray[np.float64] = place(
            np.column_stack(projection.xy_from_places(lat_deg, lon_deg))
        )
        return xy

    curves = _curves([pixels(way.lat_deg, way.lon_deg) for way in scene.ways])
    points = pixels(
        [one.lat_deg for one in scene.places], [one.lon_deg for one in scene.places]
    ).reshape(-1, 2)
    badges = [
        (way.number, _badge_at(curve))
        for way, curve in zip(scene.ways, curves, strict=True)
        if way.number is not None
    ]
    # Badges have no name, and names keep off them.
    names = [one.name for one in scene.places] + [""] * len(badges)
    at = np.concatenate([points, np.array([xy for _, xy in badges]).reshape(-1, 2)])
    return tag(
        "svg",
        tag("title", scene.title, id=f"{name}-title"),
        tag("desc", scene.about, id=f"{name}-desc"),
        *(tag("path", d=ring_path(place(ring)), class_="border") for ring in scene.outline),
        *(_way(way, curve) for way, curve in zip(scene.ways, curves, strict=True)),
        *(
            _mark(one, x, y)
            for one, (x, y) in zip(reversed(scene.places), points[::-1], strict=True)
        ),
        *(_badge(number, xy) for number, xy in badges),
        *labels_of(names, at, width_px, height, gap_px=_GAP_PX),
        *bar_of(scene.grid, width_px, height),
        class_="map net",
        viewBox=f"0 0 {width_px} {height}",
        role="img",
        aria_labelledby=f"{name}-title {name}-desc",
    )


def network_legend_of(scene: NetworkScene) -> Markup:
    """What the signs on a map of places and ways mean, as far as they occur, as a list."""
    kinds = {place.kind for place in scene.places}
    told = {
        "station": _station_words(scene),
        "base": "air base",
        "source": "where supply enters",
        "node": "other place of supply",
    }
    items = [
        tag("li", _key(_shape(kind, 10.0, 8.0), kind), f" {words}")
        for kind, words in told.items()
        if kind in kinds
    ]
    shares = {_look(way) for way in scene.ways}
    if "way" in shares:
        items.append(tag("li", _key("M0 12L20 4", "way"), " supply, the wider the more it carries"))
    if "way idle" in shares:
        items.append(tag("li", _key("M0 12L20 4", "way idle"), " carries nothing"))
    if "way doubt" in shares:
        items.append(tag("li", _key("M0 12L20 4", "way doubt"), " what it carries is unknown"))
    if any(way.number is not None for way in scene.ways):
        items.append(
            tag(
                "li",
                tag(
                    "svg", _badge(1, (10.0, 8.0)), viewBox="0 0 20 16", class_="swatch bare",
                    aria_hidden="true",
                ),
                " weak way, with its number in the table below",
            )
        )  # fmt: skip
    return tag("ul", *items, class_="legend")


def _station_words(scene: NetworkScene) -> str:
    told = [
        f"{sign} {verdict}"
        for verdict, sign in _SIGNS.items()
        if sign and any(place.verdict == verdict for place in scene.places)
    ]
    return f"station: {', '.join(told)}" if told else "station"


def _key(path: str, kind: str) -> Markup:
    return tag(
        "svg", tag("path", d=path, class_=kind), viewBox="0 0 20 16", class_="swatch bare",
        aria_hidden="true",
    )  # fmt: skip


def _look(way: Way) -> str:
    if way.share is None:
        return "way doubt"
    return "way" if way.share > 0.0 else "way idle"


def _curves(ends: Sequence[NDArray[np.float64]]) -> list[Curve]:
    """Straight ways, and those between the same two places bowed away from one another."""
    groups: dict[frozenset[tuple[float, float]], list[int]] = {}
    for k, pair in enumerate(ends):
        key = frozenset((round(float(x), 1), round(float(y), 1)) for x, y in pair)
        groups.setdefault(key, []).append(k)
    out: dict[int, Curve] = {}
    for group in groups.values():
        for nth, k in enumerate(group):
            (x0, y0), (x1, y1) = (map(float, xy) for xy in ends[k])
            long = math.hypot(x1 - x0, y1 - y0) or 1.0
            # To one side as seen from the western end, whichever way it goes.
            side = 1.0 if (x0, y0) <= (x1, y1) else -1.0
            bow = 2.0 * side * _BOW_PX * (nth - 0.5 * (len(group) - 1))
            middle = (
                0.5 * (x0 + x1) - bow * (y1 - y0) / long,
                0.5 * (y0 + y1) + bow * (x1 - x0) / long,
            )
            out[k] = (x0, y0, *middle, x1, y1)
    return [out[k] for k in range(len(ends))]


def _at(curve: Curve, t: float) -> tuple[float, float]:
    x0, y0, xc, yc, x1, y1 = curve
    a, b, c = (1.0 - t) ** 2, 2.0 * t * (1.0 - t), t * t
    return a * x0 + b * xc + c * x1, a * y0 + b * yc + c * y1


def _long_px(curve: Curve) -> float:
    return math.hypot(curve[4] - curve[0], curve[5] - curve[1])


def _badge_at(curve: Curve) -> tuple[float, float]:
    x, y = _at(curve, 0.5)
    long = _long_px(curve)
    if not 0.0 < long < _SHORT_PX:
        return x, y
    aside = 15.0 / long
    return x - aside * (curve[5] - curve[1]), y + aside * (curve[4] - curve[0])


def _way(way: Way, curve: Curve) -> Markup:
    x0, y0, xc, yc, x1, y1 = curve
    width = _THINNEST_PX + (_WIDEST_PX - _THINNEST_PX) * min(way.share or 0.0, 1.0)
    look = _look(way)
    line = tag(
        "path",
        d=f"M{x0:.1f} {y0:.1f}Q{xc:.1f} {yc:.1f} {x1:.1f} {y1:.1f}",
        class_=look,
        stroke_width=round(width, 1),
    )
    if look != "way" or _long_px(curve) < _SHORT_PX:
        return line
    # Which way it flows: a head past the middle, where no badge is.
    (ax, ay), (bx, by) = _at(curve, 0.68), _at(curve, 0.7)
    turn = math.degrees(math.atan2(by - ay, bx - ax))
    size = 4.0 + 0.7 * width
    head = tag(
        "path",
        d=f"M{size:.1f} 0L{-size:.1f} {-size:.1f}V{size:.1f}Z",
        class_="head",
        transform=f"translate({bx:.1f} {by:.1f}) rotate({turn:.0f})",
    )
    return Markup(line + head)


def _mark(place: Place, x: float, y: float) -> Markup:
    shape = tag("path", d=_shape(place.kind, x, y), class_=place.kind)
    sign = _SIGNS[place.verdict]
    if not sign:
        return shape
    return Markup(
        shape
        + tag("text", sign, x=round(x, 1), y=round(y + 4.5, 1), text_anchor="middle", class_="sign")
    )


def _shape(kind: str, x: float, y: float) -> str:
    if kind == "station":
        r = 8.0
        return f"M{x - r:.1f} {y:.1f}a{r} {r} 0 1 1 {2 * r} 0a{r} {r} 0 1 1 {-2 * r} 0Z"
    if kind == "base":
        return f"M{x - 5:.1f} {y - 5:.1f}h10v10h-10Z"
    if kind == "source":
        return f"M{x:.1f} {y + 6:.1f}l6 -11h-12Z"
    return f"M{x:.1f} {y - 5:.1f}l5 5l-5 5l-5 -5Z"


def _badge(number: int, xy: tuple[float, float]) -> Markup:
    x, y = xy
    return tag(
        "g",
        tag("circle", cx=round(x, 1), cy=round(y, 1), r=7.5, class_="badge"),
        tag(
            "text", str(number), x=round(x, 1), y=round(y + 4.0, 1), text_anchor="middle",
            class_="badge-n",
        ),
    )  # fmt: skip
