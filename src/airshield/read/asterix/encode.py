"""Rows to data blocks, from the same specifications that decoding follows.

A row is a mapping of column name to value, in the units that :func:`decode` gives: a row that was
decoded encodes back. Each node of a specification becomes, once, a function that writes one item
from a row, or nothing where the row says nothing about it.

What a row says exactly decides the octets: the field specifications are as short as can be, and an
extended item ends with the last part that the row says something about. Bits that a row does not
mention, in an item that it does mention, are zero; so are spare bits.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from operator import index
from typing import Any, Final

from airshield.errors import EncodeError, UsageError
from airshield.read.asterix import _kernels
from airshield.read.asterix.spec import ALPHABETS, Leaf, Node, Spec, find_spec

Row = Mapping[str, Any]
ItemWriter = Callable[[Row], bytes | None]
BitsWriter = Callable[[Any], int]

PLACE_COLUMNS: Final = frozenset({"frame", "t_heard", "record", "offset", "profile"})
"""Columns that say where a record came from, not what it holds."""
LONGEST_BLOCK: Final = 0xFFFF
"""What the two length octets of a block can say."""


def encode(category: int, rows: Iterable[Row], *, edition: str | None = None) -> bytes:
    """Encode records into one data block.

    Parameters
    ----------
    category : int
        ASTERIX category.
    rows : iterable of mapping
        One mapping of column name to value for each record. None, and a column that is left out,
        mean absent; ``frame``, ``t_heard``, ``record`` and ``offset`` are passed over. An explicit
        item given as octets (``re``) goes before the columns within it (``re_...``). Where the
        category has several profiles, ``profile`` or the selecting item says which.
    edition : str, optional
        Such as ``"1.31"``; the newest by default.

    Returns
    -------
    bytes
        Category, length and records: the length octets count all of it.

    Raises
    ------
    EncodeError
        A value does not fit its field, or a column does not exist; names column, value and row.
    UsageError
        There is no such category or edition, or there are no rows.

    See Also
    --------
    encode_table : the same from a table, a hundred times sooner.

    Examples
    --------
    A north marker of radar 20/129 at eight in the morning:

    >>> north = {"i010_sac": 20, "i010_sic": 129, "i000": 1, "i030_s": 28800.0}
    >>> encode(34, [north]).hex(" ")
    '22 00 0a e0 14 81 01 38 40 00'
    """
    spec = find_spec(category, edition)
    records = [encode_record(spec, row, number) for number, row in enumerate(rows)]
    if not records:
        raise UsageError("no records to encode: a data block without records says nothing")
    body = b"".join(records)
    length = len(body) + 3
    if length > LONGEST_BLOCK:
        raise EncodeError(
            column="(block)", value=length, why="a data block holds 65535 octets; give fewer rows"
        )
    return bytes([category]) + length.to_bytes(2, "big") + body


def encode_record(spec: Spec, row: Row, number: int) -> bytes:
    """Encode one record; ``number`` is the row that an error names.

    Raises
    ------
    EncodeError
        As :func:`encode`.
    """
    try:
        return _record(spec, _writers(spec.category, spec.edition), row)
    except EncodeError as error:
        raise EncodeError(
            column=error.column, value=error.value, why=error.why, row=number
        ) from None


def _record(spec: Spec, writers: tuple[ItemWriter, ...], row: Row) -> bytes:
    said = {name: value for name, value in row.items() if value is not None}
    if not said.keys() <= spec.leaves.keys():
        name = min(said.keys() - spec.leaves.keys() - PLACE_COLUMNS, default=None)
        if name is not None:
            raise EncodeError(
                column=name,
                value=said[name],
                why=f"category {spec.category:03d} edition {spec.edition} has no such column",
            )
    octets = writers[_profile(spec, said)](said)
    if octets is None:
        left = {name: value for name, value in said.items() if name not in PLACE_COLUMNS}
        raise EncodeError(column="(record)", value=left, why="the row says nothing")
    return octets


def _profile(spec: Spec, said: Row) -> int:
    if spec.selector is None:
        return 0
    if "profile" in said:
        if said["profile"] not in spec.profiles:
            known = ", ".join(spec.profiles)
            raise EncodeError(
                column="profile", value=said["profile"], why=f"the profiles are {known}"
            )
        return spec.profiles.index(said["profile"])
    name = spec.selector.name
    value = said.get(name)
    if value is None or not 0 <= value < spec.choices.size or spec.choices[value] < 0:
        raise EncodeError(column=name, value=value, why="it must say which profile to follow")
    return int(spec.choices[value])


@lru_cache(maxsize=256)
def _writers(category: int, edition: str) -> tuple[ItemWriter, ...]:
    spec = find_spec(category, edition)
    return tuple(_compound_writer(record) for record in spec.records)


def _writer(node: Node) -> ItemWriter:
    if node.op == _kernels.OP_FIXED:
        return _fixed_writer(node)
    if node.op == _kernels.OP_EXTENDED:
        return _extended_writer(node)
    if node.op in (_kernels.OP_REPEAT, _kernels.OP_REPEAT_FX):
        return _repeat_writer(node)
    if node.op == _kernels.OP_EXPLICIT:
        return _explicit_writer(node)
    if node.op == _kernels.OP_RFS:
        return _random_writer
    return _compound_writer(node)


def _random_writer(row: Row) -> bytes | None:
    return _octets("rfs", row)


def _octets(name: str, row: Row) -> bytes | None:
    value = row.get(name)
    if value is not None and not isinstance(value, bytes):
        raise EncodeError(column=name, value=value, why="not octets")
    return value


def _fixed_writer(node: Node) -> ItemWriter:
    ((octets, _, leaves),) = node.parts
    write = _part_writer(octets, leaves)

    def item(row: Row) -> bytes | None:
        bits = write(row)
        return None if bits is None else bits.to_bytes(octets, "big")

    return item


def _extended_writer(node: Node) -> ItemWriter:
    writers = [(octets, fx, _part_writer(octets, leaves)) for octets, fx, leaves in node.parts]

    def item(row: Row) -> bytes | None:
        parts = [write(row) for _, _, write in writers]
        while parts and parts[-1] is None:
            parts.pop()
        if not parts:
            return None
        out = b""
        for k, (bits, (octets, fx, _)) in enumerate(zip(parts, writers, strict=False)):
            more = 1 if fx and k < len(parts) - 1 else 0
            out += ((bits or 0) | more).to_bytes(octets, "big")
        return out

    return item


def _repeat_writer(node: Node) -> ItemWriter:
    assert node.repeat is not None
    ((stride, has_fx, leaves),) = node.parts
    count_octets = node.repeat.count_octets
    write = _part_writer(stride, leaves)
    names = tuple(leaf.name for leaf in leaves)

    def item(row: Row) -> bytes | None:
        said = [name for name in names if name in row]
        if not said:
            return None
        for name in said:
            if not isinstance(row[name], Sequence):
                raise EncodeError(column=name, value=row[name], why="not a list")
        count = len(row[said[0]])
        for name in said:
            if len(row[name]) != count:
                raise EncodeError(column=name, value=row[name], why=f"as long as {said[0]}, please")
        if (has_fx and count == 0) or (not has_fx and count >= 1 << (8 * count_octets)):
            raise EncodeError(column=said[0], value=row[said[0]], why="so many cannot be repeated")
        entries = [write({name: row[name][k] for name in said}) or 0 for k in range(count)]
        if has_fx:
            entries = [bits | (k < count - 1) for k, bits in enumerate(entries)]
        head = b"" if has_fx else count.to_bytes(count_octets, "big")
        return head + b"".join(bits.to_bytes(stride, "big") for bits in entries)

    return item


def _explicit_writer(node: Node) -> ItemWriter:
    assert node.leaf is not None
    name = node.leaf.name
    within = None if node.within is None else _compound_writer(node.within)

    def item(row: Row) -> bytes | None:
        octets = _octets(name, row)
        if octets is None and within is not None:
            octets = within(row)
        if octets is None:
            return None
        if len(octets) > 254:
            raise EncodeError(column=name, value=octets, why="it holds 254 octets at most")
        return bytes([len(octets) + 1]) + octets

    return item


def _compound_writer(node: Node) -> ItemWriter:
    """Write members behind their field specification; a record is a compound too."""
    width = 8 if node.fspec_fixed else 7
    members: list[tuple[int, Node, ItemWriter, frozenset[str]]] = []
    random = None
    for frn, member in enumerate(node.members):
        if member is not None:
            members.append((frn, member, _writer(member), frozenset(_names(member))))
            if member.op == _kernels.OP_RFS:
                random = node
    owner = {name: k for k, (_, _, _, names) in enumerate(members) for name in names}

    def item(row: Row) -> bytes | None:
        elsewhere = frozenset[int]()
        if random is not None and "rfs" in row:
            elsewhere = random_frns(random, _octets("rfs", row) or b"")
        flags = [0] * (node.fspec_octets + 1)
        last = -1
        body = []
        for k in sorted({owner[name] for name in row if name in owner}):
            frn, _, write, _ = members[k]
            if frn in elsewhere:
                continue
            octets = write(row)
            if octets is None:
                continue
            body.append(octets)
            last = frn // width
            flags[last] |= 0x80 >> (frn % width)
        if not body:
            return None
        if node.fspec_fixed:
            return bytes(flags[: node.fspec_octets]) + b"".join(body)
        for k in range(last):
            flags[k] |= 1
        return bytes(flags[: last + 1]) + b"".join(body)

    return item


def _names(node: Node) -> Iterable[str]:
    """Yield the columns that a node writes."""
    if node.leaf is not None:
        yield node.leaf.name
    for _, _, leaves in node.parts:
        for leaf in leaves:
            yield leaf.name
    inner = [*node.members, node.within]
    for member in inner:
        if member is not None:
            yield from _names(member)


def random_frns(record: Node, octets: bytes) -> frozenset[int]:
    """Return the places in the profile of the items that random fields carry.

    Raises
    ------
    EncodeError
        The octets are not whole random fields.
    """
    frns = []
    pos = 1
    try:
        for _ in range(octets[0]):
            frn = octets[pos] - 1
            member = record.members[frn]
            if member is None:
                raise IndexError
            frns.append(frn)
            pos = _end(member, octets, pos + 1)
    except IndexError:
        pos = -1
    if pos != len(octets):
        raise EncodeError(column="rfs", value=octets, why="these are not whole random fields")
    return frozenset(frns)


def _end(node: Node, octets: bytes, pos: int) -> int:
    """Return where an item that starts at ``pos`` ends; IndexError where the octets do."""
    if node.op == _kernels.OP_EXTENDED:
        for size, has_fx, _ in node.parts:
            pos += size
            if not (has_fx and octets[pos - 1] & 1):
                break
        return pos
    if node.repeat is not None:
        stride = node.repeat.stride
        count_octets = node.repeat.count_octets
        if count_octets:
            count = int.from_bytes(octets[pos : pos + count_octets], "big")
            return pos + count_octets + count * stride
        while octets[pos + stride - 1] & 1:
            pos += stride
        return pos + stride
    if node.op == _kernels.OP_EXPLICIT:
        return pos + octets[pos]
    if node.op == _kernels.OP_FIXED:
        return pos + node.parts[0][0]
    frns = []
    frn = 0
    more = True
    while more:
        frns += [frn + k for k in range(7) if octets[pos] & (0x80 >> k)]
        more = octets[pos] & 1 == 1
        frn += 7
        pos += 1
    for frn in frns:
        member = node.members[frn]
        if member is None:
            raise IndexError
        pos = _end(member, octets, pos)
    return pos


def _part_writer(octets: int, leaves: Sequence[Leaf]) -> Callable[[Row], int | None]:
    """Write the leaves of one run of octets as one integer; None where the row has none of them."""
    fields = [
        (leaf.name, octets * 8 - leaf.bit - leaf.bits, _bits_writer(leaf), leaf.when)
        for leaf in leaves
    ]
    deciders = {leaf.name: octets * 8 - leaf.bit - leaf.bits for leaf in leaves}

    def part(row: Row) -> int | None:
        bits: int | None = None
        for name, shift, write, when in fields:
            if name not in row:
                continue
            bits = (bits or 0) | write(row[name]) << shift
            if when is not None:
                if row.get(when.name, when.value) != when.value:
                    raise EncodeError(
                        column=name,
                        value=row[name],
                        why=f"{when.name} is {row[when.name]} and not {when.value}",
                    )
                bits |= when.value << deciders[when.name]
        return bits

    return part


def _bits_writer(leaf: Leaf) -> BitsWriter:
    if leaf.kind == "quantity":
        return _quantity_writer(leaf)
    if leaf.kind == "text":
        return _text_writer(leaf)
    if leaf.kind == "bits":
        return _raw_writer(leaf)
    return _integer_writer(leaf)


def _range(leaf: Leaf) -> tuple[int, int]:
    if leaf.signed:
        return -(1 << (leaf.bits - 1)), (1 << (leaf.bits - 1)) - 1
    return 0, (1 << leaf.bits) - 1


def _integer_writer(leaf: Leaf) -> BitsWriter:
    low, high = _range(leaf)
    mask = (1 << leaf.bits) - 1

    def write(value: Any) -> int:
        try:
            number = index(value)
        except TypeError as error:
            raise EncodeError(column=leaf.name, value=value, why="not a whole number") from error
        if not low <= number <= high:
            raise EncodeError(column=leaf.name, value=value, why=f"it holds {low} to {high}")
        return number & mask

    return write


def _quantity_writer(leaf: Leaf) -> BitsWriter:
    low, high = _range(leaf)
    mask = (1 << leaf.bits) - 1
    lsb = leaf.lsb

    def write(value: Any) -> int:
        if not isinstance(value, int | float) or not math.isfinite(value):
            raise EncodeError(column=leaf.name, value=value, why="not a finite number")
        steps = value / lsb
        if not math.isfinite(steps) or not low <= round(steps) <= high:
            raise EncodeError(
                column=leaf.name, value=value, why=f"it holds {low * lsb} to {high * lsb}"
            )
        return round(steps) & mask

    return write


def _text_writer(leaf: Leaf) -> BitsWriter:
    width = ALPHABETS[leaf.alphabet]
    letters = leaf.bits // width
    codes = _codes(leaf.alphabet)

    def write(value: Any) -> int:
        if not isinstance(value, str) or len(value) > letters:
            raise EncodeError(column=leaf.name, value=value, why=f"text of {letters} at most")
        padded = value.zfill(letters) if width == 3 else value.ljust(letters)
        bits = 0
        for letter in padded:
            code = codes.get(letter)
            if code is None:
                raise EncodeError(
                    column=leaf.name, value=value, why=f"no {letter!r} in the {leaf.alphabet} set"
                )
            bits = bits << width | code
        return bits

    return write


@lru_cache(maxsize=3)
def _codes(alphabet: str) -> dict[str, int]:
    if alphabet == "octal":
        return {str(code): code for code in range(8)}
    if alphabet == "icao":
        return {chr(code + 64 if code < 32 else code): code for code in range(64)}
    return {chr(code): code for code in range(256)}


def _raw_writer(leaf: Leaf) -> BitsWriter:
    octets = leaf.bits // 8

    def write(value: Any) -> int:
        if not isinstance(value, bytes) or len(value) != octets:
            raise EncodeError(column=leaf.name, value=value, why=f"{octets} octets, exactly")
        return int.from_bytes(value, "big")

    return write
