"""Slow twins of registration: matrices, differences and dense solutions, no shared code."""

import numpy as np

from reference.track import axes, ecef


def polar(place, radar_place):
    """Range, azimuth, elevation of an Earth-centred place seen from a radar (lat, lon, hae)."""
    e, n, u = axes(*radar_place[:2]) @ (place - ecef(*radar_place))
    return np.array(
        [np.sqrt(e * e + n * n + u * u), np.arctan2(e, n), np.arctan2(u, np.hypot(e, n))]
    )


def rates(place, vel, radar_place, step=1e-2):
    """How fast they change, by differences."""
    after, before = polar(place + step * vel, radar_place), polar(place - step * vel, radar_place)
    d = after - before
    d[1] = (d[1] + np.pi) % (2 * np.pi) - np.pi
    return d / (2 * step)


def place_at(rng, azm, hae, radar_place, near):
    """Latitude and longitude at a height that have a slant range and an azimuth, by solving."""

    def miss(at):
        got = polar(ecef(*at, hae), radar_place)
        turn = (got[1] - azm + np.pi) % (2 * np.pi) - np.pi
        return np.array([got[0] - rng, turn * rng])

    at, step = np.array(near), 1e-6
    for _ in range(5):
        columns = [(miss(at + d) - miss(at - d)) / (2 * step) for d in step * np.eye(2)]
        at = at - np.linalg.solve(np.transpose(columns), miss(at))
    return at


def ground_step(lat_lon, near, hae):
    """East and north metres between two places of one height, at the first."""
    step = ecef(*lat_lon, hae) - ecef(*near, hae)
    return (axes(*near) @ step)[:2]


class Bias:
    """One radar's filter, in matrices."""

    def __init__(self, var0, drift, stay_s, var_latency, gate, clip):
        self.x, self.P = np.zeros(4), np.diag(var0)
        self.var0, self.drift, self.t = np.asarray(var0), np.asarray(drift), None
        self.stay_s, self.var_latency, self.gate, self.clip = stay_s, var_latency, gate, clip
        self.noise = np.ones(2)

    def note(self, t, y, G, var, stays, hae, carry, since, across, rng):
        if self.t is not None and t > self.t:
            grows = np.diag(self.P) < self.var0
            self.P = self.P + np.diag(np.where(grows, self.drift * (t - self.t), 0.0))
        self.t = t if self.t is None else max(t, self.t)
        # n times the variance of the mean of n samples whose correlation is r, r², ... at lags of
        # 1, 2, ...: 1 + 2 (r + r² + ...), for n without end.
        r = np.exp(-since / self.stay_s)
        again = 1.0 + 2.0 * r / (1.0 - r)
        cos2 = (across / rng) ** 2
        toward = stays * cos2 + hae * (1 - cos2) + self.var_latency * G[0, 3] ** 2
        aside = stays / across**2 + self.var_latency * G[1, 3] ** 2
        R = np.diag([self.noise[0] * var[0] + carry, self.noise[1] * var[1] + carry / across**2])
        stays = np.diag([toward, aside])
        S = G @ self.P @ G.T + R + stays
        miss = y - G @ self.x
        if miss @ np.linalg.solve(S, miss) > self.gate:
            return False
        scores = miss / np.sqrt(np.diag(S))
        R = (R + again * stays) @ np.diag(np.maximum(1.0, np.abs(scores) / self.clip))
        K = self.P @ G.T @ np.linalg.inv(G @ self.P @ G.T + R)
        left = np.eye(4) - K @ G
        self.x, self.P = self.x + K @ miss, left @ self.P @ left.T + K @ R @ K.T
        factor = np.minimum(scores**2, self.clip**2) / 0.96
        self.noise = np.clip(self.noise * (1 + 0.005 * (factor - 1)), 1.0, 9.0)
        return True


def joint(priors, pairs):
    """Means and covariances of all radars' biases from priors and differences, in one solution.

    ``pairs``: (i, j, E_i, E_j, z, N), z = E_j b_j - E_i b_i + noise of covariance N.
    """
    n = len(priors)
    info, vector = np.zeros((4 * n, 4 * n)), np.zeros(4 * n)
    for i, (x, P) in enumerate(priors):
        at = slice(4 * i, 4 * i + 4)
        info[at, at] += np.linalg.inv(P)
        vector[at] += np.linalg.solve(P, x)
    for i, j, E_i, E_j, z, N in pairs:
        H = np.zeros((2, 4 * n))
        H[:, 4 * i : 4 * i + 4], H[:, 4 * j : 4 * j + 4] = -E_i, E_j
        info += H.T @ np.linalg.solve(N, H)
        vector += H.T @ np.linalg.solve(N, z)
    cov = np.linalg.inv(info)
    return cov @ vector, cov
