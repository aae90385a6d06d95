"""The tracker's loops: the grid, association, track life, publication.

Records are those of ``state``; the mathematics is in ``filters`` and ``clutter``.
"""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from airshield._kernels import lean_kernel
from airshield.geo._kernels import ecef_of_place_m, place_of_ecef_rad
from airshield.track.classes._kernels import (
    identity_of,
    name_class,
    update_classes,
    weigh_classes,
)
from airshield.track.clutter._kernels import cell_of, density_per_m2, note_false
from airshield.track.filters._kernels import (
    BASIS_BARO,
    BASIS_GEOMETRIC,
    BASIS_NONE,
    BASIS_RANGES,
    HEIGHT_MAX_M,
    HEIGHT_SIGMA_MAX_M,
    KIND_ADSB,
    KIND_MODE_S,
    KIND_PSR,
    KIND_TRACK,
    PLACE,
    POLAR,
    SIN_ELV_MAX,
    STRETCH,
    blend,
    compare,
    ecef_of_track_m,
    foreign_misfit,
    predict_track,
    start_state,
    track_height_m,
    turn_rad,
    update_track,
    usual_height_m,
)
from airshield.track.foreign._kernels import (
    bind_alias,
    find_alias,
    judge_alias,
    release_alias,
)
from airshield.track.registration._kernels import (
    ALARM,
    carry_place,
    correct,
    correction_variance,
    forget,
    note_pair,
    note_reference,
    settle,
    sight,
)
from airshield.track.state import (
    AGILE,
    CELL_RINGS,
    CELL_SECTORS,
    CELLS_NOTED,
    CLASSES,
    FAST,
    LINKS,
    MODELS,
    MOTION_FROM,
    MOTION_UPTO,
    PAST,
    SLOW,
    TURNING,
)
from airshield.track.trust._kernels import (
    cover_cell,
    evidence,
    expected_pd,
    sight_line,
    since_pass_s,
)

F8 = NDArray[np.float64]
I8 = NDArray[np.int64]
Record = Any
Records = Any
Tables = Any

TENTATIVE, CONFIRMED, COASTING, ENDED = 0, 1, 2, 3
DROP_LATE, DROP_AHEAD, DROP_SECOND, DROP_CONTRA, DROP_OWN, DROP_FOREIGN = range(5, 11)
UPDATE, START, REPLACE = -1, -2, -3  # beside the reasons to drop: what to do with a plot
CLS_UNKNOWN = 0
ADSB_NONE, ADSB_UNVERIFIED, ADSB_VERIFIED, ADSB_CONTRADICTED = range(4)

CELL_M = 8000.0
ADDRESSES, GRID = 0, 1
# A height that the ranges of several radars give is published when it is known as well as this.
SIGMA_RANGES_M = 1000.0
NOWHERE = 1 << 40  # the cell of a track that hangs in none
# A link's probability of detection forgets over some five turns and is never certain.
# A young track may take a plot that is likelier clutter: its velocity is not known yet.
YOUNG_LEAST = math.log(0.1)
HOPELESS = 1e-6  # a track that has had its chances and is as unlikely as this ends
DISPLACED_MAX = 4  # plots that may lose their track to a better one in a row
SEVERAL_S = 60.0  # radars that have seen a track within this time see it together
ODDS_YOUNG = 1e9
SURE = 1.0 - 1e-6  # a plot that is trusted as much is trusted fully
LOG_STRETCH = math.log(STRETCH)
FASTEST = 680.0  # [m/s]
VAR_TOLD_HAE_M2 = 30.0 * 30.0  # of a geometric height that ADS-B tells
VAR_ELV = math.radians(0.3) ** 2
CLAIM_MAX_S = 2.5  # a radar's plot is compared with an ADS-B report within this time
CLAIM_ALIVE_S = 10.0
PAIR_MAX_S = 6.0
SETTLE_S = 10.0
# Logarithms of odds: one ADS-B target in a hundred is doubted at first; accused at 1 : 10.
HONEST_AT_FIRST, HONEST_MAX, VOUCHED = 4.6, 15.0, 8.0
ACCUSE, ACQUIT = -2.3, 2.3
ODD_PLACE = -2.0  # its address was seen elsewhere, or it has jumped
BEAM_LAG_S = 3.0  # plots of a beam that passed so long ago have come
KIND_DRONE_ID = 7
SETTLED_HITS, CLASS_EVERY_S = 4, 2.0  # a track's flight is looked at from then on, so often
FIRST_TURNS = 0.7  # in each turn a radar misses one in four of those it has not seen
AIRLINER, JET, FAST_LOW = 0, 2, 3  # places among the class probabilities
SLOW_FROM, SLOW_UPTO = 0.9, 0.6  # probability of a slow class that changes the motion models
AHEAD_LEAST_S, AHEAD_STEPS = 5.0, 30.0
ALONE_S = 30.0
AGREED_S = 1.0  # of event time: no message is that long
SET_BACK_N = 12
CHORD = 0.7  # of a sigma above the guess: what made targets at any height 1 to 11 km honest
RIVAL_N = 4
PD_STEP, PD_MIN, PD_MAX = 0.1, 0.05, 0.98


# --- The address table and the grid ---------------------------------------------------------------
#
# Two hash tables with chains. Row 0 of ``heads`` and ``links`` is the address table, row 1 the
# grid: ``heads[which, bucket]`` is the first slot, ``links[which, slot]`` the next, -1 ends.


@lean_kernel
def bucket_of(value: int, size: int) -> int:
    """Place of a key in a table whose size is a power of two (Fibonacci hashing)."""
    return ((value * 2654435761) >> 7) & (size - 1)


@lean_kernel
def cell_bucket(ix: int, iy: int, iz: int, size: int) -> int:
    """Place of a grid cell in its table."""
    return bucket_of((ix * 73856093) ^ (iy * 19349663) ^ (iz * 83492791), size)


@lean_kernel
def link(heads: I8, links: I8, bucket: int, slot: int) -> None:
    """Put a slot at the head of a chain."""
    links[slot] = heads[bucket]
    heads[bucket] = slot


@lean_kernel
def unlink(heads: I8, links: I8, bucket: int, slot: int) -> None:
    """Take a slot out of its chain."""
    at = heads[bucket]
    if at == slot:
        heads[bucket] = links[slot]
        return
    while links[at] != slot:
        at = links[at]
    links[at] = links[slot]


@lean_kernel
def find_address(tracks: Records, heads: I8, links: I8, address: int) -> int:
    """Slot of the live track with an address, or -1."""
    slot = heads[ADDRESSES, bucket_of(address, heads.shape[1])]
    while slot >= 0 and tracks[slot].mode_s != address:
        slot = links[ADDRESSES, slot]
    return int(slot)


@lean_kernel
def hang(mem: Tables, slot: int, t: float) -> None:
    """Put a track into the grid where it is (expected) at a time, and note how far it may be."""
    trk, heads, links, near = mem.tracks[slot], mem.heads, mem.links, mem.near[slot]
    dt = t - trk.t
    east = 0.0
    north = 0.0
    for m in range(MODELS):
        east += trk.w[m] * (trk.x[m, 0] + dt * trk.x[m, 2])
        north += trk.w[m] * (trk.x[m, 1] + dt * trk.x[m, 3])
    x, y, z = ecef_of_track_m(trk, east, north, track_height_m(trk, t))
    near.g[0], near.g[1], near.g[2] = x, y, z
    near.t = t
    P, v = trk.P[AGILE], trk.x[AGILE]
    dt = abs(dt)
    var_spd = P[2, 2] + P[3, 3]
    var_m2 = P[0, 0] + P[1, 1] + dt * (2.0 * abs(P[0, 2] + P[1, 3]) + 70.0 * dt * dt)
    # Six sigmas, but nobody is faster than twice the speed of sound.
    near.grows_mps = min(6.0 * math.sqrt(var_spd) + math.sqrt(v[2] * v[2] + v[3] * v[3]), FASTEST)
    near.reach_m = 500.0 + 6.0 * math.sqrt(var_m2) + dt * min(6.0 * math.sqrt(var_spd), FASTEST)
    near.has_height = 0 if trk.basis == BASIS_NONE else 1
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


@lean_kernel
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
        hae_m = usual_height_m(plot.rng_m, radar, cfg.geoid_m)
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


@lean_kernel
def is_near(near: Record, plot: Record, radars: Records) -> bool:
    """A cheap test that hardly ever refuses what the gate would take: spares the prediction.

    A radar's plot is compared in the radar's own terms, range and line of azimuth: then it does
    not matter that the plot tells no height.
    """
    reach_m = near.reach_m + abs(plot.t - near.t) * near.grows_mps
    if plot.what == PLACE:
        dx, dy, dz = plot.ecef[0] - near.g[0], plot.ecef[1] - near.g[1], plot.ecef[2] - near.g[2]
        reach_m += 6.0 * plot.sigma_pos_m + HEIGHT_MAX_M + 2.0 * HEIGHT_SIGMA_MAX_M
        return bool(dx * dx + dy * dy + dz * dz <= reach_m * reach_m)
    radar = radars[plot.link]
    reach_m += 6.0 * (plot.sigma_rng_m + plot.rng_m * plot.sigma_azm_rad)
    if near.has_height == 0:
        # Seen from elsewhere 5 km of height more change the range by so much.
        reach_m += min(5e3 * 1e4 / plot.rng_m, 5e3)
    A = radar.A
    dx, dy, dz = near.g[0] - radar.ecef[0], near.g[1] - radar.ecef[1], near.g[2] - radar.ecef[2]
    rng_m = math.sqrt(dx * dx + dy * dy + dz * dz)
    if abs(rng_m - plot.rng_m) > reach_m:
        return False
    east = A[0, 0] * dx + A[0, 1] * dy + A[0, 2] * dz
    north = A[1, 0] * dx + A[1, 1] * dy + A[1, 2] * dz
    sin_azm, cos_azm = math.sin(plot.azm_rad), math.cos(plot.azm_rad)
    return bool(
        abs(east * cos_azm - north * sin_azm) <= reach_m
        and east * sin_azm + north * cos_azm >= -reach_m
    )


@lean_kernel
def may_fit(trk: Record, near: Record, plot: Record, radars: Records, cfg: Record) -> bool:
    """Tell whether a plot may lie within a track's gate, by either coordinate alone.

    A squared normalised distance is at least that of each coordinate by itself. The widest
    model's variance is taken, half as much again; what is left out is the rate of turn.
    """
    if plot.what == PLACE:
        return True
    P, A, D = trk.P[AGILE], trk.A, radars[plot.link].A
    ecef = radars[plot.link].ecef
    dt = abs(plot.t - trk.t)
    noise = cfg.q[trk.behaviour, AGILE] * dt * dt * dt / 3.0
    ee = P[0, 0] + dt * (2.0 * P[0, 2] + dt * P[2, 2]) + noise
    en = P[0, 1] + dt * (P[0, 3] + P[1, 2] + dt * P[2, 3])
    nn = P[1, 1] + dt * (2.0 * P[1, 3] + dt * P[3, 3]) + noise
    dx, dy, dz = near.g[0] - ecef[0], near.g[1] - ecef[1], near.g[2] - ecef[2]
    rng_m = math.sqrt(dx * dx + dy * dy + dz * dz)
    sin_azm, cos_azm = math.sin(plot.azm_rad), math.cos(plot.azm_rad)
    # The directions along and across, in Earth-centred axes, then in the track's.
    off = abs(plot.t - near.t) * math.sqrt(
        trk.x[AGILE, 2] * trk.x[AGILE, 2] + trk.x[AGILE, 3] * trk.x[AGILE, 3]
    )
    height_m = min(5e3 * 1e4 / plot.rng_m, 5e3) if near.has_height == 0 else 500.0
    slack_m = off + height_m
    ue = (A[0, 0] * dx + A[0, 1] * dy + A[0, 2] * dz) / rng_m
    un = (A[1, 0] * dx + A[1, 1] * dy + A[1, 2] * dz) / rng_m
    along_m = max(abs(plot.rng_m - rng_m) - slack_m, 0.0)
    var_m2 = ue * ue * ee + 2.0 * ue * un * en + un * un * nn
    stretch = 10.0 if plot.mode_3a >= 0 else 1.0  # an outlier's, where a code may name the owner
    spread = stretch * plot.sigma_rng_m
    if along_m * along_m > 1.5 * cfg.gate * (var_m2 + spread * spread):
        return False
    cross_m = (D[0, 0] * dx + D[0, 1] * dy + D[0, 2] * dz) * cos_azm - (
        D[1, 0] * dx + D[1, 1] * dy + D[1, 2] * dz
    ) * sin_azm
    cross_m = max(abs(cross_m) - slack_m, 0.0)
    var_m2 = un * un * ee - 2.0 * ue * un * en + ue * ue * nn
    spread = stretch * plot.rng_m * plot.sigma_azm_rad
    return bool(cross_m * cross_m <= 1.5 * cfg.gate * (var_m2 + spread * spread))


@lean_kernel
def compare_twice(
    trk: Record, plot: Record, radars: Records, gate: float, cfg: Record, work: Record
) -> tuple[float, float]:
    """Compare a plot whose owner is known by name or code: once plainly, once as an outlier.

    One plot in a hundred has ten times the usual noise (a bearing bent by a hillside or by a
    wing): the contaminated normal of Tukey, 1960. ``plot.stretch`` tells the update which it was.
    """
    plot.stretch = 1.0
    d2, log_density = compare(trk, plot, 1.0, radars, cfg, work)
    if d2 > gate:
        plot.stretch = STRETCH
        d2, log_density = compare(trk, plot, 1.0, radars, cfg, work)
        log_density -= LOG_STRETCH
    return d2, log_density


@lean_kernel
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
        d2, plot.log_density = compare_twice(trk, plot, radars, cfg.gate, cfg, work)
    else:
        d2, plot.log_density = compare(trk, plot, 1.0, radars, cfg, work)
    if not d2 <= cfg.gate:
        return math.inf
    cost = -2.0 * plot.log_density
    if trk.hits == 1 and plot.t > trk.t:
        # With no velocity yet the ellipse is all dt². Among parked aircraft the one next to come
        # under the beam would have the smallest and take its neighbour's plot, all round.
        cost -= 4.0 * math.log((plot.t - trk.t) / turn_s)
    if trk.is_baro == 1 and not math.isnan(plot.baro_m):
        dt = plot.t - trk.tz
        miss = plot.baro_m - (trk.z + dt * trk.vz)
        var_m2 = 1000.0 + trk.Pz[0] + 2.0 * dt * trk.Pz[1] + dt * dt * (trk.Pz[2] + 4.0)
        dz2 = miss * miss / var_m2
        # Beyond four sigma it is another aircraft; with the same code it climbs, or is garbled.
        if dz2 > 16.0:
            if not same_code:
                return math.inf
            dz2 = 16.0
        cost += dz2 + math.log(var_m2)
    if plot.mode_3a >= 0 and trk.mode_3a >= 0:
        if same_code:
            cost -= 2.0 * math.log(4096.0)  # codes are drawn from 4096
        else:
            # A crew may change its code, but not between two plots of a code that is alive.
            if plot.t - trk.t_code < 1.5 * turn_s:
                return math.inf
            cost += 2.0 * math.log(4096.0)
    return float(cost)


@lean_kernel
def is_stranger(trk: Record, plot: Record, turn_s: float) -> bool:
    """Tell whether a plot's radar has not seen a track for three turns, or ever."""
    j = link_of(trk, plot.link)
    return bool(plot.what == POLAR and (j < 0 or plot.t - trk.t_plot[j] > 3.0 * turn_s))


@lean_kernel
def note_rival(mem: Tables, slot: int, work: Record) -> bool:
    """Tell whether a track is another's double and is to end.

    Of a high target that tells no height, the places that two radars give lie kilometres apart at
    first, and each begins a track of its own. When one has learnt the height, it fits the plots of
    the other's radar too, which never come to it: four times in a row settle it.
    """
    trk = mem.tracks[slot]
    nameless = trk.mode_s < 0 and trk.mode_3a < 0
    if work.rival < 0 or trk.several == 1 or not nameless:
        trk.rival_n = 0
        return False
    number = mem.tracks[work.rival].number
    trk.rival_n = trk.rival_n + 1 if trk.rival == number else 1
    trk.rival = number
    return bool(trk.rival_n >= RIVAL_N)


@lean_kernel
def is_split(old: Record, plot: Record) -> bool:
    """Tell whether two plots of one turn are one echo split in two, not two targets.

    They lie within what the noise of either explains, three sigmas.
    """
    along = (plot.rng_m - old.rng_m) / plot.sigma_rng_m
    turned = math.sin(plot.azm_rad - old.azm_rad)  # both are within a gate, hence small
    across = turned / plot.sigma_azm_rad
    return bool(along * along + across * across <= 2.0 * 9.0)


@lean_kernel
def find_fit(
    mem: Tables, plot: Record, turn_s: float, cfg: Record, work: Record
) -> tuple[int, int]:
    """Find the track that a plot without (or with a new) address fits best, and what to do there.

    The best track still open in this scan, confirmed ones before tentative, is updated. Else a
    track that has had its plot of this scan from a worse one changes over to this, and the other
    looks for a place again: one by one, the plots of a scan find the best assignment without
    waiting for its end. Else a track that fits but keeps its plot: this one is its second. Ties
    go to the older track, so the order in the grid does not matter.
    """
    tracks, radars, heads = mem.tracks, mem.radars, mem.heads
    # A plot with an address of its own can only be that of a track without one.
    only_nameless = plot.mode_s >= 0
    best, best_cost, best_stretch, best_fit = -1, math.inf, 1.0, 0.0
    log_clutter, log_pd = (
        math.log(clutter_per_m2(mem, plot, 0.0, cfg)),
        math.log(radars[plot.link].pd),
    )
    taken, taken_cost = -1, math.inf
    swap, best_gain, swap_cost, swap_stretch, swap_fit = -1, 1e-6, math.inf, 1.0, 0.0
    rival, rival_cost = -1, math.inf
    ix = math.floor(plot.ecef[0] / CELL_M)
    iy = math.floor(plot.ecef[1] / CELL_M)
    iz = math.floor(plot.ecef[2] / CELL_M)
    for sure in (True, False):
        for k in range(27):
            kx, ky, kz = ix + k // 9 - 1, iy + (k // 3) % 3 - 1, iz + k % 3 - 1
            slot = heads[GRID, cell_bucket(kx, ky, kz, heads.shape[1])]
            while slot >= 0:
                near = mem.near[slot]
                # Chains of different cells may share a bucket.
                here = (
                    math.floor(near.g[0] / CELL_M) == kx
                    and math.floor(near.g[1] / CELL_M) == ky
                    and math.floor(near.g[2] / CELL_M) == kz
                )
                trk = tracks[slot]
                if (
                    here
                    and is_near(near, plot, radars)
                    and (trk.status != TENTATIVE) == sure
                    and not (only_nameless and trk.mode_s >= 0)
                ):
                    had = plot.what == POLAR and had_plot(trk, plot, 0.5 * turn_s)
                    if not had and not may_fit(trk, near, plot, radars, cfg):
                        slot = mem.links[GRID, slot]
                        continue
                    before = find_past(mem, slot, plot, 0.5 * turn_s) if had else -1
                    if before >= 0:
                        trk = as_before(mem, slot, before)
                    cost = gate_cost(trk, plot, radars, turn_s, cfg, work)
                    work.slot = slot if before < 0 else -1
                    least = 0.0 if sure else YOUNG_LEAST
                    if plot.log_density + log_pd - log_clutter < least:
                        cost = math.inf  # more likely clutter than this track's
                    if had:
                        if before >= 0:
                            gain = mem.past_plots[slot * PAST + before].cost - cost
                            if gain > best_gain:
                                swap, best_gain = slot, gain
                                swap_stretch, swap_fit = plot.stretch, plot.log_density
                                swap_cost = cost
                        if cost < taken_cost and (
                            before < 0 or is_split(mem.past_plots[slot * PAST + before], plot)
                        ):
                            taken, taken_cost = slot, cost
                    elif cost < rival_cost and sure and is_stranger(trk, plot, turn_s):
                        # It fits, and this radar never gives it a plot.
                        rival, rival_cost = slot, cost
                    if not had and (
                        cost < best_cost
                        or (
                            cost < math.inf
                            and cost == best_cost
                            and trk.number < tracks[best].number
                        )
                    ):
                        best, best_cost = slot, cost
                        best_stretch, best_fit = plot.stretch, plot.log_density
                slot = mem.links[GRID, slot]
        if best >= 0 or swap >= 0 or taken >= 0:
            break
    work.rival = rival if best >= 0 and rival != best else -1
    if best < 0 and swap >= 0:
        plot.stretch, plot.log_density, plot.cost = swap_stretch, swap_fit, swap_cost
        return swap, REPLACE
    plot.stretch, plot.log_density, plot.cost = best_stretch, best_fit, best_cost
    if best >= 0:
        return best, UPDATE
    return taken, DROP_SECOND


# --- Going back -----------------------------------------------------------------------------------
#
# Before each update the motion of a track is put into a ring, with the plot that follows. So a plot
# that comes late finds the state of its own time, and the later ones are taken again after it.


@lean_kernel
def push_past(mem: Tables, slot: int, plot: Record) -> None:
    """Remember a track's motion as it is, before a plot."""
    trk = mem.tracks[slot]
    k = trk.past_at
    for j in range(MOTION_UPTO - MOTION_FROM):
        mem.past[slot, k, j] = mem.flat[slot, MOTION_FROM + j]
    mem.past_t[slot, k] = trk.t
    mem.past_plots[slot * PAST + k] = plot
    trk.past_at = (k + 1) % PAST
    trk.past_n = min(trk.past_n + 1, PAST)


@lean_kernel
def find_past(mem: Tables, slot: int, plot: Record, span_s: float) -> int:
    """Place in the ring of the update by the same radar within a span of a plot's time, or -1."""
    trk = mem.tracks[slot]
    for back in range(1, trk.past_n + 1):
        k = (trk.past_at - back) % PAST
        old = mem.past_plots[slot * PAST + k]
        if old.link == plot.link and abs(old.t - plot.t) < span_s:
            return int(k)
    return -1


@lean_kernel
def has_heard(mem: Tables, slot: int, plot: Record) -> bool:
    """Tell whether a message has been heard before, by another station: of the same instant."""
    trk = mem.tracks[slot]
    if plot.t == trk.t_adsb:
        return True
    for back in range(1, trk.past_n + 1):
        old = mem.past_plots[slot * PAST + (trk.past_at - back) % PAST]
        if old.kind == plot.kind and old.t == plot.t:
            return True
    return False


@lean_kernel
def is_repeated(mem: Tables, slot: int, plot: Record) -> bool:
    """Tell whether a track has had exactly this plot: a message that came twice is no clutter."""
    trk = mem.tracks[slot]
    j = link_of(trk, plot.link)
    return bool(j >= 0 and trk.t_plot[j] == plot.t)


@lean_kernel
def as_before(mem: Tables, slot: int, k: int) -> Record:
    """A copy of a track as it was before an update of the ring."""
    mem.scratch[0] = mem.tracks[slot]
    for j in range(MOTION_UPTO - MOTION_FROM):
        mem.scratch_flat[MOTION_FROM + j] = mem.past[slot, k, j]
    return mem.scratch[0]


@lean_kernel
def take_in_time(
    mem: Tables, slot: int, plot: Record, leave_out: int, cfg: Record, work: Record
) -> None:
    """Update a track with a plot at the plot's own time, without the ring's ``leave_out`` (or -1).

    Goes back to before the plot's time (and before the one to be left out) and takes the later
    plots again. A plot older than the ring is fused with the state of now.
    """
    trk = mem.tracks[slot]
    back = 0
    if leave_out >= 0 or plot.t < trk.t:
        for b in range(1, trk.past_n + 1):
            k = (trk.past_at - b) % PAST
            if mem.past_t[slot, k] <= plot.t and (leave_out < 0 or is_within(trk, leave_out, b)):
                back = b
                break
        if back == 0 and leave_out >= 0:
            back = (trk.past_at - 1 - leave_out) % PAST + 1
    if back == 0:
        ready = work.slot == slot and plot.trust > SURE
        if ready:
            plot.trust = 1.0
        push_past(mem, slot, plot)
        update_track(trk, plot, ready, mem.radars, cfg, work)
        return
    again = 0
    taken = False
    for b in range(back, 0, -1):
        k = (trk.past_at - b) % PAST
        old = mem.past_plots[slot * PAST + k]
        if not taken and plot.t <= old.t:
            mem.replay[again] = plot
            again += 1
            taken = True
        if k != leave_out:
            mem.replay[again] = old
            again += 1
    if not taken:
        mem.replay[again] = plot
        again += 1
    k = (trk.past_at - back) % PAST
    for j in range(MOTION_UPTO - MOTION_FROM):
        mem.flat[slot, MOTION_FROM + j] = mem.past[slot, k, j]
    trk.past_at = k
    trk.past_n -= back
    for i in range(again):
        push_past(mem, slot, mem.replay[i])
        update_track(trk, mem.replay[i], False, mem.radars, cfg, work)


@lean_kernel
def is_within(trk: Record, k: int, back: int) -> bool:
    """Tell whether place k of the ring is among the last ``back`` updates."""
    return bool((trk.past_at - 1 - k) % PAST < back)


# --- Publication ----------------------------------------------------------------------------------


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


# --- Life -----------------------------------------------------------------------------------------


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


@lean_kernel
def link_of(trk: Record, who: int) -> int:
    """Place of a radar among those that have seen a track, or -1."""
    for j in range(LINKS):
        if trk.link[j] == who:
            return j
    return -1


@lean_kernel
def had_plot(trk: Record, plot: Record, span_s: float) -> bool:
    """Tell whether the plot's radar has given the track a plot within a span of time already."""
    j = link_of(trk, plot.link)
    return bool(j >= 0 and abs(plot.t - trk.t_plot[j]) < span_s)


@lean_kernel
def note_link(trk: Record, plot: Record, radars: Records) -> None:
    """Remember that a source has seen a track; returns how reliably it has done so before."""
    t, who = plot.t, plot.link
    j = link_of(trk, who)
    if j < 0:
        j = 0
        for k in range(LINKS):
            if trk.link[k] < 0:
                j = k
                break
            if trk.t_plot[k] < trk.t_plot[j]:
                j = k
        trk.link[j] = who
        trk.t_plot[j] = -math.inf
        trk.t_pass[j] = -math.inf
        trk.pd[j] = 0.9 * radars[who].pd
    if trk.several == 0 and plot.what == POLAR:
        for k in range(LINKS):
            radar = radars[max(trk.link[k], 0)]
            other = k != j and trk.link[k] >= 0 and radar.rng_max_m < math.inf
            if other and t - trk.t_plot[k] < SEVERAL_S:
                trk.several = 1
    trk.pd[j] = min(trk.pd[j] + PD_STEP * (1.0 - trk.pd[j]), PD_MAX)
    trk.t_plot[j] = max(trk.t_plot[j], t)
    trk.t_pass[j] = max(trk.t_pass[j], t)


@lean_kernel
def note_claim(trk: Record, plot: Record) -> None:
    """Keep an ADS-B report, to hold radars and aircraft against each other."""
    hae_m, var = plot.hae_m, VAR_TOLD_HAE_M2
    if math.isnan(hae_m) and trk.basis != BASIS_NONE:
        hae_m = track_height_m(trk, plot.t)
        var = trk.ph + trk.Pz[0]
    if trk.claimed_t == math.inf:
        trk.claimed_t = plot.t
    if plot.t <= trk.told_t or math.isnan(hae_m) or math.isnan(plot.ve) or math.isnan(plot.vn):
        return
    trk.told_t = plot.t
    trk.told_lat_rad, trk.told_lon_rad, trk.told_hae_m = plot.lat_rad, plot.lon_rad, hae_m
    trk.told_v[0], trk.told_v[1] = plot.ve, plot.vn
    trk.told_v[2] = 0.0 if math.isnan(plot.vu) else plot.vu
    trk.told_var_m2 = plot.sigma_pos_m * plot.sigma_pos_m
    trk.told_var_hae_m2 = var


@lean_kernel
def judge_claim(trk: Record, change: float) -> None:
    """Add evidence to the odds that a track's ADS-B is true, and accuse or acquit it.

    From some 1000 : 1 that there is nothing down to 1 : 10: two plots that every radar around gives
    and that did not come, or three that most would. An acquittal takes as much again.
    """
    trk.honest = min(max(trk.honest + change, -HONEST_MAX), HONEST_MAX)
    if trk.honest < ACCUSE:
        trk.accused = 1
    elif trk.honest > ACQUIT:
        trk.accused = 0


@lean_kernel
def check_claim(mem: Tables, slot: int, t: float, cfg: Record) -> None:
    """Hold a track's ADS-B against the beams that have passed it within the last second."""
    trk, g = mem.tracks[slot], mem.near[slot].g
    then = t - BEAM_LAG_S
    is_sure = trk.honest > VOUCHED and trk.accused == 0
    for r in range(mem.cover.shape[0]):
        radar = mem.radars[r]
        if then - radar.t_last > radar.turn_s or not radar.t_first < then - radar.turn_s:
            continue
        dx, dy, dz = g[0] - radar.ecef[0], g[1] - radar.ecef[1], g[2] - radar.ecef[2]
        d2 = dx * dx + dy * dy + dz * dz
        # The claim is some seconds and metres old, and the edge is no wall.
        if d2 > 0.95 * radar.rng_max_m * radar.rng_max_m or d2 < 4.0 * radar.rng_min_m**2:
            continue
        _, azm_rad, elv_rad = sight_line(radar, g, cfg.geoid_m)
        since_s = since_pass_s(azm_rad, radar.beam_rad, radar.beam_t, radar.turn_s, then)
        if since_s >= 1.0 or then - since_s < trk.claimed_t:
            continue
        cell = cover_cell(azm_rad, elv_rad, mem.cover_edges)
        if cell < 0:
            continue
        j = link_of(trk, r)
        is_hit = j >= 0 and abs(trk.t_plot[j] - (then - since_s)) < 0.25 * radar.turn_s
        judge_claim(trk, evidence(expected_pd(mem.cover[r], cell), is_hit))
        if is_sure:
            mem.cover[r, cell, 1] += 1.0
            if is_hit:
                mem.cover[r, cell, 0] += 1.0


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
def note_source(trk: Record, plot: Record, radars: Records) -> None:
    """Remember who contributed what and when."""
    t = plot.t
    note_link(trk, plot, radars)
    trk.t_hit = max(trk.t_hit, t)
    trk.sensors |= np.uint64(1) << np.uint64(min(plot.sensor, 63))
    trk.kinds |= np.uint64(1) << np.uint64(plot.kind)
    if plot.mode_3a >= 0:
        trk.mode_3a = plot.mode_3a
        trk.t_code = t
    if plot.callsign != 0:
        trk.callsign = plot.callsign
    if plot.kind == KIND_PSR and plot.what == POLAR and radars[plot.link].asks == 1:
        trk.silent_n += 1
    if plot.kind <= KIND_MODE_S:
        trk.t_radar = max(trk.t_radar, t)
    if plot.kind == KIND_ADSB:
        trk.t_adsb = max(trk.t_adsb, t)
        note_claim(trk, plot)
    named = (plot.mode_s >= 0 and plot.mode_s == trk.mode_s) or (
        plot.mode_3a >= 0 and plot.mode_3a == trk.mode_3a
    )
    # An echo alone may be clutter: it vouches for nobody.
    if plot.kind <= KIND_MODE_S and named and t - trk.t_adsb < 15.0:
        trk.t_agree = t


@lean_kernel
def own_echoes(trk: Record, who: int, cell: int) -> float:
    """How many of the echoes counted in a cell are a young track's own."""
    own = 0.0
    for k in range(trk.noted_n):
        if trk.noted[k] == cell and trk.noted_radar[k] == who:
            own += 1.0
    return own


@lean_kernel
def clutter_per_m2(mem: Tables, plot: Record, own: float, cfg: Record) -> float:
    """False plots per square metre and scan where a plot is, ``own`` echoes left out."""
    if plot.cell < 0:
        return float(cfg.clutter[plot.kind])
    radar = mem.radars[plot.link]
    return density_per_m2(
        mem.cells[plot.link],
        mem.rings[plot.link],
        plot.cell,
        CELL_SECTORS,
        radar.cell_m,
        (plot.t - radar.t_first) / radar.turn_s,
        radar.rng_max_m,
        own,
    )


@lean_kernel
def note_clutter(mem: Tables, who: int, cell: int, t: float, count: float) -> None:
    """Count false plots in a radar's clutter map."""
    radar = mem.radars[who]
    turn = (t - radar.t_first) / radar.turn_s
    note_false(mem.cells[who], mem.rings[who], cell, CELL_SECTORS, turn, count)


@lean_kernel
def note_echo(mem: Tables, trk: Record, plot: Record, count: float) -> None:
    """Count an echo as clutter as far as it is none of the track's.

    A young track remembers which echoes are its own: they do not speak against it, and are taken
    off the map when it is confirmed.
    """
    if plot.cell < 0:
        return
    note_clutter(mem, plot.link, plot.cell, plot.t, count)
    if trk.status == TENTATIVE and count > 0.5 and trk.noted_n < CELLS_NOTED:
        trk.noted[trk.noted_n] = plot.cell
        trk.noted_radar[trk.noted_n] = plot.link
        trk.noted_n += 1


@lean_kernel
def confirm(mem: Tables, trk: Record, t: float) -> None:
    """Make a young track a sure one; its echoes were no clutter."""
    trk.status = CONFIRMED
    for k in range(trk.noted_n):
        note_clutter(mem, trk.noted_radar[k], trk.noted[k], t, -1.0)
    trk.noted_n = 0


@lean_kernel
def start_track(mem: Tables, plot: Record, clock: Record, cfg: Record) -> int:
    """Take a free slot for a tentative track, its state yet to be started; returns the slot."""
    clock.free_n -= 1
    slot = mem.free[clock.free_n]
    clock.top = max(clock.top, slot + 1)
    clock.live += 1
    trk = mem.tracks[slot]
    trk.number = clock.next_number
    clock.next_number += 1
    trk.status = TENTATIVE
    trk.hits = 1
    # An address checked by parity is hardly ever noise, a code seldom; a lone echo mostly is.
    trk.existence = 0.9 if plot.mode_s >= 0 else 0.5
    if plot.kind == KIND_PSR:
        # A radar that has just begun to turn finds everybody new who is there.
        radar = mem.radars[plot.link]
        turns = (plot.t - radar.t_first) / radar.turn_s
        births = cfg.births + cfg.births_first * math.exp(-turns / FIRST_TURNS)
        trk.existence = births / (births + clutter_per_m2(mem, plot, 0.0, cfg))
    trk.mode_s = -1
    trk.mode_3a = -1
    trk.t_code = -math.inf
    trk.callsign = 0
    trk.sensors = 0
    trk.kinds = 0
    trk.cls = CLS_UNKNOWN
    trk.behaviour = FAST
    trk.cls_t = -math.inf
    trk.silent_n = 0
    for c in range(CLASSES):
        trk.cls_logp[c] = 0.0
        trk.cls_p[c] = 0.0
    trk.t_hit = -math.inf
    trk.t_radar = -math.inf
    trk.t_adsb = -math.inf
    trk.t_agree = -math.inf
    trk.t_row = -math.inf
    trk.contra_n = 0
    trk.noted_n = 0
    trk.several = 0
    trk.rival = 0
    trk.rival_n = 0
    trk.told_t = -math.inf
    trk.claimed_t = math.inf
    trk.honest = HONEST_AT_FIRST
    trk.accused = 0
    trk.pair_link = -1
    trk.pair_last_t = -math.inf
    trk.past_n = 0
    trk.past_at = 0
    trk.cell[0] = NOWHERE
    for j in range(LINKS):
        trk.link[j] = -1
    return int(slot)


@lean_kernel
def end_track(mem: Tables, clock: Record, slot: int) -> None:
    """Free a slot. The track's number is never used again."""
    trk = mem.tracks[slot]
    size = mem.heads.shape[1]
    cell = trk.cell
    bucket = cell_bucket(cell[0], cell[1], cell[2], size)
    unlink(mem.heads[GRID], mem.links[GRID], bucket, slot)
    if trk.mode_s >= 0:
        unlink(mem.heads[ADDRESSES], mem.links[ADDRESSES], bucket_of(trk.mode_s, size), slot)
    trk.number = 0
    mem.free[clock.free_n] = slot
    clock.free_n += 1
    clock.live -= 1


@lean_kernel
def weigh(mem: Tables, trk: Record, plot: Record, pd: float, is_new: bool, cfg: Record) -> None:
    """Judge a plot that fits: how far is it the target's, and what does it say of the track?

    Raises the existence (IPDA with one plot in the gate: Musicki, Evans and Stankovic, IEEE
    T-AC 39(6), 1994), confirms when it is due, and counts the rest of an echo as clutter. A plot
    that replaces another of its scan is not ``is_new``: the track has had its credit.
    """
    clutter = clutter_per_m2(mem, plot, own_echoes(trk, plot.link, plot.cell), cfg)
    likely = pd * math.exp(plot.log_density) / clutter
    plot.trust = likely / (1.0 + likely)
    if not is_new:
        return
    trk.hits += 1
    odds = trk.existence / (1.0 - trk.existence) * (1.0 - pd + likely)
    # A sure track must be able to lose its standing, one of a few echoes soon.
    named = trk.mode_s >= 0 or trk.mode_3a >= 0
    most = cfg.odds_max if named else min(cfg.odds_max, cfg.odds_hit * trk.hits)
    odds = min(odds, most if trk.status != TENTATIVE else ODDS_YOUNG)
    trk.existence = odds / (1.0 + odds)
    if trk.status == COASTING:
        trk.status = CONFIRMED
    elif trk.status == TENTATIVE and (
        trk.existence > cfg.confirm or (trk.mode_s >= 0 and trk.hits >= 2)
    ):
        confirm(mem, trk, plot.t)
    note_echo(mem, trk, plot, 1.0 - trk.existence * plot.trust)


@lean_kernel
def debit_misses(trk: Record, g: F8, radars: Records, t: float, cfg: Record) -> float:
    """Lower the existence for every beam that passed without a plot; returns the least interval.

    Only sources vote that have seen this track before: whether another could see it past the
    terrain is not known here. A radar that has fallen silent itself, or whose range the track has
    left, does not vote.
    """
    gap, slowest = math.inf, 0.0
    for j in range(LINKS):
        if trk.link[j] < 0:
            continue
        radar = radars[trk.link[j]]
        turn_s = radar.turn_s
        slowest = max(slowest, turn_s)
        within = True
        if radar.rng_max_m < math.inf:
            dx, dy, dz = g[0] - radar.ecef[0], g[1] - radar.ecef[1], g[2] - radar.ecef[2]
            rng_m = math.sqrt(dx * dx + dy * dy + dz * dz)
            within = radar.rng_min_m <= rng_m <= radar.rng_max_m
        # A target's bearing changes between turns, so a quarter turn of grace.
        while t - trk.t_pass[j] - cfg.lag_s >= 1.25 * turn_s:
            trk.t_pass[j] += turn_s
            # Who has said nothing at all since is silent himself.
            if within and radar.t_last >= trk.t_pass[j]:
                pd = trk.pd[j]
                # Fades last longer than a turn: after one miss the next says less.
                missed = round((trk.t_pass[j] - trk.t_plot[j]) / turn_s)
                miss = 1.0 - min(pd, cfg.pd_max)
                if missed == 2:
                    miss = max(miss, cfg.fade[0])
                elif missed > 2:
                    miss = max(miss, cfg.fade[1])
                trk.existence *= miss / (1.0 - trk.existence * (1.0 - miss))
                trk.pd[j] = max(pd - PD_STEP * pd, PD_MIN)
        if within and trk.pd[j] > 0.3 and t - radar.t_last < 3.0 * turn_s:
            gap = min(gap, turn_s)
    return gap if gap < math.inf else max(slowest, 5.0)


@lean_kernel
def is_due(mem: Tables, slot: int, t: float, cfg: Record) -> bool:
    """Look at a live track once a second: is it missed, is it gone, is that due for publication?"""
    trk = mem.tracks[slot]
    hang(mem, slot, t)
    if t - trk.t_adsb < CLAIM_ALIVE_S and (trk.honest < VOUCHED or (int(t) + slot) % 4 == 0):
        check_claim(mem, slot, t, cfg)
    gap = debit_misses(trk, mem.near[slot].g, mem.radars, t, cfg)
    silent_s = t - trk.t_hit - cfg.lag_s
    if trk.status == TENTATIVE:
        hopeless = trk.hits > CELLS_NOTED and trk.existence < HOPELESS
        if hopeless or silent_s >= (2.25 if trk.hits == 1 else 3.25) * gap:
            trk.status = ENDED
            return True
        return False
    if trk.existence < cfg.give_up or silent_s >= (cfg.misses_end + 0.25) * gap:
        trk.status = ENDED
        return True
    if trk.status == CONFIRMED and silent_s >= 1.25 * gap:
        trk.status = COASTING
        return True
    # What has most likely gone is waited for, but not shown anew where it would be by now.
    return bool(t - trk.t_row >= cfg.publish_s and trk.existence >= cfg.told_from)


@lean_kernel
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


@lean_kernel
def choose_track(
    mem: Tables, plot: Record, turn_s: float, cfg: Record, work: Record
) -> tuple[int, int]:
    """Decide whose plot this is: the slot of the track, or -1, and what to do with it."""
    tracks = mem.tracks
    slot = find_address(tracks, mem.heads, mem.links, plot.mode_s) if plot.mode_s >= 0 else -1
    if slot < 0:
        slot, verdict = find_fit(mem, plot, turn_s, cfg, work)
        if slot >= 0 and not (verdict == DROP_SECOND and plot.mode_s >= 0):
            return slot, verdict
        return -1, START
    trk = tracks[slot]
    if plot.what == POLAR and had_plot(trk, plot, 0.4 * turn_s):
        return slot, DROP_SECOND
    if plot.kind == KIND_ADSB and has_heard(mem, slot, plot):
        return slot, DROP_SECOND
    d2, plot.log_density = compare_twice(trk, plot, mem.radars, cfg.gate_address, cfg, work)
    work.slot = slot
    if d2 <= cfg.gate_address:
        trk.contra_n = 0
        plot.cost = -math.inf  # nobody displaces who comes under its own name
        return slot, UPDATE
    plot.stretch = 1.0
    if trk.t_adsb > plot.t - CLAIM_ALIVE_S and plot.kind <= KIND_ADSB:
        judge_claim(trk, ODD_PLACE)
    if note_contradiction(trk, plot) and plot.t >= trk.t:
        trk.contra_n = 0
        return slot, START
    return -1, DROP_CONTRA


@lean_kernel
def assign(
    mem: Tables,
    plot: Record,
    frame: int,
    clock: Record,
    cfg: Record,
    rows: Records,
    work: Record,
) -> tuple[int, int]:
    """Find a plot's track, or start one, and update and publish it.

    Returns the slot, or -1, and what was done; after ``REPLACE`` the plot that had to go is the
    second of ``mem.moved``.
    """
    radars = mem.radars
    radar = radars[plot.link]
    work.slot, work.rival = -1, -1
    if plot.kind == KIND_TRACK:
        slot, verdict = choose_foreign(mem, plot, cfg, work)
        work.slot = -1
    else:
        slot, verdict = choose_track(mem, plot, radar.turn_s, cfg, work)
    if slot >= 0:
        work.number = mem.tracks[slot].number
    if verdict >= 0:
        if verdict == DROP_SECOND and plot.cell >= 0 and not is_repeated(mem, slot, plot):
            note_clutter(mem, plot.link, plot.cell, plot.t, 1.0)
        return slot, verdict
    if slot < 0:
        slot = start_track(mem, plot, clock, cfg)
    trk = mem.tracks[slot]
    work.number = trk.number
    if plot.mode_s >= 0 and trk.mode_s < 0:
        trk.mode_s = plot.mode_s
        bucket = bucket_of(plot.mode_s, mem.heads.shape[1])
        link(mem.heads[ADDRESSES], mem.links[ADDRESSES], bucket, slot)
    if verdict == START:
        if trk.status == COASTING:
            trk.status = CONFIRMED
        trk.past_n = 0
        start_state(trk, plot, radars, cfg, work)
        note_echo(mem, trk, plot, 1.0)
        if plot.kind == KIND_TRACK and plot.track_sensor >= 0:
            a = find_alias(mem.aliases, plot.source, plot.track_sensor, plot.t)
            if a >= 0:
                bind_alias(mem.aliases[a], slot, trk.number)
    else:
        j = link_of(trk, plot.link)
        pd = trk.pd[j] if j >= 0 else 0.9 * radar.pd
        leave_out = -1
        if verdict == REPLACE:
            leave_out = find_past(mem, slot, plot, 0.5 * radar.turn_s)
            mem.moved[1] = mem.past_plots[slot * PAST + leave_out]
        weigh(mem, trk, plot, pd, verdict == UPDATE, cfg)
        take_in_time(mem, slot, plot, leave_out, cfg, work)
    learn_biases(mem, trk, plot, clock, work)
    note_source(trk, plot, radars)
    if verdict == UPDATE and note_rival(mem, slot, work):
        trk.status = ENDED
        publish(
            trk, max(trk.t, trk.t_row), max(trk.t_ns, trk.t_row_ns), frame, cfg, rows, clock, work
        )
        end_track(mem, clock, slot)
        return slot, verdict
    hang(mem, slot, trk.t)
    # A late plot changes the past, but the rows of a track never go back.
    if trk.t >= trk.t_row:
        row = publish(trk, trk.t, trk.t_ns, frame, cfg, rows, clock, work)
    else:
        row = publish(trk, trk.t_row, trk.t_row_ns, frame, cfg, rows, clock, work)
    judge_class(trk, row, work, cfg)
    return slot, verdict


@lean_kernel
def choose_foreign(mem: Tables, plot: Record, cfg: Record, work: Record) -> tuple[int, int]:
    """Decide which track of ours a foreign system's track is, with hysteresis.

    By address, else by the number's alias while it fits, else by place and course: then three
    reports in a row must agree before anything is fused, and until then nothing new begins either.
    """
    tracks, aliases = mem.tracks, mem.aliases
    a = (
        find_alias(aliases, plot.source, plot.track_sensor, plot.t)
        if plot.track_sensor >= 0
        else -1
    )
    if a >= 0 and aliases[a].track != 0 and tracks[aliases[a].slot].number != aliases[a].track:
        release_alias(aliases[a])
    slot = find_address(tracks, mem.heads, mem.links, plot.mode_s) if plot.mode_s >= 0 else -1
    by_address = slot >= 0
    if slot < 0 and a >= 0 and aliases[a].track != 0:
        slot = aliases[a].slot
    fits = False
    if slot >= 0:
        d2 = foreign_misfit(tracks[slot], plot, mem.radars, cfg, work)
        fits = d2 <= (4.0 if by_address else 1.0) * cfg.gate_foreign
    if not fits and not by_address:
        slot, verdict = find_fit(mem, plot, 12.0, cfg, work)
        if verdict != UPDATE:
            slot = -1
        fits = slot >= 0
    if a < 0:
        if fits:
            return slot, UPDATE
        return (slot, DROP_CONTRA) if by_address else (-1, START)
    bound = aliases[a].track != 0
    number = tracks[slot].number if fits else 0
    if judge_alias(aliases[a], slot if fits else -1, number, by_address and fits):
        return slot, UPDATE
    if fits or bound or by_address:
        return slot, DROP_FOREIGN
    return -1, START


@lean_kernel
def is_ahead(plot: Record, radars: Records, clock: Record, cfg: Record) -> bool:
    """Tell whether a report is too far ahead of the clock to be believed on its own word.

    One bad time stamp must not age every track to death, nor one message of many. The clock jumps
    when three reports in a row agree that it is later, over more than a message's worth of time
    and from more than one sensor where there are more. How far is too far follows from the
    stream: a few seconds where reports come by the hundred, a minute where a lone target is seen
    every twelve seconds.
    """
    limit_s = min(cfg.ahead_max_s, max(AHEAD_LEAST_S, AHEAD_STEPS * clock.step))
    ahead_s = plot.t - clock.now
    if ahead_s <= limit_s:
        clock.ahead_n = 0
        clock.step += 0.05 * (max(ahead_s, 0.0) - clock.step)
        return False
    agrees = clock.ahead_n > 0 and abs(plot.t - clock.ahead_t) <= limit_s
    if not agrees:
        clock.ahead_n = 0
        clock.ahead_t0 = plot.t
        clock.ahead_link, clock.ahead_many = plot.link, 0
    if plot.link != clock.ahead_link:
        clock.ahead_many = 1
    clock.ahead_n += 1
    clock.ahead_t = plot.t
    span_s = plot.t - clock.ahead_t0
    if clock.ahead_n < 3 or span_s < AGREED_S:
        return True
    # One sensor alone is not believed while others say otherwise, but for ever it is not alone.
    if clock.ahead_many == 0 and span_s < ALONE_S:
        for r in range(radars.size):
            radar = radars[r]
            if r != plot.link and clock.now - radar.t_last < 3.0 * radar.turn_s:
                return True
    clock.ahead_n = 0
    return False


@lean_kernel
def is_set_back(plot: Record, clock: Record) -> bool:
    """Tell whether everybody's clock has gone back: many late reports in a row, none in time.

    Then the first report of all was from the future, or a recording begins again.
    """
    agrees = clock.late_n > 0 and abs(plot.t - clock.late_t) <= AHEAD_LEAST_S
    if not agrees:
        clock.late_n = 0
        clock.late_t0 = plot.t
    clock.late_n += 1
    clock.late_t = plot.t
    return bool(clock.late_n >= SET_BACK_N and plot.t - clock.late_t0 >= AGREED_S)


@lean_kernel
def begin_again(
    mem: Tables, plot: Record, clock: Record, cfg: Record, rows: Records, work: Record
) -> None:
    """End every track and set the clock back to a report's time; radars begin to turn anew."""
    for slot in range(clock.top):
        trk = mem.tracks[slot]
        if trk.number != 0:
            trk.status = ENDED
            publish(trk, trk.t_row, trk.t_row_ns, plot.frame, cfg, rows, clock, work)
            end_track(mem, clock, slot)
    for r in range(mem.radars.size):
        radar = mem.radars[r]
        radar.t_first, radar.t_last, radar.beam_t = math.inf, -math.inf, -math.inf
    clock.now = plot.t
    clock.tick = math.floor(plot.t) + 1
    clock.settled = plot.t


@lean_kernel
def run(
    mem: Tables,
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
    tracks, radars = mem.tracks, mem.radars
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
                if not is_set_back(plot, clock):
                    drops[DROP_LATE] += 1
                    continue
                if clock.rows + clock.live > rows.size:
                    clock.late_n -= 1
                    return i
                begin_again(mem, plot, clock, cfg, rows, work)
            clock.late_n = 0
            if is_ahead(plot, radars, clock, cfg):
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
            for slot in range(clock.top):
                if tracks[slot].number == 0:
                    continue
                if not is_due(mem, slot, t, cfg):
                    continue
                trk = tracks[slot]
                publish(trk, t, t_ns, plot.frame, cfg, rows, clock, work)
                if trk.status == ENDED:
                    end_track(mem, clock, slot)
            if mem.pair_sum.size > 0 and t - clock.settled >= SETTLE_S:
                settle(
                    mem.biases, mem.pair_info, mem.pair_sum, t - clock.settled, t,
                    mem.pair_work, mem.pair_right, mem.pair_rows, mem.bias_cfg[0],
                )  # fmt: skip
                clock.settled = t
            clock.tick += 1
        if clock.rows + 1 + DISPLACED_MAX > rows.size or clock.free_n <= DISPLACED_MAX:
            return i
        clock.pending = 0
        straighten(mem, plot)
        rough_place(plot, radars, cfg)
        plot.stretch = 1.0
        radar = radars[plot.link]
        if plot.what == POLAR and plot.t >= radar.beam_t:
            radar.beam_t, radar.beam_rad = plot.t, plot.azm_rad
        plot.cell = -1
        if plot.kind == KIND_PSR and plot.what == POLAR:
            plot.cell = cell_of(plot.rng_m, plot.azm_rad, radar.cell_m, CELL_RINGS, CELL_SECTORS)
        radar.t_first = min(radar.t_first, plot.t)
        radar.t_last = max(radar.t_last, plot.t)
        went, verdict = assign(mem, plot, plot.frame, clock, cfg, rows, work)
        if went >= 0:
            track_of[i] = work.number
        if verdict >= 0:
            drops[verdict] += 1
        for _ in range(DISPLACED_MAX):
            if verdict != REPLACE:
                break
            # The plot that had to go looks for a place of its own.
            mem.moved[0] = mem.moved[1]
            _, verdict = assign(mem, mem.moved[0], plot.frame, clock, cfg, rows, work)
            if verdict >= 0:
                drops[verdict] += 1
    return int(plots.size)
