"""One recognised air picture, kept in memory for whoever looks at it.

Comes in: batches of REPORT, TRACK, INCIDENT, WARNING and REGISTRATION rows from the watch, in the
order in which they happened. Goes out: consistent snapshots of the newest state of every track,
its trail, the sensors' life signs and biases, and two streams for a page or a program to follow:

- **pictures** (:func:`encode_frame`): binary columns, a key frame or the difference from what the
  reader has. A reader that is slow skips pictures; the next one brings it up to date.
- **alerts** (:meth:`Picture.alerts_after`): every INCIDENT and WARNING row, numbered from 1 without
  gaps, kept whole. A reader that was away asks for all after the last number it has. Nothing is
  skipped here, ever.

Units are SI, angles degrees, frames WGS-84, as on the tables. Unknown stays unknown: every column
that may be null has a sentinel in the binary layout, which is never zero. The one clock is the one
given to :class:`Picture`; in a replay the watch's time follows the data.

What it leaves out: fusing track sources (one tracker feeds it), release labels, history beyond
the trails (the journal has it).
"""

from airshield.picture.frame import Frame, decode_frame, encode_frame, frame_as_json
from airshield.picture.picture import (
    MODES,
    STATES,
    Alert,
    Bias,
    Picture,
    Snapshot,
    Status,
)
from airshield.picture.trails import encode_trails, trails_as_json

__all__ = [
    "MODES",
    "STATES",
    "Alert",
    "Bias",
    "Frame",
    "Picture",
    "Snapshot",
    "Status",
    "decode_frame",
    "encode_frame",
    "encode_trails",
    "frame_as_json",
    "trails_as_json",
]
