"""The compiled loops of the register decoder.

``find_faults`` holds every word to the rules of its register, ``group`` sorts the good ones by
register, and the ``gather`` loops turn one field of one register into one column. On words that
nobody has named ``find_fits`` tries the rules of all registers, ``weigh`` tells how well the values
of 5,0 and 6,0 would agree with each other and with the altitude, and ``choose`` decides. The rules
are tables that ``rules.py`` makes of ``layout.py``; only what no table can say is written here.

Words are MB fields: bit 1 of the standard is bit 55 of the word.
"""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from airshield._kernels import kernel

U1 = NDArray[np.uint8]
U8 = NDArray[np.uint64]
I4 = NDArray[np.int32]
I8 = NDArray[np.int64]
F8 = NDArray[np.float64]

FAULT_EMPTY = 1
FAULT_NOT_READ = 2
FAULT_MARK = 3
FAULT_RESERVED = 4
FAULT_STATUS = 5
FAULT_RANGE = 6

SURE = 2.0
"""How much more the values of one register must agree than those of another: log of odds."""

UNKNOWN = 0
SEVERAL = 255


class Rules(NamedTuple):
    """What must hold in a word, register by register, in the order of ``layout.REGISTERS``."""

    place: I8
    """For each BDS number its place in the order, or -1."""
    mark: I8
    """What the first octet is, or -1."""
    reserved: U8
    """Bits that are zero."""
    gate_first: I8
    """The first row of ``gates`` of each register, and one past the last."""
    gates: U8
    """Status bit, and the bits that are zero where it is."""
    limit_first: I8
    """The same for ``limits``."""
    limits: I8
    """Shift, bits, signed, shift of the status bit or -1, least and most."""
    fives: I8
    """The five fields of 5,0 and of 6,0: shift, bits, signed, shift of the status bit."""
    five_lsb: F8
    """What one means in each."""
    five_place: I8
    """Their places in the order."""
    announced: I8
    """The bit of ``bds17_capability`` that announces each register, or -1."""


@kernel
def _raw(word: int, shift: int, bits: int | np.int64) -> np.int64:
    """Cut a field out of a word."""
    return np.int64((word >> np.uint64(shift)) & ((np.uint64(1) << np.uint64(bits)) - np.uint64(1)))


@kernel
def _signed(raw: np.int64, bits: int) -> np.int64:
    """Read the bits of a field as two's complement."""
    value = raw
    if value >= np.int64(1) << np.int64(bits - 1):
        value -= np.int64(1) << np.int64(bits)
    return value


@kernel
def _fault_of(word: int, k: int, rules: Rules) -> int:
    """Hold one word to the rules of one register."""
    if word == np.uint64(0):
        return FAULT_EMPTY
    if rules.mark[k] >= 0 and np.int64(word >> np.uint64(48)) != rules.mark[k]:
        return FAULT_MARK
    if word & rules.reserved[k] != np.uint64(0):
        return FAULT_RESERVED
    for g in range(rules.gate_first[k], rules.gate_first[k + 1]):
        if word & rules.gates[g, 0] == np.uint64(0) and word & rules.gates[g, 1] != np.uint64(0):
            return FAULT_STATUS
    for m in range(rules.limit_first[k], rules.limit_first[k + 1]):
        status = rules.limits[m, 3]
        if status >= 0 and (word >> np.uint64(status)) & np.uint64(1) == np.uint64(0):
            continue
        value = _raw(word, rules.limits[m, 0], rules.limits[m, 1])
        if rules.limits[m, 2] != 0:
            value = _signed(value, rules.limits[m, 1])
        if value < rules.limits[m, 4] or value > rules.limits[m, 5]:
            return FAULT_RANGE
    return 0


@kernel
def find_faults(mb: U8, bds: U1, rules: Rules, named: U1, fault: U1, count: I8) -> None:
    """Hold every word to the rules of its register, and count the good ones of each register.

    A word of register 0,0 was broadcast by the aircraft; its first octet then is its number.
    """
    for i in range(mb.size):
        word = mb[i]
        number = np.int64(bds[i])
        if number == 0:
            first = np.int64(word >> np.uint64(48)) & 255
            if rules.place[first] >= 0 and rules.mark[rules.place[first]] == first:
                number = first
        named[i] = number
        k = rules.place[number]
        if k < 0:
            fault[i] = FAULT_EMPTY if word == np.uint64(0) else FAULT_NOT_READ
            continue
        fault[i] = _fault_of(word, k, rules)
        if fault[i] == 0:
            count[k] += 1


@kernel
def group(
    named: U1, fault: U1, owner: I8, rules: Rules, first: I8, source: I8, target: I8, repeats: U1
) -> None:
    """Sort good words by register: where each is, and in which row its values belong.

    ``first`` is where the rows of each register begin in ``source`` and ``target``, and moves to
    where they end. Of several words of one register in one row the last stays.
    """
    begin = first.copy()
    for i in range(named.size):
        if fault[i] != 0:
            continue
        k = rules.place[named[i]]
        at = first[k]
        if at > begin[k] and target[at - 1] == owner[i]:
            source[at - 1] = i
            repeats[owner[i]] += 1
            continue
        source[at] = i
        target[at] = owner[i]
        first[k] = at + 1


@kernel
def gather(
    mb: U8,
    source: I8,
    target: I8,
    field: I8,
    none: I8,
    lsb: float,
    offset: float,
    out: F8,
    cells: U1,
    bitmap: U1,
) -> int:
    """Write one field of words into a column; return how many values it has.

    ``field`` is shift, bits, signed, shift of the status bit or -1, shift, bits and value of the
    field that decides (bits 0 for none), and the form: 0 for a quantity, 1 for an angle, 2 for an
    altitude code, and 4, 5, 6 for integers of 1, 2 and 4 octets, which go to ``cells``.
    """
    shift, bits, signed, status = field[0], field[1], field[2] != 0, field[3]
    form = field[7]
    present = 0
    for j in range(source.size):
        word = mb[source[j]]
        if status >= 0 and (word >> np.uint64(status)) & np.uint64(1) == np.uint64(0):
            continue
        if field[5] > 0 and _raw(word, field[4], field[5]) != field[6]:
            continue
        raw = _raw(word, shift, bits)
        if signed:
            raw = _signed(raw, bits)
        known = True
        for m in range(none.size):
            if raw == none[m]:
                known = False
        if not known:
            continue
        row = target[j]
        if form >= 4:
            width = 1 << (form - 4)
            for octet in range(width):
                cells[row * width + octet] = (raw >> (8 * octet)) & 255
        elif form == 2:
            value = altitude_ft(int(raw))
            if math.isnan(value):
                continue
            out[row] = value
        else:
            value = raw * lsb + offset
            out[row] = value + 360.0 if form == 1 and value < 0.0 else value
        bitmap[row >> 3] |= np.uint8(1 << (row & 7))
        present += 1
    return present


@kernel
def gather_text(mb: U8, source: I8, target: I8, offsets: I4, text: U1, bitmap: U1) -> int:
    """Write the eight characters of bits 9 to 56; return how many rows have any.

    Trailing spaces are left out. Eight zeros are no text. ``offsets`` ends with the octets of text.
    """
    present = 0
    used = 0
    j = 0
    for row in range(offsets.size - 1):
        offsets[row] = used
        if j >= source.size or target[j] != row:
            continue
        word = mb[source[j]]
        j += 1
        if word & np.uint64(0xFFFFFFFFFFFF) == np.uint64(0):
            continue
        stop = used
        for k in range(8):
            code = _raw(word, 42 - 6 * k, np.int64(6))
            # Six-bit ASCII: the letters come first, then the signs and digits from the space on.
            text[used + k] = code + 64 if code < 32 else code
            if code != 32:
                stop = used + k + 1
        used = stop
        bitmap[row >> 3] |= np.uint8(1 << (row & 7))
        present += 1
    offsets[offsets.size - 1] = used
    return present


@kernel
def _from_gray(code: int) -> int:
    """Turn a Gray code into its number."""
    number = code
    shift = code >> 1
    while shift:
        number ^= shift
        shift >>= 1
    return number


@kernel
def altitude_ft(code: int) -> float:
    """Altitude of a 13-bit altitude code (Annex 10 vol IV, 3.1.2.6.5.4); NaN where it has none.

    The bits are C1 A1 C2 A2 C4 A4 M B1 Q B2 D2 B4 D4.
    """
    if code == 0:
        return math.nan
    if code & 0x40:  # M: twelve bits of metres, whose coding the standard leaves open
        return math.nan
    if code & 0x10:  # Q: steps of 25 ft
        steps = ((code & 0x1F80) >> 2) | ((code & 0x20) >> 1) | (code & 0xF)
        return steps * 25.0 - 1000.0
    d2, d4 = (code >> 2) & 1, code & 1
    a1, a2, a4 = (code >> 11) & 1, (code >> 9) & 1, (code >> 7) & 1
    b1, b2, b4 = (code >> 5) & 1, (code >> 3) & 1, (code >> 1) & 1
    c1, c2, c4 = (code >> 12) & 1, (code >> 10) & 1, (code >> 8) & 1
    wide = (d2 << 7) | (d4 << 6) | (a1 << 5) | (a2 << 4) | (a4 << 3) | (b1 << 2) | (b2 << 1) | b4
    fives = _from_gray(wide)
    ones = _from_gray((c1 << 2) | (c2 << 1) | c4)
    if ones in (0, 5, 6):
        return math.nan
    if ones == 7:
        ones = 5
    if fives & 1:
        ones = 6 - ones
    return fives * 500.0 + ones * 100.0 - 1300.0


@kernel
def mach_of(ias_kt: float, alt_ft: float) -> float:
    """Mach number of a calibrated airspeed at a pressure altitude (ISA, below the speed of sound).

    Indicated stands in for calibrated: they differ by the error of the pressure port alone.
    """
    alt_m = alt_ft * 0.3048
    if alt_m < 11000.0:
        ratio = (1.0 - 2.25577e-5 * alt_m) ** 5.25588
    else:
        ratio = 0.223361 * math.exp((11000.0 - alt_m) / 6341.62)
    impact = (1.0 + 0.2 * (ias_kt / 661.4786) ** 2) ** 3.5 - 1.0
    return math.sqrt(5.0 * ((impact / ratio + 1.0) ** (2.0 / 7.0) - 1.0))


@kernel
def _gain(apart: float, sigma: float, span: float) -> float:
    """What one agreement says for a register: log of its odds against chance, 0 for NaN.

    Two values that belong together are ``sigma`` apart as a rule; those of some other register
    fall anywhere within ``span``. More than five sigma rules the register out.
    """
    if math.isnan(apart):
        return 0.0
    z = apart / sigma
    return -math.inf if z > 5.0 else math.log(span / (2.5 * sigma)) - 0.5 * z * z


@kernel
def _angle_between(first_deg: float, second_deg: float) -> float:
    """How far apart two directions are."""
    return abs((first_deg - second_deg + 180.0) % 360.0 - 180.0)


@kernel
def _turn_gain(values: F8, gs_kt: float, track_deg: float) -> float:
    """How well the values of a word agree if it is register 5,0.

    Ground speed and true airspeed differ by the wind; roll makes the track turn.
    """
    roll, track, gs, rate, tas = values[0], values[1], values[2], values[3], values[4]
    speed = gs if math.isnan(tas) else tas
    turn = math.nan
    if speed >= 60.0:
        # Level turn: rate = g tan(roll) / speed, in deg/s and knots.
        turn = 1092.2 * math.tan(math.radians(roll)) / speed
    apart = (abs(gs - tas), abs(rate - turn), abs(gs - gs_kt), _angle_between(track, track_deg))
    sigma = (50.0, 1.0, 20.0, 15.0)
    span = (700.0, 24.0, 700.0, 360.0)
    gain = 0.0
    for k in range(4):
        gain += _gain(apart[k], sigma[k], span[k])
    return gain


@kernel
def _speed_gain(values: F8, alt_ft: float, gs_kt: float, track_deg: float) -> float:
    """How well the values of a word agree if it is register 6,0.

    Airspeed and Mach number belong to one altitude; the two vertical rates are of one movement.
    """
    heading, ias, mach, baro, inertial = values[0], values[1], values[2], values[3], values[4]
    # Slow ones say little: at the gate 30 kt stand for none, and Mach stays at its floor.
    slow = 0.02 if ias >= 100.0 else 0.06
    off_mach = span_mach = math.nan
    if not math.isnan(ias) and not math.isnan(mach):
        if -2000.0 <= alt_ft <= 60000.0:
            off_mach, span_mach = abs(mach - mach_of(ias, alt_ft)), 1.0
        else:
            # Without an altitude more Mach numbers fit, and one that does says the less.
            least, most = mach_of(ias, -1000.0), mach_of(ias, 51000.0)
            off_mach = max(least - mach, mach - most, 0.0)
            span_mach = 2.5 * slow / min(most - least + 2.5 * slow, 1.0)
    off_gs = off_track = math.nan
    if gs_kt > 100.0:
        # Mach times the speed of sound: 573 kt in the stratosphere, 680 kt on a hot day.
        if not math.isnan(mach):
            off_gs = max(mach * 573.0 - gs_kt, gs_kt - mach * 680.0, 0.0)
        off_track = _angle_between(heading, track_deg)
    apart = (off_mach, abs(baro - inertial), off_gs, off_track)
    sigma = (slow, 500.0, 60.0, 20.0)
    span = (span_mach, 12000.0, 700.0, 360.0)
    gain = 0.0
    for k in range(4):
        gain += _gain(apart[k], sigma[k], span[k])
    return gain


@kernel
def _isa_apart_degc(degc: float, alt_ft: float) -> float:
    """How far a temperature is from the standard atmosphere's; 0 where the altitude is unknown."""
    if math.isnan(alt_ft):
        return 0.0
    return abs(degc - max(15.0 - 0.0019812 * alt_ft, -56.5))


@kernel
def find_fits(mb: U8, capability: I8, rules: Rules, fits: I8) -> None:
    """Tell for every word which registers' rules it keeps: bit k for the k-th register."""
    for i in range(mb.size):
        fits[i] = 0
        for k in range(rules.mark.size):
            bit = rules.announced[k]
            if capability[i] != 0 and bit >= 0 and capability[i] >> bit & 1 == 0:
                continue
            if _fault_of(mb[i], k, rules) == 0:
                fits[i] |= 1 << k


@kernel
def weigh(
    mb: U8, fits: I8, alt_ft: F8, gs_kt: F8, track_deg: F8, rules: Rules, turn: F8, speed: F8
) -> None:
    """Tell for every word how well its values agree as register 5,0 and as 6,0."""
    values = np.empty(5)
    for i in range(mb.size):
        turn[i] = speed[i] = -math.inf
        for which in range(2):
            if fits[i] >> rules.five_place[which] & 1 == 0:
                continue
            count = 0
            for k in range(5):
                field = rules.fives[which, k]
                values[k] = math.nan
                if (mb[i] >> np.uint64(field[3])) & np.uint64(1) != np.uint64(0):
                    raw = _raw(mb[i], field[0], field[1])
                    values[k] = _signed(raw, field[1]) if field[2] != 0 else raw
                    values[k] *= rules.five_lsb[which, k]
                    count += 1
            if which == 0 and count >= 2:
                turn[i] = _turn_gain(values, gs_kt[i], track_deg[i])
            elif which == 1 and count >= 3:
                speed[i] = _speed_gain(values, alt_ft[i], gs_kt[i], track_deg[i])


@kernel
def _is_name(word: int) -> bool:
    """Tell whether bits 9 to 56 are letters and digits, at least one, then spaces only."""
    letters = spaces = 0
    for k in range(8):
        code = np.int64(word >> np.uint64(42 - 6 * k)) & 63
        if 1 <= code <= 26 or 48 <= code <= 57:
            letters += 1
            if spaces:
                return False
        elif code == 32:
            spaces += 1
    return letters > 0 and letters + spaces == 8


@kernel
def _is_hundreds(raw: np.int64) -> bool:
    """Tell whether a selected altitude is a hundred feet, as near as steps of 16 come."""
    over = 16 * raw % 100
    return bool(min(over, 100 - over) <= 8)


@kernel
def _is_mild(degc: float, alt_ft: float) -> bool:
    """Tell whether a temperature is as in the standard atmosphere, give or take the weather."""
    if math.isnan(alt_ft):
        return True
    return abs(degc - max(15.0 - 0.0019812 * alt_ft, -56.5)) <= 35.0


@kernel
def choose(mb: U8, fits: I8, turn: F8, speed: F8, alt_ft: F8, rules: Rules, bds: U1) -> None:
    """Tell which register each word is: its number, UNKNOWN or SEVERAL."""
    for i in range(mb.size):
        bds[i] = UNKNOWN
        word = np.int64(mb[i])
        for k in range(rules.mark.size):
            if (
                fits[i] >> k & 1
                and rules.mark[k] >= 0
                and (rules.mark[k] != 0x20 or _is_name(mb[i]))
            ):
                bds[i] = rules.mark[k]
        if fits[i] == 0 or bds[i] != UNKNOWN:
            continue
        # Bit n of the standard is bit 56 - n here. Register 2,0 is in use wherever 1,7 is.
        is_17 = fits[i] >> rules.place[0x17] & 1 != 0 and word >> 49 & 1 != 0
        is_40 = fits[i] >> rules.place[0x40] & 1 != 0
        has_mcp, has_fms, has_setting = (
            word >> 55 & 1 != 0,
            word >> 42 & 1 != 0,
            word >> 29 & 1 != 0,
        )
        is_40 = is_40 and (has_mcp or has_fms or has_setting)
        is_50, is_60 = turn[i] > -math.inf, speed[i] > -math.inf
        if is_50 and is_60 and abs(turn[i] - speed[i]) > SURE:
            is_50, is_60 = turn[i] > speed[i], speed[i] > turn[i]
        # Ten reserved bits that are zero and selected altitudes in hundreds are more than chance.
        if (
            is_40
            and (not has_mcp or _is_hundreds(word >> 43 & 0xFFF))
            and (not has_fms or _is_hundreds(word >> 30 & 0xFFF))
        ):
            is_17 = is_50 = is_60 = False
        left = int(is_17) + int(is_40) + int(is_50) + int(is_60)
        if left > 1:
            bds[i] = SEVERAL
        elif left == 1:
            bds[i] = 0x17 if is_17 else 0x40 if is_40 else 0x50 if is_50 else 0x60
        else:
            # The weather's registers have little that could be wrong: only where nothing else fits.
            is_44 = (
                fits[i] >> rules.place[0x44] & 1 != 0
                and word >> 52 != 0
                and word >> 51 & 1 != 0
                and _is_mild(0.25 * ((word >> 22 & 0x3FF) - (word >> 32 & 1) * 1024), alt_ft[i])
            )
            is_45 = (
                fits[i] >> rules.place[0x45] & 1 != 0
                and word >> 40 & 1 != 0
                and (has_setting or word >> 17 & 1 != 0)
                and _is_mild(0.25 * ((word >> 30 & 0x1FF) - (word >> 39 & 1) * 512), alt_ft[i])
            )
            if is_44 and is_45:
                bds[i] = SEVERAL
            elif is_44:
                bds[i] = 0x44
            elif is_45:
                bds[i] = 0x45
