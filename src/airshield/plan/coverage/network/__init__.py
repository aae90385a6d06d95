"""A network of radars: how many see each place, why nobody does, and what each of them is worth.

Comes in: for every radar and layer a map of reasons (``plan.coverage.reasons``) on a common
:class:`~airshield.geo.grid.Grid`, and its lowest visible altitude [m above mean sea level]; which
cells are territory; where people live and sites stand. Goes out, layer by layer:

* **counts**: by how many radars a cell is surely seen, of all or of any subset; whose lowest
  altitude is the lowest, and which; where nobody sees, why not;
* **COVER**: territory, people and protected sites seen by none, one, two, three, four or more;
* **RADAR_VALUE, PAIR_VALUE, CONTRIBUTOR_VALUE**: what each sees alone and what is lost without it;
* **GAP**, and regions of any map: polygons in longitude and latitude with area and people.

**A layer** is a target class at a height above ground or above sea. **Unknown is kept apart.** A
cell that no radar surely sees and one might, had we the terrain, is unknown: not covered, and not
a gap. A cell whose height lies below the ground has no air to watch and is left out of all shares.
The rest adds up to the territory. Where nobody told who lives where, numbers of people are null.

**Subsets.** Every cell has a bit for each radar. Cells with equal bits are gathered, with the sum
of their area, people and sites (:class:`Groups`): some hundreds are left of a million, and what
any subset of the radars sees is a sum over those. So unticking a contributor takes microseconds for
the figures, and a pass over the bits for the map.

**A cell is its middle.** An area is a number of cells times the area of one. Outlines follow the
cells unless a tolerance is given, and then neighbours still share their borders.

**Reasons** are those of the radar that comes nearest to seeing: that passes most of the tests in
``reasons.ORDER``, then the one that falls least short in height.

In use::

    cover = LayerCover(grid, layer, radars)
    for radar in radars:
        cover.add(radar, reason_of[radar])          # uint8 codes on the grid
    groups = group_cells(cover, inside=inside, people=people)
    cover_table([groups]), contributor_values([groups], contributors), find_gaps(cover, ...)

Left out: probabilities that add up over radars (a cell is seen by one or it is not), targets that
move (``plan.coverage.warning``), what it costs to lose a radar for a time (``plan`` of supply).

References: EUROCONTROL surveillance coverage maps (the presentation 1, 2, 3, 4+); Visvalingam and
Whyatt, The Cartographic Journal 30(1), 1993; RFC 7946.
"""

import numpy as np
from shapely import box

from airshield.geo.grid import Grid
from airshield.plan.coverage.network.cover import (
    NO_AIR_COUNT,
    NOBODY,
    UNKNOWN_COUNT,
    LayerCover,
    LowestAltitude,
)
from airshield.plan.coverage.network.gaps import (
    Regions,
    bands_of,
    features,
    find_gaps,
    lonlat_from,
    regions_of,
)
from airshield.plan.coverage.network.groups import (
    AREA,
    PEOPLE,
    SITES,
    Groups,
    group_cells,
    merge_equal,
    site_weights,
)
from airshield.plan.coverage.network.layers import Layer
from airshield.plan.coverage.network.people import PlacedPeople, place_people
from airshield.plan.coverage.network.values import (
    contributor_values,
    cover_table,
    pair_values,
    radar_values,
)

__all__ = [
    "AREA",
    "NOBODY",
    "NO_AIR_COUNT",
    "PEOPLE",
    "SITES",
    "UNKNOWN_COUNT",
    "Groups",
    "Layer",
    "LayerCover",
    "LowestAltitude",
    "PlacedPeople",
    "Regions",
    "bands_of",
    "contributor_values",
    "cover_table",
    "features",
    "find_gaps",
    "group_cells",
    "lonlat_from",
    "merge_equal",
    "pair_values",
    "place_people",
    "radar_values",
    "regions_of",
    "site_weights",
    "warm_up",
]


def warm_up() -> None:
    """Compile this room's kernels, or load them from the cache."""
    grid = Grid.around(box(0.0, 0.0, 0.1, 0.1), step_m=5000.0)
    cover = LayerCover(grid, Layer(cls="any", height_m=0.0, above="sea"), ["a"])
    cover.add("a", np.ones(grid.shape, np.uint8))
    everywhere = np.ones(grid.shape, np.bool_)
    groups = group_cells(cover, inside=everywhere)
    groups.share_covered(["a"])
    cover_table([groups])
    find_gaps(cover, inside=everywhere)
    LowestAltitude(grid, ["a"]).add("a", np.zeros(grid.shape, np.float32))
