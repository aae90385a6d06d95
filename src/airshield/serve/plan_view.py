"""A plan's cover as a page shows it: plain arrays in, documents out.

Comes in: a :class:`PlanView`, made by whoever computed the cover; nothing here knows how. Goes out:
one JSON document (:func:`plan_document`) and binary maps, from which a page works out what any
subset of the radars sees. ``docs/api-plan.md`` repeats the layouts for other programs.

**Maps are planes of bits.** A plane has a bit for each cell of the grid, row by row from the
north-west: bit i % 32 of word i // 32. A page then counts 32 cells at once, for any number of
radars, and a map of one radar of which most is empty packs to little.

All maps are little endian. Every column starts at a multiple of 8 from the beginning, the gap
filled with zeros. All three begin alike::

    0   4 bytes  what it is
    4   u16      version, 1
    6   u16      see below
    8   u32      rows
    12  u32      columns; cells = rows · columns, words = cells / 32, rounded up
    16  u32      see below
    20  u32      0

Territory, ``ASCT``: at 6 bit 0 says that people follow, bit 1 that ground follows; at 16 stands n,
the number of cells with people::

    u32[words]  territory
    u32[n]      cells with people, ascending
    f64[n]      people in each
    u16[cells]  ground: metres above -1000 m (mean sea level), rounded down; 65534 unknown

Layer, ``ASCL``: at 6 stands R, the number of radars; at 16 bit 0 says that a plane of no air
follows::

    u8[R]       per radar: bit 0, a plane of what it surely sees follows; bit 1, one of unknown
    u32[words]  what each of those radars surely sees
    u32[words]  where nobody knows whether each of those does
    u32[words]  no air: the height lies below the ground
    u8[cells]   why nobody sees with all radars on: place in the document's ``reasons``

Lowest altitudes, ``ASCH``: at 6 stands the radar::

    u16[cells]  metres above -1000 m (mean sea level), rounded up; 65535 never seen, 65534 unknown
"""

from __future__ import annotations

import math
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from airshield.errors import UsageError
from airshield.geo.grid import Grid
from airshield.plan.coverage import reasons

KINDS: Final = ("host", "member", "enabler", None)
"""What a contributor is to the shield: the host nation, one that takes part, an outside enabler
on whom the others depend; or nobody said."""
VERDICTS: Final = ("holds", "fails", "unknown")
WARNING_COLUMNS: Final = (
    "site",
    "target",
    "spd_mps",
    "hgt_m",
    "height_above",
    "azm_true_deg",
    "status",
    "warning_min",
)
"""Columns that a table of warning minutes must have; others are not looked at."""

LOW_MSL_M: Final = -1000
"""Heights on the wire count from here: below the Dead Sea's shore and every mine."""
UNKNOWN_U16: Final = 65534
NEVER_U16: Final = 65535
"""Above unknown, so that the least over several radars is unknown where one never sees a place and
another may."""
_HEAD: Final = struct.Struct("<4sHHIIII")
_VERSION: Final = 1

Bits = NDArray[np.uint64]
Mask = NDArray[np.bool_]
Floats = NDArray[np.floating[Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanContributor:
    """Who brings radars: its role in words, and what it is to the shield, one of ``KINDS``."""

    name: str
    role: str = ""
    kind: Literal["host", "member", "enabler"] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanRadar:
    """A radar or receiver, and who brings it."""

    name: str
    contributor: str
    lat_deg: float
    lon_deg: float


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanLayer:
    """Who sees what of a target class at a height.

    Attributes
    ----------
    cls : str
        The target class.
    height_m, above : float, str
        Its height above 'ground' or above 'sea'.
    bits, unknown : ndarray of uint64, shape (rows, cols[, words]) or (rows · cols, words)
        Bit r of a cell: radar r surely sees it; nobody knows, for want of terrain.
    why : ndarray of uint8, shape (rows, cols)
        Why nobody sees with all radars on: codes of ``plan.coverage.reasons``.
    no_air : ndarray of bool, shape (rows, cols) or (rows · cols,), optional
        The height lies below the ground.
    """

    cls: str
    height_m: float
    above: Literal["ground", "sea"]
    bits: Bits
    unknown: Bits
    why: NDArray[np.uint8]
    no_air: Mask | None = None

    @property
    def name(self) -> str:
        """What errors call it."""
        return f"{self.cls} {self.height_m:g} m {'AGL' if self.above == 'ground' else 'AMSL'}"


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanSite:
    """A protected site: people there and minutes of warning it needs, None where nobody said."""

    name: str
    lat_deg: float
    lon_deg: float
    people: float | None = None
    required_min: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanWarnings:
    """Warning minutes without some contributors; without nobody, they are everybody's.

    ``table`` has the columns ``WARNING_COLUMNS`` (``tables.WARNING_TIME`` has). ``warning_min``
    below zero: the target arrives before the word; null: no track is confirmed before arrival.
    """

    table: pa.Table
    without: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanAnswer:
    """A requirement and its answer, one of ``VERDICTS``, with the figure in words."""

    text: str
    verdict: Literal["holds", "fails", "unknown"]
    figure: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanStamp:
    """What every picture of a plan must state.

    Attributes
    ----------
    plan, digest : str
        The plan's name; a digest of all that went into it.
    k : float
        Effective earth radius factor.
    terrain, terrain_warning : str
        What the ground is taken from, and what that cannot show; empty: nothing to warn of.
    version : str
        Of the software that made it.
    made : datetime.datetime
        When, with its zone.
    """

    plan: str
    digest: str
    k: float
    terrain: str
    terrain_warning: str
    version: str
    made: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanView:
    """Everything of a plan's cover that the page shows.

    Attributes
    ----------
    grid : Grid
        On which all maps lie.
    inside : ndarray of bool, shape (rows, cols)
        The territory.
    radars : sequence of PlanRadar
        In the order of their bits.
    contributors : sequence of PlanContributor
        At least those who bring radars.
    layers : sequence of PlanLayer
        Target classes at heights, in the order in which classes are to be offered.
    stamp : PlanStamp
        What it was made from.
    people : ndarray of float, shape (rows, cols), optional
        How many live in each cell; without, shares of people are unknown.
    ground_m : ndarray of float, shape (rows, cols), optional
        Ground [m above mean sea level]; NaN unknown.
    lowest_m : mapping of radar name to ndarray of float, shape (rows, cols), optional
        The lowest altitude that each radar sees down to [m above mean sea level], by terrain and
        horizon within its range; infinite: never; NaN: unknown. It may make its maps when asked
        for one: it is asked only when somebody looks.
    sites, warnings, answers : sequences
        Protected sites, their warning minutes, and the requirements answered.

    Raises
    ------
    UsageError
        Maps of another grid, names that occur twice or not at all, codes that do not exist.
    """

    grid: Grid
    inside: Mask
    radars: Sequence[PlanRadar]
    contributors: Sequence[PlanContributor]
    layers: Sequence[PlanLayer]
    stamp: PlanStamp
    people: Floats | None = None
    ground_m: Floats | None = None
    lowest_m: Mapping[str, Floats] | None = None
    sites: Sequence[PlanSite] = ()
    warnings: Sequence[PlanWarnings] = ()
    answers: Sequence[PlanAnswer] = ()

    def __post_init__(self) -> None:
        _check_names(self)
        _check_map(self, "inside", self.inside)
        if not self.inside.any():
            raise UsageError("inside: no cell is territory; is the grid around the shield's area?")
        if self.people is not None:
            _check_map(self, "people", self.people)
            if not (self.people >= 0.0).all():
                raise UsageError("people: numbers must be known and not negative; give 0 for none")
        if self.ground_m is not None:
            _check_map(self, "ground_m", self.ground_m)
        for layer in self.layers:
            _check_layer(self, layer)
        off = np.flatnonzero(_site_cells(self) < 0)
        if off.size:
            raise UsageError(
                f"site {self.sites[off[0]].name!r} lies off the map; give the grid a wider margin"
            )
        for warning in self.warnings:
            _check_warnings(self, warning)


def plan_document(view: PlanView, *, has_watch: bool = False) -> dict[str, Any]:
    """Everything but the maps, as JSON takes it; unknown is None.

    Parameters
    ----------
    view : PlanView
        The plan.
    has_watch : bool
        Whether the same server shows a watch too, at ``/``.
    """
    grid = view.grid
    return {
        "estimate": "planning estimate",
        "stamp": {
            "plan": view.stamp.plan,
            "digest": view.stamp.digest,
            "k": view.stamp.k,
            "terrain": view.stamp.terrain,
            "terrain_warning": view.stamp.terrain_warning,
            "version": view.stamp.version,
            "made": view.stamp.made.isoformat(timespec="seconds"),
        },
        "has_watch": has_watch,
        "grid": {
            "lat0_deg": grid.projection.lat0_deg,
            "lon0_deg": grid.projection.lon0_deg,
            "step_m": grid.step_m,
            "rows": grid.rows,
            "cols": grid.cols,
            "west_m": grid.west_m,
            "north_m": grid.north_m,
        },
        "home": _home(view),
        "has_people": view.people is not None,
        "has_ground": view.ground_m is not None,
        "reasons": list(reasons.NAMES),
        "contributors": [
            {"name": one.name, "role": one.role, "kind": one.kind} for one in view.contributors
        ],
        "radars": [
            {
                "name": one.name,
                "contributor": one.contributor,
                "lat_deg": one.lat_deg,
                "lon_deg": one.lon_deg,
                "has_lowest": view.lowest_m is not None and one.name in view.lowest_m,
            }
            for one in view.radars
        ],
        "layers": [
            {"cls": one.cls, "height_m": one.height_m, "above": one.above} for one in view.layers
        ],
        "sites": [
            {
                "name": one.name,
                "lat_deg": one.lat_deg,
                "lon_deg": one.lon_deg,
                "people": one.people,
                "required_min": one.required_min,
                "cell": int(cell),
            }
            for one, cell in zip(view.sites, _site_cells(view), strict=True)
        ],
        "roses": [rose for warning in view.warnings for rose in _roses(warning)],
        "answers": [
            {"text": one.text, "verdict": one.verdict, "figure": one.figure} for one in view.answers
        ],
    }


def encode_territory(view: PlanView) -> bytes:
    """Territory, people and ground: an ``ASCT`` document."""
    cells, people = np.empty(0, np.uint32), np.empty(0)
    if view.people is not None:
        flat = view.people.reshape(-1)
        cells = np.flatnonzero(flat).astype(np.uint32)
        people = flat[cells].astype(np.float64)
    columns: list[NDArray[Any]] = [_plane(view.inside.reshape(-1)), cells, people]
    if view.ground_m is not None:
        columns.append(_heights(view.ground_m, np.floor))
    flags = (view.people is not None) | (view.ground_m is not None) << 1
    return _document(b"ASCT", view.grid, flags, cells.size, columns)


def encode_layer(view: PlanView, place: int) -> bytes:
    """What each radar sees in one layer: an ``ASCL`` document."""
    layer, cells = view.layers[place], view.grid.rows * view.grid.cols
    bits, unknown = layer.bits.reshape(cells, -1), layer.unknown.reshape(cells, -1)
    flags = np.zeros(len(view.radars), np.uint8)
    planes: list[NDArray[Any]] = []
    for flag, words in ((1, bits), (2, unknown)):
        any_of = np.bitwise_or.reduce(words, axis=0)
        for radar in range(len(view.radars)):
            word, bit = radar // 64, np.uint64(1) << np.uint64(radar % 64)
            if any_of[word] & bit:
                flags[radar] |= flag
                planes.append(_plane((words[:, word] & bit) != 0))
    has_ground = layer.no_air is not None and bool(layer.no_air.any())
    if layer.no_air is not None and has_ground:
        planes.append(_plane(layer.no_air.reshape(-1)))
    columns = [flags, *planes, np.ascontiguousarray(layer.why).reshape(-1)]
    return _document(b"ASCL", view.grid, len(view.radars), int(has_ground), columns)


def encode_lowest(view: PlanView, radar: int) -> bytes:
    """The lowest altitude that a radar sees down to: an ``ASCH`` document.

    Raises
    ------
    UsageError
        The plan has none for this radar, or it is of another grid.
    """
    name = view.radars[radar].name
    if view.lowest_m is None or name not in view.lowest_m:
        raise UsageError(f"the plan holds no lowest altitudes for radar {name!r}")
    lowest_m = view.lowest_m[name]
    _check_map(view, f"lowest_m of radar {name!r}", lowest_m)
    return _document(b"ASCH", view.grid, radar, 0, [_heights(lowest_m, np.ceil)])


def _document(
    magic: bytes, grid: Grid, low: int, high: int, columns: Sequence[NDArray[Any]]
) -> bytes:
    parts = [_HEAD.pack(magic, _VERSION, low, grid.rows, grid.cols, high, 0)]
    for column in columns:
        octets = column.astype(column.dtype.newbyteorder("<"), copy=False).tobytes()
        parts += [octets, bytes(-len(octets) % 8)]
    return b"".join(parts)


def _plane(cells: Mask) -> NDArray[np.uint32]:
    octets = np.packbits(cells, bitorder="little")
    return np.pad(octets, (0, -octets.size % 4)).view("<u4")


def _heights(height_m: Floats, whole: np.ufunc) -> NDArray[np.uint16]:
    """Metres above ``LOW_MSL_M``, made whole upwards or downwards, held to what fits."""
    flat = height_m.reshape(-1).astype(np.float64)
    steps = np.clip(whole(flat) - LOW_MSL_M, 0, UNKNOWN_U16 - 1)
    steps = np.where(np.isposinf(flat), NEVER_U16, steps)
    return np.where(np.isnan(flat), UNKNOWN_U16, steps).astype(np.uint16)


def _home(view: PlanView) -> list[float]:
    """West, south, east, north [deg] of the territory, with a margin."""
    row, col = np.nonzero(view.inside)
    x_m, y_m = view.grid.middles_xy_m()
    edges = np.linspace(0.0, 1.0, 21)
    half = 0.5 * view.grid.step_m
    west, east = x_m[col.min()] - half, x_m[col.max()] + half
    south, north = y_m[row.max()] - half, y_m[row.min()] + half
    x = np.concatenate([west + (east - west) * edges] * 2 + [np.full(21, west), np.full(21, east)])
    y = np.concatenate(
        [np.full(21, south), np.full(21, north)] + [south + (north - south) * edges] * 2
    )
    lat, lon = view.grid.projection.places_from_xy(x, y)
    lon0 = view.grid.projection.lon0_deg
    lon = lon0 + (lon - lon0 + 180.0) % 360.0 - 180.0
    wide, high = 0.05 * float(np.ptp(lon)), 0.05 * float(np.ptp(lat))
    return [
        float(lon.min()) - wide,
        float(lat.min()) - high,
        float(lon.max()) + wide,
        float(lat.max()) + high,
    ]


def _site_cells(view: PlanView) -> NDArray[np.int64]:
    """The cell of each site, counted row by row; negative off the grid."""
    lat = [site.lat_deg for site in view.sites]
    lon = [site.lon_deg for site in view.sites]
    row, col = view.grid.cells_of(lat, lon)
    return np.where(row < 0, -1, row * view.grid.cols + col)


def _roses(warning: PlanWarnings) -> list[dict[str, Any]]:
    """One for each site, class, speed and height, in the order of the table."""
    columns = {name: warning.table[name].to_pylist() for name in WARNING_COLUMNS}
    roses: dict[tuple[Any, ...], dict[str, Any]] = {}
    for site, cls, spd, height, above, azm, status, minutes in zip(*columns.values(), strict=True):
        key = (site, cls, spd, height, above)
        if key not in roses:
            roses[key] = {
                "without": list(warning.without),
                "site": site,
                "cls": cls,
                "spd_mps": spd,
                "height_m": height,
                "above": above,
                "azm_true_deg": [],
                "status": [],
                "minutes": [],
            }
        rose = roses[key]
        rose["azm_true_deg"].append(azm)
        rose["status"].append(status)
        known = minutes is not None and math.isfinite(minutes)
        rose["minutes"].append(round(minutes, 3) if known else None)
    return list(roses.values())


def _check_names(view: PlanView) -> None:
    for what, things in (
        ("radars", view.radars),
        ("contributors", view.contributors),
        ("sites", view.sites),
        ("layers", view.layers),
    ):
        names = [thing.name for thing in things]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise UsageError(f"two {what} are called {twice[0]!r}; give each its own name")
    if not view.layers:
        raise UsageError("layers: a plan view needs one target class at one height at least")
    known = {one.name for one in view.contributors}
    for radar in view.radars:
        if radar.contributor not in known:
            raise UsageError(
                f"radar {radar.name!r} is brought by {radar.contributor!r}, who is not among the "
                f"contributors: {', '.join(sorted(known)) or 'there are none'}"
            )
    for one in view.contributors:
        if one.kind not in KINDS:
            raise UsageError(
                f"contributor {one.name!r} is a {one.kind!r}; its kind is host, member, enabler "
                "or None"
            )
    for answer in view.answers:
        if answer.verdict not in VERDICTS:
            raise UsageError(
                f"requirement {answer.text!r} is answered {answer.verdict!r}; "
                f"answer {', '.join(VERDICTS)}"
            )


def _check_map(view: PlanView, what: str, given: NDArray[Any]) -> None:
    if given.shape != view.grid.shape:
        raise UsageError(
            f"{what}: a map of {given.shape} cells on a grid of {view.grid.shape}; "
            "resample it first (Grid.resample)"
        )


def _check_layer(view: PlanView, layer: PlanLayer) -> None:
    cells = view.grid.rows * view.grid.cols
    if layer.above not in ("ground", "sea") or not math.isfinite(layer.height_m):
        raise UsageError(
            f"layer {layer.name!r}: {layer.height_m!r} m above {layer.above!r}; give a height "
            "above 'ground' or 'sea'"
        )
    words = max(1, math.ceil(len(view.radars) / 64))
    for what, bits in (("bits", layer.bits), ("unknown", layer.unknown)):
        if bits.dtype != np.uint64 or bits.size != cells * words:
            raise UsageError(
                f"layer {layer.name!r}: {what} of {bits.shape} {bits.dtype}; {len(view.radars)} "
                f"radars on a grid of {view.grid.shape} take {words} words of uint64 a cell"
            )
        beyond = 64 * words - len(view.radars)
        last = bits.reshape(cells, words)[:, -1]
        if beyond and bool((last >> np.uint64(64 - beyond)).any() if beyond < 64 else last.any()):
            raise UsageError(
                f"layer {layer.name!r}: {what} has bits beyond the {len(view.radars)} radars; "
                "number them in the order of `radars`"
            )
    _check_map(view, f"layer {layer.name!r}: why", layer.why)
    if layer.why.dtype != np.uint8 or layer.why.max(initial=0) >= len(reasons.NAMES):
        raise UsageError(
            f"layer {layer.name!r}: why: reasons are octets below {len(reasons.NAMES)}"
        )
    if layer.no_air is not None and (layer.no_air.size != cells or layer.no_air.dtype != np.bool_):
        raise UsageError(
            f"layer {layer.name!r}: no_air of {layer.no_air.shape} {layer.no_air.dtype}; give a "
            f"bool for each cell of {view.grid.shape}"
        )


def _check_warnings(view: PlanView, warning: PlanWarnings) -> None:
    missing = [name for name in WARNING_COLUMNS if name not in warning.table.column_names]
    if missing:
        raise UsageError(
            f"a table of warning minutes without the column {missing[0]!r}; it needs "
            f"{', '.join(WARNING_COLUMNS)}"
        )
    contributors = {one.name for one in view.contributors}
    for name in warning.without:
        if name not in contributors:
            raise UsageError(
                f"warning minutes without {name!r}, who is not among the contributors: "
                f"{', '.join(sorted(contributors))}"
            )
    sites = {site.name for site in view.sites}
    for name in warning.table["site"].unique().to_pylist():
        if name not in sites:
            raise UsageError(
                f"warning minutes for {name!r}, which is not among the sites: "
                f"{', '.join(sorted(sites)) or 'there are none'}"
            )
