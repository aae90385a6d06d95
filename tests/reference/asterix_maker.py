"""Random but well-formed ASTERIX records, built octet by octet from the specification's JSON."""


def make_block(form, edition, rng, *, records=1, tidy=False, fill=0.5):
    """A data block of random records; ``tidy`` leaves spare bits at zero and nothing empty."""
    maker = _Maker(form, edition, rng, tidy, fill)
    body = b"".join(maker.record() for _ in range(records))
    return bytes([form["category"]]) + (len(body) + 3).to_bytes(2, "big") + body


class _Maker:
    def __init__(self, form, edition, rng, tidy, fill):
        self.form, self.edition, self.rng, self.tidy, self.fill = form, edition, rng, tidy, fill

    def record(self):
        chosen = self.form["editions"][self.edition]
        profile = self.rng.choice(chosen["profiles"])
        forced = {}
        if chosen["selector"] is not None:
            path, names = chosen["selector"]
            codes = [int(code) for code, name in names.items() if name == profile["name"]]
            forced = {tuple(path): self.rng.choice(codes)}
        self.forced = forced
        must = {path[0] for path in forced}
        members = []
        for number in profile["items"]:
            if number is None or number == "RFS":
                members.append(None)
                continue
            name, _, item = self.form["items"][number]
            members.append((name, name in must, item))
        if self.form["expansions"] and not (
            self.form["category"] == 21 and self.edition.startswith("0.")
        ):
            self.expansion = list(self.form["expansions"].values())[-1]
        else:
            self.expansion = None
        return self.compound([], members, fixed=0, at_least_one=True)

    def compound(self, path, members, *, fixed, at_least_one):
        there = [
            k
            for k, member in enumerate(members)
            if member is not None and (member[1] or self.rng.random() < self.fill)
        ]
        if not there and at_least_one:
            there = [self.rng.choice([k for k, m in enumerate(members) if m is not None])]
        width = 8 if fixed else 7
        flags = [0] * (fixed or (there[-1] // width + 1 if there else 1))
        for k in there:
            flags[k // width] |= 0x80 >> (k % width)
        if not fixed:
            flags = [octet | (k < len(flags) - 1) for k, octet in enumerate(flags)]
        body = b"".join(self.item([*path, members[k][0]], members[k][2]) for k in there)
        return bytes(flags) + body

    def item(self, path, form):
        head = form[0]
        if head == "extended":
            return self.extended(path, form[1])
        if head == "repeat":
            return self.repeat(path, form)
        if head == "explicit":
            if form[1] == "RE" and self.expansion and self.rng.random() < 0.8:
                octets = self.expand(path)
                if len(octets) < 255:
                    return bytes([len(octets) + 1]) + octets
            return bytes([4]) + self.rng.randbytes(3)
        if head == "compound":
            members = [m and (m[0], False, m[2]) for m in form[2]]
            return self.compound(path, members, fixed=0, at_least_one=self.tidy)
        size = _bits(form)
        return self.bits(path, form, size).to_bytes(size // 8, "big")

    def expand(self, path):
        members = []
        for number in self.expansion["items"]:
            if number is None:
                members.append(None)
            else:
                name, _, item = self.form["items"][number]
                members.append((name, False, item))
        fixed = self.expansion["fspec_octets"] if self.expansion["fixed"] else 0
        return self.compound(path, members, fixed=fixed, at_least_one=self.tidy)

    def extended(self, path, parts):
        keep = self.rng.randint(1, len(parts))
        if self.tidy:
            # An encoder cannot know of a last part in which there is nothing but spare bits.
            while not any(isinstance(field, list) for field in parts[keep - 1]):
                keep = self.rng.randint(1, len(parts))
        out = b""
        for k, part in enumerate(parts[:keep]):
            fields = [field for field in part if field is not None]
            has_fx = None in part
            size = sum(f if isinstance(f, int) else _bits(f[2]) for f in fields)
            number = self.bits(path, ["group", fields], size)
            if has_fx:
                number = number << 1 | (k < keep - 1)
            out += number.to_bytes((size + has_fx) // 8, "big")
        return out

    def repeat(self, path, form):
        _, count_octets, inner = form
        size = _bits(inner)
        count = self.rng.randint(0 if count_octets else 1, 3)
        out = count.to_bytes(count_octets, "big") if count_octets else b""
        for k in range(count):
            number = self.bits(path, inner, size)
            if not count_octets:
                number = number << 1 | (k < count - 1)
            out += number.to_bytes((size + (not count_octets)) // 8, "big")
        return out

    def bits(self, path, form, size):
        if form[0] == "dependent":
            form = form[2]
        if form[0] == "element":
            if tuple(path) in self.forced:
                return self.forced[tuple(path)]
            return self.rng.getrandbits(size)
        number = 0
        for part in form[1]:
            if isinstance(part, int):
                spare = 0 if self.tidy else self.rng.getrandbits(part)
                number = number << part | spare
            else:
                bits = _bits(part[2])
                number = number << bits | self.bits([*path, part[0]], part[2], bits)
        return number


def _bits(form):
    if form[0] == "group":
        return sum(part if isinstance(part, int) else _bits(part[2]) for part in form[1])
    return form[1] if form[0] == "element" else _bits(form[2])
