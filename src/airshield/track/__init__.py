"""Filters, gating, track life: REPORT tables in, TRACK tables out.

Comes in: plots of rotating radars (slant range and true azimuth, with Mode S address, Mode 3/A
code, pressure altitude and elevation where there are any) and reports that carry a place (ADS-B,
multilateration, drone identification, other systems' tracks). Goes out: a TRACK row for every
update of a track, one for what has not been told for three seconds as long as it is more likely
there than gone, one when a track ends; and
REGISTRATION rows, what is known of the radars' biases.

Sub-rooms, each with its essay, in the order in which they import each other (``make check`` holds
them to it): ``association`` (whose plot is it), ``life`` (is something there), ``past`` (going back
in time), ``publication`` (a track's row), ``registration`` (how wrong each radar is), ``trust``
(ADS-B held against radars), ``classes`` (what a track may be), ``clock`` (whose time is believed),
``clutter`` (the map of false plots), ``grid`` (finding tracks by address and place), ``sources``
(who sees a track), ``filters`` (the mathematics of one track), ``foreign`` (other systems' tracks).
This room's own loops tie them: what happens to one plot, and once a second.

**Frames.** Every track has its own tangent plane, laid anew every 30 km, so there is no map
projection, no seam and no limit on the area. A plot is solved for the track's height in exact
geometry (slant range, the radar's own axes, the curved Earth). The error of the height is a state
that rides along with every model's covariance: considered where a pressure altitude stands for
the height, estimated where nobody tells one and several radars see the target (their slant ranges
do), and learning a height improves the place at once.

**Motion.** Three models interact (IMM): straight flight, straight flight with much noise, and a
coordinated turn whose rate is estimated. Their noise is that of one of two behaviours, chosen by
the class probabilities. Altitude and climb rate have a filter of their own.

**Whose plot is it.** By Mode S address first: one live track per address, always. A plot of a
known address outside the gate never starts a second track; it is counted as contradicting, and
only three in a row that agree with each other, with no fitting plot in between, move the track
over (two for a tentative one). So of two aircraft with one address the track keeps to the first.
Addresses of all zeros and all ones are no identity. Everything else goes by place, with altitude
and Mode 3/A code: candidates from a hash of 8 km cells, an ellipsoid gate, the likelihood (with
its log-determinant) against the clutter where the plot is, confirmed tracks before tentative. A
radar gives a track one plot a turn; when a better one comes the worse one looks for a place of its
own, so the plots of a scan find their assignment one by one, without waiting for its end. What may
be clutter moves a track only as far as it is likely to be the track's (probabilistic data
association with one plot). A plot whose owner is known by address or code may be an outlier (a
bearing bent by a hillside, one in a hundred): it is taken with ten times its usual noise.

**Life.** Each track carries the probability that something real is there (IPDA): raised by the
likelihood of what fits against the measured density of clutter, lowered whenever the beam of a
radar that has seen it passes without a plot, a second and third miss in a row less, as real fades
go. Confirmed at 99.9 %, or at the second plot of an address; ended below 15 %, or after eight
turns of silence. Misses are judged once a second of event time, which only the reports' own time
moves, so a result never depends on how the input was cut into batches.

**Time.** A track remembers its last six updates. A plot that comes late goes back to the state of
its own time and the later ones are taken again; one older than that is fused with the state of
now, one later than 8 s dropped and counted. Rows are for the track's latest time, so they never go
back. Reports a minute ahead of everything else (unless three agree) are dropped and counted. So a
source whose clock is set back by more than 8 s stays out until its time has caught up.

**What is tracked.** Simulated targets are (an exercise is made of them); test targets (field
monitors) are not. Aircraft on the ground are. Left out: terrain (who could see what is learned, not
computed), deferred decisions over several scans (MHT), plots that two aircraft share, Doppler.

References: Bar-Shalom, Li, Kirubarajan, Estimation with Applications to Tracking and Navigation,
2001 (IMM 11.6, CV 6.2, CT 11.7); Schmidt, 1966 (considered parameters); Bar-Shalom, Tse, 1975
(PDA); Musicki, Evans, Stankovic, 1994 (IPDA).
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
    compile_life,
    compile_motion,
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


def warm_up_motion() -> None:
    """Compile the half of the kernels that moves, compares and updates tracks."""
    compile_motion(Tracker([_SAMPLE], geoid_height_m=0.0))


def warm_up_life() -> None:
    """Compile the other half: registration, classes, trust, what becomes of a track."""
    compile_life(Tracker([_SAMPLE], geoid_height_m=0.0))


WARM_UP_PARTS = (warm_up_motion, warm_up_life)
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
