"""TRACK rows as system tracks: CAT062 (EUROCONTROL-SPEC-0149-9, edition 1.21).

docs/share.md says item by item where each value comes from, and why the others are not there.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from airshield.geo._kernels import ECC2, SEMI_MAJOR_M
from airshield.read.asterix.reports.projection import plane_from_place, turn_and_stretch
from airshield.share.numbers import Numbered
from airshield.share.records import B1, F8, I8, Records
from airshield.tables import ADSB_CHECKS, HEIGHT_BASES, REPORT_KINDS, TRACK_STATUSES
from airshield.units import M_PER_FL, M_PER_FT, MPS_PER_FT_MIN, NS_PER_S

TENTATIVE, CONFIRMED, COASTING, ENDED = range(len(TRACK_STATUSES))

SHARED_SENSOR_BIT: Final = 63
"""The last bit of TRACK ``sensors`` stands for every source beyond the sixty-third."""

_OCTAL: Final = pa.array([f"{code:04o}" for code in range(1 << 12)])
_IDENTIFICATION: Final = "^[A-Z0-9 ]{1,8}$"
"""ICAO Annex 10, volume IV, 3.1.2.9.1.2: what six bits can say of it."""

COV_MAX_M: Final = 16_383.0
"""I062/500/COV, note 3; that or more."""
TRK_MAX_S: Final = 63.75
"""I062/290/TRK, note 6; that or more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class System:
    """Who sends.

    Attributes
    ----------
    sac, sic : int
        System area and identification code.
    service : int
        Number of the service (I062/015), which the system itself allots.
    reference : (float, float) or None
        WGS-84 latitude and longitude [deg] at which the system's stereographic plane touches the
        Earth; None for none, then there are no Cartesian places.
    is_simulated : bool
        Everything is an exercise: every track says so.
    """

    sac: int
    sic: int
    service: int = 1
    reference: tuple[float, float] | None = None
    is_simulated: bool = False


def columns_of(tracks: pa.Table) -> pa.RecordBatch:
    """Return TRACK rows as one contiguous batch."""
    (batch,) = tracks.unify_dictionaries().combine_chunks().to_batches()
    return batch


def codes_of(tracks: pa.RecordBatch, name: str, words: tuple[str, ...]) -> NDArray[np.int32]:
    """Return a word column as places in ``words``."""
    column = tracks.column(name)
    place = {word: i for i, word in enumerate(words)}
    known = [place[word] for word in column.dictionary.to_pylist()]
    return np.asarray(np.array(known, np.int32)[column.indices.to_numpy()])


def mode_3a_of(tracks: pa.RecordBatch) -> NDArray[np.int32]:
    """Return Mode 3/A codes, -1 where unknown."""
    codes = pc.fill_null(tracks.column("mode_3a").cast(pa.int32()), -1).to_numpy()
    # One that is no code is left out, so a track never has it.
    return np.where(codes < len(_OCTAL), codes, np.int32(-1))


def system_tracks(tracks: pa.RecordBatch, numbers: Numbered, system: System) -> Records:
    """Put TRACK rows into the items of CAT062."""
    out = Records(62, tracks.num_rows)
    out.put("i010_sac", system.sac)
    out.put("i010_sic", system.sic)
    out.put("i015", system.service)
    out.put_time("i070_s", times_ns(tracks))
    lat_deg, lon_deg = _floats(tracks, "lat_deg"), _floats(tracks, "lon_deg")
    is_placed = _put_place(out, lat_deg, lon_deg)
    velocity = {
        "i185_vx_mps": _floats(tracks, "vel_east_mps"),
        "i185_vy_mps": _floats(tracks, "vel_north_mps"),
    }
    out.measure("I062/185", velocity)
    _put_identity(out, tracks, numbers)
    out.put("i040", numbers.number.astype(np.uint16), numbers.number >= 0)
    out.leave_out("I062/040: every track number is taken", numbers.number < 0)
    _put_status(out, tracks, numbers, system)
    age_s = numbers.age_ns / NS_PER_S
    out.measure("I062/290", {"i290_trk_s": np.minimum(age_s, TRK_MAX_S)}, numbers.number >= 0)

    # Its other part, QNH, is 0 where there is a level: not corrected.
    out.measure("I062/135", {"i135_ctb_fl": _floats(tracks, "alt_baro_m") / M_PER_FL})
    is_high = out.measure("I062/130", {"i130_ft": _floats(tracks, "alt_hae_m") / M_PER_FT})
    out.measure("I062/220", {"i220_ft_min": _floats(tracks, "vel_up_mps") / MPS_PER_FT_MIN})
    _put_errors(out, tracks, lat_deg, lon_deg, is_placed, is_high, system)
    return out


def times_ns(tracks: pa.RecordBatch) -> I8:
    """Return TRACK ``t`` as nanoseconds since 1970."""
    return np.asarray(tracks.column("t").cast(pa.int64()).to_numpy())


def _floats(tracks: pa.RecordBatch, name: str) -> F8:
    return np.asarray(tracks.column(name).to_numpy(zero_copy_only=False), np.float64)


def _put_place(out: Records, lat_deg: F8, lon_deg: F8) -> B1:
    lsb_deg = 180.0 / (1 << 25)
    # The item has no +180: the meridian that rounds there is -180, the same one.
    on_line = np.rint(lon_deg / lsb_deg) == 1 << 25
    lon_deg = np.where(on_line, -180.0, lon_deg)
    return out.measure("I062/105", {"i105_lat_deg": lat_deg, "i105_lon_deg": lon_deg})


def _put_identity(out: Records, tracks: pa.RecordBatch, numbers: Numbered) -> None:
    """Put the Mode 3/A code, the address and the identification."""
    told = tracks.column("mode_3a")
    fits = pc.less(told, len(_OCTAL))
    out.leave_out("I062/060: more than four octal digits", _where(pc.invert(fits)))
    known = _where(fits)
    if known.any():
        zero = np.zeros(out.rows, np.uint8)
        out.put("i060_v", zero, known)
        out.put("i060_g", zero, known)
        out.put("i060_ch", numbers.is_changed, known)
        codes = pc.if_else(fits, told, None).cast(pa.int32())
        out.put("i060_mode3a", _OCTAL.take(codes))

    told = tracks.column("mode_s")
    fits = pc.and_(pc.greater(told, 0), pc.less(told, 1 << 24))
    out.leave_out("I062/380/ADR: no address of 24 bits", _where(pc.invert(fits)))
    out.put("i380_adr", pc.if_else(fits, told, None))

    told = tracks.column("callsign").dictionary_encode()
    words = pc.utf8_rtrim(told.dictionary, " ")
    # Nothing but spaces is what an aircraft without identification sends.
    words = pc.if_else(pc.equal(words, ""), None, words)
    good = pc.if_else(pc.match_substring_regex(words, _IDENTIFICATION), words, None)
    named = good.take(told.indices)
    lost = pc.and_(words.take(told.indices).is_valid(), named.is_null())
    out.leave_out("I062/380/ID: not 8 of A to Z, 0 to 9", _where(lost))
    out.put("i380_id", named)


def _where(condition: pa.Array) -> B1:
    return np.asarray(pc.fill_null(condition, False).to_numpy(zero_copy_only=False))


def _kinds(*names: str) -> int:
    return sum(1 << REPORT_KINDS.index(name) for name in names)


# Behind a foreign track may stand any sensor, so what it has not is not known either.
_MAYBE_PSR: Final = _kinds("psr", "psr_ssr", "mode_s", "track")
"""``mode_s`` too: a Mode S radar's plot may come with its primary echo (I048/020 TYP 6 and 7)."""
_MAYBE_SSR: Final = _kinds("ssr", "psr_ssr", "mode_s", "track")
_MAYBE_MDS: Final = _kinds("mode_s", "track")
_MAYBE_ADS: Final = _kinds("adsb", "track")
_BY_GNSS: Final = _kinds("adsb", "drone_id")
_BY_MLAT: Final = _kinds("mlat")
_TRACK: Final = _kinds("track")
_GNSS, _RADAR_3D, _MLAT = 1, 2, 7  # codes of I062/080/SRC; 0 is no source


def _put_status(out: Records, tracks: pa.RecordBatch, numbers: Numbered, system: System) -> None:
    status = codes_of(tracks, "status", TRACK_STATUSES)
    is_last = status == ENDED
    # The last row of a track only says that it is the last: it stays as sure as it was before.
    lasting = np.where(is_last, numbers.before, status)
    is_coasting = lasting == COASTING
    sensors = tracks.column("sensors").to_numpy()
    kinds = tracks.column("kinds").to_numpy()
    basis = codes_of(tracks, "height_basis", HEIGHT_BASES)
    check = codes_of(tracks, "adsb_check", ADSB_CHECKS)

    one = (sensors != 0) & ((sensors & (sensors - np.uint64(1))) == 0)
    out.put("i080_mon", _bits(one & (sensors != np.uint64(1 << SHARED_SENSOR_BIT))))
    is_geometric = basis == HEIGHT_BASES.index("geometric")
    is_by_radar = basis == HEIGHT_BASES.index("elevation")
    out.put("i080_mrh", _bits(is_geometric | is_by_radar))
    by_gnss, by_mlat, by_others = ((kinds & bits) != 0 for bits in (_BY_GNSS, _BY_MLAT, _TRACK))
    source = np.zeros(out.rows, np.uint8)
    # Where several could have given the height, which of them did is not known.
    source[is_geometric & by_gnss & ~by_mlat & ~by_others] = _GNSS
    source[is_geometric & by_mlat & ~by_gnss & ~by_others] = _MLAT
    source[is_by_radar] = _RADAR_3D
    out.put("i080_src", source)
    out.put("i080_cnf", _bits(lasting == TENTATIVE))
    out.put("i080_sim", int(system.is_simulated))
    out.put("i080_tse", _bits(is_last))
    out.put("i080_tsb", _bits((numbers.before < 0) & (numbers.number >= 0)))
    out.put("i080_aff", _bits(check == ADSB_CHECKS.index("contradicted")))
    out.put("i080_cst", _bits(is_coasting))
    for name, maybe in (
        ("i080_psr", _MAYBE_PSR),
        ("i080_ssr", _MAYBE_SSR),
        ("i080_mds", _MAYBE_MDS),
        ("i080_ads", _MAYBE_ADS),
    ):
        out.put(name, _bits(is_coasting | ((kinds & maybe) == 0)))


def _bits(where: B1) -> NDArray[np.uint8]:
    return where.view(np.uint8)


def _put_errors(
    out: Records,
    tracks: pa.RecordBatch,
    lat_deg: F8,
    lon_deg: F8,
    is_placed: B1,
    is_high: B1,
    system: System,
) -> None:
    """Put the accuracies, and the place in the system's plane with its own."""
    cov = tracks.column("cov_m2")
    flat = cov.values.slice(6 * cov.offset, 6 * len(cov)).to_numpy(zero_copy_only=False)
    ee, en, _, nn, _, uu = flat.reshape(-1, 6).T
    negative = (ee < 0.0) | (nn < 0.0) | (uu < 0.0)
    out.leave_out("I062/500: a negative variance", negative)
    ee, en, nn, uu = (np.where(negative, np.nan, part) for part in (ee, en, nn, uu))

    lat_rad = np.radians(lat_deg)
    bend = 1.0 - ECC2 * np.sin(lat_rad) ** 2
    north_m = SEMI_MAJOR_M * (1.0 - ECC2) / bend**1.5
    east_m = SEMI_MAJOR_M / np.sqrt(bend) * np.maximum(np.cos(lat_rad), 1e-12)
    in_degrees = {
        "i500_apw_lat_deg": np.degrees(np.sqrt(nn) / north_m),
        "i500_apw_lon_deg": np.degrees(np.sqrt(ee) / east_m),
    }
    out.measure_error(in_degrees, is_placed)
    out.measure_error({"i500_aga_ft": np.sqrt(uu) / M_PER_FT}, is_high)
    if system.reference is None:
        return

    x_m, y_m = plane_from_place(*system.reference, lat_deg, lon_deg)
    is_there = out.measure("I062/100", {"i100_x_m": x_m, "i100_y_m": y_m}, is_placed)
    # The plane's axes lie turned against east and north at the target, and it is stretched there.
    turn_rad, scale = turn_and_stretch(*system.reference, lat_deg, lon_deg)
    c, s = np.cos(turn_rad), np.sin(turn_rad)
    area = scale * scale
    xx = area * (ee * c * c + 2.0 * en * c * s + nn * s * s)
    yy = area * (nn * c * c - 2.0 * en * c * s + ee * s * s)
    xy = area * (en * (c * c - s * s) + (nn - ee) * c * s)
    # Rounding may leave a variance of nothing at minus nothing.
    sigma_x_m, sigma_y_m = np.sqrt(np.maximum(xx, 0.0)), np.sqrt(np.maximum(yy, 0.0))
    out.measure_error({"i500_apc_x_m": sigma_x_m, "i500_apc_y_m": sigma_y_m}, is_there)
    root_m = np.clip(np.sign(xy) * np.sqrt(np.abs(xy)), -COV_MAX_M, COV_MAX_M)
    out.measure("I062/500/COV", {"i500_cov_m": root_m}, is_there)
