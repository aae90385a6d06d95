"""The survey: what the radars of a shield see, put together from the rooms beside it.

Comes in: a :class:`SurveyTask` (radars with their places and figures, the territory, layers of
target class and height, people, sites, what is required) and the terrain. Goes out: a
:class:`Survey`: the network of every layer on one equal-area grid, the lowest visible altitude of
each radar, tables of cover, of gaps and of what each radar, pair and contributor is worth, and for
every requirement an answer, *holds*, *fails* or *unknown*, with its figure.

**Steps.** Around each radar: terrain in true bearing and distance, fine near the radar and coarser
(maxima) beyond 60 and 120 km (``geo.terrain``); the lowest visible altitude there (``sight``). On
the common grid, band by band: why each cell of each layer is seen or not (``detection``); bits,
groups, tables (``network``). Radars, then bands, then layers are shared among threads, and the
result is the same with any number. Terrain that several radars need is read once.

**Kept between runs.** What a radar sees down to depends on the terrain, its place and the Earth's
factor, not on the other radars: it is kept under a digest of those (:class:`SightCache`), so moving
one radar computes one radar. Files appear whole or not at all and are only ever added: the cache
may be shared, killed and deleted at any time.

**Doubt.** A radar of which nobody says what it reaches (``is_power_known`` False) has in sight what
it has in sight, and sees nothing surely: those cells are unknown. So are cells whose ground, or the
ground on the way, nobody knows. A requirement holds when the surely seen are enough, fails when
even all unknown cells would not do, and is unknown between.

Every result carries a ``stamp``: k, terrain, the probability that counts as seen, and what the
terrain cannot show. It is a planning estimate.
"""

from airshield.plan.coverage.survey.answers import Answer, CoverAsked, answer_cover, share_bounds
from airshield.plan.coverage.survey.cells import warm_up
from airshield.plan.coverage.survey.run import Survey, roses_of, survey
from airshield.plan.coverage.survey.sights import RadarSight, SightCache, look_around
from airshield.plan.coverage.survey.task import SurveyRadar, SurveySite, SurveyTask
from airshield.plan.coverage.survey.warned import WarningAsked

__all__ = [
    "Answer",
    "CoverAsked",
    "RadarSight",
    "SightCache",
    "Survey",
    "SurveyRadar",
    "SurveySite",
    "SurveyTask",
    "WarningAsked",
    "answer_cover",
    "look_around",
    "roses_of",
    "share_bounds",
    "survey",
    "warm_up",
]
