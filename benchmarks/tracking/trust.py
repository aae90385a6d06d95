"""Does the tracker find spoofed ADS-B, and does it leave honest aircraft alone?

    python benchmarks/tracking/trust.py SCENE TRACKS.parquet [--json]

The scene is one of ``sky.py --ghosts N``. A ghost is in cover when some radar could see an aircraft
at the place that its message claims; one that claims a transponder must answer secondary radar. It
is judged when it stays in cover for 30 s on end, and its delay runs from the first such message to
the publication of the first confirmed or coasting row that bears its address and says
``contradicted``; one that is never flagged enters with the time that it spent in that cover.

After that row the track must stay in the picture: at every second not more than 5 s after a message
of the ghost somebody must see a row of it (``shown_after_flag``), and it should still be accused
(``contradicted_after_flag``). Honest are the targets of which ADS-B was heard; one row that says
``contradicted``, of whatever status, makes one accused. Every address belongs to one aircraft or
one ghost.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray
from score import (
    OLDEST_S,
    SECOND_NS,
    SHOWN,
    SceneError,
    address_column,
    float_column,
    in_cover,
    ns_column,
    published_ns,
    shown_by_second,
)

from airshield.config import load_shield
from airshield.geo import ecef_from_geodetic

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

WITHIN_S: Final = 30.0
"""What the tracker has to flag a ghost from when it is in cover."""

SPELL_GAP_S: Final = 5.0
"""Messages further apart than this do not say that the ghost was in cover in between."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdicts:
    """What happened to every ghost and every honest aircraft of a scene.

    Attributes
    ----------
    is_judged : ndarray of bool, shape (ghosts,)
        It was in cover for long enough.
    is_flagged : ndarray of bool, shape (ghosts,)
    delay_s : ndarray, shape (ghosts,)
        From in cover to flagged; the time in cover if never; NaN if not judged.
    seconds_after, shown_after, contradicted_after : int
        Seconds after the flags at which the ghosts were heard; those of them at which their track
        was shown; those at which it was shown as contradicted.
    is_accused, is_verified : ndarray of bool, shape (honest,)
        Of each target of which ADS-B was heard: ever contradicted, ever verified.
    others_accused : int
        Tracks that were contradicted and never bore the address of a ghost or of an honest target.
    """

    is_judged: Bools
    is_flagged: Bools
    delay_s: Floats
    seconds_after: int
    shown_after: int
    contradicted_after: int
    is_accused: Bools
    is_verified: Bools
    others_accused: int


def spell_begin_s(t_s: Floats, covered: Bools) -> tuple[float, float]:
    """Begin and end of the first stretch of WITHIN_S in cover, in messages' times; NaN for none.

    Parameters
    ----------
    t_s : ndarray, shape (n,)
        Times of messages, ascending.
    covered : ndarray of bool, shape (n,)
        Whether a radar could see an aircraft at the place of each.
    """
    begin = last = math.nan
    for t, inside in zip(t_s.tolist(), covered.tolist(), strict=True):
        if not inside or t - last > SPELL_GAP_S:
            if last - begin >= WITHIN_S:
                break
            begin = last = math.nan
        if inside:
            begin = t if math.isnan(begin) else begin
            last = t
    return (begin, last) if last - begin >= WITHIN_S else (math.nan, math.nan)


def judge(scene: Path, tracks: Path) -> Verdicts:
    """Judge a track file on a scene with ghosts.

    Raises
    ------
    SceneError
        A row names a frame that no report has, or an address belongs to two.
    """
    about = json.loads((scene / "about.json").read_text())
    reports = pq.read_table(scene / "reports.parquet", columns=REPORT_COLUMNS)
    truth = pq.read_table(scene / "truth.parquet", columns=["t", "mode_s"])
    times = ns_column(truth["t"])
    begin_ns, seconds = int(times.min()), int(np.ptp(times) // SECOND_NS) + 1
    ghosts = np.array(about["ghosts"]["mode_s"], np.int64)
    adsb = reports.filter(pc.equal(reports["kind"].cast(pa.string()), "adsb"))
    honest = np.intersect1d(np.unique(address_column(truth)), address_column(adsb))
    honest = honest[honest >= 0]
    if np.intersect1d(honest, ghosts).size or np.unique(ghosts).size < ghosts.size:
        raise SceneError(f"{scene}: a ghost has another one's address; give each its own")

    rows = pq.read_table(tracks, columns=["t", "track", "status", "frame", "mode_s", "adsb_check"])
    heard_ns = published_ns(rows["frame"], reports, tracks) - begin_ns
    t_ns = ns_column(rows["t"]) - begin_ns
    number = rows["track"].to_numpy().astype(np.int64)
    address = address_column(rows)
    check = rows["adsb_check"].cast(pa.string())
    accused = pc.equal(check, "contradicted").to_numpy()
    is_shown = pc.is_in(rows["status"].cast(pa.string()), pa.array(SHOWN)).to_numpy()
    shown, begins = shown_by_second(number, heard_ns, t_ns, is_shown, seconds)
    second_of = np.repeat(np.arange(seconds), np.diff(begins))

    claims = adsb.filter(pa.array(np.isin(address_column(adsb), ghosts)))
    said_s = (ns_column(claims["t"]) - begin_ns) / SECOND_NS
    said_by = address_column(claims)
    covered = _covered(scene, claims)
    judged = np.zeros(ghosts.size, bool)
    flagged = np.zeros(ghosts.size, bool)
    delay_s = np.full(ghosts.size, np.nan)
    after = np.zeros(3, np.int64)
    for i, ghost in enumerate(ghosts.tolist()):
        mine = np.flatnonzero(said_by == ghost)
        mine = mine[np.argsort(said_s[mine], kind="stable")]
        begin_s, end_s = spell_begin_s(said_s[mine], covered[mine])
        at_s = heard_ns[is_shown & accused & (address == ghost)] / SECOND_NS
        flagged[i] = at_s.size > 0
        judged[i] = not math.isnan(begin_s)
        if judged[i]:
            delay_s[i] = max(at_s.min() - begin_s, 0.0) if flagged[i] else end_s - begin_s
        if flagged[i]:
            last_said = np.searchsorted(said_s[mine], np.arange(seconds), side="right") - 1
            heard_of = np.arange(seconds) - said_s[mine][np.maximum(last_said, 0)] <= OLDEST_S
            heard_of &= (last_said >= 0) & (np.arange(seconds) >= at_s.min())
            own = address[shown] == ghost
            seen, told = np.zeros((2, seconds), bool)
            seen[second_of[own]] = True
            told[second_of[own & accused[shown]]] = True
            after += [heard_of.sum(), (heard_of & seen).sum(), (heard_of & told).sum()]
    known = np.union1d(ghosts, honest)
    bearers = np.unique(number[np.isin(address, known)])
    return Verdicts(
        is_judged=judged,
        is_flagged=flagged,
        delay_s=delay_s,
        seconds_after=int(after[0]),
        shown_after=int(after[1]),
        contradicted_after=int(after[2]),
        is_accused=np.isin(honest, address[accused]),
        is_verified=np.isin(honest, address[pc.equal(check, "verified").to_numpy()]),
        others_accused=int(np.setdiff1d(number[accused], bearers).size),
    )


REPORT_COLUMNS: Final = [
    "t", "t_heard", "kind", "mode_s", "frame", "lat_deg", "lon_deg", "alt_hae_m",
]  # fmt: skip


def _covered(scene: Path, claims: pa.Table) -> Bools:
    """Tell at which messages a radar could see an aircraft that answers at the place claimed."""
    lat, lon, hae = (float_column(claims, name) for name in ("lat_deg", "lon_deg", "alt_hae_m"))
    placed = np.flatnonzero(np.isfinite(lat) & np.isfinite(lon) & np.isfinite(hae))
    out = np.zeros(lat.size, bool)
    lat, lon, hae = lat[placed], lon[placed], hae[placed]
    ecef_m = ecef_from_geodetic(lat, lon, hae)
    # Each message for itself: the scorer's table of targets by seconds with one column.
    rows = np.arange(placed.size, dtype=np.int32)[:, None]
    out[placed] = in_cover(
        load_shield(scene), lat, lon, hae, ecef_m, np.ones(placed.size, bool), rows
    )
    return out


def figures(found: Verdicts) -> dict[str, float | None]:
    """Return what :func:`judge` found as figures; None where nobody was there to judge."""
    judged = found.is_judged
    in_time = found.is_flagged & (found.delay_s <= WITHIN_S)
    delay_s = found.delay_s[judged]

    def share(part: int, of: int) -> float | None:
        return part / of if of else None

    return {
        "ghosts": float(judged.size),
        "ghosts_judged": float(judged.sum()),
        "flagged_in_time": share(int((in_time & judged).sum()), int(judged.sum())),
        "flag_delay_p95_s": float(np.quantile(delay_s, 0.95)) if delay_s.size else None,
        "flag_delay_max_s": float(delay_s.max()) if delay_s.size else None,
        "shown_after_flag": share(found.shown_after, found.seconds_after),
        "contradicted_after_flag": share(found.contradicted_after, found.seconds_after),
        "honest": float(found.is_accused.size),
        "honest_accused": share(int(found.is_accused.sum()), found.is_accused.size),
        "honest_verified": share(int(found.is_verified.sum()), found.is_verified.size),
        "others_accused": float(found.others_accused),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("scene", type=Path, help="folder that sky.py wrote, with --ghosts")
    parser.add_argument("tracks", type=Path, help="Parquet with TRACK rows")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    asked = parser.parse_args()
    try:
        found: dict[str, Any] = figures(judge(asked.scene, asked.tracks))
    except SceneError as error:
        sys.exit(f"trust.py: {error}")
    if asked.json:
        print(json.dumps(found))
        return
    for name, value in found.items():
        print(f"{name:28} {'-' if value is None else format(value, '.4g')}")


if __name__ == "__main__":
    main()
