"""Registration's loops: residuals, the filter of one radar's biases, pairs, jumps, corrections.

Letters: x a radar's biases from references alone, P their covariance; b and B the same with the
pairs; G, E rows of the residuals' dependence on the biases; Y, q the pairs' information matrix and
vector over all radars (rows 4·i to 4·i + 3 are radar i's). Records are those of ``state``.

References: Bar-Shalom, Li, Kirubarajan, Estimation with Applications to Tracking and Navigation,
2001 (information filter 7.2); Page, Continuous inspection schemes, Biometrika 41, 1954 (CUSUM);
Huber, Robust estimation of a location parameter, Ann. Math. Stat. 35, 1964.
"""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from airshield._kernels import lean_kernel
from airshield.geo._kernels import ECC2, ecef_of_place_m, place_of_ecef_rad
from airshield.track.filters._kernels import (
    KIND_PSR,
    POLAR,
    ecef_of_track_m,
    track_height_m,
    turn_rad,
)
from airshield.track.sources._kernels import link_of

F8 = NDArray[np.float64]
I8 = NDArray[np.int64]
Record = Any
Records = Any
Tables = Any

RANGE, AZIMUTH, TIME, ELEVATION = 0, 1, 2, 3
BY_REFERENCE, BY_PAIR = 0, 1
UNUSED, USED, ALARM = 0, 1, 2  # ALARM + 1: the second radar of a pair
# Above 60 degrees azimuths mean little, and heights move the place more than ranges do.
ACROSS_MIN_SHARE = 0.5
# A bias still counts as being learned while it makes up more than this share of the residual's
# variance: its residuals have one sign together and would be taken for a jump.
LEARNING_SHARE = 0.2
# Between two solutions the biases of pairs stand still: twice their sigma must be below the slack.
LEARNING_SHARE_PAIR = 0.05
# A jump shows within some ten plots of each target: for so many an error that stays is one error.
# More, and small jumps would drown; fewer, and one target's error would be taken for a jump.
WATCH_AGAIN = 10.0
NOISE_GAIN = 0.005  # the noise is an average over some 200 residuals
NOISE_MAX = 9.0  # three times the sigma that was told
WIDEN = 4.0  # a bias that jumped out of what had been opened gets this many times more
WATCHED_BY_REFERENCE_S = 60.0
CLAIM_MAX_S = 2.5  # a radar's plot is compared with an ADS-B report within this time
PAIR_MAX_S = 6.0  # and with another radar's plot within this
VAR_ELV = math.radians(0.3) ** 2


@lean_kernel
def start_bias(bias: Record, cfg: Record) -> None:
    """Forget all of a radar: no bias is known, each has the settings' variance about zero."""
    bias.t = math.nan
    bias.t_reference = math.nan
    bias.t_alarm = math.nan
    for i in range(4):
        bias.x[i] = 0.0
        bias.b[i] = 0.0
        for k in range(4):
            bias.P[i, k] = cfg.var0[i] if i == k else 0.0
            bias.B[i, k] = bias.P[i, k]
        for k in range(2):
            bias.up[k, i] = 0.0
            bias.down[k, i] = 0.0
    for i in range(3):
        bias.noise[i] = 1.0
    bias.elv = 0.0
    bias.var_elv = cfg.var_elv0
    bias.references = 0
    bias.elevations = 0
    bias.pairs = 0
    bias.odd = 0
    bias.alarms = 0


@lean_kernel
def age_bias(bias: Record, t: float, cfg: Record) -> None:
    """Let the biases drift to ``t``; what is not known at all does not get less known."""
    dt = t - bias.t
    if dt > 0.0:
        for i in range(4):
            # One figure for both, so that B is never the greater one.
            if bias.P[i, i] < cfg.var0[i]:
                bias.P[i, i] += cfg.drift[i] * dt
                bias.B[i, i] += cfg.drift[i] * dt
        if bias.var_elv < cfg.var_elv0:
            bias.var_elv += cfg.drift_elv * dt
    if not dt <= 0.0:  # also at the very first, when bias.t is NaN
        bias.t = t


@lean_kernel
def carry_place(
    lat_rad: float,
    lon_rad: float,
    hae_m: float,
    ve: float,
    vn: float,
    vu: float,
    dt_s: float,
    ecef: F8,
    vel: F8,
) -> None:
    """Carry a report along a straight line for ``dt_s``: its Earth-centred place and velocity.

    The line leaves the curved Earth by 4 cm in 3 s at 250 m/s.
    """
    sin_lat, cos_lat = math.sin(lat_rad), math.cos(lat_rad)
    sin_lon, cos_lon = math.sin(lon_rad), math.cos(lon_rad)
    out = vu * cos_lat - vn * sin_lat
    vel[0] = out * cos_lon - ve * sin_lon
    vel[1] = out * sin_lon + ve * cos_lon
    vel[2] = vn * cos_lat + vu * sin_lat
    x, y, z = ecef_of_place_m(lat_rad, lon_rad, hae_m)
    ecef[0] = x + dt_s * vel[0]
    ecef[1] = y + dt_s * vel[1]
    ecef[2] = z + dt_s * vel[2]


@lean_kernel
def sight(
    radar_ecef: F8,
    radar_axes: F8,
    ecef: F8,
    vel: F8,
    dt_s: float,
    rng_m: float,
    azm_rad: float,
    elv_rad: float,
    t: float,
    out: Record,
) -> None:
    """Compare a plot with its target: residuals, rates, and what each bias would do to them.

    ``ecef`` and ``vel`` are the target's place and velocity ``dt_s`` before the plot's told time
    ``t``; ``radar_axes`` has rows east, north, up. ``elv_rad`` NaN: the radar measures none.
    """
    de, dn, du, ve, vn, vu = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
    for k in range(3):
        d = ecef[k] + dt_s * vel[k] - radar_ecef[k]
        de += radar_axes[0, k] * d
        dn += radar_axes[1, k] * d
        du += radar_axes[2, k] * d
        ve += radar_axes[0, k] * vel[k]
        vn += radar_axes[1, k] * vel[k]
        vu += radar_axes[2, k] * vel[k]
    across2 = de * de + dn * dn
    across = math.sqrt(across2)
    rng2 = across2 + du * du
    rng = math.sqrt(rng2)
    out.t = t
    out.rng_m = rng
    out.across_m = across
    out.y[0] = rng_m - rng
    turn = azm_rad - math.atan2(de, dn)
    out.y[1] = turn - 2.0 * math.pi * math.floor(turn / (2.0 * math.pi) + 0.5)
    out.y[2] = elv_rad - math.atan2(du, across)
    away = de * ve + dn * vn
    out.rate[0] = (away + du * vu) / rng
    out.rate[1] = (dn * ve - de * vn) / across2
    out.rate[2] = (vu * across - du * away / across) / rng2
    G = out.G
    G[0, 0], G[0, 1], G[0, 2], G[0, 3] = 1.0, rng, 0.0, -out.rate[0]
    G[1, 0], G[1, 1], G[1, 2], G[1, 3] = 0.0, 0.0, 1.0, -out.rate[1]

    # The same at the target, whose vertical is not the radar's. The normal of the ellipsoid's
    # own scaled surface through the target is within 1e-5 of its vertical.
    ux, uy, uz = ecef[0], ecef[1], ecef[2] / (1.0 - ECC2)
    flat = math.sqrt(ux * ux + uy * uy)
    size = math.sqrt(flat * flat + uz * uz)
    cos_lon, sin_lon, sin_lat, cos_lat = ux / flat, uy / flat, uz / size, flat / size
    above = (
        cos_lat * cos_lon * (radar_axes[0, 0] * de + radar_axes[1, 0] * dn + radar_axes[2, 0] * du)
        + cos_lat
        * sin_lon
        * (radar_axes[0, 1] * de + radar_axes[1, 1] * dn + radar_axes[2, 1] * du)
        + sin_lat * (radar_axes[0, 2] * de + radar_axes[1, 2] * dn + radar_axes[2, 2] * du)
    )
    for k in range(2):
        # East, then north.
        ax = -sin_lon if k == 0 else -sin_lat * cos_lon
        ay = cos_lon if k == 0 else -sin_lat * sin_lon
        az = 0.0 if k == 0 else cos_lat
        e = radar_axes[0, 0] * ax + radar_axes[0, 1] * ay + radar_axes[0, 2] * az
        n = radar_axes[1, 0] * ax + radar_axes[1, 1] * ay + radar_axes[1, 2] * az
        u = radar_axes[2, 0] * ax + radar_axes[2, 1] * ay + radar_axes[2, 2] * az
        out.r[k] = e * de + n * dn + u * du
        out.a[k] = e * dn - n * de
        out.v[k] = e * ve + n * vn + u * vu
    ground = math.sqrt(out.r[0] * out.r[0] + out.r[1] * out.r[1])
    for k in range(2):
        unit = out.r[k] / ground
        # Range is the hypotenuse over distance on the ground and height, both at the target.
        out.r[k] = unit * rng / ground
        out.h[k] = -unit * above / ground
        out.z[k] = out.r[k] * out.y[0] + out.a[k] * out.y[1]
        out.E[k, 0] = out.r[k]
        out.E[k, 1] = out.r[k] * rng
        out.E[k, 2] = out.a[k]
        out.E[k, 3] = -out.v[k]


@lean_kernel
def fuse_row(x: F8, P: F8, g: F8, v: F8, y: float, var: float) -> None:
    """A Kalman update with one number ``y = g · x + noise``; ``v`` is scratch."""
    s = var
    for i in range(4):
        y -= g[i] * x[i]
        v[i] = 0.0
        for k in range(4):
            v[i] += P[i, k] * g[k]
    for i in range(4):
        s += g[i] * v[i]
    for i in range(4):
        x[i] += v[i] * y / s
        for k in range(4):
            P[i, k] -= v[i] * v[k] / s


@lean_kernel
def spread(P: F8, G: F8, V: F8) -> tuple[float, float, float]:
    """Covariance of two residuals with rows ``G``: G · P · Gᵀ as 00, 01, 11. ``V`` is scratch."""
    for k in range(2):
        for a in range(4):
            total = 0.0
            for b in range(4):
                total += P[a, b] * G[k, b]
            V[k, a] = total
    s00, s01, s11 = 0.0, 0.0, 0.0
    for a in range(4):
        s00 += G[0, a] * V[0, a]
        s01 += G[1, a] * V[0, a]
        s11 += G[1, a] * V[1, a]
    return s00, s01, s11


@lean_kernel
def watch(bias: Record, by: int, scores: F8, cfg: Record) -> int:
    """Add standard normal scores to the sums that rise when a bias has moved (Page 1954).

    A NaN score is no evidence. Returns what has jumped, or -1.
    """
    jump = -1
    for what in range(4):
        score = scores[what]
        if math.isnan(score):
            continue
        score = max(-cfg.cut, min(cfg.cut, score))
        bias.up[by, what] = max(0.0, bias.up[by, what] + score - cfg.slack)
        bias.down[by, what] = max(0.0, bias.down[by, what] - score - cfg.slack)
        if max(bias.up[by, what], bias.down[by, what]) > cfg.limit:
            jump = what
    return jump


@lean_kernel
def open_bias(bias: Record, what: int, t: float, cfg: Record) -> None:
    """Note a jump: what has moved is as little known as at the start, or less if it was open."""
    for i in range(4):
        jumped = (
            (what == RANGE and i <= 1) or (what == AZIMUTH and i == 2) or (what == TIME and i == 3)
        )
        if jumped:
            more = max(cfg.var0[i], WIDEN * bias.P[i, i])
            bias.P[i, i] += more
            bias.B[i, i] += more
        for by in range(2):
            bias.up[by, i] = 0.0
            bias.down[by, i] = 0.0
    if what == ELEVATION:
        bias.var_elv += max(cfg.var_elv0, WIDEN * bias.var_elv)
    bias.alarms += 1
    bias.t_alarm = t


@lean_kernel
def learn_noise(bias: Record, which: int, score: float, cfg: Record) -> None:
    """Follow how much larger residuals are than the caller's noise says; never smaller."""
    cap = cfg.cut * cfg.cut
    # Of a Gaussian's square, cut at 2.5 sigma, 0.96 is left: the mean of 1 comes out at 1.
    ratio = min(score * score, cap) / 0.96
    bias.noise[which] *= 1.0 + NOISE_GAIN * (ratio - 1.0)
    bias.noise[which] = max(1.0, min(NOISE_MAX, bias.noise[which]))


@lean_kernel
def note_reference(
    bias: Record,
    seen: Record,
    var_rng_m2: float,
    var_azm: float,
    var_elv: float,
    var_stays_m2: float,
    var_hae_m2: float,
    var_carry_m2: float,
    since_s: float,
    cfg: Record,
) -> int:
    """Learn a radar's biases from one plot whose target's place is known from elsewhere.

    ``seen`` is what :func:`sight` made of them. ``var_rng_m2``, ``var_azm``, ``var_elv`` are the
    plot's own noise; ``var_carry_m2`` is what carrying the reference to the plot's time has added
    to it. ``var_stays_m2`` (each horizontal axis) and ``var_hae_m2`` are the reference's error,
    which the same target keeps for minutes. ``since_s`` is the time since this target and this
    radar last did this (infinite: never).

    An error with correlation time T, sampled every dt, is worth as much as white noise of its
    variance times coth(dt / 2T): the ratio of both spectra at frequency zero, all that an estimate
    of a constant sees. A single sample counts in full; in the long run one target gives one
    independent sample in 2T, however often its radar sees it.

    Returns UNUSED, USED or ALARM (a bias has jumped and is being learned anew; then ``forget`` what
    pairs said of the radar).
    """
    if not (seen.across_m > ACROSS_MIN_SHARE * seen.rng_m and since_s > 0.0):
        return UNUSED  # also where anything is NaN
    age_bias(bias, seen.t, cfg)
    cos2 = (seen.across_m / seen.rng_m) ** 2
    again = 1.0 / math.tanh(0.5 * since_s / cfg.stay_s)
    stays_r = var_stays_m2 * cos2 + var_hae_m2 * (1.0 - cos2)
    stays_a = var_stays_m2 / (seen.across_m * seen.across_m)
    var_r = bias.noise[0] * var_rng_m2 + var_carry_m2
    var_a = bias.noise[1] * var_azm + var_carry_m2 / (seen.across_m * seen.across_m)
    stays_r += cfg.var_latency_s2 * seen.rate[0] * seen.rate[0]
    stays_a += cfg.var_latency_s2 * seen.rate[1] * seen.rate[1]
    G, P, V, scores = seen.G, bias.P, seen.V, seen.scores
    p_r, p_ra, p_a = spread(P, G, V)
    # By itself each residual has this variance; only together with others of its target does the
    # error that stays weigh more.
    s_r, s_a = p_r + var_r + stays_r, p_a + var_a + stays_a
    y_r, y_a = seen.y[0], seen.y[1]
    for i in range(4):
        y_r -= G[0, i] * bias.x[i]
        y_a -= G[1, i] * bias.x[i]
        scores[i] = math.nan
    d2 = (y_r * y_r * s_a - 2.0 * y_r * y_a * p_ra + y_a * y_a * s_r) / (s_r * s_a - p_ra * p_ra)
    if not d2 >= 0.0:
        return UNUSED  # NaN
    score_r, score_a = y_r / math.sqrt(s_r), y_a / math.sqrt(s_a)
    fits = d2 <= cfg.gate
    few = min(again, WATCH_AGAIN)
    w_r, w_a = p_r + var_r + few * stays_r, p_a + var_a + few * stays_a
    if fits:
        for k in range(2):
            score = score_r if k == 0 else score_a
            var = var_r + again * stays_r if k == 0 else var_a + again * stays_a
            var *= max(1.0, abs(score) / cfg.cut)
            fuse_row(bias.x, P, G[k], V[k], seen.y[k], var)
            learn_noise(bias, k, score, cfg)
        bias.references += 1
        bias.t_reference = seen.t
        score_r *= math.sqrt(s_r / w_r)
        score_a *= math.sqrt(s_a / w_a)
        if not math.isnan(seen.y[2]):
            scores[ELEVATION] = note_elevation(bias, seen, var_elv, var_hae_m2, again, cfg)
    else:
        # A wrong pair, or all are wrong after a jump: only the sign counts, and slowly.
        bias.odd += 1
        score_r = math.copysign(1.0, score_r) if abs(score_r) > cfg.cut else 0.0
        score_a = math.copysign(1.0, score_a) if abs(score_a) > cfg.cut else 0.0
    if not fits or p_r <= LEARNING_SHARE * w_r:
        scores[RANGE] = score_r
    if not fits or p_a <= LEARNING_SHARE * w_a:
        scores[AZIMUTH] = score_a
    h_r, h_a = -seen.rate[0] / math.sqrt(w_r), -seen.rate[1] / math.sqrt(w_a)
    size = math.sqrt(h_r * h_r + h_a * h_a)
    if size > 0.0:
        # NaN while either of both is still being learned.
        scores[TIME] = (h_r * scores[RANGE] + h_a * scores[AZIMUTH]) / size
    jump = watch(bias, int(BY_REFERENCE), scores, cfg)
    if jump >= 0:
        open_bias(bias, jump, seen.t, cfg)
    if bias.pairs == 0:
        for i in range(4):
            bias.b[i] = bias.x[i]
            for k in range(4):
                bias.B[i, k] = P[i, k]
    if jump >= 0:
        return ALARM
    return USED if fits else UNUSED


@lean_kernel
def note_elevation(
    bias: Record, seen: Record, var_elv: float, var_hae_m2: float, again: float, cfg: Record
) -> float:
    """Learn the elevation offset; returns the residual's score, NaN while it is being learned.

    The time offset moves elevations by less than their noise, so its estimate is taken as it is.
    """
    var = bias.noise[2] * var_elv + bias.P[3, 3] * seen.rate[2] * seen.rate[2]
    stays = var_hae_m2 * (seen.across_m / (seen.rng_m * seen.rng_m)) ** 2
    s = bias.var_elv + var + stays
    y = seen.y[2] + seen.rate[2] * bias.x[3] - bias.elv
    score = y / math.sqrt(s)
    if score * score > cfg.gate:
        return math.copysign(1.0, score)
    w = bias.var_elv + var + min(again, WATCH_AGAIN) * stays
    is_settled = bias.var_elv <= LEARNING_SHARE * w
    var = (var + again * stays) * max(1.0, abs(score) / cfg.cut)
    gain = bias.var_elv / (bias.var_elv + var)
    bias.elv += gain * y
    bias.var_elv *= 1.0 - gain
    bias.elevations += 1
    learn_noise(bias, ELEVATION - 1, score, cfg)
    return score * math.sqrt(s / w) if is_settled else math.nan


@lean_kernel
def note_pair(
    biases: Records,
    i: int,
    j: int,
    seen_i: Record,
    seen_j: Record,
    var_i: F8,
    var_j: F8,
    var_hae_m2: float,
    var_spd: float,
    since_s: float,
    Y: F8,
    q: F8,
    S: F8,
    cfg: Record,
) -> int:
    """Learn from two radars' plots of one target, its true place being unknown to both.

    ``seen_i`` and ``seen_j`` are what :func:`sight` makes of both plots beside one and the same
    straight line, a track's: its place cancels, its velocity's error (``var_spd``, of each
    component) counts for the time between the plots. ``var_i``, ``var_j``: noise of range [m²] and
    azimuth [rad²]. ``var_hae_m2`` is the height's error, which stays; ``since_s`` is the time since
    this target last gave a pair. Use a plot in one pair only: its noise would count twice.

    The pair adds what it says about the difference to the information ``Y``, ``q`` of all radars
    together; :func:`settle` makes biases of it. So nothing is ever counted twice, and a radar that
    is known from references teaches its neighbours. ``S`` (2 × 2) is scratch.

    Returns UNUSED, USED, ALARM (radar i has jumped; then ``forget`` it) or ALARM + 1 (radar j has).
    """
    if not (
        seen_i.across_m > ACROSS_MIN_SHARE * seen_i.rng_m
        and seen_j.across_m > ACROSS_MIN_SHARE * seen_j.rng_m
        and since_s > 0.0
    ):
        return UNUSED
    bias_i, bias_j = biases[i], biases[j]
    age_bias(bias_i, seen_i.t, cfg)
    age_bias(bias_j, seen_j.t, cfg)
    dt = seen_j.t - seen_i.t
    apart_m2 = var_spd * dt * dt
    again = 1.0 / math.tanh(0.5 * since_s / cfg.stay_s)
    z0, z1 = seen_j.z[0] - seen_i.z[0], seen_j.z[1] - seen_i.z[1]
    e0, e1 = z0, z1
    for k in range(4):
        e0 -= seen_j.E[0, k] * bias_j.b[k] - seen_i.E[0, k] * bias_i.b[k]
        e1 -= seen_j.E[1, k] * bias_j.b[k] - seen_i.E[1, k] * bias_i.b[k]
    n00, n01, n11 = apart_m2, 0.0, apart_m2
    h0, h1 = seen_j.h[0] - seen_i.h[0], seen_j.h[1] - seen_i.h[1]
    for side in range(2):
        seen = seen_i if side == 0 else seen_j
        bias = bias_i if side == 0 else bias_j
        var = var_i if side == 0 else var_j
        var_r, var_a = bias.noise[0] * var[0], bias.noise[1] * var[1]
        n00 += var_r * seen.r[0] * seen.r[0] + var_a * seen.a[0] * seen.a[0]
        n01 += var_r * seen.r[0] * seen.r[1] + var_a * seen.a[0] * seen.a[1]
        n11 += var_r * seen.r[1] * seen.r[1] + var_a * seen.a[1] * seen.a[1]
    few = min(again, WATCH_AGAIN) * var_hae_m2
    S[0, 0], S[0, 1], S[1, 1] = n00 + few * h0 * h0, n01 + few * h0 * h1, n11 + few * h1 * h1
    noise = S[0, 0] + S[1, 1]
    for side in range(2):
        seen = seen_i if side == 0 else seen_j
        bias = bias_i if side == 0 else bias_j
        s00, s01, s11 = spread(bias.B, seen.E, seen.V)
        S[0, 0] += s00
        S[0, 1] += s01
        S[1, 1] += s11
    det = S[0, 0] * S[1, 1] - S[0, 1] * S[0, 1]
    d2 = (e0 * e0 * S[1, 1] - 2.0 * e0 * e1 * S[0, 1] + e1 * e1 * S[0, 0]) / det
    if not d2 >= 0.0:
        return UNUSED
    fits = d2 <= cfg.gate
    # Who knows itself from references is watched by them; a pair cannot say which of both moved.
    if not fits or noise >= (1.0 - LEARNING_SHARE_PAIR) * (S[0, 0] + S[1, 1]):
        for side in range(2):
            seen = seen_i if side == 0 else seen_j
            bias = bias_i if side == 0 else bias_j
            if seen.t - bias.t_reference < WATCHED_BY_REFERENCE_S:
                continue
            sign = (-1.0 if side == 0 else 1.0) * (1.0 if fits else 1.0 / math.sqrt(d2))
            seen.scores[ELEVATION] = math.nan
            for what in range(3):
                # What the bias would move the place along.
                d0, d1 = seen.r[0], seen.r[1]
                if what == AZIMUTH:
                    d0, d1 = seen.a[0], seen.a[1]
                elif what == TIME:
                    d0, d1 = -seen.v[0], -seen.v[1]
                var = d0 * d0 * S[0, 0] + 2.0 * d0 * d1 * S[0, 1] + d1 * d1 * S[1, 1]
                seen.scores[what] = sign * (d0 * e0 + d1 * e1) / math.sqrt(var)
            jump = watch(bias, int(BY_PAIR), seen.scores, cfg)
            if jump >= 0:
                for a in range(4):
                    bias.x[a] = bias.b[a]
                    for b in range(4):
                        bias.P[a, b] = bias.B[a, b]
                open_bias(bias, jump, seen.t, cfg)
                # The same pairs have pointed at its neighbours.
                for k in range(biases.size):
                    for a in range(4):
                        biases[k].up[BY_PAIR, a] = 0.0
                        biases[k].down[BY_PAIR, a] = 0.0
                return ALARM + side
    if not fits:
        bias_i.odd += 1
        bias_j.odd += 1
        return UNUSED
    weight = min(1.0, cfg.cut / math.sqrt(d2)) if d2 > 0.0 else 1.0
    n00 += again * var_hae_m2 * h0 * h0
    n01 += again * var_hae_m2 * h0 * h1
    n11 += again * var_hae_m2 * h1 * h1
    det = n00 * n11 - n01 * n01
    w00, w01, w11 = weight * n11 / det, -weight * n01 / det, weight * n00 / det
    E_i, E_j = seen_i.E, seen_j.E
    for a in range(4):
        i0, i1 = E_i[0, a] * w00 + E_i[1, a] * w01, E_i[0, a] * w01 + E_i[1, a] * w11
        j0, j1 = E_j[0, a] * w00 + E_j[1, a] * w01, E_j[0, a] * w01 + E_j[1, a] * w11
        q[4 * i + a] -= i0 * z0 + i1 * z1
        q[4 * j + a] += j0 * z0 + j1 * z1
        for b in range(4):
            Y[4 * i + a, 4 * i + b] += i0 * E_i[0, b] + i1 * E_i[1, b]
            Y[4 * j + a, 4 * j + b] += j0 * E_j[0, b] + j1 * E_j[1, b]
            both = i0 * E_j[0, b] + i1 * E_j[1, b]
            Y[4 * i + a, 4 * j + b] -= both
            Y[4 * j + b, 4 * i + a] -= both
    bias_i.pairs += 1
    bias_j.pairs += 1
    return USED


@lean_kernel
def forget(i: int, Y: F8, q: F8) -> None:
    """Take a radar out of the pairs' information, keeping what it taught others of each other.

    Its four unknowns are eliminated one after the other, each as if nothing else were known of it
    (a Schur complement).
    """
    size = q.size
    for a in range(4 * i, 4 * i + 4):
        pivot = Y[a, a]
        if pivot > 0.0:
            for b in range(size):
                share = Y[b, a] / pivot
                if b == a or share == 0.0:
                    continue
                for c in range(size):
                    if c != a:
                        Y[b, c] -= share * Y[a, c]
                q[b] -= share * q[a]
        for b in range(size):
            Y[a, b] = 0.0
            Y[b, a] = 0.0
        q[a] = 0.0


@lean_kernel
def invert_in_place(A: F8, first: int, size: int) -> bool:
    """Invert a positive definite block on the diagonal of ``A`` (Gauss-Jordan).

    False, and rubbish in the block, where it is none.
    """
    for k in range(first, first + size):
        pivot = A[k, k]
        if not pivot > 0.0:
            return False
        A[k, k] = 1.0
        for c in range(first, first + size):
            A[k, c] /= pivot
        for b in range(first, first + size):
            share = A[b, k]
            if b == k or share == 0.0:
                continue
            A[b, k] = 0.0
            for c in range(first, first + size):
                A[b, c] -= share * A[k, c]
    return True


@lean_kernel
def settle(
    biases: Records,
    Y: F8,
    q: F8,
    dt_s: float,
    t: float,
    A: F8,
    right: F8,
    rows: I8,
    cfg: Record,
) -> None:
    """Make every radar's best biases, ``b`` and ``B``, of its references and of all pairs.

    Call it every few seconds: 4 n unknowns are solved for at once, n being the radars that have
    pairs. ``dt_s`` is the time since the last call: pairs are forgotten slowly, which stands for
    the biases' drift. ``A`` (4 radars + 4, square), ``right`` (4 radars) and ``rows`` (radars) are
    scratch.
    """
    keep = math.exp(-max(dt_s, 0.0) / cfg.forget_s)
    for a in range(q.size):
        q[a] *= keep
        for b in range(q.size):
            Y[a, b] *= keep
    n = 0
    for i in range(biases.size):
        age_bias(biases[i], t, cfg)
        if biases[i].pairs > 0:
            rows[n] = i
            n += 1
    spare = 4 * n
    for p in range(n):
        bias = biases[rows[p]]
        for a in range(4):
            for b in range(4):
                A[spare + a, spare + b] = bias.P[a, b]
        invert_in_place(A, spare, 4)
        for a in range(4):
            right[4 * p + a] = q[4 * rows[p] + a]
            for r in range(n):
                for b in range(4):
                    A[4 * p + a, 4 * r + b] = Y[4 * rows[p] + a, 4 * rows[r] + b]
            for b in range(4):
                A[4 * p + a, 4 * p + b] += A[spare + a, spare + b]
                right[4 * p + a] += A[spare + a, spare + b] * bias.x[b]
    if not invert_in_place(A, spare - 4 * n, 4 * n):
        return
    for p in range(n):
        bias = biases[rows[p]]
        for a in range(4):
            total = 0.0
            for c in range(4 * n):
                total += A[4 * p + a, c] * right[c]
            bias.b[a] = total
            for b in range(4):
                bias.B[a, b] = A[4 * p + a, 4 * p + b]


@lean_kernel
def correct(
    bias: Record, rng_m: float, azm_rad: float, elv_rad: float, t: float
) -> tuple[float, float, float, float]:
    """Slant range, azimuth, elevation and time of a plot without what is known of the biases.

    The azimuth may leave [0, 2π) by the bias.
    """
    return (
        (rng_m - bias.b[0]) / (1.0 + bias.b[1]),
        azm_rad - bias.b[2],
        elv_rad - bias.elv,
        t - bias.b[3],
    )


@lean_kernel
def correction_variance(
    bias: Record, rng_m: float, rng_rate: float, azm_rate: float
) -> tuple[float, float, float]:
    """What a corrected plot's range [m²], azimuth and elevation [rad²] owe to the biases' doubt.

    The rates are the target's (zero where nothing is known of them): the doubt about time moves a
    plot as far as its target flies in it.
    """
    B = bias.B
    var_r = B[0, 0] + 2.0 * rng_m * B[0, 1] + rng_m * rng_m * B[1, 1]
    var_r += rng_rate * (rng_rate * B[3, 3] - 2.0 * (B[0, 3] + rng_m * B[1, 3]))
    var_a = B[2, 2] + azm_rate * (azm_rate * B[3, 3] - 2.0 * B[2, 3])
    return var_r, var_a, bias.var_elv


# --- In the tracker -------------------------------------------------------------------------------


@lean_kernel
def straighten(mem: Tables, plot: Record) -> None:
    """Take what is known of its radar's biases off a plot, and keep what the radar told."""
    plot.raw_rng_m, plot.raw_azm_rad, plot.raw_elv_rad = plot.rng_m, plot.azm_rad, plot.elv_rad
    plot.raw_t = plot.t
    if plot.what != POLAR:
        return
    bias = mem.biases[plot.link]
    if bias.references + bias.pairs == 0:
        return
    plot.rng_m, plot.azm_rad, plot.elv_rad, plot.t = correct(
        bias, plot.rng_m, plot.azm_rad, plot.elv_rad, plot.t
    )
    plot.rng_m = max(plot.rng_m, 1.0)
    var_r, var_a, _ = correction_variance(bias, plot.rng_m, 0.0, 0.0)
    plot.sigma_rng_m = math.sqrt(plot.sigma_rng_m * plot.sigma_rng_m + var_r)
    plot.sigma_azm_rad = math.sqrt(plot.sigma_azm_rad * plot.sigma_azm_rad + var_a)


@lean_kernel
def learn_biases(mem: Tables, trk: Record, plot: Record, clock: Record, work: Record) -> None:
    """Compare a radar's plot with its target's ADS-B, or with another radar's plot of it."""
    if plot.what != POLAR or trk.accused == 1:
        return
    who, cfg = plot.link, mem.bias_cfg[0]
    radar, bias, seen = mem.radars[who], mem.biases[who], mem.sights[0]
    var_r = plot.sigma_rng_m * plot.sigma_rng_m
    var_a = plot.sigma_azm_rad * plot.sigma_azm_rad
    dt = plot.raw_t - trk.told_t
    if abs(dt) <= CLAIM_MAX_S:
        v = trk.told_v
        carry_place(
            trk.told_lat_rad, trk.told_lon_rad, trk.told_hae_m, v[0], v[1], v[2], dt,
            work.ecef, work.vel,
        )  # fmt: skip
        sight(
            radar.ecef, radar.A, work.ecef, work.vel, 0.0,
            plot.raw_rng_m, plot.raw_azm_rad, plot.raw_elv_rad, plot.raw_t, seen,
        )  # fmt: skip
        j = link_of(trk, who)
        since_s = plot.t - trk.t_plot[j] if j >= 0 else math.inf
        found = note_reference(
            bias, seen, var_r, var_a, VAR_ELV, trk.told_var_m2, trk.told_var_hae_m2,
            dt * dt * (1.0 + dt * dt), since_s, cfg,
        )  # fmt: skip
        if found == ALARM and mem.pair_sum.size > 0:
            forget(who, mem.pair_info, mem.pair_sum)
        return
    if mem.pair_sum.size == 0 or trk.is_baro == 0 or plot.kind == KIND_PSR:
        return
    i = trk.pair_link
    if i >= 0 and i != who and abs(plot.raw_t - trk.pair_t) < PAIR_MAX_S:
        lat, lon, hae = place_of_ecef_rad(
            *ecef_of_track_m(trk, trk.x[0, 0], trk.x[0, 1], track_height_m(trk, trk.t))
        )
        turn = turn_rad(trk, trk.x[0, 0])
        cos_turn, sin_turn = math.cos(turn), math.sin(turn)
        ve = trk.x[0, 2] * cos_turn + trk.x[0, 3] * sin_turn
        vn = trk.x[0, 3] * cos_turn - trk.x[0, 2] * sin_turn
        carry_place(lat, lon, hae, ve, vn, trk.vz, 0.0, work.ecef, work.vel)
        other, there = mem.radars[i], mem.sights[1]
        sight(
            other.ecef, other.A, work.ecef, work.vel, trk.pair_t - trk.t,
            trk.pair_rng_m, trk.pair_azm_rad, math.nan, trk.pair_t, there,
        )  # fmt: skip
        sight(
            radar.ecef, radar.A, work.ecef, work.vel, plot.raw_t - trk.t,
            plot.raw_rng_m, plot.raw_azm_rad, math.nan, plot.raw_t, seen,
        )  # fmt: skip
        work.var_i[0], work.var_i[1] = trk.pair_var[0], trk.pair_var[1]
        work.var_j[0], work.var_j[1] = var_r, var_a
        found = note_pair(
            mem.biases, i, who, there, seen, work.var_i, work.var_j, trk.ph + trk.Pz[0],
            trk.P[0, 2, 2] + trk.P[0, 3, 3], plot.raw_t - trk.pair_last_t,
            mem.pair_info, mem.pair_sum, work.pair, cfg,
        )  # fmt: skip
        if found >= ALARM:
            forget(i if found == ALARM else who, mem.pair_info, mem.pair_sum)
        trk.pair_last_t = plot.raw_t
        trk.pair_link = -1
    else:
        trk.pair_link = who
        trk.pair_t = plot.raw_t
        trk.pair_rng_m, trk.pair_azm_rad = plot.raw_rng_m, plot.raw_azm_rad
        trk.pair_var[0], trk.pair_var[1] = var_r, var_a
