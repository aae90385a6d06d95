"""Fusion under unknown correlation, and the loops of the alias table.

Letters: x state (east, north [m], their rates [m/s]) and P its covariance; z and R the foreign
estimate and its covariance; omega the weight of our own information in covariance intersection,

    P_new^-1 = omega P^-1 + (1 - omega) H' R^-1 H

(Julier, Uhlmann, A non-divergent estimation algorithm in the presence of unknown correlations,
American Control Conference 1997), with H the identity or, where only a place is told, its first
two rows.
"""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from airshield._kernels import lean_kernel

F8 = NDArray[np.float64]
Record = Any
Records = Any

SWEEPS = 12  # of Jacobi's rotations; a 4 x 4 matrix takes four or five
ROUNDS = 60  # of the search for omega; Newton takes about six

FORGET_S = 60.0
PROBES_MAX = 32
FITS_BIND, MISFITS_UNBIND = 3, 3


# --- Covariance intersection ----------------------------------------------------------------------


@lean_kernel
def factor(A: F8, L: F8) -> None:
    """Cholesky factor of a 4 x 4 matrix: A = L L', L lower; what is above L's diagonal is zero."""
    for i in range(4):
        for j in range(4):
            L[i, j] = 0.0
    for j in range(4):
        rest = A[j, j]
        for k in range(j):
            rest -= L[j, k] * L[j, k]
        L[j, j] = math.sqrt(rest)
        for i in range(j + 1, 4):
            rest = A[i, j]
            for k in range(j):
                rest -= L[i, k] * L[j, k]
            L[i, j] = rest / L[j, j]


@lean_kernel
def solve_lower(L: F8, B: F8) -> None:
    """Put L^-1 B in B's place, for a lower 4 x 4 factor."""
    for c in range(4):
        for i in range(4):
            rest = B[i, c]
            for k in range(i):
                rest -= L[i, k] * B[k, c]
            B[i, c] = rest / L[i, i]


@lean_kernel
def solve_upper(L: F8, B: F8) -> None:
    """Put L'^-1 B in B's place."""
    for c in range(4):
        for i in range(3, -1, -1):
            rest = B[i, c]
            for k in range(i + 1, 4):
                rest -= L[k, i] * B[k, c]
            B[i, c] = rest / L[i, i]


@lean_kernel
def diagonalise(A: F8) -> None:
    """Turn a symmetric 4 x 4 matrix until its diagonal holds its eigenvalues (Jacobi, cyclic)."""
    for _ in range(SWEEPS):
        off, on = 0.0, 0.0
        for i in range(4):
            on += A[i, i] * A[i, i]
            for j in range(i):
                off += A[i, j] * A[i, j]
        if off <= 1e-30 * on:
            break
        for p in range(3):
            for q in range(p + 1, 4):
                if A[p, q] == 0.0:
                    continue
                theta = (A[q, q] - A[p, p]) / (2.0 * A[p, q])
                t = 1.0 / (abs(theta) + math.sqrt(1.0 + theta * theta))
                if theta < 0.0:
                    t = -t
                cos = 1.0 / math.sqrt(1.0 + t * t)
                sin = t * cos
                for k in range(4):
                    a, b = A[k, p], A[k, q]
                    A[k, p], A[k, q] = cos * a - sin * b, sin * a + cos * b
                for k in range(4):
                    a, b = A[p, k], A[q, k]
                    A[p, k], A[q, k] = cos * a - sin * b, sin * a + cos * b


@lean_kernel
def weight_of(mu0: float, mu1: float, mu2: float, mu3: float) -> float:
    """The omega that makes the fused covariance's determinant least.

    ``mu`` are the eigenvalues of P H' R^-1 H: how many times our variance is the foreign one along
    four directions, zero where the foreign estimate says nothing. Up to a constant the
    determinant's logarithm is -sum log(omega + (1 - omega) mu), which is convex: Newton's steps
    towards its slope's only zero, halved where they leave the bracket.
    """
    # Slope at one: below zero, then nothing is won by listening.
    if mu0 + mu1 + mu2 + mu3 <= 4.0:
        return 1.0
    if min(mu0, mu1, mu2, mu3) > 0.0 and 1 / mu0 + 1 / mu1 + 1 / mu2 + 1 / mu3 <= 4.0:
        return 0.0
    low, high, omega = 0.0, 1.0, 0.5
    for _ in range(ROUNDS):
        slope, bend = 0.0, 0.0
        for i in range(4):
            mu = mu0 if i == 0 else (mu1 if i == 1 else (mu2 if i == 2 else mu3))
            part = (1.0 - mu) / (omega + (1.0 - omega) * mu)
            slope -= part
            bend += part * part
        if slope > 0.0:
            high = omega
        else:
            low = omega
        after = omega - slope / bend
        if not (low < after < high):
            after = 0.5 * (low + high)
        if abs(after - omega) < 1e-12:
            break
        omega = after
    return omega


@lean_kernel
def ci_weight(P: F8, R: F8, work: F8) -> float:
    """Choose omega for a foreign estimate of the whole state.

    Parameters
    ----------
    P, R : ndarray, shape (4, 4)
        Covariances, ours and theirs, positive definite.
    work : ndarray, shape (2, 4, 4)
        Room to work in.

    Returns
    -------
    float
        From 0 (take theirs) to 1 (keep ours).
    """
    L, M = work[0], work[1]
    factor(R, L)
    # M = L^-1 P L'^-1, whose eigenvalues are those of P R^-1.
    for i in range(4):
        for j in range(4):
            M[i, j] = P[i, j]
    solve_lower(L, M)
    for i in range(4):
        for j in range(i):
            M[i, j], M[j, i] = M[j, i], M[i, j]
    solve_lower(L, M)
    for i in range(4):
        for j in range(i):
            M[j, i] = M[i, j]
    diagonalise(M)
    return weight_of(M[0, 0], M[1, 1], M[2, 2], M[3, 3])


@lean_kernel
def fuse_ci(x: F8, P: F8, z: F8, R: F8, omega: float, work: F8) -> None:
    """Fuse a foreign estimate of the whole state into ``x`` and ``P``, in place.

    Parameters
    ----------
    x, z : ndarray, shape (4,)
        East, north [m] and their rates [m/s], ours and theirs, in one frame and of one time.
    P, R : ndarray, shape (4, 4)
    omega : float
        ``ci_weight``'s, or any other from 0 to 1: consistent all the same.
    work : ndarray, shape (2, 4, 4)
        Room to work in. Afterwards ``work[0]`` is the gain K of the step ``x += K (z - x)``, for
        whoever carries a covariance with something else along: it becomes ``C - K C``.
    """
    A, L = work[0], work[1]
    if omega >= 1.0:
        A[:, :] = 0.0
        return
    if omega <= 0.0:
        for i in range(4):
            x[i] = z[i]
            for j in range(4):
                P[i, j] = R[i, j]
                A[i, j] = 1.0 if i == j else 0.0
        return
    # A Kalman update between both, each with its covariance over its weight. With
    # S = P / omega + R / (1 - omega): K = P / omega S^-1, and P_new = K R / (1 - omega), in
    # which nothing is subtracted.
    for i in range(4):
        for j in range(4):
            A[i, j] = P[i, j] / omega + R[i, j] / (1.0 - omega)
    factor(A, L)
    for i in range(4):
        for j in range(4):
            A[i, j] = P[i, j] / omega
    solve_lower(L, A)
    solve_upper(L, A)
    for i in range(4):  # S^-1 P / omega, turned into K
        for j in range(i):
            A[i, j], A[j, i] = A[j, i], A[i, j]
    for i in range(4):
        L[0, i] = z[i] - x[i]
    for i in range(4):
        for k in range(4):
            x[i] += A[i, k] * L[0, k]
    for i in range(4):
        for j in range(i, 4):
            both = 0.0
            for k in range(4):
                both += A[i, k] * R[k, j] + A[j, k] * R[k, i]
            P[i, j] = 0.5 * both / (1.0 - omega)
            P[j, i] = P[i, j]


@lean_kernel
def ci_weight_place(P: F8, R: F8) -> float:
    """Choose omega for a foreign place without velocity: from a half to 1.

    ``P`` is ours, shape (4, 4); ``R`` theirs, shape (2, 2).
    """
    det = R[0, 0] * R[1, 1] - R[0, 1] * R[1, 0]
    # Trace and determinant of the places' P R^-1 give its two eigenvalues.
    half = 0.5 * (P[0, 0] * R[1, 1] + P[1, 1] * R[0, 0] - 2.0 * P[0, 1] * R[0, 1]) / det
    whole = (P[0, 0] * P[1, 1] - P[0, 1] * P[1, 0]) / det
    apart = math.sqrt(max(half * half - whole, 0.0))
    return weight_of(half + apart, whole / (half + apart), 0.0, 0.0)


@lean_kernel
def fuse_ci_place(x: F8, P: F8, z: F8, R: F8, omega: float, work: F8) -> None:
    """Fuse a foreign place without velocity into ``x`` and ``P``, in place.

    As ``fuse_ci``, with ``z`` of shape (2,), ``R`` of shape (2, 2) and omega above zero.
    Afterwards ``work[0, :, :2]`` is the gain; the considered covariance becomes ``C - K C[:2]``.
    """
    K, U = work[0], work[1]
    if omega >= 1.0:
        K[:, :] = 0.0
        return
    s00 = P[0, 0] / omega + R[0, 0] / (1.0 - omega)
    s01 = P[0, 1] / omega + R[0, 1] / (1.0 - omega)
    s11 = P[1, 1] / omega + R[1, 1] / (1.0 - omega)
    det = s00 * s11 - s01 * s01
    y0, y1 = z[0] - x[0], z[1] - x[1]
    for i in range(4):
        U[i, 0], U[i, 1] = P[i, 0] / omega, P[i, 1] / omega
        K[i, 0] = (U[i, 0] * s11 - U[i, 1] * s01) / det
        K[i, 1] = (U[i, 1] * s00 - U[i, 0] * s01) / det
    for i in range(4):
        x[i] += K[i, 0] * y0 + K[i, 1] * y1
        for j in range(i, 4):
            P[i, j] = P[i, j] / omega - K[i, 0] * U[j, 0] - K[i, 1] * U[j, 1]
            P[j, i] = P[i, j]


@lean_kernel
def misfit(x: F8, P: F8, z: F8, R: F8, work: F8) -> float:
    """Squared normalised distance of two estimates, at most chi-square of four freedoms.

    Whatever the correlation, the covariance of their difference is no greater than twice the sum
    of theirs; so the distance is a cautious one and a gate on it loses nothing.
    """
    A, L = work[0], work[1]
    for i in range(4):
        for j in range(4):
            A[i, j] = 2.0 * (P[i, j] + R[i, j])
    factor(A, L)
    d2 = 0.0
    for i in range(4):
        rest = z[i] - x[i]
        for k in range(i):
            rest -= L[i, k] * A[0, k]
        A[0, i] = rest / L[i, i]
        d2 += A[0, i] * A[0, i]
    return d2


@lean_kernel
def misfit_place(x: F8, P: F8, z: F8, R: F8) -> float:
    """As ``misfit``, of places alone: two freedoms; ``R`` is 2 x 2."""
    s00 = 2.0 * (P[0, 0] + R[0, 0])
    s01 = 2.0 * (P[0, 1] + R[0, 1])
    s11 = 2.0 * (P[1, 1] + R[1, 1])
    y0, y1 = z[0] - x[0], z[1] - x[1]
    return float((s11 * y0 * y0 - 2.0 * s01 * y0 * y1 + s00 * y1 * y1) / (s00 * s11 - s01 * s01))


# --- Aliases --------------------------------------------------------------------------------------


@lean_kernel
def release_alias(alias: Record) -> None:
    """Bind a number to nothing: its track has ended, or the number has moved on."""
    alias.slot = -1
    alias.track = 0
    alias.misfits = 0
    alias.next_track = 0
    alias.fits = 0


@lean_kernel
def find_alias(aliases: Records, source: int, number: int, t: float) -> int:
    """Place of a source's track number in the table, made if need be; -1 when there is no room.

    Open addressing with at most ``PROBES_MAX`` steps. An entry that nobody used for ``FORGET_S``
    is as good as empty, but keeps its place, so that what was put behind it is still found.
    """
    mask = int(aliases.size) - 1
    # Masked, so that the product stays within the machine's 64 bits and is the same interpreted.
    home = (((source * 7919 + number) & 0x7FFFFFFF) * 2654435761 >> 7) & mask
    room = -1
    for step in range(min(PROBES_MAX, aliases.size)):
        i = (home + step) & mask
        alias = aliases[i]
        old = alias.used == 0 or t - alias.t > FORGET_S
        if alias.used != 0 and alias.source == source and alias.number == number:
            if old:
                room = i
                break
            alias.t = max(alias.t, t)
            return i
        if old and room < 0:
            room = i
        if alias.used == 0:
            break
    if room >= 0:
        alias = aliases[room]
        alias.used = 1
        alias.source = source
        alias.number = number
        alias.t = t
        release_alias(alias)
    return room


@lean_kernel
def bind_alias(alias: Record, slot: int, track: int) -> None:
    """Bind a number to one of our tracks at once: one that it has begun, or by address."""
    release_alias(alias)
    alias.slot = slot
    alias.track = track


@lean_kernel
def judge_alias(alias: Record, slot: int, track: int, by_address: bool) -> bool:
    """Take one report's word for which track its number is; True: fuse it with that track.

    ``slot`` and ``track`` are the place and the number of the track that the report fits, 0 for
    none; ``by_address``: the two have an address in common. Else ``FITS_BIND`` reports in a row
    must fit one track to bind the number to it, and ``MISFITS_UNBIND`` in a row must not fit it to
    let go. While it is bound, a report that fits another track is fused with nothing.
    """
    if by_address and track != 0:
        if alias.track != track:
            bind_alias(alias, slot, track)
        alias.misfits = 0
        return True
    if alias.track != 0:
        if track == alias.track:
            alias.misfits = 0
            return True
        alias.misfits += 1
        if alias.misfits < MISFITS_UNBIND:
            return False
        release_alias(alias)
    if track == 0 or track != alias.next_track:
        alias.next_track = track
        alias.fits = 0
    if track == 0:
        return False
    alias.fits += 1
    if alias.fits < FITS_BIND:
        return False
    bind_alias(alias, slot, track)
    return True
