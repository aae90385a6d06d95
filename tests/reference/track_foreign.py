"""Slow twins of fusion with foreign tracks: inverses, a general minimiser and a dictionary."""

import numpy as np
from scipy.optimize import minimize_scalar


def information(P, R, omega):
    """Fused information matrix; R of a place alone speaks of the first rows only."""
    H = np.eye(len(R), len(P))
    return omega * np.linalg.inv(P) + (1.0 - omega) * H.T @ np.linalg.inv(R) @ H


def weight(P, R):
    def log_det(omega):
        return -np.linalg.slogdet(information(P, R, omega))[1]

    low = 0.0 if len(R) == len(P) else 1e-9
    inside = minimize_scalar(log_det, bounds=(low, 1.0), method="bounded", options={"xatol": 1e-12})
    return min((low, 1.0, float(inside.x)), key=log_det), log_det


def fuse(x, P, z, R, omega):
    H = np.eye(len(R), len(P))
    fused = np.linalg.inv(information(P, R, omega))
    both = omega * np.linalg.solve(P, x) + (1.0 - omega) * H.T @ np.linalg.solve(R, z)
    return fused @ both, fused


def misfit(x, P, z, R):
    n = len(z)
    apart = z - x[:n]
    return apart @ np.linalg.inv(2.0 * (P[:n, :n] + R)) @ apart


class Aliases:
    """The table as a dictionary that forgets when it is asked."""

    def __init__(self, forget_s):
        self.forget_s, self.known = forget_s, {}

    def hear(self, key, track, by_address, t):
        """Return whether to fuse, and what the number is bound to afterwards."""
        last, bound, history = self.known.get(key, (t, 0, []))
        if t - last > self.forget_s:
            bound, history = 0, []
        last = max(last, t)
        fuse = False
        if by_address and track:
            bound, history, fuse = track, [], True
        elif bound:
            history = [] if track == bound else [*history, track]
            fuse = track == bound
            if len(history) == 3:
                # The report that lets go is the first that speaks for another.
                bound, history = 0, [track]
        else:
            history = [*history, track][-3:]
            if len(history) == 3 and len(set(history)) == 1 and track:
                bound, history, fuse = track, [], True
        self.known[key] = (last, bound, history)
        return fuse, bound
