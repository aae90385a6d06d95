"""The door for ``shield.toml``: its models. Those for planning alone are in ``plan_tables``."""

from __future__ import annotations

import contextlib
import dataclasses
import typing
from ipaddress import ip_address
from typing import Annotated, Any, Final, Literal

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    WithJsonSchema,
    create_model,
    field_validator,
)

from airshield.config.factors import FactorTable
from airshield.config.fields import OWNER, Name, known_factor, latitude, longitude, named
from airshield.config.plan_tables import (
    AircraftTable,
    BaseTable,
    FleetTable,
    OptionTable,
    PlaceTable,
    ReceiverTable,
    RequirementTables,
    StationTable,
    SupplyTables,
    TankerTable,
)
from airshield.config.problems import Door, nearest
from airshield.read.reader import readers
from airshield.warn import WarnSettings
from airshield.zones import ZoneSettings

EARTH_KS: Final = ["4/3", "worst", "p453"]


def _earth_k(value: object) -> object:
    """A number as text: one type inside, whatever a person wrote."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return f"{value:g}"
    return value


def _is_earth_k(text: str) -> str:
    with contextlib.suppress(ValueError):
        if text in EARTH_KS or 0.5 <= float(text) <= 10.0:
            return text
    raise ValueError(
        f"{text!r} is no earth radius factor; write one of {', '.join(EARTH_KS)}, or 0.5 to 10"
    )


EarthK = Annotated[
    str,
    BeforeValidator(_earth_k),
    AfterValidator(_is_earth_k),
    WithJsonSchema(
        {"anyOf": [{"enum": EARTH_KS}, {"type": "number", "minimum": 0.5, "maximum": 10}]}
    ),
]


class ContributorTable(Door):
    """``[[contributors]]``: a nation or organisation that brings parts of the shield."""

    name: Name = Field(description="the contributor's name, used by all that it brings")
    role: str = Field(min_length=1, description="what it brings, in plain words")
    kind: Literal["host", "member", "enabler"] | None = Field(
        default=None,
        description="host (whose air it is), member (of the coalition) or enabler (from outside): "
        "with and without the enablers is what a plan is asked first",
    )


class RadarTable(Door):
    """``[[radars]]``: a radar, standing or where one might stand.

    ``type`` takes published figures from the catalogue; a figure that is written goes before its.
    With ``sac`` and ``sic`` the watch hears the radar, and needs every figure that the tracker
    does. Without them it is only planned with, and what is left out is unknown.
    """

    name: Name = Field(description="the radar's name, unique in the shield")
    contributor: Name = named("contributors", OWNER)
    type: Name | None = Field(
        default=None, description="a type of the catalogue, whose published figures it has"
    )
    status: Literal["standing", "candidate"] = Field(
        default="standing", description="standing, or candidate: one that might be put there"
    )
    sac: int | None = Field(
        default=None,
        ge=0,
        le=255,
        description="system area code of its ASTERIX messages, 0 to 255",
    )
    sic: int | None = Field(
        default=None,
        ge=0,
        le=255,
        description="system identification code of its ASTERIX messages, 0 to 255",
    )
    lat_deg: float = latitude("of the antenna")
    lon_deg: float = longitude("of the antenna")
    ground_msl_m: float | None = Field(
        default=None,
        ge=-500.0,
        le=9000.0,
        description="ground at the radar above mean sea level in metres; a planned radar may leave "
        "it to the terrain",
    )
    antenna_agl_m: float = Field(
        ge=0.0, le=500.0, description="antenna phase centre above that ground in metres"
    )
    turn_s: float | None = Field(
        default=None, gt=0.0, le=60.0, description="seconds for one turn of the antenna"
    )
    rng_min_m: float | None = Field(default=None, ge=0.0, description="least slant range in metres")
    rng_max_m: float | None = Field(
        default=None, gt=0.0, le=1.0e6, description="greatest slant range in metres"
    )
    sigma_rng_m: float | None = Field(
        default=None, gt=0.0, description="one-sigma noise of a plot's range in metres"
    )
    sigma_azm_deg: float | None = Field(
        default=None, gt=0.0, le=10.0, description="one-sigma noise of a plot's azimuth in degrees"
    )
    has_primary: bool | None = Field(default=None, description="true if it sees skin echoes")
    has_secondary: bool | None = Field(
        default=None, description="true if it interrogates transponders, Mode S included"
    )
    pd: float | None = Field(
        default=None,
        gt=0.0,
        le=1.0,
        description="probability of detection per turn well inside cover, 0 to 1",
    )
    band: Name | None = Field(default=None, description="its band by letter: L, S, C, X, VHF, ...")
    freq_hz: float | None = Field(
        default=None, ge=1e6, le=1e12, description="its frequency in hertz, for rain and gas"
    )
    hgt_max_m: float | None = Field(
        default=None, gt=0.0, le=1e5, description="greatest height that it sees in metres"
    )
    elv_min_deg: float | None = Field(
        default=None, ge=-90.0, le=90.0, description="lowest elevation of its beam in degrees"
    )
    elv_max_deg: float | None = Field(
        default=None,
        ge=-90.0,
        le=90.0,
        description="highest elevation of its beam in degrees; above is the cone of silence",
    )
    azm_from_deg: float | None = Field(
        default=None, ge=0.0, lt=360.0, description="where its sector begins, from true north"
    )
    azm_to_deg: float | None = Field(
        default=None, ge=0.0, le=360.0, description="where its sector ends, clockwise from there"
    )
    ref_rng_m: float | None = Field(
        default=None, gt=0.0, le=1e6, description="one point of its detection: slant range, metres"
    )
    ref_rcs_m2: float | None = Field(
        default=None, gt=0.0, le=1e5, description="... on which cross-section, square metres"
    )
    ref_pd: float | None = Field(
        default=None, gt=0.0, lt=1.0, description="... with which probability in a scan"
    )
    ref_pfa: float | None = Field(
        default=None, gt=0.0, le=0.01, description="... at how many false alarms a cell"
    )
    swerling: int | None = Field(
        default=None, ge=0, le=4, description="... on which kind of target, Swerling's 0 to 4"
    )
    pulses: int | None = Field(
        default=None, ge=1, le=10_000, description="... of how many pulses added up"
    )
    prf_hz: list[Annotated[float, Field(gt=0.0, le=1e6)]] = Field(
        default=[], description="its pulse repetition frequencies in hertz, for blind speeds"
    )
    spd_radial_min_mps: float | None = Field(
        default=None,
        ge=0.0,
        le=500.0,
        description="radial speed below which it sees nothing that moves, metres a second",
    )
    cost: float | None = Field(
        default=None, ge=0.0, description="candidate: what it costs to put it there, any one unit"
    )
    failure_h: FactorTable | None = known_factor("mean time between its failures in hours")
    repair_h: FactorTable | None = known_factor("mean time until it is mended in hours")


class FeedTable(Door):
    """``[[feeds]]``: one live source of bytes."""

    name: Name = Field(description="the feed's name, unique in the shield")
    contributor: Name = named("contributors", OWNER)
    protocol: Literal["udp", "tcp"] = Field(
        default="udp", description="how its bytes travel: udp or tcp"
    )
    format: str = Field(
        default="asterix", description="how its bytes are written: the name of a reader"
    )
    host: str = Field(
        description="udp: the address to bind, or the multicast group to join; tcp: the peer"
    )
    port: int = Field(ge=1, le=65535, description="UDP or TCP port, 1 to 65535")
    listen: bool = Field(
        default=False, description="tcp: accept a peer on that address instead of connecting to it"
    )
    interface: str | None = Field(
        default=None,
        description="address of the local interface that joins a multicast group",
    )
    receiver_lat_deg: float | None = Field(
        default=None, ge=-90.0, le=90.0, description="WGS-84 latitude of an ADS-B receiver"
    )
    receiver_lon_deg: float | None = Field(
        default=None, ge=-180.0, lt=180.0, description="WGS-84 longitude of an ADS-B receiver"
    )

    @field_validator("format")
    @classmethod
    def _is_known(cls, text: str) -> str:
        if text not in readers():
            raise ValueError(f"there is no format {text!r}; {nearest(text, readers())}")
        return text

    @field_validator("host", "interface")
    @classmethod
    def _is_address(cls, text: str | None) -> str | None:
        if text is None:
            return None
        try:
            ip_address(text)
        except ValueError:
            raise ValueError(
                f"{text!r} is no IP address; write one, such as 127.0.0.1, 0.0.0.0 or 239.0.0.1"
            ) from None
        return text


class SystemTable(Door):
    """``[system]``: this system as the sender of ASTERIX; only needed to write some."""

    sac: int = Field(
        ge=0, le=255, description="system area code that this system sends under, 0 to 255"
    )
    sic: int = Field(
        ge=0, le=255, description="system identification code that it sends under, 0 to 255"
    )


def _settings_table(name: str, settings: type, about: str) -> type[Door]:
    """A table for a room's settings: each key optional, its default and meaning the room's own."""
    hints = typing.get_type_hints(settings)
    fields: dict[str, Any] = {
        field.name: (
            hints[field.name],
            Field(default=field.default, gt=0, description=field.metadata["what"]),
        )
        for field in dataclasses.fields(settings)
    }
    made: type[Door] = create_model(name, __base__=Door, __doc__=about, **fields)
    return made


ZoneSettingsTable: Final = _settings_table(
    "ZoneSettingsTable",
    ZoneSettings,
    "``[zone_settings]``: when a violation is opened, confirmed and ended.",
)
WarnSettingsTable: Final = _settings_table(
    "WarnSettingsTable",
    WarnSettings,
    "``[warn_settings]``: when a warning is issued, told again and cancelled.",
)


class ShieldFile(Door):
    """``shield.toml``."""

    name: Name = Field(description="the shield's name")
    about: str = Field(min_length=1, description="what it is, and what in it is illustrative")
    geoid_height_m: float = Field(
        ge=-110.0,
        le=90.0,
        description="mean sea level above the WGS-84 ellipsoid there in metres (EGM2008 or better)",
    )
    zones: str = Field(min_length=1, description="the GeoJSON file of zones, beside shield.toml")
    sites: str = Field(
        min_length=1, description="the GeoJSON file of protected sites, beside shield.toml"
    )
    contributors: list[ContributorTable] = Field(
        min_length=1, description="[[contributors]] tables: who brings what"
    )
    radars: list[RadarTable] = Field(default=[], description="[[radars]] tables, or a CSV file")
    feeds: list[FeedTable] = Field(default=[], description="[[feeds]] tables")
    receivers: list[ReceiverTable] = Field(
        default=[], description="[[receivers]] tables, or a CSV file"
    )
    areas: str | None = Field(
        default=None,
        min_length=1,
        description="the GeoJSON file of areas that are planned for, beside shield.toml",
    )
    people: list[PlaceTable] = Field(
        default=[], description="where people live: a CSV file, or [[people]] tables"
    )
    terrain: list[Name] = Field(
        default=[],
        description="height models (GeoTIFF, COG, VRT, hgt), finest first, patterns allowed; "
        "empty: the coarse one of the package",
    )
    earth_k: EarthK | None = Field(
        default=None,
        description="factor of the effective earth radius for radio by name (p453: computed for "
        "the place) or number",
    )
    currency: str | None = Field(
        default=None, pattern="^[A-Z]{3}$", description="of all money here: EUR, USD, ..."
    )
    factors: str | None = Field(
        default=None, min_length=1, description="the CSV file of planning factors"
    )
    aircraft: list[AircraftTable] = Field(
        default=[], description="[[aircraft]] tables, or a CSV file"
    )
    bases: list[BaseTable] = Field(default=[], description="[[bases]] tables, or a CSV file")
    fleets: list[FleetTable] = Field(default=[], description="[[fleets]] tables, or a CSV file")
    stations: list[StationTable] = Field(
        default=[], description="[[stations]] tables, or a CSV file"
    )
    tankers: list[TankerTable] = Field(default=[], description="[[tankers]] tables, or a CSV file")
    supply: SupplyTables = Field(default=SupplyTables(), description="the supply network")
    options: list[OptionTable] = Field(default=[], description="[[options]] tables, or a CSV file")
    requirements: RequirementTables = Field(
        default=RequirementTables(), description="what must hold"
    )
    system: SystemTable | None = Field(
        default=None, description="the codes under which this system sends ASTERIX"
    )
    zone_settings: ZoneSettingsTable = Field(  # type: ignore[valid-type]
        default=ZoneSettingsTable(), description="thresholds of the zone watch"
    )
    warn_settings: WarnSettingsTable = Field(  # type: ignore[valid-type]
        default=WarnSettingsTable(), description="thresholds of the civil warning"
    )
