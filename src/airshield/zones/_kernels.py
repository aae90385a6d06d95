"""The loops of the zone watch: distance to a border, and the life of affairs.

Angles are radians, lengths metres, times integer nanoseconds. Longitudes of edges and boxes are
relative to their volume's own reference, so that no volume is cut by the antimeridian. A missing
limit is NaN, and so is an unknown height; the two are told apart by asking for the limit first.

Scores say on which side of a border a track is, and how surely:

====  ==================================================
 3    inside beyond doubt
 2    inside, probably
 1    inside by the best estimate
-1    outside by the best estimate
-2    outside, probably
-3    outside beyond doubt, and clear of the margin
====  ==================================================

Inside several borders at once is the least of their scores; outside a volume is its score negated.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from airshield._kernels import kernel

F8 = NDArray[np.float64]
I8 = NDArray[np.int64]
U1 = NDArray[np.uint8]

SEMI_MAJOR_M = 6_378_137.0  # WGS 84 (NGA.STND.0036)
ECC2 = 6.694379990141317e-3

TENTATIVE, CONFIRMED, COASTING, ENDED = 0, 1, 2, 3  # places in tables.TRACK_STATUSES
SUSPECTED, VIOLATION, OVER = 0, 1, 2  # places in tables.INCIDENT_STATES

# Causes: what an event's reason is about.
BY_BORDER, BY_HEIGHT, BY_CORRIDOR, BY_UNKNOWN, BY_PERMIT, BY_SCHEDULE, BY_TRACK = range(7)

AFFAIR = np.dtype(
    [
        ("incident", np.uint64),
        ("track", np.uint64),
        ("zone", np.int64),
        ("state", np.int64),
        ("n_in", np.int64),
        ("t_in", np.int64),
        ("n_out", np.int64),
        ("t_out", np.int64),
        ("next", np.int64),
    ]
)
"""One (track, zone) affair. ``next`` links those of a track, within one batch only."""

EVENT = np.dtype(
    [
        ("row", np.int64),
        ("incident", np.uint64),
        ("zone", np.int64),
        ("state", np.int64),
        ("was", np.int64),
        ("cause", np.int64),
        ("corridor", np.int64),
        ("score", np.int64),
        ("depth_m", np.float64),
        ("sigma_m", np.float64),
        ("rise_m", np.float64),
        ("dwell_s", np.float64),
        ("dwell_n", np.int64),
    ]
)
"""One change of state: the figures its reason is made of. ``rise_m`` is the height inside the
nearer limit, ``corridor`` the volume of a corridor that bears on it or -1."""


VOLUME = np.dtype(
    [
        ("first", np.int64),
        ("stop", np.int64),
        ("lon_ref", np.float64),
        ("west", np.float64),
        ("south", np.float64),
        ("east", np.float64),
        ("north", np.float64),
        ("floor_m", np.float64),
        ("floor_is_baro", np.int64),
        ("ceiling_m", np.float64),
        ("ceiling_is_baro", np.int64),
        ("is_corridor", np.int64),
        ("heeds_corridors", np.int64),
    ]
)
"""One volume: its edges ``first`` to ``stop`` in an array (m, 4) of longitude and latitude from and
to, its box, and its limits over one datum each."""

ROW = np.dtype(
    [
        ("slot", np.int64),
        ("track", np.uint64),
        ("t_ns", np.int64),
        ("status", np.int64),
        ("lat", np.float64),
        ("lon", np.float64),
        ("ee_m2", np.float64),
        ("en_m2", np.float64),
        ("nn_m2", np.float64),
        ("uu_m2", np.float64),
        ("pressure_m", np.float64),
        ("msl_m", np.float64),
    ]
)
"""One TRACK row. ``slot`` numbers the tracks of the batch."""


class Rules(NamedTuple):
    """ZoneSettings, flat."""

    sure: float
    likely: float
    confirm_ns: int
    confirm_n: int
    end_ns: int
    end_n: int
    margin_m: float
    margin_up_m: float
    tol_qnh_m: float
    tol_baro_m: float


@kernel
def metres_per_rad(lat: float) -> tuple[float, float]:
    """Metres east per radian of longitude and north per radian of latitude, on the ellipsoid."""
    sin_lat = math.sin(lat)
    w2 = 1.0 - ECC2 * sin_lat * sin_lat
    normal_m = SEMI_MAJOR_M / math.sqrt(w2)
    return normal_m * math.cos(lat), normal_m * (1.0 - ECC2) / w2


@kernel
def border_m(
    edges: F8, first: int, stop: int, lon: float, lat: float
) -> tuple[float, float, float]:
    """Distance to the nearest edge, positive inside, and the unit vector (east, north) across it.

    Edges are straight in longitude and latitude (RFC 7946, 3.1.1), and so is the test for inside:
    odd crossings of a ray to the east. The nearest place is sought in the plane of longitude and
    latitude scaled at the track's latitude, its distance then taken at the mean latitude.
    """
    east_m, north_m = metres_per_rad(lat)
    inside = False
    best2 = math.inf
    best_x = 0.0
    best_y = 0.0
    best_edge = first
    for i in range(first, stop):
        ax = edges[i, 0] - lon
        ay = edges[i, 1] - lat
        bx = edges[i, 2] - lon
        by = edges[i, 3] - lat
        if (ay > 0.0) != (by > 0.0) and ax - ay * (bx - ax) / (by - ay) > 0.0:
            inside = not inside
        dx = (bx - ax) * east_m
        dy = (by - ay) * north_m
        length2 = dx * dx + dy * dy
        share = 0.0
        if length2 > 0.0:
            share = -(ax * east_m * dx + ay * north_m * dy) / length2
            share = min(1.0, max(0.0, share))
        x = ax + share * (bx - ax)
        y = ay + share * (by - ay)
        d2 = (x * east_m) ** 2 + (y * north_m) ** 2
        if d2 < best2:
            best2 = d2
            best_x = x
            best_y = y
            best_edge = i
    east_m, north_m = metres_per_rad(lat + 0.5 * best_y)
    x_m = best_x * east_m
    y_m = best_y * north_m
    distance_m = math.sqrt(x_m * x_m + y_m * y_m)
    if distance_m < 1e-6:  # on the border: across is the edge's own normal
        x_m = (edges[best_edge, 3] - edges[best_edge, 1]) * north_m
        y_m = -(edges[best_edge, 2] - edges[best_edge, 0]) * east_m
    length_m = math.sqrt(x_m * x_m + y_m * y_m)
    return (distance_m if inside else -distance_m), x_m / length_m, y_m / length_m


@kernel
def score_of(depth_m: float, sigma_m: float, tol_m: float, margin_m: float, rules: Rules) -> int:
    """On which side of one border, and how surely."""
    sure_m = tol_m + rules.sure * sigma_m
    likely_m = tol_m + rules.likely * sigma_m
    if depth_m > 0.0:
        if depth_m > sure_m:
            return 3
        return 2 if depth_m > likely_m else 1
    if depth_m < -max(sure_m, margin_m):
        return -3
    return -2 if depth_m < -likely_m else -1


@kernel
def height_above(
    limit_m: float, is_baro: int, pressure_m: float, msl_m: float, var_up_m2: float, rules: Rules
) -> tuple[float, float, float]:
    """Height above a limit, its sigma and its systematic tolerance; NaN where none is known."""
    if is_baro != 0 and not math.isnan(pressure_m):
        return pressure_m - limit_m, 0.0, rules.tol_baro_m
    if math.isnan(msl_m):
        return pressure_m - limit_m, 0.0, rules.tol_qnh_m
    sigma_m = math.sqrt(max(0.0, var_up_m2)) if not math.isnan(var_up_m2) else 0.0
    exact = is_baro == 0 and not math.isnan(var_up_m2)
    return msl_m - limit_m, sigma_m, (0.0 if exact else rules.tol_qnh_m)


@kernel
def height_score(volume: np.void, row: np.void, rules: Rules) -> tuple[int, float]:
    """Score between floor and ceiling and height inside the nearer one; score 0 is unknown."""
    score = 3
    rise_m = math.nan
    for side in range(2):
        limit_m = volume["floor_m"] if side == 0 else volume["ceiling_m"]
        if math.isnan(limit_m):
            continue
        is_baro = volume["floor_is_baro"] if side == 0 else volume["ceiling_is_baro"]
        up_m, sigma_m, tol_m = height_above(
            limit_m, is_baro, row["pressure_m"], row["msl_m"], row["uu_m2"], rules
        )
        if math.isnan(up_m):
            return 0, math.nan
        if side == 1:
            up_m = -up_m
        score = min(score, score_of(up_m, sigma_m, tol_m, rules.margin_up_m, rules))
        if not up_m >= rise_m:  # the first limit seen, or the nearer one
            rise_m = up_m
    return score, rise_m


@kernel
def lon_from(ref: float, lon: float) -> float:
    """Longitude relative to a reference, in [-pi, pi]."""
    x = lon - ref
    return x - 2.0 * math.pi * math.floor(x / (2.0 * math.pi) + 0.5)


@kernel
def volume_score(
    volume: np.void, edges: F8, row: np.void, rules: Rules
) -> tuple[int, int, float, float, float]:
    """Score of a row in a volume, its cause, depth, sigma across the border and rise.

    An unknown height never decides: a zone counts it as inside by estimate only, a corridor as
    outside by estimate only.
    """
    depth_m, east, north = border_m(
        edges,
        volume["first"],
        volume["stop"],
        lon_from(volume["lon_ref"], row["lon"]),
        row["lat"],
    )
    var_m2 = (
        east * east * row["ee_m2"]
        + 2.0 * east * north * row["en_m2"]
        + north * north * row["nn_m2"]
    )
    sigma_m = math.sqrt(max(0.0, var_m2))
    score = score_of(depth_m, sigma_m, 0.0, rules.margin_m, rules)
    up, rise_m = height_score(volume, row, rules)
    cause = BY_HEIGHT
    if up == 0:
        up = -1 if volume["is_corridor"] != 0 else 1
        cause = BY_UNKNOWN
    if up < score:
        return up, cause, depth_m, sigma_m, rise_m
    return score, BY_BORDER, depth_m, sigma_m, rise_m


@kernel
def in_box(volume: np.void, row: np.void) -> bool:
    """Whether a row is in a volume's box: outside it, it is outside the volume."""
    lat = row["lat"]
    if lat < volume["south"] or lat > volume["north"]:
        return False
    lon = lon_from(volume["lon_ref"], row["lon"])
    return bool(volume["west"] <= lon <= volume["east"])


@kernel
def watch_rows(
    start: int,
    rows: NDArray[np.void],
    active: U1,
    permit: U1,
    volumes: NDArray[np.void],
    edges: F8,
    rules: Rules,
    heads: I8,
    affairs: NDArray[np.void],
    n_affairs: int,
    next_incident: int,
    events: NDArray[np.void],
) -> tuple[int, int, int, int]:
    """Carry every row through the affairs of its track, in order.

    ``active`` and ``permit`` are (rows, volumes); ``heads[slot]`` is the track's first affair or
    -1. Returns the row reached, the affairs and events in use and the next incident's number; stops
    before a row for which there might be no room.
    """
    n_volumes = volumes.size
    open_at = np.empty(n_volumes, np.int64)
    for z in range(n_volumes):
        open_at[z] = -1
    a_incident = affairs["incident"]
    a_track = affairs["track"]
    a_zone = affairs["zone"]
    a_state = affairs["state"]
    a_n_in = affairs["n_in"]
    a_t_in = affairs["t_in"]
    a_n_out = affairs["n_out"]
    a_t_out = affairs["t_out"]
    a_next = affairs["next"]
    n_events = 0
    for i in range(start, rows.size):
        if affairs.size - n_affairs < n_volumes or events.size - n_events < n_volumes:
            return i, n_affairs, n_events, next_incident
        row = rows[i]
        slot = row["slot"]
        status = row["status"]
        at = heads[slot]
        if at < 0 and status != CONFIRMED:
            continue
        while at >= 0:
            if a_state[at] != OVER:
                open_at[a_zone[at]] = at
            at = a_next[at]
        t_ns = row["t_ns"]
        for z in range(n_volumes):
            if volumes[z]["is_corridor"] != 0:
                continue
            at = open_at[z]
            open_at[z] = -1
            if at < 0 and (
                status != CONFIRMED
                or active[i, z] == 0
                or permit[i, z] != 0
                or not in_box(volumes[z], row)
            ):
                continue
            score, cause, depth_m, sigma_m, rise_m = volume_score(volumes[z], edges, row, rules)
            corridor = -1
            if volumes[z]["heeds_corridors"] != 0 and (at >= 0 or score >= 1):
                for c in range(n_volumes):
                    if volumes[c]["is_corridor"] == 0 or active[i, c] == 0 or permit[i, c] == 0:
                        continue
                    inside, why, _, _, _ = volume_score(volumes[c], edges, row, rules)
                    if -inside < score:
                        score = -inside
                        cause = BY_UNKNOWN if why == BY_UNKNOWN else BY_CORRIDOR
                        corridor = c
            if at < 0:
                if score < 1:
                    continue
                at = n_affairs
                n_affairs += 1
                a_incident[at] = next_incident
                next_incident += 1
                a_track[at] = row["track"]
                a_zone[at] = z
                a_state[at] = -1
                a_n_in[at] = 0
                a_n_out[at] = 0
                a_t_in[at] = t_ns
                a_t_out[at] = t_ns
                a_next[at] = heads[slot]
                heads[slot] = at
            was = a_state[at]
            state = max(was, SUSPECTED)
            dwell_n = 0
            dwell_ns = 0
            if status == ENDED:
                state = OVER
                cause = BY_TRACK
            elif active[i, z] == 0:
                state = OVER
                cause = BY_SCHEDULE
            elif permit[i, z] != 0:
                state = OVER
                cause = BY_PERMIT
            elif status == CONFIRMED:
                # Dwelling: how long, and how many measured updates in a row, on either side.
                if score >= 2:
                    if a_n_in[at] == 0:
                        a_t_in[at] = t_ns
                    a_n_in[at] += 1
                else:
                    a_n_in[at] = 0
                if score <= -2:
                    if a_n_out[at] == 0:
                        a_t_out[at] = t_ns
                    a_n_out[at] += 1
                else:
                    a_n_out[at] = 0
                in_ns = t_ns - a_t_in[at]
                out_ns = t_ns - a_t_out[at]
                if score == -3:
                    state = OVER
                elif a_n_out[at] >= rules.end_n and out_ns >= rules.end_ns:
                    state = OVER
                    dwell_n = a_n_out[at]
                    dwell_ns = out_ns
                elif state == SUSPECTED:
                    if score == 3:
                        state = VIOLATION
                    elif a_n_in[at] >= rules.confirm_n and in_ns >= rules.confirm_ns:
                        state = VIOLATION
                        dwell_n = a_n_in[at]
                        dwell_ns = in_ns
            if state == was:
                continue
            a_state[at] = state
            events["row"][n_events] = i
            events["incident"][n_events] = a_incident[at]
            events["zone"][n_events] = z
            events["state"][n_events] = state
            events["was"][n_events] = was
            events["cause"][n_events] = cause
            events["corridor"][n_events] = corridor
            events["score"][n_events] = score
            events["depth_m"][n_events] = depth_m
            events["sigma_m"][n_events] = sigma_m
            events["rise_m"][n_events] = rise_m
            events["dwell_s"][n_events] = dwell_ns * 1e-9
            events["dwell_n"][n_events] = dwell_n
            n_events += 1
    return rows.size, n_affairs, n_events, next_incident
