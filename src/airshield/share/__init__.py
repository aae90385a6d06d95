"""Outbound formats: what others may be told, in words that their systems read.

Comes in: TRACK rows as the tracker publishes them, and what is known of the sensors and of the
system itself. Goes out: ASTERIX data blocks as FRAME rows, ready for a socket or a raw file: system
tracks (CAT062, EUROCONTROL-SPEC-0149-9 edition 1.21), sensor states with their registration
(CAT063, -10 edition 1.7), status of the system and ends of batches (CAT065, -15 edition 1.6).

**What is told.** A value that is not known leaves its item out, and so does one beyond the item's
range, which is counted: nothing is cut off and nothing wraps. Flags that cannot be left out
(I062/080) say their default. Accuracies are rounded up, and the greatest means that or more, as the
edition has it. docs/share.md says it item by item.

**Frames and units.** TRACK is SI and degrees; the items have theirs (feet, flight levels, 1/128 s).
Velocity is along true east and north at the target. The stereographic system plane is there only
if the caller gives its reference point: on the sphere of the Earth's mean radius, along the
ellipsoid's ground distance, as ``read`` turns such places back.

**Batches.** Rows go out in batches of event time (1 s), each with an end of batch. The octets are
a function of the rows, however they are cut into calls; a snapshot carries on octet by octet.

What it leaves out: release labels (who may see what), formats other than ASTERIX, the expansion
fields, and sending. It writes surveillance data and status, and no category that tasks anybody.
"""

from airshield.share.service import SensorState, ServiceReport, SystemState
from airshield.share.writer import Outbound, SystemTrackWriter
from airshield.tables import TRACK, make_table

__all__ = [
    "Outbound",
    "SensorState",
    "ServiceReport",
    "SystemState",
    "SystemTrackWriter",
    "warm_up",
]


def warm_up() -> None:
    """Compile this room's kernels and the encoder's that it needs, or load them from the cache."""
    writer = SystemTrackWriter(sac=1, sic=1, reference=(0.0, 0.0))
    writer.tell(SensorState(sensor="1/2", t_ns=0, state="operational", psr_elv_bias_deg=0.0))
    row = {
        "t": [0], "track": [1], "status": ["confirmed"], "lat_deg": [0.0], "lon_deg": [0.0],
        "alt_hae_m": [0.0], "alt_baro_m": [0.0], "vel_east_mps": [0.0], "vel_north_mps": [0.0],
        "cov_m2": [[1.0, 0.0, None, 1.0, None, None]], "existence": [1.0], "height_basis": ["baro"],
        "mode_s": [1], "mode_3a": [1], "callsign": ["WARMUP"], "sensors": [1], "kinds": [1],
        "cls": ["unknown"], "adsb_check": ["none"], "frame": [0],
    }  # fmt: skip
    writer.feed(make_table(TRACK, row, rows=1))
    writer.finish()
