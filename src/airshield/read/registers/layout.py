"""The registers, bit by bit, as data: what every loop and every column here is made from.

Bits are numbered as the standards number them, from 1 (sent first) to 56. A field with a ``status``
bit means something only where that bit is 1; the standard wants the field zero where it is 0.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType
from typing import Any, Final

import pyarrow as pa

WORD_BITS: Final = 56
"""Bits of an MB field."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One field of one register."""

    name: str
    """Column name without the register, its unit at the end."""
    first: int
    """First bit, counted from 1."""
    bits: int
    """How many; a signed field's sign bit included."""
    what: str
    """What it tells."""
    status: int = 0
    """The bit that tells whether the field means anything; 0 where it always does."""
    kind: str = "code"
    """``code`` (an unsigned integer), ``quantity``, ``angle`` (a quantity brought into [0, 360)),
    ``text``, or ``altitude`` (a Mode C or S altitude code)."""
    signed: bool = False
    """Two's complement."""
    lsb: float = 1.0
    """What one means."""
    offset: float = 0.0
    """What zero means."""
    unit: str = ""
    """Unit of a quantity."""
    none: tuple[int, ...] = ()
    """Raw values that say: not known."""
    when: tuple[int, int, int] | None = None
    """First bit, bits and value of another field: this one means something only then."""
    codes: tuple[str, ...] = ()
    """What 0, 1, ... mean."""
    legal: tuple[int, int] | None = None
    """Raw values that the standard allows, first and last, where it does not allow all."""
    usual: tuple[int, int] | None = None
    """Raw values that aircraft have: others are no reason to doubt a register that somebody named,
    but one not to guess it."""

    @property
    def shift(self) -> int:
        """Bits behind the field."""
        return WORD_BITS + 1 - self.first - self.bits

    @property
    def mask(self) -> int:
        """The field's bits in the word."""
        return ((1 << self.bits) - 1) << self.shift

    @property
    def type(self) -> pa.DataType:
        """Type of its column."""
        if self.kind == "text":
            return pa.string()
        if self.kind != "code":
            return pa.float64()
        width = next(width for width in (8, 16, 32) if self.bits <= width)
        return pa.type_for_alias(f"uint{width}")


@dataclass(frozen=True, kw_only=True)
class Register:
    """One register."""

    bds: int
    """Its number: 0x40 is BDS 4,0."""
    title: str
    """Its name in the standard."""
    source: str
    """Where its bits are told."""
    fields: tuple[Field, ...]
    """In the order of the bits."""
    reserved: tuple[tuple[int, int], ...] = ()
    """Runs of bits that are zero, first and last."""
    marked: bool = False
    """Whether its first octet is its own number."""

    @property
    def label(self) -> str:
        """As people write it, such as '4,0'."""
        return f"{self.bds >> 4:X},{self.bds & 15:X}"

    @property
    def reserved_mask(self) -> int:
        """The bits that are zero in this register."""
        return sum(
            ((1 << (last - first + 1)) - 1) << (WORD_BITS - last) for first, last in self.reserved
        )

    @cached_property
    def gates(self) -> Mapping[int, int]:
        """For each status bit, the mask of the fields that it stands for."""
        gates: dict[int, int] = {}
        for field in self.fields:
            if field.status:
                gates[field.status] = gates.get(field.status, 0) | field.mask
        return MappingProxyType(gates)

    def column(self, field: Field) -> str:
        """Return the name of a field's column, such as ``bds40_mcp_alt_ft``."""
        return f"bds{self.bds:02x}_{field.name}"

    @cached_property
    def arrow_fields(self) -> tuple[pa.Field, ...]:
        """The columns of the fields as Arrow describes them."""
        return tuple(self._arrow_field(field) for field in self.fields)

    def _arrow_field(self, field: Field) -> pa.Field:
        stop = field.first + field.bits - 1
        place = f"bit {stop}" if field.bits == 1 else f"bits {field.first}-{stop}"
        meta: dict[str, Any] = {
            "item": f"BDS {self.label} {place}",
            "title": field.what,
            "source": self.source,
        }
        if field.kind in ("quantity", "angle"):
            meta |= {"unit": field.unit, "lsb": repr(field.lsb)}
        if field.kind == "altitude":
            meta["unit"] = field.unit
        if field.codes:
            meta["codes"] = json.dumps(dict(enumerate(field.codes)))
        return pa.field(self.column(field), field.type, metadata=meta)


_YES: Final = ("no", "yes")
_SEVERITY: Final = ("nil", "light", "moderate", "severe")
_ANGLE_DEG: Final = 90.0 / 512.0

CAPABILITIES: Final = (
    *("0,5", "0,6", "0,7", "0,8", "0,9", "0,A", "2,0", "2,1", "4,0", "4,1", "4,2", "4,3", "4,4"),
    *("4,5", "4,8", "5,0", "5,1", "5,2", "5,3", "5,4", "5,5", "5,6", "5,F", "6,0"),
)
"""The registers that bits 1 to 24 of register 1,7 stand for (Doc 9871, table A-2-23)."""


def _flag(name: str, bit: int, what: str, *, status: int = 0) -> Field:
    return Field(name=name, first=bit, bits=1, status=status, what=what, codes=_YES)


def _severity(name: str, status: int, what: str) -> Field:
    return Field(name=name, first=status + 1, bits=2, status=status, what=what, codes=_SEVERITY)


_DATA_LINK = Register(
    bds=0x10,
    title="Data link capability report",
    source="ICAO Doc 9871, table A-2-16",
    marked=True,
    reserved=((10, 14),),
    fields=(
        _flag("continued", 9, "register 1,1 continues this one"),
        _flag("overlay", 15, "overlay command capability (data parity)"),
        _flag("acas_operating", 16, "ACAS is operating"),
        Field(name="subnetwork_version", first=17, bits=7, what="Mode S subnetwork version"),
        _flag("level5", 24, "transponder of level 5 (enhanced protocol)"),
        _flag("specific_services", 25, "a Mode S specific service is supported"),
        Field(name="uplink_elm", first=26, bits=3, what="uplink ELM average throughput, coded"),
        Field(name="downlink_elm", first=29, bits=4, what="downlink ELM throughput, coded"),
        _flag("identification", 33, "aircraft identification capability"),
        _flag("squitter", 34, "registers 0,5 and 0,6 are being updated"),
        _flag("si_code", 35, "surveillance identifier code capability"),
        Field(
            name="gicb_toggle", first=36, bits=1, what="changes whenever register 1,7 has changed"
        ),
        _flag("acas_hybrid", 37, "ACAS hybrid surveillance is fitted and operating"),
        Field(
            name="acas_ra", first=38, bits=1, what="what ACAS generates", codes=("TA", "TA and RA")
        ),
        Field(
            name="acas_version",
            first=39,
            bits=2,
            what="ACAS standard",
            codes=("RTCA DO-185", "RTCA DO-185A", "RTCA DO-185B", "reserved"),
        ),
        Field(name="dte", first=41, bits=16, what="DTE sub-addresses 0 (first bit) to 15 in use"),
    ),
)

_GICB = Register(
    bds=0x17,
    title="Common usage GICB capability report",
    source="ICAO Doc 9871, table A-2-23",
    reserved=((29, 56),),
    fields=(
        Field(
            name="capability",
            first=1,
            bits=28,
            what="registers in use, the first bit highest: see capability_names",
        ),
    ),
)

_IDENTIFICATION = Register(
    bds=0x20,
    title="Aircraft identification",
    source="ICAO Doc 9871, table A-2-32; Annex 10 vol IV, 3.1.2.9",
    marked=True,
    fields=(Field(name="callsign", first=9, bits=48, kind="text", what="aircraft identification"),),
)

_RA = Register(
    bds=0x30,
    title="ACAS active resolution advisory",
    source="ICAO Annex 10 vol IV, 4.3.8.4.2.2",
    marked=True,
    fields=(
        _flag("ra_one_sense", 9, "an RA is active, and one sense satisfies all threats"),
        _flag("ra_corrective", 10, "the RA is corrective (with one threat; else: move upward)"),
        _flag("ra_downward", 11, "the RA is downward (with one threat; else: positive climb)"),
        _flag("ra_increased_rate", 12, "increased rate (with one threat; else: move downward)"),
        _flag("ra_reversal", 13, "sense reversal (with one threat; else: positive descent)"),
        _flag("ra_crossing", 14, "altitude crossing"),
        _flag("ra_positive", 15, "positive (with one threat; else: sense reversal)"),
        Field(name="ra_rest", first=16, bits=7, what="left to ACAS III and ACAS X"),
        _flag("do_not_pass_below", 23, "resolution advisory complement: do not pass below"),
        _flag("do_not_pass_above", 24, "resolution advisory complement: do not pass above"),
        _flag("do_not_turn_left", 25, "resolution advisory complement: do not turn left"),
        _flag("do_not_turn_right", 26, "resolution advisory complement: do not turn right"),
        _flag("ra_ended", 27, "the RA has ended (and stays reported for 18 s)"),
        _flag("many_threats", 28, "two or more threats at once"),
        Field(
            name="threat_type",
            first=29,
            bits=2,
            what="what tells who the threat is",
            codes=("nothing", "Mode S address", "altitude, range and bearing", "reserved"),
            usual=(0, 2),
        ),
        Field(
            name="threat_mode_s",
            first=31,
            bits=24,
            when=(29, 2, 1),
            what="the threat's Mode S address",
        ),
        Field(
            name="threat_alt_ft",
            first=31,
            bits=13,
            kind="altitude",
            unit="ft",
            when=(29, 2, 2),
            what="the threat's last known pressure altitude",
        ),
        Field(
            name="threat_rng_nmi",
            first=44,
            bits=7,
            kind="quantity",
            lsb=0.1,
            offset=-0.1,
            unit="NM",
            none=(0,),
            when=(29, 2, 2),
            what="the threat's range; 12.6 is 12.55 or more",
        ),
        Field(
            name="threat_bearing_deg",
            first=51,
            bits=6,
            kind="quantity",
            lsb=6.0,
            offset=-3.0,
            unit="deg",
            none=(0, 61, 62, 63),
            when=(29, 2, 2),
            what="the threat's bearing from own heading, middle of a cell of 6 deg",
        ),
    ),
)

_INTENTION = Register(
    bds=0x40,
    title="Selected vertical intention",
    source="ICAO Doc 9871, table A-2-64",
    reserved=((40, 47), (52, 53)),
    fields=(
        Field(
            name="mcp_alt_ft",
            first=2,
            bits=12,
            status=1,
            kind="quantity",
            lsb=16.0,
            unit="ft",
            usual=(0, 3125),
            what="altitude selected on the mode control panel or flight control unit",
        ),
        Field(
            name="fms_alt_ft",
            first=15,
            bits=12,
            status=14,
            kind="quantity",
            lsb=16.0,
            unit="ft",
            usual=(0, 3125),
            what="altitude selected by the flight management system",
        ),
        Field(
            name="baro_setting_hpa",
            first=28,
            bits=12,
            status=27,
            kind="quantity",
            lsb=0.1,
            offset=800.0,
            unit="hPa",
            usual=(1000, 3000),
            what="barometric pressure setting",
        ),
        _flag("vnav", 49, "VNAV mode is on", status=48),
        _flag("alt_hold", 50, "altitude hold mode is on", status=48),
        _flag("approach", 51, "approach mode is on", status=48),
        Field(
            name="target_source",
            first=55,
            bits=2,
            status=54,
            what="where the target altitude comes from",
            codes=("unknown", "aircraft altitude", "MCP/FCU selected", "FMS selected"),
        ),
    ),
)

_ROUTINE = Register(
    bds=0x44,
    title="Meteorological routine air report",
    source="ICAO Doc 9871, table A-2-68",
    fields=(
        Field(
            name="source",
            first=1,
            bits=4,
            what="figure of merit: what the wind's navigation rests on",
            codes=("invalid", "INS", "GNSS", "DME/DME", "VOR/DME"),
            legal=(0, 4),
        ),
        Field(
            name="wind_kt",
            first=6,
            bits=9,
            status=5,
            kind="quantity",
            unit="kt",
            usual=(0, 250),
            what="wind speed",
        ),
        Field(
            name="wind_from_deg",
            first=15,
            bits=9,
            status=5,
            kind="quantity",
            lsb=180.0 / 256.0,
            unit="deg",
            what="direction that the wind comes from, true",
        ),
        Field(
            name="temperature_degc",
            first=24,
            bits=11,
            kind="quantity",
            signed=True,
            lsb=0.25,
            unit="degC",
            legal=(-512, 511),
            usual=(-320, 240),
            what="static air temperature; has no status bit",
        ),
        Field(
            name="pressure_hpa",
            first=36,
            bits=11,
            status=35,
            kind="quantity",
            unit="hPa",
            usual=(100, 1100),
            what="average static pressure",
        ),
        _severity("turbulence", 47, "turbulence"),
        Field(
            name="humidity_pct",
            first=51,
            bits=6,
            status=50,
            kind="quantity",
            lsb=100.0 / 64.0,
            unit="%",
            what="relative humidity",
        ),
    ),
)

_HAZARD = Register(
    bds=0x45,
    title="Meteorological hazard report",
    source="ICAO Doc 9871, table A-2-69",
    reserved=((52, 56),),
    fields=(
        _severity("turbulence", 1, "turbulence"),
        _severity("wind_shear", 4, "wind shear"),
        _severity("microburst", 7, "microburst"),
        _severity("icing", 10, "icing"),
        _severity("wake_vortex", 13, "wake vortex"),
        Field(
            name="temperature_degc",
            first=17,
            bits=10,
            status=16,
            kind="quantity",
            signed=True,
            lsb=0.25,
            unit="degC",
            usual=(-320, 240),
            what="static air temperature",
        ),
        Field(
            name="pressure_hpa",
            first=28,
            bits=11,
            status=27,
            kind="quantity",
            unit="hPa",
            usual=(100, 1100),
            what="average static pressure",
        ),
        Field(
            name="radio_height_ft",
            first=40,
            bits=12,
            status=39,
            kind="quantity",
            lsb=16.0,
            unit="ft",
            what="radio height",
        ),
    ),
)

_TURN = Register(
    bds=0x50,
    title="Track and turn report",
    source="ICAO Doc 9871, table A-2-80",
    fields=(
        Field(
            name="roll_deg",
            first=2,
            bits=10,
            status=1,
            kind="quantity",
            signed=True,
            lsb=45.0 / 256.0,
            unit="deg",
            usual=(-285, 285),
            what="roll angle, left wing down negative",
        ),
        Field(
            name="track_true_deg",
            first=13,
            bits=11,
            status=12,
            kind="angle",
            signed=True,
            lsb=_ANGLE_DEG,
            unit="deg",
            what="track over ground, true",
        ),
        Field(
            name="gs_kt",
            first=25,
            bits=10,
            status=24,
            kind="quantity",
            lsb=2.0,
            unit="kt",
            usual=(0, 375),
            what="ground speed",
        ),
        Field(
            name="track_rate_deg_s",
            first=36,
            bits=10,
            status=35,
            kind="quantity",
            signed=True,
            lsb=8.0 / 256.0,
            unit="deg/s",
            usual=(-384, 384),
            what="rate of the track angle, right turn positive",
        ),
        Field(
            name="tas_kt",
            first=47,
            bits=10,
            status=46,
            kind="quantity",
            lsb=2.0,
            unit="kt",
            usual=(0, 325),
            what="true airspeed",
        ),
    ),
)

_AIR_STATE = Register(
    bds=0x53,
    title="Air-referenced state vector",
    source="ICAO Doc 9871, table A-2-83",
    fields=(
        Field(
            name="heading_mag_deg",
            first=2,
            bits=11,
            status=1,
            kind="angle",
            signed=True,
            lsb=_ANGLE_DEG,
            unit="deg",
            what="magnetic heading",
        ),
        Field(
            name="ias_kt",
            first=14,
            bits=10,
            status=13,
            kind="quantity",
            unit="kt",
            usual=(0, 500),
            what="indicated airspeed",
        ),
        Field(
            name="mach",
            first=25,
            bits=9,
            status=24,
            kind="quantity",
            lsb=0.008,
            usual=(0, 125),
            what="Mach number",
        ),
        Field(
            name="tas_kt",
            first=35,
            bits=12,
            status=34,
            kind="quantity",
            lsb=0.5,
            unit="kt",
            usual=(0, 1300),
            what="true airspeed",
        ),
        Field(
            name="alt_rate_ft_min",
            first=48,
            bits=9,
            status=47,
            kind="quantity",
            signed=True,
            lsb=64.0,
            unit="ft/min",
            usual=(-125, 125),
            what="altitude rate",
        ),
    ),
)

_SPEED = Register(
    bds=0x60,
    title="Heading and speed report",
    source="ICAO Doc 9871, table A-2-96",
    fields=(
        Field(
            name="heading_mag_deg",
            first=2,
            bits=11,
            status=1,
            kind="angle",
            signed=True,
            lsb=_ANGLE_DEG,
            unit="deg",
            what="magnetic heading",
        ),
        Field(
            name="ias_kt",
            first=14,
            bits=10,
            status=13,
            kind="quantity",
            unit="kt",
            usual=(0, 500),
            what="indicated airspeed",
        ),
        Field(
            name="mach",
            first=25,
            bits=10,
            status=24,
            kind="quantity",
            lsb=0.004,
            usual=(0, 250),
            what="Mach number",
        ),
        Field(
            name="baro_rate_ft_min",
            first=36,
            bits=10,
            status=35,
            kind="quantity",
            signed=True,
            lsb=32.0,
            unit="ft/min",
            usual=(-250, 250),
            what="rate of barometric altitude alone",
        ),
        Field(
            name="inertial_rate_ft_min",
            first=47,
            bits=10,
            status=46,
            kind="quantity",
            signed=True,
            lsb=32.0,
            unit="ft/min",
            usual=(-250, 250),
            what="vertical rate from inertial and barometric sources",
        ),
    ),
)

REGISTERS: Final[Mapping[int, Register]] = MappingProxyType(
    {
        register.bds: register
        for register in (
            *(_DATA_LINK, _GICB, _IDENTIFICATION, _RA, _INTENTION, _ROUTINE, _HAZARD),
            *(_TURN, _AIR_STATE, _SPEED),
        )
    }
)
"""The registers that are decoded here, by number, in ascending order."""
