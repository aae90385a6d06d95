"""A plan out of closed forms, for tests of the plan view and for looking at it.

``python tests/serve/synthetic_plan.py`` serves it at http://127.0.0.1:8080/ until interrupted: an
invented network over a rough outline of a large country. Nothing in it is a real radar.
Options: ``--step-m S`` (side of a cell), ``--port N``.
"""

from __future__ import annotations

import argparse
import contextlib
import time
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
from shapely.geometry import Polygon

from airshield.geo.grid import Grid
from airshield.plan.coverage import reasons
from airshield.plan.coverage.network import Layer, LayerCover, place_people
from airshield.plan.coverage.network.cover import wide_words
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

OUTLINE = Polygon(
    [
        (22.2, 48.4), (22.6, 49.1), (24.1, 50.6), (23.6, 51.5), (27.7, 51.5), (30.6, 51.3),
        (31.8, 52.1), (34.1, 52.3), (35.6, 50.4), (38.0, 49.9), (40.1, 49.6), (39.8, 47.9),
        (38.2, 47.1), (35.2, 46.3), (33.6, 46.1), (31.8, 46.5), (30.8, 46.4), (29.6, 45.4),
        (28.3, 45.5), (30.1, 46.4), (29.2, 47.9), (27.5, 48.5), (26.6, 48.3), (25.0, 47.8),
    ]
)  # fmt: skip
CONTRIBUTORS = (
    PlanContributor(name="Host nation", role="own radars, airfields", kind="host"),
    PlanContributor(name="Coalition north", role="radars and patrol aircraft", kind="member"),
    PlanContributor(name="Coalition west", role="radars, tankers", kind="member"),
    PlanContributor(name="Outside enablers", role="long-range ground radars", kind="enabler"),
)
# Name, contributor, latitude, longitude, range [km], antenna above the sea [m].
RADARS = (
    ("H1 West", 0, 49.6, 24.4, 200, 380), ("H2 Middle", 0, 49.2, 28.3, 200, 330),
    ("H3 South", 0, 46.8, 31.2, 200, 90), ("H4 Capital", 0, 50.3, 30.7, 180, 200),
    ("H5 Bend", 0, 48.3, 34.8, 180, 170), ("N1", 1, 51.0, 26.2, 250, 240),
    ("N2", 1, 51.3, 32.6, 250, 180), ("W1", 2, 48.5, 26.4, 250, 460),
    ("W2", 2, 47.6, 30.0, 250, 210), ("E1 long", 3, 50.0, 33.8, 400, 260),
    ("E2 long", 3, 47.6, 35.6, 400, 180), ("E3 long", 3, 49.0, 31.4, 400, 270),
    ("E4 long", 3, 50.1, 36.4, 300, 240),
)  # fmt: skip
SITES = (
    ("Capital", 50.45, 30.52, 2_900_000, 10.0), ("Harbour", 46.48, 30.73, 1_000_000, 8.0),
    ("Western city", 49.84, 24.03, 720_000, 6.0), ("Eastern city", 49.99, 36.25, 1_400_000, 10.0),
    ("River power station", 47.51, 34.59, None, 8.0), ("Dam", 48.18, 35.05, None, None),
)  # fmt: skip
SMALL = ("small_drone", 0.35)
LARGE = ("airliner", 1.0)
LAYERS = (
    (*SMALL, 100.0, "ground"), (*SMALL, 300.0, "ground"), (*SMALL, 1000.0, "ground"),
    (*SMALL, 3000.0, "ground"), (*LARGE, 300.0, "ground"), (*LARGE, 1000.0, "ground"),
    (*LARGE, 3000.0, "ground"), (*LARGE, 500.0, "sea"), (*LARGE, 1000.0, "sea"),
    (*LARGE, 9000.0, "sea"),
)  # fmt: skip
SPEEDS_MPS = {"small_drone": (50.0, 90.0), "airliner": (230.0,)}
ROSE_LAYERS = (("small_drone", 300.0, "ground"), ("airliner", 1000.0, "ground"))


def ground(grid):
    """Hills in the south-west, rolling country elsewhere; nobody knows the far north-east."""
    lat, lon = grid.places_deg()
    ridge = 1400.0 * np.exp(-(((lat - 48.2 + 0.35 * (lon - 24.3)) / 0.45) ** 2)) * (lon < 26.5)
    rolling = (
        150.0 + 90.0 * np.sin(1.7 * lon) * np.cos(2.3 * lat) + 8.0 * (50.0 - np.abs(lat - 50.0))
    )
    out = np.maximum(ridge + rolling, 0.0).astype(np.float32)
    out[(lon > 38.6) & (lat > 48.9)] = np.nan
    return out


def lowest(grid, ground_m, radar):
    """Lowest altitude that a radar sees down to: the horizon, and a skyline of lobes."""
    _, _, lat, lon, rng_km, antenna_m = radar
    x0, y0 = grid.projection.xy_from_places(lat, lon)
    x, y = grid.middles_xy_m()
    east, north = x[None, :] - x0, y[:, None] - y0
    away_km = np.hypot(east, north) / 1e3
    horizon_m = np.maximum(away_km - 4.12 * np.sqrt(20.0), 0.0) ** 2 / 4.12**2 + antenna_m - 20.0
    azm = np.arctan2(east, north)
    mask = 0.0025 * (1.0 + np.sin(3.0 * azm + lat * 40.0)) + 0.004 * np.maximum(
        0.0, np.sin(7.0 * azm + lon * 30.0) - 0.55
    )
    hidden_m = horizon_m + mask * away_km * 1e3
    out = np.maximum(hidden_m, ground_m).astype(np.float32)
    out[away_km > rng_km] = np.inf
    return out, np.maximum(horizon_m, ground_m), away_km


def plan_view(*, step_m=5000.0, radars=RADARS, with_roses=True):
    """The whole plan."""
    grid = Grid.around(OUTLINE, step_m=step_m, margin_m=60_000.0)
    inside = grid.inside(OUTLINE)
    ground_m = ground(grid)
    people = place_people(
        grid, inside, lat_deg=[s[1] for s in SITES], lon_deg=[s[2] for s in SITES],
        people=[s[3] or 40_000.0 for s in SITES], radius_m=18_000.0,
    ).people  # fmt: skip
    rng = np.random.default_rng(7)
    people += inside * rng.gamma(0.5, 40.0, grid.shape) * (step_m / 1000.0) ** 2
    names = [radar[0] for radar in radars]
    covers = [LayerCover(grid, Layer(cls=c, height_m=h, above=a), names) for c, _, h, a in LAYERS]
    lowest_m = {}
    for radar in radars:
        low, smooth, away_km = lowest(grid, ground_m, radar)
        lowest_m[radar[0]] = low
        for cover, (_, part, height, above) in zip(covers, LAYERS, strict=True):
            msl = ground_m + height if above == "ground" else np.full(grid.shape, height)
            code = np.full(grid.shape, reasons.SEEN, np.uint8)
            code[away_km > part * radar[4]] = reasons.POWER
            code[msl < low] = reasons.TERRAIN
            code[msl < smooth] = reasons.HORIZON
            code[np.isnan(ground_m)] = reasons.UNKNOWN
            code[height / 1e3 > away_km * 1.2] = reasons.CONE
            code[away_km > radar[4]] = reasons.INSTRUMENTED
            code[msl < np.nan_to_num(ground_m)] = reasons.GROUND
            cover.add(radar[0], code)
    sites = [
        PlanSite(name=n, lat_deg=lat, lon_deg=lon, people=p, required_min=need)
        for n, lat, lon, p, need in SITES
    ]
    warnings = ()
    if with_roses:
        every = {c.name for c in CONTRIBUTORS}
        warnings = tuple(
            PlanWarnings(table=roses(grid, covers, sites, radars, every - set(gone)), without=gone)
            for gone in ((), ("Outside enablers",))
        )
    return PlanView(
        grid=grid,
        inside=inside,
        radars=[
            PlanRadar(name=r[0], contributor=CONTRIBUTORS[r[1]].name, lat_deg=r[2], lon_deg=r[3])
            for r in radars
        ],
        contributors=CONTRIBUTORS,
        layers=[
            PlanLayer(
                cls=cover.layer.cls, height_m=cover.layer.height_m, above=cover.layer.above,
                bits=wide_words(cover.bits), unknown=wide_words(cover.unknown), why=cover.why,
                no_air=cover.no_air,
            )
            for cover in covers
        ],
        people=people,
        ground_m=ground_m,
        lowest_m=lowest_m,
        sites=sites,
        warnings=warnings,
        answers=[
            PlanAnswer(text="90 % of the territory seen at 1,000 m above ground (airliner)",
                       verdict="holds", figure="95.1 %"),
            PlanAnswer(text="10 minutes of warning at Capital (small drone, 300 m)",
                       verdict="fails", figure="4.2 min from 045°"),
            PlanAnswer(text="80 % of people seen twice at 300 m", verdict="unknown",
                       figure="71 to 83 %: ground unknown in the north-east"),
        ],
        stamp=PlanStamp(
            plan="Synthetic shield", digest="5eed" * 16, k=4.0 / 3.0, terrain="closed forms",
            terrain_warning="invented hills; nothing here is a real place's cover",
            version="test", made=datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC),
        ),
    )  # fmt: skip


def roses(grid, covers, sites, radars, there):
    """Minutes from the first cell on the way in that somebody sees, less one for the word."""
    rows = []
    names = [r[0] for r in radars if CONTRIBUTORS[r[1]].name in there]
    for cover in covers:
        layer = cover.layer
        if (layer.cls, layer.height_m, layer.above) not in ROSE_LAYERS:
            continue
        counts = cover.counts(names)
        for site in sites:
            x0, y0 = grid.projection.xy_from_places(site.lat_deg, site.lon_deg)
            for azm in np.arange(0.0, 360.0, 10.0):
                away = np.arange(300e3, -1.0, -2e3)
                x = x0 + away * np.sin(np.radians(azm))
                y = y0 + away * np.cos(np.radians(azm))
                lat, lon = grid.projection.places_from_xy(x, y)
                row, col = grid.cells_of(lat, lon)
                seen = np.where(row < 0, 0, counts[row, col])
                sure = np.flatnonzero((seen > 0) & (seen < 254))
                doubt = np.any(seen == 255)
                for spd in SPEEDS_MPS[layer.cls]:
                    minutes = None
                    if sure.size and away[sure[0]] > 20e3:
                        minutes = float(away[sure[0]] / spd / 60.0 - 1.0)
                    status = (
                        "confirmed" if minutes is not None else "unknown" if doubt else "unseen"
                    )
                    rows.append((site.name, layer.cls, spd, layer.height_m, layer.above, float(azm),
                                 status, minutes))  # fmt: skip
    names = ("site", "target", "spd_mps", "hgt_m", "height_above", "azm_true_deg", "status",
             "warning_min")  # fmt: skip
    columns = zip(*rows, strict=True)
    return pa.table(dict(zip(names, (list(column) for column in columns), strict=True)))


def main() -> None:
    options = argparse.ArgumentParser(description=Path(__file__).name)
    options.add_argument("--port", type=int, default=8080)
    options.add_argument("--step-m", type=float, default=2500.0)
    given = options.parse_args()
    view = plan_view(step_m=given.step_m)
    with Server(create_plan_app(view), port=given.port) as server:
        print(server.url, view.grid.shape, flush=True)
        with contextlib.suppress(KeyboardInterrupt):
            time.sleep(1e6)


if __name__ == "__main__":
    main()
