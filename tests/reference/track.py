"""Slow twins of the tracker's mathematics: matrices and brute force, no shared code."""

import numpy as np

A = 6378137.0
F = 1 / 298.257223563


def white_acceleration(dt, q):
    """Process noise of white acceleration on east and north, none on the rate of turn."""
    block = q * np.array([[dt**3 / 3, dt**2 / 2], [dt**2 / 2, dt]])
    noise = np.zeros((5, 5))
    noise[:4, :4] = np.kron(block, np.eye(2))
    return noise


def predict_straight(x, P, C, dt, q, var_turn):
    """Constant velocity; the rate of turn is nought and unknown, whatever it was."""
    keep = np.diag([1.0, 1.0, 1.0, 1.0, 0.0])
    phi = np.eye(5)
    phi[0, 2] = phi[1, 3] = dt
    phi = phi @ keep
    P = phi @ P @ phi.T + white_acceleration(dt, q)
    P[4, 4] = var_turn
    return phi @ x, P, phi @ C


def turned(x, dt):
    """Where a state goes in a coordinated turn: velocity is a complex number that rotates.

    The way is the integral of the velocity, by quadrature: no division by a rate of nought.
    """
    nodes, weights = np.polynomial.legendre.leggauss(40)
    v = x[2] + 1j * x[3]
    s = 0.5 * dt * (nodes + 1.0)
    way = 0.5 * dt * np.sum(weights * v * np.exp(1j * x[4] * s))
    v = v * np.exp(1j * x[4] * dt)
    return np.array([x[0] + way.real, x[1] + way.imag, v.real, v.imag, x[4]])


def turned_jacobian(x, dt):
    """The derivative of :func:`turned` by central differences."""
    steps = np.array([1.0, 1.0, 1.0, 1.0, 1e-5])
    columns = [
        (turned(x + h * e, dt) - turned(x - h * e, dt)) / (2.0 * h)
        for h, e in zip(steps, np.eye(5), strict=True)
    ]
    return np.array(columns).T


def bar_shalom_jacobian(x, dt):
    """Bar-Shalom, Li, Kirubarajan 2001, equations 11.7.1-4 and 11.7.2-4 to 7, axes in our order."""
    w = x[4]
    s, c = np.sin(w * dt), np.cos(w * dt)
    F = np.array(
        [
            [1, 0, s / w, -(1 - c) / w, 0],
            [0, 1, (1 - c) / w, s / w, 0],
            [0, 0, c, -s, 0],
            [0, 0, s, c, 0],
            [0, 0, 0, 0, 1],
        ]
    )
    ve, vn = x[2], x[3]
    F[0, 4] = c * dt * ve / w - s * ve / w**2 - s * dt * vn / w - (c - 1) * vn / w**2
    F[1, 4] = s * dt * ve / w - (1 - c) * ve / w**2 + c * dt * vn / w - s * vn / w**2
    F[2, 4] = -s * dt * ve - c * dt * vn
    F[3, 4] = c * dt * ve - s * dt * vn
    return F


def predict_turning(x, P, C, dt, q, q_turn, jacobian):
    F = jacobian(x, dt)
    noise = white_acceleration(dt, q)
    noise[4, 4] = q_turn * dt
    return turned(x, dt), F @ P @ F.T + noise, F @ C


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


def with_height(P, C, ph):
    """The covariance of the state and, sixth, the error of the height."""
    return np.block([[P, C[:, None]], [C[None, :], np.array([[ph]])]])


def fuse(x, P, C, a, b, z, R, gh, ph, trust=1.0):
    """Augment the state with the height error, update, and refuse to learn the height.

    The considered update is the optimal gain's upper rows with the height's gain set to zero,
    applied in Joseph form to the whole covariance. A plot that may be clutter is the textbook's
    mixture: with ``trust`` the updated estimate, else the old one, and then the moments of both.
    Returns the state, its covariance, that with the height, distance, log-determinant.
    """
    big = with_height(P, C, ph)
    H = plot_matrix(a, b, gh)
    S = H @ big @ H.T + R
    K = big @ H.T @ np.linalg.inv(S)
    K[5] = 0.0
    y = z - H @ np.append(x, 0.0)
    left = np.eye(6) - K @ H
    sure = left @ big @ left.T + K @ R @ K.T
    old = np.append(x, 0.0)
    both = np.array([old + K @ y, old])
    mean, big = moments(np.array([trust, 1.0 - trust]), both, np.array([sure, big]))
    d2 = y @ np.linalg.solve(S, y)
    return mean[:5], big[:5, :5], big[:5, 5], d2, np.linalg.slogdet(S)[1]


def plot_matrix(a, b, gh):
    """Measurement matrix on east, north, their rates, the rate of turn and the height's error."""
    H = np.zeros((2, 6))
    H[:, :2], H[:, 2:4], H[:, 5] = a * np.eye(2), b * np.eye(2), -gh
    return H


def height_told(x, P, C, a, b, z, R, gh, ph, trust=1.0):
    """What the full Kalman filter of six states makes of the height: its step, its variance."""
    big = with_height(P, C, ph)
    H = plot_matrix(a, b, gh)
    S = H @ big @ H.T + R
    K = big @ H.T @ np.linalg.inv(S)
    step = (K @ (z - H @ np.append(x, 0.0)))[5]
    sure = (big - K @ S @ K.T)[5, 5]
    mean = trust * step
    return mean, trust * (sure + (step - mean) ** 2) + (1.0 - trust) * (ph + mean**2)


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
    """A measurement of the sixth state, the height error, in matrix form."""
    big = with_height(P, C, ph)
    H = np.zeros((1, 6))
    H[0, 5] = 1.0
    S = ph + var
    K = (big @ H.T)[:, 0] / S
    big = big - np.outer(K, H @ big)
    return x + K[:5] * y, big[:5, :5], big[:5, 5], big[5, 5], K[5] * y


def least_seen_m(rng_m, eye_m, earth_m):
    """Least height above the sea that a radar sees at a distance over a smooth Earth: bisection."""
    low, high = 0.0, 1e5
    for _ in range(100):
        middle = 0.5 * (low + high)
        seen = np.sqrt(2.0 * earth_m * eye_m) + np.sqrt(2.0 * earth_m * middle) >= rng_m
        low, high = (low, middle) if seen else (middle, high)
    return high


def imm_step(w, x, P, dt, *, stay, predict, z, R):
    """One turn of the textbook's IMM: interaction, prediction, update, weights."""
    H = np.hstack([np.eye(2), np.zeros((2, 3))])
    nothing = np.zeros((len(w), 5))
    c, xs, Ps, _ = mix(w, x, P, nothing, stay)
    like = np.empty(len(w))
    for m in range(len(w)):
        xs[m], Ps[m], _ = predict[m](xs[m], Ps[m], nothing[m])
        S = H @ Ps[m] @ H.T + R
        K = Ps[m] @ H.T @ np.linalg.inv(S)
        y = z - H @ xs[m]
        like[m] = np.exp(-0.5 * y @ np.linalg.solve(S, y)) / np.sqrt(np.linalg.det(2 * np.pi * S))
        xs[m], Ps[m] = xs[m] + K @ y, (np.eye(5) - K @ H) @ Ps[m]
    density = c @ like
    return c * like / density, xs, Ps, density


class ClutterMap:
    """Every false plot of a radar kept for ever; what it says is summed up when asked."""

    def __init__(self, rings, sectors, cell_m, reach_m):
        self.rings, self.sectors, self.cell_m, self.reach_m = rings, sectors, cell_m, reach_m
        self.seen = []

    def cell_of(self, rng_m, azm_rad):
        ring = min(int(np.floor(rng_m / self.cell_m)), self.rings - 1)
        sector = int(np.floor(np.degrees(azm_rad) % 360.0 / (360.0 / self.sectors)))
        return ring, sector % self.sectors

    def note(self, ring, sector, turn, count):
        self.seen.append((ring, sector, turn, count))

    def density_per_m2(self, ring, sector, turn, own, *, kept, ring_turns, cell_turns, guess):
        """Gamma posteriors: first the ring's mean with a guess before it, then the cell's."""
        fade = {True: 0.0, False: 0.0}
        for r, s, when, count in self.seen:
            left = count * np.exp(-(turn - when) / kept)
            if r == ring:
                fade[False] += left
                if s == sector:
                    fade[True] += left
        turns = np.linspace(0.0, turn, 10_001)
        watched = np.trapezoid(np.exp(-turns / kept), turns)
        prior = guess * min(self.cell_m / self.reach_m, 1.0)
        in_ring = (max(fade[False] - own, 0.0) + ring_turns * prior) / (watched + ring_turns)
        in_cell = (max(fade[True] - own, 0.0) + cell_turns * in_ring / self.sectors) / (
            watched + cell_turns
        )
        inner, outer = ring * self.cell_m, (ring + 1) * self.cell_m
        return in_cell / (np.pi * (outer**2 - inner**2) / self.sectors)


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
