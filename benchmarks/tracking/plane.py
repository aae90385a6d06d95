"""Plots as places in one plane: what a tracker with plain linear Kalman filters is fed with.

The oracle and the Stone Soup tracker share it; it needs NumPy and PyArrow alone, because the
latter runs in an environment without airshield. The plane is the oblique stereographic projection
of the ellipsoid (Snyder, Map Projections: A Working Manual, 1987, eq. 21-24 to 21-27, 3-1, 3-5), so
angles are true and lengths wrong by 0.15 % at 500 km from its middle.

A 2-D plot without an altitude is given an assumed height, and the noise along its range is made
larger by what that height is not known by.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

SEMI_MAJOR_M = 6378137.0
ECC2 = 0.00669437999014
ECC = ECC2**0.5
RADAR_KINDS = ("psr", "ssr", "psr_ssr", "mode_s")
NO_CODE = -1

EPU_95_M = np.array(
    [np.nan, 18520.0, 7408.0, 3704.0, 1852.0, 926.0, 555.6, 185.2, 92.6, 30.0, 10.0, 3.0]
)
"""Radius that holds 95 % of the places, by NACp (DO-260B, table 2-70)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Assumed:
    """What is assumed of plots beyond what they say."""

    hae_m: float = 4000.0
    sigma_hae_m: float = 3000.0
    sigma_baro_m: float = 20.0
    sigma_elv_deg: float = 0.3
    sigma_pos_min_m: float = 10.0
    sigma_pos_unknown_m: float = 75.0
    sigma_spd_mps: float = 3.0


class Plane:
    """An oblique stereographic plane that touches the ellipsoid at a place."""

    def __init__(self, lat_deg: float, lon_deg: float) -> None:
        self.lat0, self.lon0 = np.radians(lat_deg), np.radians(lon_deg)
        chi = _conformal(np.asarray(self.lat0))
        self.sin0, self.cos0 = np.sin(chi), np.cos(chi)
        m = np.cos(self.lat0) / np.sqrt(1.0 - ECC2 * np.sin(self.lat0) ** 2)
        self.reach = 2.0 * SEMI_MAJOR_M * m / self.cos0

    def of(self, lat_deg: Floats, lon_deg: Floats) -> Floats:
        """Places in the plane, shape (n, 2) [m]."""
        chi = _conformal(np.radians(lat_deg))
        lon = np.radians(lon_deg) - self.lon0
        sin, cos = np.sin(chi), np.cos(chi)
        a = self.reach / (1.0 + self.sin0 * sin + self.cos0 * cos * np.cos(lon))
        return np.stack(
            [a * cos * np.sin(lon), a * (self.cos0 * sin - self.sin0 * cos * np.cos(lon))], -1
        )

    def back(self, xy_m: Floats) -> tuple[Floats, Floats]:
        """Latitude and longitude [deg] of places in the plane."""
        x, y = xy_m[..., 0], xy_m[..., 1]
        rho = np.maximum(np.hypot(x, y), 1e-9)
        c = 2.0 * np.arctan(rho / self.reach)
        chi = np.arcsin(np.cos(c) * self.sin0 + y * np.sin(c) * self.cos0 / rho)
        lon = self.lon0 + np.arctan2(
            x * np.sin(c), rho * self.cos0 * np.cos(c) - y * self.sin0 * np.sin(c)
        )
        lat = chi
        for _ in range(6):
            s = ECC * np.sin(lat)
            lat = (
                2.0
                * np.arctan(np.tan(np.pi / 4 + chi / 2) * ((1.0 + s) / (1.0 - s)) ** (ECC / 2.0))
                - np.pi / 2
            )
        return np.degrees(lat), (np.degrees(lon) + 180.0) % 360.0 - 180.0

    def turn(self, lat_deg: Floats, lon_deg: Floats) -> Floats:
        """What turns and stretches east-north vectors into the plane, shape (n, 2, 2)."""
        step = 1e-3
        north = self.of(lat_deg + step, lon_deg) - self.of(lat_deg - step, lon_deg)
        s2 = np.sin(np.radians(lat_deg)) ** 2
        meridian = SEMI_MAJOR_M * (1.0 - ECC2) / (1.0 - ECC2 * s2) ** 1.5
        north /= (2.0 * np.radians(step) * meridian)[:, None]
        # Conformal: east is north turned clockwise by a right angle.
        out = np.empty((len(north), 2, 2))
        out[:, :, 1] = north
        out[:, 0, 0], out[:, 1, 0] = north[:, 1], -north[:, 0]
        return out


@dataclass(frozen=True, slots=True, kw_only=True)
class Plots:
    """Reports as places in a plane, in the order of their arrival.

    Attributes
    ----------
    t0_ns : int
        Moment that all times are counted from [ns since 1970].
    t_s, heard_s : ndarray, shape (n,)
        When measured, when heard.
    z_m : ndarray, shape (n, 3)
        x, y in the plane and height above the ellipsoid.
    cov_m2 : ndarray, shape (n, 2, 2)
        Noise of x and y.
    sigma_z_m : ndarray, shape (n,)
        Noise of the height; infinite where it is only assumed.
    vel_mps : ndarray, shape (n, 3)
        Velocity along x, y and up; NaN where the source does not tell.
    mode_s, mode_3a : ndarray of int
        -1 for none.
    sensor : ndarray of int
        Radar's place in ``turn_s``; the last one stands for every other source.
    turn_s : ndarray
        Turn of each radar, then 1 s for the other sources.
    group : ndarray of int
        Reports of one sensor that were heard together have one number.
    is_radar : ndarray of bool
    frame : ndarray of uint64
    plane : Plane
    """

    t0_ns: int
    t_s: Floats
    heard_s: Floats
    z_m: Floats
    cov_m2: Floats
    sigma_z_m: Floats
    vel_mps: Floats
    mode_s: Ints
    mode_3a: Ints
    sensor: Ints
    turn_s: Floats
    group: Ints
    is_radar: NDArray[np.bool_]
    frame: NDArray[np.uint64]
    plane: Plane


def read_plots(scene: Path, assumed: Assumed | None = None) -> Plots:
    """Read a scene's reports and shield, and place every plot."""
    assumed = assumed or Assumed()
    rows = pq.read_table(scene / "reports.parquet")
    shield = scene / "shield.toml"
    with (shield if shield.exists() else scene / "shield" / "shield.toml").open("rb") as file:
        told = tomllib.load(file)
    geoid = float(told["geoid_height_m"])
    radars = told["radars"]
    names = {f"{r['sac']}/{r['sic']}": i for i, r in enumerate(radars)}
    n = rows.num_rows
    sensor = _by_word(rows["sensor"], names, len(radars))
    is_radar = sensor < len(radars)
    t = rows["t"].cast(pa.int64()).to_numpy()
    heard = rows["t_heard"].cast(pa.int64()).to_numpy()
    t0 = int(min(t.min(), heard.min()))

    z = np.full((n, 3), np.nan)
    cov = np.zeros((n, 2, 2))
    baro = _floats(rows, "alt_baro_m")
    hae = _floats(rows, "alt_hae_m")
    hae = np.where(np.isnan(hae), baro + geoid, hae)
    sigma_z = np.where(np.isnan(hae), np.inf, assumed.sigma_baro_m)

    lat = np.array([r["lat_deg"] for r in radars])
    lon = np.array([r["lon_deg"] for r in radars])
    place_lat, place_lon = _floats(rows, "lat_deg"), _floats(rows, "lon_deg")
    all_lat, all_lon = np.append(lat, place_lat), np.append(lon, place_lon)
    plane = Plane(float(np.nanmean(all_lat)), float(np.nanmean(all_lon)))

    rng, azm = _floats(rows, "rng_slant_m"), np.radians(_floats(rows, "azm_true_deg"))
    elv = np.radians(_floats(rows, "elv_deg"))
    for i, radar in enumerate(radars):
        at = np.flatnonzero(is_radar & (sensor == i))
        if not at.size:
            continue
        sight = _Sight(radar, geoid)
        low = np.isnan(hae[at])
        with_elv = low & ~np.isnan(elv[at])
        hae[at] = np.where(with_elv, sight.height_of(rng[at], elv[at]), hae[at])
        sigma_z[at] = np.where(
            with_elv, np.hypot(rng[at] * np.radians(assumed.sigma_elv_deg), 30.0), sigma_z[at]
        )
        hae[at] = np.where(np.isnan(hae[at]), np.maximum(assumed.hae_m, 0.0), hae[at])
        elv_at, flat = sight.elevation_of(rng[at], hae[at])
        lat_at, lon_at, _ = sight.places(rng[at], azm[at], elv_at)
        z[at, :2] = plane.of(lat_at, lon_at)
        along = z[at, :2] - plane.of(lat[i : i + 1], lon[i : i + 1])
        u = along / np.linalg.norm(along, axis=1, keepdims=True)
        told_h = np.where(np.isinf(sigma_z[at]), assumed.sigma_hae_m, sigma_z[at])
        # At most what an assumed height can do to the distance: all of it, straight above.
        blur = np.minimum(np.abs(flat) * told_h, 0.5 * rng[at])
        ground = rng[at] * np.cos(elv_at)
        s_rng = np.hypot(_or(_floats(rows, "sigma_rng_m")[at], radar["sigma_rng_m"]), blur)
        s_azm = _or(_floats(rows, "sigma_azm_deg")[at], radar["sigma_azm_deg"])
        cov[at] = _ellipse(u, s_rng, ground * np.radians(s_azm))
    hae = np.where(np.isnan(hae), assumed.hae_m, hae)

    at = np.flatnonzero(~is_radar)
    if at.size:
        z[at, :2] = plane.of(place_lat[at], place_lon[at])
        nacp = rows["nacp"].cast(pa.float64()).fill_null(0).to_numpy().astype(int)[at]
        sigma = EPU_95_M[np.clip(nacp, 0, 11)] / 2.4477
        sigma = _or(_floats(rows, "sigma_pos_m")[at], sigma)
        sigma = np.maximum(_or(sigma, assumed.sigma_pos_unknown_m), assumed.sigma_pos_min_m)
        cov[at] = sigma[:, None, None] ** 2 * np.eye(2)
    z[:, 2] = hae

    vel = np.stack([_floats(rows, f"vel_{k}_mps") for k in ("east", "north", "up")], -1)
    flying = ~np.isnan(vel[:, 0]) & ~is_radar
    vel[~flying] = np.nan
    if flying.any():
        turn = plane.turn(place_lat[flying], place_lon[flying])
        vel[flying, :2] = np.einsum("nij,nj->ni", turn, vel[flying, :2])

    group = np.cumsum(np.append(0, (np.diff(heard) != 0) | (np.diff(sensor) != 0)))
    # Other sources share one number, so every report of theirs is on its own.
    group = np.where(is_radar, group * 2, 2 * np.arange(n) + 2 * n + 1)
    return Plots(
        t0_ns=t0,
        t_s=(t - t0) * 1e-9,
        heard_s=(heard - t0) * 1e-9,
        z_m=z,
        cov_m2=cov,
        sigma_z_m=sigma_z,
        vel_mps=vel,
        mode_s=_codes(rows, "mode_s"),
        mode_3a=_codes(rows, "mode_3a"),
        sensor=sensor,
        turn_s=np.array([r["turn_s"] for r in radars] + [1.0]),
        group=group,
        is_radar=is_radar,
        frame=rows["frame"].to_numpy(),
        plane=plane,
    )


def write_tracks(
    path: Path,
    plots: Plots,
    *,
    t_s: Floats,
    track: Ints,
    state: Floats,
    cov: Floats,
    mode_s: Ints,
    report: Ints,
) -> None:
    """Write states as TRACK rows (the columns that the scorer needs).

    Parameters
    ----------
    path : Path
    plots : Plots
        What they were made from.
    t_s : ndarray, shape (n,)
        Time of each state.
    track : ndarray of int
        Its track.
    state : ndarray, shape (n, 6)
        x, vx, y, vy, z, vz.
    cov : ndarray, shape (n, 3, 3)
        Covariance of x, y, z.
    mode_s : ndarray of int
    report : ndarray of int
        The report whose arrival published it.
    """
    xy = state[:, [0, 2]]
    lat, lon = plots.plane.back(xy)
    back = np.linalg.inv(plots.plane.turn(lat, lon)) if len(xy) else np.empty((0, 2, 2))
    vel = np.einsum("nij,nj->ni", back, state[:, [1, 3]])
    full = np.zeros((len(xy), 3, 3))
    full[:, :2, :2], full[:, 2, 2] = back, 1.0
    cov = full @ cov @ np.swapaxes(full, 1, 2)
    six = np.stack([cov[:, i, j] for i, j in ((0, 0), (0, 1), (0, 2), (1, 1), (1, 2), (2, 2))], -1)
    time_ns = plots.t0_ns + np.round(t_s * 1e9).astype(np.int64)
    table = pa.table(
        {
            "t": pa.array(time_ns, pa.int64()).cast(pa.timestamp("ns", tz="UTC")),
            "track": pa.array(track.astype(np.uint64)),
            "status": pa.array(["confirmed"] * len(xy), pa.string()).dictionary_encode(),
            "lat_deg": lat,
            "lon_deg": lon,
            "alt_hae_m": state[:, 4],
            "vel_east_mps": vel[:, 0],
            "vel_north_mps": vel[:, 1],
            "vel_up_mps": state[:, 5],
            "cov_m2": pa.FixedSizeListArray.from_arrays(pa.array(six.ravel()), 6),
            "existence": np.ones(len(xy)),
            "mode_s": pa.array(
                np.maximum(mode_s, 0).astype(np.uint32), pa.uint32(), mask=mode_s < 0
            ),
            "frame": pa.array(plots.frame[report]),
        }
    )
    pq.write_table(table, path)


class _Sight:
    """What a radar's range, azimuth and elevation say, on an Earth as curved as it is there."""

    def __init__(self, radar: dict[str, float], geoid_m: float) -> None:
        self.lat, self.lon = np.radians(radar["lat_deg"]), np.radians(radar["lon_deg"])
        self.hae = radar["ground_msl_m"] + radar["antenna_agl_m"] + geoid_m
        w2 = 1.0 - ECC2 * np.sin(self.lat) ** 2
        # Gauss' mean radius: right to 0.3 % in any direction, 20 m of height at 300 km.
        self.earth = SEMI_MAJOR_M * np.sqrt(1.0 - ECC2) / w2
        s, c = np.sin(self.lat), np.cos(self.lat)
        sl, cl = np.sin(self.lon), np.cos(self.lon)
        self.axes = np.array([[-sl, cl, 0.0], [-s * cl, -s * sl, c], [c * cl, c * sl, s]])
        n = SEMI_MAJOR_M / np.sqrt(w2)
        self.ecef = np.array(
            [(n + self.hae) * c * cl, (n + self.hae) * c * sl, (n * (1 - ECC2) + self.hae) * s]
        )

    def height_of(self, rng: Floats, elv: Floats) -> Floats:
        r = self.earth + self.hae
        return np.asarray(np.sqrt(rng**2 + r**2 + 2.0 * rng * r * np.sin(elv)) - self.earth)

    def elevation_of(self, rng: Floats, hae: Floats) -> tuple[Floats, Floats]:
        """Elevation [rad], and metres of ground distance lost per metre of height."""
        r, far = self.earth + self.hae, self.earth + hae
        elv = np.arcsin(np.clip((far**2 - r**2 - rng**2) / (2.0 * rng * r), -0.99, 0.99))
        return elv, np.tan(elv + rng * np.cos(elv) / r)

    def places(self, rng: Floats, azm: Floats, elv: Floats) -> tuple[Floats, Floats, Floats]:
        across = rng * np.cos(elv)
        enu = np.stack([across * np.sin(azm), across * np.cos(azm), rng * np.sin(elv)], -1)
        x, y, z = (enu @ self.axes + self.ecef).T
        # Bowring, 1976: two rounds are right to 1e-6 m.
        p = np.hypot(x, y)
        ratio = np.sqrt(1.0 - ECC2)
        beta = np.arctan2(z, ratio * p)
        lat = beta
        for _ in range(2):
            lat = np.arctan2(
                z + ECC2 / ratio * SEMI_MAJOR_M * np.sin(beta) ** 3,
                p - ECC2 * SEMI_MAJOR_M * np.cos(beta) ** 3,
            )
            beta = np.arctan2(ratio * np.sin(lat), np.cos(lat))
        hae = (
            p * np.cos(lat)
            + z * np.sin(lat)
            - SEMI_MAJOR_M * np.sqrt(1.0 - ECC2 * np.sin(lat) ** 2)
        )
        return np.degrees(lat), np.degrees(np.arctan2(y, x)), hae


def _conformal(lat: Floats) -> Floats:
    s = ECC * np.sin(lat)
    return np.asarray(
        2.0 * np.arctan(np.tan(np.pi / 4 + lat / 2) * ((1.0 - s) / (1.0 + s)) ** (ECC / 2.0))
        - np.pi / 2
    )


def _ellipse(u: Floats, along: Floats, across: Floats) -> Floats:
    v = np.stack([-u[:, 1], u[:, 0]], -1)
    return np.asarray(
        along[:, None, None] ** 2 * u[:, :, None] * u[:, None, :]
        + across[:, None, None] ** 2 * v[:, :, None] * v[:, None, :]
    )


def _or(told: Floats, else_: Floats | float) -> Floats:
    return np.where(np.isnan(told), else_, told)


def _floats(rows: pa.Table, name: str) -> Floats:
    return np.asarray(rows[name].cast(pa.float64()).fill_null(np.nan).to_numpy(), np.float64).copy()


def _codes(rows: pa.Table, name: str) -> Ints:
    return np.asarray(rows[name].cast(pa.int64()).fill_null(NO_CODE).to_numpy(), np.int64)


def _by_word(column: pa.ChunkedArray, names: dict[str, int], other: int) -> Ints:
    coded = column.cast(pa.string()).combine_chunks().dictionary_encode()
    if isinstance(coded, pa.ChunkedArray):
        coded = coded.combine_chunks()
    table = np.array([names.get(word, other) for word in coded.dictionary.to_pylist()], np.int64)
    return np.asarray(table[coded.indices.to_numpy(zero_copy_only=False)])
