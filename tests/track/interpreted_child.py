"""Track a recording of reports without compiling: REPORT file in, TRACK file out.

Started with NUMBA_DISABLE_JIT set, so that every index is checked: compiled loops read past an
array's end without a word.
"""

import sys

import numpy as np
import pyarrow.parquet as pq

from airshield.tables import REPORT
from airshield.track import Tracker
from reference import track_skies as skies

RADARS = [skies.radar(1), skies.radar(2, east_m=60e3, turn_s=5.0)]

if __name__ == "__main__":
    source, target = sys.argv[1:]
    reports = pq.read_table(source).cast(REPORT)
    with np.errstate(over="ignore"):  # hashing multiplies round the corner
        batch = Tracker(RADARS, geoid_height_m=skies.GEOID_M).feed(reports)
    pq.write_table(batch.tracks, target)
