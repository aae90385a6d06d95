"""One raster of heights: what it says of itself, what is refused, and reading a window of it.

GDAL reads the files, through rasterio, which is loaded at the first raster: it takes a quarter of
a second that no other command should wait for.
"""

from __future__ import annotations

import math
import warnings
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Final, Literal, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from airshield import memory
from airshield.errors import MissingFileError, TerrainError, UsageError
from airshield.geo.terrain import _kernels
from airshield.geo.terrain.mapped import mapped_m
from airshield.units import M_PER_FT

F4 = NDArray[np.float32]
F8 = NDArray[np.float64]
Sea = Literal["told", "floor", "void"]

GEODETIC: Final = "EPSG:4326"
"""What places come in: WGS-84 degrees."""

LOWEST_GROUND_M: Final = -500.0
"""The shore of the Dead Sea is at -430 m, the deepest open pits a little lower still."""

HIGHEST_GROUND_M: Final = 9000.0
"""Everest is 8,849 m; more than this is not metres."""

M_PER_DEG: Final = 111_195.0
"""One degree of a great circle of the mean Earth."""

CACHE_MIB: Final = 128
"""GDAL's cache of decoded blocks. Its own default, a twentieth of the memory, is not bounded."""

BLOCK_BYTES: Final = 256 << 20
"""Largest block a raster may be stored in: it is decoded whole to read one cell."""

WHOLE_CELLS: Final = 1 << 29
"""Most that :meth:`Raster.whole_m` takes: 2 GB of heights."""

SUFFIXES: Final = (
    ".tif", ".tiff", ".vrt", ".hgt", ".img", ".bil", ".flt", ".asc", ".dem",
    ".dt0", ".dt1", ".dt2", ".nc", ".grd", ".jp2",
)  # fmt: skip
"""What is taken for a raster inside a zip or a folder."""

UNITS_M: Final = {
    "": 1.0, "m": 1.0, "metre": 1.0, "metres": 1.0, "meter": 1.0, "meters": 1.0,
    "ft": M_PER_FT, "foot": M_PER_FT, "feet": M_PER_FT,
    "us survey foot": 1200.0 / 3937.0, "us-ft": 1200.0 / 3937.0, "ftus": 1200.0 / 3937.0,
    "cm": 0.01, "centimetre": 0.01, "centimeter": 0.01,
    "dm": 0.1, "decimetre": 0.1, "decimeter": 0.1,
    "km": 1000.0, "kilometre": 1000.0, "kilometer": 1000.0,
}  # fmt: skip
"""Units of height that rasters name, in metres. The survey foot is 1200/3937 m by definition."""


class Window(NamedTuple):
    """A part of an array."""

    row: int
    col: int
    rows: int
    cols: int

    def of(self, room: F4) -> F4:
        """The part, not copied."""
        return room[self.row : self.row + self.rows, self.col : self.col + self.cols]


@dataclass(frozen=True, slots=True, kw_only=True)
class Raster:
    """A raster of heights as it lies on disk; nothing of it is kept in memory."""

    name: str
    """What GDAL opens."""
    shown: str
    """The name for people: that of the file."""
    files: tuple[str, ...]
    """Every file whose bytes matter, a VRT's sources and side files included."""
    crs: str
    """Coordinate system as WKT 2."""
    is_degrees: bool
    unit_m: float
    """Metres on the ground in one unit of the coordinates: a degree, a metre, a foot."""
    transform: tuple[float, float, float, float, float, float]
    """x = a·col + b·row + c, y = d·col + e·row + f, of the corners of cells."""
    rows: int
    cols: int
    nodata: float
    """NaN where none is told."""
    scale: float
    offset: float
    """Metres = value · scale + offset: the raster's own, times its unit."""
    sea: Sea

    @property
    def cell_m(self) -> float:
        """Size of a cell on the ground [m], the larger of both sides."""
        a, b, _, d, e, _ = self.transform
        return max(math.hypot(a, d), math.hypot(b, e)) * self.unit_m

    def read_into(self, room: F4, at: Window, row: int, col: int) -> None:
        """Put heights from a row and a column on [m] into a window of an array; NaN unknown.

        Raises
        ------
        TerrainError
            Where a value cannot be the height of ground, or the file cannot be read.
        """
        rio = rasterio()
        with rio.Env(GDAL_CACHEMAX=CACHE_MIB):
            try:
                with rio.open(self.name) as dataset:
                    dataset.read(
                        1, window=rio.windows.Window(col, row, at.cols, at.rows), out=at.of(room)
                    )
            except rio.errors.RasterioError as why:
                raise TerrainError(
                    file=self.shown,
                    what=f"cannot be read at row {row}, column {col} ({_first_line(why)})",
                    remedy="the file is damaged, or a part that it names is gone; get it again",
                ) from why
        self.clean(room, at)

    def whole_m(self) -> F4:
        """All heights of the raster [m], NaN unknown: the file's own pages where they can serve.

        Raises
        ------
        TerrainError
            As :meth:`read_into`.
        UsageError
            More heights than anybody wants in memory at once.
        """
        at = Window(0, 0, self.rows, self.cols)
        if self.rows * self.cols > WHOLE_CELLS:
            raise UsageError(
                f"{self.shown}: {self.rows:,} × {self.cols:,} cells are too many to be read at "
                "once; take a part of it with Terrain.around"
            )
        if self.scale == 1.0 and self.offset == 0.0 and self.sea == "told":
            room = mapped_m(Path(self.name), self.rows, self.cols)
            if room is not None and _kernels.are_heights(
                room.reshape(-1), np.float32(self.nodata), LOWEST_GROUND_M, HIGHEST_GROUND_M
            ):
                return room
        room = memory.zeros((self.rows, self.cols), np.float32)
        self.read_into(room, at, 0, 0)
        return room

    def clean(self, room: F4, at: Window) -> None:
        """Metres from raw values in a window; what stands for no data becomes NaN."""
        raw = at.of(room)
        lowest_m = LOWEST_GROUND_M if self.sea != "floor" else -math.inf
        unknown, low, high = _kernels.clean_m(
            room, *at, self.nodata, self.scale, self.offset, lowest_m, HIGHEST_GROUND_M
        )
        if low:
            raise TerrainError(
                file=self.shown,
                what=f"{low} cells lie below {LOWEST_GROUND_M:.0f} m (the lowest is at "
                f"{np.nanmin(raw):.0f} m), where no ground is: it holds the depth of the sea, or "
                "does not say which value stands for no data",
                remedy="for depths open it with sea='floor', which takes the surface, 0 m; for no "
                "data name the value with gdal_edit.py -a_nodata VALUE",
            )
        if high:
            raise TerrainError(
                file=self.shown,
                what=f"{high} cells lie above {HIGHEST_GROUND_M:.0f} m (the highest is at "
                f"{np.nanmax(raw):.0f} m), higher than any ground",
                remedy="open it with unit='ft' (or 'cm', 'dm') if its heights are in that; for no "
                "data name the value with gdal_edit.py -a_nodata VALUE",
            )
        if self.sea == "floor":
            np.maximum(raw, np.float32(0.0), out=raw)
        if self.sea == "void" and unknown:
            raw[np.isnan(raw)] = 0.0


def find_rasters(path: str | Path, *, unit: str | None = None, sea: Sea = "told") -> list[Raster]:
    """Every raster of heights at a path: a file, a zip of files, or a folder of both.

    Parameters
    ----------
    path : str or Path
        GeoTIFF, COG, VRT, hgt, DTED, or whatever else GDAL reads and says where it lies.
    unit : str, optional
        Unit of the heights, where the raster tells none or a wrong one: ``"m"``, ``"ft"``, ...
    sea : {"told", "floor", "void"}
        ``"told"``: the raster has the sea at its height, 0 m. ``"floor"``: it has the sea's floor;
        the surface, 0 m, is taken wherever the ground is lower. ``"void"``: it leaves the sea out;
        its unknown cells become 0 m.

    Raises
    ------
    MissingFileError
        Where there is nothing at the path.
    TerrainError
        Where the file is no raster of heights, or does not say where it lies.
    """
    path = Path(path)
    if not path.exists():
        raise MissingFileError(
            path=str(path), remedy="give a raster of heights (GeoTIFF, hgt, VRT)"
        )
    if path.is_dir():
        inside = sorted(p for p in path.iterdir() if p.suffix.lower() in (*SUFFIXES, ".zip"))
        if not inside:
            raise TerrainError(
                file=str(path),
                what="the folder has no raster of heights in it",
                remedy=f"put files there that end in {', '.join(SUFFIXES[:4])} or .zip",
            )
        return [one for p in inside for one in find_rasters(p, unit=unit, sea=sea)]
    if path.suffix.lower() == ".zip":
        names = [f"/vsizip/{path.resolve()}/{member}" for member in _members(path)]
        return [
            _described(name, str(path), (str(path.resolve()),), unit=unit, sea=sea)
            for name in names
        ]
    return [_described(str(path.resolve()), str(path), None, unit=unit, sea=sea)]


def read_raster(
    path: str | Path, *, unit: str | None = None, sea: Sea = "told"
) -> tuple[F4, Raster]:
    """All heights of one raster, as it lies on disk, and what it says of itself.

    For whoever has terrain in metres around a site and no need of another grid. A file of 32-bit
    floats that is not compressed is not copied: it must not become shorter while the heights are
    in use.

    Parameters
    ----------
    path, unit, sea
        As for ``Terrain.open``; one raster.

    Returns
    -------
    ndarray of float32, shape (rows, cols)
        Heights above mean sea level [m], NaN unknown. Holes are as they are.
    Raster
        Its coordinate system and ``transform``.

    Raises
    ------
    MissingFileError, TerrainError
        As ``Terrain.open``, and where there are several.
    UsageError
        A raster of more than half a billion cells.
    """
    found = find_rasters(path, unit=unit, sea=sea)
    if len(found) > 1:
        raise TerrainError(
            file=str(path),
            what=f"{len(found)} rasters are there",
            remedy="name one of them, or read them together with Terrain.open",
        )
    return found[0].whole_m(), found[0]


def _members(path: Path) -> list[str]:
    try:
        with zipfile.ZipFile(path) as archive:
            names = sorted(archive.namelist())
    except (zipfile.BadZipFile, OSError) as why:
        raise TerrainError(
            file=str(path), what=f"is no zip that can be read ({why})", remedy="get it again"
        ) from why
    found = [name for name in names if Path(name).suffix.lower() in SUFFIXES]
    if not found:
        raise TerrainError(
            file=str(path),
            what=f"the zip has no raster of heights in it, only {', '.join(names[:3]) or ''}",
            remedy=f"give one with files that end in {', '.join(SUFFIXES[:4])}",
        )
    return found


def _described(
    name: str, shown: str, files: tuple[str, ...] | None, *, unit: str | None, sea: Sea
) -> Raster:
    """Read what a raster says of itself, and refuse what makes no sense."""
    rio = rasterio()
    with _quiet():
        try:
            with rio.open(name) as dataset:
                return _checked(dataset, name, shown, files, unit=unit, sea=sea)
        except rio.errors.RasterioError as why:
            raise TerrainError(
                file=shown,
                what=f"GDAL cannot read it as a raster ({_first_line(why)})",
                remedy="give a GeoTIFF, COG, VRT or hgt; an hgt must keep its name, as N49E019.hgt",
            ) from why


def _checked(
    dataset: Any,
    name: str,
    shown: str,
    files: tuple[str, ...] | None,
    *,
    unit: str | None,
    sea: Sea,
) -> Raster:
    if not dataset.crs:
        raise TerrainError(
            file=shown,
            what="it does not say which coordinate system it is in",
            remedy="name it, for degrees on WGS 84 with gdal_edit.py -a_srs EPSG:4326 FILE",
        )
    if dataset.transform.is_identity:
        raise TerrainError(
            file=shown,
            what="it does not say where it lies (no transform from cells to coordinates)",
            remedy="give it one with gdal_edit.py -a_ullr WEST NORTH EAST SOUTH FILE, or gdalwarp "
            "it where it has ground control points",
        )
    dtype = dataset.dtypes[0]
    interpretations = {str(one) for one in dataset.colorinterp}
    if dataset.count >= 3 or "complex" in dtype or any("palette" in one for one in interpretations):
        raise TerrainError(
            file=shown,
            what=f"it is a picture, not heights ({dataset.count} bands of {dtype})",
            remedy="give the raster of heights that the picture was made from",
        )
    block_rows, block_cols = dataset.block_shapes[0]
    if block_rows * block_cols * np.dtype(dtype).itemsize > BLOCK_BYTES:
        raise TerrainError(
            file=shown,
            what=f"it is stored in blocks of {block_rows} × {block_cols} cells, too large to read "
            "a part of it in little memory",
            remedy="store it in tiles: gdal_translate -of COG FILE TILED.tif",
        )
    wkt = dataset.crs.to_wkt(version="WKT2_2019")
    if "CS[ellipsoidal,3]" in wkt:
        raise TerrainError(
            file=shown,
            what="its heights are above the ellipsoid, tens of metres off mean sea level",
            remedy="turn them into heights above mean sea level: gdalwarp -t_srs EPSG:4326+5773",
        )
    _check_degrees(dataset, shown)
    factor = _factor(dataset, wkt, shown, unit)
    nodata = math.nan if dataset.nodata is None else float(np.float32(dataset.nodata))
    return Raster(
        name=name,
        shown=shown,
        files=files or tuple(sorted(dataset.files)),
        crs=wkt,
        is_degrees=bool(dataset.crs.is_geographic),
        unit_m=M_PER_DEG
        if dataset.crs.is_geographic
        else float(dataset.crs.linear_units_factor[1]),
        transform=tuple(dataset.transform)[:6],
        rows=dataset.height,
        cols=dataset.width,
        nodata=nodata,
        scale=float(dataset.scales[0]) * factor,
        offset=float(dataset.offsets[0]) * factor,
        sea=sea,
    )


def _check_degrees(dataset: Any, shown: str) -> None:
    """Refuse metres taken for degrees and degrees taken for metres."""
    a, b, c, d, e, f = tuple(dataset.transform)[:6]
    corners = [(col, row) for row in (0, dataset.height) for col in (0, dataset.width)]
    xs = [a * col + b * row + c for col, row in corners]
    ys = [d * col + e * row + f for col, row in corners]
    west, east, south, north = min(xs), max(xs), min(ys), max(ys)
    bounds = f"x {west:.6g} to {east:.6g}, y {south:.6g} to {north:.6g}"
    if dataset.crs.is_geographic:
        # A cell more than the world is usual: rasters whose outermost centres lie on the poles.
        slack = 2.0 * max(abs(dataset.transform.a), abs(dataset.transform.e))
        fits = (
            south >= -90.0 - slack
            and north <= 90.0 + slack
            and west >= -360.0 - slack
            and east <= 540.0 + slack
            and east - west <= 360.0 + slack
        )
        if not (fits and slack < 180.0):
            raise TerrainError(
                file=shown,
                what=f"it claims degrees, but {bounds} is not on Earth: metres taken for degrees, "
                "or latitude for longitude",
                remedy="name the system that it is in: gdal_edit.py -a_srs EPSG:NUMBER FILE",
            )
        return
    if not dataset.crs.is_projected:
        raise TerrainError(
            file=shown,
            what="its coordinate system is neither of degrees nor of metres on the Earth",
            remedy="name one that is: gdal_edit.py -a_srs EPSG:NUMBER FILE",
        )
    if (
        abs(dataset.transform.a) + abs(dataset.transform.b) < 0.02
        and max(map(abs, (*xs, *ys))) <= 540
    ):
        raise TerrainError(
            file=shown,
            what=f"it claims metres, but {bounds} looks like degrees",
            remedy="name the system that it is in, for degrees: gdal_edit.py -a_srs EPSG:4326 FILE",
        )
    middle_x, middle_y = 0.5 * (west + east), 0.5 * (south + north)
    lon, _ = transformed(dataset.crs.to_wkt(), GEODETIC, [*xs, middle_x], [*ys, middle_y])
    if not np.isfinite(lon).any():
        raise TerrainError(
            file=shown,
            what=f"{bounds} is nowhere on Earth in the coordinate system that it claims",
            remedy="name the system that it is in: gdal_edit.py -a_srs EPSG:NUMBER FILE",
        )


def _factor(dataset: Any, wkt: str, shown: str, unit: str | None) -> float:
    """Metres in the raster's unit of height."""
    if unit is not None:
        if unit.lower() not in UNITS_M or not unit:
            raise UsageError(f"unit {unit!r} is not known; give one of m, ft, us-ft, cm, dm, km")
        return UNITS_M[unit.lower()]
    told = (dataset.units[0] or "").strip()
    if not told and "VERTCRS[" in wkt:
        vertical = wkt[wkt.index("VERTCRS[") :]
        if 'LENGTHUNIT["' in vertical:
            told = vertical.split('LENGTHUNIT["', 1)[1].split('"', 1)[0]
    if told.lower() not in UNITS_M:
        raise TerrainError(
            file=shown,
            what=f"its heights are in {told!r}, which is no unit known here",
            remedy="open it with unit='m', 'ft', 'us-ft', 'cm', 'dm' or 'km'",
        )
    return UNITS_M[told.lower()]


def _first_line(why: BaseException) -> str:
    return (str(why).strip().splitlines() or [type(why).__name__])[0]


@contextmanager
def _quiet() -> Iterator[None]:
    """Refuse rasters without a place in words of our own, and warn of none in GDAL's."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", category=UserWarning)
        yield


@lru_cache(maxsize=1)
def rasterio() -> Any:
    """Load rasterio, at the first raster."""
    import rasterio as rio  # noqa: PLC0415 - a quarter of a second that few commands need
    import rasterio.errors  # noqa: PLC0415
    import rasterio.windows  # noqa: PLC0415

    return rio


def transformed(
    from_crs: str, to_crs: str, x: ArrayLike, y: ArrayLike
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Coordinates in another system, east before north; infinite where it does not reach."""
    to_x, to_y = _transformer(from_crs, to_crs).transform(
        np.asarray(x, np.float64), np.asarray(y, np.float64)
    )
    return np.asarray(to_x), np.asarray(to_y)


@lru_cache(maxsize=64)
def _transformer(from_crs: str, to_crs: str) -> Any:
    import pyproj  # noqa: PLC0415 - rasters in degrees do without

    return pyproj.Transformer.from_crs(from_crs, to_crs, always_xy=True)
