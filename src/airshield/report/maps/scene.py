"""What is on a map."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from airshield.geo.grid import Grid
from airshield.plan.coverage.network import LayerCover
from airshield.plan.coverage.survey import Survey
from airshield.report.maps.looks import (
    Look,
    band_codes,
    band_looks,
    count_codes,
    count_looks,
    inked,
)

_EDGE_MAX_DEG = 0.1
"""Edges are straight in longitude and latitude and bend in the projection: by 3 m in this."""

Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A radar or a site on a map; ``kind`` is 'radar' or 'site', x and y are metres of the grid."""

    kind: str
    name: str
    x_m: float
    y_m: float


@dataclass(frozen=True, slots=True, kw_only=True)
class MapScene:
    """A map before it is drawn.

    Attributes
    ----------
    title : str
    about : str
        What the cells tell, in a sentence.
    grid : Grid
    codes : ndarray of uint8, shape (rows, cols)
        Places in ``looks``; 0 is blank.
    looks : tuple of Look
    outline : tuple of ndarray, shape (n, 2)
        Rings of the territory's border, x and y [m].
    marks : tuple of Mark
        Radars and sites; those off the map are left out.
    stamp : tuple of str
        Lines that say what the map rests on.
    """

    title: str
    about: str
    grid: Grid
    codes: NDArray[np.uint8] = field(repr=False)
    looks: tuple[Look, ...] = field(repr=False)
    outline: tuple[NDArray[np.float64], ...] = field(repr=False)
    marks: tuple[Mark, ...] = field(repr=False)
    stamp: tuple[str, ...] = ()

    @property
    def shares(self) -> list[tuple[Look, float]]:
        """Looks that occur, each with its share of the cells that are not blank."""
        many = np.bincount(self.codes.reshape(-1), minlength=len(self.looks)).astype(float)
        many[0] = 0.0
        whole = max(many.sum(), 1.0)
        return [
            (look, share)
            for look, share in zip(self.looks, many / whole, strict=True)
            if share > 0.0
        ]


def count_scene(
    found: Survey,
    cover: LayerCover,
    *,
    title: str,
    stamp: Sequence[str] = (),
    active: Iterable[str] | None = None,
) -> MapScene:
    """How many radars, of all or of those named, see each place of a layer."""
    names = list(cover.radars) if active is None else list(active)
    return MapScene(
        title=title,
        about="Number of radars that surely see a target there.",
        grid=found.grid,
        codes=count_codes(cover.counts(names), found.inside),
        looks=count_looks(),
        outline=outline_of(found.task.area, found.grid),
        marks=_marks(found, names),
        stamp=tuple(stamp),
    )


def lowest_scene(found: Survey, *, above: str, title: str, stamp: Sequence[str] = ()) -> MapScene:
    """The lowest height in sight of any radar, above 'ground' or above 'sea'."""
    lowest = found.lowest.lowest_m
    return MapScene(
        title=title,
        about=f"Lowest height above {above} level that is in line of sight of a radar within its "
        "instrumented range, whatever the target.",
        grid=found.grid,
        codes=band_codes(lowest if above == "sea" else height_above_ground_m(found), found.inside),
        looks=band_looks(),
        outline=outline_of(found.task.area, found.grid),
        marks=_marks(found, [one.radar.name for one in found.radars]),
        stamp=tuple(stamp),
    )


def height_above_ground_m(found: Survey) -> NDArray[np.float32]:
    """The lowest altitude in sight above the ground there [m], never below it."""
    above: NDArray[np.float32] = np.maximum(
        found.lowest.lowest_m - found.ground_msl_m, np.float32(0.0)
    )
    return above


def outline_of(area: BaseGeometry, grid: Grid) -> tuple[NDArray[np.float64], ...]:
    """The rings of an area [deg] as x and y [m] of a grid, each of shape (n, 2)."""
    dense = shapely.segmentize(area, _EDGE_MAX_DEG)
    polygons = [part for part in shapely.get_parts(dense) if part.geom_type == "Polygon"]
    rings = []
    for ring in shapely.get_rings(np.asarray(polygons, object)):
        lonlat = shapely.get_coordinates(ring)
        rings.append(np.column_stack(grid.projection.xy_from_places(lonlat[:, 1], lonlat[:, 0])))
    return tuple(rings)


def _marks(found: Survey, radars: Sequence[str]) -> tuple[Mark, ...]:
    wanted = set(radars)
    places = [
        ("radar", one.radar.name, one.radar.lat_deg, one.radar.lon_deg)
        for one in found.radars
        if one.radar.name in wanted
    ] + [("site", site.name, site.lat_deg, site.lon_deg) for site in found.task.sites]
    marks = []
    for kind, name, lat, lon in places:
        if found.grid.cells_of([lat], [lon])[0][0] < 0:
            continue
        x, y = found.grid.projection.xy_from_places([lat], [lon])
        marks.append(Mark(kind=kind, name=name, x_m=float(x[0]), y_m=float(y[0])))
    return tuple(marks)


# ---------------------------------------------------------------- what both drawings need


def paint(scene: MapScene, *, width_px: int, height_px: int) -> tuple[NDArray[np.uint8], list[int]]:
    """Draw the cells alone.

    Returns
    -------
    ndarray of uint8, shape (height_px, width_px), and list of int
        Places in a palette, and the palette: red, green, blue one after the other. 0 is blank.
    """
    rows = np.arange(height_px) * scene.grid.rows // height_px
    cols = np.arange(width_px) * scene.grid.cols // width_px
    codes = scene.codes[rows[:, None], cols[None, :]]
    out = (2 * codes).astype(np.uint8)
    palette: list[int] = []
    for code, look in enumerate(scene.looks):
        palette += [*look.base, *look.ink]
        if look.pattern != "plain":
            out[(codes == code) & inked(look.pattern, width_px, height_px)] += 1
    return out, palette


def pixels_from(grid: Grid, width_px: int) -> tuple[int, Callable[[Any], Any]]:
    """How high a map of some width is, and a function that places x and y [m] on it, y down."""
    scale = width_px / (grid.cols * grid.step_m)

    def place(xy_m: Any) -> Any:
        xy = np.asarray(xy_m, np.float64)
        return np.column_stack(
            [(xy[:, 0] - grid.west_m) * scale, (grid.north_m - xy[:, 1]) * scale]
        )

    return max(1, round(grid.rows * grid.step_m * scale)), place


def scale_bar(grid: Grid, width_px: int, *, most_px: float) -> tuple[float, str]:
    """Length in pixels, and in words, of the longest bar of a round length that is not too long."""
    whole_m = grid.cols * grid.step_m
    most_m = whole_m * most_px / width_px
    power = 10.0 ** np.floor(np.log10(most_m))
    length = float(max(f * power for f in (1.0, 2.0, 5.0) if f * power <= most_m))
    words = f"{length / 1000.0:g} km" if length >= 1000.0 else f"{length:g} m"
    return length / whole_m * width_px, words


def label_boxes(
    points: NDArray[np.float64],
    sizes: Sequence[tuple[float, float]],
    *,
    gap_px: float,
    frame: Box,
) -> list[Box | None]:
    """Find room for words beside points: right, left, above, below; None where there is none.

    Parameters
    ----------
    points : ndarray, shape (n, 2)
        Pixels, y down. The first have the first choice.
    sizes : sequence of (width, height)
        Of the words [px].
    gap_px : float
        Between the point and its words.
    frame : (left, top, right, bottom)
        Nothing is put outside.
    """
    taken: list[Box] = [(x - 5.0, y - 5.0, x + 5.0, y + 5.0) for x, y in points]
    out: list[Box | None] = []
    for at, ((x, y), (width, height)) in enumerate(zip(points, sizes, strict=True)):
        offers = (
            (x + gap_px, y - height / 2.0),
            (x - gap_px - width, y - height / 2.0),
            (x - width / 2.0, y - gap_px - height),
            (x - width / 2.0, y + gap_px),
        )
        found: Box | None = None
        for left, top in offers:
            box = (left, top, left + width, top + height)
            others = (one for k, one in enumerate(taken) if k != at)
            if _holds(frame, box) and not any(_meet(box, one) for one in others):
                found = box
                taken.append(box)
                break
        out.append(found)
    return out


def _meet(a: Box, b: Box) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


def _holds(frame: Box, box: Box) -> bool:
    return frame[0] <= box[0] and frame[1] <= box[1] and box[2] <= frame[2] and box[3] <= frame[3]
