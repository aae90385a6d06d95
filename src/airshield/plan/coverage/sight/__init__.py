"""Sight: the lowest altitude at which a line of sight clears the terrain, cell by cell.

Comes in: a patch of ground heights [m above mean sea level] on a grid whose distances and bearings
are true along lines through the site (azimuthal equidistant around it), the antenna's altitude, and
the effective Earth radius factor k. Goes out: for each cell the lowest visible altitude [m above
mean sea level], never below the ground.

**How.** The *square fan*: rays with constant tangents leave the site, row after row of the grid;
each keeps the steepest slope met so far; a cell takes its horizon from the two rays beside it. A
ray is sampled wherever it crosses a row or a column of posts, so no wall slips between two samples.
The rays run on the grid's own rows, so there are no angles to compute and nothing to look up but
the two posts beside a crossing. ``_kernels`` tells the loops and the exact treatment of the Earth's
curve; ``docs/coverage.md`` what was measured and tried.

**Unknown ground** (NaN) gives an unknown answer, at its place and behind it: no gap in the terrain
looks like cover. ``through_unknown=True`` gives the lower bound instead, as if nothing stood there.

**Far out**, ``lowest_visible_levels`` goes on in coarser patches made with ``coarser_m`` (maxima,
never means). **Horizon or terrain**: ``bare_earth_m`` is what the smooth Earth alone would hide.

**On a graphics card**: ``sight.gpu`` has the same functions, for whoever installs the extra.

Left out: diffraction behind ridges, Fresnel clearance, ducts, trees and buildings unless the
heights hold them; ground between posts is bilinear.

References: Franklin and Ray, Higher isn't necessarily better: visibility algorithms and
experiments, 1994 (R3, R2, XDRAW); Recommendation ITU-R P.834 (effective Earth radius).
"""

from airshield.plan.coverage.sight.fan import (
    bare_earth_m,
    coarser_m,
    lowest_visible_levels,
    lowest_visible_m,
    warm_up,
)
from airshield.plan.coverage.sight.task import RAYS_PER_CELL

__all__ = [
    "RAYS_PER_CELL",
    "bare_earth_m",
    "coarser_m",
    "lowest_visible_levels",
    "lowest_visible_m",
    "warm_up",
]
