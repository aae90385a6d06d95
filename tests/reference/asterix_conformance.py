"""Random records of one edition, between libasterix and airshield, both ways."""

import random
from collections import Counter

import pyarrow as pa
import pyarrow.compute as pc

from airshield import tables
from airshield.read import asterix

from . import asterix_author, asterix_maker, asterix_oracle, asterix_walk

FILLS = (0.1, 0.3, 0.6, 0.95)
"""Share of the optional items that a record has, in turn."""


def conform(category, edition, *, records):
    """Count records that pass, by what they pass; every count should be ``records``.

    ``decoded``: libasterix writes values, airshield reads the same values. ``octets``: airshield
    writes what it read, expansion fields from their columns, and the octets are libasterix's.
    ``encoded``: airshield writes other values, libasterix reads the same values. ``expanded`` only
    counts how many of the first had columns of an expansion field.
    """
    form = asterix_walk.read_form(category)
    rng = random.Random(f"{category} {edition}")
    made = [
        asterix_maker.make_block(form, edition, rng, tidy=True, fill=FILLS[k % len(FILLS)])
        for k in range(2 * records)
    ]
    theirs, written = [], []
    for block in made[:records]:
        (values,) = asterix_oracle.records_of(category, edition, block)
        theirs.append(values)
        written.append(block_of(category, asterix_author.write_record(category, edition, values)))
    count = Counter(decoded=0, octets=0, encoded=0, expanded=0)

    table = table_of(category, edition, written)
    icao = {f.name for f in table.schema if (f.metadata or {}).get(b"alphabet") == b"icao"}
    for ours, other in zip(table.to_pylist(), theirs, strict=True):
        if any(name.startswith("re_") for name in other):
            # Written from its columns, the field's octets have no spare bits set any more.
            count["expanded"] += 1
            del ours["re"], other["re"]
        differ = asterix_oracle.same(asterix_oracle.normal(ours), other, icao_columns=icao)
        count["decoded"] += not differ
    back = asterix.encode_table(category, without_octets(table), records_per_block=1)
    for ours, block in zip(back.blocks().to_pylist(), written, strict=True):
        count["octets"] += ours == block

    table = without_octets(table_of(category, edition, made[records:]))
    blocks = asterix.encode_table(category, table, records_per_block=1).blocks().to_pylist()
    for ours, block in zip(table.to_pylist(), blocks, strict=True):
        (other,) = asterix_oracle.records_of(category, edition, block)
        if ours.get("re") is None:
            other.pop("re", None)
        differ = asterix_oracle.same(asterix_oracle.normal(ours), other, icao_columns=icao)
        count["encoded"] += not differ
    return count


def table_of(category, edition, blocks):
    """What airshield decodes from blocks, each a frame of its own."""
    columns = {
        "frame": list(range(len(blocks))),
        "source": ["made"] * len(blocks),
        "offset": [0] * len(blocks),
        "octets": blocks,
    }
    frames = tables.make_table(tables.FRAME, columns, rows=len(blocks))
    (table,) = asterix.decode(frames, editions={category: edition}).tables.values()
    return table


def without_octets(table):
    """A table whose expansion fields are only there as columns, where they have columns."""
    members = [name for name in table.schema.names if name.startswith("re_")]
    if not members:
        return table
    there = pa.chunked_array([pa.repeat(False, table.num_rows)])
    for name in members:
        there = pc.or_(there, pc.is_valid(table[name]))
    at = table.schema.get_field_index("re")
    empty = pa.nulls(table.num_rows, pa.binary())
    return table.set_column(at, table.schema.field(at), pc.if_else(there, empty, table["re"]))


def block_of(category, records):
    """Put records into a block."""
    return bytes([category]) + (len(records) + 3).to_bytes(2, "big") + records
