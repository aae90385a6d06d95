"""Registration: how wrong each radar is, learned while it works.

Comes in: plots of a radar (slant range, true azimuth, elevation where it measures one) beside where
their targets were: by an ADS-B report carried to the plot's time (a *reference*), or by another
radar's plot of the same target (a *pair*). Goes out: for every radar its range offset and gain,
azimuth, time and elevation offsets with their full covariance (BIAS records, REGISTRATION rows),
corrections of its plots with the doubt that they leave, and alarms when a bias has jumped.

**Signs.** A bias is what the radar tells minus what is so: told range = range · (1 + gain) +
offset, told azimuth = azimuth + offset, told time = time + offset.

**Frames.** Range, azimuth and elevation are the radar's own, exact on the ellipsoid, azimuth from
true north; pairs meet on the ground at the target, east and north. There is no refraction: its bend
goes into the elevation offset, the slow-down of the waves into the gain.

**References.** A Kalman filter for each radar, robust (gate, then Huber's weights). An aircraft's
own error (GPS, altitude, latency) lasts for minutes: its successive residuals are weighted so that
in the long run they count as one sample in two correlation times. Where residuals are larger than
the noise that was told, the noise is raised, so sigmas stay honest. What all aircraft are late by
in common cannot be told from the radar's clock, and is taken for it.

**Pairs.** They say something about differences only. Two filters that teach each other would soon
be sure of anything, so what pairs say is added up for all radars together, as an information
matrix, and solved every few seconds with what each radar knows from references. Nothing counts
twice; radars that have references teach those that have none; without any, common offsets that the
geometry leaves open (all clocks late together) stay as unsure as they were. Elevations take
no part.

**Jumps.** Cumulated sums of the residuals' scores along range, azimuth, time and elevation. An
alarm opens the covariance of what has moved, so that it is learned anew, and takes the radar out
of the pairs' information. A radar that hears references is judged by those; else pairs vote, and
may first suspect the jumped radar's neighbour.

**In the tracker** ``straighten`` corrects every plot (``correct``) and its noise
(``correction_variance``); once the plot has its track, ``learn_biases`` compares it: ``sight``
(geometry), ``note_reference`` or ``note_pair``, ``forget`` after an alarm. Every few seconds comes
``settle``.

Left out: eccentric antennas and other errors that depend on azimuth, tilt, wrong places of radars,
range bias that differs between primary and secondary plots (use one BIAS for each), heights.

References: Bar-Shalom, Li, Kirubarajan, Estimation with Applications to Tracking and Navigation,
2001; Page, Biometrika 41, 1954 (CUSUM); Siegmund, Sequential Analysis, 1985 (its run lengths);
Huber, Ann. Math. Stat. 35, 1964.
"""

from airshield.track.registration.state import BIAS, BIAS_CONFIG, SIGHT
from airshield.track.registration.table import (
    AlarmLog,
    RegistrationSettings,
    bias_in_words,
    config_record,
    known_radars,
    registration_table,
    registration_tables,
    start_biases,
)

__all__ = [
    "BIAS",
    "BIAS_CONFIG",
    "SIGHT",
    "AlarmLog",
    "RegistrationSettings",
    "bias_in_words",
    "config_record",
    "known_radars",
    "registration_table",
    "registration_tables",
    "start_biases",
]
