"""Features of a GeoPackage (OGC 12-128r19): an SQLite file with geometries as WKB.

Python reads SQLite and shapely reads WKB, so no GIS library is needed. Longitude comes before
latitude in the file, whatever the reference system's own order (clause 2.1.3.1.1 of the standard).
"""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path
from typing import Any, Final

import shapely

from airshield.errors import ShieldError

_ENVELOPE_OCTETS: Final = {0: 0, 1: 32, 2: 48, 3: 48, 4: 64}
"""Octets of the envelope by its code, bits 1 to 3 of the flags (table 5 of clause 2.1.3.1.1)."""
_EMPTY: Final = 0x10

Layer = tuple[list[tuple[str, dict[str, Any], Any]], str]
"""Features (words for where, properties, geometry or None), and their reference system."""


def read_geopackage(path: Path, layer: str | None) -> Layer:
    """Features of a layer of a GeoPackage.

    Parameters
    ----------
    path : Path
        The file.
    layer : str or None
        Which layer; None where there is but one.

    Returns
    -------
    tuple
        Features as (words for where, properties, shapely geometry or None), and the reference
        system: ``EPSG:2180`` or a well-known text.

    Raises
    ------
    ShieldError
        It is no GeoPackage, has no such layer, or a geometry cannot be read.
    """

    def wrong(where: str, what: str, remedy: str) -> ShieldError:
        return ShieldError(file=str(path), where=where, what=what, remedy=remedy)

    uri = f"{path.absolute().as_uri()}?mode=ro"
    try:
        with contextlib.closing(sqlite3.connect(uri, uri=True)) as base:
            base.row_factory = sqlite3.Row
            layers = {
                row["table_name"]: row
                for row in base.execute(
                    "SELECT table_name, column_name, srs_id FROM gpkg_geometry_columns"
                )
            }
            if layer is None and len(layers) > 1:
                raise wrong(
                    "the file",
                    f"it has {len(layers)} layers: {', '.join(sorted(layers))}",
                    f"say which: {path.name}:{min(layers)}",
                )
            if not layers or (layer is not None and layer not in layers):
                raise wrong(
                    "the file",
                    "it has no layer of features" if not layers else f"it has no layer {layer!r}",
                    f"it has {', '.join(sorted(layers))}" if layers else "save one into it",
                )
            chosen = layers[layer] if layer is not None else next(iter(layers.values()))
            crs = _crs(base, chosen["srs_id"])
            if crs is None:
                raise wrong(
                    f"layer {chosen['table_name']}",
                    "it does not say its reference system",
                    "set the layer's CRS in the GIS program and save it again",
                )
            table = chosen["table_name"].replace('"', '""')
            rows = base.execute(f'SELECT * FROM "{table}"').fetchall()
    except sqlite3.Error as damaged:
        raise wrong(
            "the file", f"this is no GeoPackage ({damaged})", "save the layer as GeoPackage again"
        ) from None
    features = []
    for number, row in enumerate(rows, start=1):
        label = f"{chosen['table_name']}, feature {number}"
        told = zip(row.keys(), row, strict=True)
        values = {key: value for key, value in told if key != chosen["column_name"]}
        try:
            geometry = geometry_of(row[chosen["column_name"]])
        except (ValueError, shapely.errors.GEOSException) as unreadable:
            raise wrong(
                f"{label}, geometry", str(unreadable), "save the layer as GeoPackage again"
            ) from None
        features.append((label, values, geometry))
    return features, crs


def geometry_of(blob: bytes | None) -> Any:
    """The geometry in a GeoPackage binary (clause 2.1.3), None for an empty one.

    Raises
    ------
    ValueError
        The blob is none.
    """
    if blob is None:
        return None
    if len(blob) < 8 or blob[:2] != b"GP":
        raise ValueError("this is no GeoPackage geometry")
    flags = blob[3]
    code = flags >> 1 & 7
    if code not in _ENVELOPE_OCTETS:
        raise ValueError(f"there is no envelope of code {code}")
    if flags & _EMPTY:
        return None
    return shapely.from_wkb(blob[8 + _ENVELOPE_OCTETS[code] :])


def _crs(base: sqlite3.Connection, srs_id: int) -> str | None:
    row = base.execute(
        "SELECT organization, organization_coordsys_id, definition FROM gpkg_spatial_ref_sys "
        "WHERE srs_id = ?",
        (srs_id,),
    ).fetchone()
    if row is None or srs_id in {-1, 0}:  # undefined Cartesian, undefined geographic
        return None
    if str(row["organization"]).upper() == "EPSG":
        return f"EPSG:{row['organization_coordsys_id']}"
    return str(row["definition"])
