"""The running chain: journal, reports, tracks, incidents, warnings; live or replay.

Comes in: frames of bytes (tables.FRAME) from live feeds or recordings. Goes out: rows of TRACK,
INCIDENT and WARNING, to the archive on disk and to the picture; REJECT rows for what could not be
read; counts.

:class:`Chain` is the deterministic part, a function of the frames and nothing else. :class:`Watch`
puts the journal before it and snapshots and output behind it. ``watch_live`` and ``watch_replay``
bring the frames. Nothing here knows the web or the command line.
"""

from airshield.watch.chain import Chain, ChainBatch
from airshield.watch.digest import TableDigest
from airshield.watch.live import Lag, watch_live
from airshield.watch.notes import Spoken
from airshield.watch.sources import open_feeds, watch_replay
from airshield.watch.watch import Watch

__all__ = [
    "Chain",
    "ChainBatch",
    "Lag",
    "Spoken",
    "TableDigest",
    "Watch",
    "open_feeds",
    "watch_live",
    "watch_replay",
]
