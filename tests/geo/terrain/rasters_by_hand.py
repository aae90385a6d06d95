"""Small rasters of heights, written for one test."""

import warnings

import numpy as np
import rasterio
from rasterio.transform import Affine

DEGREES = "EPSG:4326"


def write(path, height, *, west, north, step, down=None, crs=DEGREES, unit=None, **options):
    """Write heights whose north-western corner lies at (west, north)."""
    height = np.asarray(height)
    transform = options.pop("transform", Affine(step, 0.0, west, 0.0, -(down or step), north))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", rasterio.errors.NotGeoreferencedWarning)
        with rasterio.open(
            path,
            "w",
            driver="GTiff",
            height=height.shape[0],
            width=height.shape[1],
            count=1,
            dtype=str(height.dtype),
            crs=crs,
            transform=transform,
            **options,
        ) as out:
            out.write(height, 1)
            if unit is not None:
                out.units = (unit,)
    return path


def plane(west, north, step, rows, cols, *, down=None):
    """Heights that rise by 10 m a degree to the east and 20 m to the north: linear everywhere."""
    lon = west + step * (np.arange(cols) + 0.5)
    lat = north - (down or step) * (np.arange(rows) + 0.5)
    return (1000.0 + 10.0 * lon + 20.0 * lat[:, None]).astype(np.float32)


def on_plane(lat, lon):
    """The same plane at places."""
    return 1000.0 + 10.0 * np.asarray(lon) + 20.0 * np.asarray(lat)
