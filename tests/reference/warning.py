"""The slow twin of the warning walk: PROJ's geodesics, one place at a time, histories in full."""

import math

import numpy as np
from pyproj import Geod

from reference import detection as slow

GEOD = Geod(ellps="WGS84")


def between(cells, row, col):
    """Bilinear by the four weights; NaN where a cell with any weight is, or outside."""
    n = cells.shape[0]
    if not (0.0 <= row <= n - 1 and 0.0 <= col <= n - 1):
        return math.nan
    total = 0.0
    for r in (math.floor(row), math.floor(row) + 1):
        for c in (math.floor(col), math.floor(col) + 1):
            weight = (1.0 - abs(row - r)) * (1.0 - abs(col - c))
            if weight > 0.0:
                total += weight * float(cells[r, c])
    return total


def look(lookout, pd_of, lat, lon, inbound, azm_flown, earth, hides):
    """Chance that one look sees the target here, and whether a metre would change that; ``hides``:
    does unknown ground hide it?"""
    azm, _, d = GEOD.inv(lookout.lon_deg, lookout.lat_deg, lon, lat)
    radar = lookout.figures
    x, y = d * math.sin(math.radians(azm)), d * math.cos(math.radians(azm))
    mid = lookout.lowest_msl_m.shape[0] // 2

    def heights(x, y):
        row, col = mid - y / lookout.step_m, mid + x / lookout.step_m
        return [between(a, row, col) for a in (lookout.lowest_msl_m, lookout.ground_msl_m)]

    lowest, ground = heights(x, y)
    known = {
        (math.isnan(one), math.isnan(two))
        for one, two in (heights(x + 3.0 * i, y + 3.0 * j) for i in (-1, 1) for j in (-1, 1))
    }
    if inbound.above_ground:
        alt = ground + inbound.hgt_m
    else:
        alt = inbound.hgt_m if math.isnan(ground) else max(inbound.hgt_m, ground)
    if not hides:
        if math.isnan(alt):
            alt, lowest = lookout.surface_msl_m + inbound.hgt_m, -1e9
        if math.isnan(lowest):
            lowest = -1e9
    height = radar.antenna_msl_m if math.isnan(alt) else alt
    rng, elv = slow.sight_of(radar, x, y, height, earth)
    flown = math.radians(azm_flown)
    toward = (x * math.sin(flown) + y * math.cos(flown)) / rng
    spd = abs(inbound.spd_mps * toward)
    _, pd = slow.cell(radar, pd_of, x, y, alt, lowest, -1e9, lookout.surface_msl_m, 1e-3, earth)
    near = (
        len(known) > 1
        or abs(alt - lowest) < 5.0
        or min(abs(rng - radar.rng_min_m), abs(rng - radar.rng_max_m)) < 5.0
        or abs(elv - radar.elv_max_deg) < 0.1
        or abs(spd - radar.spd_radial_min_mps) < 0.1
        or (not math.isnan(pd) and 5e-4 < pd < 2e-3)
    )
    is_blind = radar.spd_radial_min_mps > 0.0 and spd < radar.spd_radial_min_mps
    return (0.0 if is_blind or math.isnan(pd) or pd < 1e-3 else pd), near


def missed(p, window_s, turn_s, tries=400):
    """Chance of no plot in a window, the radar's phase uniform: counted out phase by phase."""
    total = 0.0
    for k in range(tries):
        first = (k + 0.5) / tries * turn_s
        looks = 0 if first >= window_s else 1 + math.floor((window_s - first) / turn_s - 1e-9)
        total += (1.0 - p) ** looks
    return total / tries


def chances(site, lookouts, inbound, azm, pd_of, rule, phases, far_m, earth, hides):
    """Seconds left and the chance to be confirmed by then, from far to near, and whether the walk
    met a place where a metre would have changed what is seen."""
    step_s = rule.window_s / phases
    n = math.ceil(far_m / (inbound.spd_mps * step_s)) + phases
    chance, borderline = np.zeros(n), False
    for i in range(n):
        s = (i + 0.5) * step_s * inbound.spd_mps
        lon, lat, back = GEOD.fwd(site.lon_deg, site.lat_deg, azm, s)
        q = 1.0
        for k, one in enumerate(lookouts):
            p, near = look(one, pd_of[k], lat, lon, inbound, back, earth, hides)
            borderline |= near
            q *= missed(p, rule.window_s, one.figures.turn_s) if p > 0.0 else 1.0
        chance[i] = 1.0 - q
    histories = [{(): 1.0} for _ in range(phases)]
    out = []
    for i in reversed(range(n)):
        left = (i + 0.5) * step_s - 0.5 * rule.window_s
        if left < 0.0:
            break
        after = {}
        for history, weight in histories[i % phases].items():
            if history == "started":
                after[history] = after.get(history, 0.0) + weight
                continue
            for seen in (0, 1):
                new = (*history, seen)[-rule.looks :]
                share = weight * (chance[i] if seen else 1.0 - chance[i])
                # What is older than the next window will reach back to is forgotten.
                rest = new[max(0, len(new) - rule.looks + 1) :]
                key = "started" if sum(new) >= rule.hits else rest
                if share > 0.0:
                    after[key] = after.get(key, 0.0) + share
        histories[i % phases] = after
        out.append((left, sum(h.get("started", 0.0) for h in histories) / phases))
    return np.array(out), borderline
