"""Streams of Mode S: two aircraft that say everything, replies, and what each container adds."""

import numpy as np

from airshield.read import adsb
from airshield.read.adsb import encode

T0_NS = 1_700_000_000_000_000_000


def _messages():
    t_s = 0.5 * np.arange(16)
    odd = np.arange(16) % 2
    parts = []
    for number in range(2):
        icao = 0x400000 + number
        lat, lon = 50.0 + number + 0.001 * t_s, 8.0 + 0.001 * t_s
        me = encode.position_me(lat, lon, np.full(16, 30_000.0), odd)
        me[3] = encode.velocity_me([420.0], [-30.0], [0.0])[0]
        me[6] = encode.identification_me([f"FLY{number}"])[0]
        me[9] = encode.operational_me()[0]
        parts.append(encode.squitters(np.full(16, icao), me))
        parts.append(encode.replies(np.full(16, icao), encode.altitude_code([30_000.0]), df=4))
        parts.append(
            encode.replies(
                np.full(16, icao), encode.identity_code([0o1200]), df=21, mb=[0x20 << 48]
            )
        )
        parts.append(encode.all_calls(np.full(16, icao), interrogator=5))
    mixed = np.stack(parts, axis=1).reshape(-1, 14)
    mixed[50, 9] ^= 16  # damaged on its way
    t_ns = T0_NS + np.repeat((t_s * 1e9).astype(np.int64), len(parts))
    return encode.message_table(mixed, t_ns, ticks=0x1A1A0000 + (t_ns - T0_NS) * 12 // 1000)


def _wrapped(container, before=b"", behind=b""):
    return lambda: before + adsb.write_messages(_messages(), container) + behind


SAMPLES = {
    # A Mode A/C reply at the time of the first message, and a status behind all.
    "beast": _wrapped(
        adsb.BEAST,
        before=bytes.fromhex("1A3100001A1A1A1A0000407700"),
        behind=bytes.fromhex("1A34") + bytes(21),
    ),
    "avr": _wrapped(adsb.AVR, before=b"@00001A1A00007700;\n"),
    "modes_csv": _wrapped(adsb.MODES_CSV, before=b"t,frame\n"),
    "jet1090": _wrapped(adsb.JET1090),
}
