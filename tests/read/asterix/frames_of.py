"""Frames made of octets, for the tests of the codec."""

from airshield import tables


def frames_of(*payloads, source="file:test.ast"):
    """One frame for each payload; the offset counts on, as in a file."""
    offsets = [sum(map(len, payloads[:k])) for k in range(len(payloads))]
    columns = {
        "frame": list(range(len(payloads))),
        "source": [source] * len(payloads),
        "offset": offsets,
        "octets": list(payloads),
    }
    return tables.make_table(tables.FRAME, columns, rows=len(payloads))


def block_of(category, body):
    """A data block around records."""
    return bytes([category]) + (len(body) + 3).to_bytes(2, "big") + body


def rows_of(decoded, category):
    """Rows of one category, without nulls and without the place columns."""
    tables_of = [t for (number, _), t in decoded.tables.items() if number == category]
    return [plain(row) for table in tables_of for row in table.to_pylist()]


def plain(row):
    """A row without nulls and places."""
    place = ("frame", "t_heard", "record", "offset")
    return {name: value for name, value in row.items() if value is not None and name not in place}
