"""Mode S registers (BDS): what an aircraft's transponder answers when a radar asks for it.

What comes in are MB fields, the 56 bits of a Comm-B message, as numbers: from ASTERIX items that
tell which register each is (I048/250 and its kin), or from replies of downlink formats 20 and 21,
which do not. What goes out are columns, one for each field of each register: ``bds``, the
register's number, the field and its unit, such as ``bds40_mcp_alt_ft``, ``bds50_roll_deg``,
``bds60_mach``. Units are those of the wire: ft, kt, deg, hPa, ft/min. A field's metadata tell bits,
title, unit, value of the last bit (``lsb``), texts of a code (``codes``, JSON) and the source.

Decoded are 1,0 data link capability, 1,7 common usage GICB capability, 2,0 identification, 3,0 ACAS
resolution advisory, 4,0 selected vertical intention, 4,4 and 4,5 meteorological reports, 5,0 track
and turn, 5,3 air-referenced state, 6,0 heading and speed (ICAO Doc 9871 second edition; for 3,0
Annex 10 volume IV). :func:`decode_registers` takes one register a row, :func:`columns_of_lists`
several a record. :func:`infer_bds` tells which register a reply holds. :func:`encode_register` goes
the other way. ``layout.py`` holds the bit tables, and everything else is made from them.

- A field whose status bit is 0 is null. Angles are in [0, 360), except a bearing relative to the
  own nose and a wind's direction, which come so anyway.
- A register that breaks its own layout gives no values and is told in ``bds_fault``: a wrong first
  octet, reserved bits that are set, a value behind a status bit of 0, a value that the standard
  does not allow. Half a wrong register is not believed: what else in it is wrong, nobody knows.
- ASTERIX tells register 0,0 for a Comm-B broadcast; its first octet then says which it is.
- 4,4 temperature is read with 0.25 degC a bit, as the table's text has it, although ten bits below
  a sign reach beyond its range then.

What is left out: registers 0,5 to 0,A and 6,1 to 6,5 (the same messages come as ADS-B), 1,8 to 1,F,
4,1 to 4,3, 4,8, 5,1, 5,2, 5,4 to 5,6, 5,F, F,1 and the Mode S specific services: nobody sent one
in the recordings at hand.
"""

from airshield.read.registers.decode import (
    FAULTS,
    capability_names,
    columns_of_lists,
    columns_of_owners,
    decode_registers,
    flatten_lists,
)
from airshield.read.registers.encode import encode_register
from airshield.read.registers.infer import infer_bds
from airshield.read.registers.layout import REGISTERS, Field, Register

__all__ = [
    "FAULTS",
    "REGISTERS",
    "Field",
    "Register",
    "capability_names",
    "columns_of_lists",
    "columns_of_owners",
    "decode_registers",
    "encode_register",
    "flatten_lists",
    "infer_bds",
    "warm_up",
]


def warm_up() -> None:
    """Compile this room's kernels, or load them from the cache."""
    words = [
        encode_register(0x20, callsign="WARMUP"),
        encode_register(0x30, threat_alt_ft=10_000.0),
        encode_register(0x60, heading_mag_deg=90.0, ias_kt=250.0, mach=0.6),
    ]
    decode_registers(words)
