"""Made-up skies for the tracker's tests: targets with a truth, radars that see them."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from airshield import geo
from airshield.sensors import Radar
from airshield.tables import REPORT, TIME, make_table

LAT, LON = 49.8, 24.0
GEOID_M = 40.0
T0_NS = 1_700_000_000 * 10**9


def radar(
    sic=1,
    *,
    east_m=0.0,
    north_m=0.0,
    turn_s=4.0,
    sigma_rng_m=40.0,
    sigma_azm_deg=0.08,
    pd=0.95,
    sac=1,
):
    lat, lon = place(east_m, north_m)
    return Radar(
        name=f"radar {sic}",
        contributor="nobody",
        sac=sac,
        sic=sic,
        lat_deg=float(lat),
        lon_deg=float(lon),
        antenna_hae_m=300.0,
        turn_s=turn_s,
        rng_min_m=500.0,
        rng_max_m=400e3,
        sigma_rng_m=sigma_rng_m,
        sigma_azm_deg=sigma_azm_deg,
        has_primary=True,
        has_secondary=True,
        pd=pd,
    )


def place(east_m, north_m):
    """Latitude and longitude of a point given by distance and azimuth from the sky's middle."""
    azm = np.degrees(np.arctan2(east_m, north_m))
    return geo.place_from(LAT, LON, azm, np.hypot(east_m, north_m))


@dataclass
class Target:
    """Straight flight, or a turn from ``turn_at_s`` on; heights above the ellipsoid."""

    east_m: float
    north_m: float
    course_deg: float
    spd_mps: float
    hae_m: float = 9000.0
    climb_mps: float = 0.0
    turn_degps: float = 0.0
    turn_at_s: float = 0.0
    turn_end_s: float = 0.0
    mode_s: int | None = None
    mode_3a: int | None = None
    kind: str = "mode_s"
    has_baro: bool = True
    baro_error_m: float = 0.0
    born_s: float = 0.0
    dies_s: float = np.inf
    flags: int = 0

    def at(self, t):
        """Latitude, longitude [deg] and height [m] at times [s]."""
        t = np.asarray(t, float)
        before = np.minimum(t, self.turn_at_s)
        turning = np.clip(t, self.turn_at_s, self.turn_end_s) - self.turn_at_s
        after = np.maximum(t - max(self.turn_at_s, self.turn_end_s), 0.0)
        if self.turn_degps == 0.0 or self.turn_end_s <= self.turn_at_s:
            before, turning, after = t, np.zeros_like(t), np.zeros_like(t)
        # East is the imaginary part: courses count clockwise from north.
        heading = np.exp(1j * np.radians(self.course_deg))
        turn = np.radians(self.turn_degps)
        arc = (np.exp(1j * turn * turning) - 1.0) / (1j * turn) if turn else turning
        way = heading * (before + arc + after * np.exp(1j * turn * turning)) * self.spd_mps
        lat, lon = place(self.east_m + way.imag, self.north_m + way.real)
        return lat, lon, self.hae_m + self.climb_mps * t

    def velocity(self, t):
        """East and north speed [m/s] at times [s]."""
        turning = np.clip(t, self.turn_at_s, max(self.turn_at_s, self.turn_end_s)) - self.turn_at_s
        course = np.radians(self.course_deg + self.turn_degps * turning)
        return self.spd_mps * np.sin(course), self.spd_mps * np.cos(course)


def plots_of(target, number, sensor, seconds, rng):
    """Rows (dicts) of what one radar reports of one target."""
    origin = geo.Origin(lat_deg=sensor.lat_deg, lon_deg=sensor.lon_deg, hae_m=sensor.antenna_hae_m)
    # The beam stands at 360 t / turn; it meets the target where both agree, turn after turn.
    grid = np.linspace(0.0, seconds, int(4 * seconds) + 2)
    _, azm, _ = geo.polar_from_enu(
        geo.enu_from_ecef(geo.ecef_from_geodetic(*target.at(grid)), origin)
    )
    turns = grid / sensor.turn_s - np.unwrap(azm, period=360.0) / 360.0
    t = np.interp(np.arange(np.ceil(turns[0]), turns[-1]), turns, grid)
    enu = geo.enu_from_ecef(geo.ecef_from_geodetic(*target.at(t)), origin)
    rng_m, azm, _ = geo.polar_from_enu(enu)
    seen = (rng.random(t.size) < sensor.pd) & (t >= target.born_s) & (t < target.dies_s)
    hae = target.hae_m + target.climb_mps * t
    rows = []
    for i in np.flatnonzero(seen & (t < seconds)):
        rows.append(
            {
                "t": T0_NS + round(t[i] * 1e9),
                "sensor": sensor.sensor,
                "kind": target.kind,
                "rng_slant_m": rng_m[i] + sensor.sigma_rng_m * rng.standard_normal(),
                "azm_true_deg": (azm[i] + sensor.sigma_azm_deg * rng.standard_normal()) % 360.0,
                "alt_baro_m": (
                    round((hae[i] - GEOID_M + target.baro_error_m) / 7.62) * 7.62
                    if target.has_baro
                    else None
                ),
                "mode_s": target.mode_s,
                "mode_3a": target.mode_3a,
                "flags": target.flags,
                "truth": number,
            }
        )
    return rows


def places_of(
    target,
    number,
    seconds,
    rng,
    *,
    sensor="9/1",
    kind="adsb",
    sigma_m=15.0,
    every_s=1.0,
    lasting=0.0,
    has_speed=False,
):
    """Rows (dicts) of a source that tells places: ADS-B, multilateration, a foreign track.

    ``lasting`` is the share of the error's variance that stays as it is, as that of GPS does for
    minutes; the rest is new with every report.
    """
    standing = np.sqrt(lasting) * rng.standard_normal(2)
    rows = []
    for t in np.arange(0.3, seconds, every_s):
        if not target.born_s <= t < target.dies_s:
            continue
        lat, lon, hae = target.at(t)
        speed = {}
        if has_speed:
            ve, vn = target.velocity(t)
            speed = {"vel_east_mps": float(ve), "vel_north_mps": float(vn), "vel_up_mps": 0.0}
        wrong_m = sigma_m * (standing + np.sqrt(1.0 - lasting) * rng.standard_normal(2))
        rows.append(
            {
                "t": T0_NS + round(t * 1e9),
                "sensor": sensor,
                "kind": kind,
                "lat_deg": float(lat) + wrong_m[0] / 111.2e3,
                "lon_deg": float(lon) + wrong_m[1] / (111.4e3 * np.cos(np.radians(lat))),
                "alt_baro_m": float(hae) - GEOID_M - 150.0,
                "alt_hae_m": float(hae),
                "sigma_pos_m": sigma_m,
                "mode_s": target.mode_s,
                "callsign": "DEMO12",
                "flags": 0,
                "truth": number,
                **speed,
            }
        )
    return rows


def clutter(sensor, seconds, per_turn, rng, *, rng_m=(2e3, 100e3), azm_deg=(0.0, 360.0)):
    """False echoes, so many a turn, spread evenly over a part of the disc."""
    rows = []
    for k in range(int(seconds / sensor.turn_s)):
        for _ in range(rng.poisson(per_turn)):
            azm = rng.uniform(*azm_deg)
            rows.append(
                {
                    "t": T0_NS + round((k + azm / 360.0) * sensor.turn_s * 1e9),
                    "sensor": sensor.sensor,
                    "kind": "psr",
                    "rng_slant_m": np.sqrt(rng.uniform(rng_m[0] ** 2, rng_m[1] ** 2)),
                    "azm_true_deg": azm,
                    "flags": 0,
                    "truth": -1,
                }
            )
    return rows


def sky(targets, radars, seconds, seed=0, extra=()):
    """REPORT table in the order of measurement, and the number of the target behind each row."""
    rng = np.random.default_rng(seed)
    rows = list(extra)
    for sensor in radars:
        for number, target in enumerate(targets):
            rows += plots_of(target, number, sensor, seconds, rng)
    rows.sort(key=lambda row: row["t"])
    return table(rows), np.array([row["truth"] for row in rows])


def table(rows):
    names = {name for row in rows for name in row} - {"truth"}
    columns = {name: [row.get(name) for row in rows] for name in names}
    columns["t"] = pa.array(columns["t"], pa.int64()).cast(TIME)
    columns["frame"] = list(range(len(rows)))
    return make_table(REPORT, columns, rows=len(rows))


def seconds_of(tracks):
    return (tracks["t"].cast(pa.int64()).to_numpy() - T0_NS) * 1e-9


def errors(tracks, rows, target):
    """East, north and up errors [m] of published rows, shape (n, 3); and covariances (n, 3, 3)."""
    t = seconds_of(tracks)[rows]
    lat, lon, hae = target.at(t)
    have = tracks["alt_hae_m"].to_numpy()[rows]
    wrong = geo.ecef_from_geodetic(
        tracks["lat_deg"].to_numpy()[rows],
        tracks["lon_deg"].to_numpy()[rows],
        np.where(np.isnan(have), hae, have),
    ) - geo.ecef_from_geodetic(lat, lon, hae)
    lat, lon = np.radians(lat), np.radians(lon)
    away = np.cos(lon) * wrong[:, 0] + np.sin(lon) * wrong[:, 1]  # from the Earth's axis
    out = np.column_stack(
        [
            np.cos(lon) * wrong[:, 1] - np.sin(lon) * wrong[:, 0],
            np.cos(lat) * wrong[:, 2] - np.sin(lat) * away,
            np.cos(lat) * away + np.sin(lat) * wrong[:, 2],
        ]
    )
    flat = tracks["cov_m2"].combine_chunks().flatten().to_numpy(zero_copy_only=False)
    six = flat.reshape(-1, 6)[rows]
    cov = six[:, [0, 1, 2, 1, 3, 4, 2, 4, 5]].reshape(-1, 3, 3)
    return out, cov
