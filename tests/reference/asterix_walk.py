"""The slow twin of the ASTERIX kernels: one record, straight from the specification's JSON.

Works on Python integers and recursion over the file form (see tools/compile_asterix_specs.py),
never on the integer tables. Knows nothing of Arrow: gives values by column name.
"""

import json
from importlib import resources

from airshield.read.asterix.spec import UNIT_SUFFIXES


class BadRecordError(Exception):
    """The record cannot be read."""


def read_form(category):
    """The shipped specification of one category."""
    folder = resources.files("airshield.read.asterix") / "specs"
    return json.loads((folder / f"cat{category:03d}.json").read_text(encoding="utf-8"))


def walk_block(form, edition, block):
    """All records of a data block's body: list of (start, values), and where it went wrong.

    The place is None when the block ends with a record's end.
    """
    out = []
    pos = 3
    while pos < len(block):
        try:
            end, values = walk_record(form, edition, block, pos, len(block))
        except BadRecordError:
            return out, pos
        out.append((pos, values))
        pos = end
    return out, None


def walk_record(form, edition, octets, pos, end):
    """One record: where it ends and its values by column; raises BadRecordError."""
    chosen = form["editions"][edition]
    for profile in chosen["profiles"]:
        try:
            reached, values = _Record(form, edition, octets, end).read(profile, pos)
        except BadRecordError:
            continue
        if chosen["selector"] is None:
            return reached, values
        path, names = chosen["selector"]
        code = values.get(_name(path, ""))
        if names.get(str(code)) == profile["name"]:
            return reached, values | {"profile": profile["name"]}
    raise BadRecordError


class _Record:
    def __init__(self, form, edition, octets, end):
        self.form, self.edition, self.octets, self.end = form, edition, octets, end

    def read(self, profile, pos):
        values = {}
        flags, pos = self.fspec(pos, profile["fspec_octets"])
        if not flags:
            raise BadRecordError
        seen = set()
        for frn in flags:
            if frn >= len(profile["items"]) or profile["items"][frn] is None:
                raise BadRecordError
            number = profile["items"][frn]
            if number != "RFS":
                seen.add(frn)
                name, _, form = self.form["items"][number]
                pos = self.item([name], form, pos, values)
                continue
            start = pos
            count = self.bytes(pos, 1)[0]
            pos += 1
            for _ in range(count):
                inner = self.bytes(pos, 1)[0] - 1
                if not 0 <= inner < len(profile["items"]):
                    raise BadRecordError
                number = profile["items"][inner]
                if number in (None, "RFS"):
                    raise BadRecordError
                name, _, form = self.form["items"][number]
                found = {}
                pos = self.item([name], form, pos + 1, found)
                if inner not in seen:
                    values |= found
                seen.add(inner)
            values["rfs"] = self.octets[start:pos]
        return pos, values

    def bytes(self, pos, count):
        if pos + count > self.end:
            raise BadRecordError
        return self.octets[pos : pos + count]

    def fspec(self, pos, most):
        flags = []
        for k in range(most):
            octet = self.bytes(pos + k, 1)[0]
            flags += [7 * k + bit for bit in range(7) if octet >> (7 - bit) & 1]
            if not octet & 1:
                return flags, pos + k + 1
        raise BadRecordError

    def item(self, path, form, pos, values):
        return getattr(self, "read_" + form[0])(path, form, pos, values)

    def read_element(self, path, form, pos, values):
        return self.fixed(path, form, pos, values)

    read_group = read_dependent = read_element

    def fixed(self, path, form, pos, values):
        size = _bits(form)
        number = int.from_bytes(self.bytes(pos, size // 8), "big")
        self.lay_out(path, form, number, size, values)
        return pos + size // 8

    def lay_out(self, path, form, number, size, values):
        if form[0] == "dependent":
            form = form[2]
        if form[0] == "element":
            self.leaf(path, form[1], self.form["contents"][form[2]], number, values)
            return
        for part in form[1]:
            bits = part if isinstance(part, int) else _bits(part[2])
            size -= bits
            if not isinstance(part, int):
                inner = number >> size & (1 << bits) - 1
                self.lay_out([*path, part[0]], part[2], inner, bits, values)

    def leaf(self, path, bits, content, raw, values):
        if content[0] == "dependent":
            _, paths, default, cases = content
            kinds = {self.form["contents"][c][0] for _, c in cases}
            content = self.form["contents"][default]
            if len(paths) == 1 and kinds == {"quantity"}:
                decider = values[_name(paths[0], "")]
                content = next(self.form["contents"][c] for v, c in cases if v == [decider])
        if content[0] == "quantity":
            _, signed, lsb, unit = content
            if signed and raw >> (bits - 1):
                raw -= 1 << bits
            values[_name(path, unit)] = raw * lsb
            return
        name = _name(path, "")
        if content[0] == "text":
            width = {"ascii": 8, "icao": 6, "octal": 3}[content[1]]
            codes = [raw >> k & (1 << width) - 1 for k in range(bits - width, -1, -width)]
            if width == 3:
                text = "".join(map(str, codes))
            elif width == 6:
                text = "".join(chr(code if code >= 32 else code + 64) for code in codes)
            else:
                text = bytes(codes).decode("latin-1")
            values[name] = text.rstrip(" ")
        elif bits > 64:
            values[name] = raw.to_bytes(bits // 8, "big")
        elif content[0] == "integer" and content[1] and raw >> (bits - 1):
            values[name] = raw - (1 << bits)
        else:
            values[name] = raw

    def read_extended(self, path, form, pos, values):
        for k, part in enumerate(form[1]):
            fields = [field for field in part if field is not None]
            has_fx = None in part
            size = sum(f if isinstance(f, int) else _bits(f[2]) for f in fields)
            octets = (size + has_fx) // 8
            number = int.from_bytes(self.bytes(pos, octets), "big")
            pos += octets
            self.lay_out(path, ["group", fields], number >> has_fx, size, values)
            if not (has_fx and number & 1):
                return pos
            if k == len(form[1]) - 1:
                raise BadRecordError
        return pos

    def read_repeat(self, path, form, pos, values):
        _, count_octets, inner = form
        size = _bits(inner)
        entries = []
        if count_octets:
            count = int.from_bytes(self.bytes(pos, count_octets), "big")
            pos += count_octets
            if pos + count * size // 8 > self.end:
                raise BadRecordError
            for _ in range(count):
                entries.append({})
                pos = self.fixed(path, inner, pos, entries[-1])
        else:
            more = True
            while more:
                octets = self.bytes(pos, (size + 1) // 8)
                pos += len(octets)
                more = octets[-1] & 1
                entries.append({})
                self.lay_out(path, inner, int.from_bytes(octets, "big") >> 1, size, entries[-1])
        names = {}
        self.lay_out(path, inner, 0, size, names)
        for name in names:
            values[name] = [entry[name] for entry in entries]
        return pos

    def read_explicit(self, path, form, pos, values):
        length = self.bytes(pos, 1)[0]
        if not length:
            raise BadRecordError
        octets = self.bytes(pos, length)[1:]
        values[_name(path, "")] = octets
        expansions = list(self.form["expansions"].values())
        old = self.form["category"] == 21 and self.edition.startswith("0.")
        if form[1] == "RE" and expansions and not old:
            inner = {}
            try:
                reached = self.expansion(path, expansions[-1], pos + 1, pos + length, inner)
            except BadRecordError:
                reached = -1
            if reached == pos + length:
                values |= inner
        return pos + length

    def expansion(self, path, form, pos, end, values):
        reader = _Record(self.form, self.edition, self.octets, end)
        if form["fixed"]:
            octets = reader.bytes(pos, form["fspec_octets"])
            pos += len(octets)
            number = int.from_bytes(octets, "big")
            flags = [k for k in range(8 * len(octets)) if number >> (8 * len(octets) - 1 - k) & 1]
        else:
            flags, pos = reader.fspec(pos, form["fspec_octets"])
        for frn in flags:
            if frn >= len(form["items"]) or form["items"][frn] is None:
                raise BadRecordError
            name, _, item = self.form["items"][form["items"][frn]]
            pos = reader.item([*path, name], item, pos, values)
        return pos

    def read_compound(self, path, form, pos, values):
        flags, pos = self.fspec(pos, form[1])
        for frn in flags:
            if frn >= len(form[2]) or form[2][frn] is None:
                raise BadRecordError
            name, _, item = form[2][frn]
            pos = self.item([*path, name], item, pos, values)
        return pos


def _bits(form):
    if form[0] == "group":
        return sum(part if isinstance(part, int) else _bits(part[2]) for part in form[1])
    return form[1] if form[0] == "element" else _bits(form[2])


def _name(path, unit):
    head = f"i{path[0]}" if path[0][0].isdigit() else path[0]
    name = "_".join([head, *path[1:]]).lower()
    suffix = UNIT_SUFFIXES[unit]
    return name if not suffix or name.endswith("_" + suffix) else f"{name}_{suffix}"
