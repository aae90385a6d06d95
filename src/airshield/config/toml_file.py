"""The door for ``shield.toml``: its models, and the line that a key stands on."""

from __future__ import annotations

import dataclasses
import re
import typing
from ipaddress import ip_address
from typing import Annotated, Any, Final, Literal

from pydantic import Field, create_model, field_validator

from airshield.config.problems import Door, Place, nearest
from airshield.read.reader import readers
from airshield.warn import WarnSettings
from airshield.zones import ZoneSettings

Name = Annotated[str, Field(min_length=1, max_length=80, pattern=r"^\S(.*\S)?$")]


class ContributorTable(Door):
    """``[[contributors]]``: a nation or organisation that brings parts of the shield."""

    name: Name = Field(description="the contributor's name, used by radars and feeds")
    role: str = Field(min_length=1, description="what it brings, in plain words")


class RadarTable(Door):
    """``[[radars]]``: one rotating radar."""

    name: Name = Field(description="the radar's name, unique in the shield")
    contributor: Name = Field(description="the name of the contributor that brings it")
    sac: int = Field(ge=0, le=255, description="system area code of its ASTERIX messages, 0 to 255")
    sic: int = Field(
        ge=0, le=255, description="system identification code of its ASTERIX messages, 0 to 255"
    )
    lat_deg: float = Field(
        ge=-90.0, le=90.0, description="WGS-84 latitude in degrees, north positive"
    )
    lon_deg: float = Field(
        ge=-180.0, lt=180.0, description="WGS-84 longitude in degrees, east positive, -180 to 180"
    )
    ground_msl_m: float = Field(
        ge=-500.0, le=9000.0, description="ground at the radar above mean sea level in metres"
    )
    antenna_agl_m: float = Field(
        ge=0.0, le=500.0, description="antenna phase centre above that ground in metres"
    )
    turn_s: float = Field(gt=0.0, le=60.0, description="seconds for one turn of the antenna")
    rng_min_m: float = Field(ge=0.0, description="least slant range in metres")
    rng_max_m: float = Field(gt=0.0, le=1.0e6, description="greatest slant range in metres")
    sigma_rng_m: float = Field(gt=0.0, description="one-sigma noise of a plot's range in metres")
    sigma_azm_deg: float = Field(
        gt=0.0, le=10.0, description="one-sigma noise of a plot's azimuth in degrees"
    )
    has_primary: bool = Field(description="true if it sees skin echoes")
    has_secondary: bool = Field(description="true if it interrogates transponders, Mode S included")
    pd: float = Field(
        gt=0.0, le=1.0, description="probability of detection per turn well inside cover, 0 to 1"
    )


class FeedTable(Door):
    """``[[feeds]]``: one live source of bytes."""

    name: Name = Field(description="the feed's name, unique in the shield")
    contributor: Name = Field(description="the name of the contributor that brings it")
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
    radars: list[RadarTable] = Field(default=[], description="[[radars]] tables")
    feeds: list[FeedTable] = Field(default=[], description="[[feeds]] tables")
    system: SystemTable | None = Field(
        default=None, description="the codes under which this system sends ASTERIX"
    )
    zone_settings: ZoneSettingsTable = Field(  # type: ignore[valid-type]
        default=ZoneSettingsTable(), description="thresholds of the zone watch"
    )
    warn_settings: WarnSettingsTable = Field(  # type: ignore[valid-type]
        default=WarnSettingsTable(), description="thresholds of the civil warning"
    )


_HEADER: Final = re.compile(r"^\s*(\[\[?)\s*([A-Za-z0-9_-]+)\s*\]\]?\s*(#.*)?$")


def place_in_words(text: str, place: Place) -> str:
    """Say where a key stands in a TOML text: ``line 12, radars 2, lat_deg``.

    The line is that of the key, or of its table's header when the key is not there, found by a
    plain look at the text: good for the way people write such files (one key a line, no inline
    tables), and left out where that finds nothing.
    """
    words = [_ordinal(place, i) for i in range(len(place)) if not isinstance(place[i], int)]
    line = _line(text, place)
    return ", ".join(([f"line {line}"] if line else []) + words) or "the file"


def _ordinal(place: Place, i: int) -> str:
    """A key with its place in the list behind it, counted from 1 as people do."""
    step = place[i + 1] if i + 1 < len(place) else None
    return f"{place[i]} {step + 1}" if isinstance(step, int) else str(place[i])


def _line(text: str, place: Place) -> int | None:
    keys = [step for step in place if isinstance(step, str)]
    index = next((step for step in place if isinstance(step, int)), 0)
    table = keys[0] if len(place) > 1 else None
    key = keys[-1] if len(keys) > 1 or table is None else None
    inside = table is None
    header: int | None = None
    seen = -1
    for number, line in enumerate(text.splitlines(), start=1):
        if match := _HEADER.match(line):
            if match[2] == table:
                seen += 1
            inside = table is not None and match[2] == table and seen == index
            if inside:
                header = number
            elif not keys[1:] and key is not None and match[2] == key:
                return number
        elif inside and key is not None and re.match(rf"^\s*{re.escape(key)}\s*=", line):
            return number
    return header
