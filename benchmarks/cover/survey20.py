"""Twenty radars of 200 km over 600 x 600 km in cells of 90 m, five layers, for bench.py.

    python benchmarks/cover/survey20.py DEM THREADS [SIDE_KM]

DEM is written first where it is not there: made hills, 3 seconds of arc, 184 million posts. Prints
a line of JSON: seconds on the wall and of the processor, the peak of memory, and some figures of
the answer. Nothing is kept from another run; the loops are compiled before.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import time
from pathlib import Path

import numpy as np
import rasterio
from shapely import box

from airshield.geo.terrain import Terrain, earth_factor
from airshield.plan.coverage.detection import TARGETS, RadarFigures
from airshield.plan.coverage.network import Layer
from airshield.plan.coverage.survey import SurveyRadar, SurveyTask, survey

WEST, SOUTH, EAST, NORTH = 23.5, 45.9, 38.5, 55.6
LAT, LON = 50.75, 31.0
POSTS = 1200  # to a degree
HEIGHTS_M = (100.0, 300.0, 1000.0, 3000.0, 10_000.0)
DEGREE_M = 111_200.0


def write_hills(path: Path) -> None:
    cols, rows = round((EAST - WEST) * POSTS), round((NORTH - SOUTH) * POSTS)
    with rasterio.open(
        path, "w", driver="GTiff", width=cols, height=rows, count=1, dtype="int16",
        crs="EPSG:4326", tiled=True, blockxsize=256, blockysize=256,
        transform=rasterio.Affine(1.0 / POSTS, 0.0, WEST, 0.0, -1.0 / POSTS, NORTH),
    ) as raster:  # fmt: skip
        for row in range(0, rows, 256):
            high = min(256, rows - row)
            y, x = np.mgrid[row : row + high, 0:cols].astype(np.float32)
            ground = 300.0 + 150.0 * np.sin(x / 40.0) * np.cos(y / 55.0)
            ground += 50.0 * np.sin(x * y / 9e6) + 200.0 * np.sin(x / 1500.0) * np.sin(y / 1100.0)
            raster.write(ground.astype(np.int16), 1, window=((row, row + high), (0, cols)))


def task_of(side_m: float, step_m: float, radars: int) -> SurveyTask:
    half_lat = 0.5 * side_m / DEGREE_M
    half_lon = half_lat / np.cos(np.radians(LAT))
    rng = np.random.default_rng(3)
    north, east = rng.uniform(-0.95, 0.95, (2, radars))
    return SurveyTask(
        radars=tuple(
            SurveyRadar(
                figures=RadarFigures(
                    name=f"r{i:02d}", antenna_msl_m=0.0, turn_s=5.0, rng_ref_m=180e3,
                    rcs_ref_m2=1.0, pd_ref=0.8, rng_min_m=1000.0, rng_max_m=200e3,
                ),
                contributor=f"c{i % 4}", antenna_agl_m=20.0,
                lat_deg=float(LAT + half_lat * north[i]), lon_deg=float(LON + half_lon * east[i]),
            )
            for i in range(radars)
        ),
        area=box(LON - half_lon, LAT - half_lat, LON + half_lon, LAT + half_lat),
        layers=tuple(
            Layer(cls="light_aircraft", height_m=hgt_m, above="ground") for hgt_m in HEIGHTS_M
        ),
        targets=dict(TARGETS), earth=earth_factor("4/3"), step_m=step_m, sight_step_m=step_m,
    )  # fmt: skip


def main() -> None:
    path, threads = Path(sys.argv[1]), int(sys.argv[2])
    side_m = 1000.0 * float(sys.argv[3] if len(sys.argv) > 3 else 600.0)
    if not path.exists():
        write_hills(path)
    terrain = Terrain.open(path)
    survey(task_of(30e3, 1000.0, 2), terrain=terrain, threads=threads)  # loads the loops
    before = time.perf_counter(), time.process_time()
    found = survey(task_of(side_m, 90.0, 20), terrain=terrain, threads=threads)
    for cover in found.layers:
        cover.counts()
    wall_s, cpu_s = time.perf_counter() - before[0], time.process_time() - before[1]
    peak_kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(
        json.dumps(
            {
                "wall_s": wall_s,
                "cpu_s": cpu_s,
                "peak_mib": peak_kib / 1024.0,
                "cells": found.grid.rows * found.grid.cols,
                "radars": len(found.radars),
                "gaps": found.gaps.num_rows,
                "loads": os.getloadavg(),
            }
        )
    )


if __name__ == "__main__":
    main()
