"""Slow twins of detection: quadrature, enumeration, trigonometry cell by cell. No shared code."""

import itertools
import math

from scipy import integrate, optimize, stats

CODES = {
    "seen": 0, "terrain": 1, "horizon": 2, "power": 3, "instrumented_range": 4, "least_range": 5,
    "cone": 6, "sector": 7, "unknown_ground": 8, "ground": 9, "below_beam": 10,
}  # fmt: skip


def pd_steady(snr, pfa, n):
    """Marcum's integral, as a tail of the noncentral chi-square distribution."""
    limit = stats.chi2.isf(pfa, 2 * n)
    return stats.ncx2.sf(limit, 2 * n, 2.0 * n * snr) if snr > 0.0 else pfa


def pd_by_quadrature(snr, pfa, n, swerling):
    """The steady target's probability, averaged over the law of the echo's strength."""
    shape = {1: 1.0, 2: float(n), 3: 2.0, 4: 2.0 * n}[swerling]
    law = stats.gamma(shape, scale=snr / shape)

    def term(share):
        return pd_steady(law.ppf(share), pfa, n)

    # Weak echoes are rare and all that matters at high SNR: decade by decade, or they are missed.
    ends = [0.0, *(10.0**k for k in range(-9, -1)), 0.1, 0.5, 1.0]
    return sum(
        integrate.quad(term, a, b, limit=200, epsabs=1e-12, epsrel=1e-11)[0]
        for a, b in itertools.pairwise(ends)
    )


def albersheim_db(pd, pfa, n):
    """Albersheim, Proc. IEEE 69 (7), 1981; Robertson, IEEE Trans. AES-3, 1967 gives the table."""
    a, b = math.log(0.62 / pfa), math.log(pd / (1.0 - pd))
    factor = 6.2 + 4.54 / math.sqrt(n + 0.44)
    return -5.0 * math.log10(n) + factor * math.log10(a + 0.12 * a * b + 1.7 * b)


def shnidman_db(pd, pfa, n, swerling):
    """Shnidman, IEEE Trans. AES-38 (3), 2002."""
    k = {0: math.inf, 1: 1.0, 2: float(n), 3: 2.0, 4: 2.0 * n}[swerling]
    alpha = 0.0 if n < 40 else 0.25
    eta = math.sqrt(-0.8 * math.log(4.0 * pfa * (1.0 - pfa))) + math.copysign(
        1.0, pd - 0.5
    ) * math.sqrt(-0.8 * math.log(4.0 * pd * (1.0 - pd)))
    chi = eta * (eta + 2.0 * math.sqrt(n / 2.0 + (alpha - 0.25)))
    if math.isinf(k):
        c_db = 0.0
    else:
        c1 = (((17.7006 * pd - 18.4496) * pd + 14.5339) * pd - 3.525) / k
        c2 = (
            math.exp(27.31 * pd - 25.14)
            + (pd - 0.8) * (0.7 * math.log(1e-5 / pfa) + (2.0 * n - 20.0) / 80.0)
        ) / k
        c_db = c1 if pd <= 0.872 else c1 + c2
    return 10.0 * math.log10(10.0 ** (c_db / 10.0) * chi / n)


def pd_closed(snr, pfa, n, swerling):
    """Closed forms for one pulse (Mahafza; Richards): Swerling 1 and 3."""
    t = -math.log(pfa)
    if swerling in (1, 2):
        return math.exp(-t / (1.0 + snr))
    s = snr / 2.0
    return math.exp(-t / (1.0 + s)) * (1.0 + t * s / (1.0 + s) ** 2) if n == 1 else math.nan


def snr_needed_db(pd, pfa, n, swerling):
    def miss(snr_db):
        snr = 10.0 ** (snr_db / 10.0)
        got = pd_steady(snr, pfa, n) if swerling == 0 else pd_by_quadrature(snr, pfa, n, swerling)
        return got - pd

    return optimize.brentq(miss, -30.0, 60.0, xtol=1e-9)


def started(pds, hits, looks):
    """Chance that a track has started after all looks: every outcome enumerated."""
    total = 0.0
    for outcome in itertools.product((0, 1), repeat=len(pds)):
        windows = [outcome[max(0, i + 1 - looks) : i + 1] for i in range(len(pds))]
        if any(sum(window) >= hits for window in windows):
            total += math.prod(p if seen else 1.0 - p for p, seen in zip(pds, outcome, strict=True))
    return total


def sight_of(radar, x, y, alt, earth):
    """Slant range [m] and elevation [deg], from points around the Earth's middle."""
    azimuth, arc = math.atan2(x, y), math.hypot(x, y) / earth
    r0, r1 = earth + radar.antenna_msl_m, earth + alt
    across, up = r1 * math.sin(arc), r1 * math.cos(arc) - r0
    east, north = across * math.sin(azimuth), across * math.cos(azimuth)
    return math.sqrt(east**2 + north**2 + up**2), math.degrees(math.atan2(up, across))


def cell(radar, pd_of, x, y, alt, lowest, ground, surface, pd_least, earth):
    """Code and probability of one cell, in the order in which a person would ask."""
    known = not (math.isnan(alt) or math.isnan(lowest))
    height = radar.antenna_msl_m if math.isnan(alt) else alt
    rng, elv = sight_of(radar, x, y, height, earth)
    azm = math.degrees(math.atan2(x, y)) % 360.0
    if alt < ground:
        return CODES["ground"], 0.0
    if rng > radar.rng_max_m or height > radar.alt_max_msl_m:
        return CODES["instrumented_range"], 0.0
    if rng < radar.rng_min_m:
        return CODES["least_range"], 0.0
    if radar.sectors_deg and not any(
        (azm - a) % 360.0 <= (b - a) % 360.0 or (b - a) % 360.0 == 0.0 for a, b in radar.sectors_deg
    ):
        return CODES["sector"], 0.0
    if elv > radar.elv_max_deg and not math.isnan(alt):
        return CODES["cone"], 0.0
    if elv < radar.elv_min_deg and not math.isnan(alt):
        return CODES["below_beam"], 0.0
    pd = pd_of(rng, alt)
    if not known:
        return (CODES["power"] if pd < pd_least else CODES["unknown_ground"]), math.nan
    if alt < lowest:
        arcs = [
            earth * math.acos(earth / (earth + max(h - surface, 0.0)))
            for h in (radar.antenna_msl_m, alt)
        ]
        return CODES["horizon" if math.hypot(x, y) > sum(arcs) else "terrain"], 0.0
    return CODES["power" if pd < pd_least else "seen"], pd
