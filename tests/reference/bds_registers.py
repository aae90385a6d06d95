"""The slow twin of the register kernels: one MB field at a time, as a string of bits.

Written from the tables of ICAO Doc 9871 (second edition) and Annex 10 volume IV, register by
register; knows nothing of the layout that the package is made from.
"""

import math

SIX_BITS = "@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_ !\"#$%&'()*+,-./0123456789:;<=>?"
CODE_BITS = ("C1", "A1", "C2", "A2", "C4", "A4", "M", "B1", "Q", "B2", "D2", "B4", "D4")
GRAY_BITS = ("D2", "D4", "A1", "A2", "A4", "B1", "B2", "B4")
MARKED = (0x10, 0x20, 0x30)
DECODED = (0x10, 0x17, 0x20, 0x30, 0x40, 0x44, 0x45, 0x50, 0x53, 0x60)


class Bits:
    """An MB field whose bits are counted from 1, as in the standards' tables."""

    def __init__(self, word):
        self.text = f"{word:056b}"

    def take(self, first, last):
        return int(self.text[first - 1 : last], 2)

    def signed(self, first, last):
        """Two's complement: the first bit counts minus what it would count."""
        size = last - first
        return self.take(first + 1, last) - self.take(first, first) * 2**size


def status(bits, bit, value):
    """A value that means something only where its status bit is 1."""
    return value if bits.take(bit, bit) else None


def data_link(b):
    names = {
        "continued": (9, 9),
        "overlay": (15, 15),
        "acas_operating": (16, 16),
        "subnetwork_version": (17, 23),
        "level5": (24, 24),
        "specific_services": (25, 25),
        "uplink_elm": (26, 28),
        "downlink_elm": (29, 32),
        "identification": (33, 33),
        "squitter": (34, 34),
        "si_code": (35, 35),
        "gicb_toggle": (36, 36),
        "acas_hybrid": (37, 37),
        "acas_ra": (38, 38),
        "acas_version": (39, 40),
        "dte": (41, 56),
    }
    return {name: b.take(*place) for name, place in names.items()}


def identification(b):
    text = "".join(SIX_BITS[b.take(k, k + 5)] for k in range(9, 57, 6))
    return {"callsign": None if text == "@@@@@@@@" else text.rstrip(" ")}


def advisory(b):
    out = {
        name: b.take(bit, bit)
        for bit, name in {
            9: "ra_one_sense",
            10: "ra_corrective",
            11: "ra_downward",
            12: "ra_increased_rate",
            13: "ra_reversal",
            14: "ra_crossing",
            15: "ra_positive",
            23: "do_not_pass_below",
            24: "do_not_pass_above",
            25: "do_not_turn_left",
            26: "do_not_turn_right",
            27: "ra_ended",
            28: "many_threats",
        }.items()
    }
    out["ra_rest"] = b.take(16, 22)
    kind = out["threat_type"] = b.take(29, 30)
    out["threat_mode_s"] = b.take(31, 54) if kind == 1 else None
    out["threat_alt_ft"] = altitude(b.text[30:43]) if kind == 2 else None
    rng, bearing = b.take(44, 50), b.take(51, 56)
    out["threat_rng_nmi"] = (rng - 1) / 10 if kind == 2 and rng else None
    # n is the cell from 6 (n - 1) to 6 n degrees.
    out["threat_bearing_deg"] = 6.0 * bearing - 3 if kind == 2 and 1 <= bearing <= 60 else None
    return out


def altitude(code):
    """Altitude of the 13 bits C1 A1 C2 A2 C4 A4 M B1 Q B2 D2 B4 D4, as a string."""
    named = dict(zip(CODE_BITS, map(int, code), strict=True))
    if "1" not in code or named["M"]:
        return None
    if named["Q"]:
        return 25.0 * int(code[:6] + code[7] + code[9:], 2) - 1000
    hundreds = {
        (0, 0, 1): -2, (0, 1, 1): -1, (0, 1, 0): 0, (1, 1, 0): 1, (1, 0, 0): 2,
    }.get((named["C1"], named["C2"], named["C4"]))  # fmt: skip
    if hundreds is None:
        return None
    gray = [named[k] for k in GRAY_BITS]
    binary = [sum(gray[: k + 1]) % 2 for k in range(8)]
    steps = int("".join(map(str, binary)), 2)
    # Within every other step of 500 ft the hundreds run backwards.
    return 500.0 * steps + 100 * (-hundreds if steps % 2 else hundreds) - 1000


def intention(b):
    return {
        "mcp_alt_ft": status(b, 1, 16.0 * b.take(2, 13)),
        "fms_alt_ft": status(b, 14, 16.0 * b.take(15, 26)),
        "baro_setting_hpa": status(b, 27, 800 + b.take(28, 39) / 10),
        "vnav": status(b, 48, b.take(49, 49)),
        "alt_hold": status(b, 48, b.take(50, 50)),
        "approach": status(b, 48, b.take(51, 51)),
        "target_source": status(b, 54, b.take(55, 56)),
    }


def routine(b):
    return {
        "source": b.take(1, 4),
        "wind_kt": status(b, 5, float(b.take(6, 14))),
        "wind_from_deg": status(b, 5, b.take(15, 23) * 180 / 256),
        "temperature_degc": b.signed(24, 34) / 4,
        "pressure_hpa": status(b, 35, float(b.take(36, 46))),
        "turbulence": status(b, 47, b.take(48, 49)),
        "humidity_pct": status(b, 50, b.take(51, 56) * 100 / 64),
    }


def hazard(b):
    out = {
        name: status(b, bit, b.take(bit + 1, bit + 2))
        for bit, name in {
            1: "turbulence",
            4: "wind_shear",
            7: "microburst",
            10: "icing",
            13: "wake_vortex",
        }.items()
    }
    out["temperature_degc"] = status(b, 16, b.signed(17, 26) / 4)
    out["pressure_hpa"] = status(b, 27, float(b.take(28, 38)))
    out["radio_height_ft"] = status(b, 39, 16.0 * b.take(40, 51))
    return out


def turn(b):
    return {
        "roll_deg": status(b, 1, b.signed(2, 11) * 45 / 256),
        "track_true_deg": status(b, 12, b.signed(13, 23) * 90 / 512 % 360),
        "gs_kt": status(b, 24, 2.0 * b.take(25, 34)),
        "track_rate_deg_s": status(b, 35, b.signed(36, 45) / 32),
        "tas_kt": status(b, 46, 2.0 * b.take(47, 56)),
    }


def air_state(b):
    return {
        "heading_mag_deg": status(b, 1, b.signed(2, 12) * 90 / 512 % 360),
        "ias_kt": status(b, 13, float(b.take(14, 23))),
        "mach": status(b, 24, b.take(25, 33) * 0.008),
        "tas_kt": status(b, 34, b.take(35, 46) / 2),
        "alt_rate_ft_min": status(b, 47, 64.0 * b.signed(48, 56)),
    }


def speed(b):
    return {
        "heading_mag_deg": status(b, 1, b.signed(2, 12) * 90 / 512 % 360),
        "ias_kt": status(b, 13, float(b.take(14, 23))),
        "mach": status(b, 24, b.take(25, 34) * 0.004),
        "baro_rate_ft_min": status(b, 35, 32.0 * b.signed(36, 45)),
        "inertial_rate_ft_min": status(b, 46, 32.0 * b.signed(47, 56)),
    }


FIELDS = {
    0x10: data_link,
    0x17: lambda b: {"capability": b.take(1, 28)},
    0x20: identification,
    0x30: advisory,
    0x40: intention,
    0x44: routine,
    0x45: hazard,
    0x50: turn,
    0x53: air_state,
    0x60: speed,
}

RESERVED = {0x10: [(10, 14)], 0x17: [(29, 56)], 0x40: [(40, 47), (52, 53)], 0x45: [(52, 56)]}

GATED = {
    0x40: {1: (2, 13), 14: (15, 26), 27: (28, 39), 48: (49, 51), 54: (55, 56)},
    0x44: {5: (6, 23), 35: (36, 46), 47: (48, 49), 50: (51, 56)},
    0x45: {
        1: (2, 3), 4: (5, 6), 7: (8, 9), 10: (11, 12), 13: (14, 15), 16: (17, 26), 27: (28, 38),
        39: (40, 51),
    },
    0x50: {1: (2, 11), 12: (13, 23), 24: (25, 34), 35: (36, 45), 46: (47, 56)},
    0x53: {1: (2, 12), 13: (14, 23), 24: (25, 33), 34: (35, 46), 47: (48, 56)},
    0x60: {1: (2, 12), 13: (14, 23), 24: (25, 34), 35: (36, 45), 46: (47, 56)},
}  # fmt: skip


def number_of(word, bds):
    """The register a word is, where a broadcast (0,0) tells it in its first octet."""
    return word >> 48 if bds == 0 and word >> 48 in MARKED else bds


def fault_of(word, bds):
    """What is wrong with a word, None if nothing is."""
    b = Bits(word)
    if word == 0:
        return "no register: all bits are zero"
    if bds not in DECODED:
        return "not decoded here"
    if bds in MARKED and b.take(1, 8) != bds:
        return "first octet is not the register's number"
    if any(b.take(*run) for run in RESERVED.get(bds, [])):
        return "reserved bits are set"
    if any(not b.take(s, s) and b.take(*run) for s, run in GATED.get(bds, {}).items()):
        return "value without its status bit"
    if bds == 0x44 and not (b.take(1, 4) <= 4 and -128 <= b.signed(24, 34) / 4 < 128):
        return "value out of range"
    return None


def decode(word, bds):
    """The values of one register by column, {} where it is wrong."""
    bds = number_of(word, bds)
    if fault_of(word, bds) is not None:
        return {}
    return {f"bds{bds:02x}_{name}": v for name, v in FIELDS[bds](Bits(word)).items()}


def mach_of(ias_kt, alt_ft):
    """Mach number of an airspeed at a pressure altitude, by the pressures of the ISA."""
    alt_m = 0.3048 * alt_ft
    if alt_m < 11_000:
        pressure = (1 - 0.0000225577 * alt_m) ** 5.25588
    else:
        pressure = 0.223361 * math.exp((11_000 - alt_m) / 6341.62)
    impact = (1 + (ias_kt / 661.4786) ** 2 / 5) ** 3.5 - 1
    return math.sqrt(5 * ((impact / pressure + 1) ** (2 / 7) - 1))


def gain(apart, sigma, span):
    if apart is None:
        return 0.0
    z = apart / sigma
    return -math.inf if z > 5 else math.log(span / (2.5 * sigma)) - z * z / 2


def apart(a, b):
    return None if a is None or b is None else abs(a - b)


def angle(a, b):
    return None if a is None or b is None else abs((a - b + 180) % 360 - 180)


def turn_gain(word, gs, track):
    """Log of the odds that a word's values agree as those of register 5,0 do."""
    v = turn(Bits(word))
    if sum(value is not None for value in v.values()) < 2:
        return -math.inf
    speed_kt = v["gs_kt"] if v["tas_kt"] is None else v["tas_kt"]
    rate = None
    if v["roll_deg"] is not None and speed_kt is not None and speed_kt >= 60:
        rate = 1092.2 * math.tan(math.radians(v["roll_deg"])) / speed_kt
    return (
        gain(apart(v["gs_kt"], v["tas_kt"]), 50, 700)
        + gain(apart(v["track_rate_deg_s"], rate), 1, 24)
        + gain(apart(v["gs_kt"], gs), 20, 700)
        + gain(angle(v["track_true_deg"], track), 15, 360)
    )


def speed_gain(word, alt, gs, track):
    """Log of the odds that a word's values agree as those of register 6,0 do."""
    v = speed(Bits(word))
    if sum(value is not None for value in v.values()) < 3:
        return -math.inf
    total = gain(apart(v["baro_rate_ft_min"], v["inertial_rate_ft_min"]), 500, 12000)
    ias, mach = v["ias_kt"], v["mach"]
    if ias is not None and mach is not None:
        sigma = 0.02 if ias >= 100 else 0.06
        if alt is not None and -2000 <= alt <= 60000:
            total += gain(abs(mach - mach_of(ias, alt)), sigma, 1)
        else:
            least, most = mach_of(ias, -1000), mach_of(ias, 51000)
            room = min(most - least + 2.5 * sigma, 1)
            total += gain(max(least - mach, mach - most, 0), sigma, 2.5 * sigma / room)
    if gs is not None and gs > 100:
        if mach is not None:
            total += gain(max(mach * 573 - gs, gs - mach * 680, 0), 60, 700)
        total += gain(angle(v["heading_mag_deg"], track), 20, 360)
    return total


def usual(word, bds):
    """Whether a word keeps the register's rules and has only values that aircraft have."""
    if fault_of(word, bds) is not None:
        return False
    v = FIELDS[bds](Bits(word))

    def within(name, least, most):
        return v[name] is None or least <= v[name] <= most

    if bds == 0x30:
        return v["threat_type"] < 3
    if bds == 0x40:
        return (
            within("mcp_alt_ft", 0, 50_000)
            and within("fms_alt_ft", 0, 50_000)
            and within("baro_setting_hpa", 899.99, 1100.01)
        )
    if bds == 0x44:
        return (
            within("wind_kt", 0, 250)
            and within("temperature_degc", -80, 60)
            and within("pressure_hpa", 100, 1100)
        )
    if bds == 0x45:
        return within("temperature_degc", -80, 60) and within("pressure_hpa", 100, 1100)
    if bds == 0x50:
        return (
            within("roll_deg", -50.1, 50.1)
            and within("gs_kt", 0, 750)
            and within("track_rate_deg_s", -12, 12)
            and within("tas_kt", 0, 650)
        )
    if bds == 0x60:
        return (
            within("ias_kt", 0, 500)
            and within("mach", 0, 1.0001)
            and within("baro_rate_ft_min", -8000, 8000)
            and within("inertial_rate_ft_min", -8000, 8000)
        )
    return True


ANNOUNCED = {0x40: 9, 0x44: 13, 0x45: 14, 0x50: 16, 0x60: 24}


def infer(word, alt=None, gs=None, track=None, capability=0):
    """The register a word is; 0 for none, 255 for several."""

    def fits(bds):
        bit = ANNOUNCED.get(bds)
        if bit and capability and f"{capability:028b}"[bit - 1] == "0":
            return False
        return usual(word, bds)

    b = Bits(word)
    for bds in MARKED:
        if fits(bds) and (bds != 0x20 or is_name(identification(b)["callsign"])):
            return bds
    left = set()
    if fits(0x17) and b.take(7, 7):
        left.add(0x17)
    t = turn_gain(word, gs, track) if fits(0x50) else -math.inf
    s = speed_gain(word, alt, gs, track) if fits(0x60) else -math.inf
    both = t > -math.inf and s > -math.inf and abs(t - s) > 2
    if t > -math.inf and not (both and t < s):
        left.add(0x50)
    if s > -math.inf and not (both and s < t):
        left.add(0x60)
    v = intention(b)
    altitudes = [v["mcp_alt_ft"], v["fms_alt_ft"]]
    if fits(0x40) and any(x is not None for x in (*altitudes, v["baro_setting_hpa"])):
        if all(x is None or abs(x - 100 * round(x / 100)) <= 8 for x in altitudes):
            left.clear()
        left.add(0x40)
    if left:
        return left.pop() if len(left) == 1 else 255
    if fits(0x44) and b.take(1, 4) and b.take(5, 5) and is_mild(routine(b), alt):
        left.add(0x44)
    told = b.take(16, 16) and (b.take(27, 27) or b.take(39, 39))
    if fits(0x45) and told and is_mild(hazard(b), alt):
        left.add(0x45)
    return 255 if len(left) == 2 else left.pop() if left else 0


def is_name(text):
    return bool(text) and all(c.isascii() and (c.isupper() or c.isdigit()) for c in text)


def is_mild(values, alt):
    isa = None if alt is None else max(15 - 0.0019812 * alt, -56.5)
    return alt is None or abs(values["temperature_degc"] - isa) <= 35
