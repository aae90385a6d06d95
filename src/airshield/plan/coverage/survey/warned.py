"""Requirements of warning: minutes for every site and bearing, and whether they are enough."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pyarrow as pa

from airshield.plan.coverage.detection import Rain
from airshield.plan.coverage.survey.answers import Answer, Verdict
from airshield.plan.coverage.survey.sights import RadarSight
from airshield.plan.coverage.survey.task import SurveyRadar, SurveySite
from airshield.plan.coverage.warning import (
    Inbound,
    Lookout,
    WarnedSite,
    WarningRule,
    plan_warning,
)
from airshield.tables import WARNING_TIME

HITS: Final = 3
LOOKS: Final = 5
CONFIDENCE: Final = 0.9
"""A silent target counts as a confirmed track once three of five turns in a row have brought a
plot, with nine chances in ten: what the tracker needs in moderate clutter (docs/tracking.md)."""

NO_TURN_S: Final = 10.0
"""The tracker's window where nobody says how often any radar turns: an air surveillance radar's."""

BEARINGS: Final = 72


@dataclass(frozen=True, slots=True, kw_only=True)
class WarningAsked:
    """Warning time that sites must have before a target.

    Attributes
    ----------
    name : str
    sites : tuple of str
        Names; empty: all.
    inbound : Inbound
    chain_s : float
        From the confirmed track to the people told [s].
    share_of_bearings : float
        Share of the bearings for which it must hold, at every site.
    """

    name: str
    sites: tuple[str, ...]
    inbound: Inbound
    chain_s: float
    share_of_bearings: float = 1.0


def lookouts_of(radars: Sequence[tuple[SurveyRadar, RadarSight]]) -> list[Lookout]:
    """The radars as the warning room takes them; those of which too little is known are unsure."""
    return [
        Lookout(
            figures=radar.figures,
            lat_deg=radar.lat_deg,
            lon_deg=radar.lon_deg,
            lowest_msl_m=np.ascontiguousarray(sight.levels[-1].lowest_msl_m),
            ground_msl_m=np.ascontiguousarray(sight.levels[-1].ground_msl_m),
            step_m=sight.levels[-1].step_m,
            surface_msl_m=sight.surface_msl_m,
            is_sure=radar.is_power_known
            and radar.is_turn_known
            and bool(np.isfinite(sight.antenna_msl_m)),
        )
        for radar, sight in radars
    ]


def sites_of(asked: WarningAsked, sites: Sequence[SurveySite]) -> list[WarnedSite]:
    """The sites that a requirement speaks of."""
    return [
        WarnedSite(
            name=site.name, lat_deg=site.lat_deg, lon_deg=site.lon_deg, required_s=site.warning_s
        )
        for site in sites
        if not asked.sites or site.name in asked.sites
    ]


def window_s(lookouts: Iterable[Lookout]) -> float:
    """The tracker's window: a turn of the slowest radar of which enough is known [s]."""
    return max((one.figures.turn_s for one in lookouts if one.is_sure), default=NO_TURN_S)


def rule_of(asked: WarningAsked, window_s: float) -> WarningRule:
    """When a track counts as confirmed."""
    return WarningRule(
        hits=HITS, looks=LOOKS, window_s=window_s, confidence=CONFIDENCE, delay_s=asked.chain_s
    )


def warn_sites(
    asked: WarningAsked,
    sites: Sequence[SurveySite],
    lookouts: Sequence[Lookout],
    *,
    rain: Rain | None = None,
    earth_m: float,
    pool: Executor | None = None,
) -> tuple[pa.Table, Answer]:
    """WARNING_TIME rows of one requirement, and its answer."""
    warned = sites_of(asked, sites)
    if not warned:
        return WARNING_TIME.empty_table(), answer_warning(asked, [])
    table = plan_warning(
        warned,
        lookouts,
        [asked.inbound],
        rule=rule_of(asked, window_s(lookouts)),
        bearings_deg=BEARINGS,
        rain=rain,
        earth_m=earth_m,
        pool=pool,
    )
    verdicts: dict[str, list[Any]] = {}
    for name, verdict in zip(table["site"].to_pylist(), table["verdict"].to_pylist(), strict=True):
        verdicts.setdefault(name, []).append(verdict)
    shares = [
        (
            given.count("holds") / len(given),
            (given.count("holds") + given.count("unknown")) / len(given),
        )
        for given in verdicts.values()
        if None not in given
    ]
    return table, answer_warning(asked, shares)


def answer_warning(asked: WarningAsked, shares: Sequence[tuple[float, float]]) -> Answer:
    """Answer a requirement from the bearings of each site for which it holds, surely and perhaps.

    The worst site decides; sites that need no certain time are not among them.
    """
    low = min((surely for surely, _ in shares), default=None)
    high = min((perhaps for _, perhaps in shares), default=None)
    verdict: Verdict = "unknown"
    if low is not None and high is not None:
        if low >= asked.share_of_bearings:
            verdict = "holds"
        elif high < asked.share_of_bearings:
            verdict = "fails"
    return Answer(
        name=asked.name,
        kind="warning",
        verdict=verdict,
        asked=asked.share_of_bearings,
        low=low,
        high=high,
        unit="share of bearings",
    )
