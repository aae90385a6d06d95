"""What is on a map of places and of ways between them, before it is drawn."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from airshield.geo.grid import Grid
from airshield.report.maps.scene import outline_of

KINDS: Final = ("station", "base", "source", "node")
"""What a place can be; their names are written in this order where room is scarce."""

_CELLS: Final = 400
"""The frame is a grid of about so many cells a side; none of them is painted."""
_MARGIN: Final = 0.06
"""Around all places, of the longer side: names need room."""
_LEAST_M: Final = 20_000.0
"""A map of one place shows so much around it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A place on a map.

    Attributes
    ----------
    kind : str
        One of ``KINDS``.
    name : str
        Written beside it; empty writes nothing.
    lat_deg, lon_deg : float
        WGS 84.
    verdict : str
        What it comes to, drawn as a sign; empty draws none.
    """

    kind: str
    name: str
    lat_deg: float
    lon_deg: float
    verdict: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """A way between two places.

    Attributes
    ----------
    name : str
    lat_deg, lon_deg : (float, float)
        Of its start and its end.
    share : float or None
        Of what the way that carries most carries; drawn as its width. None is unknown.
    number : int or None
        Of a weak way: a badge with its number in a table.
    """

    name: str
    lat_deg: tuple[float, float]
    lon_deg: tuple[float, float]
    share: float | None
    number: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkScene:
    """A map of places and ways.

    Attributes
    ----------
    title, about : str
        What it is, and what it tells, in a sentence.
    grid : Grid
        The map's frame and projection; no cells are painted.
    outline : tuple of ndarray, shape (n, 2)
        Rings of the territory's border, x and y [m].
    places : tuple of Place
    ways : tuple of Way
    """

    title: str
    about: str
    grid: Grid
    outline: tuple[NDArray[np.float64], ...] = field(repr=False)
    places: tuple[Place, ...] = field(repr=False)
    ways: tuple[Way, ...] = field(repr=False)


def network_scene(
    places: Sequence[Place],
    ways: Sequence[Way],
    *,
    title: str,
    about: str,
    area: BaseGeometry | None = None,
) -> NetworkScene | None:
    """Lay a map around places, ways and an area; None where there is nothing to lay it around.

    Parameters
    ----------
    places : sequence of Place
        Those of the same kind keep their order.
    ways : sequence of Way
    title, about : str
    area : shapely geometry, optional
        Polygons whose borders are drawn, longitude and latitude [deg].
    """
    points = [(place.lon_deg, place.lat_deg) for place in places]
    for way in ways:
        points += zip(way.lon_deg, way.lat_deg, strict=True)
    parts: list[BaseGeometry] = [shapely.MultiPoint(points)] if points else []
    if area is not None and not area.is_empty:
        parts.append(area)
    if not parts:
        return None
    whole = shapely.GeometryCollection(parts)
    # Laid twice: how far it reaches in metres is known only in its projection.
    rough = Grid.around(whole, step_m=_LEAST_M)
    side_m = max(rough.rows, rough.cols) * rough.step_m
    grid = Grid.around(
        whole, step_m=math.ceil(side_m / _CELLS), margin_m=max(_MARGIN * side_m, _LEAST_M)
    )
    return NetworkScene(
        title=title,
        about=about,
        grid=grid,
        outline=() if area is None else outline_of(area, grid),
        places=tuple(sorted(places, key=lambda one: KINDS.index(one.kind))),
        ways=tuple(ways),
    )
