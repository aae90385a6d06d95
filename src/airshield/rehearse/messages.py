"""Plots and antenna messages as ASTERIX bytes.

CAT048 edition 1.32 for plots, CAT034 edition 1.29 for north markers and sector crossings, both
written by the encoder that the decoder's own tables drive. Every plot carries I048/020 SIM: what
an exercise sends can never be taken for the real thing. CAT034 has no such flag.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from airshield.read import asterix
from airshield.rehearse.antenna import Plots
from airshield.rehearse.scenario import Flight
from airshield.sensors import Radar
from airshield.units import M_PER_FL, M_PER_NMI, S_PER_DAY

PLOT_EDITION: Final = "1.32"
SERVICE_EDITION: Final = "1.29"

SECTORS: Final = 32
"""Sector messages in a turn, the usual number: every 11.25 degrees."""

# I048/020 TYP, by (primary, secondary, Mode S).
_TYP: Final = {
    (True, False, False): 1,
    (False, True, False): 2,
    (True, True, False): 3,
    (False, True, True): 5,
    (True, True, True): 7,
}

_NORTH_MARKER, _SECTOR_CROSSING = 1, 2  # I034/000


def plots_block(radar: Radar, plots: Plots, flights: tuple[Flight, ...], *, day_s: float) -> bytes:
    """Encode plots as one CAT048 block; no plots, no bytes.

    Parameters
    ----------
    radar : Radar
        Whose plots.
    plots : Plots
        In the order of time.
    flights : tuple of Flight
        The scenario's flights, which ``plots.flight`` counts.
    day_s : float
        UTC time of day at second 0 of the exercise [s].
    """
    rows = [
        _plot(radar, plots, row, flights[i] if (i := int(plots.flight[row])) >= 0 else None, day_s)
        for row in range(plots.t_s.size)
    ]
    return asterix.encode(48, rows, edition=PLOT_EDITION) if rows else b""


def sector_block(radar: Radar, sector: int, *, t_s: float, day_s: float) -> bytes:
    """Encode the crossing into a sector as one CAT034 block; at sector 0 with the north marker."""
    head: dict[str, Any] = {
        "i010_sac": radar.sac,
        "i010_sic": radar.sic,
        "i030_s": time_of_day_s(day_s + t_s),
    }
    crossing = head | {"i000": _SECTOR_CROSSING, "i020_deg": sector * 360.0 / SECTORS}
    if sector:
        return asterix.encode(34, [crossing], edition=SERVICE_EDITION)
    north = head | {
        "i000": _NORTH_MARKER,
        "i041_s": round(radar.turn_s * 128.0) / 128.0,
        "i120_hgt_m": round(radar.antenna_hae_m),
        "i120_lat_deg": radar.lat_deg,
        "i120_lon_deg": radar.lon_deg,
    }
    return asterix.encode(34, [north, crossing], edition=SERVICE_EDITION)


def time_of_day_s(t_s: float) -> float:
    """Bring a time onto the wire's grid of 1/128 s within the day."""
    return float(np.round(t_s * 128.0) / 128.0 % S_PER_DAY)


def _plot(
    radar: Radar, plots: Plots, row: int, flight: Flight | None, day_s: float
) -> dict[str, Any]:
    primary, secondary = bool(plots.primary[row]), bool(plots.secondary[row])
    addressed = secondary and flight is not None and flight.transponder == "mode_s"
    theta = round(float(plots.azm_true_deg[row]) * 65536.0 / 360.0) % 65536 * 360.0 / 65536.0
    out: dict[str, Any] = {
        "i010_sac": radar.sac,
        "i010_sic": radar.sic,
        "i140_s": time_of_day_s(day_s + float(plots.t_s[row])),
        "i020_typ": _TYP[primary, secondary, addressed],
        "i020_sim": 1,
        "i020_rdp": 0,
        "i020_spi": 0,
        "i020_rab": 0,
        "i040_rho_nmi": float(plots.rng_slant_m[row]) / M_PER_NMI,
        "i040_theta_deg": theta,
    }
    if not secondary or flight is None:
        return out
    # Mode S tells its height in steps of 25 ft, Mode C in steps of 100 ft.
    step = 0.25 if addressed else 1.0
    out |= {
        "i090_v": 0,
        "i090_g": 0,
        "i090_fl": round(float(plots.alt_msl_m[row]) / M_PER_FL / step) * step,
    }
    if flight.mode_3a is not None:
        out |= {"i070_v": 0, "i070_g": 0, "i070_l": 0, "i070_mode3a": f"{flight.mode_3a:04o}"}
    if addressed:
        out["i220"] = flight.mode_s
        if flight.callsign is not None:
            out["i240"] = flight.callsign
    return out
