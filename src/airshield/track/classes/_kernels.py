"""What a class of aircraft looks like to a surveillance chain, and the loops that weigh it.

A class is a handful of regimes (cruise, climb, circuit, hover). A regime is a soft box in ground
speed, height above mean sea level, size of the climb rate and size of the horizontal acceleration,
independent of one another within the regime; a class's density is the weighted sum. Box edges are
logistic, and noise of a measurement widens them: a uniform law plus logistic noise has a closed
form, and no figure has a hard end. The densities are laid out as tables when the module is
imported: over the square root of each quantity, fine where it is small.

Figures are of classes, not of types or objects. Their sources:

speeds      ICAO Doc 8168 vol. I, table I-4-1-1 (speeds by aircraft category: 130 kt and less to
            240 kt and more on approach); 14 CFR 91.117 and SERA.6001 (250 kt below 10,000 ft);
            the exercise's own class figures (``airshield.rehearse.kinds``)
birds       Alerstam, Rosen, Backman, Ericson, Hellgren, Flight speeds among bird species, PLoS
            Biology 5(8), 2007: 8 to 23 m/s through the air; Bruderer, Peter, Korner-Nievergelt,
            Vertical distribution of bird migration between the Baltic Sea and the Sahara, Journal
            of Ornithology 159, 2018: most below 1,500 m, some at 4,000 m
balloons    WMO-No. 8, Guide to Instruments and Methods of Observation, vol. I, 12 and 13: sondes
            rise at 5 to 6 m/s to 30 km and more
drones      Delegated Regulation (EU) 2019/945: classes C1 to C3 up to 19 m/s and 120 m; the bigger
            ones up to 60 m/s by the tracker's own requirements
fast low    by definition: 150 to 300 m/s below 1,000 m, whoever it is
helicopters up to 85 m/s level: the fastest in service
transponder Implementing Regulation (EU) 1207/2011, article 5: Mode S on every flight under
            instrument rules, ADS-B above 5.7 t or 250 kt; the other shares are estimates

Where a bound is not in one of these it is an estimate. How often a class flies a regime, and how
common a class is, are estimates too.
"""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from airshield._kernels import lean_kernel
from airshield.track.filters._kernels import BASIS_NONE, KIND_DRONE_ID
from airshield.track.state import FAST, SLOW, TURNING

F8 = NDArray[np.float64]
F4 = NDArray[np.float32]
Record = Any

CLASSES = 8
AIRLINER, LIGHT, JET, FAST_LOW, HELICOPTER, DRONE, BALLOON, BIRD_FLOCK = range(CLASSES)

REGIMES = (
    # class, share of its time; then lowest, highest, softness (one sigma of each edge) of:
    # ground speed [m/s], height above mean sea level [m], climb [m/s], acceleration [m/s2]
    (AIRLINER, 0.40, 190, 285, 12, 8000, 12800, 400, 0, 2, 0.8, 0, 4.5, 0.7),  # cruise
    (AIRLINER, 0.30, 110, 250, 12, 1500, 10500, 500, 3, 15, 2.5, 0, 4.5, 0.7),  # up and down
    (AIRLINER, 0.20, 100, 250, 12, 1200, 9000, 500, 0, 2, 0.8, 0, 4.5, 0.7),  # kept low
    (AIRLINER, 0.10, 62, 120, 6, 50, 2000, 150, 0, 6, 1.5, 0, 4.5, 0.7),  # approach
    (LIGHT, 0.30, 22, 55, 4, 50, 1200, 100, 0, 4, 1.0, 0, 5.0, 0.7),  # circuit, gliders
    (LIGHT, 0.35, 42, 85, 6, 250, 1500, 150, 0, 4, 1.0, 0, 5.0, 0.7),  # cruise by sight
    (LIGHT, 0.25, 42, 85, 6, 1200, 3700, 300, 0, 4, 1.0, 0, 5.0, 0.7),  # higher
    (LIGHT, 0.10, 75, 140, 10, 1500, 7500, 500, 0, 8, 2.0, 0, 5.0, 0.7),  # fast pistons, turboprops
    (JET, 0.45, 140, 300, 15, 800, 13500, 500, 0, 6, 1.5, 0, 6.0, 1.0),  # transit
    (JET, 0.30, 120, 380, 15, 500, 14000, 500, 0, 60, 5.0, 0, 45.0, 2.0),  # manoeuvres
    (JET, 0.12, 150, 300, 15, 50, 1200, 100, 0, 6, 2.0, 0, 25.0, 2.0),  # low level
    (JET, 0.13, 300, 600, 15, 4000, 18000, 500, 0, 12, 3.0, 0, 15.0, 2.0),  # faster than sound
    (FAST_LOW, 1.00, 150, 300, 10, 20, 900, 120, 0, 6, 2.0, 0, 15.0, 2.0),
    (HELICOPTER, 0.20, 0, 15, 3, 0, 900, 100, 0, 4, 1.0, 0, 4.0, 0.7),  # hover
    (HELICOPTER, 0.60, 40, 77, 5, 50, 1500, 150, 0, 4, 1.0, 0, 4.0, 0.7),  # cruise
    (HELICOPTER, 0.20, 12, 60, 5, 50, 3500, 300, 0, 7, 1.5, 0, 4.0, 0.7),  # work, mountains
    (DRONE, 0.35, 0, 20, 2.5, 0, 500, 60, 0, 4, 1.0, 0, 5.0, 1.0),  # rotors
    (DRONE, 0.40, 15, 40, 3, 50, 2500, 200, 0, 4, 1.0, 0, 5.0, 0.7),  # wings
    (DRONE, 0.25, 35, 60, 4, 50, 3500, 300, 0, 4, 1.0, 0, 5.0, 0.7),  # fast wings
    (BALLOON, 0.25, 0, 12, 2.5, 0, 2500, 200, 0, 3, 0.7, 0, 1.0, 0.5),  # hot air
    (BALLOON, 0.45, 0, 45, 6, 100, 12000, 600, 4, 7, 0.6, 0, 1.0, 0.5),  # a sonde rises
    (BALLOON, 0.15, 0, 45, 6, 12000, 30000, 800, 4, 8, 0.8, 0, 1.0, 0.5),
    (BALLOON, 0.15, 0, 45, 6, 12000, 28000, 800, 0, 1, 0.5, 0, 1.0, 0.5),  # one floats
    (BIRD_FLOCK, 0.70, 8, 22, 2, 10, 1200, 150, 0, 2, 0.6, 0, 2.0, 0.7),
    (BIRD_FLOCK, 0.30, 12, 28, 3, 300, 4500, 400, 0, 2, 0.6, 0, 2.0, 0.7),  # with the wind
)
STEADY = (None, None, (0, 1, 0.8), (0, 1, 0.7))
"""What may fly level does so half of its time, and straight likewise, whatever else it can do."""
ANYTHING = (0, 600, 30, 0, 25000, 500, 0, 60, 5, 0, 40, 3)
"""A row that is not what it seems (a bad update, a figure nobody thought of): any class alike."""
ODD_SHARE = 0.02

# Layers: one-sigma of the measurement. One between two is taken for the greater; one beyond the
# last says too little to be used.
SIGMAS_SPD = (2.0, 6.0, 18.0, 50.0)
SIGMAS_ALT = (30.0, 200.0, 700.0, 2500.0)
SIGMAS_CLIMB = (0.4, 1.5, 5.0, 20.0)
SIGMAS_ACC = (1.0,)
# Knots lie at (k / scale) ** 2.
KNOTS_SPD, SCALE_SPD = 80, 3.2
KNOTS_ALT, SCALE_ALT = 96, 0.55
KNOTS_CLIMB, SCALE_CLIMB = 64, 8.0
KNOTS_ACC, SCALE_ACC = 32, 5.0

REACH_S = 150.0
"""A flight shows something new about once in this time, however often it is measured: looks are
weighed by their share of it. Of 30 to 1,000 s what gave honest probabilities on two benchmark
scenes (benchmarks/tracking/classes.py)."""
FORGET_S = 300.0
"""Memory fades with this time constant, likewise chosen."""
MEMORY_MAX = 5.0
"""Nothing that was seen counts for more than this (a logarithm of odds: 150 to 1) against what is
seen next, so a class that lasted an hour is given up within minutes."""

NOT_ASKED, SILENT, MODE_AC, MODE_S, ADSB, REMOTE_ID = range(6)
SILENT_LOOKS = 4
"""Plots without an answer, from radars that ask, before a target counts as silent: a working
transponder is missed once in ten, so four times in a row once in ten thousand."""

COMMON = (0.33, 0.18, 0.09, 0.04, 0.06, 0.12, 0.04, 0.14)
"""How many of what a radar network sees are of each class: an estimate, meant to be mild."""
ANSWERS = (
    # SILENT, MODE_AC, MODE_S, ADSB
    (0.003, 0.010, 0.087, 0.900),  # airliner
    (0.150, 0.150, 0.350, 0.350),  # light
    (0.250, 0.300, 0.400, 0.050),  # jet
    (0.950, 0.024, 0.016, 0.010),  # fast_low
    (0.200, 0.150, 0.400, 0.250),  # helicopter
    (0.970, 0.010, 0.010, 0.010),  # drone
    (0.900, 0.030, 0.020, 0.050),  # balloon
    (0.997, 0.001, 0.001, 0.001),  # bird_flock
)
REMOTE_ID_ODD = 0.002
"""Share of remote identifications that no drone sent. Not to hear one says nothing: few do."""

NAME_P = (0.7, 0.7, 0.7, 0.6, 0.7, 0.6, 0.9, 0.9)
"""From this probability on a class is named. What people are warned of is named sooner, balloons
and birds later: a drone called a bird is the worse mistake."""
KEEP_SHARE = 0.75
"""A name is kept down to this share of what gave it."""

SETTLED_HITS, CLASS_EVERY_S = 4, 2.0  # a track's flight is looked at from then on, so often
SLOW_FROM, SLOW_UPTO = 0.9, 0.6  # probability of a slow class that changes the motion models


def soft_box(x: F8, low: F8, high: F8, sigma: F8) -> F8:
    """Density at ``x`` of the size of (a uniform variable on [low, high] plus logistic noise)."""
    scale = math.sqrt(3.0) / math.pi * sigma

    def signed(at: F8) -> F8:
        rise = np.tanh(0.5 * (at - low) / scale) - np.tanh(0.5 * (at - high) / scale)
        return np.asarray(0.5 * rise / (high - low))

    return signed(x) + signed(-x)


MOST = 4
"""Regimes of a class: with one number for all the innermost loop runs over all classes at once."""
_CLASS_OF = np.array([regime[0] for regime in REGIMES])
_PLACES = np.minimum(
    np.searchsorted(_CLASS_OF, np.arange(CLASSES))[:, None] + np.arange(MOST),
    np.searchsorted(_CLASS_OF, np.arange(CLASSES), side="right")[:, None] - 1,
)


def _table(quantity: int, knots: int, scale: float, sigmas: tuple[float, ...]) -> F4:
    """Densities over the odd row's, by layer, knot, regime and class.

    The last layer, all ones, is that of a quantity that is not known. A class of fewer regimes
    than ``MOST`` has its last one repeated, with no share.
    """
    rows = [regime[2:] for regime in REGIMES] + [ANYTHING]
    low, high, soft = np.array(rows, np.float64)[:, 3 * quantity : 3 * quantity + 3].T
    x = (np.arange(knots) / scale)[:, None] ** 2
    noise = np.array(sigmas)[:, None, None]
    density = soft_box(x, low, high, np.hypot(soft, noise))
    steady = STEADY[quantity]
    if steady is not None:
        steady_low, steady_high, steady_soft = np.array(steady, np.float64)
        level = soft_box(x, steady_low, steady_high, np.hypot(steady_soft, noise))
        density = np.where(low == 0.0, 0.5 * (density + level), density)
    known = density[..., :-1] / density[..., -1:]
    known = np.concatenate([known, np.ones_like(known[:1])])[..., _PLACES.T]
    return np.ascontiguousarray(known, np.float32)


TABLE_SPD = _table(0, KNOTS_SPD, SCALE_SPD, SIGMAS_SPD)
TABLE_ALT = _table(1, KNOTS_ALT, SCALE_ALT, SIGMAS_ALT)
TABLE_CLIMB = _table(2, KNOTS_CLIMB, SCALE_CLIMB, SIGMAS_CLIMB)
TABLE_ACC = _table(3, KNOTS_ACC, SCALE_ACC, SIGMAS_ACC)
SHARES = (1.0 - ODD_SHARE) * np.array([regime[1] for regime in REGIMES])[_PLACES.T]
SHARES[1:][np.diff(_PLACES.T, axis=0) == 0] = 0.0
SHARES = SHARES.astype(np.float32)

_REMOTE = np.where(np.arange(CLASSES) == DRONE, 1.0, REMOTE_ID_ODD)
PRIORS = np.vstack([np.ones(CLASSES), np.array(ANSWERS).T, _REMOTE]) * np.array(COMMON)
"""Weight of each class by what is known of its identity, one row each."""


@lean_kernel
def layer_of(value: float, sigma: float, sigmas: tuple[float, ...]) -> int:
    """First layer that is no sharper than the measurement; the one after the last is no word."""
    if not math.isnan(value):
        for i in range(len(sigmas)):
            if sigma <= sigmas[i]:
                return i
    return len(sigmas)


@lean_kernel
def knot_of(value: float, scale: float, knots: int) -> float:
    """Place of a quantity's size among the knots; the last knot stands for all beyond."""
    if math.isnan(value):
        return 0.0
    return min(math.sqrt(abs(value)) * scale, knots - 1.001)


@lean_kernel
def update_classes(
    logp: F8,
    p: F8,
    spd_mps: float,
    sigma_spd_mps: float,
    alt_msl_m: float,
    sigma_alt_m: float,
    climb_mps: float,
    sigma_climb_mps: float,
    acc_mps2: float,
    dt_s: float,
) -> None:
    """Weigh the classes by one look at a track's motion, in place.

    Parameters
    ----------
    logp : ndarray, shape (8,)
        How well each class explains the motion so far: logarithms up to a constant, in the order
        of ``TRACK_CLASSES[1:]``. All zeros before the first look.
    p : ndarray, shape (8,)
        Room to work in: what ``weigh_classes`` will write into anyhow.
    spd_mps, alt_msl_m, climb_mps, acc_mps2 : float
        Ground speed, height above mean sea level, vertical rate, size of the horizontal
        acceleration. NaN is unknown, and says nothing.
    sigma_spd_mps, sigma_alt_m, sigma_climb_mps : float
        One-sigma of the first three; NaN or too great, and the quantity counts as unknown.
    dt_s : float
        Time since the last look; infinite for the first. Not below zero.
    """
    kept = math.exp(-dt_s / FORGET_S)
    power = 1.0 - math.exp(-dt_s / REACH_S)
    spd = TABLE_SPD[layer_of(spd_mps, sigma_spd_mps, SIGMAS_SPD)]
    at = knot_of(spd_mps, SCALE_SPD, KNOTS_SPD)
    spd_k = int(at)
    spd_f = np.float32(at - spd_k)
    alt = TABLE_ALT[layer_of(alt_msl_m, sigma_alt_m, SIGMAS_ALT)]
    at = knot_of(max(alt_msl_m, 0.0), SCALE_ALT, KNOTS_ALT)
    alt_k = int(at)
    alt_f = np.float32(at - alt_k)
    climb = TABLE_CLIMB[layer_of(climb_mps, sigma_climb_mps, SIGMAS_CLIMB)]
    at = knot_of(climb_mps, SCALE_CLIMB, KNOTS_CLIMB)
    climb_k = int(at)
    climb_f = np.float32(at - climb_k)
    acc = TABLE_ACC[layer_of(acc_mps2, 0.0, SIGMAS_ACC)]
    at = knot_of(acc_mps2, SCALE_ACC, KNOTS_ACC)
    acc_k = int(at)
    acc_f = np.float32(at - acc_k)
    spd_a, spd_b, alt_a, alt_b = spd[spd_k], spd[spd_k + 1], alt[alt_k], alt[alt_k + 1]
    climb_a, climb_b, acc_a, acc_b = climb[climb_k], climb[climb_k + 1], acc[acc_k], acc[acc_k + 1]
    for c in range(CLASSES):
        p[c] = ODD_SHARE
    for r in range(MOST):
        for c in range(CLASSES):
            p[c] += (
                SHARES[r, c]
                * (spd_a[r, c] + spd_f * (spd_b[r, c] - spd_a[r, c]))
                * (alt_a[r, c] + alt_f * (alt_b[r, c] - alt_a[r, c]))
                * (climb_a[r, c] + climb_f * (climb_b[r, c] - climb_a[r, c]))
                * (acc_a[r, c] + acc_f * (acc_b[r, c] - acc_a[r, c]))
            )
    for c in range(CLASSES):
        logp[c] = kept * logp[c] + power * math.log(p[c])
    most = logp[0]
    for c in range(1, CLASSES):
        most = max(most, logp[c])
    for c in range(CLASSES):
        logp[c] = max(logp[c], most - MEMORY_MAX)


@lean_kernel
def identity_of(
    has_mode_s: bool, has_code: bool, has_adsb: bool, has_remote_id: bool, silent_n: int
) -> int:
    """What a target's answers say of its class: a row of ``PRIORS``.

    ``has_code`` is a Mode 3/A code or a Mode C height; ``silent_n`` counts plots of the primary
    channel alone from radars that have a secondary one too.
    """
    if has_remote_id:
        return REMOTE_ID
    if has_adsb:
        return ADSB
    if has_mode_s:
        return MODE_S
    if has_code:
        return MODE_AC
    if silent_n >= SILENT_LOOKS:
        return SILENT
    return NOT_ASKED


@lean_kernel
def weigh_classes(logp: F8, identity: int, p: F8) -> None:
    """Write the class probabilities: how well the motion fits, how usual the class is.

    ``logp`` is ``update_classes``'s, ``identity`` is ``identity_of``'s, ``p`` has shape (8,).
    Identity is weighed here, once, and not at every look: an address does not say more by being
    heard again.
    """
    most = logp[0]
    for c in range(1, CLASSES):
        most = max(most, logp[c])
    total = 0.0
    for c in range(CLASSES):
        p[c] = math.exp(logp[c] - most) * PRIORS[identity, c]
        total += p[c]
    for c in range(CLASSES):
        p[c] /= total


@lean_kernel
def name_class(p: F8, named_before: int) -> int:
    """Return the code into ``TRACK_CLASSES`` of the class to show; 0 is unknown.

    The likeliest class is named from ``NAME_P`` on, and keeps the name down to ``KEEP_SHARE`` of
    that while no other has earned it.
    """
    best = 0
    for c in range(1, CLASSES):
        if p[c] > p[best]:
            best = c
    if p[best] >= NAME_P[best]:
        return best + 1
    if named_before > 0 and p[named_before - 1] >= KEEP_SHARE * NAME_P[named_before - 1]:
        return named_before
    return 0


# --- In a track -----------------------------------------------------------------------------------


@lean_kernel
def judge_class(trk: Record, row: Record, work: Record, cfg: Record) -> None:
    """Weigh what the track may be by how it flies, every two seconds once it is known how."""
    t = trk.t
    if trk.hits >= SETTLED_HITS and t - trk.cls_t >= CLASS_EVERY_S:
        P = work.P
        spd = math.sqrt(row.ve * row.ve + row.vn * row.vn)
        sigma = math.sqrt(0.5 * max(P[2, 2] + P[3, 3], 0.0))
        alt_m, sigma_alt, climb, sigma_climb = math.nan, math.nan, math.nan, math.nan
        if row.basis != BASIS_NONE:
            alt_m, sigma_alt = row.hae_m - cfg.geoid_m, math.sqrt(row.cov[5])
        if row.vu == row.vu:
            climb, sigma_climb = row.vu, math.sqrt(trk.Pz[2])
        bend = abs(trk.x[TURNING, 4]) * spd * trk.w[TURNING]
        update_classes(
            trk.cls_logp, trk.cls_p, spd, sigma, alt_m, sigma_alt, climb, sigma_climb,
            bend if trk.w[TURNING] > 0.5 else math.nan, t - trk.cls_t,
        )  # fmt: skip
        trk.cls_t = t
        identity = identity_of(
            trk.mode_s >= 0,
            trk.mode_3a >= 0 or trk.is_baro == 1,
            trk.t_adsb > -math.inf and trk.accused == 0,
            (trk.kinds >> np.uint64(KIND_DRONE_ID)) & np.uint64(1) != np.uint64(0),
            trk.silent_n,
        )
        weigh_classes(trk.cls_logp, identity, trk.cls_p)
        trk.cls = name_class(trk.cls_p, trk.cls)
        slow = 1.0 - trk.cls_p[AIRLINER] - trk.cls_p[JET] - trk.cls_p[FAST_LOW]
        if slow > SLOW_FROM:
            trk.behaviour = SLOW
        elif slow < SLOW_UPTO:
            trk.behaviour = FAST
    row.cls = trk.cls
    for c in range(CLASSES):
        row.cls_p[c] = trk.cls_p[c] if trk.cls_t > -math.inf else math.nan
