"""One radar's sight from a raster file to an array, as a process of its own, for bench.py.

python benchmarks/cover/look.py SMALL FILE ROW COL MAST_M

Prints the processor seconds from before FILE is opened to after the array is there. Python's
start, the loading of the compiled loops and GDAL's first opening of anything, which SMALL takes,
are not in it: of the peer the same is taken off.
"""

import sys
import time

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
    before_s = time.process_time()
    look(file, int(row), int(col), float(mast_m))
    print(time.process_time() - before_s)


if __name__ == "__main__":
    main()
