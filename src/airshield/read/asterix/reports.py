"""ASTERIX records to REPORT rows: plots, ADS-B reports and system tracks.

=====  ==============================  ===========================================================
048    monoradar target reports        kind by I048/020 TYP; slant range and azimuth as measured
021    ADS-B target reports            kind ``adsb``; editions 0.23 to 0.26 and 2.1 to 2.7
062    system tracks                   kind ``track``
034    radar service messages          counted; they keep the clock running and make no report
=====  ==============================  ===========================================================

Blocks of other categories are counted and make no report. Choices, where the standards leave one
(EUROCONTROL-SPEC-0149, parts 4, 9 and 12):

- Mode 3/A and flight level count only when valid and not garbled (V = 0, G = 0). A Mode S address
  of zero, and an ADS-B address that is anonymous or not unique (I021/040 ATP), are unknown.
- A tracked radar's own velocity (I048/200) is not used: it is smoothed by a tracker, and a tracker
  fed with it would see the same measurement twice. Doppler speed (I048/120) is used when it is not
  marked doubtful; the standard gives no sign, away from the radar is taken as positive.
- Time of an ADS-B report is I021/071, else 073, 077, 075, 072 (editions 0.2x: 030).
- ``nacp`` gives ``sigma_pos_m``: the radius of DO-260B's 95 % bound, EPU, over 2.4477. The
  figure of merit of editions 0.2x has no such bound and stays unknown.
- I062/185 and 500 are in the system's plane; its axes are taken as east and north. Far from the
  system's reference point the two differ by the convergence of the meridians: at 500 km east or
  west of it at 45 degrees, 4.5 degrees of direction.

Every record becomes a report, a reject (it holds what cannot be, such as a latitude of 95 degrees)
or is counted as unused with the reason (a service message, no position, no detection).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from airshield import tables
from airshield.errors import UsageError
from airshield.read.asterix.clock import UNKNOWN_NS, DayClock, is_time_of_day
from airshield.read.asterix.columns import octal_codes
from airshield.read.asterix.decode import decode
from airshield.read.asterix.spec import editions as known_editions
from airshield.read.asterix.spec import find_spec
from airshield.tables import REPORT_KINDS, ReportFlag
from airshield.units import M_PER_FL, M_PER_FT, M_PER_NMI, MPS_PER_FT_MIN

F8 = NDArray[np.float64]
B1 = NDArray[np.bool_]

EPU_M: Final = (
    *(np.nan, 10 * M_PER_NMI, 4 * M_PER_NMI, 2 * M_PER_NMI, M_PER_NMI, 0.5 * M_PER_NMI),
    *(0.3 * M_PER_NMI, 0.1 * M_PER_NMI, 0.05 * M_PER_NMI, 30.0, 10.0, 3.0),
    *(np.nan, np.nan, np.nan, np.nan),
)
"""Estimated position uncertainty (95 %, horizontal, radius) by NACp, 0 to 15 (RTCA DO-260B)."""

SIGMAS_IN_RADIUS_95: Final = 2.4477
"""A circular Gaussian has 95 % of its mass within sqrt(-2 ln 0.05) standard deviations."""

EMERGENCY_CODES: Final = (0o7500, 0o7600, 0o7700)
"""Unlawful interference, radio failure, general emergency (ICAO Annex 10 volume IV, 2.1.4)."""

EMERGENCY_STATES: Final = (1, 3, 4, 5, 6)
"""I021/200: general, minimum fuel, no communications, unlawful interference, downed; a medical
flight (2) has priority and is no emergency."""

_PLOT_KINDS: Final = ("psr", "psr", "ssr", "psr_ssr", "mode_s", "mode_s", "mode_s", "mode_s")
"""I048/020 TYP to kind. TYP 0, no detection, makes no report."""

_KIND_CODES: Final = {name: code for code, name in enumerate(REPORT_KINDS)}

_COLUMNS_048: Final = (
    *("i010_sac", "i010_sic", "i140_s", "i020_typ", "i020_sim", "i020_spi", "i020_tst", "i020_rab"),
    *("i020_me", "i040_rho_nmi", "i040_theta_deg", "i070_v", "i070_g", "i070_mode3a", "i090_v"),
    *("i090_g", "i090_fl", "i220", "i240", "i161_trn", "i120_cal_d", "i120_cal_cal_mps"),
    "i230_stat",
)
_COLUMNS_021: Final = (
    *("i010_sac", "i010_sic", "i071_s", "i073_s", "i077_s", "i075_s", "i072_s", "i030_s"),
    *("i040_atp", "i040_gbs", "i040_sim", "i040_tst", "i040_rab", "i040_spi", "i080"),
    *("i130_lat_deg", "i130_lon_deg", "i131_lat_deg", "i131_lon_deg", "i140_ft", "i145_fl"),
    *("i155_ft_min", "i157_ft_min", "i155_bvr_ft_min", "i155_re", "i157_gvr_ft_min", "i157_re"),
    *("i160_gs_nmi_s", "i160_ta_deg", "i160_re", "i170", "i161_trnum", "i070_mode3a", "i070_v"),
    *("i070_g", "i090_nacp", "i200", "i200_ps", "i200_ss"),
)
_COLUMNS_062: Final = (
    *("i010_sac", "i010_sic", "i070_s", "i105_lat_deg", "i105_lon_deg", "i185_vx_mps"),
    *("i185_vy_mps", "i060_mode3a", "i060_v", "i060_g", "i245_chr", "i380_adr", "i380_id", "i040"),
    *("i080_spi", "i080_sim", "i080_me", "i136_fl", "i130_ft", "i135_qnh", "i135_ctb_fl"),
    *("i220_ft_min", "i500_apc_x_m", "i500_apc_y_m"),
)
_COLUMNS_034: Final = ("i030_s",)

_COLUMNS: Final[Mapping[int, tuple[str, ...]]] = {
    21: _COLUMNS_021,
    34: _COLUMNS_034,
    48: _COLUMNS_048,
    62: _COLUMNS_062,
}

CATEGORIES: Final = tuple(_COLUMNS)
"""The categories that are read here; blocks of others are counted."""

_GEOMETRIC_HEIGHT_MAX_FT: Final = 0x7FFF * 6.25
"""I021/140: this value says "greater than", so the height is unknown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportBatch:
    """What frames gave."""

    reports: pa.Table
    """REPORT rows in order of arrival: by frame, and within a frame as the records follow."""
    rejects: pa.Table
    """REJECT rows in the same order: octets that do not decode, records that cannot be."""
    blocks: dict[int, int]
    """Data blocks by category, of all categories."""
    records: dict[int, int]
    """Records decoded by category."""
    unused: dict[str, int]
    """Records that make no report, by reason. With reports and impossible ones: all records."""


@dataclass(slots=True)
class _Rows:
    """Columns of the records of one category on their way into REPORT."""

    table: pa.Table
    tod_s: F8
    values: dict[str, Any] = field(default_factory=dict)
    unused: dict[str, B1] = field(default_factory=dict)
    wrong: dict[str, B1] = field(default_factory=dict)


class ReportReader:
    """Frames in the order of the journal to REPORT rows; keeps the day between batches.

    The rows do not depend on how the frames are batched.

    Parameters
    ----------
    editions : mapping of category to edition, optional
        Such as ``{21: "0.23"}``. The newest by default.
    date : datetime.date, optional
        Day of the first record, in place of the day on which frames were heard.

    Raises
    ------
    UsageError
        There is no such edition.
    """

    def __init__(
        self, editions: Mapping[int, str] | None = None, date: dt.date | None = None
    ) -> None:
        newest = {category: known_editions()[category][-1] for category in CATEGORIES}
        asked = {c: e for c, e in (editions or {}).items() if find_spec(c, e) and c in CATEGORIES}
        self.editions = {**newest, **asked}
        self._columns = tuple(
            sorted(
                name
                for name in {name for names in _COLUMNS.values() for name in names}
                if any(name in find_spec(c, e).leaves for c, e in self.editions.items())
            )
        )
        self._clock = DayClock(date)

    def feed(self, frames: pa.Table) -> ReportBatch:
        """Read frames.

        Raises
        ------
        UsageError
            Neither the frames nor a ``date`` say on which day this happened.
        """
        decoded = decode(
            frames, editions=self.editions, columns=self._columns, categories=CATEGORIES
        )
        parts = [
            _CONVERTERS[category](_Columns(table.combine_chunks()))
            for (category, _), table in decoded.tables.items()
        ]
        parts = [part for part in parts if part.table.num_rows]
        if not parts:
            return ReportBatch(
                reports=tables.empty(tables.REPORT),
                rejects=decoded.rejects,
                blocks=decoded.blocks,
                records=decoded.records,
                unused={},
            )
        place = _Place.of(frames, parts)
        self._set_times(parts, place)

        wrong = _masks([part.wrong for part in parts], parts)
        unused = _masks([part.unused for part in parts], parts)
        is_wrong = _any(wrong, place.size)
        counts = {why: int((mask & ~is_wrong).sum()) for why, mask in unused.items()}
        kept = place.order[~(is_wrong | _any(unused, place.size))[place.order]]
        return ReportBatch(
            reports=_reports(parts, place, kept),
            rejects=_with_impossible(decoded.rejects, frames, place, wrong),
            blocks=decoded.blocks,
            records=decoded.records,
            unused={why: count for why, count in counts.items() if count},
        )

    def snapshot(self) -> dict[str, NDArray[np.generic]]:
        """Return the state, for :meth:`restore`."""
        return self._clock.snapshot()

    def restore(self, state: Mapping[str, NDArray[np.generic]]) -> None:
        """Go on where a snapshot was taken."""
        self._clock.restore(state)

    def _set_times(self, parts: list[_Rows], place: _Place) -> None:
        tod_s = np.concatenate([part.tod_s for part in parts])
        possible = is_time_of_day(tod_s)
        times = np.full(place.size, UNKNOWN_NS, np.int64)
        in_order = place.order[possible[place.order]]
        times[in_order] = self._clock.times_ns(tod_s[in_order], place.heard_ns[in_order])
        unknown = possible & (times == UNKNOWN_NS)
        if (
            unknown.any()
            and not (times != UNKNOWN_NS).any()
            and (place.heard_ns == UNKNOWN_NS).all()
        ):
            raise UsageError(
                "these frames do not say on which day they were heard; give the date of the first"
            )
        start = 0
        for part in parts:
            rows = slice(start, start + part.table.num_rows)
            part.values["t"] = times[rows]
            part.wrong["a time of day past the end of the day"] = ~possible[rows]
            part.wrong["no time of day, and none heard before it"] = unknown[rows]
            start = rows.stop


@dataclass(frozen=True, slots=True)
class _Place:
    """Where each record of all categories stood, categories one after the other."""

    frame_row: NDArray[np.int64]
    offset: NDArray[np.int64]
    heard_ns: NDArray[np.int64]
    order: NDArray[np.int64]
    """Indices of the records in order of arrival."""
    category: NDArray[np.int64]

    @property
    def size(self) -> int:
        return self.order.size

    @classmethod
    def of(cls, frames: pa.Table, parts: list[_Rows]) -> _Place:
        numbers = frames["frame"].to_numpy()
        frame = np.concatenate([part.table["frame"].to_numpy() for part in parts])
        by_number = np.argsort(numbers, kind="stable")
        frame_row = by_number[np.searchsorted(numbers, frame, sorter=by_number)]
        offset = np.concatenate([part.table["offset"].to_numpy() for part in parts]).astype(
            np.int64
        )
        heard = frames["t_heard"].cast(pa.int64()).fill_null(UNKNOWN_NS).to_numpy()
        categories = [np.full(part.table.num_rows, part.values["category"]) for part in parts]
        return cls(
            frame_row=frame_row,
            offset=offset,
            heard_ns=heard[frame_row],
            order=np.lexsort((offset, frame_row)),
            category=np.concatenate(categories),
        )


class _Columns:
    """Columns of a decoded table by name; one that the edition has not is all unknown."""

    def __init__(self, table: pa.Table) -> None:
        self.table = table
        self.rows = table.num_rows
        # Taken apart once: looking a column up in a table costs more than reading a short one.
        batches = table.to_batches()
        self._arrays = (
            dict(zip(table.column_names, batches[0].columns, strict=True)) if batches else {}
        )
        self._ints: dict[str, NDArray[np.int64]] = {}

    def has(self, name: str) -> bool:
        return name in self._arrays

    def floats(self, name: str) -> F8:
        """Return a column as floats, NaN where unknown."""
        array = self._arrays.get(name)
        if array is None:
            return np.full(self.rows, np.nan)
        return np.asarray(array.to_numpy(zero_copy_only=False), np.float64)

    def ints(self, name: str) -> NDArray[np.int64]:
        """Return a column as integers, -1 where unknown; no field here is wider than 32 bits."""
        if name not in self._ints:
            values = self.floats(name)
            self._ints[name] = np.where(np.isnan(values), -1.0, values).astype(np.int64)
        return self._ints[name]

    def codes(self, name: str, known: B1) -> NDArray[np.int64]:
        """Return an octal code column as numbers, -1 where not ``known`` or absent."""
        array = self._arrays.get(name)
        if array is None or array.null_count == self.rows:
            return np.full(self.rows, -1, np.int64)
        present = known & array.is_valid().to_numpy(zero_copy_only=False)
        return np.where(present, octal_codes(array).astype(np.int64), -1)

    def texts(self, *names: str) -> pa.Array:
        """Return the first of some text columns that says something, without padding."""
        found = pa.nulls(self.rows, pa.string())
        for name in names:
            array = self._arrays.get(name)
            if array is None or array.null_count == self.rows:
                continue
            # An aircraft that has no identification sends '@', the six-bit code 0.
            text = pc.utf8_trim(array, " @")
            text = pc.if_else(pc.equal(text, ""), None, text)
            found = pc.coalesce(found, text)
        return found


def _one_of(values: NDArray[np.int64], options: Iterable[int]) -> B1:
    """Tell where an integer is one of a few: quicker than sorting for so few."""
    out = np.zeros(values.size, np.bool_)
    for option in options:
        out |= values == option
    return out


def _plots(columns: _Columns) -> _Rows:
    """Convert CAT048."""
    kind = columns.ints("i020_typ")
    address = columns.ints("i220")
    fl_good = (columns.ints("i090_v") == 0) & (columns.ints("i090_g") == 0)
    code_good = (columns.ints("i070_v") == 0) & (columns.ints("i070_g") == 0)
    mode_3a = columns.codes("i070_mode3a", code_good)
    status = columns.ints("i230_stat")
    rng_nmi, azm_deg = columns.floats("i040_rho_nmi"), columns.floats("i040_theta_deg")
    doppler_good = columns.ints("i120_cal_d") == 0

    # A record without I048/020, which the standard does not allow, is what its other items make it.
    told = np.where(address >= 0, 5, np.where(columns.ints("i070_v") >= 0, 2, 1))
    kinds = np.array([_KIND_CODES[name] for name in _PLOT_KINDS])
    rows = _Rows(columns.table, columns.floats("i140_s"))
    rows.values = {
        "category": 48,
        **_sensor(columns),
        "kind": kinds[np.where(kind < 0, told, kind)],
        "rng_slant_m": rng_nmi * M_PER_NMI,
        "azm_true_deg": azm_deg,
        "alt_baro_m": np.where(fl_good, columns.floats("i090_fl"), np.nan) * M_PER_FL,
        "spd_radial_mps": np.where(doppler_good, columns.floats("i120_cal_cal_mps"), np.nan),
        "mode_s": np.where(address > 0, address, -1),
        "mode_3a": mode_3a,
        "callsign": columns.texts("i240"),
        "track_sensor": columns.ints("i161_trn"),
        "flags": _flags(
            spi=(columns.ints("i020_spi") == 1) | _one_of(status, (4, 5)),
            emergency=_one_of(mode_3a, EMERGENCY_CODES) | (columns.ints("i020_me") == 1),
            simulated=columns.ints("i020_sim") == 1,
            test=(columns.ints("i020_tst") == 1) | (columns.ints("i020_rab") == 1),
            on_ground=_one_of(status, (1, 3)),
        ),
    }
    rows.unused = {
        "048: no detection": kind == 0,
        "048: no position": (kind != 0) & (np.isnan(rng_nmi) | np.isnan(azm_deg)),
    }
    return rows


def _adsb(columns: _Columns) -> _Rows:
    """Convert CAT021, either layout."""
    is_old = columns.has("i030_s")
    address = columns.ints("i080")
    unique = _one_of(columns.ints("i040_atp"), (1, 2, -1) if is_old else (0, 2, -1))
    tod_s = np.full(columns.rows, np.nan)
    for name in ("i071_s", "i073_s", "i030_s", "i077_s", "i075_s", "i072_s"):
        tod_s = np.where(np.isnan(tod_s), columns.floats(name), tod_s)
    fine = ~(np.isnan(columns.floats("i131_lat_deg")) | np.isnan(columns.floats("i131_lon_deg")))
    lat_deg = np.where(fine, columns.floats("i131_lat_deg"), columns.floats("i130_lat_deg"))
    lon_deg = np.where(fine, columns.floats("i131_lon_deg"), columns.floats("i130_lon_deg"))
    lon_deg = np.where(lon_deg == 180.0, -180.0, lon_deg)

    code_good = ~_one_of(columns.ints("i070_v"), (1,)) & ~_one_of(columns.ints("i070_g"), (1,))
    mode_3a = columns.codes("i070_mode3a", code_good)
    height_ft = columns.floats("i140_ft")
    height_ft = np.where(height_ft >= _GEOMETRIC_HEIGHT_MAX_FT, np.nan, height_ft)
    speed_mps = columns.floats("i160_gs_nmi_s") * M_PER_NMI
    speed_mps = np.where(columns.ints("i160_re") == 1, np.nan, speed_mps)
    track_rad = np.radians(columns.floats("i160_ta_deg"))
    climb = np.full(columns.rows, np.nan)
    for name, beyond in (
        ("i157_gvr_ft_min", "i157_re"),
        ("i157_ft_min", ""),
        ("i155_bvr_ft_min", "i155_re"),
        ("i155_ft_min", ""),
    ):
        rate = np.where(columns.ints(beyond) == 1, np.nan, columns.floats(name))
        climb = np.where(np.isnan(climb), rate, climb)
    nacp = columns.ints("i090_nacp")
    sigma_m = np.array([*EPU_M, np.nan])[nacp] / SIGMAS_IN_RADIUS_95

    rows = _Rows(columns.table, tod_s)
    rows.values = {
        "category": 21,
        **_sensor(columns),
        "kind": np.full(columns.rows, _KIND_CODES["adsb"]),
        "lat_deg": lat_deg,
        "lon_deg": lon_deg,
        "alt_baro_m": columns.floats("i145_fl") * M_PER_FL,
        "alt_hae_m": height_ft * M_PER_FT,
        "vel_east_mps": speed_mps * np.sin(track_rad),
        "vel_north_mps": speed_mps * np.cos(track_rad),
        "vel_up_mps": climb * MPS_PER_FT_MIN,
        "mode_s": np.where(unique & (address > 0), address, -1),
        "mode_3a": mode_3a,
        "callsign": columns.texts("i170"),
        "track_sensor": columns.ints("i161_trnum"),
        "sigma_pos_m": sigma_m,
        "nacp": nacp,
        "flags": _flags(
            spi=(columns.ints("i040_spi") == 1) | (columns.ints("i200_ss") == 3),
            emergency=_one_of(mode_3a, EMERGENCY_CODES)
            | _one_of(columns.ints("i200"), EMERGENCY_STATES)
            | _one_of(columns.ints("i200_ps"), EMERGENCY_STATES),
            simulated=columns.ints("i040_sim") == 1,
            test=(columns.ints("i040_tst") == 1) | (columns.ints("i040_rab") == 1),
            on_ground=columns.ints("i040_gbs") == 1,
        ),
    }
    rows.unused = {"021: no position": np.isnan(lat_deg) | np.isnan(lon_deg)}
    rows.wrong = _off_the_globe(lat_deg, lon_deg)
    return rows


def _system_tracks(columns: _Columns) -> _Rows:
    """Convert CAT062."""
    lat_deg, lon_deg = columns.floats("i105_lat_deg"), columns.floats("i105_lon_deg")
    lon_deg = np.where(lon_deg == 180.0, -180.0, lon_deg)
    code_good = ~_one_of(columns.ints("i060_v"), (1,)) & ~_one_of(columns.ints("i060_g"), (1,))
    mode_3a = columns.codes("i060_mode3a", code_good)
    # Without a measured level, the calculated one, unless it has been corrected to the local QNH.
    level = columns.floats("i136_fl")
    calculated = np.where(columns.ints("i135_qnh") == 0, columns.floats("i135_ctb_fl"), np.nan)
    level = np.where(np.isnan(level), calculated, level)
    address = columns.ints("i380_adr")
    apart_m = np.hypot(columns.floats("i500_apc_x_m"), columns.floats("i500_apc_y_m"))

    rows = _Rows(columns.table, columns.floats("i070_s"))
    rows.values = {
        "category": 62,
        **_sensor(columns),
        "kind": np.full(columns.rows, _KIND_CODES["track"]),
        "lat_deg": lat_deg,
        "lon_deg": lon_deg,
        "alt_baro_m": level * M_PER_FL,
        "alt_hae_m": columns.floats("i130_ft") * M_PER_FT,
        "vel_east_mps": columns.floats("i185_vx_mps"),
        "vel_north_mps": columns.floats("i185_vy_mps"),
        "vel_up_mps": columns.floats("i220_ft_min") * MPS_PER_FT_MIN,
        "mode_s": np.where(address > 0, address, -1),
        "mode_3a": mode_3a,
        "callsign": columns.texts("i380_id", "i245_chr"),
        "track_sensor": columns.ints("i040"),
        "sigma_pos_m": apart_m / np.sqrt(2.0),
        "flags": _flags(
            spi=columns.ints("i080_spi") == 1,
            emergency=_one_of(mode_3a, EMERGENCY_CODES) | (columns.ints("i080_me") == 1),
            simulated=columns.ints("i080_sim") == 1,
            test=np.zeros(columns.rows, np.bool_),
            on_ground=np.zeros(columns.rows, np.bool_),
        ),
    }
    rows.unused = {"062: no WGS-84 position": np.isnan(lat_deg) | np.isnan(lon_deg)}
    rows.wrong = _off_the_globe(lat_deg, lon_deg)
    return rows


def _service_messages(columns: _Columns) -> _Rows:
    """Convert CAT034: it has the time, and nothing to report."""
    rows = _Rows(columns.table, columns.floats("i030_s"))
    none = np.full(columns.rows, -1)
    rows.values = {"category": 34, "sac": none, "sic": none, "kind": none * 0}
    rows.unused = {"034: service message": np.ones(columns.rows, np.bool_)}
    return rows


_CONVERTERS: Final[Mapping[int, Callable[[_Columns], _Rows]]] = {
    21: _adsb,
    34: _service_messages,
    48: _plots,
    62: _system_tracks,
}


def _sensor(columns: _Columns) -> dict[str, NDArray[np.int64]]:
    return {"sac": columns.ints("i010_sac"), "sic": columns.ints("i010_sic")}


def _flags(*, spi: B1, emergency: B1, simulated: B1, test: B1, on_ground: B1) -> NDArray[np.uint16]:
    out = np.zeros(spi.size, np.uint16)
    for mask, flag in (
        (spi, ReportFlag.SPI),
        (emergency, ReportFlag.EMERGENCY),
        (simulated, ReportFlag.SIMULATED),
        (test, ReportFlag.TEST),
        (on_ground, ReportFlag.ON_GROUND),
    ):
        out[mask] |= np.uint16(flag)
    return out


def _off_the_globe(lat_deg: F8, lon_deg: F8) -> dict[str, B1]:
    return {
        "a latitude beyond 90 degrees": np.abs(lat_deg) > 90.0,
        "a longitude beyond 180 degrees": np.abs(lon_deg) > 180.0,
    }


def _masks(named: list[dict[str, B1]], parts: list[_Rows]) -> dict[str, B1]:
    """Join masks by name over the records of all categories."""
    names = [name for masks in named for name in masks]
    return {
        name: np.concatenate(
            [
                masks.get(name, np.zeros(part.table.num_rows, np.bool_))
                for masks, part in zip(named, parts, strict=True)
            ]
        )
        for name in dict.fromkeys(names)
    }


def _any(masks: Mapping[str, B1], size: int) -> B1:
    out = np.zeros(size, np.bool_)
    for mask in masks.values():
        out |= mask
    return out


def _reports(parts: list[_Rows], place: _Place, kept: NDArray[np.int64]) -> pa.Table:
    """Make the REPORT rows ``kept`` of the records of all categories."""
    if not kept.size:
        return tables.empty(tables.REPORT)
    columns: dict[str, Any] = {}
    for schema_field in tables.REPORT:
        name = schema_field.name
        if name != "kind" and any(name in part.values for part in parts):
            joined = [_column(part, schema_field) for part in parts]
            columns[name] = _taken(joined, schema_field, kept)
    sac, sic = (np.concatenate([p.values[name] for p in parts])[kept] for name in ("sac", "sic"))
    sensors, codes = np.unique(sac * 256 + sic, return_inverse=True)
    names = [f"{sensor // 256}/{sensor % 256}" for sensor in sensors.tolist()]
    heard = place.heard_ns[kept]
    kinds = np.concatenate([part.values["kind"] for part in parts])[kept]
    frame = np.concatenate([part.table["frame"].to_numpy() for part in parts])[kept]
    return tables.make_table(
        tables.REPORT,
        {
            **columns,
            "t_heard": pa.array(heard, tables.TIME, mask=heard == UNKNOWN_NS),
            "sensor": tables.words(codes.astype(np.int32), names),
            "kind": tables.words(kinds.astype(np.int32), REPORT_KINDS),
            "frame": frame,
        },
        rows=kept.size,
    )


def _column(part: _Rows, schema_field: pa.Field) -> Any:
    """Return a category's values for a column, or as many unknown ones."""
    if schema_field.name in part.values:
        return part.values[schema_field.name]
    if pa.types.is_string(schema_field.type):
        return pa.nulls(part.table.num_rows, schema_field.type)
    if pa.types.is_floating(schema_field.type):
        return np.full(part.table.num_rows, np.nan)
    return np.full(part.table.num_rows, -1 if schema_field.nullable else 0, np.int64)


def _taken(joined: list[Any], schema_field: pa.Field, kept: NDArray[np.int64]) -> pa.Array:
    """Join the categories' values, take the rows ``kept``, and make what is unknown null."""
    if pa.types.is_string(schema_field.type):
        return pa.concat_arrays(joined).take(pa.array(kept))
    values = np.concatenate(joined)[kept]
    if pa.types.is_floating(schema_field.type):
        return pa.array(values, from_pandas=True)
    return pa.array(values, schema_field.type, mask=values < 0 if schema_field.nullable else None)


def _with_impossible(
    rejects: pa.Table, frames: pa.Table, place: _Place, wrong: Mapping[str, B1]
) -> pa.Table:
    """Add the records that decode and cannot be; their octets reach to the next record."""
    bad = np.flatnonzero(_any(wrong, place.size)[place.order])
    if not bad.size:
        return rejects
    octets, source = frames["octets"], frames["source"]
    offsets, numbers, heard = frames["offset"], frames["frame"], frames["t_heard"]
    rows = []
    for index in bad.tolist():
        record = place.order[index]
        row, start = int(place.frame_row[record]), int(place.offset[record])
        stop = None
        if index + 1 < place.size and place.frame_row[place.order[index + 1]] == row:
            stop = int(place.offset[place.order[index + 1]])
        in_file = source[row].as_py().startswith("file:")
        rows.append(
            {
                "frame": numbers[row].as_py(),
                "t_heard": heard[row].cast(pa.int64()).as_py(),
                "source": source[row].as_py(),
                "offset": start + (offsets[row].as_py() if in_file else 0),
                "category": int(place.category[record]),
                "reason": next(why for why, mask in wrong.items() if mask[record]),
                "octets": octets[row].as_py()[start:stop],
            }
        )
    columns = {name: [row[name] for row in rows] for name in rows[0]}
    columns["t_heard"] = pa.array(columns["t_heard"], pa.int64()).cast(tables.TIME)
    made = tables.make_table(tables.REJECT, columns, rows=len(rows))
    joined = tables.concat(tables.REJECT, [rejects, made])
    return joined.sort_by([("frame", "ascending"), ("offset", "ascending")])
