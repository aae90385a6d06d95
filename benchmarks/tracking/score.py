"""Score a tracker's Parquet file against a scene of ``sky.py``: what an operator would have seen.

    python benchmarks/tracking/score.py SCENE TRACKS.parquet [--json]

Every 5 s, from a minute after the beginning, each track's latest row *published by then* (the
``t_heard`` of the report that its ``frame`` names) is taken if its state is not older than 5 s and
it is confirmed or coasting, and is carried on with its own velocity. Nothing later is used, so
delay costs and smoothing gains nothing. Distances are horizontal: a track may not know its height.

Targets count while some sensor could have seen them: within a radar's range, above its horizon,
out of its cone of silence, and the radar has a channel that the target answers to; or an ADS-B
message of theirs came within 5 s. A track that is nearest to a target which does not count is
neither rewarded nor punished, nor is a track with the address of a spoofed ghost. Each track is
associated (SIAP) with the target nearest to it within the cut-off of 1000 m; GOSPA and errors are
over the best one-to-one assignment within it.

``start delay`` runs, second by second from the scene's beginning, from when a target first counts
to the first shown track nearest to it; a target that never gets one enters with all its time.
``nees`` is the squared error of a state at its own time over its own covariance, per dimension: 1
is honest, above is over-confident.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from measures import Floats, Instant, Ints, Tally, tally
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from airshield.config import load_shield
from airshield.config.shield import Shield
from airshield.geo import (
    Origin,
    ecef_from_geodetic,
    enu_from_ecef,
    geodetic_from_ecef,
    ground_distance_m,
    polar_from_enu,
)
from airshield.sensors import is_in_cover

CUTOFF_M: Final = 1000.0
"""Twice the 500 m class of EUROCONTROL's 5 NM separation, a ninth of 5 NM."""

STEP_S: Final = 5
SETTLING_S: Final = 60
"""The first minute is not scored: every tracker begins with nothing."""

OLDEST_S: Final = 5.0
BRIEF_S: Final = 30.0
"""Who counted for less than this and never got a track says nothing about start delay."""

SHOWN: Final = ("confirmed", "coasting")
SECOND_NS: Final = 1_000_000_000
INSIDE_95: Final = -2.0 * math.log(0.05)
"""Chi-square with two degrees of freedom: 95 % of honest squared errors are below."""

Bools = NDArray[np.bool_]


class SceneError(ValueError):
    """A scene or a track file is not what the scorer can judge."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Truth:
    """Where everything was, on whole seconds from the scene's beginning.

    ``row_of[target, second]`` is the row of a target, -1 where it is not there. The other arrays
    are by row; places are ECEF [m], velocities east, north, up [m/s].
    """

    begin_ns: int
    names: list[str]
    kind: list[str]
    has_adsb: Bools
    is_fast_low: Bools
    mode_s: Ints
    target: Ints
    second: Ints
    lat_deg: Floats
    lon_deg: Floats
    hae_m: Floats
    ecef_m: Floats
    velocity_mps: Floats
    counts: Bools
    row_of: NDArray[np.int32]

    @property
    def seconds(self) -> int:
        """Number of seconds of the scene."""
        return int(self.row_of.shape[1])


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """Rows of a tracker and when each is shown; times in ns after the scene's beginning."""

    t_ns: Ints
    track: Ints
    mode_s: Ints
    lat_deg: Floats
    lon_deg: Floats
    hae_m: Floats
    velocity_mps: Floats
    cov_m2: Floats
    shown: Ints
    begins: Ints

    def at(self, second: int) -> Ints:
        """Rows shown at a second."""
        return self.shown[self.begins[second] : self.begins[second + 1]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Errors:
    """The pairs of the best assignment, one entry each."""

    target: Ints
    horizontal_m: Floats
    velocity_mps: Floats
    altitude_m: Floats
    nees_place: Floats
    nees_height: Floats


def score(scene: Path, tracks: Path, *, settling_s: int | None = None) -> dict[str, Any]:
    """Return every figure of a track file on a scene.

    Parameters
    ----------
    scene : Path
        Folder with ``reports.parquet``, ``truth.parquet``, ``about.json`` and ``shield.toml``.
    tracks : Path
        Parquet with TRACK rows in order of publication.
    settling_s : int, optional
        The first instant, if it is not to be SETTLING_S.

    Raises
    ------
    SceneError
        Truth is not on whole seconds, or a row names a frame that no report has.
    """
    reports = pq.read_table(scene / "reports.parquet", columns=REPORT_COLUMNS)
    about = json.loads((scene / "about.json").read_text())
    truth = read_truth(scene, about, reports)
    rows = read_tracks(tracks, reports, truth)
    ghosts = np.array(about["ghosts"]["mode_s"], np.int64)
    looks = Looks(truth=truth, rows=rows, ghosts=ghosts, settling_s=settling_s)
    found = tally(looks.instants(), cutoff_m=CUTOFF_M)
    return figures(looks, found)


REPORT_COLUMNS: Final = ["t", "t_heard", "kind", "mode_s", "frame"]


def ns_column(column: pa.ChunkedArray) -> Ints:
    """Return times as nanoseconds."""
    return np.asarray(column.cast(pa.int64()).to_numpy(), np.int64)


def float_column(table: pa.Table, name: str) -> Floats:
    """Return a column with NaN for null."""
    return np.asarray(table[name].cast(pa.float64()).to_numpy(zero_copy_only=False), np.float64)


def address_column(table: pa.Table) -> Ints:
    """Return 24-bit addresses with -1 for none."""
    return np.asarray(pc.fill_null(table["mode_s"].cast(pa.int64()), -1).to_numpy(), np.int64)


def read_truth(scene: Path, about: dict[str, Any], reports: pa.Table) -> Truth:
    """Read the truth of a scene and work out where it counts."""
    table = pq.read_table(scene / "truth.parquet")
    names_column = table["target"].combine_chunks()
    names = sorted(names_column.unique().to_pylist())
    target = np.asarray(pc.index_in(names_column, pa.array(names)).to_numpy(), np.int64)
    t_ns = ns_column(table["t"])
    begin_ns = int(t_ns.min())
    second, rest = np.divmod(t_ns - begin_ns, SECOND_NS)
    if rest.any():
        raise SceneError(
            f"{scene}: truth at {int(rest.max())} ns after a whole second of the scene; write it "
            "for every target on the same whole seconds"
        )
    row_of = np.full((len(names), int(second.max()) + 1), -1, np.int32)
    row_of[target, second] = np.arange(t_ns.size)
    told = about["targets"]
    place = {name: at for at, name in enumerate(told["target"])}
    order = [place[name] for name in names]
    lat, lon, hae = (float_column(table, name) for name in ("lat_deg", "lon_deg", "alt_hae_m"))
    mode_s = address_column(table)
    # Whether something answers is the target's for life; any row tells.
    address = np.full(len(names), -1, np.int64)
    address[target] = mode_s
    answers = np.zeros(len(names), bool)
    answers[target] = (mode_s >= 0) | pc.is_valid(table["mode_3a"]).to_numpy()
    ecef_m = ecef_from_geodetic(lat, lon, hae)
    counts = in_cover(load_shield(scene), lat, lon, hae, ecef_m, answers[target], row_of)
    counts |= _is_heard(reports, begin_ns, address, target, second)
    return Truth(
        begin_ns=begin_ns,
        names=names,
        kind=[told["kind"][at] for at in order],
        has_adsb=np.array(told["has_adsb"], bool)[order],
        is_fast_low=np.array(told["is_fast_low"], bool)[order],
        mode_s=address,
        target=target,
        second=second,
        lat_deg=lat,
        lon_deg=lon,
        hae_m=hae,
        ecef_m=ecef_m,
        velocity_mps=np.stack(
            [float_column(table, f"vel_{axis}_mps") for axis in ("east", "north", "up")], axis=1
        ),
        counts=counts,
        row_of=row_of,
    )


def in_cover(
    shield: Shield,
    lat_deg: Floats,
    lon_deg: Floats,
    hae_m: Floats,
    ecef_m: Floats,
    answers: Bools,
    row_of: NDArray[np.int32],
) -> Bools:
    """Tell which rows of truth some radar of the shield could see, by geometry alone.

    A radar without a primary channel sees only what ``answers`` its interrogation.
    """
    seen = np.zeros(lat_deg.size, bool)
    # Most targets never come near most radars: a ball about each one's way sorts them out.
    least, most = (np.full((row_of.shape[0], 3), end) for end in (np.inf, -np.inf))
    for rows in row_of.T:
        here = rows >= 0
        least[here] = np.minimum(least[here], ecef_m[rows[here]])
        most[here] = np.maximum(most[here], ecef_m[rows[here]])
    middle = 0.5 * (least + most)
    ball_m = 0.5 * np.linalg.norm(most - least, axis=1)
    for radar in shield.radars:
        origin = Origin(lat_deg=radar.lat_deg, lon_deg=radar.lon_deg, hae_m=radar.antenna_hae_m)
        off_m = np.linalg.norm(middle - origin.ecef_m(), axis=1)
        rows = row_of[off_m - ball_m <= radar.rng_max_m].ravel()
        rows = rows[rows >= 0]
        rows = rows[~seen[rows] & (radar.has_primary | (answers[rows] & radar.has_secondary))]
        if rows.size == 0:
            continue
        rng_m, _, elv_deg = polar_from_enu(enu_from_ecef(ecef_m[rows], origin))
        seen[rows] = is_in_cover(
            radar,
            rng_slant_m=rng_m,
            elv_deg=elv_deg,
            rng_ground_m=ground_distance_m(
                radar.lat_deg, radar.lon_deg, lat_deg[rows], lon_deg[rows]
            ),
            target_hae_m=hae_m[rows],
            surface_hae_m=shield.geoid_height_m,
        )
    return seen


def _is_heard(reports: pa.Table, begin_ns: int, address: Ints, target: Ints, second: Ints) -> Bools:
    """Tell at which truth rows an ADS-B message of the target was sent within OLDEST_S."""
    adsb = reports.filter(pc.equal(reports["kind"].cast(pa.string()), "adsb"))
    if adsb.num_rows == 0:
        return np.zeros(target.size, bool)
    # Addresses and times as one ascending key: the nearest message is beside the place of a row.
    span_ms = 1 << 38  # with 24 bits of address within 63 bits, and eight years long
    ms = (ns_column(adsb["t"]) - begin_ns) // 1_000_000
    keys = np.sort(address_column(adsb) * span_ms + ms)
    wanted = address[target] * span_ms + second * 1000
    at = np.searchsorted(keys, wanted)
    far = np.int64(OLDEST_S * 1000)
    after = np.abs(keys[np.minimum(at, keys.size - 1)] - wanted) <= far
    before = np.abs(keys[np.maximum(at - 1, 0)] - wanted) <= far
    return np.asarray((after | before) & (address[target] >= 0))


def published_ns(frames: pa.ChunkedArray, reports: pa.Table, path: Path) -> Ints:
    """Return when the reports that rows of ``path`` name by their frame were heard.

    Raises
    ------
    SceneError
        A frame is that of no report.
    """
    frame = reports["frame"].to_numpy().astype(np.int64)
    order = np.argsort(frame, kind="stable")
    wanted = frames.to_numpy().astype(np.int64)
    at = np.minimum(np.searchsorted(frame, wanted, sorter=order), max(frame.size - 1, 0))
    if wanted.size and (frame.size == 0 or np.any(frame[order[at]] != wanted)):
        raise SceneError(f"{path}: a row's frame is the frame of no report of the scene")
    return ns_column(reports["t_heard"])[order[at]]


def read_tracks(path: Path, reports: pa.Table, truth: Truth) -> Rows:
    """Read a tracker's rows and find which of them are shown at each second."""
    life = pq.read_table(path, columns=["t", "track", "status", "frame"])
    heard_ns = published_ns(life["frame"], reports, path) - truth.begin_ns
    t_ns = ns_column(life["t"]) - truth.begin_ns
    track = life["track"].to_numpy().astype(np.int64)
    is_shown = pc.is_in(life["status"].cast(pa.string()), pa.array(SHOWN)).to_numpy()
    shown, begins = shown_by_second(track, heard_ns, t_ns, is_shown, truth.seconds)
    used, shown = np.unique(shown, return_inverse=True)
    rest = pq.read_table(path, columns=ROW_COLUMNS).take(pa.array(used))
    flat = rest["cov_m2"].combine_chunks().cast(pa.list_(pa.float64()))
    if isinstance(flat, pa.ChunkedArray):
        flat = flat.combine_chunks()
    cov = np.full((used.size, 6), np.nan)
    valid = pc.equal(pc.list_value_length(flat), 6).fill_null(False).to_numpy(zero_copy_only=False)
    cov[valid] = (
        flat.filter(pa.array(valid)).flatten().to_numpy(zero_copy_only=False).reshape(-1, 6)
    )
    return Rows(
        t_ns=t_ns[used],
        track=track[used],
        mode_s=address_column(rest),
        lat_deg=float_column(rest, "lat_deg"),
        lon_deg=float_column(rest, "lon_deg"),
        hae_m=float_column(rest, "alt_hae_m"),
        velocity_mps=np.stack(
            [float_column(rest, f"vel_{axis}_mps") for axis in ("east", "north", "up")], axis=1
        ),
        cov_m2=cov,
        shown=shown,
        begins=begins,
    )


ROW_COLUMNS: Final = [
    "mode_s", "lat_deg", "lon_deg", "alt_hae_m", "vel_east_mps", "vel_north_mps", "vel_up_mps",
    "cov_m2",
]  # fmt: skip


def shown_by_second(
    track: Ints, heard_ns: Ints, t_ns: Ints, is_shown: Bools, seconds: int
) -> tuple[Ints, Ints]:
    """Return the rows shown at each whole second, and where each second begins among them.

    A row is shown from when it is published until its track's next row is, while its state is not
    older (nor further ahead) than OLDEST_S. Of rows published at one moment the last one counts.
    """
    order = np.lexsort((np.arange(track.size), heard_ns, track))
    until_ns = np.full(track.size, np.iinfo(np.int64).max)
    same = track[order[:-1]] == track[order[1:]]
    until_ns[order[:-1][same]] = heard_ns[order[1:]][same]
    oldest_ns = int(OLDEST_S * SECOND_NS)
    first = -(-np.maximum(heard_ns, t_ns - oldest_ns) // SECOND_NS)
    last = np.minimum(-(-until_ns // SECOND_NS) - 1, (t_ns + oldest_ns) // SECOND_NS)
    first = np.maximum(first, 0)
    last = np.minimum(last, seconds - 1)
    number = np.where(is_shown, np.maximum(last - first + 1, 0), 0)
    row = np.repeat(np.arange(track.size), number)
    second = np.arange(row.size) - np.repeat(np.cumsum(number) - number, number) + first[row]
    by_second = np.lexsort((track[row], second))
    return row[by_second], np.searchsorted(second[by_second], np.arange(seconds + 1))


def _radii_m(lat_deg: Floats, hae_m: Floats) -> tuple[Floats, Floats]:
    """Metres per radian of latitude and of longitude at a height (WGS 84)."""
    a, e2 = 6_378_137.0, 6.694379990141317e-3
    lat = np.radians(lat_deg)
    w2 = 1.0 - e2 * np.sin(lat) ** 2
    return (
        a * (1.0 - e2) / w2**1.5 + hae_m,
        (a / np.sqrt(w2) + hae_m) * np.cos(lat),
    )


def offset_m(
    lat_deg: Floats, lon_deg: Floats, lat0_deg: Floats, lon0_deg: Floats, hae0_m: Floats
) -> Floats:
    """East and north of one place from another near by, at the other's height, shape (n, 2) [m]."""
    north_m, east_m = _radii_m(0.5 * (lat_deg + lat0_deg), hae0_m)
    turn = np.remainder(lon_deg - lon0_deg + 180.0, 360.0) - 180.0
    return np.stack([np.radians(turn) * east_m, np.radians(lat_deg - lat0_deg) * north_m], axis=-1)


def _in_ecef(lat_deg: Floats, lon_deg: Floats, enu: Floats) -> Floats:
    """Turn vectors east, north, up of many places into Earth-centred axes, shape (n, 3)."""
    lat, lon = np.radians(lat_deg), np.radians(lon_deg)
    sin_lat, cos_lat, sin_lon, cos_lon = np.sin(lat), np.cos(lat), np.sin(lon), np.cos(lon)
    east, north, up = enu[:, 0], enu[:, 1], enu[:, 2]
    return np.stack(
        [
            -sin_lon * east - sin_lat * cos_lon * north + cos_lat * cos_lon * up,
            cos_lon * east - sin_lat * sin_lon * north + cos_lat * sin_lon * up,
            cos_lat * north + sin_lat * up,
        ],
        axis=1,
    )


class Looks:
    """The scene's seconds one after the other: the instants to score, and who has started."""

    def __init__(
        self, *, truth: Truth, rows: Rows, ghosts: Ints, settling_s: int | None = None
    ) -> None:
        self.truth, self.rows, self._ghosts = truth, rows, ghosts
        self._settling_s = SETTLING_S if settling_s is None else settling_s
        size = len(truth.names)
        self.first_counts = np.full(size, -1, np.int64)
        """Second at which each target first counts, -1 for never."""
        self.last_counts = np.full(size, -1, np.int64)
        self.first_shown = np.full(size, -1, np.int64)
        """Second at which a track is first nearest to it from then on, -1 for never."""
        counted = np.flatnonzero(truth.counts)
        backwards = counted[np.argsort(-truth.second[counted], kind="stable")]
        self.first_counts[truth.target[backwards]] = truth.second[backwards]
        onwards = backwards[::-1]
        self.last_counts[truth.target[onwards]] = truth.second[onwards]
        self.instant_s: list[int] = []
        self.instant_rows: list[Ints] = []
        """Rows behind the ``tracks`` of each instant."""

    def instants(self) -> Iterator[Instant]:
        """Yield each instant to score."""
        truth, rows = self.truth, self.rows
        for second in range(truth.seconds):
            since_s = second - self._settling_s
            is_scored = since_s >= 0 and since_s % STEP_S == 0
            waiting = (
                (self.first_counts >= 0) & (self.first_counts <= second) & (self.first_shown < 0)
                & (self.last_counts >= second)
            )  # fmt: skip
            if not (is_scored or waiting.any()):
                continue
            there = truth.row_of[:, second].astype(np.int64)
            there = there[there >= 0]
            shown = rows.at(second)
            lat, lon, _ = carried(rows, shown, second)
            # Both on the ellipsoid: a track without a height is compared all the same.
            on_ground = ecef_from_geodetic(lat, lon)
            tree = cKDTree(ecef_from_geodetic(truth.lat_deg[there], truth.lon_deg[there]))
            reach_m = 1.01 * CUTOFF_M
            _, nearest = tree.query(on_ground, distance_upper_bound=reach_m)
            near = np.full(shown.size, -1, np.int64)
            found = np.flatnonzero(nearest < there.size)
            close = self._apart_m(lat, lon, found, there[nearest[found]]) < CUTOFF_M
            near[found[close]] = nearest[found[close]]
            started = truth.target[there[near[near >= 0]]]
            started = started[waiting[started]]
            self.first_shown[started] = second
            if not is_scored:
                continue
            yield self._instant(second, there, shown, near, lat, lon, tree, on_ground, reach_m)

    def _apart_m(self, lat: Floats, lon: Floats, at: Ints, row: Ints) -> Floats:
        truth = self.truth
        off = offset_m(lat[at], lon[at], truth.lat_deg[row], truth.lon_deg[row], truth.hae_m[row])
        return np.hypot(off[:, 0], off[:, 1])

    def _instant(
        self,
        second: int,
        there: Ints,
        shown: Ints,
        near: Ints,
        lat: Floats,
        lon: Floats,
        tree: cKDTree,
        on_ground: Floats,
        reach_m: float,
    ) -> Instant:
        truth, rows = self.truth, self.rows
        counts = truth.counts[there]
        beside = np.where(near >= 0, near, 0)
        judged = (near < 0) | counts[beside] if there.size else np.ones(shown.size, bool)
        if self._ghosts.size:
            own = np.zeros(shown.size, bool)
            if there.size:
                own = (near >= 0) & (
                    truth.mode_s[truth.target[there[beside]]] == rows.mode_s[shown]
                )
            judged &= own | ~np.isin(rows.mode_s[shown], self._ghosts)
        new_target = np.cumsum(counts) - 1
        new_track = np.cumsum(judged) - 1
        edges = tree.sparse_distance_matrix(cKDTree(on_ground), reach_m, output_type="ndarray")
        i, j = edges["i"].astype(np.int64), edges["j"].astype(np.int64)
        wanted = counts[i] & judged[j]
        i, j = i[wanted], j[wanted]
        apart = self._apart_m(lat, lon, j, there[i])
        within = apart < CUTOFF_M
        i, j, apart = i[within], j[within], apart[within]
        order = np.lexsort((j, i))
        self.instant_s.append(second)
        self.instant_rows.append(shown[judged])
        kept = near[judged]
        return Instant(
            targets=truth.target[there[counts]],
            tracks=rows.track[shown[judged]],
            target_at=new_target[i[order]],
            track_at=new_track[j[order]],
            apart_m=apart[order],
            nearest=np.where(kept >= 0, new_target[np.maximum(kept, 0)] if there.size else 0, -1),
        )


def carried(rows: Rows, which: Ints, second: int | Ints) -> tuple[Floats, Floats, Floats]:
    """Latitude, longitude [deg] and height [m] of rows carried to a second with their velocity."""
    dt_s = second - rows.t_ns[which] / SECOND_NS
    lat, lon = rows.lat_deg[which], rows.lon_deg[which]
    known = ~np.isnan(rows.hae_m[which])
    velocity = np.nan_to_num(rows.velocity_mps[which])
    ecef = ecef_from_geodetic(lat, lon, np.where(known, rows.hae_m[which], 0.0))
    moved = ecef + _in_ecef(lat, lon, velocity * dt_s[:, None])
    lat, lon, hae = geodetic_from_ecef(moved)
    return lat, lon, np.where(known, hae, np.nan)


def between(truth: Truth, target: Ints, t_s: Floats) -> tuple[Floats, Floats, Floats]:
    """Latitude, longitude, height of targets between their whole seconds; NaN where not there.

    Cubic through places and velocities of both ends (Hermite): a turn at 6 g is met to 1 cm.
    """
    second = np.floor(t_s).astype(np.int64)
    u = t_s - second
    size = truth.seconds
    row0 = truth.row_of[target, np.clip(second, 0, size - 1)].astype(np.int64)
    row1 = truth.row_of[target, np.clip(second + (u > 0.0), 0, size - 1)].astype(np.int64)
    good = (row0 >= 0) & (row1 >= 0) & (second >= 0) & (second + (u > 0.0) < size)
    p0, p1 = truth.ecef_m[row0], truth.ecef_m[row1]
    v0, v1 = (
        _in_ecef(truth.lat_deg[row], truth.lon_deg[row], truth.velocity_mps[row])
        for row in (row0, row1)
    )
    u = u[:, None]
    place = (
        (1.0 + 2.0 * u) * (1.0 - u) ** 2 * p0 + u * (1.0 - u) ** 2 * v0
        + u**2 * (3.0 - 2.0 * u) * p1 + u**2 * (u - 1.0) * v1
    )  # fmt: skip
    place = np.where(u == 0.0, p0, place)
    place[~good] = np.nan
    return geodetic_from_ecef(place)


def errors(looks: Looks, found: Tally) -> Errors:
    """Errors of the best pairs."""
    truth, rows = looks.truth, looks.rows
    sizes = np.array([part.size for part in looks.instant_rows], np.int64)
    begins = np.cumsum(sizes) - sizes
    if found.instant.size == 0:
        nothing = np.zeros(0)
        return Errors(
            target=found.target, horizontal_m=nothing, velocity_mps=nothing, altitude_m=nothing,
            nees_place=nothing, nees_height=nothing,
        )  # fmt: skip
    row = np.concatenate(looks.instant_rows)[begins[found.instant] + found.track_place]
    second = np.array(looks.instant_s, np.int64)[found.instant]
    at = truth.row_of[found.target, second].astype(np.int64)
    _, _, hae = carried(rows, row, second)
    off = rows.velocity_mps[row, :2] - truth.velocity_mps[at, :2]
    lat0, lon0, hae0 = between(truth, found.target, rows.t_ns[row] / SECOND_NS)
    east, north = offset_m(rows.lat_deg[row], rows.lon_deg[row], lat0, lon0, hae0).T
    ee, en, _, nn, _, uu = rows.cov_m2[row].T
    with np.errstate(invalid="ignore", divide="ignore"):
        spread = ee * nn - en**2
        nees = (nn * east**2 - 2.0 * en * east * north + ee * north**2) / spread
        nees_height = (rows.hae_m[row] - hae0) ** 2 / uu
    return Errors(
        target=found.target,
        horizontal_m=found.apart_m,
        velocity_mps=np.hypot(off[:, 0], off[:, 1]),
        altitude_m=hae - truth.hae_m[at],
        nees_place=np.where(spread > 0.0, nees, np.nan),
        nees_height=np.where(uu > 0.0, nees_height, np.nan),
    )


def _rms(values: Floats) -> float | None:
    values = values[~np.isnan(values)]
    return float(np.sqrt(np.mean(values**2))) if values.size else None


def _mean(values: Floats) -> float | None:
    values = values[~np.isnan(values)]
    return float(np.mean(values)) if values.size else None


def _quantile(values: Floats, share: float) -> float | None:
    return float(np.quantile(values, share)) if values.size else None


def figures(looks: Looks, found: Tally) -> dict[str, Any]:
    """Put the figures in words, over all targets and by group."""
    truth = looks.truth
    went = errors(looks, found)
    counted = np.zeros(len(truth.names), np.int64)
    on_step = truth.counts & (truth.second >= SETTLING_S)
    on_step &= (truth.second - SETTLING_S) % STEP_S == 0
    np.add.at(counted, truth.target[on_step], 1)
    tracked = np.bincount(found.tracked_target, minlength=len(truth.names))
    delay_s, is_judged = start_delays(looks)

    def group(members: Bools) -> dict[str, Any]:
        pairs = members[went.target]
        instants = int(counted[members].sum())
        started = members & is_judged
        nees = went.nees_place[pairs]
        nees = nees[~np.isnan(nees)]
        known = ~np.isnan(went.altitude_m[pairs])
        return {
            "targets": int(np.sum(members & (counted > 0))),
            "target_hours": instants * STEP_S / 3600.0,
            "completeness": float(tracked[members].sum() / instants) if instants else None,
            "rms_horizontal_m": _rms(went.horizontal_m[pairs]),
            "p95_horizontal_m": _quantile(went.horizontal_m[pairs], 0.95),
            "rms_velocity_mps": _rms(went.velocity_mps[pairs]),
            "rms_altitude_m": _rms(went.altitude_m[pairs]),
            "altitude_known": float(known.mean()) if known.size else None,
            "nees_place": float(nees.mean() / 2.0) if nees.size else None,
            "nees_place_inside_95": float(np.mean(nees <= INSIDE_95)) if nees.size else None,
            "nees_height": _mean(went.nees_height[pairs]),
            "start_delay_median_s": _quantile(delay_s[started], 0.5),
            "start_delay_p95_s": _quantile(delay_s[started], 0.95),
            "never_started": int(np.sum(started & (looks.first_shown < 0))),
        }

    everyone = np.ones(len(truth.names), bool)
    silent = truth.mode_s < 0
    hours = found.gospa_m.size * STEP_S / 3600.0
    target_hours = found.truth * STEP_S / 3600.0
    per_target = max(found.truth, 1)
    kinds = np.array(truth.kind)
    return {
        "instants": int(found.gospa_m.size),
        "gospa_m": _mean(found.gospa_m),
        "gospa_per_target_m": math.sqrt(float(np.sum(found.gospa_m**2)) / per_target),
        "gospa_localisation_m": math.sqrt(found.localisation_m2 / per_target),
        "gospa_missed_m": math.sqrt(found.missed_m2 / per_target),
        "gospa_false_m": math.sqrt(found.false_m2 / per_target),
        "ospa_m": _mean(found.ospa_m),
        "ambiguity": (
            found.associated / found.tracked_target.size if found.tracked_target.size else None
        ),
        "spuriousness": (found.shown - found.associated) / found.shown if found.shown else 0.0,
        "longest_segment": found.longest_segment,
        "id_changes_per_target_hour": found.changes / target_hours if target_hours else None,
        "false_tracks_per_hour": found.tracks_false / hours if hours else None,
        "tracks": found.tracks_seen,
        **group(everyone),
        "groups": {
            "adsb": group(truth.has_adsb),
            "radar_only": group(~truth.has_adsb),
            "fast_low_silent": group(truth.is_fast_low & silent),
            **{f"kind {kind}": group(kinds == kind) for kind in sorted(set(truth.kind))},
        },
    }


def start_delays(looks: Looks) -> tuple[Floats, Bools]:
    """Seconds from when each target first counts to its first track, and who is to be judged."""
    started = looks.first_shown >= 0
    until = np.where(started, looks.first_shown, looks.last_counts + 1)
    delay_s = (until - looks.first_counts).astype(np.float64)
    ever = looks.first_counts >= 0
    return delay_s, ever & (started | (delay_s >= BRIEF_S))


def in_words(found: dict[str, Any]) -> str:
    """Return the figures as a table to read."""
    lines = []
    for name, value in found.items():
        if name == "groups":
            continue
        lines.append(f"{name:28} {_number(value)}")
    names = [
        "targets", "completeness", "rms_horizontal_m", "p95_horizontal_m", "rms_velocity_mps",
        "rms_altitude_m", "nees_place", "start_delay_median_s", "start_delay_p95_s",
    ]  # fmt: skip
    lines += ["", f"{'group':20}" + "".join(f"{name:>22}" for name in names)]
    for title, group in found["groups"].items():
        lines.append(f"{title:20}" + "".join(f"{_number(group[name]):>22}" for name in names))
    return "\n".join(lines)


def _number(value: float | int | None) -> str:
    if value is None:
        return "-"
    return str(value) if isinstance(value, int) else f"{value:.3f}"


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("scene", type=Path, help="folder that sky.py wrote")
    parser.add_argument("tracks", type=Path, help="Parquet with TRACK rows")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    asked = parser.parse_args()
    try:
        found = score(asked.scene, asked.tracks)
    except SceneError as error:
        sys.exit(f"score.py: {error}")
    print(json.dumps(found) if asked.json else in_words(found))


if __name__ == "__main__":
    main()
