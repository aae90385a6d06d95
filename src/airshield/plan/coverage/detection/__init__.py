"""Detection: with which probability a radar sees what, where, and why not.

Comes in: a radar as its maker publishes it (:class:`RadarFigures`: one point that it reaches, and
its limits), a class of targets (:class:`TargetClass`, :data:`TARGETS`), rain if it rains, and for
maps the lowest visible altitude around the radar. Goes out: the probability of detection in one
look at any range and height (:func:`pd_at`, :func:`make_table`), the range at which a probability
is reached (:func:`range_by_power_m`), codes and probabilities of map cells (:func:`see_patch`,
:func:`see_cells`; why not: ``airshield.plan.coverage.reasons``), and what several looks add up to
(:func:`cumulative_pd`, :func:`start_probability`).

**Frames and units.** Metres; heights above mean sea level unless the name says otherwise; ranges
slant or over the ground as named; azimuths from true north, clockwise; patches are
azimuthal-equidistant around the radar, row 0 north, column 0 west. Maps are float32 and octets.
NaN is unknown and stays so.

**Model.** Echoes fall with R⁴; the published point stands for transmitter, antenna and losses.
Probabilities are exact for Swerling's targets 0 to 4 (``chance``). Air and rain take their part by
ITU-R P.676-12, P.835-6 and P.838-3 (``atmosphere``). The Earth is a sphere of k times its mean
radius on which rays run straight; slant range and elevation are exact on it. Limits: least and
instrumented range, height, highest beam (the cone of silence), lowest beam, sectors, speeds at
which a Doppler filter is blind (``doppler``).

Looks are independent of each other, as Swerling 1 and 3 have it from scan to scan.

Left out: the shape of the beam in elevation (a cosecant-squared beam reaches less far high up: give
``alt_max_msl_m`` and ``elv_max_deg``), lobes from the sea's and ground's mirror image, clutter and
the echo of rain, jamming, diffraction behind ridges (VHF), ducts. docs/detection.md has the
formulas, the sources and how far simpler ones are off.
"""

import numpy as np

from airshield.plan.coverage.detection.atmosphere import (
    Rain,
    earth_radius_m,
    gas_db_per_km,
    path_loss_db,
    rain_db_per_km,
)
from airshield.plan.coverage.detection.cells import SeenCells, see_cells, see_offsets, see_patch
from airshield.plan.coverage.detection.chance import pd_of_snr, snr_needed_db, threshold
from airshield.plan.coverage.detection.doppler import (
    blind_share,
    blind_speeds_mps,
    first_blind_mps,
    is_blind,
    tangential_band_deg,
)
from airshield.plan.coverage.detection.figures import TARGETS, RadarFigures, TargetClass
from airshield.plan.coverage.detection.reach import (
    PdTable,
    make_table,
    pd_at,
    range_by_power_m,
    sees_all,
    snr_db,
)
from airshield.plan.coverage.detection.starts import cumulative_pd, start_probability

__all__ = [
    "TARGETS",
    "PdTable",
    "RadarFigures",
    "Rain",
    "SeenCells",
    "TargetClass",
    "blind_share",
    "blind_speeds_mps",
    "cumulative_pd",
    "earth_radius_m",
    "first_blind_mps",
    "gas_db_per_km",
    "is_blind",
    "make_table",
    "path_loss_db",
    "pd_at",
    "pd_of_snr",
    "rain_db_per_km",
    "range_by_power_m",
    "see_cells",
    "see_offsets",
    "see_patch",
    "sees_all",
    "snr_db",
    "snr_needed_db",
    "start_probability",
    "tangential_band_deg",
    "threshold",
    "warm_up",
]


def warm_up() -> None:
    """Compile this room's kernels, or load them from the cache."""
    radar = RadarFigures(
        name="warm-up",
        antenna_msl_m=10.0,
        turn_s=1.0,
        rng_ref_m=1e3,
        rcs_ref_m2=1.0,
        pd_ref=0.5,
        rng_min_m=0.0,
        rng_max_m=2e3,
    )
    table = make_table(radar, TARGETS["airliner"])
    lowest = np.zeros((3, 3), np.float32)
    see_patch(
        radar,
        table,
        lowest_msl_m=lowest,
        step_m=1.0,
        alt_msl_m=1.0,
        surface_msl_m=0.0,
        pd_least=0.5,
    )
    see_cells(
        radar,
        table,
        rng_ground_m=1.0,
        azm_true_deg=0.0,
        alt_msl_m=1.0,
        lowest_msl_m=0.0,
        surface_msl_m=0.0,
        pd_least=0.5,
    )
    start_probability(np.zeros(1), hits=1, looks=1)
