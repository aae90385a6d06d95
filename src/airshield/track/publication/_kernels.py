"""The loop that writes a track's row."""

import math
from typing import Any

from airshield._kernels import lean_kernel
from airshield.geo._kernels import place_of_ecef_rad
from airshield.track.filters._kernels import (
    BASIS_BARO,
    BASIS_GEOMETRIC,
    BASIS_NONE,
    BASIS_RANGES,
    blend,
    ecef_of_track_m,
    predict_track,
    track_height_m,
    turn_rad,
)
from airshield.track.state import CLASSES

Record = Any
Records = Any

ADSB_NONE, ADSB_UNVERIFIED, ADSB_VERIFIED, ADSB_CONTRADICTED = range(4)
# A height that the ranges of several radars give is published when it is known as well as this.
SIGMA_RANGES_M = 1000.0
CHORD = 0.7  # of a sigma above the guess: what made targets at any height 1 to 11 km honest


@lean_kernel
def publish(
    trk: Record,
    t: float,
    t_ns: int,
    frame: int,
    cfg: Record,
    rows: Records,
    clock: Record,
    work: Record,
) -> Record:
    """Write one row: the track as it is, its state carried forward to a time."""
    row = rows[clock.rows]
    clock.rows += 1
    trk.t_row = t
    trk.t_row_ns = t_ns
    x, P, cov = work.x, work.P, row.cov
    if t == trk.t:
        work.ph = trk.ph
        blend(trk.w, trk.x, trk.P, trk.C, x, P, work.C)
    else:
        predict_track(trk, t, cfg, work)
        blend(work.c, work.xs, work.Ps, work.Cs, x, P, work.C)
    hae_m = track_height_m(trk, t)
    ecef_x, ecef_y, ecef_z = ecef_of_track_m(trk, x[0], x[1], hae_m)
    row.lat_rad, row.lon_rad, _ = place_of_ecef_rad(ecef_x, ecef_y, ecef_z)
    turn = turn_rad(trk, x[0])
    cos_turn, sin_turn = math.cos(turn), math.sin(turn)
    row.ve = x[2] * cos_turn + x[3] * sin_turn
    row.vn = x[3] * cos_turn - x[2] * sin_turn
    row.t_ns = t_ns
    row.number = trk.number
    row.status = trk.status
    row.basis = trk.basis
    for i in range(6):
        cov[i] = math.nan
    cov[0], cov[1], cov[3] = P[0, 0], P[0, 1], P[1, 1]
    if trk.basis == BASIS_NONE and trk.several == 0:
        # A guessed height may be off by kilometres, and what that does to the place grows with the
        # square of the height: the chord's slope, not the tangent's. ``C`` is that slope times ph.
        chord = 1.0 + CHORD * math.sqrt(work.ph) / max(hae_m - cfg.geoid_m, 500.0)
        more = (chord * chord - 1.0) / work.ph
        cov[0] += more * work.C[0] * work.C[0]
        cov[1] += more * work.C[0] * work.C[1]
        cov[3] += more * work.C[1] * work.C[1]
    row.hae_m = math.nan
    row.vu = math.nan
    if trk.basis == BASIS_NONE and math.sqrt(work.ph) < SIGMA_RANGES_M:
        row.basis = BASIS_RANGES
    if row.basis != BASIS_NONE:
        dt = max(t - trk.tz, 0.0)
        row.hae_m = hae_m
        if trk.basis in (BASIS_BARO, BASIS_GEOMETRIC):
            row.vu = trk.vz
        cov[2], cov[4] = work.C[0], work.C[1]
        cov[5] = (
            work.ph
            + trk.Pz[0]
            + dt * (2.0 * trk.Pz[1] + dt * trk.Pz[2])
            + (cfg.q_vertical * dt * dt * dt / 3.0 if row.vu == row.vu else 0.0)
        )
    row.baro_m = hae_m - trk.offset_m if trk.is_baro == 1 else math.nan
    row.existence = trk.existence
    row.mode_s = trk.mode_s
    row.mode_3a = trk.mode_3a
    row.callsign = trk.callsign
    row.sensors = trk.sensors
    row.kinds = trk.kinds
    row.cls = trk.cls
    for c in range(CLASSES):
        row.cls_p[c] = trk.cls_p[c] if trk.cls_t > -math.inf else math.nan
    row.adsb = ADSB_NONE
    if trk.t_adsb > -math.inf:
        row.adsb = ADSB_VERIFIED if t - trk.t_agree < 60.0 else ADSB_UNVERIFIED
        if trk.accused == 1:
            row.adsb = ADSB_CONTRADICTED
    row.frame = frame
    return row
