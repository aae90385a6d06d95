"""What a track probably is: eight classes, each with its probability.

Comes in: looks at a track's motion (ground speed, height above mean sea level, climb rate,
acceleration, each with its accuracy, NaN where unknown) and what it answers to interrogation.
Goes out: eight probabilities in the order of ``CLASSES`` (``TRACK_CLASSES`` without "unknown"),
and the class to show: named when its probability passes a threshold, kept down to a lower one,
else unknown.

**A class is a hint.** It says which ordinary kind of aircraft moves like this. It is no
identification and says nothing of intent; a person decides what to make of it. What moves alike
stays unknown: a slow drone and a flock of birds, a helicopter that flies straight and a light
aircraft. Nothing else in this house drops a track or a warning for its class.

**How.** A recursive Bayes filter. Each class is a few regimes of flight with soft bounds
(``_kernels.py`` lists figures and sources); a look's likelihood is the regimes' density, widened
by the measurement's noise, and never below that of a row that is not what it seems. Looks at one
flight repeat one another: a cruise measured a thousand times is still one cruise. So a look has
the power of its share of ``REACH_S``, whatever the rate of updates; the memory fades with
``FORGET_S`` and never holds more than ``MEMORY_MAX``, so that a class can change. Identity (silent,
Mode A/C, Mode S, ADS-B, remote identification) is weighed once at the end and not at every look.
ADS-B can pretend all of it: whether it is to be believed is ``adsb_check``'s matter.

**In a track's record** it takes two arrays of eight and a number, and at each look (every two
seconds is plenty, from the track's fourth update on)::

    update_classes(trk.cls_logp, trk.cls_p, spd_mps, sigma_spd_mps, alt_msl_m, sigma_alt_m,
                   climb_mps, sigma_climb_mps, acc_mps2, t - trk.t_cls)   # inf: the first look
    weigh_classes(trk.cls_logp, identity_of(...), trk.cls_p)
    trk.cls = name_class(trk.cls_p, trk.cls)

``judge_class`` does that for the tracker, from the row that it has just written, and chooses the
set of motion models by what comes out. ``cls_logp`` starts as zeros, ``t_cls`` as minus infinity.
Without a look the probabilities are those of the identity alone: ``weigh_classes`` on zeros.

**Left out.** Echo size and its flutter, Doppler spectra and wing beats (reports carry none), the
emitter category that ADS-B sends (REPORT has no column for it), heights above ground, wind. How
common classes are is one mild table for everywhere.

**How good.** On three benchmark scenes (200 targets each, of six classes; figures were chosen with
two of them in sight, the third was new) 88 % of looks have a name and 4 to 6 % of the names are
wrong. What is 90 % sure is right 97 % of the time or more, what is 60 to 90 % sure is right in 67
to 93 %. Silent fast low flights are named in 98 % of looks; the price is that a tenth of the looks
at jets says so too. Helicopters are seldom named (7 to 19 %) and more often called light aircraft:
only hovering tells them apart. ``benchmarks/tracking/classes.py`` prints the table of confusions.

References: Bar-Shalom, Kirubarajan, Gokberk, Tracking with classification-aided multiframe data
association, IEEE Transactions on Aerospace and Electronic Systems 41(3), 2005 (classes beside
states); Ibrahim, Chen, Power prior distributions for regression models, Statistical Science 15(1),
2000 (weighing evidence by a power).
"""

import math

import numpy as np

from airshield.tables import TRACK_CLASSES
from airshield.track.classes._kernels import (
    identity_of,
    name_class,
    update_classes,
    weigh_classes,
)

CLASSES = TRACK_CLASSES[1:]
"""The classes that probabilities are told of, in their order."""

__all__ = [
    "CLASSES",
    "identity_of",
    "name_class",
    "update_classes",
    "warm_up",
    "weigh_classes",
]


def warm_up() -> None:
    """Compile this room's kernels, or load them from the cache."""
    logp, p = np.zeros(len(CLASSES)), np.zeros(len(CLASSES))
    update_classes(logp, p, 230.0, 2.0, 11e3, 30.0, 0.0, 1.0, math.nan, math.inf)
    weigh_classes(logp, identity_of(True, True, False, False, 0), p)
    name_class(p, 0)
