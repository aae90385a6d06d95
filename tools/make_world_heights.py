"""Make the world grid of heights that comes with airshield.

    python tools/make_world_heights.py Altitude.h5

``Altitude.h5`` lies in the folder ``pvlib/data`` of the Python package pvlib (made with 0.16.1).
Its table has 2160 × 4320 octets, row 0 in the north, column 0 at 180 W: metres are 28 times the
octet less 450; 255 is the sea. Needs h5py beside what airshield needs.
"""

from __future__ import annotations

import sys
from pathlib import Path

import h5py
import numpy as np
import rasterio
from rasterio.transform import from_origin

WORLD = Path(__file__).parents[1] / "src/airshield/geo/terrain/world_5min.tif"
SEA = 255


def main(source: str) -> None:
    """Write the grid as a GeoTIFF of whole metres."""
    with h5py.File(source) as file:
        raw = file["Altitude"][:]
    if raw.shape != (2160, 4320) or raw.dtype != np.uint8:
        raise SystemExit(f"{source}: a table of {raw.shape} {raw.dtype}, not the one that is known")
    height_m = np.where(raw == SEA, 0, raw.astype(np.int16) * 28 - 450).astype(np.int16)
    with rasterio.open(
        WORLD,
        "w",
        driver="GTiff",
        height=2160,
        width=4320,
        count=1,
        dtype="int16",
        crs="EPSG:4326",
        transform=from_origin(-180.0, 90.0, 1.0 / 12.0, 1.0 / 12.0),
        tiled=True,
        blockxsize=432,
        blockysize=432,
        compress="deflate",
        zlevel=9,
        predictor=2,
    ) as out:
        out.write(height_m, 1)
        out.update_tags(
            TIFFTAG_IMAGEDESCRIPTION="Heights above mean sea level [m], means of cells of 5 "
            "minutes of arc, in steps of 28 m; sea is 0. See NOTICE beside this file.",
        )
        out.units = ("m",)
    print(f"{WORLD}: {WORLD.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main(*sys.argv[1:])
