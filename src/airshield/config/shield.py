"""A shield as the rooms see it."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from airshield.config.plan import Plan
from airshield.sensors import Radar
from airshield.warn import Site, WarnSettings
from airshield.zones import Zone, ZoneSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class Contributor:
    """A nation or organisation that brings parts of the shield.

    ``kind`` is host, member or enabler (from outside the coalition); None where nobody said.
    """

    name: str
    role: str
    kind: Literal["host", "member", "enabler"] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """A live source of bytes.

    Over UDP ``host`` is the address to bind, or the multicast group to join when it is one;
    ``interface`` is the local address that joins the group. Over TCP it is the peer to connect to,
    or with ``listen`` the address to accept one on. ``receiver`` is the WGS-84 latitude and
    longitude of an ADS-B receiver [deg].
    """

    name: str
    contributor: str
    format: str
    host: str
    port: int
    protocol: str = "udp"
    listen: bool = False
    interface: str | None = None
    receiver: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemCodes:
    """System area and identification code of this system in the ASTERIX that it sends."""

    sac: int
    sic: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Shield:
    """Everything a shield file says.

    ``digest`` is the SHA-256 of its texts: two shields with the same are the same to the letter.
    Height models are no texts, and not in it.

    ``radars`` are those that the watch hears; ``plan.radars`` are all of them, candidates too.

    ``geoid_height_m`` is the height of mean sea level above the WGS-84 ellipsoid over the area
    (geoid undulation); it links the heights of people to those of satellites.

    ``system`` is None where the shield does not say: then nothing can be sent as ASTERIX.
    """

    name: str
    about: str
    folder: Path
    digest: str
    geoid_height_m: float
    contributors: tuple[Contributor, ...]
    radars: tuple[Radar, ...]
    feeds: tuple[Feed, ...]
    zones: tuple[Zone, ...]
    sites: tuple[Site, ...]
    zone_settings: ZoneSettings = field(default_factory=ZoneSettings)
    warn_settings: WarnSettings = field(default_factory=WarnSettings)
    system: SystemCodes | None = None
    plan: Plan = field(default_factory=Plan)
