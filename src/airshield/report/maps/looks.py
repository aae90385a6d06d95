"""What the cells of a map look like, and the codes that say so."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from airshield.plan.coverage.network import NO_AIR_COUNT, UNKNOWN_COUNT, bands_of

Rgb = tuple[int, int, int]

OUTSIDE: Final = 0
"""The code of cells that a map leaves blank."""
BAND_LEVELS_M: Final = (100.0, 200.0, 300.0, 500.0, 1_000.0, 2_000.0, 3_000.0, 5_000.0, 10_000.0)
"""Where bands of lowest altitudes end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """A colour, and a pattern ('plain', 'hatch', 'dots', 'lines') in another."""

    words: str
    base: Rgb
    ink: Rgb
    pattern: str = "plain"


_TILE_PX: Final = 30
"""Every pattern comes again after so many pixels, whichever way."""


def inked(pattern: str, width_px: int, height_px: int) -> NDArray[np.bool_]:
    """Pixels of a picture that a pattern draws in its ink."""
    y, x = np.mgrid[:_TILE_PX, :_TILE_PX]
    tile = {
        "plain": np.zeros_like(x, np.bool_),
        "hatch": (x + y) % 6 < 2,
        "dots": (x % 5 < 2) & (y % 5 < 2),
        "lines": y % 5 < 1,
    }[pattern]
    times = (-(-height_px // _TILE_PX), -(-width_px // _TILE_PX))
    return np.tile(tile, times)[:height_px, :width_px]


def _plain(words: str, base: Rgb) -> Look:
    return Look(words=words, base=base, ink=base)


def _gap(words: str) -> Look:
    return Look(words=words, base=(255, 232, 214), ink=(184, 74, 0), pattern="hatch")


_UNKNOWN: Final = Look(words="unknown", base=(214, 216, 218), ink=(84, 92, 100), pattern="dots")
_COUNTS: Final = (
    Look(words="outside the territory", base=(255, 255, 255), ink=(255, 255, 255)),
    _gap("seen by none"),
    _plain("by 1 radar", (176, 208, 230)),
    _plain("by 2", (112, 170, 210)),
    _plain("by 3", (46, 124, 180)),
    _plain("by 4 or more", (8, 66, 124)),
    _UNKNOWN,
    Look(words="below the ground", base=(206, 196, 180), ink=(140, 122, 96), pattern="lines"),
)
# From yellow, which is low and good, over green to violet: lightness falls all the way.
_RAMP: Final = (
    (255, 244, 176), (222, 233, 156), (178, 217, 146), (110, 190, 140), (64, 166, 150),
    (40, 146, 156), (42, 118, 156), (48, 90, 150), (66, 52, 124),
)  # fmt: skip


def count_looks() -> tuple[Look, ...]:
    """Looks of :func:`count_codes`, code by code."""
    return _COUNTS


def count_codes(counts: NDArray[np.uint8], inside: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """Codes of a map of numbers of radars (``LayerCover.counts``), blank outside the territory.

    Examples
    --------
    >>> counts = np.array([[0, 1, 7, 255, 254, 3]], np.uint8)
    >>> count_codes(counts, np.array([[True] * 5 + [False]])).tolist()
    [[1, 2, 5, 6, 7, 0]]
    """
    codes = np.minimum(counts, 4) + np.uint8(1)
    codes[counts == UNKNOWN_COUNT] = 6
    codes[counts == NO_AIR_COUNT] = 7
    codes[~inside] = OUTSIDE
    return codes


def band_looks(levels_m: Sequence[float] = BAND_LEVELS_M) -> tuple[Look, ...]:
    """Looks of :func:`band_codes`, code by code; at most as many levels as by default."""
    froms = (None, *levels_m[:-1])
    return (
        _COUNTS[OUTSIDE],
        *(
            _plain(f"up to {to:,.0f} m" if low is None else f"{low:,.0f} to {to:,.0f} m", colour)
            for low, to, colour in zip(froms, levels_m, _RAMP, strict=False)
        ),
        _gap(f"above {levels_m[-1]:,.0f} m or never"),
        _UNKNOWN,
    )


def band_codes(
    lowest_m: NDArray[Any],
    inside: NDArray[np.bool_],
    levels_m: Sequence[float] = BAND_LEVELS_M,
) -> NDArray[np.uint8]:
    """Codes of a map of lowest altitudes or heights [m], blank outside the territory.

    Examples
    --------
    >>> lowest = np.array([[80.0, 150.0, np.inf, np.nan]], np.float32)
    >>> band_codes(lowest, np.ones((1, 4), bool), (100.0, 300.0)).tolist()
    [[1, 2, 3, 4]]
    """
    bands = bands_of(lowest_m, levels_m)
    codes = np.where(bands < 0, len(levels_m) + 2, bands + 1).astype(np.uint8)
    codes[~inside] = OUTSIDE
    return codes
