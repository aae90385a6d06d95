"""A common map grid: square cells of equal area, on which several sensors' maps meet.

Comes in: an area (longitude and latitude, straight edges as RFC 7946 has them) and a step. Goes
out: a :class:`Grid` in Lambert's azimuthal equal-area projection of the WGS-84 ellipsoid around the
middle of the area, so that a count of cells is an area; which cells lie inside a polygon; where
each cell lies as seen from a site; and a site's own map, resampled.

**Frames.** Row 0 is north, column 0 is west, as in the patches of terrain around a site. x and y
run east and north in the projection [m]. A cell stands for its middle: it is inside a polygon when
its middle is. A site's patch is in the azimuthal-equidistant projection around the site, its middle
cell is the site: distance and bearing from the middle are true.

**Resampling.** Where each cell's middle lies in a site's patch is worked out exactly (Vincenty's
geodesics) at the nodes of a coarse mesh and linearly between: within 0.5 m on the ground for sites
up to 500 km away (``tests/geo/test_grid.py``). Three ways to read the patch there:

* ``nearest``: for codes;
* ``bilinear``: for heights of ground;
* ``highest`` of the four neighbours: for lowest visible altitudes. Shadows have sharp edges, and a
  mean of lit and dark promises a sight that half of the cell has not. This one never promises
  more than the patch does at any of the four.

An unknown (NaN) neighbour that counts makes the cell unknown. Outside the patch the caller says
what to put: beyond a radar's map there is no cover, which is not the same as unknown.

Left out: areas around a pole or larger than a third of the globe, other projections.

References: Snyder, Map Projections: A Working Manual, USGS Professional Paper 1395, 1987 (equations
3-11 to 3-18, 24-2 to 24-26); Vincenty, Survey Review XXIII 176, 1975.
"""

import numpy as np
from shapely import box

from airshield.geo.grid.grid import MESH_MAX, Grid
from airshield.geo.grid.projection import EqualArea, offsets_m

__all__ = ["MESH_MAX", "EqualArea", "Grid", "offsets_m", "warm_up"]


def warm_up() -> None:
    """Compile this room's kernels, or load them from the cache."""
    grid = Grid.around(box(0.0, 0.0, 0.1, 0.1), step_m=5000.0)
    grid.offsets_from(0.0, 0.0)
    for how in ("nearest", "bilinear", "highest"):
        grid.resample(
            np.zeros((3, 3), np.float32), lat_deg=0.0, lon_deg=0.0, step_m=5000.0, how=how
        )
    codes = np.zeros((3, 3), np.uint8)
    grid.resample(codes, lat_deg=0.0, lon_deg=0.0, step_m=5000.0, how="nearest", outside=0)
