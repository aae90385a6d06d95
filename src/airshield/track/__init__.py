"""Filters, gating, track life: REPORT tables in, TRACK tables out.

Comes in: plots of rotating radars (slant range and true azimuth, with Mode S address, Mode 3/A
code and pressure altitude where there are any) and reports that carry a place (ADS-B,
multilateration, foreign tracks). Goes out: one TRACK row for every update of a track, one per
turn while it coasts, one when it ends.

**Frames.** Every track has its own tangent plane, laid anew every 30 km, so there is no map
projection, no seam and no limit on the area. A plot is solved for the track's height in exact
geometry (slant range, the radar's own axes, the curved Earth). Altitude and climb rate have a
filter of their own; what the height rests on is published beside it. The height's standing error
(the weather under a pressure altitude, or no altitude at all) is carried along as a considered
parameter: its covariance with the state is kept, so a 2-D plot of unknown height gives an honest
ellipse and learning the height improves the place at once.

**Motion.** Two constant-velocity models, calm and agile, interact (IMM). Their number and noise
are data; a set is chosen in ``TrackSettings``.

**Whose plot is it.** By Mode S address first: one live track per address, always. A plot of a
known address outside the gate never starts a second track; it is counted as contradicting, and
only three in a row that agree with each other, with no fitting plot in between, move the track
over (two for a tentative one). So of two aircraft with one address the track keeps to the first.
Addresses of all zeros and all ones are no identity. Everything else goes by place, with altitude
and Mode 3/A code: candidates from a hash of 8 km cells, an ellipsoid gate, the likelihood
(with its log-determinant), confirmed tracks before tentative. A plot whose owner is known by
address or code may be an outlier (a bearing bent by a hillside, one in a hundred): it is taken
with ten times its usual noise. A second plot from one radar within half a turn of the first never
updates a track, and starts none where it fits one.

**Life.** Tentative; confirmed at the second fitting plot with an address, else at the third with
an existence above 0.99; coasting when a turn that should have seen it has passed; ended after
eight such turns (two for a tentative track) or at an existence below 0.02. The existence is
IPDA's: raised by the likelihood of what fits against a clutter density, lowered by every missed
turn. Misses are judged once a second of event time, which only the reports' own time moves, so a
result never depends on how the input was cut into batches.

**Time.** A report late by up to 8 s updates its track through the state at its own time; the row
is for the track's latest time, so a track's rows never go back. Later ones, and reports a minute
ahead of everything else (unless three agree), are dropped and counted. So a source whose clock is
set back by more than 8 s stays out until its time has caught up.

**What is tracked.** Simulated targets are (an exercise is made of them); test targets (field
monitors) are not. Aircraft on the ground are. Left out until the tracker issue: a measured
clutter map, exact assignment in clusters, registration, rollback, class probabilities, the full
ADS-B check. ``adsb_check`` says ``verified`` when ADS-B and radar have both updated the track
within the gate in the last minute, ``unverified`` while only ADS-B has.

References: Bar-Shalom, Li, Kirubarajan, Estimation with Applications to Tracking and Navigation,
2001 (IMM 11.6, CV 6.2); Schmidt, 1966 (considered parameters); Musicki, Evans, Stankovic, 1994
(IPDA).
"""

import numpy as np

from airshield import geo
from airshield.sensors import Radar
from airshield.tables import REPORT, make_table
from airshield.track.state import DROPS
from airshield.track.tracker import (
    TrackBatch,
    Tracker,
    TrackRun,
    TrackSettings,
    compile_association,
    compile_update,
)

DROP_REASONS = DROPS[1:]
"""Why a report did not update a track: the keys of ``TrackBatch.dropped``."""

__all__ = ["DROP_REASONS", "TrackBatch", "TrackRun", "TrackSettings", "Tracker", "warm_up"]


def warm_up() -> None:
    """Compile this room's kernels, or load them from the cache."""
    geo.warm_up()
    columns = {
        "t": np.arange(3).astype("datetime64[s]").astype("datetime64[ns]").astype(np.int64),
        "sensor": [_SAMPLE.sensor] * 3,
        "kind": ["psr"] * 3,
        "rng_slant_m": [5e4, 5e4, 5e4],
        "azm_true_deg": [10.0, 10.0, 90.0],
        "flags": [0] * 3,
        "frame": [0, 1, 2],
    }
    Tracker([_SAMPLE], geoid_height_m=0.0).feed(make_table(REPORT, columns, rows=3))


def warm_up_association() -> None:
    """Compile the half of the kernels that chooses a plot's track."""
    compile_association(Tracker([_SAMPLE], geoid_height_m=0.0))


def warm_up_update() -> None:
    """Compile the part of the kernels that begins, updates and publishes a track."""
    compile_update(Tracker([_SAMPLE], geoid_height_m=0.0))


WARM_UP_PARTS = (warm_up_association, warm_up_update)
"""What other processes may compile before ``warm_up``, which then finds it in the cache."""

_SAMPLE = Radar(
    name="warm-up",
    contributor="",
    sac=1,
    sic=1,
    lat_deg=0.0,
    lon_deg=0.0,
    antenna_hae_m=0.0,
    turn_s=4.0,
    rng_min_m=0.0,
    rng_max_m=1e5,
    sigma_rng_m=50.0,
    sigma_azm_deg=0.1,
    has_primary=True,
    has_secondary=True,
    pd=0.9,
)
