"""Made-up streams of what drones, their sensors and people say, with something of each kind."""

from __future__ import annotations

import json

import captures_by_hand as captures
from reference import remoteid, sapient

T0_NS = 1_700_000_000_000_000_000


def remoteid_capture() -> bytes:
    """A Wi-Fi capture: three drones, packs and single messages, other people's, damaged ones."""
    packets = []
    for k in range(6):
        place = remoteid.make_location(48.2 + 0.001 * k, 16.37, tenths=8_005 + 10 * k)
        name = remoteid.make_basic_id(b"SAMPLE%d" % (k % 2))
        mac = bytes([2, 0, 0, 0, 0, k % 3])
        self_id = b"\x32\x00" + b"survey".ljust(23, b"\0")
        system = b"\x42\x05" + bytes(16) + b"\xd0\x08" + bytes(5)
        packets += [
            remoteid.beacon(remoteid.pack(name, place, self_id, system), mac=mac),
            remoteid.nan_frame(remoteid.pack(place), mac=mac, counter=k),
        ]
    packets += [
        remoteid.beacon(remoteid.pack(b"\x52\x00" + b"OP-1".ljust(23, b"\0"))),
        remoteid.beacon(remoteid.pack(b"\x22\x10\x00\x05" + bytes(21))),
        remoteid.beacon(b"", other=b"\xdd\x03abc"),
        remoteid.beacon(remoteid.pack(remoteid.make_location(95.0))),
        remoteid.beacon(remoteid.pack(remoteid.make_location())[:20]),
        b"\x08\x02" + bytes(40),
        b"\xff\xff",
    ]
    return captures.pcap(
        [(T0_NS + 300_000_000 * k, packet) for k, packet in enumerate(packets)], link=105
    )


def sapient_connection() -> bytes:
    """A radar that registers, says how it is and detects; a task to it; noise between."""
    head = {"timestamp": T0_NS, "node_id": "a8654cdf-4328-47de-81fa-c495589e30c9"}
    place = {
        **{"x": 16.37, "y": 48.2, "z": 300.0},
        **{"coordinate_system": sapient.DEGREES, "datum": sapient.ELLIPSOID},
    }
    bearing = {
        **{"azimuth": 90.0, "elevation": 4.0, "range": 900.0},
        **{"coordinate_system": sapient.POLAR["DEGREES_M"], "datum": sapient.NORTH["TRUE"]},
    }
    node = {"node_definition": [{"node_type": sapient.NODE["RADAR"]}], "name": "North hill"}
    status = {"system": sapient.SYSTEM["OK"], "mode": "Default", "node_location": place}
    alert = {"alert_type": ("ALERT_TYPE", "WARNING", 2), "description": "tilted"}
    messages = [
        {"registration": node},
        {"status_report": status},
        {"detection_report": {"object_id": "A", "location": place}},
        {"detection_report": {"object_id": "B", "range_bearing": bearing, "id": "UAV-7"}},
        {"detection_report": {"object_id": "C"}},
        {"alert": alert},
        {"task": {"task_id": "t"}},
        {"task_ack": {"task_id": "t", "task_status": ("TASK_STATUS", "REJECTED", 2)}},
    ]
    octets = [sapient.framed({**head, **message}) for message in messages]
    return b"".join([*octets[:4], b"\xff\0noise", *octets[4:], octets[2], b"\x09\0\0\0\x0a\x01"])


def spotter_documents() -> bytes:
    """An array, lines and a refused report."""
    report = {
        "version": 1,
        "spotter": "river-42",
        "time": "2023-11-14T22:13:21Z",
        "lat_deg": 49.84,
        "lon_deg": 24.03,
        "sense": "seen",
        "what": "drone",
        "azm_true_deg": 135.0,
        "azm_accuracy_deg": 8,
        "elv_deg": 20,
    }
    by_ear = {name: report[name] for name in list(report)[:7]} | {
        **{"sense": "heard", "compass": "SSE", "height": "low", "words": "} like a moped {"},
        **{"count": 2, "exercise": True},
    }
    several = json.dumps([report, by_ear], indent=2)
    lines = [report, by_ear | {"what": "explosion"}, report | {"lat_deg": 95}, {"spotter": 1}]
    return "\n".join([several, *map(json.dumps, lines), '{"version": 1, ']).encode()


SAMPLES = {
    "remoteid": remoteid_capture,
    "sapient": sapient_connection,
    "spotter": spotter_documents,
}
"""By name of the reader."""
