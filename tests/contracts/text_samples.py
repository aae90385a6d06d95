"""Made-up streams of the text formats, small, with something of each kind that a format has."""

from __future__ import annotations

import json


def sbs_lines() -> bytes:
    """Lines with dates and with a counter, positions, velocities, marks, and some damaged."""
    stamp = "2023/11/14,22:13:2{k}.250,2023/11/14,22:13:2{k}.500"
    lines = ["START,Tue Nov 14 22:13:10 +0000 UTC 2023", "1970154000,MSG,8,,,AB5361" + "," * 17]
    for k in range(6):
        when = stamp.format(k=k)
        lat = 47.0 + 0.002 * k
        lines += [
            f"MSG,1,1,1,4CA1FA,1,{when},RYR12AB ,,,,,,,,,,,",
            f"MSG,4,1,1,4CA1FA,1,{when},,,430.0,12.5,,,-640,,,,,",
            f"MSG,3,1,1,4CA1FA,1,{when},,37000,,,{lat:.5f},8.25000,,,0,0,0,0",
            f"MSG,6,1,1,4CA1FA,1,{when},,37000,,,,,,7700,-1,-1,-1,0",
            f"MSG,2,1,1,4B1815,1,{when},,,12,90,47.45,{8.56 + 0.0001 * k:.4f},,,,,,-1",
        ]
    lines += [
        "MSG,3,1,1,4CA1FA,1,2023/11/14,22:13:26.000,,,,37000H,,,47.9,9.9,,,0,0,0,0",
        "MLAT,3,1,1,3C6589,1,,,,,,12000,250,90,47.1,8.1,0,,,,,",
        "",
        "SEL,,496,2286,4CA4E5,27215,2010/02/19,18:06:07.710,2010/02/19,18:06:07.710,RYR1427",
        "CLK,,496,-1,,-1,2010/02/19,18:18:19.036,2010/02/19,18:18:19.036",
        "MSG,3,1,1,4CA1FA,1,2023/11/14",
        "MSG,9,1,1,4CA1FA,1,,,,,,,,,,,,,,,,",
        "STOP",
    ]
    return "\r\n".join(lines).encode()


def uat_lines() -> bytes:
    """Basic and long messages, an uplink, marks, and some damaged lines."""
    aircraft = "0b2ac5a73931599418ae0816009632c01105c4e6c4e6c40ac27003000000" + "00000000"
    lines = ["START,Tue Nov 14 22:13:10 +0000 UTC 2023"]
    for k in range(5):
        place = f"{0x39315994 + 0x2000 * k:08x}"
        message = aircraft.replace("39315994", place)
        lines += [
            f"{1_000_000_000 * k + 597_318_000},-{message};rs=1;",
            "",
            f"-00a1b2c3{place}18ae0816009632c01105;rs=0;rssi=-12.5;t=170000000{k}.250;",
        ]
    lines += [
        f"7597318000,+{'38d0c59482f6a490' + '00' * 424};rs=4;ss=-3;",
        f"8597318000,+{'00' * 431};",
        f"-{aircraft[:40]};",
        f"-{aircraft};rs=1",
        "STOP",
    ]
    return "\n".join(lines).encode()


def readsb_documents() -> bytes:
    """Two snapshots, lines, a trace, and one that is damaged."""
    plane = {
        **{"hex": "4ca1fa", "type": "adsb_icao", "flight": "RYR12AB ", "alt_baro": 37000},
        **{"alt_geom": 37500, "gs": 430.2, "track": 12.5, "baro_rate": -640, "squawk": "7700"},
        **{"emergency": "general", "lat": 47.0, "lon": 8.25, "nic": 8, "rc": 186, "nac_p": 9},
        **{"seen_pos": 0.5, "seen": 0.1, "mlat": [], "tisb": [], "rssi": -22.3, "spi": 1},
    }
    others = [
        {"hex": "4b1815", "type": "adsb_icao", "alt_baro": "ground", "lat": 47.45, "lon": 8.56},
        {"hex": "~2f1a03", "type": "tisb_other", "lat": 46.5, "lon": 7.0, "alt_baro": 2500},
        {"hex": "3c6589", "type": "mlat", "mlat": ["lat", "lon"], "lat": 46.9, "lon": 8.0},
        {"hex": "3c6590", "type": "mode_s", "lastPosition": {"lat": 46.9, "lon": 8.0}},
        {"hex": "3c6591", "type": "adsb_icao", "lat": 95.0, "lon": 8.0},
    ]
    parts = [
        json.dumps({"now": 1_700_000_000.5 + k, "messages": 10, "aircraft": [plane, *others]})
        for k in range(2)
    ]
    parts += [
        json.dumps({"now": 1_700_000_005, "hex": "4ca1fa", "lat": 47.01, "lon": 8.26, "gscp": 430}),
        '{"now": 1700000006, "flight": "N/A"}',
        '{"now": 1700000007, "hex": "4ca1fa", "la',
    ]
    point = [47.0, 8.25, 32000, 478.6, 327.8, 1, 0, None, "adsb_icao", 33825, 32, 280, 0.0]
    details = {"type": "adsb_icao", "flight": "DAL1812 ", "squawk": "4637", "nac_p": 10}
    ground = [47.2, 8.3, "ground", 12.0, 90.0, 2, None, details, "adsb_icao", None, None, None]
    trace = [[0.0, *point], [9.5, 47.01, *point[1:]], [60.0, *ground, None], [70.0]]
    parts += [json.dumps({"icao": "ac671b", "timestamp": 1_700_000_010.25, "trace": trace})]
    return "\n".join(parts).encode()


def opensky_documents() -> bytes:
    """An array of state vectors, an answer of the API, and one that is damaged."""
    base = {"icao24": "4ca1fa", "callsign": "RYR12AB", "altitude": 37000.0, "vertical_rate": -64.0}
    rows = [
        base
        | {"timestamp": 1_700_000_000_000 + 1000 * k, "latitude": 47.0 + 0.002 * k}
        | {"longitude": 8.25, "groundspeed": 430.0, "track": 0.0, "onground": False}
        for k in range(8)
    ]
    rows[4] |= {"latitude": rows[3]["latitude"]}
    rows[6] |= {"latitude": 12.0, "squawk": "7700"}
    states = [
        [
            *("4b1815", "SWR1    ", "Switzerland", 1_700_000_008, 1_700_000_009, 8.56, 47.45),
            *(None, True, 0.5, 90.0, None, None, 450.0, "1000", False, 0),
        ],
        [
            *("3c6589", None, "Germany", None, 1_700_000_009, None, None),
            *(1000.0, False, 90.0, 90.0, 0.0, None, None, None, False, 2, 1),
        ],
        ["3c6589"],
    ]
    answer = json.dumps({"time": 1_700_000_010, "states": states})
    return (json.dumps(rows) + '\n{"timestamp": 17000, "icao24"\n' + answer).encode()


SAMPLES = {
    "sbs": sbs_lines,
    "uat": uat_lines,
    "readsb": readsb_documents,
    "opensky": opensky_documents,
}
