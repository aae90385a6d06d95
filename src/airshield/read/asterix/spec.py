"""The ASTERIX specifications: from the shipped files to the tables that drive walk and encoder.

A specification is read once per (category, edition) and turned into three things: a tree of
``Node``, which the encoder follows; integer tables, which the compiled walk follows; and a list of
``Leaf``, one for each column that decoding can give. A *slot* is a run of octets with a fixed inner
layout; every leaf is a bit range of one slot.

``tools/compile_asterix_specs.py`` writes the files in ``specs/`` and explains their form.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from importlib import resources
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

from airshield.errors import UsageError
from airshield.read.asterix import _kernels

UNIT_SUFFIXES: Final[Mapping[str, str]] = {
    "NM": "nmi",
    "NM/s": "nmi_s",
    "m": "m",
    "m/s": "mps",
    "m/s²": "mps2",
    "m²": "m2",
    "ft": "ft",
    "ft/min": "ft_min",
    "FL": "fl",
    "ALTFL": "altfl",
    "kt": "kt",
    "Mach": "mach",
    "°": "deg",
    "°/s": "deg_s",
    "s": "s",
    "ms": "ms",
    "ns": "ns",
    "fs": "fs",
    "%": "pct",
    "dB": "db",
    "dBm": "dbm",
    "dBm²": "dbm2",
    "dBµV": "dbuv",
    "MHz": "mhz",
    "°C": "degc",
    "mb": "mb",
    "hPa": "hpa",
    "": "",
}
"""What ends a column's name, for each unit of the specifications."""

ALPHABETS: Final[Mapping[str, int]] = {"ascii": 8, "icao": 6, "octal": 3}
"""Bits of a character."""

Kind = Literal["integer", "quantity", "text", "bits", "octets", "random"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaf:
    """One column: where its bits are and what they mean.

    ``bit`` counts from the first bit of the slot, ``bits`` is the size.
    """

    name: str
    item: str
    title: str
    kind: Kind
    slot: int
    bit: int = 0
    bits: int = 0
    signed: bool = False
    lsb: float = 1.0
    unit: str = ""
    codes: Mapping[str, str] | None = None
    alphabet: str = ""
    when: When | None = None
    repeat: Repeat | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class When:
    """A leaf applies only when another of its slot has a value (I062/380/IAS: NM/s or Mach)."""

    name: str
    bit: int
    bits: int
    value: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Repeat:
    """How a repetitive item is laid out; no count octets means that FX bits chain it."""

    slot: int
    count_octets: int
    stride: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """One item of the tree.

    ``parts`` are the runs of octets of a fixed (one), extended or repetitive item: octets, whether
    the last bit is FX, and the leaves. ``members`` are those of a compound, by FRN.
    """

    op: int
    number: int
    item: str
    slot: int = -1
    parts: tuple[tuple[int, bool, tuple[Leaf, ...]], ...] = ()
    repeat: Repeat | None = None
    leaf: Leaf | None = None
    fspec_octets: int = 0
    fspec_fixed: bool = False
    members: tuple[Node | None, ...] = ()
    within: Node | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Spec:
    """One category in one edition, ready to drive walk, columns and encoder."""

    category: int
    edition: str
    profiles: tuple[str, ...]
    records: tuple[Node, ...]
    selector: Leaf | None
    choices: NDArray[np.int64]
    leaves: Mapping[str, Leaf]
    node_items: tuple[str, ...]
    slots: int
    nodes: NDArray[np.int32] = field(repr=False)
    kids: NDArray[np.int32] = field(repr=False)
    parts: NDArray[np.int32] = field(repr=False)
    fixed_octets: NDArray[np.int64] = field(repr=False)
    """For each of ``kids``: octets of the item if it is fixed, else 0."""
    fixed_slots: NDArray[np.int64] = field(repr=False)
    """For each of ``kids``: slot of the item if it is fixed, else -1."""


@lru_cache(maxsize=1)
def editions() -> dict[int, tuple[str, ...]]:
    """Return the editions there are for each category, oldest first."""
    found = {}
    for entry in resources.files(__package__).joinpath("specs").iterdir():
        if entry.name.endswith(".json"):
            category = int(entry.name[3:6])
            found[category] = tuple(_read_file(category)["editions"])
    return {category: found[category] for category in sorted(found)}


@lru_cache(maxsize=1)
def categories() -> frozenset[int]:
    """Return the categories that have a specification, without reading any."""
    names = [entry.name for entry in resources.files(__package__).joinpath("specs").iterdir()]
    return frozenset(int(name[3:6]) for name in names if name.endswith(".json"))


def find_spec(category: int, edition: str | None = None) -> Spec:
    """Return the specification of a category, in its newest edition unless told otherwise.

    Raises
    ------
    UsageError
        There is no such category or edition; the message lists those there are.
    """
    if category not in categories():
        known = ", ".join(f"{number:03d}" for number in sorted(categories()))
        raise UsageError(f"no specification of ASTERIX category {category:03d}; there are {known}")
    known_editions = tuple(_read_file(category)["editions"])
    chosen = known_editions[-1] if edition is None else edition
    if chosen not in known_editions:
        raise UsageError(
            f"no edition {chosen!r} of ASTERIX category {category:03d}; "
            f"there are {', '.join(known_editions)}"
        )
    return _compile(category, chosen)


def column_name(path: Sequence[str], unit: str) -> str:
    """Return a leaf's column name: 'i' and the item number, the path, then the unit.

    The unit is left out where the path ends in it already (I048/090/FL is ``i090_fl``).
    """
    head = f"i{path[0]}" if path[0][0].isdigit() else path[0]
    words = "_".join([head, *path[1:]]).lower()
    suffix = UNIT_SUFFIXES[unit]
    if not suffix or words.endswith(f"_{suffix}"):
        return words
    return f"{words}_{suffix}"


@lru_cache(maxsize=64)
def _read_file(category: int) -> dict[str, Any]:
    path = resources.files(__package__).joinpath("specs", f"cat{category:03d}.json")
    spec: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return spec


@lru_cache(maxsize=256)
def _compile(category: int, edition: str) -> Spec:
    return _Compiler(_read_file(category), edition).compile()


class _Compiler:
    """Turns one edition's file form into nodes, leaves and integer tables."""

    def __init__(self, file: dict[str, Any], edition: str) -> None:
        self.file, self.edition = file, edition
        self.category: int = file["category"]
        self.slots = 0
        self.leaves: dict[str, Leaf] = {}
        self.nodes: list[list[int]] = []
        self.node_items: list[str] = []
        self.kids: list[int] = []
        self.parts: list[int] = []
        self.by_item: dict[int, Node] = {}

    def compile(self) -> Spec:
        form = self.file["editions"][self.edition]
        records = tuple(self._record(profile) for profile in form["profiles"])
        selector, choices = self._selector(form)
        nodes = np.array(self.nodes, dtype=np.int32)
        kids = np.array(self.kids, dtype=np.int32)
        is_fixed = (kids >= 0) & (nodes[kids, 0] == _kernels.OP_FIXED)
        return Spec(
            category=self.category,
            edition=self.edition,
            profiles=tuple(profile["name"] for profile in form["profiles"]),
            records=records,
            selector=selector,
            choices=choices,
            leaves=self.leaves,
            node_items=tuple(self.node_items),
            slots=self.slots,
            nodes=nodes,
            kids=kids,
            parts=np.array(self.parts, dtype=np.int32),
            fixed_octets=np.where(is_fixed, nodes[kids, 2], 0).astype(np.int64),
            fixed_slots=np.where(is_fixed, nodes[kids, 1], -1).astype(np.int64),
        )

    def _record(self, profile: dict[str, Any]) -> Node:
        number = self._new_node(f"I{self.category:03d}")
        members: list[Node | None] = []
        for frn in profile["items"]:
            if frn is None:
                members.append(None)
            elif frn == "RFS":
                members.append(self._random())
            else:
                members.append(self._item(frn))
        record = self._compound(
            number, f"I{self.category:03d}", members, profile["fspec_octets"], fixed=False
        )
        for member in members:
            if member is not None and member.op == _kernels.OP_RFS:
                row = [member.op, member.slot, self.nodes[number][2], len(members)]
                self.nodes[member.number] = [*row, _kernels.FSPEC_RANDOM]
        return record

    def _selector(self, form: dict[str, Any]) -> tuple[Leaf | None, NDArray[np.int64]]:
        if form["selector"] is None:
            return None, np.empty(0, dtype=np.int64)
        path, names = form["selector"]
        leaf = self.leaves[column_name(path, "")]
        choices = np.full(1 << leaf.bits, -1, dtype=np.int64)
        profiles = [profile["name"] for profile in form["profiles"]]
        for value, name in names.items():
            choices[int(value)] = profiles.index(name)
        return leaf, choices

    def _item(self, number: int) -> Node:
        """Compile an item of the pool, once: two profiles may share it."""
        if number not in self.by_item:
            name, title, form = self.file["items"][number]
            self.by_item[number] = self._node([name], title, form)
        return self.by_item[number]

    def _random(self) -> Node:
        node = self._new_node(f"I{self.category:03d}/RFS")
        slot = self._new_slots(2)
        leaf = Leaf(
            name="rfs",
            item=f"I{self.category:03d}/RFS",
            title="Random Field Sequencing: the octets as they came",
            kind="random",
            slot=slot,
        )
        self.leaves.setdefault(leaf.name, leaf)
        return Node(op=_kernels.OP_RFS, number=node, item=leaf.item, slot=slot, leaf=leaf)

    def _node(self, path: list[str], title: str, form: list[Any]) -> Node:
        item = f"I{self.category:03d}/{'/'.join(path)}"
        number = self._new_node(item)
        head = form[0]
        if head == "extended":
            return self._extended(number, item, path, form[1])
        if head == "repeat":
            return self._repeat(number, item, path, title, form)
        if head == "explicit":
            return self._explicit(number, item, path, title, form[1])
        if head == "compound":
            members = [m and self._node([*path, m[0]], m[1], m[2]) for m in form[2]]
            return self._compound(number, item, members, form[1], fixed=False)
        slot = self._new_slots(1)
        leaves: list[Leaf] = []
        bits = self._lay_out(path, title, form, slot, 0, None, leaves)
        self.nodes[number] = [_kernels.OP_FIXED, slot, bits // 8, 0, 0]
        return Node(
            op=_kernels.OP_FIXED,
            number=number,
            item=item,
            slot=slot,
            parts=((bits // 8, False, self._keep(leaves)),),
        )

    def _extended(self, number: int, item: str, path: list[str], form: list[Any]) -> Node:
        slot = self._new_slots(len(form))
        first = len(self.parts)
        parts = []
        for j, entries in enumerate(form):
            leaves: list[Leaf] = []
            has_fx = entries[-1] is None
            bits = self._lay_out_parts(
                path, [e for e in entries if e is not None], slot + j, 0, None, leaves
            )
            octets = (bits + has_fx) // 8
            parts.append((octets, has_fx, self._keep(leaves)))
            self.parts.append(octets * 2 + has_fx)
        self.nodes[number] = [_kernels.OP_EXTENDED, slot, first, len(form), 0]
        return Node(
            op=_kernels.OP_EXTENDED, number=number, item=item, slot=slot, parts=tuple(parts)
        )

    def _repeat(self, number: int, item: str, path: list[str], title: str, form: list[Any]) -> Node:
        _, count_octets, inner = form
        has_fx = count_octets == 0
        slot = self._new_slots(1)
        stride = (_size(inner) + has_fx) // 8
        repeat = Repeat(slot=slot, count_octets=count_octets, stride=stride)
        leaves: list[Leaf] = []
        self._lay_out(path, title, inner, slot, 0, repeat, leaves)
        op = _kernels.OP_REPEAT_FX if has_fx else _kernels.OP_REPEAT
        self.nodes[number] = [op, slot, count_octets, stride, 0]
        return Node(
            op=op,
            number=number,
            item=item,
            slot=slot,
            parts=((stride, has_fx, self._keep(leaves)),),
            repeat=repeat,
        )

    def _explicit(self, number: int, item: str, path: list[str], title: str, kind: str) -> Node:
        slot = self._new_slots(1)
        leaf = Leaf(name=column_name(path, ""), item=item, title=title, kind="octets", slot=slot)
        self._keep([leaf])
        within = None
        first = self.slots
        if kind == "RE" and self._is_expandable():
            form = list(self.file["expansions"].values())[-1]
            inner = self._new_node(item)
            members: list[Node | None] = []
            for frn in form["items"]:
                if frn is None:
                    members.append(None)
                    continue
                name, member_title, member = self.file["items"][frn]
                members.append(self._node([*path, name], member_title, member))
            within = self._compound(inner, item, members, form["fspec_octets"], fixed=form["fixed"])
        inner_number = -1 if within is None else within.number
        self.nodes[number] = [_kernels.OP_EXPLICIT, slot, first, self.slots, inner_number]
        return Node(
            op=_kernels.OP_EXPLICIT, number=number, item=item, slot=slot, leaf=leaf, within=within
        )

    def _is_expandable(self) -> bool:
        """Tell whether the expansion's specification is meant for this edition.

        Appendix A of category 021 belongs to editions 2.x; 0.2x used the field otherwise.
        """
        return bool(self.file["expansions"]) and not (
            self.category == 21 and self.edition.startswith("0.")
        )

    def _compound(
        self,
        number: int,
        item: str,
        members: Sequence[Node | None],
        fspec_octets: int,
        *,
        fixed: bool,
    ) -> Node:
        first = len(self.kids)
        room = fspec_octets * (8 if fixed else 7)
        numbers = [-1 if member is None else member.number for member in members]
        self.kids += numbers + [-1] * (room - len(numbers))
        self.nodes[number] = [_kernels.OP_COMPOUND, -1, first, fspec_octets, int(fixed)]
        return Node(
            op=_kernels.OP_COMPOUND,
            number=number,
            item=item,
            fspec_octets=fspec_octets,
            fspec_fixed=fixed,
            members=tuple(members),
        )

    def _lay_out(
        self,
        path: list[str],
        title: str,
        form: list[Any],
        slot: int,
        bit: int,
        repeat: Repeat | None,
        leaves: list[Leaf],
    ) -> int:
        """Add the leaves of an element or group that starts at ``bit``; return its bits."""
        if form[0] == "group":
            return self._lay_out_parts(path, form[1], slot, bit, repeat, leaves)
        if form[0] == "dependent":
            # CAT004 I120/CC/CPC: thirty meanings of three bits, by message type. One raw column;
            # a reader of these bits needs the table of the standard beside them anyway.
            return self._lay_out(path, title, form[2], slot, bit, repeat, leaves)
        _, bits, number = form
        place = {
            "item": f"I{self.category:03d}/{'/'.join(path)}",
            "title": title,
            "slot": slot,
            "bit": bit,
            "bits": bits,
            "repeat": repeat,
        }
        leaves.extend(self._meanings(path, self.file["contents"][number], place, leaves))
        return int(bits)

    def _lay_out_parts(
        self,
        path: list[str],
        parts: list[Any],
        slot: int,
        bit: int,
        repeat: Repeat | None,
        leaves: list[Leaf],
    ) -> int:
        size = 0
        for part in parts:
            if isinstance(part, int):
                size += part
            else:
                name, title, form = part
                inner = [*path, name]
                size += self._lay_out(inner, title, form, slot, bit + size, repeat, leaves)
        return size

    def _meanings(
        self, path: list[str], content: list[Any], place: dict[str, Any], beside: Sequence[Leaf]
    ) -> list[Leaf]:
        """Return one leaf, or one for each meaning where another leaf of the slot decides."""
        if content[0] != "dependent":
            return [_leaf(path, content, place, None)]
        _, paths, default, cases = content
        meanings = [self.file["contents"][number] for _, number in cases]
        if len(paths) != 1 or any(meaning[0] != "quantity" for meaning in meanings):
            return [_leaf(path, self.file["contents"][default], place, None)]
        name = column_name(paths[0], "")
        decider = next(leaf for leaf in beside if leaf.name == name)
        return [
            _leaf(
                path,
                meaning,
                place,
                When(name=name, bit=decider.bit, bits=decider.bits, value=values[0]),
            )
            for (values, _), meaning in zip(cases, meanings, strict=True)
        ]

    def _keep(self, leaves: list[Leaf]) -> tuple[Leaf, ...]:
        for leaf in leaves:
            if leaf.name in self.leaves:
                raise ValueError(f"two columns {leaf.name} in category {self.category:03d}")
            self.leaves[leaf.name] = leaf
        return tuple(leaves)

    def _new_slots(self, count: int) -> int:
        self.slots += count
        return self.slots - count

    def _new_node(self, item: str) -> int:
        self.nodes.append([])
        self.node_items.append(item)
        return len(self.nodes) - 1


def _leaf(path: list[str], content: list[Any], place: dict[str, Any], when: When | None) -> Leaf:
    head = content[0]
    if head == "quantity":
        _, signed, lsb, unit = content
        return Leaf(
            name=column_name(path, unit),
            kind="quantity",
            signed=signed,
            lsb=float(lsb),
            unit=unit,
            when=when,
            **place,
        )
    name = column_name(path, "")
    if head == "text":
        return Leaf(name=name, kind="text", alphabet=content[1], **place)
    if place["bits"] > 64:
        return Leaf(name=name, kind="bits", **place)
    if head == "table":
        return Leaf(name=name, kind="integer", codes=content[1], **place)
    signed = head == "integer" and content[1]
    return Leaf(name=name, kind="integer", signed=signed, **place)


def _size(form: list[Any]) -> int:
    """Bits of an element or group."""
    if form[0] == "group":
        return sum(part if isinstance(part, int) else _size(part[2]) for part in form[1])
    return int(form[1]) if form[0] == "element" else _size(form[2])
