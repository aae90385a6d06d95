"""Other viewsheds on one site, for bench.py: xarray-spatial and GRASS where they are found.

    PYTHON benchmarks/cover/peers.py FILE

Prints JSON: nanoseconds of processor time a cell, by name. Both run van Kreveld's angular sweep and
tell angles at visible cells, not lowest altitudes; xarray-spatial knows no curve of the Earth, so
it is for speed alone that they stand here. They are slow: each gets the middle 501 x 501 posts.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from importlib import import_module
from pathlib import Path

SIDE = 501


def with_xarray_spatial(file: str) -> float:
    rasterio, xarray, xrspatial = map(import_module, ("rasterio", "xarray", "xrspatial"))
    with rasterio.open(file) as raster:
        row, col = (raster.height - SIDE) // 2, (raster.width - SIDE) // 2
        ground = raster.read(1, window=((row, row + SIDE), (col, col + SIDE)))
        step = raster.transform.a
    at = [step * i for i in range(SIDE)]
    grid = xarray.DataArray(
        ground.astype("float64"), dims=("y", "x"), coords={"y": at[::-1], "x": at}
    )
    middle = at[SIDE // 2]
    xrspatial.viewshed(grid, x=middle, y=middle, observer_elev=20.0)  # compiles
    before = time.process_time()
    xrspatial.viewshed(grid, x=middle, y=middle, observer_elev=20.0)
    return (time.process_time() - before) / SIDE**2


def with_grass(file: str, folder: Path) -> float:
    where = str(folder / "location")
    subprocess.run(["grass", "-c", file, "-e", where], check=True, stdout=subprocess.DEVNULL)
    run = ["grass", f"{where}/PERMANENT", "--exec"]

    def spent_s(command: list[str]) -> float:
        before = os.times()
        subprocess.run([*run, *command], check=True, capture_output=True)
        after = os.times()
        return sum(after[2:4]) - sum(before[2:4])

    spent_s(["r.in.gdal", f"input={file}", "output=ground"])
    told = subprocess.run([*run, "g.region", "raster=ground", "-gc"], check=True,
                          capture_output=True, text=True).stdout  # fmt: skip
    facts = dict(line.split("=") for line in told.split() if "=" in line)
    east, north = float(facts["center_easting"]), float(facts["center_northing"])
    told = subprocess.run([*run, "g.region", "raster=ground", "-g"], check=True,
                          capture_output=True, text=True).stdout  # fmt: skip
    step = float(dict(line.split("=") for line in told.split())["nsres"])
    half = 0.5 * SIDE * step
    sides = {"n": north + half, "s": north - half, "e": east + half, "w": east - half}
    spent_s(["g.region", *(f"{side}={at}" for side, at in sides.items()), "align=ground"])
    look = ["r.viewshed", "-c", "-r", "input=ground", "output=seen", "--overwrite"]
    look += [f"coordinates={east},{north}", "observer_elevation=20", "refraction_coeff=0.25"]
    start_s = spent_s([*look, "max_distance=200"])
    return (spent_s(look) - start_s) / SIDE**2


def main() -> None:
    file = sys.argv[1]
    out = {}
    try:
        out["xarray-spatial (CPU)"] = 1e9 * with_xarray_spatial(file)
    except ImportError:
        print("xarray-spatial is not in this environment", file=sys.stderr)
    if shutil.which("grass"):
        with tempfile.TemporaryDirectory() as name:
            out["GRASS r.viewshed"] = 1e9 * with_grass(file, Path(name))
    print(json.dumps(out))


if __name__ == "__main__":
    main()
