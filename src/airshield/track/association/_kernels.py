"""Loops that find a plot's track: gates, costs, contradictions, foreign tracks."""

import math
from typing import Any

from airshield._kernels import lean_kernel
from airshield.geo._kernels import ecef_of_place_m
from airshield.track.clutter._kernels import clutter_per_m2
from airshield.track.filters._kernels import (
    HEIGHT_MAX_M,
    HEIGHT_SIGMA_MAX_M,
    KIND_ADSB,
    PLACE,
    POLAR,
    SIN_ELV_MAX,
    STRETCH,
    compare,
    foreign_misfit,
    usual_height_m,
)
from airshield.track.foreign._kernels import find_alias, judge_alias, release_alias
from airshield.track.grid._kernels import CELL_M, GRID, cell_bucket, find_address
from airshield.track.life._kernels import TENTATIVE
from airshield.track.past._kernels import as_before, find_past, has_heard
from airshield.track.sources._kernels import had_plot, link_of
from airshield.track.state import AGILE, PAST
from airshield.track.trust._kernels import CLAIM_ALIVE_S, judge_claim

Record = Any
Records = Any
Tables = Any

UPDATE, START, REPLACE = -1, -2, -3  # what to do with a plot; else the reason to drop it:
DROP_SECOND, DROP_CONTRA, DROP_FOREIGN = 7, 8, 10  # places in ``state.DROPS``
# A young track may take a plot that is likelier clutter: its velocity is not known yet.
YOUNG_LEAST = math.log(0.1)
LOG_STRETCH = math.log(STRETCH)
ODD_PLACE = -2.0  # of a track's odds to be true: its address was seen elsewhere, or it has jumped
RIVAL_N = 4


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
