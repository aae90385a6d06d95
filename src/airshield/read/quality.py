"""What the quality figures that aircraft send are worth in metres, and what they call an emergency.

Sources: RTCA DO-260B, table 2-70; DO-282B has the same NACp. RTCA DO-260, table 2-11, for NUCp.
ICAO Annex 10 volume IV, 2.1.4.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from airshield.units import M_PER_NMI

EPU_M: Final = (
    *(np.nan, 10 * M_PER_NMI, 4 * M_PER_NMI, 2 * M_PER_NMI, M_PER_NMI, 0.5 * M_PER_NMI),
    *(0.3 * M_PER_NMI, 0.1 * M_PER_NMI, 0.05 * M_PER_NMI, 30.0, 10.0, 3.0),
    *(np.nan, np.nan, np.nan, np.nan),
)
"""Estimated position uncertainty (95 %, horizontal, radius) by NACp, 0 to 15."""

NUCP_RADIUS_M: Final = (
    *(np.nan, 10.0 * M_PER_NMI, 5.0 * M_PER_NMI, M_PER_NMI, 0.5 * M_PER_NMI),
    *(0.25 * M_PER_NMI, 0.1 * M_PER_NMI, 0.05 * M_PER_NMI, 10.0, 3.0),
)
"""Radius of 95 % by NUCp, 0 to 9, which version 0 sends in place of NACp."""

SIGMAS_IN_RADIUS_95: Final = 2.4477
"""A circular Gaussian has 95 % of its mass within sqrt(-2 ln 0.05) standard deviations."""

EMERGENCY_CODES: Final = (0o7500, 0o7600, 0o7700)
"""Mode 3/A: unlawful interference, radio failure, general emergency."""

_EPU_M: Final = np.array(EPU_M)
_NUCP_RADIUS_M: Final = np.array(NUCP_RADIUS_M)


def sigma_pos_m(nacp: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return one-sigma per axis of a place from NACp; NaN where it is negative or promises nothing.

    Examples
    --------
    >>> sigma_pos_m(np.array([10, 0, -1])).round(2).tolist()
    [4.09, nan, nan]
    """
    return _sigma_m(_EPU_M, nacp)


def sigma_of_nucp_m(nucp: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return one-sigma per axis of a place from NUCp; NaN where it is none or promises nothing.

    Examples
    --------
    >>> sigma_of_nucp_m(np.array([8, 0, -1])).round(2).tolist()
    [4.09, nan, nan]
    """
    return _sigma_m(_NUCP_RADIUS_M, nucp)


def _sigma_m(radius_m: NDArray[np.float64], code: NDArray[np.int64]) -> NDArray[np.float64]:
    told = (code >= 0) & (code < radius_m.size)
    return np.where(told, radius_m[np.where(told, code, 0)] / SIGMAS_IN_RADIUS_95, np.nan)
