"""What a shield says for planning: who stands where with what, what is asked, what figures hold.

The attributes are the keys of the file's tables in SI (docs/shield.md tells each): what ends in
``_h``, ``_min`` or ``_days`` there ends in ``_s`` here, ``_kt`` in ``_mps``, ``_t`` in ``_kg``,
``_t_per_h`` and ``_t_per_day`` in ``_kgps`` (kilograms a second), ``_km`` in ``_m``; ``minutes`` is
``within_s``. ``_day`` counts days from the plan's first. Money stays by the hour or the month, in
``Plan.currency``, and calls by the day. None is unknown or not said, never a default. Positions are
WGS-84 degrees; areas are polygons in longitude and latitude.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from shapely.geometry import MultiPolygon, Polygon

from airshield.config.factors import Factor
from airshield.zones import Period

Role = Literal["patrol", "airborne_radar", "tanker", "maritime_patrol", "drone", "transport"]
NodeKind = Literal["source", "port", "railhead", "depot", "base"]
Mode = Literal["road", "rail", "sea", "air", "pipeline"]
Target = Literal[
    "airliner",
    "light_aircraft",
    "fighter_size",
    "helicopter",
    "cruise_missile_like",
    "large_drone",
    "small_drone",
]
"""Classes of target, those whose cross-sections the coverage planner has."""
Of = Literal["territory", "people", "sites"]
OptionKind = Literal["fleet", "radar", "edge"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RadarPlan:
    """A radar as a planner sees it: figures that nobody published or wrote are None.

    ``ref_*`` is one published point of detection: at ``ref_rng_m`` a target of ``ref_rcs_m2`` is
    seen with ``ref_pd`` in a scan, at ``ref_pfa`` false alarms a cell. Azimuths are from true
    north, the sector runs clockwise from ``azm_from_deg`` to ``azm_to_deg``. ``ground_msl_m`` is
    None where the terrain is to say it. ``origins`` tells for each figure taken from the catalogue
    where it was published.
    """

    name: str
    contributor: str
    type: str | None
    status: Literal["standing", "candidate"]
    lat_deg: float
    lon_deg: float
    ground_msl_m: float | None
    antenna_agl_m: float
    rng_max_m: float
    has_primary: bool
    has_secondary: bool | None
    turn_s: float | None
    rng_min_m: float | None
    pd: float | None
    sigma_rng_m: float | None
    sigma_azm_deg: float | None
    band: str | None
    freq_hz: float | None
    hgt_max_m: float | None
    elv_min_deg: float | None
    elv_max_deg: float | None
    azm_from_deg: float | None
    azm_to_deg: float | None
    ref_rng_m: float | None
    ref_rcs_m2: float | None
    ref_pd: float | None
    ref_pfa: float | None
    swerling: int | None
    pulses: int | None
    prf_hz: tuple[float, ...]
    spd_radial_min_mps: float | None
    cost: float | None
    failure_s: Factor | None
    repair_s: Factor | None
    sensor: str | None
    origins: dict[str, str] = field(default_factory=dict, hash=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Receiver:
    """What hears and is no radar."""

    name: str
    contributor: str
    kind: Literal["adsb", "mlat", "drone_id", "acoustic"]
    lat_deg: float
    lon_deg: float
    ground_msl_m: float | None
    antenna_agl_m: float
    rng_max_m: float
    feed: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Area:
    """A named part of the map that cover or presence is asked for; no rule of the air."""

    name: str
    area: Polygon | MultiPolygon


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where people live."""

    name: str
    lat_deg: float
    lon_deg: float
    people: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Aircraft:
    """A class of aircraft: what one of them can do, as factors.

    ``readiness`` is a share of the time: that of an aircraft that flies ``readiness_month_s`` in 30
    days, where that is known, and then it holds the repair after those flights too; ``down_s`` is
    the mean spell out of service that flying does not cause. ``*_cv`` is the standard deviation of
    a time over its mean. ``offload_points`` is what a tanker gives at a distance, pairs of metres
    and kilograms, farther ones later; it stands instead of ``offload_kg``, and ``offload_source``
    says whose it is.
    """

    name: str
    role: Role
    cruise_mps: Factor
    sortie_s: Factor
    turnaround_s: Factor
    turnaround_cv: Factor | None
    readiness: Factor | None
    readiness_month_s: Factor | None
    down_s: Factor | None
    grounded_share: Factor | None
    grounded_s: Factor | None
    repair_fixed_s: Factor | None
    repair_share: Factor | None
    repair_cv: Factor | None
    burn_kgps: Factor | None
    fuel_kg: Factor | None
    offload_kg: Factor | None
    offload_points: tuple[tuple[float, float], ...]
    offload_source: str | None
    crews_per_aircraft: Factor | None
    rest_s: Factor | None
    duty_s: Factor | None
    crew_month_s: Factor | None
    month_s: Factor | None
    month_surge_s: Factor | None
    to_air_s: Factor | None
    losses_per_million_h: Factor | None
    watch_rng_m: Factor | None
    cost_variable_per_h: Factor | None
    cost_full_per_h: Factor | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Base:
    """An airfield that aircraft fly from."""

    name: str
    contributor: str
    lat_deg: float
    lon_deg: float
    spots: int | None
    hours: tuple[Period, ...]
    movements_per_h: Factor | None
    closed_share: Factor | None
    closure_s: Factor | None
    node: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Fleet:
    """Aircraft of one class that one contributor brings to one base."""

    name: str
    contributor: str
    aircraft: str
    base: str
    count: int
    on_alert: int
    from_day: int
    to_day: int | None
    readiness: Factor | None
    docks: int | None
    scrambles_per_day: Factor | None
    scramble_s: Factor | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Station:
    """Where aircraft are to be, at a height, and how many at once."""

    name: str
    role: Role
    lat_deg: float
    lon_deg: float
    hgt_msl_m: float
    count: int
    hours: tuple[Period, ...]
    stay_s: Factor | None
    tankers: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tanker:
    """A track where tankers wait, and how many at once."""

    name: str
    lat_deg: float
    lon_deg: float
    count: int
    fleets: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SupplyNode:
    """A place of the supply network."""

    name: str
    contributor: str
    kind: NodeKind
    lat_deg: float
    lon_deg: float
    holds_kg: Factor | None
    supply_kgps: Factor | None
    demand_kgps: Factor | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SupplyEdge:
    """A way between two nodes, both directions unless ``one_way``."""

    name: str
    contributor: str
    start: str
    end: str
    mode: Mode
    one_way: bool
    capacity_kgps: Factor
    surge_kgps: Factor | None
    delay_s: Factor | None
    loss_share: Factor | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Stock:
    """What lies at a node on the plan's first day."""

    node: str
    goods: str
    amount_kg: Factor
    use_kgps: Factor | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplacementOption:
    """Something that could be brought beside or instead of what there is.

    ``kind`` is of which list ``like`` is a name. A fleet's is ``count`` aircraft more of its class,
    at ``base`` or, where that is None, at its own; a radar's that radar; an edge's
    ``capacity_kgps`` more on it. There can be ``most`` of it. ``provider`` may be a contributor, or
    somebody who is none yet.
    """

    name: str
    provider: str
    kind: OptionKind
    like: str
    count: int
    base: str | None
    capacity_kgps: Factor | None
    most: int
    cost_per_month: Factor | None
    lead_s: Factor | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CoverRequirement:
    """A share of a territory, its people or the sites that radars must see at a height."""

    name: str
    of: Of
    area: str | None
    share: float
    hgt_agl_m: float | None
    hgt_msl_m: float | None
    target: Target
    radars: int
    without_any_one: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class WarningRequirement:
    """Sites that must have their warning time before a target of a class, speed and height."""

    name: str
    sites: tuple[str, ...]
    target: Target
    spd_mps: float
    hgt_agl_m: float | None
    hgt_msl_m: float | None
    chain_s: Factor
    share_of_bearings: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ResponseRequirement:
    """A share of an area where somebody must be able to identify within a time."""

    name: str
    area: str | None
    share: float
    within_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class StationRequirement:
    """A share of the time that a station must be manned, for so many days."""

    name: str
    station: str
    share: float
    days: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StockRequirement:
    """Days for which a node must never be empty."""

    name: str
    node: str
    goods: str
    days: int


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchRequirement:
    """What the watch must do in a rehearsal."""

    name: str
    measure: Literal["confirm_s", "warn_s", "found_share", "false_per_h"]
    at_least: float | None
    at_most: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Requirements:
    """What must hold, by kind; each is answered holds, fails or unknown."""

    cover: tuple[CoverRequirement, ...] = ()
    warning: tuple[WarningRequirement, ...] = ()
    response: tuple[ResponseRequirement, ...] = ()
    station: tuple[StationRequirement, ...] = ()
    stock: tuple[StockRequirement, ...] = ()
    watch: tuple[WatchRequirement, ...] = ()

    def __len__(self) -> int:
        kinds = (self.cover, self.warning, self.response, self.station, self.stock, self.watch)
        return sum(map(len, kinds))


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Everything that a shield says for planning.

    ``terrain`` names height models, finest first, in the shield's folder or elsewhere; empty means
    the coarse one of the package. ``earth_k`` is the factor of the effective earth radius by name
    or as a number's text, None where the shield does not say. ``factors`` are all those used.
    """

    currency: str | None = None
    terrain: tuple[Path, ...] = ()
    earth_k: str | None = None
    radars: tuple[RadarPlan, ...] = ()
    receivers: tuple[Receiver, ...] = ()
    areas: tuple[Area, ...] = ()
    people: tuple[Place, ...] = ()
    aircraft: tuple[Aircraft, ...] = ()
    bases: tuple[Base, ...] = ()
    fleets: tuple[Fleet, ...] = ()
    stations: tuple[Station, ...] = ()
    tankers: tuple[Tanker, ...] = ()
    nodes: tuple[SupplyNode, ...] = ()
    edges: tuple[SupplyEdge, ...] = ()
    stocks: tuple[Stock, ...] = ()
    options: tuple[ReplacementOption, ...] = ()
    requirements: Requirements = field(default_factory=Requirements)
    factors: tuple[Factor, ...] = ()
