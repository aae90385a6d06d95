"""Lowest visible altitude beside gdal_viewshed, on the same terrain: how right and how fast.

    python benchmarks/cover/bench.py [--sites 8] [--cells 1000] [--rounds 7] [--json | --markdown]

The terrain is the SRTM tile N49E019 (western Carpathians), resampled to 60 m and 20 m cells in UTM.
Truth is neither of the two: it is an exact line to each of some random cells over bilinear ground,
eight samples per cell and one at each crossing (tests/reference/sight.py). gdal_viewshed runs in
its mode DEM with -cc 0.75, which is k = 4/3; our k and antenna are the same.

Times are processor seconds, one thread each, from a file to an array in memory, in turns, medians.
The peer's are those of its process less those of the same command on 51 x 51 posts; ours are those
of such a process too, less the same, once Python and the compiled loops are there (look.py). Two
threads
are compared with one by the clock on the wall, the least of the rounds each: on a machine where
others work even that says little.

Where gdal_viewshed (Debian: gdal-bin) is not on the PATH its rows say so.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from rasterio.warp import Resampling, calculate_default_transform, reproject

from airshield.plan.coverage import sight

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
sys.path.insert(0, str(ROOT / "tests"))
from reference import sight as exact  # noqa: E402

TILE = ROOT.parent / "shared" / "data" / "terrain" / "srtm3" / "N49E019.hgt"
UTM = "EPSG:32634"
MAST_M = 20.0
DANGER_M = 50.0
SMALL = 51
SIZE = (300, 5000)
PEER = ROOT / ".peers" / "viewshed" / "bin" / "python"
Grid = Any


@dataclass(frozen=True, kw_only=True)
class Row:
    what: str
    ours: float | None
    peer: float | None
    measure: float | None  # what must and aim are about: a ratio, or ours
    must: float
    aim: float
    unit: str
    is_floor: bool = False

    @property
    def verdict(self) -> str:
        if math.isnan(self.must):
            return "–"
        if self.measure is None:
            return "not measured"
        sign = -1.0 if self.is_floor else 1.0
        if sign * self.measure <= sign * self.aim:
            return "aim"
        return "must" if sign * self.measure <= sign * self.must else "FAILS"


def terrain(step_m: float, folder: Path) -> Path:
    """Resample the tile; drop the rim that the projection leaves empty, fill the few voids."""
    with rasterio.open(TILE) as source:
        transform, width, height = calculate_default_transform(
            source.crs, UTM, source.width, source.height, *source.bounds, resolution=step_m
        )
        ground = np.full((height, width), np.nan, np.float32)
        reproject(
            rasterio.band(source, 1),
            ground,
            src_nodata=-32768,
            dst_nodata=np.nan,
            dst_transform=transform,
            dst_crs=UTM,
            resampling=Resampling.bilinear,
        )
    rows, columns = slice(0, height), slice(0, width)
    while True:
        part = np.isnan(ground[rows, columns])
        edges = [part[0].mean(), part[-1].mean(), part[:, 0].mean(), part[:, -1].mean()]
        worst = int(np.argmax(edges))
        if edges[worst] < 0.002:
            break
        if worst < 2:
            rows = slice(rows.start + (worst == 0), rows.stop - (worst == 1))
        else:
            columns = slice(columns.start + (worst == 2), columns.stop - (worst == 3))
    ground = ground[rows, columns].copy()
    while (void := np.isnan(ground)).any():
        around = [np.roll(ground, by, (0, 1)) for by in ((0, 1), (1, 0), (0, -1), (-1, 0))]
        known = [~np.isnan(grid) for grid in around]
        count = np.sum(known, 0)
        total = np.sum([np.where(k, g, 0.0) for k, g in zip(known, around, strict=True)], 0)
        fill = void & (count > 0)
        ground[fill] = total[fill] / count[fill]
    origin = transform * (columns.start, rows.start)
    return write(folder / f"{step_m:.0f}m.tif", ground, step_m, origin)


def write(
    path: Path, ground: Grid, step_m: float, origin: tuple[float, float] = (500_000.0, 5_500_000.0)
) -> Path:
    with rasterio.open(
        path,
        "w",
        driver="GTiff",
        width=ground.shape[1],
        height=ground.shape[0],
        count=1,
        dtype="float32",
        crs=UTM,
        transform=rasterio.Affine(step_m, 0.0, origin[0], 0.0, -step_m, origin[1]),
    ) as raster:
        raster.write(ground, 1)
    return path


def gdal_command(file: Path, row: int, col: int, to: Path | None) -> list[str]:
    with rasterio.open(file) as raster:
        x, y = raster.transform * (col + 0.5, row + 0.5)
    where = [str(to)] if to else ["unused"]
    return [
        *["gdal_viewshed", "-om", "DEM", "-cc", "0.75", "-oz", str(MAST_M)],
        *["-ox", repr(x), "-oy", repr(y), "-of", "GTiff" if to else "MEM", str(file), *where],
    ]


def gdal_low(file: Path, row: int, col: int, folder: Path) -> Grid:
    to = folder / "gdal.tif"
    subprocess.run(gdal_command(file, row, col, to), check=True, stdout=subprocess.DEVNULL)
    with rasterio.open(to) as raster:
        low = raster.read(1)
    to.unlink()
    return low


def cpu_s(command: list[str]) -> float:
    """Processor seconds of a command, user and system."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"{command[0]} ended with {process.returncode}")
    return usage.ru_utime + usage.ru_stime


def errors_of(
    file: Path, sites: int, cells: int, folder: Path, has_gdal: bool
) -> dict[str, list[Any]]:
    """Off by how much, at random cells of each site: ours and the peer's."""
    with rasterio.open(file) as raster:
        ground, step_m = raster.read(1), raster.transform.a
    rng = np.random.default_rng(7)
    places = [np.unravel_index(ground.argmax(), ground.shape)]
    places += [tuple(rng.integers(0, ground.shape)) for _ in range(sites - 1)]
    found: dict[str, list[Any]] = {"ours": [], "peer": []}
    for row, col in places:
        antenna_m = float(ground[row, col]) + MAST_M
        some = np.column_stack([rng.integers(0, n, cells) for n in ground.shape])
        truth = exact.lowest_visible_m(
            ground, some, steps_m=(step_m, step_m), site=(row, col), antenna_msl_m=antenna_m
        )
        low = sight.lowest_visible_m(
            ground, step_m=step_m, row=row, col=col, antenna_msl_m=antenna_m
        )
        found["ours"].append(low[some[:, 0], some[:, 1]] - truth)
        if has_gdal:
            peer = gdal_low(file, int(row), int(col), folder)
            found["peer"].append(peer[some[:, 0], some[:, 1]] - truth)
    return found


def accuracy(step_m: float, file: Path, args: argparse.Namespace, has_gdal: bool) -> list[Row]:
    found = errors_of(file, args.sites, args.cells, file.parent, has_gdal)
    rmse = {who: [float(np.sqrt(np.mean(e**2))) for e in es] for who, es in found.items()}
    ours = statistics.median(rmse["ours"])
    peer = statistics.median(rmse["peer"]) if has_gdal else None
    danger = {who: 100 * float(np.mean(np.concatenate(es) < -DANGER_M)) if es else None
              for who, es in found.items()}  # fmt: skip
    return [
        Row(
            what=f"RMSE in relief, {step_m:.0f} m cells, median of {args.sites} sites",
            ours=ours,
            peer=peer,
            measure=ours / peer if peer else None,
            must=1 / 8,
            aim=1 / 20,
            unit="m",
        ),
        Row(
            what=f"cells more than 50 m too low, {step_m:.0f} m cells",
            ours=danger["ours"],
            peer=danger["peer"],
            measure=danger["ours"],
            must=0.1,
            aim=0.0,
            unit="%",
        ),
    ]


def closed_form(name: str) -> tuple[Grid, Grid, Any]:
    """Ground of squares around the site, step and what is visible over it, for all bearings."""
    n, step_m, antenna_m = 200, 100.0, 30.0
    rows, columns = np.mgrid[-n : n + 1, -n : n + 1]
    ring = np.maximum(abs(rows), abs(columns))
    rng_m = np.hypot(rows, columns) * step_m
    ground = np.zeros(ring.shape, np.float32)
    edges: list[tuple[int, float]] = []
    if name == "plateau":
        ground[ring > 60] = -200.0
        edges = [(60, 0.0)]
    elif name == "knife":
        ground[ring == 40] = 150.0
        edges = [(40, 150.0)]
    elif name == "two walls":
        ground[ring == 40] = 150.0
        ground[ring == 90] = 400.0
        edges = [(40, 150.0), (90, 400.0)]
    elif name == "step":
        ground[ring >= 50] = 120.0
        edges = [(50, 120.0)]
    truth = ground.astype(float)
    if name == "flat":
        truth = sight.bare_earth_m(rng_m, antenna_msl_m=antenna_m)
    earth_m = exact.EARTH_MEAN_M * 4 / 3
    for at, top_m in edges:
        beyond = ring > at
        far = rng_m[beyond] / earth_m
        theta = far * at / ring[beyond]
        elv = np.arctan2(
            (earth_m + top_m) * np.cos(theta) - earth_m - antenna_m,
            (earth_m + top_m) * np.sin(theta),
        )
        line_m = (earth_m + antenna_m) * np.cos(elv) / np.cos(elv + far) - earth_m
        truth[beyond] = np.maximum(truth[beyond], line_m)
    return ground, truth, (n, step_m, antenna_m)


def closed_forms(folder: Path, has_gdal: bool) -> list[Row]:
    rows = []
    for name in ("flat", "plateau", "knife", "two walls", "step"):
        ground, truth, (n, step_m, antenna_m) = closed_form(name)
        low = sight.lowest_visible_m(ground, step_m=step_m, row=n, col=n, antenna_msl_m=antenna_m)
        peer = None
        if has_gdal:
            # Its mast stands on the ground, ours as high above the sea: the same here.
            file = write(folder / "form.tif", ground, step_m)
            command = gdal_command(file, n, n, folder / "gdal.tif")
            command[command.index("-oz") + 1] = str(antenna_m)
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
            with rasterio.open(folder / "gdal.tif") as raster:
                peer = float(np.sqrt(np.mean((raster.read(1) - truth) ** 2)))
        ours = float(np.sqrt(np.mean((low - truth) ** 2)))
        rows.append(
            Row(
                what=f"closed form: {name}, RMSE",
                ours=ours,
                peer=peer,
                measure=ours,
                must=0.1,
                aim=0.01,
                unit="m",
            )
        )
    return rows


def end_to_end(step_m: float, file: Path, args: argparse.Namespace, has_gdal: bool) -> Row:
    with rasterio.open(file) as raster:
        ground = raster.read(1)
    row, col = ground.shape[0] // 2, ground.shape[1] // 2
    small = write(file.parent / "small.tif", ground[:SMALL, :SMALL], step_m)

    look = [sys.executable, str(HERE / "look.py"), str(small), str(file)]
    look += [str(row), str(col), str(MAST_M)]
    times: dict[str, list[float]] = {"ours": [], "peer": []}
    # Large pages cost from 0.02 to 0.22 s here, by what the machine had at hand; small ones 0.03.
    env = os.environ | {"NUMPY_MADVISE_HUGEPAGE": "0"}
    for round_ in range(args.rounds + 1):
        told = subprocess.run(look, check=True, capture_output=True, text=True, env=env)
        taken = {"ours": float(told.stdout)}
        if has_gdal:
            start_s = cpu_s(gdal_command(small, SMALL // 2, SMALL // 2, None))
            taken["peer"] = cpu_s(gdal_command(file, row, col, None)) - start_s
        if round_:  # the first one warms the file's pages and the compiled loops
            for who, spent_s in taken.items():
                times[who].append(spent_s)
    ours_s = statistics.median(times["ours"])
    peer_s = statistics.median(times["peer"]) if has_gdal else None
    return Row(
        what=f"end to end, {ground.size / 1e6:.1f} million cells of {step_m:.0f} m, processor time",
        ours=ours_s,
        peer=peer_s,
        measure=ours_s / peer_s if peer_s else None,
        must=1 / 2,
        aim=1 / 4,
        unit="s",
    )


def one_radar(args: argparse.Namespace) -> list[Row]:
    n, step_m = 3334, 30.0
    y, x = np.mgrid[-n : n + 1, -n : n + 1].astype(np.float32)
    ground = 300.0 + 150.0 * np.sin(x / 40.0) * np.cos(y / 55.0) + 50.0 * np.sin(x * y / 9e4)
    ground = ground.astype(np.float32)

    def look(threads: int) -> None:
        sight.lowest_visible_m(
            ground,
            step_m=step_m,
            row=n,
            col=n,
            antenna_msl_m=550.0,
            radius_m=100_000.0,
            threads=threads,
        )

    def taken(work: Callable[[], None], clock: Callable[[], float]) -> float:
        before = clock()
        work()
        return clock() - before

    look(1)
    cpu, one, two = [], [], []
    for _ in range(2 * args.rounds):
        cpu.append(taken(lambda: look(1), time.process_time))
        one.append(taken(lambda: look(1), time.perf_counter))
        two.append(taken(lambda: look(2), time.perf_counter))
    cpu_median = statistics.median(cpu)
    gain = min(one) / min(two)
    return [
        Row(
            what=f"one radar, 100 km at 30 m ({math.pi * 100**2 / 0.03**2 / 1e6:.0f} million "
            "cells), one core",
            ours=cpu_median,
            peer=None,
            measure=cpu_median,
            must=0.8,
            aim=0.3,
            unit="s",
        ),
        Row(
            what="two threads against one, the same radar, on the wall",
            ours=gain,
            peer=None,
            measure=gain,
            must=1.8,
            aim=1.95,
            unit="times",
            is_floor=True,
        ),
    ]


def by_json(command: list[str], env: dict[str, str] | None = None) -> Any:
    told = subprocess.run(command, check=True, capture_output=True, text=True, env=env)
    return json.loads(told.stdout)


def many_radars(args: argparse.Namespace, folder: Path) -> list[Row]:
    """Twenty radars onto one map: the whole survey, two threads."""
    command = [sys.executable, str(HERE / "survey20.py"), str(folder / "hills.tif"), "2"]
    runs = [by_json(command) for _ in range(args.jobs)]
    best = min(runs, key=lambda run: run["wall_s"])
    print(f"20 radars: {runs}", file=sys.stderr, flush=True)
    what = f"20 radars × 200 km at 90 m onto {best['cells'] / 1e6:.0f} million cells, five layers"
    return [
        Row(
            what=f"{what}, counts, n-1, gaps; two cores",
            ours=best["wall_s"],
            peer=None,
            measure=best["wall_s"],
            must=10.0,
            aim=4.0,
            unit="s",
        ),
        Row(
            what="the same, processor time",
            ours=best["cpu_s"],
            peer=None,
            measure=None,
            must=math.nan,
            aim=math.nan,
            unit="s",
        ),
        Row(
            what="the same, most memory",
            ours=best["peak_mib"] / 1024.0,
            peer=None,
            measure=best["peak_mib"] / 1024.0,
            must=4.0,
            aim=2.0,
            unit="GiB",
        ),
    ]


def ukraine(args: argparse.Namespace, folder: Path) -> list[Row]:
    """The whole example as a user runs it; with compiled loops, and without."""
    command = [sys.executable, "-m", "airshield", "cover", str(ROOT / "examples" / "ukraine")]
    command += ["--json", "--no-cache"]

    def wall_s(env: dict[str, str]) -> float:
        before_s = time.perf_counter()
        done = subprocess.run(command, stdout=subprocess.DEVNULL, env=env, check=False)
        if done.returncode not in (0, 1):  # 1: a requirement of the shield does not hold
            raise RuntimeError(f"airshield cover ended with {done.returncode}")
        return time.perf_counter() - before_s

    env = os.environ | {"AIRSHIELD_CACHE_DIR": str(folder / "loops")}
    cold_s = wall_s(env)
    warm_s = min(wall_s(env) for _ in range(args.jobs))
    what = "airshield cover examples/ukraine, nothing kept, world terrain"
    return [
        Row(what=f"{what}, loops compiled before", ours=warm_s, peer=None, measure=warm_s,
            must=20.0, aim=5.0, unit="s"),
        Row(what="the same, loops compiled too", ours=cold_s, peer=None, measure=None,
            must=math.nan, aim=math.nan, unit="s"),
    ]  # fmt: skip


def placing(args: argparse.Namespace) -> Row:
    """Siting, proven: the worst of the problems of benchmarks/siting.py."""
    script = ROOT / "benchmarks" / "siting.py"
    rows = by_json([sys.executable, str(script), "--json", "--seeds", str(args.seeds)])
    mine = [
        row for row in rows if row["solver"] == "airshield" and (row["sites"], row["cells"]) == SIZE
    ]
    worst_s = max(row["cpu_s"] if row["is_proven"] else math.inf for row in mine)
    alone = [row for row in rows if row["solver"] == "HiGHS alone" and row["cells"] == SIZE[1]]
    return Row(
        what=f"siting {SIZE[0]} × {SIZE[1]:,}, proven, the worst of {len(mine)}; peer: HiGHS alone",
        ours=worst_s,
        peer=max(row["cpu_s"] for row in alone),
        measure=worst_s,
        must=5.0,
        aim=2.0,
        unit="s",
    )


def others(folder: Path) -> list[Row]:
    """Other tools on one site, nanoseconds of processor time a cell; no target."""
    if not PEER.exists() and shutil.which("grass") is None:
        print("neither xarray-spatial (make peers) nor GRASS (grass-core)", file=sys.stderr)
        return []
    python = str(PEER) if PEER.exists() else sys.executable
    told = by_json([python, str(HERE / "peers.py"), str(folder / "60m.tif")])
    file = folder / "60m.tif"
    with rasterio.open(file) as raster:
        ground, step_m = raster.read(1), raster.transform.a
    row, col = (n // 2 for n in ground.shape)
    spent = []
    for _ in range(5):
        before_s = time.process_time()
        sight.lowest_visible_m(
            ground, step_m=step_m, row=row, col=col, antenna_msl_m=float(ground[row, col]) + MAST_M
        )
        spent.append(time.process_time() - before_s)
    ours_ns = 1e9 * min(spent) / ground.size
    return [
        Row(what=f"one site at 60 m, arrays only; peer: {name}", ours=ours_ns, peer=peer_ns,
            measure=None, must=math.nan, aim=math.nan, unit="ns/cell")
        for name, peer_ns in told.items()
    ]  # fmt: skip


def shown(value: float | None) -> str:
    return "–" if value is None or math.isnan(value) else f"{value:.3g}"


def table(rows: list[Row]) -> str:
    lines = [
        "| | unit | airshield | gdal_viewshed, or as named | ours / peer | must | aim | reached |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for row in rows:
        ratio = row.ours / row.peer if row.ours is not None and row.peer else None
        lines.append(
            f"| {row.what} | {row.unit} | {shown(row.ours)} | {shown(row.peer)} | {shown(ratio)} | "
            f"{shown(row.must)} | {shown(row.aim)} | {row.verdict} |"
        )
    return "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--sites", type=int, default=8)
    parser.add_argument("--cells", type=int, default=1000, help="random cells per site")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--jobs", type=int, default=2, help="runs of whole jobs, the best counts")
    parser.add_argument("--seeds", type=int, default=2, help="siting problems of each size")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--markdown", action="store_true", help="only the table")
    args = parser.parse_args()
    if not TILE.exists():
        print(f"the terrain is not beside this checkout ({TILE})", file=sys.stderr)
        return 2
    has_gdal = shutil.which("gdal_viewshed") is not None
    if not has_gdal:
        print("gdal_viewshed is not on the PATH (Debian: gdal-bin): no peer", file=sys.stderr)
    rows: list[Row] = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for step_m in (60.0, 20.0):
            file = terrain(step_m, folder)
            rows += accuracy(step_m, file, args, has_gdal)
            rows.append(end_to_end(step_m, file, args, has_gdal))
        rows += closed_forms(folder, has_gdal)
        rows += one_radar(args)
        rows += many_radars(args, folder)
        rows += ukraine(args, folder)
        rows.append(placing(args))
        rows += others(folder)
    if args.json:
        print(json.dumps([asdict(row) | {"verdict": row.verdict} for row in rows], indent=1))
        return 0
    print(table(rows))
    if not args.markdown:
        version = "not found"
        if has_gdal:
            told = subprocess.run(["gdal_viewshed", "--version"], capture_output=True, check=False)
            version = told.stdout.decode().splitlines()[0]
        print(f"\npeer: {version}; loads {os.getloadavg()}")
    return int(any(row.verdict == "FAILS" for row in rows))


if __name__ == "__main__":
    sys.exit(main())
