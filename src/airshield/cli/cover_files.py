"""What ``airshield cover --to DIR`` writes: maps for a GIS, pictures, and tables for a spreadsheet.

docs/cover.md tells every file and column. Each file says by itself what it rests on: k, terrain and
its digest, the plan's digest, the program's version, and that it is a planning estimate. No file
holds a date: the same plan on the same terrain makes the same octets.

Files come whole or not at all. They are made in a hidden folder beside their places and moved when
all of them are there; what an earlier run left and this one does not make is taken away, so that a
folder never holds maps of two plans.
"""

from __future__ import annotations

import json
import os
import re
import tempfile
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.csv as pcsv
import shapely
from numpy.typing import NDArray

from airshield import __version__
from airshield.cli.covering import summary_of
from airshield.config import Shield
from airshield.errors import StoreError
from airshield.geo.grid import Grid
from airshield.plan.coverage.network import (
    NO_AIR_COUNT,
    UNKNOWN_COUNT,
    bands_of,
    features,
    find_gaps,
    regions_of,
)
from airshield.plan.coverage.survey import Survey
from airshield.plan.coverage.survey.cells import RadarCells
from airshield.plan.coverage.warning import site_table
from airshield.report.coverage.figures import title_of
from airshield.report.maps import (
    BAND_LEVELS_M,
    MapScene,
    count_looks,
    count_scene,
    lowest_scene,
    png_of,
)
from airshield.report.maps.scene import height_above_ground_m

COUNT_MOST: Final = 250
COUNT_BELOW_GROUND: Final = 253
COUNT_UNKNOWN: Final = 254
COUNT_OUTSIDE: Final = 255
"""Octets of a map of numbers of radars that are no numbers; the last is the file's no-data."""

NEVER_M: Final = 99_999.0
"""In a map of lowest altitudes: no radar reaches there at any height. No-data (NaN) is unknown."""

_PARTS_M: Final = 8.0
"""Altitudes are rounded up to an eighth of a metre, so that files are half as large and nothing
looks better than it is."""

_CUT: Final = 0.75
"""Of a cell's side: a stair's corner, half a cell, may be cut off; a whole cell may not."""

MANIFEST: Final = "cover.json"


def write_cover(shield: Shield, found: Survey, folder: Path) -> list[Path]:
    """Write a survey's maps and tables into a folder.

    Returns
    -------
    list of Path
        What was written, in order of names.

    Raises
    ------
    StoreError
        The folder cannot be written; nothing in it has changed then.
    """
    told = _told(shield, found)
    names: list[str] = []
    prepare_folder(folder)
    try:
        with tempfile.TemporaryDirectory(prefix=".cover-", dir=folder) as scratch:
            fresh = Path(scratch)
            for name, write in _files(shield, found, told):
                path = fresh / name
                path.parent.mkdir(parents=True, exist_ok=True)
                write(path)
                names.append(name)
            manifest = {**summary_of(shield, found), "files": sorted(names)}
            manifest["terrain"] = told["terrain"].split(", ")
            text = json.dumps(manifest, indent=1, allow_nan=False, ensure_ascii=False)
            (fresh / MANIFEST).write_text(text + "\n", encoding="utf-8")
            names.append(MANIFEST)
            _put(fresh, names, folder)
    except OSError as error:
        raise _unwritable(folder, error) from error
    return [folder / name for name in sorted(names)]


def prepare_folder(folder: Path) -> None:
    """Make the folder and try that it can be written, before hours of work are for nothing.

    Raises
    ------
    StoreError
        It cannot.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=folder).close()
    except OSError as error:
        raise _unwritable(folder, error) from error


def _unwritable(folder: Path, error: OSError) -> StoreError:
    return StoreError(
        f"{folder}: the maps could not be written ({error.strerror or error}); name a folder that "
        "you may write to, on a disk with room: --to DIR"
    )


def _put(fresh: Path, names: Sequence[str], folder: Path) -> None:
    """Move finished files to their places; take away what only an earlier run made."""
    for name in _earlier(folder).difference(names):
        (folder / name).unlink(missing_ok=True)
    # The manifest last: as long as it is the old one, the next run knows what may be taken away.
    for name in names:
        place = folder / name
        place.parent.mkdir(parents=True, exist_ok=True)
        os.replace(fresh / name, place)


def _earlier(folder: Path) -> set[str]:
    """Names of files that an earlier run says it made here."""
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        names = manifest["files"] if manifest["kind"] == "planning estimate" else []
        return {str(name) for name in names if _is_ours(str(name))}
    except (OSError, ValueError, KeyError, TypeError):
        return set()  # no earlier run, or not one of ours: nothing is taken away


def _is_ours(name: str) -> bool:
    """Tell whether a name is one that this program gives; a manifest may have been edited."""
    parts = PurePosixPath(name).parts
    return len(parts) == 2 and parts[0] in FOLDERS and ".." not in parts


FOLDERS: Final = ("count", "lowest", "gaps", "maps", "tables")


def _files(
    shield: Shield, found: Survey, told: dict[str, str]
) -> Iterator[tuple[str, Callable[[Path], None]]]:
    """Every file's name, and what writes it."""
    names = slugs([cover.layer.name for cover in found.layers])
    stamp = stamp_lines(told)
    for cover in found.layers:
        name = names[cover.layer.name]
        counts = cover.counts()
        yield f"count/{name}.tif", _count_writer(found, counts, told, cover.layer.name)
        scene = count_scene(
            found, cover, title=f"{shield.name}: {title_of(cover.layer.name)}", stamp=stamp
        )
        yield f"maps/{name}.png", _png_writer(scene, told)
        gaps = find_gaps(
            cover,
            inside=found.inside,
            people=found.people,
            tolerance_m=_CUT * found.grid.step_m,
        )
        yield f"gaps/{name}.geojson", _json_writer(_collection(gap_features(gaps), told))

    lowest = found.lowest.lowest_m
    yield "lowest/any_radar.tif", _lowest_writer(found.grid, lowest, told, "any radar")
    radar_names = slugs([one.radar.name for one in found.radars])
    for one in found.radars:
        if one.lowest_msl_m.size:
            yield (
                f"lowest/radar_{radar_names[one.radar.name]}.tif",
                _lowest_writer(_part_of(found.grid, one), one.lowest_msl_m, told, one.radar.name),
            )
    for above, values in (("sea", lowest), ("ground", height_above_ground_m(found))):
        yield (
            f"lowest/bands_above_{above}.geojson",
            _json_writer(_collection(band_features(found.grid, values, above), told)),
        )
        yield (
            f"maps/lowest_above_{above}.png",
            _png_writer(
                lowest_scene(
                    found,
                    above=above,
                    title=f"{shield.name}: lowest height in sight, above {above}",
                    stamp=stamp,
                ),
                told,
            ),
        )
    for name, table in _tables(shield, found).items():
        yield f"tables/{name}.csv", _csv_writer(table, told)
    yield "README.txt", _text_writer(_readme(told))


# ---------------------------------------------------------------- what files rest on


def _told(shield: Shield, found: Survey) -> dict[str, str]:
    """What every file says about itself; file names of terrain only, not where they lie here."""
    stamp = found.stamp
    return {
        "kind": stamp["kind"],
        "shield": shield.name,
        "plan_digest": shield.digest,
        "k": f"{stamp['k']:.6g}",
        "earth": str(stamp["earth"]),
        "terrain": ", ".join(Path(path).name for path in stamp["terrain"]),
        "terrain_digest": stamp["terrain_digest"],
        "pd_least": f"{stamp['pd_least']:g}",
        "step_m": f"{stamp['step_m']:g}",
        "version": __version__,
    }


def stamp_lines(told: Mapping[str, str]) -> tuple[str, ...]:
    """The same as lines of words, for pictures."""
    return (
        f"Planning estimate. k = {told['earth']}; terrain {told['terrain']} "
        f"({told['terrain_digest'][:12]}); seen: probability of detection in one look of at least "
        f"{told['pd_least']}; cells of {told['step_m']} m.",
        f"airshield {told['version']}, plan {told['plan_digest'][:12]}.",
    )


def slugs(names: Sequence[str]) -> dict[str, str]:
    """Names of files for names of things: small ASCII letters, and no two the same.

    Examples
    --------
    >>> slugs(["Kubínska hoľa", "kubinska hola", "Київ"])
    {'Kubínska hoľa': 'kubinska_hola', 'kubinska hola': 'kubinska_hola_2', 'Київ': 'x'}
    """
    out: dict[str, str] = {}
    for name in names:
        apart = unicodedata.normalize("NFKD", name.replace("ł", "l").replace("Ł", "L"))
        bare = "".join(letter for letter in apart if letter.isascii())
        slug = re.sub(r"[^a-z0-9]+", "_", bare.lower()).strip("_")[:80] or "x"
        many, fresh = 1, slug
        while fresh in out.values():
            many += 1
            fresh = f"{slug}_{many}"
        out[name] = fresh
    return out


# ---------------------------------------------------------------- GeoTIFF


def _count_writer(
    found: Survey, counts: NDArray[np.uint8], told: Mapping[str, str], layer: str
) -> Callable[[Path], None]:
    codes = np.minimum(counts, COUNT_MOST)
    codes[counts == NO_AIR_COUNT] = COUNT_BELOW_GROUND
    codes[counts == UNKNOWN_COUNT] = COUNT_UNKNOWN
    codes[~found.inside] = COUNT_OUTSIDE
    looks = count_looks()
    colours = {number: looks[min(number, 4) + 1].base for number in range(COUNT_MOST + 1)}
    # A palette has no patterns: what is not seen has its stronger colour.
    colours |= {0: looks[1].ink, COUNT_UNKNOWN: looks[6].ink, COUNT_BELOW_GROUND: looks[7].ink}
    return lambda path: write_cog(
        path,
        found.grid,
        codes,
        nodata=COUNT_OUTSIDE,
        about=f"number of radars that surely see: {layer}",
        told={
            **told,
            "layer": layer,
            f"code_{COUNT_BELOW_GROUND}": "the height lies below the ground",
            f"code_{COUNT_UNKNOWN}": "unknown: nobody surely sees it, somebody may",
            f"code_{COUNT_OUTSIDE}": "outside the territory (no-data)",
        },
        colours={code: (*rgb, 255) for code, rgb in colours.items()},
    )


def _lowest_writer(
    grid: Grid, lowest_m: NDArray[np.float32], told: Mapping[str, str], radar: str
) -> Callable[[Path], None]:
    with np.errstate(invalid="ignore"):
        rounded = np.ceil(lowest_m * np.float32(_PARTS_M)) / np.float32(_PARTS_M)
    rounded[np.isposinf(lowest_m)] = NEVER_M
    return lambda path: write_cog(
        path,
        grid,
        rounded,
        nodata=float("nan"),
        about=f"lowest altitude in line of sight, m above mean sea level: {radar}",
        told={
            **told,
            "radar": radar,
            f"code_{NEVER_M:g}": "beyond the instrumented range",
            "code_nan": "unknown ground (no-data)",
            "rounded": f"up to 1/{_PARTS_M:g} m",
        },
    )


def write_cog(
    path: Path,
    grid: Grid,
    values: NDArray[Any],
    *,
    nodata: float,
    about: str,
    told: Mapping[str, str],
    colours: Mapping[int, tuple[int, int, int, int]] | None = None,
) -> None:
    """Write a map as a Cloud-optimised GeoTIFF: tiles, overviews, deflate.

    A cell of an overview is one of the four below it, never a mean: codes stay codes.
    """
    import rasterio
    from rasterio.io import MemoryFile
    from rasterio.shutil import copy

    profile = {
        "driver": "GTiff",
        "height": grid.rows,
        "width": grid.cols,
        "count": 1,
        "dtype": values.dtype.name,
        "nodata": nodata,
        "crs": rasterio.CRS.from_wkt(crs_wkt(grid)),
        "transform": rasterio.Affine(
            grid.step_m, 0.0, grid.west_m, 0.0, -grid.step_m, grid.north_m
        ),
    }
    with MemoryFile() as memory:
        with memory.open(**profile) as made:
            made.write(values, 1)
            made.set_band_description(1, about)
            made.update_tags(
                TIFFTAG_IMAGEDESCRIPTION=f"{about}. Planning estimate.",
                TIFFTAG_SOFTWARE=f"airshield {told['version']}",
                **{f"AIRSHIELD_{key.upper()}": value for key, value in told.items()},
            )
            if colours is not None:
                made.write_colormap(1, dict(colours))
        copy(
            memory.name,
            path,
            driver="COG",
            COMPRESS="DEFLATE",
            PREDICTOR="YES",
            BLOCKSIZE=256,
            OVERVIEW_RESAMPLING="NEAREST",
            NUM_THREADS=1,
        )


def crs_wkt(grid: Grid) -> str:
    """The grid's projection as WKT: Lambert's azimuthal equal-area on WGS 84 (EPSG method 9820)."""
    from pyproj.crs import ProjectedCRS
    from pyproj.crs.coordinate_operation import LambertAzimuthalEqualAreaConversion

    middle = grid.projection
    conversion = LambertAzimuthalEqualAreaConversion(
        latitude_natural_origin=middle.lat0_deg, longitude_natural_origin=middle.lon0_deg
    )
    name = f"WGS 84 / equal area around {middle.lat0_deg:.4f} {middle.lon0_deg:.4f}"
    return str(ProjectedCRS(conversion=conversion, name=name).to_wkt())


def _part_of(grid: Grid, one: RadarCells) -> Grid:
    """The grid of a radar's window of it."""
    rows, cols = one.window
    return replace(
        grid,
        rows=rows.stop - rows.start,
        cols=cols.stop - cols.start,
        west_m=grid.west_m + cols.start * grid.step_m,
        north_m=grid.north_m - rows.start * grid.step_m,
    )


# ---------------------------------------------------------------- GeoJSON


def gap_features(gaps: pa.Table) -> list[dict[str, Any]]:
    """GAP rows as GeoJSON features, the largest first."""
    out = []
    for row in gaps.to_pylist():
        outline = shapely.from_wkb(row.pop("outline"))
        out.append({"type": "Feature", "properties": row, "geometry": _geometry(outline)})
    return out


def band_features(grid: Grid, lowest_m: NDArray[np.float32], above: str) -> list[dict[str, Any]]:
    """Bands of lowest altitudes as GeoJSON features, the lowest first."""
    levels = BAND_LEVELS_M
    froms = (None, *levels[:-1])
    words = [
        f"up to {to:g} m" if low is None else f"{low:g} to {to:g} m"
        for low, to in zip(froms, levels, strict=True)
    ]
    # The code of unknown ground is -1: the last name.
    names = [*words, f"above {levels[-1]:g} m or never", "unknown"]
    codes = bands_of(lowest_m, levels)
    regions = regions_of(
        grid, codes, wanted=range(-1, len(levels) + 1), tolerance_m=_CUT * grid.step_m
    )
    by_name = {
        feature["properties"]["band"]: feature
        for feature in features(grid, regions, names, key="band")
    }
    out = []
    for name, low, to in zip(names, (*froms, levels[-1], None), (*levels, None, None), strict=True):
        if name in by_name:
            feature = by_name[name]
            feature["properties"] |= {"above": above, "from_m": low, "to_m": to}
            feature["geometry"] = _geometry(shapely.geometry.shape(feature["geometry"]))
            out.append(feature)
    return out


def _geometry(shape: Any) -> dict[str, Any]:
    """GeoJSON of a shape, to the centimetre."""
    rounded = shapely.transform(shape, lambda lonlat: lonlat.round(7))
    return dict(shapely.geometry.mapping(rounded))


def _collection(found: list[dict[str, Any]], told: Mapping[str, str]) -> dict[str, Any]:
    return {"type": "FeatureCollection", "airshield": dict(told), "features": found}


# ---------------------------------------------------------------- tables


def _tables(shield: Shield, found: Survey) -> dict[str, pa.Table]:
    return {
        "cover": found.cover,
        "radar_value": found.radar_value,
        "pair_value": found.pair_value,
        "contributor_value": found.contributor_value,
        "gaps": found.gaps.drop_columns(["outline"]),
        "warning": found.warning,
        "site_warning": site_table(found.warning),
        "requirements": _requirements(found),
        "radars": _radars(shield, found),
    }


def _requirements(found: Survey) -> pa.Table:
    columns = {
        "requirement": pa.string(), "kind": pa.string(), "verdict": pa.string(),
        "asked": pa.float64(), "low": pa.float64(), "high": pa.float64(), "unit": pa.string(),
        "without": pa.string(),
    }  # fmt: skip
    rows = [
        {
            "requirement": one.name, "kind": one.kind, "verdict": one.verdict, "asked": one.asked,
            "low": one.low, "high": one.high, "unit": one.unit, "without": one.without,
        }
        for one in found.answers
    ]  # fmt: skip
    return pa.Table.from_pylist(rows, schema=pa.schema(columns.items()))


def _radars(shield: Shield, found: Survey) -> pa.Table:
    """Figures of each radar as they were used, and where they come from."""
    text, number = pa.string(), pa.float64()
    columns = {
        "radar": text, "contributor": text, "type": text, "lat_deg": number, "lon_deg": number,
        "antenna_msl_m": number, "antenna_agl_m": number, "rng_min_m": number, "rng_max_m": number,
        "ref_rng_m": number, "ref_rcs_m2": number, "ref_pd": number, "pfa": number,
        "turn_s": number, "elv_min_deg": number, "elv_max_deg": number, "freq_hz": number,
        "is_power_known": pa.bool_(), "origins": text,
    }  # fmt: skip
    plans = {radar.name: radar for radar in shield.plan.radars}
    rows = []
    for one in found.radars:
        plan, antenna_m = plans[one.radar.name], float(one.sight.antenna_msl_m)
        rows.append(
            {
                "radar": plan.name,
                "contributor": plan.contributor,
                "type": plan.type,
                "lat_deg": plan.lat_deg,
                "lon_deg": plan.lon_deg,
                "antenna_msl_m": antenna_m if np.isfinite(antenna_m) else None,
                "antenna_agl_m": plan.antenna_agl_m,
                "rng_min_m": plan.rng_min_m,
                "rng_max_m": plan.rng_max_m,
                "ref_rng_m": plan.ref_rng_m,
                "ref_rcs_m2": plan.ref_rcs_m2,
                "ref_pd": plan.ref_pd,
                "pfa": plan.ref_pfa,
                "turn_s": plan.turn_s,
                "elv_min_deg": plan.elv_min_deg,
                "elv_max_deg": plan.elv_max_deg,
                "freq_hz": plan.freq_hz,
                "is_power_known": one.radar.is_power_known,
                "origins": "; ".join(f"{key}: {source}" for key, source in plan.origins.items()),
            }
        )
    return pa.Table.from_pylist(rows, schema=pa.schema(columns.items()))


_CSV_TOLD: Final = ("kind", "k", "terrain", "terrain_digest", "plan_digest", "version")


def _csv_writer(table: pa.Table, told: Mapping[str, str]) -> Callable[[Path], None]:
    """A table with what it rests on in columns of its own, and a mark of its encoding.

    Columns, not a comment above: RFC 4180 has no comments, spreadsheets take them for rows, and
    readers that skip '#' would skip half of a name that has one. A column also stays with a row
    that is copied elsewhere. The mark (U+FEFF) is what spreadsheets know UTF-8 by; pandas, Arrow
    and DuckDB skip it.
    """
    for name in _CSV_TOLD:
        column = f"plan_{name}" if name in table.column_names else name
        table = table.append_column(column, pa.array([told[name]] * table.num_rows, pa.string()))
    plain = [
        column.cast(column.type.value_type) if pa.types.is_dictionary(column.type) else column
        for column in table.columns
    ]
    flat = pa.table(plain, names=table.column_names)

    def write(path: Path) -> None:
        with path.open("wb") as file:
            file.write("\ufeff".encode())
            pcsv.write_csv(flat, file)

    return write


def _readme(told: Mapping[str, str]) -> str:
    lines = [
        "What the radars of a shield see: a planning estimate made by airshield.",
        "",
        *(f"{key}: {value}" for key, value in told.items()),
        "",
        "count/    GeoTIFF, number of radars that surely see each cell, a file for each layer;",
        f"          {COUNT_BELOW_GROUND} below the ground, {COUNT_UNKNOWN} unknown,"
        f" {COUNT_OUTSIDE} (no-data) outside the territory",
        "lowest/   GeoTIFF, lowest altitude in line of sight [m above mean sea level];",
        f"          {NEVER_M:g} out of range, NaN (no-data) unknown; GeoJSON of the same in bands",
        "gaps/     GeoJSON, where nobody sees, the largest first, a file for each layer",
        "maps/     PNG, the same to look at",
        "tables/   CSV (UTF-8, comma, decimal point): cover, values, gaps, requirements, radars",
        "cover.json  everything in one document, and the list of these files",
        "",
        "Lines of sight are cut by terrain alone: woods, buildings and weather are not in it.",
        "Nothing here says what an aircraft, a radar or a person will do on a day.",
    ]
    return "\n".join(lines) + "\n"


# ---------------------------------------------------------------- small writers


def _png_writer(scene: MapScene, told: Mapping[str, str]) -> Callable[[Path], None]:
    return lambda path: _write_bytes(path, png_of(scene, told=_for_png(told)))


def _for_png(told: Mapping[str, str]) -> dict[str, str]:
    return {
        "Software": f"airshield {told['version']}",
        "Description": " ".join(stamp_lines(told)),
        **{f"airshield_{key}": value for key, value in told.items()},
    }


def _json_writer(document: dict[str, Any]) -> Callable[[Path], None]:
    text = json.dumps(document, allow_nan=False, ensure_ascii=False, separators=(",", ":"))
    return _text_writer(text + "\n")


def _text_writer(text: str) -> Callable[[Path], None]:
    return lambda path: _write_bytes(path, text.encode())


def _write_bytes(path: Path, octets: bytes) -> None:
    path.write_bytes(octets)
