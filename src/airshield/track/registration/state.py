"""What registration remembers of each radar, and what its kernels pass to each other.

Every field is eight octets wide: a snapshot is a plain copy. Angles are radians, times seconds
after the caller's second zero. The order of the four biases is that of ``BIASES`` throughout.
"""

from __future__ import annotations

from typing import Final

import numpy as np

BIASES: Final = 4
"""Range offset [m], range gain [ratio], azimuth offset [rad], time offset [s], in this order.

All are what the radar tells minus what is so. Elevation has a filter of its own.
"""

WATCHED: Final = 4
"""What is watched for jumps: range, azimuth, time, elevation, in this order."""

BIAS: Final = np.dtype(
    [
        # From references alone: a Kalman filter of its own for every radar.
        ("t", "f8"),  # time of x and P; NaN before the first
        ("x", "f8", (BIASES,)),
        ("P", "f8", (BIASES, BIASES)),
        ("elv", "f8"),  # elevation offset [rad] and its variance; no pairs come in
        ("var_elv", "f8"),
        # With the pairs: what corrections are made of.
        ("b", "f8", (BIASES,)),
        ("B", "f8", (BIASES, BIASES)),
        # How much larger the noise is than the caller says: of range, azimuth, elevation.
        ("noise", "f8", (3,)),
        # Sums for jumps, up and down; those of references and those of pairs.
        ("up", "f8", (2, WATCHED)),
        ("down", "f8", (2, WATCHED)),
        # The record.
        ("t_reference", "f8"),  # last reference that was used; NaN for none
        ("t_alarm", "f8"),  # last alarm; NaN for none
        ("references", "i8"),
        ("elevations", "i8"),
        ("pairs", "i8"),
        ("odd", "i8"),  # references and pairs that did not fit
        ("alarms", "i8"),
    ]
)

SIGHT: Final = np.dtype(
    [
        # One plot beside where its target was, as its radar should have seen it.
        ("t", "f8"),
        ("rng_m", "f8"),  # slant range of the reference
        ("across_m", "f8"),  # its distance from the radar's vertical
        ("y", "f8", (3,)),  # plot minus reference: range [m], azimuth, elevation [rad]
        ("rate", "f8", (3,)),  # how fast the reference moves: range, azimuth, elevation
        ("G", "f8", (2, BIASES)),  # range and azimuth residual per unit of each bias
        # The same on the ground: east and north at the target.
        ("z", "f8", (2,)),  # residual of the place, at the target's height [m]
        ("E", "f8", (2, BIASES)),  # the place's residual per unit of each bias
        ("r", "f8", (2,)),  # how the place moves per metre of range
        ("a", "f8", (2,)),  # and per radian of azimuth
        ("h", "f8", (2,)),  # and per metre by which the height is too great
        ("v", "f8", (2,)),  # velocity [m/s]
        ("V", "f8", (2, BIASES)),  # scratch
        ("scores", "f8", (WATCHED,)),  # scratch
    ]
)

BIAS_CONFIG: Final = np.dtype(
    [
        ("var0", "f8", (BIASES,)),  # variances before anything is known
        ("var_elv0", "f8"),
        ("drift", "f8", (BIASES,)),  # variance that each bias gains in a second
        ("drift_elv", "f8"),
        ("stay_s", "f8"),  # how long a reference's error lasts
        ("var_latency_s2", "f8"),
        ("forget_s", "f8"),  # memory of the pairs
        ("gate", "f8"),
        ("cut", "f8"),
        ("slack", "f8"),
        ("limit", "f8"),
    ]
)
