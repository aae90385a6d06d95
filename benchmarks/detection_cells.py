"""How fast cells of a map are judged, and inbound tracks walked.

The peer of the cells is the same formulas in NumPy, one thread each. ``python
benchmarks/detection_cells.py``
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

import numpy as np

from airshield.plan.coverage import reasons
from airshield.plan.coverage.detection import (
    TARGETS,
    RadarFigures,
    earth_radius_m,
    make_table,
    see_patch,
)
from airshield.plan.coverage.warning import (
    Inbound,
    Lookout,
    WarnedSite,
    WarningRule,
    plan_warning,
)

EARTH = earth_radius_m(4.0 / 3.0)
RADAR = RadarFigures(
    name="bench",
    antenna_msl_m=220.0,
    turn_s=6.0,
    rng_ref_m=200e3,
    rcs_ref_m2=2.0,
    pd_ref=0.8,
    rng_min_m=500.0,
    rng_max_m=250e3,
    elv_max_deg=40.0,
    freq_hz=3e9,
    alt_max_msl_m=25e3,
)
TABLE = make_table(RADAR, TARGETS["fighter_size"])


def cpu_s(work: Callable[[], object], rounds: int = 5) -> float:
    work()
    spent = []
    for _ in range(rounds):
        before = time.process_time()
        work()
        spent.append(time.process_time() - before)
    return statistics.median(spent)


def numpy_codes(lowest: np.ndarray, ground: np.ndarray, step_m: float, hgt_m: float) -> np.ndarray:
    """What ``see_patch`` gives for a layer above ground, with probability from the nearest row."""
    n = lowest.shape[0] // 2
    offset = step_m * (np.arange(2 * n + 1, dtype=np.float32) - n)
    d2 = offset[None, :] ** 2 + offset[::-1, None] ** 2
    alt = ground + np.float32(hgt_m)
    rise = alt - np.float32(RADAR.antenna_msl_m)
    flat = d2 * np.float32((1.0 + RADAR.antenna_msl_m / EARTH) / EARTH) * (np.float32(EARTH) + alt)
    rng = np.sqrt(rise * rise + flat)
    row = np.clip(alt / TABLE.alt_step_m, 0, TABLE.pd.shape[0] - 1).astype(np.int32)
    col = np.clip(rng / TABLE.rng_step_m, 0, TABLE.pd.shape[1] - 1).astype(np.int32)
    pd = TABLE.pd[row, col]
    lift = rise * np.float32(2.0 * EARTH) - rng * rng
    code = np.where(pd < 0.5, reasons.POWER, reasons.SEEN).astype(np.uint8)
    code[alt < lowest] = reasons.TERRAIN
    code[lift > 2.0 * EARTH * np.sin(np.radians(RADAR.elv_max_deg)) * rng] = reasons.CONE
    code[rng < RADAR.rng_min_m] = reasons.LEAST_RANGE
    code[(rng > RADAR.rng_max_m) | (alt > RADAR.alt_max_msl_m)] = reasons.INSTRUMENTED
    return code


def main() -> None:
    rng = np.random.default_rng(0)
    n = 2222  # 200 km at 90 m
    ground = (rng.random((2 * n + 1, 2 * n + 1)) * 500.0).astype(np.float32)
    lowest = (ground + rng.random(ground.shape) * 2000.0).astype(np.float32)
    layers = {
        "above sea, codes": {"alt_msl_m": 1000.0},
        "above ground, codes": {"hgt_agl_m": 300.0, "ground_msl_m": ground},
        "above ground, codes and Pd": {
            "hgt_agl_m": 300.0, "ground_msl_m": ground, "with_pd": True,
        },
    }  # fmt: skip
    mcells = lowest.size / 1e6
    print("| 200 km at 90 m, one thread | CPU-seconds | Mcells/s |")
    print("| --- | --- | --- |")
    for name, layer in layers.items():
        spent = cpu_s(
            lambda layer=layer: see_patch(
                RADAR,
                TABLE,
                lowest_msl_m=lowest,
                step_m=90.0,
                surface_msl_m=100.0,
                pd_least=0.5,
                **layer,
            )
        )
        print(f"| {name} | {spent:.3f} | {mcells / spent:.0f} |")
    spent = cpu_s(lambda: numpy_codes(lowest, ground, 90.0, 300.0), rounds=3)
    print(f"| above ground, codes, NumPy | {spent:.3f} | {mcells / spent:.0f} |")

    small = slice(0, 2223)
    lookouts = [
        Lookout(
            figures=RADAR,
            lat_deg=47.0 + rng.random() * 5.0,
            lon_deg=24.0 + rng.random() * 14.0,
            lowest_msl_m=np.ascontiguousarray(lowest[small, small]),
            ground_msl_m=np.ascontiguousarray(ground[small, small]),
            step_m=180.0,
            surface_msl_m=100.0,
        )
        for _ in range(20)
    ]
    sites = [
        WarnedSite(name=f"{k}", lat_deg=47.0 + rng.random() * 5.0, lon_deg=24.0 + rng.random() * 14)
        for k in range(5)
    ]
    inbounds = [
        Inbound(
            target=TARGETS["cruise_missile_like"], spd_mps=220.0, hgt_m=60.0, above_ground=True
        ),
        Inbound(target=TARGETS["large_drone"], spd_mps=50.0, hgt_m=300.0, above_ground=True),
        Inbound(target=TARGETS["airliner"], spd_mps=230.0, hgt_m=10e3, above_ground=False),
    ]
    rule = WarningRule(hits=3, looks=5, window_s=6.0, confidence=0.9, delay_s=60.0)
    spent = cpu_s(lambda: plan_warning(sites, lookouts, inbounds, rule=rule), rounds=3)
    tracks = 72 * len(sites) * len(inbounds)
    print(f"\n{tracks} tracks past 20 radars: {1e3 * spent / tracks:.2f} CPU-ms each")


if __name__ == "__main__":
    main()
