"""No-fly volumes, and who violates them.

Comes in: zones (:class:`Zone`: WGS-84 longitude and latitude in degrees, floor and ceiling over one
of four datums) and batches of TRACK rows. Goes out: INCIDENT rows, one per change of state of a
(track, zone) affair, at the track's own time:

* **suspected**: the best estimate of a confirmed track is inside the area and between the limits,
  the zone is active, and nothing permits the aircraft;
* **confirmed**: it is inside by three sigma, or was probably inside for some updates in a row;
* **ended**: it left by three sigma and a margin, or was probably outside for long; or its track
  ended, the schedule ended, or it turned out to be permitted.

Borders are straight in longitude and latitude, as RFC 7946 has them; sigma is that of the place
*across* the nearest border. A corridor takes its volume away from the no-fly zones it crosses, for
the aircraft it lists or for all. Heights: a flight level is compared with pressure altitude as it
is; where only one of pressure and true height is known it stands in for the other within
:attr:`ZoneSettings.tol_qnh_m`, and within that tolerance a violation stays suspected. A track
without height is never silently inside or outside: in a zone with limits it stays suspected, and
says so.

The distance to a border is within 0.01 % of the geodesic one up to 100 km between 70 degrees south
and north (``tests/zones/test_borders.py`` measures it against PROJ).

Left out: terrain below a limit counted from the ground (one height per zone), the track's forecast
(that is ``warn``), pressure settings (QNH), and polygons that hold a pole.
"""

import numpy as np
import pyarrow as pa
from shapely import box

from airshield import tables
from airshield.zones.permits import permit_of
from airshield.zones.reasons import limits_in_words
from airshield.zones.schedule import is_active
from airshield.zones.settings import ZoneSettings
from airshield.zones.watch import ZoneWatch
from airshield.zones.zone import Limit, Period, Zone

__all__ = [
    "Limit",
    "Period",
    "Zone",
    "ZoneSettings",
    "ZoneWatch",
    "is_active",
    "limits_in_words",
    "permit_of",
    "warm_up",
]


def warm_up() -> None:
    """Compile this room's kernels, or load them from the cache."""
    zone = Zone(name="warm-up", kind="no_fly", area=box(0.0, 0.0, 1.0, 1.0))
    row = {
        "t": np.zeros(1, "datetime64[ns]"),
        "track": [1],
        "status": ["confirmed"],
        "lat_deg": [0.5],
        "lon_deg": [0.5],
        "vel_east_mps": [0.0],
        "vel_north_mps": [0.0],
        "cov_m2": pa.array([[1.0, 0.0, None, 1.0, None, None]], tables.TRACK.field("cov_m2").type),
        "existence": [1.0],
        "height_basis": ["none"],
        "sensors": [0],
        "kinds": [0],
        "cls": ["unknown"],
        "adsb_check": ["none"],
        "frame": [0],
    }
    ZoneWatch([zone], geoid_height_m=0.0).feed(tables.make_table(tables.TRACK, row, rows=1))
