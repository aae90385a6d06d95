"""A survey as the plan page shows it; and any of a plan's pages in a browser."""

from __future__ import annotations

import datetime as dt
import os
import sys
import webbrowser
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from airshield import __version__
from airshield.cli.covering import warning_asked
from airshield.cli.watching import WEB_HOST, stop_on_signal
from airshield.config import Shield
from airshield.plan.coverage.network.cover import wide_words
from airshield.plan.coverage.survey import Answer, Survey, roses_of
from airshield.serve import (
    PlanAnswer,
    PlanContributor,
    PlanLayer,
    PlanRadar,
    PlanSite,
    PlanStamp,
    PlanView,
    PlanWarnings,
    Server,
    create_plan_app,
)
from airshield.units import S_PER_MIN


class _LowestMaps(Mapping[str, NDArray[np.float32]]):
    """Each radar's lowest altitudes on the whole grid, made when somebody looks."""

    def __init__(self, found: Survey) -> None:
        self._shape = found.grid.shape
        self._cells = {cells.radar.name: cells for cells in found.radars}

    def __getitem__(self, name: str) -> NDArray[np.float32]:
        cells = self._cells[name]
        whole = np.full(self._shape, np.inf, np.float32)
        whole[cells.window] = cells.lowest_msl_m
        return whole

    def __iter__(self) -> Iterator[str]:
        return iter(self._cells)

    def __len__(self) -> int:
        return len(self._cells)


def view_of(shield: Shield, found: Survey, *, made: dt.datetime) -> PlanView:
    """Everything of a survey that the plan page shows.

    Warning minutes are worked out again for the sets of contributors that are asked about first:
    without each, and without all outside enablers.
    """
    on_map = found.grid.cells_of(
        [site.lat_deg for site in found.task.sites], [site.lon_deg for site in found.task.sites]
    )[0]
    return PlanView(
        grid=found.grid,
        inside=found.inside,
        people=found.people,
        ground_m=found.ground_msl_m,
        radars=[
            PlanRadar(
                name=cells.radar.name,
                contributor=cells.radar.contributor,
                lat_deg=cells.radar.lat_deg,
                lon_deg=cells.radar.lon_deg,
            )
            for cells in found.radars
        ],
        contributors=[
            PlanContributor(name=who.name, role=who.role, kind=who.kind)
            for who in shield.contributors
        ],
        layers=[
            PlanLayer(
                cls=cover.layer.cls,
                height_m=cover.layer.height_m,
                above="ground" if cover.layer.above == "ground" else "sea",
                bits=wide_words(cover.bits),
                unknown=wide_words(cover.unknown),
                why=cover.why,
                no_air=cover.no_air,
            )
            for cover in sorted(found.layers, key=lambda one: (one.layer.above, one.layer.height_m))
        ],
        lowest_m=_LowestMaps(found),
        sites=[
            PlanSite(
                name=site.name,
                lat_deg=site.lat_deg,
                lon_deg=site.lon_deg,
                people=site.people,
                required_min=None if site.warning_s is None else site.warning_s / S_PER_MIN,
            )
            for site, row in zip(found.task.sites, on_map, strict=True)
            if row >= 0
        ],
        warnings=_warnings(shield, found),
        answers=[_told(answer) for answer in found.answers],
        stamp=PlanStamp(
            plan=shield.name,
            digest=shield.digest,
            k=found.stamp["k"],
            terrain=", ".join(found.stamp["terrain"]),
            terrain_warning=" · ".join(found.stamp["warnings"]),
            version=__version__,
            made=made,
        ),
    )


def _warnings(shield: Shield, found: Survey) -> list[PlanWarnings]:
    asked = warning_asked(shield)
    if not asked or not found.task.sites:
        return []
    everybody = found.task.contributors()
    bringing = dict.fromkeys(everybody.values())
    enablers = tuple(
        who.name for who in shield.contributors if who.kind == "enabler" and who.name in bringing
    )
    sets = dict.fromkeys([enablers, *((name,) for name in bringing)])
    out = [PlanWarnings(table=_on_map(found, found.warning))]
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        for gone in sets:
            if gone:
                table = roses_of(found, asked, without=gone, pool=pool)
                out.append(PlanWarnings(table=_on_map(found, table), without=gone))
    return out


def _on_map(found: Survey, table: pa.Table) -> pa.Table:
    """Rows of sites that the page has."""
    lat = [site.lat_deg for site in found.task.sites]
    lon = [site.lon_deg for site in found.task.sites]
    on = found.grid.cells_of(lat, lon)[0] >= 0
    names = {site.name for site, is_on in zip(found.task.sites, on, strict=True) if is_on}
    return table.filter(pa.array([name in names for name in table["site"].to_pylist()]))


def _told(answer: Answer) -> PlanAnswer:
    if answer.low is None or answer.high is None:
        figure = "unknown"
    elif answer.high - answer.low < 5e-4:
        figure = f"{answer.low:.1%}"
    else:
        figure = f"{answer.low:.1%} to {answer.high:.1%}"
    of = "" if answer.unit == "share" else f" of {answer.unit.removeprefix('share of ')}"
    without = f", without {answer.without}" if answer.without else ""
    return PlanAnswer(
        text=f"{answer.name}: at least {answer.asked:.0%}{of}",
        verdict=answer.verdict,
        figure=figure + without,
    )


def serve_documents(
    *,
    sustain: Mapping[str, Any] | None = None,
    depend: Mapping[str, Any] | None = None,
    view: PlanView | None = None,
    port: int,
    duration_s: float | None,
    browser: bool,
) -> None:
    """Show a plan in a browser until the user stops it, or for so long.

    Parameters
    ----------
    sustain, depend : mapping, optional
        The documents of ``airshield sustain`` and ``airshield depend``.
    view : PlanView, optional
        What the radars see. The browser opens the last of the three that there are: dependence,
        sustainment, cover; each page leads to the others.
    port : int
        Where to listen; 0 is any that is free.
    duration_s : float or None
        For how long [s]; None: until stopped.
    browser : bool
        Whether to open one.
    """
    app = create_plan_app(view, sustain=sustain, depend=depend)
    with (
        stop_on_signal() as stop,
        Server(app, host=WEB_HOST, port=port) as server,
    ):
        print(f"airshield: the plan is at {server.url} (Ctrl-C ends it)", file=sys.stderr)
        if browser:
            webbrowser.open(server.url)
        stop.wait(duration_s)
