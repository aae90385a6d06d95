"""The compiled loops of the containers: where frames are in a stream, and what is in them.

``split_beast`` finds frames; the ``take_`` loops turn the frames of one container into messages of
7 or 14 octets with their times or counters; ``count_on`` makes counters into time.
"""

# Membership in a tuple takes longer to compile than comparisons.
# ruff: noqa: PLR1714, SIM109

from typing import cast

import numpy as np
from numpy.typing import NDArray

from airshield._kernels import kernel

B1 = NDArray[np.bool_]
U1 = NDArray[np.uint8]
I8 = NDArray[np.int64]
whole = cast("type[int]", np.int64)
"""What ``int`` is in compiled code, whatever its argument: an ``int`` of an octet were unsigned."""

_HEX = np.full(256, 255, np.uint8)
_HEX[48:58] = np.arange(10)
_HEX[65:71] = np.arange(10, 16)
_HEX[97:103] = np.arange(10, 16)

ESCAPE = 0x1A
BEAST_AC, BEAST_SHORT, BEAST_LONG, BEAST_STATUS, BEAST_POSITION, BEAST_RECEIVER = (
    *range(0x31, 0x36),
    0xE3,
)

NOT_A_MESSAGE = 0
IS_MODE_AC = 1
IS_MODE_S = 2
IS_STATUS = 3
IS_COMMENT = 4

TAKE_ODD_HEX = 1
TAKE_LENGTH = 2
TAKE_TIME = 3
TAKE_NO_FRAME = 4


@kernel
def beast_size(kind: int) -> int:
    """Octets that follow a message's type, escapes taken out; 0 where there is no such type."""
    if kind == BEAST_LONG or kind == BEAST_STATUS or kind == BEAST_POSITION:
        return 21
    if kind == BEAST_SHORT:
        return 14
    if kind == BEAST_AC:
        return 9
    if kind == BEAST_RECEIVER:
        return 8
    return 0


@kernel
def split_beast(octets: U1, last: bool, first: I8, stop: I8, lost: B1) -> tuple[int, int]:
    """Cut a stream into messages and stretches that are none; return how many, and octets used.

    A message that another begins in is lost, and so is what stands between messages.
    """
    n = 0
    pos = 0
    size = octets.size
    while pos < size:
        if octets[pos] == ESCAPE:
            if pos + 1 >= size:
                if not last:
                    return n, pos
                first[n], stop[n], lost[n] = pos, size, True
                return n + 1, size
            want = beast_size(octets[pos + 1])
            if want > 0:
                at = pos + 2
                have = 0
                while have < want and at < size:
                    if octets[at] != ESCAPE:
                        at += 1
                    elif at + 1 < size:
                        if octets[at + 1] != ESCAPE:
                            break
                        at += 2
                    else:
                        break
                    have += 1
                cut = have < want
                if cut and (at >= size or (octets[at] == ESCAPE and at + 1 >= size)):
                    if not last:
                        return n, pos
                    at = size
                first[n], stop[n], lost[n] = pos, at, cut
                n += 1
                pos = at
                continue
        # Nothing begins here: lost up to the next escape that begins a message.
        at = pos
        while at < size:
            if octets[at] != ESCAPE:
                at += 1
            elif at + 1 >= size:
                break
            elif octets[at + 1] == ESCAPE:
                at += 2
            elif beast_size(octets[at + 1]) > 0:
                break
            else:
                at += 1
        found = at + 1 < size
        if not found and not last:
            return n, pos
        if not found:
            at = size
        first[n], stop[n], lost[n] = pos, at, True
        n += 1
        pos = at
    return n, pos


@kernel
def take_beast(
    octets: U1, first: I8, stop: I8, message: U1, size: U1, ticks: I8, level: U1, kind: U1
) -> None:
    """Take messages out of Beast frames: ``kind`` is the type's digit, 1 to 5, or 0."""
    for i in range(first.size):
        pos = first[i]
        end = stop[i]
        kind[i] = 0
        size[i] = 0
        want = beast_size(octets[pos + 1]) if end - pos > 2 and octets[pos] == ESCAPE else 0
        if want < 9:
            kind[i] = 6 if want == 8 else 0
            continue
        at = pos + 2
        clock = 0
        have = 0
        while have < want and at < end:
            octet = octets[at]
            if octet == ESCAPE:
                at += 1
            at += 1
            if have < 6:
                clock = (clock << 8) | whole(octet)
            elif have == 6:
                level[i] = octet
            else:
                message[i, have - 7] = octet
            have += 1
        if have == want and at == end:
            ticks[i] = clock
            size[i] = want - 7
            kind[i] = octets[pos + 1] - 0x30


@kernel
def take_hex(octets: U1, pos: int, end: int, message: U1, i: int) -> int:
    """Read hexadecimal octets into a message; return how many, or -1 where they are odd or long."""
    have = 0
    while pos + 1 < end and have < 14:
        high = _HEX[octets[pos]]
        low = _HEX[octets[pos + 1]]
        if high == 255 or low == 255:
            break
        message[i, have] = high * 16 + low
        have += 1
        pos += 2
    if pos < end and _HEX[octets[pos]] != 255:
        return -1
    return have


@kernel
def take_avr(
    octets: U1, first: I8, stop: I8, message: U1, size: U1, ticks: I8, level: U1, fault: U1
) -> None:
    """Take messages out of AVR lines; ``ticks`` is -1 where there is no counter."""
    for i in range(first.size):
        pos, end = first[i], stop[i]
        while end > pos and octets[end - 1] <= 32:
            end -= 1
        while pos < end and octets[pos] <= 32:
            pos += 1
        size[i] = 0
        ticks[i] = -1
        fault[i] = TAKE_NO_FRAME
        if end - pos < 2 or octets[end - 1] != 0x3B:  # ;
            continue
        mark = octets[pos]
        head = 0
        if mark == 0x40 or mark == 0x25:  # @ %
            head = 12
        elif mark == 0x3C:  # <
            head = 14
        elif mark != 0x2A and mark != 0x3A:  # * :
            continue
        pos += 1
        if end - pos < head + 1:
            continue
        clock = 0
        good = True
        for k in range(head):
            digit = _HEX[octets[pos + k]]
            good = good and digit != 255
            if k < 12:
                clock = (clock << 4) | whole(digit & 15)
            elif k == 12:
                level[i] = (digit & 15) * 16
            else:
                level[i] += digit & 15
        pos += head
        have = take_hex(octets, pos, end - 1, message, i)
        if not good or have < 0 or pos + 2 * have != end - 1:
            fault[i] = TAKE_ODD_HEX
        elif have != 2 and have != 7 and have != 14:
            fault[i] = TAKE_LENGTH
        else:
            fault[i] = 0
            size[i] = have
            if head > 0:
                ticks[i] = clock


@kernel
def read_time(octets: U1, pos: int, end: int) -> tuple[int, int]:
    """Read a decimal time as ns since 1970; return it with where it ends, -1 where there is none.

    Its size tells its unit: seconds below 10^11, then ms, us and ns at each three digits more.
    """
    value = 0
    digits = 0
    while pos < end and 48 <= octets[pos] <= 57 and digits < 19:
        value = value * 10 + whole(octets[pos]) - 48
        digits += 1
        pos += 1
    if digits == 0:
        return -1, pos
    scale = 1_000_000_000
    if value >= 100_000_000_000_000_000:
        scale = 1
    elif value >= 100_000_000_000_000:
        scale = 1_000
    elif value >= 100_000_000_000:
        scale = 1_000_000
    t_ns = value * scale
    if pos < end and octets[pos] == 0x2E:
        pos += 1
        while pos < end and 48 <= octets[pos] <= 57:
            scale //= 10
            t_ns += (whole(octets[pos]) - 48) * scale
            pos += 1
    if pos < end and (octets[pos] == 0x65 or octets[pos] == 0x45):  # an exponent
        return -1, pos
    return t_ns, pos


@kernel
def take_stamped(
    octets: U1, first: I8, stop: I8, message: U1, size: U1, t_ns: I8, fault: U1
) -> None:
    """Take messages out of lines of a time and a hexadecimal message."""
    for i in range(first.size):
        pos, end = first[i], stop[i]
        while end > pos and octets[end - 1] <= 32:
            end -= 1
        while pos < end and octets[pos] <= 32:
            pos += 1
        size[i] = 0
        fault[i] = TAKE_TIME
        if pos < end and not 48 <= octets[pos] <= 57:
            fault[i] = 255  # words: a heading or a remark
            continue
        t, pos = read_time(octets, pos, end)
        if t < 0:
            continue
        while pos < end and (
            octets[pos] <= 32 or octets[pos] == 0x2C or octets[pos] == 0x3B or octets[pos] == 0x2A
        ):
            pos += 1
        if end > pos and octets[end - 1] == 0x3B:
            end -= 1
        have = take_hex(octets, pos, end, message, i)
        if have < 0:
            fault[i] = TAKE_LENGTH
        elif pos + 2 * have != end or have == 0:
            fault[i] = TAKE_ODD_HEX
        elif have != 2 and have != 7 and have != 14:
            fault[i] = TAKE_LENGTH
        else:
            fault[i] = 0
            size[i] = have
            t_ns[i] = t


@kernel
def find_key(octets: U1, pos: int, end: int, key: U1) -> int:
    """Find where the value of a JSON key (given with its quotes) begins; -1 where it is not."""
    while pos + key.size < end:
        if octets[pos] == 0x22 and octets[pos - 1] != 0x5C:
            k = 1
            while k < key.size and octets[pos + k] == key[k]:
                k += 1
            if k == key.size:
                at = pos + k
                while at < end and octets[at] <= 32:
                    at += 1
                if at < end and octets[at] == 0x3A:
                    at += 1
                    while at < end and octets[at] <= 32:
                        at += 1
                    return at if at < end else -1
        pos += 1
    return -1


@kernel
def take_jet1090(
    octets: U1,
    first: I8,
    stop: I8,
    key_time: U1,
    key_frame: U1,
    message: U1,
    size: U1,
    t_ns: I8,
    fault: U1,
) -> None:
    """Take messages out of JSON lines with the keys ``timestamp`` and ``frame``."""
    for i in range(first.size):
        pos, end = first[i], stop[i]
        size[i] = 0
        fault[i] = TAKE_NO_FRAME
        while pos < end and octets[pos] <= 32:
            pos += 1
        if pos >= end or octets[pos] != 0x7B:
            continue
        at = find_key(octets, pos + 1, end, key_frame)
        if at < 0 or octets[at] != 0x22:
            continue
        have = take_hex(octets, at + 1, end, message, i)
        if have < 0 or at + 1 + 2 * have >= end or octets[at + 1 + 2 * have] != 0x22:
            fault[i] = TAKE_ODD_HEX
            continue
        if have != 7 and have != 14:
            fault[i] = TAKE_LENGTH
            continue
        fault[i] = TAKE_TIME
        at = find_key(octets, pos + 1, end, key_time)
        if at < 0:
            continue
        t, _ = read_time(octets, at, end)
        if t < 0:
            continue
        fault[i] = 0
        size[i] = have
        t_ns[i] = t


@kernel
def count_on(ticks: I8, source: I8, last: I8, total: I8, span: int, back: int) -> None:
    """Replace counters by ticks since the first of the same source, over wraps and restarts.

    A counter that goes back by more than ``back`` has been started again: the count stands still
    for that step. ``last`` and ``total`` keep the state of each source.
    """
    for i in range(ticks.size):
        s = source[i]
        if ticks[i] < 0:
            ticks[i] = total[s]
            continue
        if last[s] >= 0:
            step = (ticks[i] - last[s]) % span
            if step >= span // 2:
                step -= span
            if step >= -back:
                total[s] += step
        last[s] = ticks[i]
        ticks[i] = total[s]
