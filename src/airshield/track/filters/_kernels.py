"""Loops of one track's mathematics: prediction, comparison, update, height.

Records are those of ``state``. Letters follow Bar-Shalom, Li and Kirubarajan, Estimation with
Applications to Tracking and Navigation (Wiley, 2001): x state, P its covariance, Q process noise,
R plot noise, S innovation covariance, K gain. ``C`` is the covariance of the state with the error
of the height, which the horizontal filter considers and never estimates (Schmidt 1966; the same
book, 5.2 and Jazwinski 1970, 8.4).
"""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from airshield._kernels import lean_kernel
from airshield.geo._kernels import ECC2, SEMI_MAJOR_M, ecef_of_place_m, place_of_ecef_rad
from airshield.track.foreign._kernels import (
    ci_weight,
    ci_weight_place,
    fuse_ci,
    fuse_ci_place,
    misfit,
    misfit_place,
)
from airshield.track.state import MODELS, TURNING

F8 = NDArray[np.float64]
I8 = NDArray[np.int64]
Record = Any
Records = Any

BASIS_NONE, BASIS_BARO, BASIS_GEOMETRIC, BASIS_ELEVATION, BASIS_RANGES = range(5)
KIND_PSR, KIND_SSR, KIND_PSR_SSR, KIND_MODE_S = range(4)
KIND_ADSB, KIND_MLAT, KIND_TRACK, KIND_DRONE_ID = range(4, 8)
POLAR, PLACE = 1, 2

# Beyond this elevation a slant range says next to nothing about the ground range.
SIN_ELV_MAX = 0.97
# Who tells no height flies low more often than high: most silent traffic is light aircraft,
# helicopters and drones. Elevations from 0 to about 45 degrees lie within two sigma, and the height
# that the horizon asks for at that range is added.
HEIGHT_SHARE, HEIGHT_MAX_M = 0.2, 2000.0
HEIGHT_SIGMA_SHARE, HEIGHT_SIGMA_MAX_M = 0.35, 3500.0
ALIKE = 0.99999  # the most that a state and the height may be correlated
STRETCH = 100.0  # an outlier's variance over the usual one
LOG_2PI = math.log(2.0 * math.pi)


# --- Motion ---------------------------------------------------------------------------------------
#
# A state is east, north [m], their rates [m/s] and the rate of turn [rad/s], counter-clockwise.
# Only the coordinated turn believes in a rate of turn; in the others it is nought, not known.


@lean_kernel
def forget_turn(x: F8, P: F8, C: F8, var: float) -> None:
    """Make the rate of turn unknown: nought, with its usual variance."""
    x[4] = 0.0
    C[4] = 0.0
    for a in range(4):
        P[a, 4] = 0.0
        P[4, a] = 0.0
    P[4, 4] = var


@lean_kernel
def add_acceleration(P: F8, dt: float, q: float) -> None:
    """Add white-noise acceleration of density ``q`` [m2/s3] on each axis (Bar-Shalom, 6.2.2)."""
    for a in range(2):
        P[a, a] += q * dt * dt * dt / 3.0
        P[a, a + 2] += q * dt * dt / 2.0
        P[a + 2, a] = P[a, a + 2]
        P[a + 2, a + 2] += q * dt


@lean_kernel
def predict_straight(x: F8, P: F8, C: F8, dt: float, q: float, var_turn: float) -> None:
    """Carry one constant-velocity estimate forward by ``dt``, in place."""
    forget_turn(x, P, C, var_turn)
    x[0] += dt * x[2]
    x[1] += dt * x[3]
    C[0] += dt * C[2]
    C[1] += dt * C[3]
    for a in range(2):
        for b in range(2):
            P[a, b] += dt * (P[a, b + 2] + P[a + 2, b] + dt * P[a + 2, b + 2])
    for a in range(2):
        for b in range(2):
            P[a, b + 2] += dt * P[a + 2, b + 2]
            P[b + 2, a] = P[a, b + 2]
    add_acceleration(P, dt, q)


@lean_kernel
def predict_turning(x: F8, P: F8, C: F8, dt: float, q: float, q_turn: float, F: F8, B: F8) -> None:
    """Carry one coordinated-turn estimate forward by ``dt``, in place (Bar-Shalom, 11.7.2).

    ``q_turn`` [rad2/s3] is the density of the noise that drives the rate of turn; ``F`` and ``B``
    are scratch of 5 x 5.
    """
    angle = x[4] * dt
    ve, vn = x[2], x[3]
    s, c = math.sin(angle), math.cos(angle)
    if abs(angle) > 1e-3:
        along, across = s / x[4], (1.0 - c) / x[4]
        d_along = (c * angle - s) / (x[4] * x[4])
        d_across = (s * angle - (1.0 - c)) / (x[4] * x[4])
    else:  # the same to 1e-7 of a step
        along, across = dt * (1.0 - angle * angle / 6.0), 0.5 * dt * angle
        d_along, d_across = -dt * dt * angle / 3.0, 0.5 * dt * dt
    for a in range(5):
        for b in range(5):
            F[a, b] = 1.0 if a == b else 0.0
    F[0, 2], F[0, 3] = along, -across
    F[1, 2], F[1, 3] = across, along
    F[2, 2], F[2, 3], F[3, 2], F[3, 3] = c, -s, s, c
    F[0, 4] = ve * d_along - vn * d_across
    F[1, 4] = ve * d_across + vn * d_along
    F[2, 4] = -dt * (s * ve + c * vn)
    F[3, 4] = dt * (c * ve - s * vn)
    x[0] += along * ve - across * vn
    x[1] += across * ve + along * vn
    x[2] = c * ve - s * vn
    x[3] = s * ve + c * vn
    for a in range(5):
        B[0, a] = C[a]
    for a in range(5):
        C[a] = 0.0
        for b in range(5):
            C[a] += F[a, b] * B[0, b]
    for a in range(5):
        for b in range(5):
            B[a, b] = 0.0
            for k in range(5):
                B[a, b] += F[a, k] * P[k, b]
    for a in range(5):
        for b in range(a, 5):
            total = 0.0
            for k in range(5):
                total += B[a, k] * F[b, k]
            P[a, b] = total
            P[b, a] = total
    add_acceleration(P, dt, q)
    P[4, 4] += q_turn * dt


@lean_kernel
def mix(w: F8, x: F8, P: F8, C: F8, stay: F8, c: F8, xs: F8, Ps: F8, Cs: F8, share: F8) -> None:
    """The interaction step of the IMM: each model starts from a blend of all.

    ``stay[i]`` is the probability that model i is still in force; the rest is shared evenly among
    the others (Bar-Shalom et al., 11.6.6). Writes the predicted weights ``c`` and the blends;
    ``share`` is scratch.
    """
    for j in range(MODELS):
        c[j] = 0.0
        for i in range(MODELS):
            share[i, j] = w[i] * (stay[i] if i == j else (1.0 - stay[i]) / (MODELS - 1))
            c[j] += share[i, j]
        for i in range(MODELS):
            share[i, j] /= c[j]
    # The spread between the models, seen from the first: mean squares less the square of the mean
    # would lose digits against places of tens of kilometres.
    for j in range(MODELS):
        s1, s2 = share[1, j], share[2, j]
        for a in range(5):
            xs[j, a] = x[0, a] + s1 * (x[1, a] - x[0, a]) + s2 * (x[2, a] - x[0, a])
            Cs[j, a] = share[0, j] * C[0, a] + s1 * C[1, a] + s2 * C[2, a]
        for a in range(5):
            d0, d1, d2 = x[0, a] - xs[j, a], x[1, a] - xs[j, a], x[2, a] - xs[j, a]
            for b in range(a + 1):
                total = (
                    share[0, j] * (P[0, a, b] + d0 * (x[0, b] - xs[j, b]))
                    + s1 * (P[1, a, b] + d1 * (x[1, b] - xs[j, b]))
                    + s2 * (P[2, a, b] + d2 * (x[2, b] - xs[j, b]))
                )
                Ps[j, a, b] = total
                Ps[j, b, a] = total


@lean_kernel
def blend(c: F8, xs: F8, Ps: F8, Cs: F8, x: F8, P: F8, C: F8) -> None:
    """Mean and covariance of the models together (moment matching), into ``x``, ``P``, ``C``."""
    for a in range(5):
        x[a] = c[0] * xs[0, a] + c[1] * xs[1, a] + c[2] * xs[2, a]
        C[a] = c[0] * Cs[0, a] + c[1] * Cs[1, a] + c[2] * Cs[2, a]
    for a in range(5):
        for b in range(a + 1):
            total = 0.0
            for i in range(MODELS):
                total += c[i] * (Ps[i, a, b] + (xs[i, a] - x[a]) * (xs[i, b] - x[b]))
            P[a, b] = total
            P[b, a] = total


@lean_kernel
def predict_track(trk: Record, t: float, cfg: Record, work: Record) -> None:
    """Write the track's state at ``t`` into ``work``; the track itself stays as it is.

    For a time before the state's own nothing is carried back: ``late_s`` tells the update how the
    plot's place depends on the state of now.
    """
    dt = t - trk.t
    work.ph = trk.ph
    if dt <= 0.0:
        work.late_s = dt
        for m in range(MODELS):
            work.c[m] = trk.w[m]
            for a in range(5):
                work.xs[m, a] = trk.x[m, a]
                work.Cs[m, a] = trk.C[m, a]
                for b in range(5):
                    work.Ps[m, a, b] = trk.P[m, a, b]
        return
    work.late_s = 0.0
    for m in range(MODELS):
        work.q[m] = math.exp(-dt / cfg.tau_s[m])
    mix(trk.w, trk.x, trk.P, trk.C, work.q, work.c, work.xs, work.Ps, work.Cs, work.share)
    b = trk.behaviour
    for m in range(TURNING):
        predict_straight(work.xs[m], work.Ps[m], work.Cs[m], dt, cfg.q[b, m], cfg.var_turn[b])
    predict_turning(
        work.xs[TURNING],
        work.Ps[TURNING],
        work.Cs[TURNING],
        dt,
        cfg.q[b, TURNING],
        cfg.q_turn,
        work.F,
        work.U,
    )
    if trk.basis in (BASIS_NONE, BASIS_ELEVATION):
        # Nobody tells how it climbs.
        work.ph += cfg.q_height * dt


@lean_kernel
def keep_prediction(trk: Record, t: float, work: Record) -> None:
    """Make what ``work`` holds the track's state."""
    if work.late_s == 0.0:
        trk.t = t
    trk.ph = work.ph
    for m in range(MODELS):
        trk.w[m] = work.c[m]
        for a in range(5):
            trk.x[m, a] = work.xs[m, a]
            trk.C[m, a] = work.Cs[m, a]
            for b in range(5):
                trk.P[m, a, b] = work.Ps[m, a, b]


# --- Measurement ----------------------------------------------------------------------------------


@lean_kernel
def fuse(
    x: F8,
    P: F8,
    C: F8,
    a: float,
    b: float,
    z: F8,
    R: F8,
    gh: F8,
    ph: float,
    trust: float,
    work: Record,
) -> tuple[float, float]:
    """Update one estimate with a pair ``z = a · place + b · velocity - gh · height error + noise``.

    ``trust`` is the probability that the pair is the target's at all and not clutter: the estimate
    moves by that share, and the doubt goes into its covariance (probabilistic data association
    with one plot, Bar-Shalom and Tse 1975).

    The height error (variance ``ph``, covariance ``C`` with the state) is a sixth state: what the
    pair says of it is written into ``work.dh`` and ``work.dph``, for the caller to believe or not.
    Not believed, this is the update that considers the error without estimating it. Returns the
    squared normalised innovation and the logarithm of the innovation covariance's determinant.
    """
    K, S, V, y, n = work.K, work.S, work.V, work.y, work.n
    # V holds cov(x, innovation), K the gain; S and its inverse are 2 × 2.
    for i in range(5):
        for k in range(2):
            V[i, k] = a * P[i, k] + b * P[i, k + 2] - C[i] * gh[k]
    for k in range(2):
        y[k] = z[k] - (a * x[k] + b * x[k + 2])
        n[k] = a * C[k] + b * C[k + 2] - gh[k] * ph
    for k in range(2):
        for j in range(2):
            S[k, j] = a * V[k, j] + b * V[k + 2, j] - gh[k] * n[j] + R[k, j]
    det = S[0, 0] * S[1, 1] - S[0, 1] * S[1, 0]
    d2 = (S[1, 1] * y[0] * y[0] - 2.0 * S[0, 1] * y[0] * y[1] + S[0, 0] * y[1] * y[1]) / det
    for i in range(5):
        K[i, 0] = (V[i, 0] * S[1, 1] - V[i, 1] * S[0, 1]) / det
        K[i, 1] = (V[i, 1] * S[0, 0] - V[i, 0] * S[0, 1]) / det
    doubt = trust * (1.0 - trust)
    for i in range(5):
        move = K[i, 0] * y[0] + K[i, 1] * y[1]
        x[i] += trust * move
        C[i] -= trust * (K[i, 0] * n[0] + K[i, 1] * n[1])
        for j in range(i, 5):
            P[i, j] -= trust * (K[i, 0] * V[j, 0] + K[i, 1] * V[j, 1])
            P[i, j] += doubt * move * (K[j, 0] * y[0] + K[j, 1] * y[1])
            P[j, i] = P[i, j]
    h0 = (n[0] * S[1, 1] - n[1] * S[0, 1]) / det
    h1 = (n[1] * S[0, 0] - n[0] * S[0, 1]) / det
    move = h0 * y[0] + h1 * y[1]
    work.dh = trust * move
    work.dph = doubt * move * move - trust * (h0 * n[0] + h1 * n[1])
    return d2, math.log(det)


@lean_kernel
def place_polar(plot: Record, hae_m: float, radar: Record, trk: Record, work: Record) -> None:
    """Put a plot of range and azimuth into the track's frame, at a height.

    Solves the exact geometry (slant range, the radar's own axes, the curved Earth) for the east
    and north at which a target of that height would give this plot, and turns the plot's noise
    and the height's error through the same geometry. So the extended Kalman filter is linear at
    the plot, where the truth is, and not at a prediction that may be a kilometre off.
    """
    B, J, r, d = work.B, work.J, work.r, work.d
    # The radar's axes, the radar and the plot's rough place, all in the track's axes.
    for i in range(3):
        work.q[i] = 0.0
        r[i] = 0.0
        for k in range(3):
            B[i, k] = 0.0
            for a in range(3):
                B[i, k] += trk.A[i, a] * radar.A[k, a]
            work.q[i] += trk.A[i, k] * (radar.ecef[k] - trk.o[k])
            r[i] += trk.A[i, k] * (plot.ecef[k] - trk.o[k])
    sin_azm, cos_azm = math.sin(plot.azm_rad), math.cos(plot.azm_rad)
    # Above some 72 degrees a range says nothing about the ground range.
    hae_m = min(hae_m, radar.hae_m + 0.95 * plot.rng_m)
    curve_m = trk.radius_m + hae_m
    i00, i01, i10, i11, across_m2 = 1.0, 0.0, 0.0, 1.0, 0.0
    # Newton from the rough place: each round doubles the digits.
    for _ in range(3):
        r[2] = hae_m - (r[0] * r[0] + r[1] * r[1]) / (2.0 * curve_m)
        dist = 0.0
        for k in range(3):
            d[k] = 0.0
            for i in range(3):
                d[k] += B[i, k] * (r[i] - work.q[i])
            dist += d[k] * d[k]
            # How the target moves in the radar's axes per metre of east, north, height.
            J[k, 0] = B[0, k] - r[0] / curve_m * B[2, k]
            J[k, 1] = B[1, k] - r[1] / curve_m * B[2, k]
            J[k, 2] = B[2, k]
        dist = math.sqrt(dist)
        # Two residuals in metres: along the range, and across the line of the azimuth.
        along = plot.rng_m - dist
        cross = d[1] * sin_azm - d[0] * cos_azm
        across_m2 = d[0] * d[0] + d[1] * d[1]
        for i in range(3):
            grows = (J[0, i] * d[0] + J[1, i] * d[1] + J[2, i] * d[2]) / dist
            J[1, i] = J[0, i] * cos_azm - J[1, i] * sin_azm
            J[0, i] = grows
        det = J[0, 0] * J[1, 1] - J[0, 1] * J[1, 0]
        i00, i01, i10, i11 = J[1, 1] / det, -J[0, 1] / det, -J[1, 0] / det, J[0, 0] / det
        r[0] += i00 * along + i01 * cross
        r[1] += i10 * along + i11 * cross
    var_along = plot.sigma_rng_m * plot.sigma_rng_m
    var_cross = across_m2 * plot.sigma_azm_rad * plot.sigma_azm_rad
    work.p[0] = r[0]
    work.p[1] = r[1]
    work.R[0, 0] = i00 * i00 * var_along + i01 * i01 * var_cross
    work.R[0, 1] = i00 * i10 * var_along + i01 * i11 * var_cross
    work.R[1, 0] = work.R[0, 1]
    work.R[1, 1] = i10 * i10 * var_along + i11 * i11 * var_cross
    work.gh[0] = -(i00 * J[0, 2] + i01 * J[1, 2])
    work.gh[1] = -(i10 * J[0, 2] + i11 * J[1, 2])


@lean_kernel
def track_height_m(trk: Record, t: float) -> float:
    """Height above the ellipsoid at a time, as good as it is known."""
    return float(trk.z + trk.vz * (t - trk.tz) + trk.offset_m)


@lean_kernel
def place_plot(plot: Record, radars: Records, trk: Record, work: Record) -> None:
    """Put a plot of either kind into the track's frame: p, R, gh."""
    hae_m = track_height_m(trk, plot.t)
    if plot.what == POLAR:
        radar = radars[plot.sensor]
        if trk.basis == BASIS_NONE:
            # A height that is a guess must not exceed what the range allows.
            hae_m = min(hae_m, radar.hae_m + 0.5 * plot.rng_m)
        place_polar(plot, hae_m, radar, trk, work)
    else:
        x, y, z = ecef_of_place_m(plot.lat_rad, plot.lon_rad, hae_m)
        for i in range(2):
            work.p[i] = (
                trk.A[i, 0] * (x - trk.o[0])
                + trk.A[i, 1] * (y - trk.o[1])
                + trk.A[i, 2] * (z - trk.o[2])
            )
            work.gh[i] = 0.0
            work.R[i, i] = plot.sigma_pos_m * plot.sigma_pos_m
            work.R[i, 1 - i] = 0.0
    for i in range(2):
        for k in range(2):
            work.R[i, k] *= plot.stretch


@lean_kernel
def ecef_of_track_m(
    trk: Record, east: float, north: float, hae_m: float
) -> tuple[float, float, float]:
    """Earth-centred place of a point of the track's frame at a height."""
    u = hae_m - (east * east + north * north) / (2.0 * (trk.radius_m + hae_m))
    A = trk.A
    return (
        trk.o[0] + A[0, 0] * east + A[1, 0] * north + A[2, 0] * u,
        trk.o[1] + A[0, 1] * east + A[1, 1] * north + A[2, 1] * u,
        trk.o[2] + A[0, 2] * east + A[1, 2] * north + A[2, 2] * u,
    )


@lean_kernel
def anchor(trk: Record, lat_rad: float, lon_rad: float) -> None:
    """Lay the track's frame at a place on the ellipsoid."""
    trk.lat_rad = lat_rad
    trk.lon_rad = lon_rad
    trk.o[0], trk.o[1], trk.o[2] = ecef_of_place_m(lat_rad, lon_rad, 0.0)
    A = trk.A
    sin_lat, cos_lat = math.sin(lat_rad), math.cos(lat_rad)
    sin_lon, cos_lon = math.sin(lon_rad), math.cos(lon_rad)
    A[0, 0], A[0, 1], A[0, 2] = -sin_lon, cos_lon, 0.0
    A[1, 0], A[1, 1], A[1, 2] = -sin_lat * cos_lon, -sin_lat * sin_lon, cos_lat
    A[2, 0], A[2, 1], A[2, 2] = cos_lat * cos_lon, cos_lat * sin_lon, sin_lat
    # Gaussian radius of curvature: the geometric mean of meridian and prime vertical.
    trk.radius_m = SEMI_MAJOR_M * math.sqrt(1.0 - ECC2) / (1.0 - ECC2 * sin_lat * sin_lat)


@lean_kernel
def anchor_anew(trk: Record, work: Record) -> None:
    """Move the frame under the track and carry the state over.

    Places go through Earth-centred axes, exactly; rates turn with the horizontal part of the
    rotation between the frames. The covariances stay: over 30 km the axes turn by less than a
    degree up to latitude 70, which moves the end of a one-kilometre ellipse by metres.
    """
    hae_m = track_height_m(trk, trk.t)
    A0, A, G = work.B, trk.A, work.G
    for i in range(3):
        for k in range(3):
            A0[i, k] = A[i, k]
    for m in range(MODELS):
        G[m, 0], G[m, 1], G[m, 2] = ecef_of_track_m(trk, trk.x[m, 0], trk.x[m, 1], hae_m)
    lat, lon, _ = place_of_ecef_rad(G[0, 0], G[0, 1], G[0, 2])
    anchor(trk, lat, lon)
    for m in range(MODELS):
        ve, vn = trk.x[m, 2], trk.x[m, 3]
        for i in range(2):
            trk.x[m, i] = 0.0
            trk.x[m, i + 2] = 0.0
            for k in range(3):
                trk.x[m, i] += A[i, k] * (G[m, k] - trk.o[k])
                trk.x[m, i + 2] += A[i, k] * (A0[0, k] * ve + A0[1, k] * vn)


# --- Height ---------------------------------------------------------------------------------------


@lean_kernel
def predict_height(trk: Record, t: float, q: float) -> None:
    """Carry altitude and climb rate forward; a late time leaves them where they are."""
    dt = t - trk.tz
    if dt <= 0.0:
        return
    Pz = trk.Pz
    trk.z += dt * trk.vz
    Pz[0] += dt * (2.0 * Pz[1] + dt * Pz[2]) + q * dt * dt * dt / 3.0
    Pz[1] += dt * Pz[2] + q * dt * dt / 2.0
    Pz[2] += q * dt
    trk.tz = t


@lean_kernel
def fuse_height(trk: Record, value: float, var: float, a: float, b: float) -> None:
    """Update with a measured ``a · altitude + b · climb rate``."""
    Pz = trk.Pz
    u0 = a * Pz[0] + b * Pz[1]
    u1 = a * Pz[1] + b * Pz[2]
    s = a * u0 + b * u1 + var
    y = value - (a * trk.z + b * trk.vz)
    trk.z += u0 / s * y
    trk.vz += u1 / s * y
    Pz[0] -= u0 / s * u0
    Pz[1] -= u0 / s * u1
    Pz[2] -= u1 / s * u1


@lean_kernel
def bound_height(trk: Record) -> None:
    """Keep every model's covariance with the height's error possible (Cauchy and Schwarz).

    The variance of the height is one for all models, their covariances with it are their own.
    """
    for m in range(MODELS):
        for i in range(5):
            most = ALIKE * math.sqrt(trk.P[m, i, i] * trk.ph)
            trk.C[m, i] = min(max(trk.C[m, i], -most), most)


@lean_kernel
def learn_height(trk: Record, t: float, hae_m: float, var: float) -> None:
    """Improve a guessed (or worse) height by a measured one, and let the places profit.

    The height error was correlated with the state all along (``C``), so learning the height is an
    ordinary Kalman update of the state with it.
    """
    y = hae_m - track_height_m(trk, t)
    s = trk.ph + var
    bound_height(trk)
    for m in range(MODELS):
        for i in range(5):
            trk.x[m, i] += trk.C[m, i] * y / s
        for i in range(5):
            for k in range(5):
                trk.P[m, i, k] -= trk.C[m, i] * trk.C[m, k] / s
        for i in range(5):
            trk.C[m, i] *= var / s
    trk.z += trk.ph / s * y
    trk.ph *= var / s


@lean_kernel
def restart_height(trk: Record, t: float, z: float, var: float) -> None:
    """Begin the vertical filter at an altitude, with no knowledge of the climb rate."""
    trk.z = z
    trk.vz = 0.0
    trk.tz = t
    trk.Pz[0] = var
    trk.Pz[1] = 0.0
    trk.Pz[2] = 400.0  # 20 m/s: airliners climb at 10 to 20
    trk.odd_n = 0


@lean_kernel
def update_altitude(trk: Record, t: float, z: float, var: float, cfg: Record) -> None:
    """Feed the vertical filter; an altitude that does not fit must be seen three times."""
    since = t - trk.tz
    late = min(since, 0.0)
    predict_height(trk, t, cfg.q_vertical)
    miss = z - (trk.z + late * trk.vz)
    s = trk.Pz[0] + var + late * (2.0 * trk.Pz[1] + late * trk.Pz[2])
    # Beside the filter's own doubt 100 m, and that it may have begun to climb: Mode C garbling
    # moves by hundreds of feet or more.
    if abs(miss) > 100.0 + 5.0 * math.sqrt(s) + cfg.climb_change * min(max(since, 0.0), 12.0):
        same = trk.odd_n > 0 and abs(z - trk.odd_z) < 300.0
        trk.odd_n = trk.odd_n + 1 if same else 1
        trk.odd_z = z
        if trk.odd_n >= 3:
            restart_height(trk, t, z, var)
        return
    trk.odd_n = 0
    fuse_height(trk, z, var, 1.0, late)


@lean_kernel
def baro_doubt_m2(baro_m: float) -> float:
    """Variance of "pressure altitude plus geoid" as a height above the ellipsoid.

    Sea-level pressure moves the scale by 8 m per hPa (some 5 hPa one sigma: 40 m) and temperature
    stretches it by about 3 % one sigma (8 K in 273 K).
    """
    sigma_m = 40.0 + 0.03 * max(baro_m, 0.0)
    return sigma_m * sigma_m


@lean_kernel
def update_vertical(trk: Record, plot: Record, radars: Records, cfg: Record, work: Record) -> None:
    """Take whatever the plot says about height."""
    has_baro = not math.isnan(plot.baro_m)
    has_hae = not math.isnan(plot.hae_m)
    t = plot.t
    first = trk.basis == BASIS_NONE and plot.what == POLAR
    was_m, east_m, north_m, ge, gn = 0.0, 0.0, 0.0, 0.0, 0.0
    if first:
        place_plot(plot, radars, trk, work)
        was_m = track_height_m(trk, t)
        east_m, north_m, ge, gn = work.p[0], work.p[1], work.gh[0], work.gh[1]
    if has_baro:
        if trk.basis == BASIS_NONE or trk.is_baro == 0:
            doubt = baro_doubt_m2(plot.baro_m)
            if trk.basis == BASIS_GEOMETRIC:
                # The height is known better than by pressure: only the difference is new.
                offset_m = track_height_m(trk, t) - plot.baro_m
            else:
                learn_height(trk, t, plot.baro_m + cfg.geoid_m, doubt)
                offset_m = cfg.geoid_m
                trk.basis = BASIS_BARO
            restart_height(trk, t, plot.baro_m, cfg.var_baro_m2)
            trk.offset_m = offset_m
            trk.is_baro = 1
        else:
            update_altitude(trk, t, plot.baro_m, cfg.var_baro_m2, cfg)
    if has_hae:
        if trk.is_baro == 1:
            if has_baro and trk.odd_n == 0:
                if trk.basis != BASIS_GEOMETRIC:
                    learn_height(trk, t, plot.hae_m, cfg.var_hae_m2)
                    trk.offset_m = plot.hae_m - plot.baro_m
                    trk.basis = BASIS_GEOMETRIC
                else:
                    # The difference drifts with the weather aloft; the quanta average out.
                    trk.offset_m += 0.1 * (plot.hae_m - plot.baro_m - trk.offset_m)
        elif trk.basis == BASIS_GEOMETRIC:
            update_altitude(trk, t, plot.hae_m, cfg.var_hae_m2, cfg)
        else:
            learn_height(trk, t, plot.hae_m, cfg.var_hae_m2)
            restart_height(trk, t, plot.hae_m, cfg.var_hae_m2)
            trk.offset_m = 0.0
            trk.basis = BASIS_GEOMETRIC
    pressed = trk.basis in (BASIS_BARO, BASIS_GEOMETRIC)
    if not pressed and plot.what == POLAR and not math.isnan(plot.elv_rad):
        radar = radars[plot.sensor]
        across = plot.rng_m * math.cos(plot.elv_rad)
        # REPORT's elevation is the geometric one. What the beam's bending leaves in it (a few
        # hundredths of a degree) is learnt with the radar's elevation offset.
        hae_m = (
            radar.hae_m
            + plot.rng_m * math.sin(plot.elv_rad)
            + across * across / (2.0 * radar.radius_m)
        )
        sigma_m = 50.0 + plot.rng_m * cfg.sigma_elv_rad
        learn_height(trk, t, hae_m, sigma_m * sigma_m)
        trk.basis = BASIS_ELEVATION
    if first and trk.basis != BASIS_NONE:
        # From a guess to a height the place moves by kilometres, and not in a straight line: what
        # the geometry says beyond the filter's linear step.
        place_plot(plot, radars, trk, work)
        up_m = track_height_m(trk, t) - was_m
        for m in range(MODELS):
            trk.x[m, 0] += work.p[0] - east_m - ge * up_m
            trk.x[m, 1] += work.p[1] - north_m - gn * up_m
    if pressed and not math.isnan(plot.vu):
        fuse_height(trk, plot.vu, cfg.var_climb, 0.0, 1.0)


# --- Update ---------------------------------------------------------------------------------------


@lean_kernel
def turn_rad(trk: Record, east: float) -> float:
    """Angle from the frame's north to true north at a point of the frame, westward positive."""
    return float(east * math.tan(trk.lat_rad) / trk.radius_m)


@lean_kernel
def compare(
    trk: Record, plot: Record, trust: float, radars: Records, cfg: Record, work: Record
) -> tuple[float, float]:
    """Try a plot on a track: ``work`` holds the track as it would be, the track itself stays.

    Returns the squared normalised distance from the nearest model (a gate on their blend would
    shut out the first plot of a turn, when the calm model has all the weight), and the logarithm
    of the plot's likelihood density over all models [1/m2].
    """
    predict_track(trk, plot.t, cfg, work)
    place_plot(plot, radars, trk, work)
    late = work.late_s
    r0, r1 = work.R[0, 0], work.R[1, 1]
    nearest, best, total = math.inf, -math.inf, 0.0
    for m in range(MODELS):
        # A late plot sees the state of now through the unknown acceleration since.
        drift_m2 = -cfg.q[trk.behaviour, m] * late * late * late / 3.0
        work.R[0, 0] = r0 + drift_m2
        work.R[1, 1] = r1 + drift_m2
        d2, log_det = fuse(
            work.xs[m],
            work.Ps[m],
            work.Cs[m],
            1.0,
            late,
            work.p,
            work.R,
            work.gh,
            work.ph,
            trust,
            work,
        )
        work.dhs[m], work.dphs[m] = work.dh, work.dph
        work.q[m] = math.log(work.c[m]) - 0.5 * (d2 + log_det)
        nearest = min(nearest, d2)
        best = max(best, work.q[m])
    for m in range(MODELS):
        # A model is never written off: from one in a million it is back within two plots.
        work.q[m] = max(math.exp(work.q[m] - best), 1e-6)
        total += work.q[m]
    for m in range(MODELS):
        work.q[m] /= total
    return nearest, best + math.log(total) - LOG_2PI


@lean_kernel
def adopt(trk: Record, plot: Record, trust: float, work: Record) -> None:
    """Make what :func:`compare` has left in ``work`` the track's state."""
    mean_h, mean_h2, ph = 0.0, 0.0, 0.0
    for m in range(MODELS):
        work.c[m] += trust * (work.q[m] - work.c[m])
        mean_h += work.c[m] * work.dhs[m]
        mean_h2 += work.c[m] * work.dhs[m] * work.dhs[m]
        ph += work.c[m] * (work.ph + work.dphs[m])
    if work.late_s == 0.0:
        trk.t_ns = plot.t_ns
    keep_prediction(trk, plot.t, work)
    if trk.several == 1 and (trk.basis in (BASIS_NONE, BASIS_ELEVATION)):
        # What the ranges of several radars say of the height; those of one alone say next to
        # nothing, but a turn taken for it looks like much. Below the ground nobody flies.
        trk.z = max(trk.z + mean_h, 0.0)
        trk.ph = ph + mean_h2 - mean_h * mean_h
        bound_height(trk)


@lean_kernel
def foreign_misfit(trk: Record, plot: Record, radars: Records, cfg: Record, work: Record) -> float:
    """Cautious squared distance of a foreign track's report; ``work`` is left ready for the fusion.

    Places are compared, and velocities where the report has one.
    """
    predict_track(trk, plot.t, cfg, work)
    place_plot(plot, radars, trk, work)
    blend(work.c, work.xs, work.Ps, work.Cs, work.x, work.P, work.C)
    has_velocity = not (math.isnan(plot.ve) or math.isnan(plot.vn))
    ve, vn = work.x[2], work.x[3]
    if has_velocity:
        turn = turn_rad(trk, work.p[0])
        cos_turn, sin_turn = math.cos(turn), math.sin(turn)
        ve, vn = plot.ve * cos_turn - plot.vn * sin_turn, plot.ve * sin_turn + plot.vn * cos_turn
    # A late report is carried on to the state's time.
    work.z4[0] = work.p[0] - work.late_s * ve
    work.z4[1] = work.p[1] - work.late_s * vn
    work.z4[2], work.z4[3] = ve, vn
    for i in range(4):
        work.x4[i] = work.x[i]
        for k in range(4):
            work.P4[i, k] = work.P[i, k]
            work.R4[i, k] = 0.0
    for i in range(2):
        work.R4[i + 2, i + 2] = cfg.var_spd_foreign
        for k in range(2):
            work.R4[i, k] = work.R[i, k]
    if has_velocity:
        return misfit(work.x4, work.P4, work.z4, work.R4, work.W)
    return misfit_place(work.x4, work.P4, work.z4, work.R)


@lean_kernel
def adopt_foreign(trk: Record, plot: Record, radars: Records, cfg: Record, work: Record) -> None:
    """Fuse a foreign track's report by covariance intersection, each model with one omega."""
    foreign_misfit(trk, plot, radars, cfg, work)
    has_velocity = not (math.isnan(plot.ve) or math.isnan(plot.vn))
    if has_velocity:
        omega = ci_weight(work.P4, work.R4, work.W)
    else:
        omega = ci_weight_place(work.P4, work.R)
    for m in range(MODELS):
        x, P, C = work.xs[m], work.Ps[m], work.Cs[m]
        for i in range(4):
            work.x4[i] = x[i]
            for k in range(4):
                work.P4[i, k] = P[i, k]
        if has_velocity:
            fuse_ci(work.x4, work.P4, work.z4, work.R4, omega, work.W)
        else:
            fuse_ci_place(work.x4, work.P4, work.z4, work.R, omega, work.W)
            for i in range(4):
                work.W[0, i, 2] = 0.0
                work.W[0, i, 3] = 0.0
        # Whatever is carried along shrinks with the same gain: the height's error, the turn.
        for i in range(4):
            x[i] = work.x4[i]
            work.v4[i] = C[i]
            work.d4[i] = P[i, 4]
            for k in range(4):
                P[i, k] = work.P4[i, k]
        for i in range(4):
            for k in range(4):
                C[i] -= work.W[0, i, k] * work.v4[k]
                P[i, 4] -= work.W[0, i, k] * work.d4[k]
            P[4, i] = P[i, 4]
    if work.late_s == 0.0:
        trk.t_ns = plot.t_ns
    keep_prediction(trk, plot.t, work)


@lean_kernel
def tells_first_height(trk: Record, plot: Record) -> bool:
    """Tell whether a plot brings a height to a track that has none: then height comes first."""
    if trk.basis == BASIS_GEOMETRIC or (trk.basis == BASIS_BARO and math.isnan(plot.hae_m)):
        return False
    return not (math.isnan(plot.baro_m) and math.isnan(plot.hae_m) and math.isnan(plot.elv_rad))


@lean_kernel
def update_track(
    trk: Record, plot: Record, is_ready: bool, radars: Records, cfg: Record, work: Record
) -> None:
    """Bring a plot into a track: place, then velocity and height.

    ``is_ready`` says that ``work`` holds the result of :func:`compare` for this plot, fully
    trusted, already. A first height comes before the place, which profits from it.
    """
    if plot.kind == KIND_TRACK:
        adopt_foreign(trk, plot, radars, cfg, work)
        update_vertical(trk, plot, radars, cfg, work)
        if abs(trk.x[0, 0]) > cfg.anchor_m or abs(trk.x[0, 1]) > cfg.anchor_m:
            anchor_anew(trk, work)
        return
    first = tells_first_height(trk, plot)
    if first:
        predict_track(trk, plot.t, cfg, work)
        keep_prediction(trk, plot.t, work)
        update_vertical(trk, plot, radars, cfg, work)
    if first or not is_ready:
        compare(trk, plot, plot.trust, radars, cfg, work)
    adopt(trk, plot, plot.trust, work)
    if not first:
        update_vertical(trk, plot, radars, cfg, work)
    if not math.isnan(plot.ve) and not math.isnan(plot.vn):
        turn = turn_rad(trk, work.p[0])
        cos_turn, sin_turn = math.cos(turn), math.sin(turn)
        work.v[0] = plot.ve * cos_turn - plot.vn * sin_turn
        work.v[1] = plot.ve * sin_turn + plot.vn * cos_turn
        work.gh[0] = 0.0
        work.gh[1] = 0.0
        work.R[0, 0] = cfg.var_spd
        work.R[1, 1] = cfg.var_spd
        work.R[0, 1] = 0.0
        work.R[1, 0] = 0.0
        for m in range(MODELS):
            fuse(
                trk.x[m],
                trk.P[m],
                trk.C[m],
                0.0,
                1.0,
                work.v,
                work.R,
                work.gh,
                trk.ph,
                1.0,
                work,
            )
    if abs(trk.x[0, 0]) > cfg.anchor_m or abs(trk.x[0, 1]) > cfg.anchor_m:
        anchor_anew(trk, work)


@lean_kernel
def usual_height_m(rng_m: float, radar: Record, geoid_m: float) -> float:
    """Height above the ellipsoid of a target of which a radar says only the range."""
    earth_m = 4.0 / 3.0 * radar.radius_m
    own_m = math.sqrt(2.0 * earth_m * max(radar.hae_m - geoid_m, 20.0))
    beyond_m = max(rng_m - own_m, 0.0)
    least_m = beyond_m * beyond_m / (2.0 * earth_m)
    return float(geoid_m + least_m + min(HEIGHT_SHARE * rng_m, HEIGHT_MAX_M))


@lean_kernel
def start_state(trk: Record, plot: Record, radars: Records, cfg: Record, work: Record) -> None:
    """Lay the frame at a plot and begin all filters there, with no idea of the velocity."""
    lat, lon, _ = place_of_ecef_rad(plot.ecef[0], plot.ecef[1], plot.ecef[2])
    anchor(trk, lat, lon)
    trk.t = plot.t
    trk.t_ns = plot.t_ns
    trk.basis = BASIS_NONE
    trk.is_baro = 0
    trk.offset_m = 0.0
    rng_m = plot.rng_m if plot.what == POLAR else HEIGHT_SIGMA_MAX_M / HEIGHT_SIGMA_SHARE
    restart_height(trk, plot.t, plot.height_m, 0.0)
    trk.Pz[2] = 0.0
    sigma_m = min(HEIGHT_SIGMA_SHARE * rng_m, HEIGHT_SIGMA_MAX_M)
    trk.ph = sigma_m * sigma_m
    for m in range(MODELS):
        trk.w[m] = cfg.w0[m]
        for i in range(5):
            trk.x[m, i] = 0.0
            trk.C[m, i] = 0.0
            for k in range(5):
                trk.P[m, i, k] = 0.0
        trk.P[m, 4, 4] = cfg.var_turn[trk.behaviour]
    update_vertical(trk, plot, radars, cfg, work)
    place_plot(plot, radars, trk, work)
    speed = not math.isnan(plot.ve) and not math.isnan(plot.vn)
    for m in range(MODELS):
        var_spd = cfg.sigma_spd0[m] * cfg.sigma_spd0[m]
        for i in range(2):
            trk.x[m, i] = work.p[i]
            trk.C[m, i] = work.gh[i] * trk.ph
            trk.P[m, i + 2, i + 2] = cfg.var_spd if speed else var_spd
            for k in range(2):
                trk.P[m, i, k] = work.R[i, k] + work.gh[i] * work.gh[k] * trk.ph
        if speed:
            trk.x[m, 2] = plot.ve
            trk.x[m, 3] = plot.vn
