"""Which register a Comm-B reply holds, when nobody says."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from airshield.errors import UsageError
from airshield.read.registers import _kernels
from airshield.read.registers.rules import make_rules


def infer_bds(
    mb: ArrayLike,
    *,
    alt_ft: ArrayLike | None = None,
    gs_kt: ArrayLike | None = None,
    track_true_deg: ArrayLike | None = None,
    capability: ArrayLike | None = None,
    tell_several: bool = False,
) -> NDArray[np.uint8]:
    """Tell which register each MB field is, from its bits and what is known of the aircraft.

    A reply of downlink format 20 or 21 does not say which register it holds; only whoever asked
    knows. Registers 1,0, 1,7, 2,0, 3,0, 4,0, 4,4, 4,5, 5,0 and 6,0 are told apart.

    Parameters
    ----------
    mb : array_like of uint64, shape (n,)
        MB fields of 56 bits.
    alt_ft : array_like, shape (n,), optional
        Pressure altitude [ft]: a reply of format 20 brings it. NaN is unknown.
    gs_kt, track_true_deg : array_like, shape (n,), optional
        Ground speed [kt] and true track [deg] from elsewhere (ADS-B, a track), at most some ten
        seconds old. NaN is unknown.
    capability : array_like of uint32, shape (n,), optional
        The aircraft's last ``bds17_capability``: what it has not in use is not guessed. 0 is
        unknown.
    tell_several : bool
        Whether several registers that fit are told from none: 255 instead of 0.

    Returns
    -------
    ndarray of uint8, shape (n,)
        The register's number; 0 where none or several fit.

    Raises
    ------
    UsageError
        An array differs in length from ``mb``.

    Notes
    -----
    A register is out where it breaks its own layout (reserved bits, a value behind a status bit of
    0, a value no aircraft has) or where its values disagree by more than five standard deviations:
    ground speed with airspeed, roll with turn rate, airspeed with Mach number and altitude, one
    vertical rate with the other. If 5,0 and 6,0 are both left, the one whose values agree better
    wins, if it does so by far. Layouts: ICAO Doc 9871. That status bits tell registers apart is
    from Sun, Vû, Ellerbroek and Hoekstra, "pyModeS: Decoding Mode-S Surveillance Data for Open Air
    Transportation Research", IEEE T-ITS 21(7), 2020; the agreement tests here are our own.
    docs/registers.md measures it: nothing named wrong among 45,795 registers whose number was
    known.

    Examples
    --------
    >>> infer_bds([0x85E42F31300000, 0x201493B51D6820, 0]).tolist() == [0x40, 0x20, 0]
    True
    """
    word = np.ascontiguousarray(mb, dtype=np.uint64)
    alt = _column(word.size, "alt_ft", alt_ft)
    gs = _column(word.size, "gs_kt", gs_kt)
    track = _column(word.size, "track_true_deg", track_true_deg)
    services = np.zeros(word.size, np.int64)
    if capability is not None:
        services[:] = np.asarray(capability, dtype=np.int64)
    bds = np.empty(word.size, np.uint8)
    fits = np.empty(word.size, np.int64)
    turn, speed = np.empty(word.size), np.empty(word.size)
    rules = make_rules(usual=True)
    _kernels.find_fits(word, services, rules, fits)
    _kernels.weigh(word, fits, alt, gs, track, rules, turn, speed)
    _kernels.choose(word, fits, turn, speed, alt, rules, bds)
    if not tell_several:
        bds[bds == _kernels.SEVERAL] = _kernels.UNKNOWN
    return bds


def _column(n: int, name: str, values: ArrayLike | None) -> NDArray[np.float64]:
    if values is None:
        return np.full(n, np.nan)
    column = np.ascontiguousarray(values, dtype=np.float64)
    if column.shape != (n,):
        raise UsageError(f"{name} has {column.size} values and mb {n}; give one for each")
    return column
