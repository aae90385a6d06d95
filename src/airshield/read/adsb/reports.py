"""Accepted positions to REPORT rows, with what else the aircraft said lately."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from airshield import tables
from airshield.errors import UsageError
from airshield.read.adsb import _kernels as k
from airshield.read.adsb.columns import POSITIONS, text_array
from airshield.read.adsb.containers import Container
from airshield.read.adsb.messages import Decoded, Decoder
from airshield.read.adsb.positions import Gates
from airshield.read.quality import EMERGENCY_CODES, sigma_of_nucp_m, sigma_pos_m
from airshield.read.reader import NO_TIME, Options, ReportBatch
from airshield.read.text.rows import KIND_CODES, flags, make_reports
from airshield.units import M_PER_FT, MPS_PER_FT_MIN, MPS_PER_KT

I8 = NDArray[np.int64]
F8 = NDArray[np.float64]

TISB_FIELDS: Final = (2, 3, 5)
"""Control fields of DF18 with which a ground station tells what its radars see; 6, ADS-R, repeats
what an aircraft said on another link (DO-260B 2.2.3.2.1.5)."""

_TYPES: Final = {
    **dict.fromkeys(range(1, 5), "identification"),
    19: "velocity",
    28: "aircraft status",
    29: "target state",
    31: "operational status",
}


class AdsbReportReader:
    """Frames of any number of sources, in order, to REPORT rows.

    Parameters
    ----------
    container : Container
        How the messages are wrapped.
    options : Options
        ``date`` and the receiver's place.
    gates : Gates, optional
        Limits of positions.
    """

    def __init__(
        self, container: Container, options: Options | None = None, gates: Gates | None = None
    ) -> None:
        self._decoder = Decoder(container, options or Options(), gates or Gates())

    def feed(self, frames: pa.Table) -> ReportBatch:
        """Read a FRAME table.

        Raises
        ------
        UsageError
            Neither the frames nor a ``date`` say when this happened.
        """
        found = self._decoder.decode(frames)
        pools = found.pools
        placed = pools.known(k.POSITION) & (pools.raw(k.POSITION) == k.POSITION_ACCEPTED)
        kept = np.flatnonzero(placed)
        if (found.t_ns[found.row[kept]] == NO_TIME).any():
            raise UsageError(
                "these frames carry a counter and do not say on which day they were heard; give "
                "the day of the first (--date YYYY-MM-DD, date=)"
            )
        return ReportBatch(
            reports=make_reports(found.frames, found.row, kept, _values(found)),
            status=tables.empty(tables.SENSOR_STATUS),
            rejects=found.rejects,
            counts=found.counts,
            unused=_unused(found),
        )

    def snapshot(self) -> dict[str, NDArray[np.generic]]:
        """Return the state, for :meth:`restore`."""
        return self._decoder.snapshot()

    def restore(self, state: Mapping[str, NDArray[np.generic]]) -> None:
        """Go on where a snapshot was taken."""
        self._decoder.restore(state)


def _integers(found: Decoded, column: int) -> I8:
    known = found.pools.known(column)
    return np.where(known, found.pools.raw(column).astype(np.int64), -1)


def _values(found: Decoded) -> dict[str, object]:
    """Make the columns of REPORT over all messages."""
    pools = found.pools
    baro_m = pools.floats(k.ALTITUDE_FT) * M_PER_FT
    baro_m = np.where(np.isnan(baro_m), pools.floats(k.ALTITUDE_M), baro_m)
    hae_m = pools.floats(k.GNSS_HEIGHT_FT) * M_PER_FT
    above_m = pools.floats(k.KNOWN_GNSS_MINUS_BARO) * M_PER_FT
    synthetic = found.is_synthetic[found.row]
    is_tisb = np.isin(_integers(found, k.CONTROL_FIELD), TISB_FIELDS)
    # What the aircraft said of its own place says nothing of one that somebody else found.
    own = ~(synthetic | is_tisb)
    nacp = np.where(own, _integers(found, k.KNOWN_NACP), -1)
    nucp = np.where(own, _integers(found, k.NUCP), -1)
    code = _integers(found, k.KNOWN_SQUAWK)
    known_flags = pools.raw(k.KNOWN_FLAGS)
    callsign = pc.utf8_trim(
        text_array(pools.raw(k.KNOWN_CALLSIGN), pools.known(k.KNOWN_CALLSIGN)), " @"
    )
    kind = np.where(is_tisb, KIND_CODES["track"], KIND_CODES["adsb"])
    return {
        "t": found.t_ns[found.row],
        "kind": np.where(synthetic, KIND_CODES["mlat"], kind),
        "lat_deg": pools.floats(k.LAT),
        "lon_deg": pools.floats(k.LON),
        "alt_baro_m": baro_m,
        "alt_hae_m": np.where(np.isnan(hae_m), baro_m + above_m, hae_m),
        "vel_east_mps": pools.floats(k.KNOWN_EAST) * MPS_PER_KT,
        "vel_north_mps": pools.floats(k.KNOWN_NORTH) * MPS_PER_KT,
        "vel_up_mps": pools.floats(k.KNOWN_UP) * MPS_PER_FT_MIN,
        "mode_s": _integers(found, k.ICAO),
        "mode_3a": code,
        "callsign": pc.if_else(pc.equal(callsign, ""), None, callsign),
        "sigma_pos_m": np.where(nacp >= 0, sigma_pos_m(nacp), sigma_of_nucp_m(nucp)),
        "nacp": nacp,
        "flags": flags(
            spi=(known_flags & k.FLAG_SPI) != 0,
            emergency=((known_flags & k.FLAG_EMERGENCY) != 0) | np.isin(code, EMERGENCY_CODES),
            on_ground=_integers(found, k.ON_GROUND) == 1,
        ),
    }


def _unused(found: Decoded) -> dict[str, int]:
    """Count the messages that make no report, by reason."""
    pools = found.pools
    out: dict[str, int] = {}
    position = _integers(found, k.POSITION)
    for code, count in enumerate(np.bincount(position[position >= 0], minlength=len(POSITIONS))):
        if code != k.POSITION_ACCEPTED:
            out[f"position: {POSITIONS[code]}"] = int(count)
    rest = position < 0
    types = _integers(found, k.TYPE_CODE)
    squitter = rest & (types >= 0)
    for code, count in enumerate(np.bincount(types[squitter], minlength=32)):
        name = "no position in it" if code == 0 else _TYPES.get(code, "another type")
        out[f"squitter: {name}"] = out.get(f"squitter: {name}", 0) + int(count)
    formats = np.bincount(pools.raw(k.DF)[rest & (types < 0)], minlength=25)
    out |= {f"DF{df}": int(count) for df, count in enumerate(formats)}
    out["mode_ac"] = int(found.ac_row.size)
    return {why: count for why, count in out.items() if count}
