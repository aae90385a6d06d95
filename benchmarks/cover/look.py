"""One radar's sight from a raster file to an array, as a process of its own, for bench.py.

python benchmarks/cover/look.py SMALL FILE ROW COL MAST_M

Prints the processor seconds from before FILE is opened to after the array is there, less those of
the same with SMALL, loops loaded and GDAL at work before: what is taken off the peer's.
"""

import sys
import time
from itertools import pairwise

from airshield.geo.terrain import read_raster
from airshield.plan.coverage import sight


def look(file: str, row: int, col: int, mast_m: float) -> None:
    ground_m, raster = read_raster(file)
    step_m = raster.transform[0]
    antenna_m = float(ground_m[row, col]) + mast_m
    sight.lowest_visible_m(ground_m, step_m=step_m, row=row, col=col, antenna_msl_m=antenna_m)


def main() -> None:
    small, file, row, col, mast_m = sys.argv[1:]
    look(small, 1, 1, float(mast_m))
    times_s = [time.process_time()]
    for given in ((small, 1, 1), (file, int(row), int(col))):
        look(*given, float(mast_m))
        times_s.append(time.process_time())
    start_s, whole_s = (after - before for before, after in pairwise(times_s))
    print(whole_s - start_s)


if __name__ == "__main__":
    main()
