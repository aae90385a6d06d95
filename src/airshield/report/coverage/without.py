"""The same requirements with some radars gone."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from airshield.config import Shield
from airshield.plan.coverage.network import AREA, Groups, group_cells, site_weights
from airshield.plan.coverage.network.cover import mask_of
from airshield.plan.coverage.survey import (
    Answer,
    CoverAsked,
    Survey,
    WarningAsked,
    answer_cover,
    share_bounds,
)
from airshield.plan.coverage.survey.warned import lookouts_of, warn_sites


@dataclass(frozen=True, slots=True, kw_only=True)
class Enablers:
    """The outside enablers of a shield, and the radars that are theirs and the others'."""

    names: tuple[str, ...]
    theirs: tuple[str, ...]
    others: tuple[str, ...]


def enablers_of(shield: Shield, found: Survey) -> Enablers:
    """Find the radars that would be gone without the outside enablers."""
    outside = {one.name for one in shield.contributors if one.kind == "enabler"}
    by = found.task.contributors()
    return Enablers(
        names=tuple(dict.fromkeys(who for who in by.values() if who in outside)),
        theirs=tuple(radar for radar, who in by.items() if who in outside),
        others=tuple(radar for radar, who in by.items() if who not in outside),
    )


def layer_groups(found: Survey, layer: str) -> Groups:
    """The groups of a layer by its name."""
    return next(groups for groups in found.groups if groups.layer.name == layer)


def share_seen(groups: Groups, active: Iterable[str]) -> float | None:
    """Share of the territory that at least one of some radars surely sees; None: no territory."""
    low, _ = share_bounds(groups, active, of=AREA)
    return None if math.isnan(low) else low


def answers_with(
    found: Survey,
    asked: Sequence[CoverAsked],
    warned: Sequence[WarningAsked],
    active: Sequence[str],
) -> dict[tuple[str, str], Answer]:
    """Answer requirements with some radars only, by the requirements' kinds and names."""
    out = {}
    for want in asked:
        groups = _groups_for(found, want)
        keep = mask_of(groups.radars, active)
        left = replace(groups, bits=groups.bits & keep, unknown=groups.unknown & keep)
        out["cover", want.name] = answer_cover(want, left)
    lookouts = lookouts_of(
        [(one.radar, one.sight) for one in found.radars if one.radar.name in active]
    )
    for one in warned:
        _, answer = warn_sites(
            one,
            found.task.sites,
            lookouts,
            rain=found.task.rain,
            earth_m=found.task.earth.earth_m,
        )
        out["warning", one.name] = answer
    return out


def _groups_for(found: Survey, want: CoverAsked) -> Groups:
    """Groups of a requirement's layer in its own area."""
    if want.area is None:
        return layer_groups(found, want.layer.name)
    cover = next(cover for cover in found.layers if cover.layer == want.layer)
    within = found.grid.inside(want.area)
    lat = [site.lat_deg for site in found.task.sites]
    lon = [site.lon_deg for site in found.task.sites]
    on = found.grid.cells_of(lat, lon)[0] >= 0
    sites = None
    if on.any():
        sites = within * site_weights(
            found.grid,
            [value for value, there in zip(lat, on, strict=True) if there],
            [value for value, there in zip(lon, on, strict=True) if there],
        )
    return group_cells(
        cover,
        inside=within,
        people=None if found.people is None else found.people * within,
        sites=sites,
    )
