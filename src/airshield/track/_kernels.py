"""The tracker's loops: prediction, update, gating, the grid, track life.

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

from airshield._kernels import kernel
from airshield.geo._kernels import ECC2, SEMI_MAJOR_M, ecef_of_place_m, place_of_ecef_rad

F8 = NDArray[np.float64]
I8 = NDArray[np.int64]
Record = Any
Records = Any

TENTATIVE, CONFIRMED, COASTING, ENDED = 0, 1, 2, 3
BASIS_NONE, BASIS_BARO, BASIS_GEOMETRIC, BASIS_ELEVATION = 0, 1, 2, 3
KIND_PSR, KIND_SSR, KIND_PSR_SSR, KIND_MODE_S, KIND_ADSB, KIND_MLAT, KIND_TRACK = range(7)
POLAR, PLACE = 1, 2
DROP_LATE, DROP_AHEAD, DROP_SECOND, DROP_CONTRA = 5, 6, 7, 8
UPDATE, START = -1, -2  # beside the reasons to drop: what to do with a plot
CLS_UNKNOWN, CLS_AIRLINER, CLS_JET, CLS_FAST_LOW = 0, 1, 3, 4
ADSB_NONE, ADSB_UNVERIFIED, ADSB_VERIFIED = 0, 1, 2

CELL_M = 8000.0
ADDRESSES, GRID = 0, 1
NOWHERE = 1 << 40  # the cell of a track that hangs in none
# Beyond this elevation a slant range says next to nothing about the ground range.
SIN_ELV_MAX = 0.97
# Share of the slant range that an unknown height is assumed to be: elevations from 0 to about 45
# degrees lie within two and a half sigma, and air traffic's heights within two at long range.
HEIGHT_SHARE, HEIGHT_MAX_M = 0.3, 4000.0
HEIGHT_SIGMA_SHARE, HEIGHT_SIGMA_MAX_M = 0.35, 3500.0
STRETCH = 100.0  # an outlier's variance over the usual one
LOG_2PI = math.log(2.0 * math.pi)


# --- Motion ---------------------------------------------------------------------------------------


@kernel
def predict_cv(x: F8, P: F8, C: F8, dt: float, q: float) -> None:
    """Carry one constant-velocity estimate forward by ``dt``, in place.

    White-noise acceleration of density ``q`` [m2/s3] on each axis (Bar-Shalom et al., 6.2.2).
    """
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
    for a in range(2):
        P[a, a] += q * dt * dt * dt / 3.0
        P[a, a + 2] += q * dt * dt / 2.0
        P[a + 2, a] = P[a, a + 2]
        P[a + 2, a + 2] += q * dt


@kernel
def mix(w: F8, x: F8, P: F8, C: F8, stay: F8, c: F8, xs: F8, Ps: F8, Cs: F8) -> None:
    """The interaction step of the IMM: each model starts from a blend of all.

    ``stay[i]`` is the probability that model i is still in force; the rest is shared evenly among
    the others (Bar-Shalom et al., 11.6.6). Writes the predicted weights ``c`` and the blends.
    """
    models = w.size
    for j in range(models):
        c[j] = 0.0
        for i in range(models):
            c[j] += w[i] * (stay[i] if i == j else (1.0 - stay[i]) / (models - 1))
        for a in range(4):
            xs[j, a] = 0.0
            Cs[j, a] = 0.0
        for i in range(models):
            share = w[i] * (stay[i] if i == j else (1.0 - stay[i]) / (models - 1)) / c[j]
            for a in range(4):
                xs[j, a] += share * x[i, a]
                Cs[j, a] += share * C[i, a]
        for a in range(4):
            for b in range(a, 4):
                total = 0.0
                for i in range(models):
                    share = w[i] * (stay[i] if i == j else (1.0 - stay[i]) / (models - 1)) / c[j]
                    spread = (x[i, a] - xs[j, a]) * (x[i, b] - xs[j, b])
                    total += share * (P[i, a, b] + spread)
                Ps[j, a, b] = total
                Ps[j, b, a] = total


@kernel
def blend(c: F8, xs: F8, Ps: F8, Cs: F8) -> None:
    """Mean and covariance of the models together (moment matching), into the row after theirs."""
    all_ = c.size
    for a in range(4):
        xs[all_, a] = 0.0
        Cs[all_, a] = 0.0
        for i in range(all_):
            xs[all_, a] += c[i] * xs[i, a]
            Cs[all_, a] += c[i] * Cs[i, a]
    for a in range(4):
        for b in range(4):
            Ps[all_, a, b] = 0.0
            for i in range(all_):
                spread = (xs[i, a] - xs[all_, a]) * (xs[i, b] - xs[all_, b])
                Ps[all_, a, b] += c[i] * (Ps[i, a, b] + spread)


@kernel
def predict_track(trk: Record, t: float, cfg: Record, work: Record) -> None:
    """Write the track's state at ``t`` into ``work``; the track itself stays as it is.

    For a time before the state's own nothing is carried back: ``late_s`` tells the update how the
    plot's place depends on the state of now.
    """
    dt = t - trk.t
    if dt < 0.0:
        work.late_s = dt
        for m in range(trk.w.size):
            work.c[m] = trk.w[m]
            for a in range(4):
                work.xs[m, a] = trk.x[m, a]
                work.Cs[m, a] = trk.C[m, a]
                for b in range(4):
                    work.Ps[m, a, b] = trk.P[m, a, b]
    else:
        work.late_s = 0.0
        for m in range(trk.w.size):
            work.q[m] = math.exp(-dt / cfg.tau_s[m])
        mix(trk.w, trk.x, trk.P, trk.C, work.q, work.c, work.xs, work.Ps, work.Cs)
        for m in range(trk.w.size):
            predict_cv(work.xs[m], work.Ps[m], work.Cs[m], dt, cfg.q[m])


@kernel
def keep_prediction(trk: Record, t: float, work: Record) -> None:
    """Make what ``work`` holds the track's state."""
    if work.late_s == 0.0:
        trk.t = t
    for m in range(trk.w.size):
        trk.w[m] = work.c[m]
        for a in range(4):
            trk.x[m, a] = work.xs[m, a]
            trk.C[m, a] = work.Cs[m, a]
            for b in range(4):
                trk.P[m, a, b] = work.Ps[m, a, b]


# --- Measurement ----------------------------------------------------------------------------------


@kernel
def fuse(
    x: F8, P: F8, C: F8, a: float, b: float, z: F8, R: F8, gh: F8, ph: float, work: Record
) -> tuple[float, float]:
    """Update one estimate with a pair ``z = a · place + b · velocity - gh · height error + noise``.

    A Kalman update that considers the height error (variance ``ph``, covariance ``C`` with the
    state) without estimating it. Returns the squared normalised innovation and
    the logarithm of the innovation covariance's determinant.
    """
    K, S, U, y, n = work.K, work.S, work.U, work.y, work.n
    # K holds cov(x, innovation), then the gain; S and its inverse are 2 × 2.
    for i in range(4):
        for k in range(2):
            K[i, k] = a * P[i, k] + b * P[i, k + 2] - C[i] * gh[k]
    for k in range(2):
        y[k] = z[k] - (a * x[k] + b * x[k + 2])
        n[k] = a * C[k] + b * C[k + 2]
    for k in range(2):
        for j in range(2):
            S[k, j] = a * K[k, j] + b * K[k + 2, j] - gh[k] * (n[j] - gh[j] * ph) + R[k, j]
    det = S[0, 0] * S[1, 1] - S[0, 1] * S[1, 0]
    d2 = (S[1, 1] * y[0] * y[0] - 2.0 * S[0, 1] * y[0] * y[1] + S[0, 0] * y[1] * y[1]) / det
    for i in range(4):
        U[i, 0], U[i, 1] = K[i, 0], K[i, 1]
        K[i, 0] = (U[i, 0] * S[1, 1] - U[i, 1] * S[0, 1]) / det
        K[i, 1] = (U[i, 1] * S[0, 0] - U[i, 0] * S[0, 1]) / det
    for i in range(4):
        x[i] += K[i, 0] * y[0] + K[i, 1] * y[1]
        C[i] -= K[i, 0] * (n[0] - gh[0] * ph) + K[i, 1] * (n[1] - gh[1] * ph)
        for j in range(i, 4):
            P[i, j] -= K[i, 0] * U[j, 0] + K[i, 1] * U[j, 1]
            P[j, i] = P[i, j]
    return d2, math.log(det)


@kernel
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


@kernel
def track_height_m(trk: Record, t: float) -> float:
    """Height above the ellipsoid at a time, as good as it is known."""
    return float(trk.z + trk.vz * (t - trk.tz) + trk.offset_m)


@kernel
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


@kernel
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


@kernel
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


@kernel
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
    for m in range(trk.w.size):
        G[m, 0], G[m, 1], G[m, 2] = ecef_of_track_m(trk, trk.x[m, 0], trk.x[m, 1], hae_m)
    lat, lon, _ = place_of_ecef_rad(G[0, 0], G[0, 1], G[0, 2])
    anchor(trk, lat, lon)
    for m in range(trk.w.size):
        ve, vn = trk.x[m, 2], trk.x[m, 3]
        for i in range(2):
            trk.x[m, i] = 0.0
            trk.x[m, i + 2] = 0.0
            for k in range(3):
                trk.x[m, i] += A[i, k] * (G[m, k] - trk.o[k])
                trk.x[m, i + 2] += A[i, k] * (A0[0, k] * ve + A0[1, k] * vn)


# --- Height ---------------------------------------------------------------------------------------


@kernel
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


@kernel
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


@kernel
def learn_height(trk: Record, t: float, hae_m: float, var: float) -> None:
    """Replace a guessed (or worse) height by a measured one, and let the places profit.

    The height error was correlated with the state all along (``C``), so learning the height is an
    ordinary Kalman update of the state with it.
    """
    y = hae_m - track_height_m(trk, t)
    s = trk.ph + var
    for m in range(trk.w.size):
        for i in range(4):
            trk.x[m, i] += trk.C[m, i] * y / s
        for i in range(4):
            for k in range(4):
                trk.P[m, i, k] -= trk.C[m, i] * trk.C[m, k] / s
        for i in range(4):
            trk.C[m, i] *= var / s
    trk.ph *= var / s


@kernel
def restart_height(trk: Record, t: float, z: float, var: float) -> None:
    """Begin the vertical filter at an altitude, with no knowledge of the climb rate."""
    trk.z = z
    trk.vz = 0.0
    trk.tz = t
    trk.Pz[0] = var
    trk.Pz[1] = 0.0
    trk.Pz[2] = 400.0  # 20 m/s: airliners climb at 10 to 20
    trk.odd_n = 0


@kernel
def update_altitude(trk: Record, t: float, z: float, var: float, cfg: Record) -> None:
    """Feed the vertical filter; an altitude that does not fit must be seen three times."""
    late = min(t - trk.tz, 0.0)
    predict_height(trk, t, cfg.q_vertical)
    miss = z - (trk.z + late * trk.vz)
    s = trk.Pz[0] + var + late * (2.0 * trk.Pz[1] + late * trk.Pz[2])
    # 100 m beside the filter's own doubt: Mode C garbling moves by hundreds of feet or more.
    if abs(miss) > 100.0 + 5.0 * math.sqrt(s):
        same = trk.odd_n > 0 and abs(z - trk.odd_z) < 300.0
        trk.odd_n = trk.odd_n + 1 if same else 1
        trk.odd_z = z
        if trk.odd_n >= 3:
            restart_height(trk, t, z, var)
        return
    trk.odd_n = 0
    fuse_height(trk, z, var, 1.0, late)


@kernel
def baro_doubt_m2(baro_m: float) -> float:
    """Variance of "pressure altitude plus geoid" as a height above the ellipsoid.

    Sea-level pressure moves the scale by 8 m per hPa (some 5 hPa one sigma: 40 m) and temperature
    stretches it by about 3 % one sigma (8 K in 273 K).
    """
    sigma_m = 40.0 + 0.03 * max(baro_m, 0.0)
    return sigma_m * sigma_m


@kernel
def update_vertical(trk: Record, plot: Record, radars: Records, cfg: Record) -> None:
    """Take whatever the plot says about height."""
    has_baro = not math.isnan(plot.baro_m)
    has_hae = not math.isnan(plot.hae_m)
    t = plot.t
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
    if not has_baro and not has_hae and plot.what == POLAR and not math.isnan(plot.elv_rad):
        radar = radars[plot.sensor]
        across = plot.rng_m * math.cos(plot.elv_rad)
        # 4/3 Earth: the usual allowance for the bending of the beam.
        hae_m = (
            radar.hae_m
            + plot.rng_m * math.sin(plot.elv_rad)
            + across * across / (2.0 * 4.0 / 3.0 * radar.radius_m)
        )
        sigma_m = 50.0 + plot.rng_m * cfg.sigma_elv_rad
        if trk.basis == BASIS_NONE:
            learn_height(trk, t, hae_m, sigma_m * sigma_m)
            restart_height(trk, t, hae_m, sigma_m * sigma_m)
            trk.offset_m = 0.0
            trk.basis = BASIS_ELEVATION
        elif trk.basis == BASIS_ELEVATION:
            update_altitude(trk, t, hae_m, sigma_m * sigma_m, cfg)
    if trk.basis != BASIS_NONE and not math.isnan(plot.vu):
        fuse_height(trk, plot.vu, cfg.var_climb, 0.0, 1.0)


# --- Update ---------------------------------------------------------------------------------------


@kernel
def turn_rad(trk: Record, east: float) -> float:
    """Angle from the frame's north to true north at a point of the frame, westward positive."""
    return float(east * math.tan(trk.lat_rad) / trk.radius_m)


@kernel
def update_track(trk: Record, plot: Record, radars: Records, cfg: Record, work: Record) -> float:
    """Bring a plot into a track: height first, then place and velocity.

    Returns the logarithm of the plot's likelihood density [1/m2] before the update.
    """
    update_vertical(trk, plot, radars, cfg)
    predict_track(trk, plot.t, cfg, work)
    place_plot(plot, radars, trk, work)
    late = work.late_s
    models = trk.w.size
    r0, r1 = work.R[0, 0], work.R[1, 1]
    best = -math.inf
    for m in range(models):
        # A late plot sees the state of now through the unknown acceleration since.
        drift_m2 = -cfg.q[m] * late * late * late / 3.0
        work.R[0, 0] = r0 + drift_m2
        work.R[1, 1] = r1 + drift_m2
        d2, log_det = fuse(
            work.xs[m], work.Ps[m], work.Cs[m], 1.0, late, work.p, work.R, work.gh, trk.ph, work
        )
        work.q[m] = math.log(work.c[m]) - 0.5 * (d2 + log_det) - LOG_2PI
        best = max(best, work.q[m])
    total = 0.0
    for m in range(models):
        # A model is never written off: from one in a million it is back within two plots.
        work.c[m] = max(math.exp(work.q[m] - best), 1e-6)
        total += work.c[m]
    for m in range(models):
        work.c[m] /= total
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
        for m in range(models):
            fuse(
                work.xs[m], work.Ps[m], work.Cs[m], 0.0, 1.0, work.v, work.R, work.gh, trk.ph, work
            )
    keep_prediction(trk, plot.t, work)
    if late == 0.0:
        trk.t_ns = plot.t_ns
    if abs(trk.x[0, 0]) > cfg.anchor_m or abs(trk.x[0, 1]) > cfg.anchor_m:
        anchor_anew(trk, work)
    return best + math.log(total)


@kernel
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
    for m in range(trk.w.size):
        trk.w[m] = 1.0 / trk.w.size
        for i in range(4):
            trk.x[m, i] = 0.0
            trk.C[m, i] = 0.0
            for k in range(4):
                trk.P[m, i, k] = 0.0
    update_vertical(trk, plot, radars, cfg)
    place_plot(plot, radars, trk, work)
    var_spd = cfg.sigma_spd0 * cfg.sigma_spd0
    speed = not math.isnan(plot.ve) and not math.isnan(plot.vn)
    for m in range(trk.w.size):
        for i in range(2):
            trk.x[m, i] = work.p[i]
            trk.C[m, i] = work.gh[i] * trk.ph
            trk.P[m, i + 2, i + 2] = cfg.var_spd if speed else var_spd
            for k in range(2):
                trk.P[m, i, k] = work.R[i, k] + work.gh[i] * work.gh[k] * trk.ph
        if speed:
            trk.x[m, 2] = plot.ve
            trk.x[m, 3] = plot.vn


# --- The address table and the grid ---------------------------------------------------------------
#
# Two hash tables with chains. Row 0 of ``heads`` and ``links`` is the address table, row 1 the
# grid: ``heads[which, bucket]`` is the first slot, ``links[which, slot]`` the next, -1 ends.


@kernel
def bucket_of(value: int, size: int) -> int:
    """Place of a key in a table whose size is a power of two (Fibonacci hashing)."""
    return ((value * 2654435761) >> 7) & (size - 1)


@kernel
def cell_bucket(ix: int, iy: int, iz: int, size: int) -> int:
    """Place of a grid cell in its table."""
    return bucket_of((ix * 73856093) ^ (iy * 19349663) ^ (iz * 83492791), size)


@kernel
def link(heads: I8, links: I8, bucket: int, slot: int) -> None:
    """Put a slot at the head of a chain."""
    links[slot] = heads[bucket]
    heads[bucket] = slot


@kernel
def unlink(heads: I8, links: I8, bucket: int, slot: int) -> None:
    """Take a slot out of its chain."""
    at = heads[bucket]
    if at == slot:
        heads[bucket] = links[slot]
        return
    while links[at] != slot:
        at = links[at]
    links[at] = links[slot]


@kernel
def find_address(tracks: Records, heads: I8, links: I8, address: int) -> int:
    """Slot of the live track with an address, or -1."""
    slot = heads[ADDRESSES, bucket_of(address, heads.shape[1])]
    while slot >= 0 and tracks[slot].mode_s != address:
        slot = links[ADDRESSES, slot]
    return int(slot)


@kernel
def hang(tracks: Records, heads: I8, links: I8, slot: int, t: float) -> None:
    """Put a track into the grid where it is (expected) at a time, unless it is there already."""
    trk = tracks[slot]
    dt = t - trk.t
    east = 0.0
    north = 0.0
    for m in range(trk.w.size):
        east += trk.w[m] * (trk.x[m, 0] + dt * trk.x[m, 2])
        north += trk.w[m] * (trk.x[m, 1] + dt * trk.x[m, 3])
    x, y, z = ecef_of_track_m(trk, east, north, track_height_m(trk, t))
    trk.g[0], trk.g[1], trk.g[2] = x, y, z
    trk.t_g = t
    ix, iy, iz = math.floor(x / CELL_M), math.floor(y / CELL_M), math.floor(z / CELL_M)
    cell = trk.cell
    if ix == cell[0] and iy == cell[1] and iz == cell[2]:
        return
    size = heads.shape[1]
    if cell[0] != NOWHERE:
        unlink(heads[GRID], links[GRID], cell_bucket(cell[0], cell[1], cell[2], size), slot)
    cell[0], cell[1], cell[2] = ix, iy, iz
    link(heads[GRID], links[GRID], cell_bucket(ix, iy, iz, size), slot)


# --- Association ----------------------------------------------------------------------------------


@kernel
def rough_place(plot: Record, radars: Records, cfg: Record) -> None:
    """Earth-centred place of a plot by itself, for the grid and for the birth of a track."""
    hae_m = plot.hae_m
    if math.isnan(hae_m):
        hae_m = plot.baro_m + cfg.geoid_m
    if plot.what == PLACE:
        if math.isnan(hae_m):
            hae_m = HEIGHT_MAX_M
        plot.height_m = hae_m
        x, y, z = ecef_of_place_m(plot.lat_rad, plot.lon_rad, hae_m)
        plot.ecef[0], plot.ecef[1], plot.ecef[2] = x, y, z
        return
    radar = radars[plot.sensor]
    if math.isnan(hae_m):
        hae_m = radar.hae_m + min(HEIGHT_SHARE * plot.rng_m, HEIGHT_MAX_M)
    plot.height_m = hae_m
    # Sine of the elevation at which the range ends at the height, on a sphere.
    a_m, rise_m = radar.radius_m + radar.hae_m, hae_m - radar.hae_m
    up = (rise_m * (2.0 * a_m + rise_m) - plot.rng_m * plot.rng_m) / (2.0 * a_m * plot.rng_m)
    up = min(max(up, -SIN_ELV_MAX), SIN_ELV_MAX)
    across = plot.rng_m * math.sqrt(1.0 - up * up)
    d0, d1, d2 = across * math.sin(plot.azm_rad), across * math.cos(plot.azm_rad), plot.rng_m * up
    D = radar.A
    for i in range(3):
        plot.ecef[i] = radar.ecef[i] + d0 * D[0, i] + d1 * D[1, i] + d2 * D[2, i]


@kernel
def is_near(trk: Record, plot: Record) -> bool:
    """A cheap test that never refuses what the gate would take: spares the prediction."""
    dx, dy, dz = plot.ecef[0] - trk.g[0], plot.ecef[1] - trk.g[1], plot.ecef[2] - trk.g[2]
    agile = trk.w.size - 1
    P, x = trk.P[agile], trk.x[agile]
    dt = plot.t - trk.t
    var_m2 = P[0, 0] + P[1, 1] + dt * dt * (P[2, 2] + P[3, 3]) + 2.0 * abs(dt * (P[0, 2] + P[1, 3]))
    reach_m = 500.0 + 6.0 * math.sqrt(var_m2 + 100.0 * abs(dt * dt * dt))
    reach_m += 2.0 * abs(plot.t - trk.t_g) * math.sqrt(x[2] * x[2] + x[3] * x[3])
    if plot.what == POLAR:
        reach_m += 6.0 * (plot.sigma_rng_m + plot.rng_m * plot.sigma_azm_rad)
        if math.isnan(plot.baro_m) or trk.basis == BASIS_NONE:
            reach_m += 0.5 * plot.rng_m
    else:
        reach_m += 6.0 * plot.sigma_pos_m + HEIGHT_MAX_M
    return bool(dx * dx + dy * dy + dz * dz <= reach_m * reach_m)


@kernel
def compare(
    trk: Record, plot: Record, radars: Records, cfg: Record, work: Record
) -> tuple[float, float]:
    """Squared normalised distance of a plot from a track, and twice its negative log-likelihood.

    The distance is that from the nearest model, the likelihood that of all of them: a gate on
    their blend would shut out the first plot of a turn, when the calm model has all the weight.
    """
    predict_track(trk, plot.t, cfg, work)
    place_plot(plot, radars, trk, work)
    nearest, best, total = math.inf, -math.inf, 0.0
    for m in range(trk.w.size):
        d2, log_det = fuse(
            work.xs[m],
            work.Ps[m],
            work.Cs[m],
            1.0,
            work.late_s,
            work.p,
            work.R,
            work.gh,
            trk.ph,
            work,
        )
        nearest = min(nearest, d2)
        work.q[m] = math.log(work.c[m]) - 0.5 * (d2 + log_det)
        best = max(best, work.q[m])
    for m in range(trk.w.size):
        total += math.exp(work.q[m] - best)
    return nearest, -2.0 * (best + math.log(total))


@kernel
def compare_twice(
    trk: Record, plot: Record, radars: Records, gate: float, cfg: Record, work: Record
) -> tuple[float, float]:
    """Compare a plot whose owner is known by name or code: once plainly, once as an outlier.

    One plot in a hundred has ten times the usual noise (a bearing bent by a hillside or by a
    wing): the contaminated normal of Tukey, 1960. ``plot.stretch`` tells the update which it was.
    """
    plot.stretch = 1.0
    d2, cost = compare(trk, plot, radars, cfg, work)
    if d2 > gate:
        plot.stretch = STRETCH
        d2, cost = compare(trk, plot, radars, cfg, work)
        cost += 2.0 * math.log(STRETCH)
    return d2, cost


@kernel
def gate_cost(
    trk: Record, plot: Record, radars: Records, turn_s: float, cfg: Record, work: Record
) -> float:
    """How badly a plot without an address fits a track; infinite outside the gate.

    Twice the negative log-likelihood of place, altitude and code: the ellipsoid's distance alone
    would let a young track with a fat covariance steal the plots of a good one.
    """
    same_code = plot.mode_3a >= 0 and plot.mode_3a == trk.mode_3a
    plot.stretch = 1.0
    if same_code and trk.status != TENTATIVE:
        d2, cost = compare_twice(trk, plot, radars, cfg.gate, cfg, work)
    else:
        d2, cost = compare(trk, plot, radars, cfg, work)
    if not d2 <= cfg.gate:
        return math.inf
    if trk.hits == 1 and plot.t > trk.t:
        # With no velocity yet the ellipse is all dt². Among parked aircraft the one next to come
        # under the beam would have the smallest and take its neighbour's plot, all round.
        cost -= 4.0 * math.log((plot.t - trk.t) / turn_s)
    if trk.is_baro == 1 and not math.isnan(plot.baro_m):
        dt = plot.t - trk.tz
        miss = plot.baro_m - (trk.z + dt * trk.vz)
        var_m2 = 1000.0 + trk.Pz[0] + 2.0 * dt * trk.Pz[1] + dt * dt * (trk.Pz[2] + 4.0)
        dz2 = miss * miss / var_m2
        # Beyond this it is another aircraft, or Mode C was garbled; four sigma settle it.
        if dz2 > 16.0:
            return math.inf
        cost += dz2 + math.log(var_m2)
    if plot.mode_3a >= 0 and trk.mode_3a >= 0:
        if same_code:
            cost -= 2.0 * math.log(4096.0)  # codes are drawn from 4096
        else:
            # A crew may change its code, but not between two plots of a code that is alive.
            if plot.t - trk.t_code < 1.5 * turn_s:
                return math.inf
            cost += 2.0 * math.log(4096.0)
    return cost


@kernel
def find_fit(
    tracks: Records,
    heads: I8,
    links: I8,
    seen: F8,
    radars: Records,
    plot: Record,
    turn_s: float,
    cfg: Record,
    work: Record,
) -> tuple[int, int]:
    """Find the track that a plot without (or with a new) address fits best, and one it also fits.

    Returns the slot of the best track still open in this scan, confirmed ones before tentative,
    or -1; and the slot of a track that fits but has had its plot of this scan, or -1. Ties go to
    the older track, so the order in the grid does not matter.
    """
    # A plot with an address of its own can only be that of a track without one.
    only_nameless = plot.mode_s >= 0
    best, best_cost, best_sure, best_stretch = -1, math.inf, False, 1.0
    taken, taken_cost = -1, math.inf
    ix = math.floor(plot.ecef[0] / CELL_M)
    iy = math.floor(plot.ecef[1] / CELL_M)
    iz = math.floor(plot.ecef[2] / CELL_M)
    for k in range(27):
        kx, ky, kz = ix + k // 9 - 1, iy + (k // 3) % 3 - 1, iz + k % 3 - 1
        slot = heads[GRID, cell_bucket(kx, ky, kz, heads.shape[1])]
        while slot >= 0:
            trk = tracks[slot]
            here = trk.cell[0] == kx and trk.cell[1] == ky and trk.cell[2] == kz
            if here and not (only_nameless and trk.mode_s >= 0) and is_near(trk, plot):
                cost = gate_cost(trk, plot, radars, turn_s, cfg, work)
                if plot.what == POLAR and abs(plot.t - seen[slot, plot.sensor]) < 0.5 * turn_s:
                    if cost < taken_cost:
                        taken, taken_cost = slot, cost
                elif cost < math.inf:
                    sure = trk.status != TENTATIVE
                    better = cost < best_cost or (
                        cost == best_cost and trk.number < tracks[best].number
                    )
                    if (sure and not best_sure) or (sure == best_sure and better):
                        best, best_cost, best_sure = slot, cost, sure
                        best_stretch = plot.stretch
            slot = links[GRID, slot]
    plot.stretch = best_stretch
    return best, taken


# --- Publication ----------------------------------------------------------------------------------


@kernel
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
    predict_track(trk, t, cfg, work)
    blend(work.c, work.xs, work.Ps, work.Cs)
    n = trk.w.size
    x, P, cov = work.xs[n], work.Ps[n], row.cov
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
    row.hae_m = math.nan
    row.vu = math.nan
    if trk.basis != BASIS_NONE:
        dt = max(t - trk.tz, 0.0)
        row.hae_m = hae_m
        row.vu = trk.vz
        cov[2], cov[4] = work.Cs[n, 0], work.Cs[n, 1]
        cov[5] = (
            trk.ph
            + trk.Pz[0]
            + dt * (2.0 * trk.Pz[1] + dt * trk.Pz[2])
            + cfg.q_vertical * dt * dt * dt / 3.0
        )
    row.baro_m = hae_m - trk.offset_m if trk.is_baro == 1 else math.nan
    row.existence = trk.existence
    row.mode_s = trk.mode_s
    row.mode_3a = trk.mode_3a
    row.callsign = trk.callsign
    row.sensors = trk.sensors
    row.kinds = trk.kinds
    row.cls = trk.cls
    row.adsb = ADSB_NONE
    if trk.t_adsb > -math.inf:
        row.adsb = ADSB_VERIFIED if t - trk.t_agree < 60.0 else ADSB_UNVERIFIED
    row.frame = frame
    return row


# --- Life -----------------------------------------------------------------------------------------


@kernel
def judge_class(trk: Record, row: Record) -> None:
    """Name the class when speed and height leave no doubt, three rows in a row."""
    spd = math.sqrt(row.ve * row.ve + row.vn * row.vn)
    cls = CLS_UNKNOWN
    if trk.basis != BASIS_NONE:
        if spd > 350.0:  # above Mach 1 anywhere below the stratosphere's top: no airliner
            cls = CLS_JET
        elif spd > 180.0 and row.hae_m < 1500.0:  # 350 kt; 250 kt is the limit below 10,000 ft
            cls = CLS_FAST_LOW
        elif spd > 150.0 and row.hae_m > 6000.0 and trk.mode_s >= 0:
            cls = CLS_AIRLINER
    if cls == trk.cls_next:
        trk.cls_n += 1
    else:
        trk.cls_next = cls
        trk.cls_n = 1
    if trk.cls_n >= 3 and cls != CLS_UNKNOWN:
        trk.cls = cls


@kernel
def note_source(trk: Record, plot: Record, seen: F8, slot: int, t: float) -> None:
    """Remember who contributed what and when."""
    column = plot.sensor if plot.what == POLAR else seen.shape[1] - 1
    seen[slot, column] = max(seen[slot, column], t)
    trk.t_hit = max(trk.t_hit, t)
    trk.misses = 0
    trk.sensors |= np.uint64(1) << np.uint64(min(plot.sensor, 63))
    trk.kinds |= np.uint64(1) << np.uint64(plot.kind)
    if plot.mode_3a >= 0:
        trk.mode_3a = plot.mode_3a
        trk.t_code = t
    if plot.callsign != 0:
        trk.callsign = plot.callsign
    if plot.kind <= KIND_MODE_S:
        trk.t_radar = max(trk.t_radar, t)
    if plot.kind == KIND_ADSB:
        trk.t_adsb = max(trk.t_adsb, t)
    if plot.kind <= KIND_ADSB and abs(trk.t_radar - trk.t_adsb) < 15.0:
        trk.t_agree = t
    if plot.what == PLACE:
        # ADS-B and multilateration come every second or so, foreign tracks every 4 to 12.
        trk.gap_s = 12.0 if plot.kind == KIND_TRACK else 5.0


@kernel
def start_track(tracks: Records, seen: F8, free: I8, plot: Record, clock: Record) -> int:
    """Take a free slot for a tentative track, its state yet to be started; returns the slot."""
    clock.free_n -= 1
    slot = free[clock.free_n]
    clock.live += 1
    trk = tracks[slot]
    trk.number = clock.next_number
    clock.next_number += 1
    trk.status = TENTATIVE
    trk.hits = 1
    # An address checked by parity is hardly ever noise; a lone echo mostly is.
    trk.existence = 0.9 if plot.mode_s >= 0 else (0.1 if plot.kind == KIND_PSR else 0.5)
    trk.mode_s = -1
    trk.mode_3a = -1
    trk.t_code = -math.inf
    trk.callsign = 0
    trk.sensors = 0
    trk.kinds = 0
    trk.cls = CLS_UNKNOWN
    trk.cls_next = CLS_UNKNOWN
    trk.cls_n = 0
    trk.t_hit = -math.inf
    trk.t_radar = -math.inf
    trk.t_adsb = -math.inf
    trk.t_agree = -math.inf
    trk.gap_s = math.inf
    trk.t_row = -math.inf
    trk.contra_n = 0
    trk.cell[0] = NOWHERE
    for j in range(seen.shape[1]):
        seen[slot, j] = -math.inf
    return int(slot)


@kernel
def end_track(tracks: Records, free: I8, heads: I8, links: I8, clock: Record, slot: int) -> None:
    """Free a slot. The track's number is never used again."""
    trk = tracks[slot]
    size = heads.shape[1]
    cell = trk.cell
    unlink(heads[GRID], links[GRID], cell_bucket(cell[0], cell[1], cell[2], size), slot)
    if trk.mode_s >= 0:
        unlink(heads[ADDRESSES], links[ADDRESSES], bucket_of(trk.mode_s, size), slot)
    trk.number = 0
    free[clock.free_n] = slot
    clock.free_n += 1
    clock.live -= 1


@kernel
def credit_hit(trk: Record, plot: Record, pd: float, log_density: float, cfg: Record) -> None:
    """Raise the existence by a plot that fits (IPDA with one plot in the gate: Musicki, Evans and
    Stankovic, IEEE T-AC 39(6), 1994), and confirm when it is due."""
    trk.hits += 1
    ratio = pd * math.exp(log_density) / cfg.clutter[plot.kind]
    odds = trk.existence / (1.0 - trk.existence) * ratio
    # Odds of a million to one are enough: a track must be able to lose its standing.
    trk.existence = min(odds, 1e6) / (1.0 + min(odds, 1e6))
    if trk.status == COASTING:
        trk.status = CONFIRMED
    elif trk.status == TENTATIVE:
        named = trk.mode_s >= 0 and trk.hits >= 2
        if named or (trk.hits >= 3 and trk.existence > 0.99):
            trk.status = CONFIRMED


@kernel
def expected_gap_s(
    trk: Record, slot: int, seen: F8, radars: Records, now: float
) -> tuple[float, float]:
    """Longest silence that means nothing, and the probability of detection of who was silent.

    Only sources vote that have seen this track before: whether another radar could see it past
    the terrain is not known here. A radar that has fallen silent itself, or whose range the
    track has left, does not vote; when nobody does, the slowest source's interval stands.
    """
    gap, pd, slowest = math.inf, 0.8, 0.0
    for j in range(radars.size):
        if seen[slot, j] == -math.inf:
            continue
        radar = radars[j]
        slowest = max(slowest, radar.turn_s)
        if now - radar.t_last > 3.0 * radar.turn_s or radar.turn_s >= gap:
            continue
        dx, dy, dz = trk.g[0] - radar.ecef[0], trk.g[1] - radar.ecef[1], trk.g[2] - radar.ecef[2]
        rng_m = math.sqrt(dx * dx + dy * dy + dz * dz)
        if radar.rng_min_m <= rng_m <= radar.rng_max_m:
            gap, pd = radar.turn_s, radar.pd
    if seen[slot, radars.size] > -math.inf:
        slowest = max(slowest, trk.gap_s)
        if trk.gap_s < gap:
            gap, pd = trk.gap_s, 0.8
    return (gap if gap < math.inf else slowest), pd


@kernel
def is_due(
    tracks: Records,
    seen: F8,
    heads: I8,
    links: I8,
    radars: Records,
    slot: int,
    t: float,
    cfg: Record,
) -> bool:
    """Look at a live track once a second: is it missed, is it gone, is that due for publication?"""
    trk = tracks[slot]
    hang(tracks, heads, links, slot, t)
    gap, pd = expected_gap_s(trk, slot, seen, radars, t)
    silent = t - trk.t_hit - cfg.lag_s
    # A target's bearing changes between turns, so a quarter turn of grace.
    misses = math.floor(silent / gap - 0.25)
    while trk.misses < misses:
        trk.misses += 1
        # Fades last longer than a turn: a miss counts for less than 1 - pd would say.
        miss = 1.0 - min(pd, 0.8)
        trk.existence = trk.existence * miss / (1.0 - trk.existence * (1.0 - miss))
    end = cfg.misses_end if trk.status != TENTATIVE else 2
    due = False
    if trk.misses >= end or trk.existence < 0.02:
        trk.status = ENDED
        due = True
    elif trk.status == CONFIRMED and trk.misses >= 1:
        trk.status = COASTING
        due = True
    elif trk.status == COASTING:
        due = bool(t - trk.t_row >= gap)
    if due:
        trk.t_row = t
    return due


@kernel
def note_contradiction(trk: Record, plot: Record) -> bool:
    """Count a plot of the track's own address that lies elsewhere; True when it is believed.

    A reflection, or a second aircraft with the same address, must not tear the track away; a
    track that sits on the wrong one must come over. So the contradicting plots must agree among
    each other (below 450 m/s apart), and the track must have had no fitting plot in between:
    one such pair is enough for a tentative track, three such plots for a confirmed one.
    """
    dx, dy, dz = (
        plot.ecef[0] - trk.contra[0],
        plot.ecef[1] - trk.contra[1],
        plot.ecef[2] - trk.contra[2],
    )
    dt = abs(plot.t - trk.contra_t)
    reach_m = 1500.0 + 450.0 * dt
    agrees = trk.contra_n > 0 and dx * dx + dy * dy + dz * dz <= reach_m * reach_m
    trk.contra_n = trk.contra_n + 1 if agrees else 1
    trk.contra_t = plot.t
    trk.contra[0], trk.contra[1], trk.contra[2] = plot.ecef[0], plot.ecef[1], plot.ecef[2]
    return bool(trk.contra_n >= (2 if trk.status == TENTATIVE else 3))


@kernel
def choose_track(
    tracks: Records,
    seen: F8,
    heads: I8,
    links: I8,
    radars: Records,
    plot: Record,
    turn_s: float,
    cfg: Record,
    work: Record,
) -> tuple[int, int]:
    """Decide whose plot this is: the slot of the track, or -1, and what to do with it."""
    slot = find_address(tracks, heads, links, plot.mode_s) if plot.mode_s >= 0 else -1
    if slot < 0:
        slot, taken = find_fit(tracks, heads, links, seen, radars, plot, turn_s, cfg, work)
        if slot >= 0:
            return slot, UPDATE
        if taken >= 0 and plot.mode_s < 0:
            # It fits a track that has had its plot: a split echo, not a second target.
            return taken, DROP_SECOND
        return -1, START
    if plot.what == POLAR and abs(plot.t - seen[slot, plot.sensor]) < 0.4 * turn_s:
        return slot, DROP_SECOND
    trk = tracks[slot]
    d2, _ = compare_twice(trk, plot, radars, cfg.gate_address, cfg, work)
    if d2 <= cfg.gate_address:
        trk.contra_n = 0
        return slot, UPDATE
    plot.stretch = 1.0
    if note_contradiction(trk, plot) and plot.t >= trk.t:
        trk.contra_n = 0
        return slot, START
    return -1, DROP_CONTRA


@kernel
def is_ahead(plot: Record, clock: Record, cfg: Record) -> bool:
    """Tell whether a report is too far ahead of the clock to be believed on its own word.

    One bad time stamp must not age every track to death: the clock jumps only when three reports
    in a row agree that it is later. ``clock`` keeps the count.
    """
    if plot.t - clock.now <= cfg.ahead_max_s:
        clock.ahead_n = 0
        return False
    agrees = clock.ahead_n > 0 and abs(plot.t - clock.ahead_t) <= cfg.ahead_max_s
    clock.ahead_n = clock.ahead_n + 1 if agrees else 1
    clock.ahead_t = plot.t
    if clock.ahead_n >= 3:
        clock.ahead_n = 0
        return False
    return True


@kernel
def run(
    tracks: Records,
    seen: F8,
    free: I8,
    heads: I8,
    links: I8,
    radars: Records,
    clocks: Records,
    configs: Records,
    works: Records,
    plots: Records,
    first: int,
    track_of: NDArray[np.uint64],
    drops: I8,
    rows: Records,
) -> int:
    """Take plots in the order of arrival; stop early when a table is full.

    Returns the index of the plot to go on with: ``plots.size`` when all are done. The state is
    whole at every return.
    """
    clock, cfg, work = clocks[0], configs[0], works[0]
    clock.rows = 0
    for i in range(first, plots.size):
        plot = plots[i]
        track_of[i] = 0
        if plot.what < 0:
            drops[-plot.what] += 1
            continue
        if clock.pending == 0:
            if clock.t0_ns < 0:
                # Second zero is a whole second, so ticks fall on whole seconds of UTC.
                clock.t0_ns = plot.t_ns - plot.t_ns % 1_000_000_000
                clock.now = (plot.t_ns - clock.t0_ns) * 1e-9
                clock.tick = 1
            plot.t = (plot.t_ns - clock.t0_ns) * 1e-9
            if plot.t < clock.now - cfg.late_max_s:
                drops[DROP_LATE] += 1
                continue
            if is_ahead(plot, clock, cfg):
                drops[DROP_AHEAD] += 1
                continue
            clock.pending = 1
        else:
            plot.t = (plot.t_ns - clock.t0_ns) * 1e-9
        clock.now = max(clock.now, plot.t)
        while clock.tick <= clock.now:
            if clock.live == 0:
                clock.tick = math.floor(clock.now) + 1
                break
            if clock.rows + clock.live > rows.size:
                return i
            t = float(clock.tick)
            t_ns = clock.t0_ns + clock.tick * 1_000_000_000
            for slot in range(tracks.size):
                if tracks[slot].number == 0:
                    continue
                if not is_due(tracks, seen, heads, links, radars, slot, t, cfg):
                    continue
                trk = tracks[slot]
                publish(trk, t, t_ns, plot.frame, cfg, rows, clock, work)
                if trk.status == ENDED:
                    end_track(tracks, free, heads, links, clock, slot)
            clock.tick += 1
        if clock.rows + 1 > rows.size or clock.free_n == 0:
            return i
        clock.pending = 0
        rough_place(plot, radars, cfg)
        plot.stretch = 1.0
        turn_s, pd = 5.0, 0.8
        if plot.what == POLAR:
            radar = radars[plot.sensor]
            turn_s, pd = radar.turn_s, radar.pd
            radar.t_last = max(radar.t_last, plot.t)
        slot, verdict = choose_track(tracks, seen, heads, links, radars, plot, turn_s, cfg, work)
        if slot >= 0:
            track_of[i] = tracks[slot].number
        if verdict >= 0:
            drops[verdict] += 1
            continue
        if slot < 0:
            slot = start_track(tracks, seen, free, plot, clock)
        trk = tracks[slot]
        track_of[i] = trk.number
        if plot.mode_s >= 0 and trk.mode_s < 0:
            trk.mode_s = plot.mode_s
            link(heads[ADDRESSES], links[ADDRESSES], bucket_of(plot.mode_s, heads.shape[1]), slot)
        if verdict == START:
            if trk.status == COASTING:
                trk.status = CONFIRMED
            start_state(trk, plot, radars, cfg, work)
        else:
            log_density = update_track(trk, plot, radars, cfg, work)
            credit_hit(trk, plot, pd, log_density, cfg)
        note_source(trk, plot, seen, slot, plot.t)
        hang(tracks, heads, links, slot, trk.t)
        row = publish(trk, trk.t, trk.t_ns, plot.frame, cfg, rows, clock, work)
        judge_class(trk, row)
        row.cls = trk.cls
    return int(plots.size)
