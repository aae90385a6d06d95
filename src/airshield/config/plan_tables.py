"""The door for what a shield says for planning: the tables of shield.toml, or of CSV files.

``names`` in a field's extras says which list its value must be a name of; the loader checks every
such link and the reference tells it (docs/shield.md).
"""

from __future__ import annotations

from typing import Annotated, Final, Literal

from pydantic import BeforeValidator, Field, field_validator, model_validator

from airshield.config.factors import FactorTable, Text
from airshield.config.fields import (
    OWNER,
    Name,
    Share,
    factor,
    known_factor,
    latitude,
    longitude,
    named,
    split_text,
)
from airshield.config.periods import period_from_text
from airshield.config.plan import Mode, NodeKind, Of, Role, Target
from airshield.config.problems import Door

_ROLES: Final = "patrol, airborne_radar, tanker, maritime_patrol, drone or transport"
LIKE: Final = "fleets, radars and supply.edges"
"""What more of can be brought."""
_Periods = Annotated[list[str], BeforeValidator(split_text(";"))]
_Names = Annotated[list[Name], BeforeValidator(split_text("[;,]"))]


class _Hours(Door):
    """What is open, or manned, at certain hours only."""

    hours: _Periods = Field(
        default=[], description="UTC: 'daily 06:00-20:00', several with ; empty is always"
    )

    @field_validator("hours")
    @classmethod
    def _are_periods(cls, texts: list[str]) -> list[str]:
        for text in texts:
            period_from_text(text)
        return texts


class ReceiverTable(Door):
    """``[[receivers]]``: what hears and is no radar."""

    name: Name = Field(description="the receiver's name, unique in the shield")
    contributor: Name = named("contributors", OWNER)
    kind: Literal["adsb", "mlat", "drone_id", "acoustic"] = Field(
        description="adsb, mlat, drone_id or acoustic"
    )
    lat_deg: float = latitude("of the antenna")
    lon_deg: float = longitude("of the antenna")
    ground_msl_m: float | None = Field(
        default=None,
        ge=-500.0,
        le=9000.0,
        description="ground there above mean sea level in metres; left out: from the terrain",
    )
    antenna_agl_m: float = Field(
        ge=0.0, le=500.0, description="antenna above that ground in metres"
    )
    rng_max_m: float = Field(gt=0.0, le=1.0e6, description="greatest range in metres")
    feed: Name | None = named("feeds", "the name of the feed that carries it", optional=True)


class PlaceTable(Door):
    """``people = "FILE.csv"`` or ``[[people]]``: where people live."""

    name: Name = Field(description="the place's name")
    lat_deg: float = latitude("of its middle")
    lon_deg: float = longitude("of its middle")
    people: int = Field(ge=0, le=50_000_000, description="how many live there")


_Point = Annotated[list[float], Field(min_length=2, max_length=2)]


class AircraftTable(Door):
    """``[[aircraft]]``: a class of aircraft, and the factors of one of them."""

    name: Name = Field(description="the class's name, unique in the shield")
    role: Role = Field(description=f"what it is for: {_ROLES}")
    cruise_kt: FactorTable = factor(
        "true airspeed on the way in knots", most=1000.0, above_zero=True
    )
    sortie_h: FactorTable = factor(
        "longest sortie, from take-off to landing, without refuelling, in hours",
        most=60.0,
        above_zero=True,
    )
    turnaround_h: FactorTable = factor(
        "from landing to ready for take-off when nothing is broken, in hours", most=240.0
    )
    turnaround_cv: FactorTable | None = known_factor(
        "spread of that: standard deviation over mean; 0: always the same", most=5.0
    )
    readiness: FactorTable | None = known_factor(
        "share of the aircraft there that are mission capable, 0 to 1", most=1.0, above_zero=True
    )
    readiness_month_h: FactorTable | None = known_factor(
        "hours that an aircraft flew in 30 days where that readiness was measured: a published "
        "mission-capable rate holds the repair after those flights too",
        most=720.0,
    )
    down_h: FactorTable | None = known_factor(
        "mean spell out of service that flying does not cause, in hours", above_zero=True
    )
    grounded_share: FactorTable | None = known_factor(
        "share of the time that the whole type is grounded, 0 to 1", most=0.99
    )
    grounded_h: FactorTable | None = known_factor(
        "mean length of such a grounding in hours", above_zero=True
    )
    repair_fixed_h: FactorTable | None = known_factor(
        "maintenance of a sortie, whatever its length, in hours"
    )
    repair_share: FactorTable | None = known_factor("maintenance hours of each hour flown")
    repair_cv: FactorTable | None = known_factor(
        "spread of that maintenance: standard deviation over mean; 0: always the same", most=5.0
    )
    burn_t_per_h: FactorTable | None = known_factor("fuel burnt in tonnes an hour", above_zero=True)
    fuel_t: FactorTable | None = known_factor("usable fuel on board in tonnes")
    offload_t: FactorTable | None = known_factor(
        "tankers: fuel that it can give in one sortie in tonnes, wherever the track is, or ..."
    )
    offload_points: list[_Point] = Field(
        default=[],
        description="... at a distance from its base: pairs of kilometres and tonnes, the farther "
        "the later; straight lines between them (in CSV: 0 60; 1000 50)",
    )
    offload_source: Text | None = Field(
        default=None, description="of offload_points: who says so, and when"
    )
    crews_per_aircraft: FactorTable | None = known_factor("crews of each aircraft", above_zero=True)
    rest_h: FactorTable | None = known_factor("rest of a crew after a landing in hours", most=240.0)
    duty_h: FactorTable | None = known_factor(
        "longest flight of a crew in hours", most=60.0, above_zero=True
    )
    crew_month_h: FactorTable | None = known_factor(
        "most hours that a crew flies in 30 days", most=720.0, above_zero=True
    )
    month_h: FactorTable | None = known_factor(
        "hours of an aircraft in 30 days, routine tempo", most=720.0, above_zero=True
    )
    month_surge_h: FactorTable | None = known_factor(
        "hours of an aircraft in 30 days of surge", most=720.0, above_zero=True
    )
    to_air_min: FactorTable | None = known_factor("on alert: from the call to take-off in minutes")
    losses_per_million_h: FactorTable | None = known_factor("aircraft lost in a million hours")
    watch_rng_km: FactorTable | None = known_factor(
        "airborne radar: how far it watches low targets in kilometres"
    )
    cost_variable_per_h: FactorTable | None = known_factor(
        "what an hour more costs, in the shield's currency"
    )
    cost_full_per_h: FactorTable | None = known_factor(
        "what an hour costs with its share of all fixed cost; never added to the other"
    )

    @model_validator(mode="after")
    def _says_its_offload_once(self) -> AircraftTable:
        points = self.offload_points
        if points and self.offload_t is not None:
            raise ValueError("it has offload_t and offload_points; keep one of them")
        if points and self.offload_source is None:
            raise ValueError("offload_points do not say whose they are; add offload_source")
        for before, (km, _) in zip([[-1.0, 0.0], *points], points, strict=False):
            if not km > before[0]:
                raise ValueError(
                    f"offload_points go from {before[0]:g} to {km:g} km; give distances from 0 km "
                    "on, each farther than the one before"
                    if before[0] >= 0.0
                    else f"offload_points begin at {km:g} km; give distances from 0 km on"
                )
        if any(t < 0.0 for _, t in points):
            raise ValueError("offload_points have tonnes below 0; write 0 where it can give none")
        return self


class BaseTable(_Hours):
    """``[[bases]]``: an airfield that aircraft fly from."""

    name: Name = Field(description="the base's name, unique in the shield")
    contributor: Name = named("contributors", OWNER)
    lat_deg: float = latitude("of the runway")
    lon_deg: float = longitude("of the runway")
    spots: int | None = Field(
        default=None, ge=1, le=2000, description="aircraft that can stand there; left out: unknown"
    )
    movements_per_h: FactorTable | None = known_factor(
        "take-offs and landings that the runway takes in an hour", above_zero=True
    )
    closed_share: FactorTable | None = known_factor(
        "share of the time that weather closes it, 0 to 1", most=1.0
    )
    closure_h: FactorTable | None = known_factor("mean length of such a closure in hours")
    node: Name | None = named(
        "supply.nodes", "the supply node that its fuel comes from", optional=True
    )


class FleetTable(Door):
    """``[[fleets]]``: aircraft of one class that one contributor brings to one base."""

    name: Name = Field(description="the fleet's name, unique in the shield")
    contributor: Name = named("contributors", OWNER)
    aircraft: Name = named("aircraft", "the name of its class of aircraft")
    base: Name = named("bases", "the name of its base")
    count: int = Field(ge=1, le=5000, description="how many aircraft are there")
    on_alert: int = Field(
        default=0, ge=0, le=5000, description="how many of them stand on alert on the ground"
    )
    from_day: int = Field(default=0, ge=0, le=3650, description="the first day that it is there")
    to_day: int | None = Field(
        default=None, ge=0, le=3650, description="the first day that it is gone; left out: it stays"
    )
    readiness: FactorTable | None = known_factor(
        "its own readiness, where it is not that of the class", most=1.0, above_zero=True
    )
    docks: int | None = Field(
        default=None,
        ge=1,
        le=5000,
        description="how many of them can be repaired at once; left out: all",
    )
    scrambles_per_day: FactorTable | None = known_factor(
        "mean number of calls of its alert in a day", most=100.0
    )
    scramble_h: FactorTable | None = known_factor(
        "mean flight of such a call, to identify and back, in hours", most=60.0, above_zero=True
    )


class StationTable(_Hours):
    """``[[stations]]``: where aircraft are to be, and how many at once."""

    name: Name = Field(description="the station's name, unique in the shield")
    role: Role = Field(description=f"aircraft of which role man it: {_ROLES}")
    lat_deg: float = latitude("of its middle")
    lon_deg: float = longitude("of its middle")
    hgt_msl_m: float = Field(
        ge=0.0, le=25_000.0, description="height above mean sea level in metres"
    )
    count: int = Field(ge=1, le=100, description="how many aircraft are to be there at once")
    stay_h: FactorTable | None = known_factor(
        "longest time on station in hours; left out: what fuel and crew allow"
    )
    tankers: _Names = Field(
        default=[],
        description="names of the tanker tracks that refuel there",
        json_schema_extra={"names": "tankers"},
    )


class TankerTable(Door):
    """``[[tankers]]``: a track where tankers wait."""

    name: Name = Field(description="the track's name, unique in the shield")
    lat_deg: float = latitude("of its middle")
    lon_deg: float = longitude("of its middle")
    count: int = Field(ge=1, le=50, description="how many tankers are to be there at once")
    fleets: _Names = Field(
        default=[],
        description="names of the fleets that man it; empty: any of tankers",
        json_schema_extra={"names": "fleets"},
    )


class NodeTable(Door):
    """``[[supply.nodes]]``: a place of the supply network."""

    name: Name = Field(description="the node's name, unique in the shield")
    contributor: Name = named("contributors", OWNER)
    kind: NodeKind = Field(description="source, port, railhead, depot or base")
    lat_deg: float = latitude("of the node")
    lon_deg: float = longitude("of the node")
    holds_t: FactorTable | None = known_factor("how much it can hold in tonnes")
    supply_t_per_day: FactorTable | None = known_factor("what enters there in tonnes a day")
    demand_t_per_day: FactorTable | None = known_factor(
        "what is used there, beside what aircraft burn, in tonnes a day"
    )


class EdgeTable(Door):
    """``[[supply.edges]]``: a way between two nodes."""

    name: Name = Field(description="the edge's name, unique in the shield")
    contributor: Name = named("contributors", "the name of the contributor that runs it")
    start: Name = named("supply.nodes", "the node at one end")
    end: Name = named("supply.nodes", "the node at the other end")
    mode: Mode = Field(description="road, rail, sea, air or pipeline")
    one_way: bool = Field(default=False, description="true if nothing goes from end to start")
    capacity_t_per_day: FactorTable = factor("what it carries in tonnes a day, routine tempo")
    surge_t_per_day: FactorTable | None = known_factor("what it carries in a surge")
    delay_h: FactorTable | None = known_factor("from start to end in hours")
    loss_share: FactorTable | None = known_factor("share that is lost on the way, 0 to 1", most=1.0)


class StockTable(Door):
    """``[[supply.stocks]]``: what lies at a node on the first day."""

    node: Name = named("supply.nodes", "the node that it lies at")
    goods: Name = Field(description="what it is: jet fuel, spares, ...")
    amount_t: FactorTable = factor("how much there is in tonnes")
    use_t_per_day: FactorTable | None = known_factor(
        "what is used of it in tonnes a day, beside what aircraft burn"
    )


class SupplyTables(Door):
    """``[supply]``: the supply network; each key a list of tables or a CSV file."""

    nodes: list[NodeTable] = Field(default=[], description="[[supply.nodes]] tables, or a CSV file")
    edges: list[EdgeTable] = Field(default=[], description="[[supply.edges]] tables, or a CSV file")
    stocks: list[StockTable] = Field(
        default=[], description="[[supply.stocks]] tables, or a CSV file"
    )


class OptionTable(Door):
    """``[[options]]``: what could be brought beside or instead of what there is."""

    name: Name = Field(description="what it is called, unique in the shield")
    provider: Name = Field(
        description="who could bring it: a contributor, or somebody who is none yet"
    )
    like: Name = named(
        LIKE,
        "more of what: the name of a fleet (aircraft of its class), of a radar (that radar, a "
        "candidate too) or of a supply edge (capacity)",
    )
    count: int = Field(
        default=1, ge=1, le=5000, description="like a fleet: how many aircraft are one option"
    )
    base: Name | None = named(
        "bases", "like a fleet: the name of its base; left out: that of the fleet", optional=True
    )
    capacity_t_per_day: FactorTable | None = known_factor(
        "like a supply edge: how much more it carries in tonnes a day", above_zero=True
    )
    most: int = Field(default=1, ge=1, le=1000, description="how many of it there are at most")
    cost_per_month: FactorTable | None = known_factor(
        "what one of it costs a month, in the shield's currency"
    )
    lead_days: FactorTable | None = known_factor("days until it is there", most=36_500.0)


class _Asked(Door):
    name: Name = Field(description="what it is called where it is answered, unique in its kind")


class _AtHeight(_Asked):
    """Something asked for at a height, above ground or above mean sea level."""

    hgt_agl_m: float | None = Field(
        default=None, ge=0.0, le=30_000.0, description="height above ground in metres, or ..."
    )
    hgt_msl_m: float | None = Field(
        default=None, ge=0.0, le=30_000.0, description="... above mean sea level in metres"
    )
    target: Target = Field(
        description="class of target, by its cross-section; no measured object is meant"
    )

    @model_validator(mode="after")
    def _has_one_height(self) -> _AtHeight:
        if (self.hgt_agl_m is None) == (self.hgt_msl_m is None):
            raise ValueError(
                "it needs one height; write hgt_agl_m (above ground) or hgt_msl_m (above mean sea "
                "level), not both"
            )
        return self


class CoverTable(_AtHeight):
    """``[[requirements.cover]]``: a share that radars must see at a height."""

    of: Of = Field(description="the share of what: territory, people or sites")
    area: Name | None = named(
        "areas and zones", "within which area or zone; left out: all of them together",
        optional=True,
    )  # fmt: skip
    share: Share = Field(description="the least share, above 0 to 1")
    radars: int = Field(default=1, ge=1, le=10, description="by how many radars at once")
    without_any_one: bool = Field(
        default=False, description="true if it must hold without any one of the radars too"
    )


class WarningTable(_AtHeight):
    """``[[requirements.warning]]``: sites that must have the warning time that they need."""

    sites: _Names = Field(
        default=[],
        description="names of the sites; empty: all of them",
        json_schema_extra={"names": "sites"},
    )
    spd_mps: float = Field(gt=0.0, le=3000.0, description="speed over ground in metres a second")
    chain_min: FactorTable = factor(
        "from the confirmed track to the people warned, in minutes", most=120.0
    )
    share_of_bearings: Share = Field(
        default=1.0, description="share of the bearings that it must hold for; left out: all"
    )


class ResponseTable(_Asked):
    """``[[requirements.response]]``: where somebody must be able to identify in time."""

    area: Name | None = named(
        "areas and zones", "within which area or zone; left out: all of them together",
        optional=True,
    )  # fmt: skip
    share: Share = Field(description="the least share of it, above 0 to 1")
    minutes: float = Field(
        gt=0.0, le=1440.0, description="from the call to being there to identify, in minutes"
    )


class StationAskedTable(_Asked):
    """``[[requirements.station]]``: a station that must be manned."""

    station: Name = named("stations", "the name of the station")
    share: Share = Field(description="the least share of its hours, above 0 to 1")
    days: int = Field(ge=1, le=3650, description="for so many days")


class StockAskedTable(_Asked):
    """``[[requirements.stock]]``: a stock that must last."""

    node: Name = named("supply.nodes", "the name of the supply node")
    goods: Name = Field(description="of what: jet fuel, spares, ...")
    days: int = Field(ge=1, le=3650, description="for so many days")


class WatchAskedTable(_Asked):
    """``[[requirements.watch]]``: what the watch must do in a rehearsal."""

    measure: Literal["confirm_s", "warn_s", "found_share", "false_per_h"] = Field(
        description="confirm_s (from entry to confirmed), warn_s (from then to the warning), "
        "found_share (of the intruders) or false_per_h (violations that are none)"
    )
    at_least: float | None = Field(default=None, ge=0.0, description="the least it may be")
    at_most: float | None = Field(default=None, ge=0.0, description="the most it may be")

    @model_validator(mode="after")
    def _is_bounded(self) -> WatchAskedTable:
        if self.at_least is None and self.at_most is None:
            raise ValueError("it asks for nothing; add at_least or at_most")
        return self


class RequirementTables(Door):
    """``[requirements]``: what must hold; each is answered holds, fails or unknown."""

    cover: list[CoverTable] = Field(default=[], description="[[requirements.cover]] tables")
    warning: list[WarningTable] = Field(default=[], description="[[requirements.warning]] tables")
    response: list[ResponseTable] = Field(
        default=[], description="[[requirements.response]] tables"
    )
    station: list[StationAskedTable] = Field(
        default=[], description="[[requirements.station]] tables"
    )
    stock: list[StockAskedTable] = Field(default=[], description="[[requirements.stock]] tables")
    watch: list[WatchAskedTable] = Field(default=[], description="[[requirements.watch]] tables")
