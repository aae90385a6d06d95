"""Slow twins of the tracker's mathematics: matrices and brute force, no shared code."""

import numpy as np

A = 6378137.0
F = 1 / 298.257223563


def transition(dt):
    phi = np.eye(4)
    phi[0, 2] = phi[1, 3] = dt
    return phi


def process_noise(dt, q):
    block = q * np.array([[dt**3 / 3, dt**2 / 2], [dt**2 / 2, dt]])
    return np.kron(block, np.eye(2))


def predict(x, P, C, dt, q):
    phi = transition(dt)
    return phi @ x, phi @ P @ phi.T + process_noise(dt, q), phi @ C


def mix(w, x, P, C, stay):
    """IMM interaction with the whole transition matrix written out."""
    n = len(w)
    move = np.empty((n, n))
    for i in range(n):
        for j in range(n):
            move[i, j] = stay[i] if i == j else (1 - stay[i]) / (n - 1)
    c = w @ move
    mu = (w[:, None] * move) / c[None, :]
    xs, Ps, Cs = np.empty_like(x), np.empty_like(P), np.empty_like(C)
    for j in range(n):
        xs[j], Ps[j] = moments(mu[:, j], x, P)
        Cs[j] = mu[:, j] @ C
    return c, xs, Ps, Cs


def moments(weights, x, P):
    mean = weights @ x
    spread = sum(
        w * (Pi + np.outer(xi - mean, xi - mean)) for w, xi, Pi in zip(weights, x, P, strict=True)
    )
    return mean, spread


def fuse(x, P, C, a, b, z, R, gh, ph):
    """Augment the state with the height error, update, and refuse to learn the height.

    The considered update is the optimal gain's upper rows with the height's gain set to zero,
    applied in Joseph form to the whole covariance.
    """
    big = np.zeros((5, 5))
    big[:4, :4], big[:4, 4], big[4, :4], big[4, 4] = P, C, C, ph
    H = np.zeros((2, 5))
    H[:, :2], H[:, 2:4], H[:, 4] = a * np.eye(2), b * np.eye(2), -gh
    S = H @ big @ H.T + R
    K = big @ H.T @ np.linalg.inv(S)
    K[4] = 0.0
    y = z - H @ np.append(x, 0.0)
    left = np.eye(5) - K @ H
    big = left @ big @ left.T + K @ R @ K.T
    d2 = y @ np.linalg.solve(S, y)
    return x + K[:4] @ y, big[:4, :4], big[:4, 4], d2, np.linalg.slogdet(S)[1]


def predict_height(z, P, dt, q):
    phi = np.array([[1.0, dt], [0.0, 1.0]])
    noise = q * np.array([[dt**3 / 3, dt**2 / 2], [dt**2 / 2, dt]])
    return phi @ z, phi @ P @ phi.T + noise


def fuse_height(z, P, value, var, a, b):
    H = np.array([[a, b]])
    S = (H @ P @ H.T)[0, 0] + var
    K = (P @ H.T)[:, 0] / S
    left = np.eye(2) - np.outer(K, H)
    return z + K * (value - (H @ z)[0]), left @ P @ left.T + var * np.outer(K, K)


def learn_height(x, P, C, ph, y, var):
    """A measurement of the fifth state, the height error, in matrix form."""
    big = np.zeros((5, 5))
    big[:4, :4], big[:4, 4], big[4, :4], big[4, 4] = P, C, C, ph
    H = np.zeros((1, 5))
    H[0, 4] = 1.0
    S = ph + var
    K = (big @ H.T)[:, 0] / S
    big = big - np.outer(K, H @ big)
    return x + K[:4] * y, big[:4, :4], big[:4, 4], big[4, 4]


def ecef(lat, lon, hae):
    e2 = F * (2 - F)
    n = A / np.sqrt(1 - e2 * np.sin(lat) ** 2)
    return np.array(
        [
            (n + hae) * np.cos(lat) * np.cos(lon),
            (n + hae) * np.cos(lat) * np.sin(lon),
            (n * (1 - e2) + hae) * np.sin(lat),
        ]
    )


def axes(lat, lon):
    """East, north, up by differences of nearby places."""
    step = 1e-6
    east = ecef(lat, lon + step, 0.0) - ecef(lat, lon - step, 0.0)
    north = ecef(lat + step, lon, 0.0) - ecef(lat - step, lon, 0.0)
    east, north = east / np.linalg.norm(east), north / np.linalg.norm(north)
    return np.array([east, north, np.cross(east, north)])


def radar_polar(lat, lon, hae, radar_lat, radar_lon, radar_hae):
    """Slant range and azimuth of a place seen from a radar [m, rad]."""
    d = axes(radar_lat, radar_lon) @ (ecef(lat, lon, hae) - ecef(radar_lat, radar_lon, radar_hae))
    return float(np.linalg.norm(d)), float(np.arctan2(d[0], d[1]))
