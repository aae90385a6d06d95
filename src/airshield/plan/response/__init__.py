"""How many minutes until somebody is there to identify: at every cell of a map.

Comes in: a :class:`~airshield.plan.patrol.PatrolPlan`, a :class:`~airshield.geo.grid.Grid` and
which of its cells count; how often each fleet's alert is whole and each station manned, as arrays
(those of :class:`~airshield.plan.patrol.Sustained`). Goes out: a :class:`Response`, seconds on the
grid, from the call to being there: the least, who that is, the mean, and what is kept in 95 % of
the cases; the share of the cells within so many minutes; table RESPONSE_CELL. Being there is
presence: somebody looks, and nothing else.

**Who comes.** *From the ground*: a fleet with aircraft on alert, after ``to_air_s``, straight over
the ellipsoid at its cruise speed, if fuel and crew allow the way there and back. *From a station*:
whoever is there; of the fleets that may man it the slowest, and the one with the least left in its
tanks. An aircraft on station has between all of its stay and nothing left, evenly, and must get to
the cell and home: so a cell beyond can be reached part of the time only.

**With chances.** The first comes if it is there, else the next. From the ground: the alert is
whole, the base open by its hours, and not closed by weather. From a station: it is within its
hours, manned, and the fuel is left. These chances are taken as independent. They are not quite:
whoever mans a station is missing in a fleet's alert, and weather covers several bases. What is kept
in 95 % of the cases is therefore rather too short than too long.

A cell that nobody can reach is NaN, and so is what is kept with a chance where nobody comes too
often: never a large number.

Left out: wind, climb and turns; where the other flies meanwhile (a cell is a place, not a course);
handing over a station to go and look; a second one to look at.

Reference: the geodesic is that of ``airshield.geo`` (Lambert's formula, within 2e-5).
"""

from airshield.plan.response.outlines import outlines
from airshield.plan.response.response import Response, find_response
from airshield.plan.response.sources import Source

__all__ = ["Response", "Source", "find_response", "outlines"]
