"""Requirements of response: within how many minutes is somebody there to identify?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from airshield.cli.covering import areas_of, territory_of
from airshield.config import Shield
from airshield.geo.grid import Grid
from airshield.plan.dependence.goals import half_width
from airshield.plan.endurance import Endurance
from airshield.plan.response import Response, find_response

STEP_M: Final = 20_000.0
"""A cell: what an aircraft flies in a minute and a half."""


@dataclass(frozen=True, kw_only=True)
class ResponseAsked:
    """A share of an area in which somebody must be there within a time, in 95 % of the cases."""

    name: str
    area: str
    share: float
    within_s: float
    grid: Grid
    inside: NDArray[np.bool_]


def responses_asked(shield: Shield) -> tuple[ResponseAsked, ...]:
    """The shield's requirements of response, each on the grid of its area."""
    areas = areas_of(shield)
    out = []
    for one in shield.plan.requirements.response:
        area: BaseGeometry = territory_of(shield) if one.area is None else areas[one.area]
        grid = Grid.around(area, step_m=STEP_M)
        out.append(
            ResponseAsked(
                name=one.name,
                area=one.area or "the territory",
                share=one.share,
                within_s=one.within_s,
                grid=grid,
                inside=grid.inside(area),
            )
        )
    return tuple(out)


def answer_response(
    result: Endurance, asked: ResponseAsked
) -> tuple[Response, float, tuple[float, float]]:
    """How long it takes, the share of the area reached in time, and between what that lies.

    Between: with alerts and stations manned as little, and as much, as the 95 % intervals of the
    replications allow; and up to all of it where the time to the air of some alert is not known.
    """
    sustained = result.sustained
    assert sustained is not None, "response is asked where there are stations"
    minutes = asked.within_s / 60.0

    def respond(sign: float) -> Response:
        alert, manned = (
            np.clip(shares.mean(axis=0) + sign * half_width(shares, axis=0), 0.0, 1.0)
            for shares in (sustained.alert, sustained.cover)
        )
        return find_response(
            sustained.plan,
            asked.grid,
            inside=asked.inside,
            alert_share=alert,
            manned_share=manned,
            days=result.days,
        )

    found = respond(0.0)
    low, value, high = (float(one.within(minutes)) for one in (respond(-1.0), found, respond(1.0)))
    return found, value, (min(low, value), 1.0 if found.left_out else max(high, value))
