"""A sky out of closed forms, for tests of the picture and the page, and for looking at the page.

``python tests/serve/synthetic_sky.py`` serves it at http://127.0.0.1:8080/ until interrupted:
aircraft over western Ukraine, one of them in a no-fly zone and on its way to a site.
Options: ``--mode live|replay|exercise``, ``--port N``, ``--silent-after S`` (the data stop).
"""

from __future__ import annotations

import argparse
import math
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
from shapely.geometry import Point, Polygon

from airshield.config import Contributor, Shield
from airshield.picture import Picture
from airshield.sensors import Radar
from airshield.serve import Server, create_app
from airshield.tables import (
    ADSB_CHECKS,
    HEIGHT_BASES,
    INCIDENT,
    REGISTRATION,
    REPORT,
    TIME,
    TRACK,
    TRACK_CLASSES,
    TRACK_STATUSES,
    WARNING,
    make_table,
    words,
)
from airshield.warn import Site
from airshield.zones import Limit, Zone

M_PER_DEG = 111_195.0
HOME = (49.84, 24.03)


@dataclass(frozen=True, kw_only=True)
class Flight:
    """Flies a circle, or straight when ``turn_dps`` is zero. Heights and speeds stay."""

    track: int
    lat_deg: float
    lon_deg: float
    spd_mps: float
    course_deg: float
    alt_m: float | None
    turn_dps: float = 0.0
    vel_up_mps: float | None = 0.0
    callsign: str | None = None
    mode_s: int | None = None
    mode_3a: int | None = None
    cls: str = "unknown"
    status: str = "confirmed"
    basis: str = "baro"
    kinds: int = 0b1000
    sensors: int = 0b1
    sigma_m: float = 60.0

    def at(self, t_s: float) -> tuple[float, float, float, float]:
        """Latitude, longitude, velocity east and north, in the plane at the start."""
        course = math.radians(self.course_deg)
        if self.turn_dps:
            rate = math.radians(self.turn_dps)
            turned = course + rate * t_s
            east = self.spd_mps / rate * (math.cos(course) - math.cos(turned))
            north = self.spd_mps / rate * (math.sin(turned) - math.sin(course))
            course = turned
        else:
            east = self.spd_mps * t_s * math.sin(course)
            north = self.spd_mps * t_s * math.cos(course)
        lat_deg = self.lat_deg + north / M_PER_DEG
        lon_deg = self.lon_deg + east / (M_PER_DEG * math.cos(math.radians(self.lat_deg)))
        return (
            lat_deg,
            lon_deg,
            self.spd_mps * math.sin(course),
            self.spd_mps * math.cos(course),
        )


def flights() -> list[Flight]:
    """Some forty aircraft of several kinds."""
    rng = np.random.default_rng(7)
    out = [
        Flight(
            track=1,
            lat_deg=49.62,
            lon_deg=23.62,
            spd_mps=52,
            course_deg=48,
            alt_m=640,
            callsign="URPKA",
            mode_s=0x508A21,
            mode_3a=0o7000,
            cls="light",
            sigma_m=90,
        ),
        Flight(
            track=2,
            lat_deg=50.35,
            lon_deg=24.9,
            spd_mps=295,
            course_deg=232,
            alt_m=None,
            vel_up_mps=None,
            basis="none",
            cls="jet",
            kinds=0b1,
            sigma_m=420,
        ),
        Flight(
            track=3,
            lat_deg=49.95,
            lon_deg=24.55,
            spd_mps=38,
            course_deg=250,
            alt_m=None,
            vel_up_mps=None,
            basis="none",
            cls="drone",
            kinds=0b1,
            sigma_m=300,
            status="tentative",
        ),
        Flight(
            track=4,
            lat_deg=50.02,
            lon_deg=24.6,
            spd_mps=40,
            course_deg=245,
            alt_m=180,
            basis="elevation",
            cls="drone",
            kinds=0b1,
            sigma_m=250,
        ),
        Flight(
            track=5,
            lat_deg=49.78,
            lon_deg=23.9,
            spd_mps=62,
            course_deg=10,
            alt_m=450,
            turn_dps=1.2,
            callsign="MEDIC01",
            mode_s=0x508A40,
            cls="helicopter",
        ),
        Flight(
            track=6,
            lat_deg=49.5,
            lon_deg=24.6,
            spd_mps=150,
            course_deg=90,
            alt_m=5200,
            callsign="COAST6",
            mode_s=0x4D2002,
            status="coasting",
            cls="airliner",
        ),
        Flight(
            track=7,
            lat_deg=49.3,
            lon_deg=23.5,
            spd_mps=9,
            course_deg=75,
            alt_m=3100,
            cls="balloon",
            kinds=0b1,
            basis="elevation",
        ),
        Flight(
            track=8,
            lat_deg=49.7,
            lon_deg=24.3,
            spd_mps=15,
            course_deg=120,
            alt_m=None,
            vel_up_mps=None,
            basis="none",
            cls="bird_flock",
            kinds=0b1,
            status="tentative",
        ),
    ]
    lines = ("LOT", "AUI", "DLH", "WZZ", "RYR", "BAW", "THY", "AFR")
    for i in range(34):
        climb = (0.0, 0.0, 9.0, -8.0)[i % 4]
        out.append(
            Flight(
                track=100 + i,
                lat_deg=float(rng.uniform(48.9, 50.9)),
                lon_deg=float(rng.uniform(21.9, 26.0)),
                spd_mps=float(rng.uniform(180, 250)),
                course_deg=float(rng.choice([65, 95, 245, 275, 300])),
                turn_dps=float(rng.choice([0.0, 0.0, 0.12, -0.1])),
                alt_m=float(rng.choice([2400, 4300, 7300, 9750, 10670, 11280, 11890])),
                vel_up_mps=climb,
                callsign=f"{lines[i % 8]}{rng.integers(100, 9999)}",
                mode_s=0x480000 + int(rng.integers(0, 65000)),
                mode_3a=int(rng.integers(0o1000, 0o6777)),
                cls="airliner",
                kinds=0b11000 if i % 3 else 0b1000,
                sensors=0b11 if i % 2 else 0b1,
            )
        )
    return out


def tracks_table(fleet: list[Flight], t_s: float, t_ns: int, *, ended: bool = False) -> pa.Table:
    """TRACK rows of all flights ``t_s`` after their start, stamped ``t_ns``."""
    n = len(fleet)
    states = np.array([flight.at(t_s) for flight in fleet]).reshape(n, 4)
    var = np.array([flight.sigma_m**2 for flight in fleet])
    cov = [
        [1.6 * v, 0.5 * v, None, 0.6 * v, None, None if flight.alt_m is None else 900.0]
        for v, flight in zip(var, fleet, strict=True)
    ]
    status = ["ended" if ended else flight.status for flight in fleet]
    alt = np.array([np.nan if f.alt_m is None else f.alt_m for f in fleet], np.float64)
    is_baro = np.array([flight.basis == "baro" for flight in fleet])
    return make_table(
        TRACK,
        {
            "t": pa.array(np.full(n, t_ns), TIME),
            "track": np.array([flight.track for flight in fleet], np.uint64),
            "status": words([TRACK_STATUSES.index(word) for word in status], TRACK_STATUSES),
            "lat_deg": states[:, 0],
            "lon_deg": states[:, 1],
            "alt_baro_m": np.where(is_baro, alt, np.nan),
            "alt_hae_m": np.where(is_baro, np.nan, alt),
            "vel_east_mps": states[:, 2],
            "vel_north_mps": states[:, 3],
            "vel_up_mps": pa.array([flight.vel_up_mps for flight in fleet], pa.float64()),
            "cov_m2": pa.array(cov, TRACK.field("cov_m2").type),
            "existence": np.array([0.4 if s == "tentative" else 0.98 for s in status]),
            "height_basis": words([HEIGHT_BASES.index(f.basis) for f in fleet], HEIGHT_BASES),
            "mode_s": pa.array([flight.mode_s for flight in fleet], pa.uint32()),
            "mode_3a": pa.array([flight.mode_3a for flight in fleet], pa.uint16()),
            "callsign": pa.array([flight.callsign for flight in fleet], pa.string()),
            "sensors": np.array([flight.sensors for flight in fleet], np.uint64),
            "kinds": np.array([flight.kinds for flight in fleet], np.uint32),
            "cls": words([TRACK_CLASSES.index(f.cls) for f in fleet], TRACK_CLASSES),
            "adsb_check": words([0] * n, ADSB_CHECKS),
            "frame": np.zeros(n, np.uint64),
        },
        rows=n,
    )


def reports_table(sensor: str, t_ns: int, *, rows: int = 3) -> pa.Table:
    """REPORT rows of one sensor, enough to show that it lives."""
    return make_table(
        REPORT,
        {
            "t": pa.array(np.full(rows, t_ns), TIME),
            "t_heard": pa.array(np.full(rows, t_ns), TIME),
            "sensor": [sensor] * rows,
            "kind": ["mode_s"] * rows,
            "flags": np.zeros(rows, np.uint16),
            "frame": np.zeros(rows, np.uint64),
        },
        rows=rows,
    )


def incident_table(
    flight: Flight, t_s: float, t_ns: int, *, state: str, number: int = 1
) -> pa.Table:
    """One INCIDENT row about a flight over the city."""
    lat_deg, lon_deg, _, _ = flight.at(t_s)
    reasons = {
        "suspected": "inside the area; height uncertain by ±90 m",
        "confirmed": "inside by 3.1 km, 12 times the uncertainty; no permit for 508A21",
        "ended": "outside for 30 s",
    }
    return make_table(
        INCIDENT,
        {
            "t": pa.array([t_ns], TIME),
            "incident": np.array([number], np.uint64),
            "state": [state],
            "track": np.array([flight.track], np.uint64),
            "zone": ["Lviv no-fly zone"],
            "lat_deg": [lat_deg],
            "lon_deg": [lon_deg],
            "alt_baro_m": pa.array([flight.alt_m], pa.float64()),
            "depth_m": [3100.0],
            "sigma_pos_m": [260.0],
            "height_basis": [flight.basis],
            "mode_s": pa.array([flight.mode_s], pa.uint32()),
            "callsign": pa.array([flight.callsign], pa.string()),
            "reason": [reasons[state]],
            "frame": np.zeros(1, np.uint64),
        },
        rows=1,
    )


def warning_table(
    flight: Flight, t_ns: int, *, state: str, dt_reach_s: float | None = 240.0, number: int = 1
) -> pa.Table:
    """One WARNING row for the hospital."""
    return make_table(
        WARNING,
        {
            "t": pa.array([t_ns], TIME),
            "warning": np.array([number], np.uint64),
            "state": [state],
            "site": ["Regional hospital"],
            "incident": np.array([1], np.uint64),
            "track": np.array([flight.track], np.uint64),
            "rng_ground_m": [22_000.0],
            "azm_true_deg": [228.0],
            "rng_closest_m": pa.array([800.0], pa.float64()),
            "dt_reach_s": pa.array([dt_reach_s], pa.float64()),
            "spd_mps": [flight.spd_mps],
            "alt_baro_m": pa.array([flight.alt_m], pa.float64()),
            "text": [
                f"{flight.callsign or 'Unknown aircraft'} 22 km south-west, 101 kt, 2,100 ft, "
                "passes within 0.8 km"
            ],
            "frame": np.zeros(1, np.uint64),
        },
        rows=1,
    )


def shield() -> Shield:
    """A small shield around Lviv: three radars, three zones, four sites."""
    lat, lon = HOME

    def radar(name: str, sic: int, at: tuple[float, float], reach_m: float, turn_s: float) -> Radar:
        return Radar(
            name=name, contributor="Host nation", sac=25, sic=sic, lat_deg=at[0], lon_deg=at[1],
            antenna_hae_m=360.0, turn_s=turn_s, rng_min_m=500.0, rng_max_m=reach_m,
            sigma_rng_m=40.0, sigma_azm_deg=0.08, has_primary=True, has_secondary=True, pd=0.95,
        )  # fmt: skip

    square = Polygon(
        [(lon - 0.62, lat - 0.3), (lon + 0.1, lat - 0.42), (lon + 0.72, lat - 0.15),
         (lon + 0.68, lat + 0.32), (lon - 0.05, lat + 0.45), (lon - 0.7, lat + 0.2)]
    )  # fmt: skip
    corridor = Polygon([(22.6, 50.02), (25.6, 50.42), (25.6, 50.54), (22.6, 50.14)])
    return Shield(
        digest="0" * 64,
        name="Lviv, synthetic",
        about="A made-up shield for looking at the page.",
        folder=Path("."),
        geoid_height_m=37.0,
        contributors=(Contributor(name="Host nation", role="radars"),),
        radars=(
            radar("Lviv long range", 1, (49.81, 23.96), 250_000.0, 6.0),
            radar("Drohobych", 2, (49.35, 23.5), 110_000.0, 4.0),
            radar("Brody", 3, (50.08, 25.15), 110_000.0, 4.0),
        ),
        feeds=(),
        zones=(
            Zone(name="Lviv no-fly zone", kind="no_fly", area=square,
                 ceiling=Limit(height_m=5486.4, datum="baro")),
            Zone(name="City core", kind="restricted",
                 area=Point(lon, lat).buffer(0.09, 32).envelope.buffer(0.03),
                 ceiling=Limit(height_m=3048.0, datum="amsl")),
            Zone(name="Airway north", kind="corridor", area=corridor,
                 floor=Limit(height_m=2896.0, datum="baro")),
        ),
        sites=(
            Site(name="Lviv", lat_deg=lat, lon_deg=lon, radius_m=9000.0, warning_s=300.0),
            Site(name="Regional hospital", lat_deg=49.865, lon_deg=24.09, radius_m=3000.0,
                 warning_s=240.0),
            Site(name="Power plant", lat_deg=50.18, lon_deg=24.38, radius_m=4000.0,
                 warning_s=300.0),
            Site(name="Airport", lat_deg=49.8125, lon_deg=23.956, radius_m=4000.0,
                 warning_s=180.0),
        ),
    )  # fmt: skip


def play(picture: Picture, *, t_s: float, t_ns: int, fleet: list[Flight]) -> None:
    """Feed one step of the sky."""
    picture.feed(
        reports=pa.concat_tables(
            [reports_table("25/1", t_ns, rows=9), reports_table("25/2", t_ns)]
        ),
        tracks=tracks_table(fleet, t_s, t_ns),
    )


def registration_table(*radars):
    """REGISTRATION rows of (sensor, azimuth bias [deg] or None, time of an alarm [ns] or None)."""
    known = {
        "rng_bias_m": 12.0,
        "sigma_rng_bias_m": 3.0,
        "sigma_rng_gain_ppm": 50.0,
        "sigma_azm_bias_deg": 0.01,
        "t_bias_s": 0.02,
        "sigma_t_bias_s": 0.01,
        "references": 5,
        "pairs": 0,
        "odd": 0,
        "alarms": 1,
    }
    columns = {name: [value] * len(radars) for name, value in known.items()}
    columns["t"] = [0] * len(radars)
    columns["sensor"] = [sensor for sensor, _, _ in radars]
    columns["azm_bias_deg"] = [bias for _, bias, _ in radars]
    columns["rng_bias_m"] = [None if bias is None else 12.0 for _, bias, _ in radars]
    columns["t_alarm"] = [alarm for _, _, alarm in radars]
    columns["is_alarmed"] = [alarm is not None for _, _, alarm in radars]
    return make_table(REGISTRATION, columns, rows=len(radars))


def main() -> None:
    """Serve the sky until interrupted."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mode", default="exercise", choices=("live", "replay", "exercise"))
    parser.add_argument("--port", type=int, default=8080)
    parser.add_argument("--silent-after", type=float, default=math.inf)
    args = parser.parse_args()

    fleet = flights()
    picture = Picture(mode=args.mode, now_ns=time.time_ns)
    with Server(create_app(picture, shield()), port=args.port) as server:
        print(server.url)
        picture.set_state("preparing", "compiling kernels, 12 of 31")
        began_ns = time.time_ns()
        for back_s in range(480, 0, -4):
            picture.feed(
                tracks=tracks_table(fleet, -float(back_s), began_ns - back_s * 1_000_000_000)
            )
        picture.set_state("running")
        stray = fleet[0]
        for step in range(100_000):
            t_ns = time.time_ns()
            t_s = (t_ns - began_ns) / 1e9
            if t_s < args.silent_after:
                play(picture, t_s=t_s, t_ns=t_ns, fleet=fleet)
                if step in (1, 2):
                    state = ("suspected", "confirmed")[step - 1]
                    picture.feed(incidents=incident_table(stray, t_s, t_ns, state=state))
                    picture.feed(
                        incidents=incident_table(fleet[3], t_s, t_ns, state="suspected", number=2)
                        if step == 2
                        else None
                    )
                if step == 3:
                    picture.feed(warnings=warning_table(stray, t_ns, state="issued"))
            time.sleep(2.0)


if __name__ == "__main__":
    main()
