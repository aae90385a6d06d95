"""Warning minutes: how long before arrival people can know.

Comes in: sites to warn (:class:`WarnedSite`), radars where they stand with what the terrain lets
them see (:class:`Lookout`), what comes (:class:`Inbound`: a class, a speed, a height above ground
or sea) and when a track counts as confirmed (:class:`WarningRule`: m of n windows, with which
confidence, and the delay of the word). Goes out: a row for every site, inbound target and bearing
(:func:`plan_warning`, ``tables.WARNING_TIME``): a rose around each site; and the worst bearing of
each (:func:`site_table`, ``tables.SITE_WARNING``).

**The walk.** Along each bearing the target comes straight in, from outside every radar's reach to
the site. In every window of the tracker each radar looks once per turn; whatever of its phase is
unknown is averaged over. Plots of all radars count for one track. The first instant at which m of n
windows in a row have held a plot with the confidence asked for is the confirmation; what is left of
the flight, less the delay of the word, is the warning.

**Signs.** Minutes below zero: the target arrives before the word. Null: no confirmed track before
arrival.

**Unknown ground.** Twice the same walk: it hides the target, or it hides nothing. A requirement
*holds* if the first answer meets it, *fails* if the second does not, and is *unknown* between.

**Frames and units.** Bearings and azimuths from true north at the site; tracks are geodesics on
WGS 84; heights above mean sea level or above ground as named; ranges in metres over the ground,
speeds over the ground; tables tell minutes.

Left out: manoeuvres, detours around known radars, targets lost again after confirmation, false
tracks, what people do with their minutes.
"""

import numpy as np

from airshield.plan.coverage.detection import TARGETS, RadarFigures
from airshield.plan.coverage.warning.given import Inbound, Lookout, WarnedSite, WarningRule
from airshield.plan.coverage.warning.told import site_table
from airshield.plan.coverage.warning.walk import left_s, missed_by, plan_warning, seen_by

__all__ = [
    "Inbound",
    "Lookout",
    "WarnedSite",
    "WarningRule",
    "left_s",
    "missed_by",
    "plan_warning",
    "seen_by",
    "site_table",
    "warm_up",
]


def warm_up() -> None:
    """Compile this room's kernels, or load them from the cache."""
    figures = RadarFigures(
        name="warm-up",
        antenna_msl_m=10.0,
        turn_s=1.0,
        rng_ref_m=1e3,
        rcs_ref_m2=1.0,
        pd_ref=0.5,
        rng_min_m=0.0,
        rng_max_m=2e3,
    )
    flat = np.zeros((3, 3), np.float32)
    plan_warning(
        [WarnedSite(name="here", lat_deg=0.0, lon_deg=0.0)],
        [
            Lookout(
                figures=figures,
                lat_deg=0.0,
                lon_deg=0.0,
                lowest_msl_m=flat,
                ground_msl_m=flat,
                step_m=2e3,
                surface_msl_m=0.0,
            )
        ],
        [Inbound(target=TARGETS["airliner"], spd_mps=200.0, hgt_m=100.0, above_ground=True)],
        rule=WarningRule(hits=1, looks=1, window_s=1.0, confidence=0.5, delay_s=0.0),
        bearings_deg=1,
    )
