"""Loops that draw."""

import math

import numpy as np

from airshield._kernels import lean_kernel
from airshield.plan.patrol.state import EXPONENTIAL, FIXED

# Streams of random numbers: 16 for each of an owner's numbered draws. A lognormal takes two.
OF_REPAIR, OF_TURN, OF_LOSS, OF_DOWN, OF_UP, OF_START, OF_ON, OF_OFF = 0, 2, 4, 5, 6, 7, 8, 9
OF_CALL = 10

GOLDEN = np.uint64(0x9E3779B97F4A7C15)
MIX_1 = np.uint64(0xBF58476D1CE4E5B9)
MIX_2 = np.uint64(0x94D049BB133111EB)
S30, S27, S31, S12 = np.uint64(30), np.uint64(27), np.uint64(31), np.uint64(12)


@lean_kernel
def mixed(z: np.uint64) -> np.uint64:
    """Bits well stirred: the finaliser of splitmix64 (Steele, Lea, Flood, OOPSLA 2014)."""
    z = (z ^ (z >> S30)) * MIX_1
    z = (z ^ (z >> S27)) * MIX_2
    return z ^ (z >> S31)


@lean_kernel
def uniform(key: np.uint64, stream: int, n: int) -> float:
    """Number ``16 n + stream`` of the splitmix64 sequence that starts at a key, in (0, 1)."""
    z = mixed(key + np.uint64(16 * n + stream + 1) * GOLDEN)
    # 52 bits and a half: exact, and neither 0 nor 1.
    return (float(z >> S12) + 0.5) * (1.0 / 4503599627370496.0)


@lean_kernel
def exponential_s(mean_s: float, key: np.uint64, stream: int, n: int) -> float:
    """Time until something that happens at any moment as likely as at any other."""
    return -mean_s * math.log(uniform(key, stream, n))


@lean_kernel
def factor(spread: int, sigma: float, key: np.uint64, stream: int, n: int) -> float:
    """Random factor of mean one."""
    if spread == FIXED:
        return 1.0
    if spread == EXPONENTIAL:
        return exponential_s(1.0, key, stream, n)
    radius = math.sqrt(-2.0 * math.log(uniform(key, stream, n)))
    normal = radius * math.cos(2.0 * math.pi * uniform(key, stream + 1, n))
    return math.exp(sigma * normal - 0.5 * sigma * sigma)
