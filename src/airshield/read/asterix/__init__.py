"""ASTERIX: surveillance data blocks to Arrow tables and back, every category, every edition.

What comes in are FRAME tables: each frame holds whole data blocks (category, length, records), of
any categories, as a radar, a tracker or a receiver sends them. What goes out is one table for each
(category, edition), with one column for each leaf of the specification, and a REJECT table. Every
octet of the input ends in one of them or is counted as skipped.

:func:`encode_table` goes the other way: a table becomes data blocks, in the units it came in, and
:func:`encode_frames` the tables of a recording its frames, octet for octet but for what no column
tells (``writing``). :func:`encode` is their plain twin, for rows of any mapping.

The specifications are those of EUROCONTROL as the asterix-specs project collects them: 27
categories in 68 editions, and the expansion fields (RE) of 021, 048 and 062. ``specs/`` holds them
as data with their notice; nothing about a category is written in code. :func:`editions` lists them.
A category, or one source of it, is decoded in its newest edition unless the caller says otherwise;
octets do not tell. :class:`EditionFinder` finds out which edition fits, and says why.

Columns
-------
Each table begins with ``frame``, ``t_heard``, ``record`` (place among this table's records of
the frame) and ``offset`` (octet of the frame at which the record starts); CAT001 and CAT007 then
have ``profile``. A leaf's name is ``i``, its item number and its path in lower case, joined by
``_``, then its unit unless the name ends in it already: I048/040/RHO in NM is ``i040_rho_nmi``,
I048/090/FL is ``i090_fl``, I048/140, an item without parts, is ``i140_s``. Leaves of the expansion
field begin with ``re_``. Units are those of the specification, for this is what the wire says; SI
begins with the REPORT table. A field's metadata tell item, title, unit, value of the last bit
(``lsb``), and the texts of a code (``codes``, JSON).

- A quantity is float64: the raw integer times ``lsb``. A count, code or bit field is the narrowest
  integer that holds it. An item that is not in the record is null; so is an extended item's part.
- Text is without trailing spaces; octal text (Mode 3/A) is digits. Six-bit codes without a letter
  show as the sign of their place in six-bit ASCII (0 is ``@``), so that nothing is lost.
- A repetitive item is a list for each of its leaves; none repeated is an empty list.
- Where another field decides the meaning there is a column for each, and one is null:
  ``i380_ias_ias_nmi_s`` and ``i380_ias_ias_mach``.
- ``re``, ``sp`` are the octets of explicit items without the length. An expansion field that is not
  as its specification keeps its octets there, leaves its columns null, and is told in the rejects.
- ``rfs`` holds random fields as octets; their items fill ordinary columns that would be null.

Mode S registers (I048/250 and its kin) come as integers; ``registers.add_registers`` puts their
fields beside them (``bds40_mcp_alt_ft``).

What is left out: values that need an earlier record (CAT001 truncated time; ``reports`` has them),
the thirty meanings of I004/120/CC/CPC (it comes as an integer).

What is refused, with the rest of the block: a record whose field specification is all zero, longer
than the profile or names an item that the profile has not; an extended item whose last part
announces another; an explicit item of length zero; anything that runs past the block. An all-zero
field specification *inside* an item is accepted: it says nothing, at full length.
"""

from airshield import tables
from airshield.read.asterix.columns import octal_codes
from airshield.read.asterix.decode import REASONS, Decoded, decode
from airshield.read.asterix.encode import encode
from airshield.read.asterix.finding import EditionFinder, FoundEdition, editions_of
from airshield.read.asterix.reader import READER
from airshield.read.asterix.spec import editions
from airshield.read.asterix.writing import EncodedTable, encode_frames, encode_table

__all__ = [
    "READER",
    "REASONS",
    "Decoded",
    "EditionFinder",
    "EncodedTable",
    "FoundEdition",
    "decode",
    "editions",
    "editions_of",
    "encode",
    "encode_frames",
    "encode_table",
    "octal_codes",
    "warm_up",
]


def warm_up() -> None:
    """Compile this room's kernels, or load them from the cache.

    One record of each of two categories has every kind of column that there is: a number, a
    quantity, text, a list, octets, and a meaning that another field decides.
    """
    plot = {"i010_sac": 0, "i040_rho_nmi": 1.0, "i240": "WARMUP", "i030": [1], "sp": b"warm"}
    speed = {"i010_sac": 0, "i150_im": 1, "i150_as_mach": 0.5}
    blocks = [encode(48, [plot]), encode(21, [speed])]
    frames = tables.make_table(
        tables.FRAME,
        {"frame": [0, 1], "source": ["warm-up"] * 2, "offset": [0, 1], "octets": blocks},
        rows=2,
    )
    decode(frames)
