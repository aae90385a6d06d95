"""A made-up stream of every format, small, with something of each kind that the format has."""

from __future__ import annotations

import datetime as dt

from airshield.read import asterix
from airshield.read.reader import Options

from . import adsb_samples, drone_samples, text_samples


def asterix_blocks() -> bytes:
    """Plots, sectors, a target report and a system track, several in a block."""
    plots = [
        {
            "i010_sac": 20,
            "i010_sic": 129,
            "i140_s": 28_800.0 + k,
            "i020_typ": 5,
            "i040_rho_nmi": 10.0 + k,
            "i040_theta_deg": 90.0,
            "i070_v": 0,
            "i070_g": 0,
            "i070_mode3a": "1200",
            "i090_v": 0,
            "i090_g": 0,
            "i090_fl": 100.0,
            "i220": 0x4CA1FA,
            "i240": "AIR1",
            "i250_mbdata": [0x8D9A40FF540000, 0x20015371DB0820],
            "i250_bds1": [4, 2],
            "i250_bds2": [0, 0],
        }
        for k in range(4)
    ]
    sector = {"i010_sac": 20, "i010_sic": 129, "i000": 2, "i030_s": 28_801.0, "i020_deg": 45.0}
    aircraft = {
        "i010_sac": 20,
        "i010_sic": 219,
        "i071_s": 28_802.0,
        "i080": 0x4CA1FA,
        "i130_lat_deg": 41.3,
        "i130_lon_deg": 2.1,
        "i145_fl": 100.0,
        "i090_nacp": 9,
    }
    track = {
        "i010_sac": 1,
        "i010_sic": 2,
        "i070_s": 28_803.0,
        "i105_lat_deg": 41.0,
        "i105_lon_deg": 2.0,
        "i040": 17,
    }
    return b"".join(
        [
            asterix.encode(34, [sector]),
            asterix.encode(48, plots[:3]),
            asterix.encode(21, [aircraft]),
            asterix.encode(48, plots[3:]),
            asterix.encode(62, [track]),
            asterix.encode(34, [sector | {"i000": 1}]),
        ]
        * 2
    )


SAMPLES = {
    "asterix": asterix_blocks,
    **adsb_samples.SAMPLES,
    **text_samples.SAMPLES,
    **drone_samples.SAMPLES,
}
"""By name of the reader."""

_A_DAY = Options(date=dt.date(2023, 11, 14))
OPTIONS = {"asterix": _A_DAY, "avr": _A_DAY, "beast": _A_DAY}
"""What a reader must be told about its sample."""
