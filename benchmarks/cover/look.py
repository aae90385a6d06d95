"""One radar's sight from a raster file to an array, as a process of its own, for bench.py.

python benchmarks/cover/look.py FILE ROW COL MAST_M

Prints the processor seconds from before the file is opened to after the array is there: Python's
start and the loading of the compiled loops are not in it.
"""

import sys
import time

import rasterio

from airshield.plan.coverage import sight


def main() -> None:
    file, row, col, mast_m = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4])
    sight.warm_up()
    before_s = time.process_time()
    # A raster that is read once need not be kept a second time in GDAL's own memory.
    with rasterio.Env(GDAL_CACHEMAX=16), rasterio.open(file) as raster:
        ground_m = raster.read(1)
        step_m = raster.transform.a
    sight.lowest_visible_m(
        ground_m,
        step_m=step_m,
        row=row,
        col=col,
        antenna_msl_m=float(ground_m[row, col]) + mast_m,
    )
    print(time.process_time() - before_s)


if __name__ == "__main__":
    main()
