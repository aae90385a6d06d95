"""What the tracker remembers: fixed-size records that kernels read and write in place.

Every field is eight octets wide, so records stay aligned and a snapshot is a plain copy. Angles
are radians, times are seconds after the tracker's first report, places are metres in the frame
that the field's comment names.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from airshield.tables import REPORT_KINDS, TRACK_CLASSES

MODELS: Final = 3
"""Motion models that run side by side in every track."""

CALM, AGILE, TURNING = range(MODELS)
"""Straight flight, high noise, coordinated turn (the last: it has a prediction of its own)."""

SETS: Final = 2
FAST, SLOW = range(SETS)
"""Sets of motion models by behaviour: what may fly like a jet, and what flies like a helicopter,
a drone, a light aircraft, a balloon or a bird. A track begins in the first."""

LINKS: Final = 8
"""Radars that a track remembers to have seen it; a ninth takes the place of the longest silent."""

CELLS_NOTED: Final = 6
"""Plots of a young track that count as clutter when nothing comes of it."""

CELL_RINGS: Final = 100
CELL_SECTORS: Final = 120
"""The clutter map of a radar: rings of range and sectors of three degrees."""

CLASSES: Final = len(TRACK_CLASSES) - 1

PAST: Final = 6
"""Updates that a track remembers, to go back before a plot that comes late or a better one."""

NO_CODE: Final = -1
"""An address or a Mode 3/A code that is not known (zero is a valid Mode 3/A code)."""

TRACK_STATE: Final = np.dtype(
    [
        ("number", "i8"),  # 0: the slot is free
        ("status", "i8"),  # index into TRACK_STATUSES
        ("hits", "i8"),  # updates since birth
        ("existence", "f8"),
        # Horizontal: one estimate per model, in the track's own east-north-up frame.
        ("t", "f8"),  # time of x, P, C
        ("t_ns", "i8"),  # the same, UTC, to the nanosecond
        ("w", "f8", (MODELS,)),  # probability of each model
        ("x", "f8", (MODELS, 5)),  # east, north [m], their rates [m/s], rate of turn [rad/s]
        ("P", "f8", (MODELS, 5, 5)),
        ("C", "f8", (MODELS, 5)),  # covariance of x with the error of the height
        # The frame: touches the ellipsoid (height zero) near the track.
        ("lat_rad", "f8"),
        ("lon_rad", "f8"),
        ("o", "f8", (3,)),  # origin, Earth-centred
        ("A", "f8", (3, 3)),  # rows east, north, up in Earth-centred axes
        ("radius_m", "f8"),  # Gaussian radius of curvature at the origin
        # Vertical: altitude and climb rate, apart from the horizontal filter.
        ("tz", "f8"),
        ("z", "f8"),
        ("vz", "f8"),
        ("Pz", "f8", (3,)),  # zz, zv, vv
        ("basis", "i8"),  # index into HEIGHT_BASES
        ("is_baro", "i8"),  # z is a pressure altitude, else a height above the ellipsoid
        ("offset_m", "f8"),  # height above the ellipsoid = z + offset
        ("ph", "f8"),  # variance of the height's standing error [m2]
        ("odd_n", "i8"),  # altitudes in a row that did not fit
        ("odd_z", "f8"),  # the last of them
        # Identity and evidence. Everything from ``t`` to here is what ``Memory.past`` keeps.
        ("mode_s", "i8"),
        ("mode_3a", "i8"),
        ("t_code", "f8"),  # when the Mode 3/A code was last seen
        ("callsign", "u8"),  # eight octets of ASCII
        ("sensors", "u8"),
        ("kinds", "u8"),
        ("cls", "i8"),
        ("behaviour", "i8"),  # which set of motion models
        ("cls_t", "f8"),  # when the classes were last weighed
        ("cls_logp", "f8", (CLASSES,)),
        ("cls_p", "f8", (CLASSES,)),
        ("silent_n", "i8"),  # echoes without an answer from radars that ask for one
        ("t_hit", "f8"),  # last update, by anything
        ("t_radar", "f8"),
        ("t_adsb", "f8"),
        ("t_agree", "f8"),  # when ADS-B and radar last agreed
        ("t_row", "f8"),  # time of the last published row, and the same in UTC
        ("t_row_ns", "i8"),
        # Who sees it: radars (or other sources), when last, and how reliably of late.
        ("link", "i8", (LINKS,)),  # index into the radars; -1: free
        ("t_plot", "f8", (LINKS,)),  # time of its last plot
        ("t_pass", "f8", (LINKS,)),  # the same, moved on by a turn at every miss
        ("pd", "f8", (LINKS,)),  # running probability of detection
        # Cells of the clutter map under its first plots.
        ("noted", "i8", (CELLS_NOTED,)),
        ("noted_radar", "i8", (CELLS_NOTED,)),
        ("noted_n", "i8"),
        # Its last ADS-B report, and what radars say of it.
        ("claimed_t", "f8"),  # the first one
        ("told_t", "f8"),
        ("told_lat_rad", "f8"),
        ("told_lon_rad", "f8"),
        ("told_hae_m", "f8"),
        ("told_v", "f8", (3,)),  # east, north, up [m/s]
        ("told_var_m2", "f8"),  # of its place, each axis
        ("told_var_hae_m2", "f8"),
        ("honest", "f8"),  # logarithm of the odds that the ADS-B is true
        ("accused", "i8"),
        # A plot that waits for one of another radar, to compare the two radars.
        ("pair_link", "i8"),  # -1: none
        ("pair_t", "f8"),
        ("pair_rng_m", "f8"),
        ("pair_azm_rad", "f8"),
        ("pair_var", "f8", (2,)),
        ("pair_last_t", "f8"),
        ("rival", "i8"),  # number of a track that fits its plots too, and how often in a row
        ("rival_n", "i8"),
        ("several", "i8"),  # 1: more than one radar has seen it
        # The ring of its last updates.
        ("past_n", "i8"),
        ("past_at", "i8"),
        # Plots of the track's own address that contradict the state.
        ("contra_n", "i8"),
        ("contra_t", "f8"),
        ("contra", "f8", (3,)),  # Earth-centred place of the last of them
        ("cell", "i8", (3,)),  # of the grid in which it hangs
    ]
)

NEAR: Final = np.dtype(
    [
        ("g", "f8", (3,)),  # Earth-centred place when the track was last put into the grid
        ("t", "f8"),  # the time of that place
        ("reach_m", "f8"),  # how far it may be from there then, and how that grows
        ("grows_mps", "f8"),
        ("has_height", "i8"),
        ("spare", "i8"),
    ]
)
"""What the first look at a track needs: one line of the processor's cache."""

WORK: Final = np.dtype(
    [
        # A predicted track.
        ("c", "f8", (MODELS,)),
        ("share", "f8", (MODELS, MODELS)),
        ("xs", "f8", (MODELS, 5)),
        ("Ps", "f8", (MODELS, 5, 5)),
        ("Cs", "f8", (MODELS, 5)),
        # All models together.
        ("x", "f8", (5,)),
        ("P", "f8", (5, 5)),
        ("C", "f8", (5,)),
        ("ph", "f8"),  # variance of the height's error
        ("number", "i8"),  # of the track that the plot at hand went to
        ("rival", "i8"),  # slot of another that fits it too
        ("slot", "i8"),  # whose update the following is; -1: nobody's
        ("late_s", "f8"),  # 0, or how much older than the state the plot is (negative)
        # A plot in the track's frame.
        ("p", "f8", (2,)),  # east, north [m] for the track's height
        ("R", "f8", (2, 2)),  # its noise [m2]
        ("gh", "f8", (2,)),  # how far the place moves per metre of height
        # Scratch.
        ("v", "f8", (2,)),
        ("K", "f8", (5, 2)),
        ("V", "f8", (5, 2)),
        ("dh", "f8"),
        ("dph", "f8"),
        ("dhs", "f8", (MODELS,)),
        ("dphs", "f8", (MODELS,)),
        ("S", "f8", (2, 2)),
        ("y", "f8", (2,)),
        ("n", "f8", (2,)),
        ("F", "f8", (5, 5)),
        ("U", "f8", (5, 5)),
        ("B", "f8", (3, 3)),
        ("J", "f8", (3, 3)),
        ("G", "f8", (MODELS, 3)),
        ("r", "f8", (3,)),
        ("d", "f8", (3,)),
        ("q", "f8", (max(3, MODELS),)),
        # Scratch for foreign tracks: a state without its rate of turn, theirs, and room.
        ("x4", "f8", (4,)),
        ("v4", "f8", (4,)),
        ("d4", "f8", (4,)),
        ("z4", "f8", (4,)),
        ("P4", "f8", (4, 4)),
        ("R4", "f8", (4, 4)),
        ("W", "f8", (2, 4, 4)),
        # Registration's scratch.
        ("ecef", "f8", (3,)),
        ("vel", "f8", (3,)),
        ("var_i", "f8", (2,)),
        ("var_j", "f8", (2,)),
        ("pair", "f8", (8, 8)),
    ]
)

PLOT: Final = np.dtype(
    [
        ("t_ns", "i8"),
        ("t", "f8"),
        ("frame", "u8"),
        ("what", "i8"),  # POLAR, PLACE, or minus the reason why it is dropped
        ("sensor", "i8"),  # index of the radar, or of the bit of another source
        ("link", "i8"),  # index into the radars' records: the radar, or its kind of other source
        ("kind", "i8"),  # index into REPORT_KINDS
        ("rng_m", "f8"),
        ("azm_rad", "f8"),
        ("elv_rad", "f8"),
        ("raw_rng_m", "f8"),  # as the radar told them
        ("raw_azm_rad", "f8"),
        ("raw_elv_rad", "f8"),
        ("raw_t", "f8"),
        ("lat_rad", "f8"),
        ("lon_rad", "f8"),
        ("baro_m", "f8"),
        ("hae_m", "f8"),
        ("ve", "f8"),
        ("vn", "f8"),
        ("vu", "f8"),
        ("sigma_rng_m", "f8"),
        ("sigma_azm_rad", "f8"),
        ("sigma_pos_m", "f8"),
        ("mode_s", "i8"),
        ("mode_3a", "i8"),
        ("callsign", "u8"),
        ("track_sensor", "i8"),  # a foreign system's own number for its track
        ("source", "i8"),  # the foreign system, counted as they appear
        ("ecef", "f8", (3,)),  # rough place for the grid, filled in by the kernel
        ("log_density", "f8"),  # of its likelihood for the track at hand [1/m2]
        ("trust", "f8"),  # probability that it is the track's and not clutter
        ("cost", "f8"),  # twice its negative log-likelihood for the track that has it
        ("cell", "i8"),  # of its radar's clutter map; -1: not an echo
        ("stretch", "f8"),  # factor on the plot's variance: 1, or more for an outlier
        ("height_m", "f8"),  # height above the ellipsoid used for that place
    ]
)

RADAR: Final = np.dtype(
    [
        ("ecef", "f8", (3,)),
        ("A", "f8", (3, 3)),
        ("radius_m", "f8"),
        ("hae_m", "f8"),
        ("turn_s", "f8"),
        ("rng_min_m", "f8"),
        ("rng_max_m", "f8"),
        ("pd", "f8"),
        ("t_first", "f8"),  # earliest and latest report of this radar
        ("t_last", "f8"),
        ("cell_m", "f8"),  # depth of the rings of its clutter map
        ("asks", "i8"),  # 1: it has a secondary channel too
        ("beam_t", "f8"),  # when its beam stood at its last plot's azimuth
        ("beam_rad", "f8"),
    ]
)

CONFIG: Final = np.dtype(
    [
        ("q", "f8", (SETS, MODELS)),  # density of the white-noise acceleration [m2/s3]
        ("tau_s", "f8", (MODELS,)),  # mean stay in each model
        ("w0", "f8", (MODELS,)),  # weights of the models at birth
        ("var_turn", "f8", (SETS,)),  # of a rate of turn that is not known
        ("q_turn", "f8"),
        ("q_vertical", "f8"),
        ("q_height", "f8"),  # growth of the variance of a height that nobody tells [m2/s]
        ("climb_change", "f8"),  # a climb that may begin between two altitudes [m/s]
        ("sigma_spd0", "f8", (MODELS,)),  # of each velocity component at birth
        ("gate", "f8"),
        ("gate_address", "f8"),
        (
            "clutter",
            "f8",
            (len(REPORT_KINDS),),
        ),  # false plots per m2 and scan by kind; NaN: as the map says
        ("births", "f8"),  # new silent targets per m2 and scan
        ("births_first", "f8"),  # the same at a radar's first turn
        ("confirm", "f8"),  # existence that makes a track confirmed, and that ends one
        ("give_up", "f8"),
        ("odds_hit", "f8"),
        ("odds_max", "f8"),
        ("pd_max", "f8"),
        ("fade", "f8", (2,)),  # probability of a second and of a further miss in a row
        ("publish_s", "f8"),  # age of its last row at which a track is told again
        ("told_from", "f8"),  # existence below which it is not
        ("geoid_m", "f8"),
        ("var_baro_m2", "f8"),
        ("var_hae_m2", "f8"),
        ("var_climb", "f8"),
        ("var_spd", "f8"),
        ("var_spd_foreign", "f8"),
        ("gate_foreign", "f8"),
        ("sigma_elv_rad", "f8"),
        ("late_max_s", "f8"),
        ("ahead_max_s", "f8"),
        ("lag_s", "f8"),  # how long a report may be under way before its absence is a miss
        ("misses_end", "i8"),
        ("anchor_m", "f8"),
    ]
)

CLOCK: Final = np.dtype(
    [
        ("t0_ns", "i8"),  # second zero; -1 before the first report
        ("now", "f8"),  # running maximum of report time
        ("tick", "i8"),  # next whole second to be looked at
        ("pending", "i8"),  # the report at hand has passed the time checks already
        ("step", "f8"),  # by how much a report moves the clock, on average
        ("ahead_n", "i8"),  # reports in a row far ahead of the clock
        ("ahead_link", "i8"),  # who sent the first, and whether others agree
        ("ahead_many", "i8"),
        ("ahead_t0", "f8"),  # the time of the first of them, and of the last
        ("ahead_t", "f8"),
        ("late_n", "i8"),  # reports in a row that were too late
        ("late_t0", "f8"),
        ("late_t", "f8"),
        ("next_number", "i8"),
        ("live", "i8"),
        ("free_n", "i8"),
        ("top", "i8"),  # no slot from here on has ever been used
        ("settled", "f8"),  # when the pairs were last solved for
        ("rows", "i8"),  # rows written by the run at hand
    ]
)

ROW: Final = np.dtype(
    [
        ("t_ns", "i8"),
        ("number", "u8"),
        ("status", "i8"),
        ("lat_rad", "f8"),
        ("lon_rad", "f8"),
        ("hae_m", "f8"),
        ("baro_m", "f8"),
        ("ve", "f8"),
        ("vn", "f8"),
        ("vu", "f8"),
        ("cov", "f8", (6,)),
        ("existence", "f8"),
        ("basis", "i8"),
        ("mode_s", "i8"),
        ("mode_3a", "i8"),
        ("callsign", "u8"),
        ("sensors", "u8"),
        ("kinds", "u8"),
        ("cls", "i8"),
        ("cls_p", "f8", (CLASSES,)),  # NaN while nothing has been weighed
        ("adsb", "i8"),
        ("frame", "u8"),
    ]
)


def _word(name: str) -> int:
    """Place of a field in a track's record, in words of eight octets."""
    fields: Any = TRACK_STATE.fields
    return int(fields[name][1]) // 8


MOTION_FROM: Final = _word("t")
MOTION_UPTO: Final = _word("mode_s")
"""The words of a track's record that an update changes and going back restores."""


class Memory(NamedTuple):
    """The tables that the loops work on."""

    tracks: Any
    flat: NDArray[np.int64]  # the same octets as ``tracks``, by words: shape (tracks, words)
    near: Any
    past: NDArray[np.int64]  # shape (tracks, PAST, words of motion): before each update
    past_t: NDArray[np.float64]  # shape (tracks, PAST): the time of that state
    past_plots: Any  # shape (tracks * PAST): the plot that followed
    scratch: Any  # one track
    scratch_flat: NDArray[np.int64]  # the same by words
    replay: Any  # PAST + 1 plots
    moved: Any  # two plots
    free: NDArray[np.int64]
    heads: NDArray[np.int64]
    links: NDArray[np.int64]
    radars: Any
    aliases: Any  # foreign systems' numbers for tracks of ours
    cover: NDArray[np.float32]  # shape (radars, cells of cover, 2): hits and looks
    cover_edges: NDArray[np.float64]
    biases: Any  # registration: records of BIAS, its settings and scratch
    bias_cfg: Any
    sights: Any
    pair_info: NDArray[np.float64]  # shape (4 radars, 4 radars); empty without pairs
    pair_sum: NDArray[np.float64]
    pair_work: NDArray[np.float64]
    pair_right: NDArray[np.float64]
    pair_rows: NDArray[np.int64]
    cells: NDArray[np.float32]  # shape (radars, CELL_RINGS * CELL_SECTORS, 2)
    rings: NDArray[np.float32]  # shape (radars, CELL_RINGS, 2)


DROPS: Final = (
    "",
    "unknown sensor",
    "no position",
    "kind not tracked",
    "test target",
    "too late",
    "far ahead of the clock",
    "second plot of a scan",
    "address contradicted",
    "own system's track",
    "foreign track not bound",
)
"""Why a report did not update a track; the position in the tuple is the kernels' number."""
