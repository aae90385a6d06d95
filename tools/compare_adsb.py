"""Compare the Mode S decoder with pyModeS and rs1090, field by field, and write the table.

    python tools/compare_adsb.py [--data FOLDER] [--to docs/adsb_comparison.md]

The other decoders run in an environment of their own (``make peers``). Compared are the recordings
in FOLDER (``../shared/data/adsb`` beside the checkout) and frames made of random bits with a right
parity, which reach every branch. Where both tell a field the values are equal or differ; a position
is equal within 10 m.
"""

from __future__ import annotations

import argparse
import gzip
import json
import math
import subprocess
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from airshield.read import adsb
from airshield.read.adsb import encode
from airshield.read.frames import Ledger
from airshield.read.reader import Options, frames_of

ROOT = Path(__file__).parents[1]
PEERS = ROOT / ".peers" / "adsb" / "bin" / "python"
SCRIPT = ROOT / "tests" / "reference" / "adsb_peers.py"
NAMES = ("pyModeS 3.6.1", "rs1090 0.7.0")


def _same(value: Any) -> Any:
    return value


def _octal(value: Any) -> int:
    return int(value, 8)


def _hex(value: Any) -> int:
    return int(value, 16)


class Rule(NamedTuple):
    """How one column compares with a field of another decoder."""

    column: str
    key: str
    convert: Callable[[Any], Any] = _same
    tolerance: float = 0.0
    among: Callable[[dict[str, Any]], bool] = lambda theirs: True


def _is_squitter(theirs: dict[str, Any]) -> bool:
    """What Comm-B replies carry is in another table."""
    return str(theirs.get("df")) in ("17", "18")


def _sign(value: Any) -> str:
    """Signs without a letter are '#' there; only letters, digits and spaces are compared."""
    return str(value).rstrip(" _")


PYMODES = (
    Rule("df", "df"),
    Rule("icao", "icao", _hex),
    Rule("type_code", "typecode"),
    Rule("subtype", "subtype"),
    Rule("altitude_ft", "altitude", among=lambda t: t.get("typecode") not in (20, 21, 22)),
    Rule("gnss_height_ft", "altitude", among=lambda t: t.get("typecode") in (20, 21, 22)),
    Rule("mode_3a", "squawk", _octal),
    Rule("callsign", "callsign", _sign, among=_is_squitter),
    Rule("surveillance_status", "surveillance_status"),
    Rule("nic_supplement_b", "nic_b"),
    Rule("nic_supplement_a", "nic_supplement_a"),
    Rule("is_cpr_odd", "cpr_format", bool),
    Rule("cpr_lat", "cpr_lat"),
    Rule("cpr_lon", "cpr_lon"),
    Rule("nucp", "nuc_p"),
    Rule("ground_speed_kt", "groundspeed", tolerance=1.0, among=lambda t: t.get("df") == 17),
    Rule("track_deg", "track", tolerance=1e-6),
    Rule("heading_deg", "heading", tolerance=1e-6, among=lambda t: t.get("df") == 17),
    Rule("airspeed_kt", "airspeed"),
    Rule("is_airspeed_true", "airspeed_type", lambda v: v == "TAS"),
    Rule("vertical_rate_ft_min", "vertical_rate"),
    Rule("is_rate_baro", "vr_source", lambda v: v == "BARO"),
    Rule("gnss_minus_baro_ft", "geo_minus_baro"),
    Rule("nacv", "nac_v"),
    Rule("adsb_version", "version"),
    Rule("nacp", "nac_p"),
    Rule("sil", "sil"),
    Rule("nic_baro", "nic_baro"),
    Rule("sil_supplement", "sil_supplement"),
    Rule("is_heading_magnetic", "hrd", bool),
    Rule("selected_altitude_ft", "selected_altitude"),
    Rule("is_selected_by_fms", "selected_altitude_source", lambda v: v == "FMS"),
    Rule("selected_pressure_hpa", "baro_pressure_setting", tolerance=0.06, among=_is_squitter),
    Rule("selected_heading_deg", "selected_heading", tolerance=1e-3),
    Rule("is_autopilot", "autopilot", bool),
    Rule("is_vnav", "vnav_mode", bool),
    Rule("is_altitude_hold", "altitude_hold_mode", bool),
    Rule("is_approach", "approach_mode", bool),
    Rule("is_lnav", "lnav_mode", bool),
    Rule("is_tcas_operational", "tcas_operational", bool),
    Rule("flight_status", "flight_status"),
    Rule("downlink_request", "downlink_request"),
    Rule("utility_message", "utility_message"),
    Rule("sensitivity", "sensitivity_level"),
    Rule("reply_information", "reply_information"),
    Rule("is_cross_link", "cross_link_capability", bool),
    Rule("capability", "capability", among=lambda t: t.get("df") == 11),
)

RS1090 = (
    Rule("df", "df", int),
    Rule("icao", "icao24", _hex),
    Rule("type_code", "tc"),
    Rule("altitude_ft", "altitude", among=lambda t: t.get("source") != "GNSS"),
    Rule("gnss_height_ft", "altitude", among=lambda t: t.get("source") == "GNSS"),
    Rule("mode_3a", "squawk", _octal),
    Rule("callsign", "callsign", _sign, among=_is_squitter),
    Rule("nic_supplement_b", "NICb"),
    Rule("nic_supplement_a", "NICs"),
    Rule("is_cpr_odd", "parity", lambda v: v == "odd"),
    Rule("is_time_synchronised", "time_sync", bool),
    Rule("cpr_lat", "lat_cpr"),
    Rule("cpr_lon", "lon_cpr"),
    Rule("nucp", "NUCp"),
    Rule("ground_speed_kt", "groundspeed", tolerance=0.01),
    Rule("track_deg", "track", tolerance=1e-6),
    Rule("heading_deg", "heading", tolerance=1e-6),
    Rule("airspeed_kt", "TAS"),
    Rule("vertical_rate_ft_min", "vertical_rate"),
    Rule("is_rate_baro", "vrate_src", lambda v: v == "barometric"),
    Rule("gnss_minus_baro_ft", "geo_minus_baro"),
    Rule("nacv", "NACv"),
    Rule("adsb_version", "version"),
    Rule("nacp", "NACp"),
    Rule("sil", "SIL"),
    Rule("nic_baro", "nic_baro", int),
    Rule("is_heading_magnetic", "HRD", bool),
    Rule("selected_altitude_ft", "selected_altitude"),
    Rule("selected_pressure_hpa", "barometric_setting", tolerance=0.06),
    Rule("selected_heading_deg", "selected_heading", tolerance=1e-3),
    Rule("is_autopilot", "autopilot", bool),
    Rule("is_vnav", "vnav_mode", bool),
    Rule("is_altitude_hold", "alt_hold", bool),
    Rule("is_approach", "approach_mode", bool),
    Rule("is_lnav", "lnav_mode", bool),
    Rule("is_tcas_operational", "tcas_operational", bool),
)


@dataclass(slots=True)
class Tally:
    """What one field of one decoder came to."""

    equal: int = 0
    only_here: int = 0
    only_there: int = 0
    different: list[tuple[str, Any, Any]] = field(default_factory=list)


def peers(times: Iterable[float], frames: Iterable[str]) -> list[list[Any]]:
    """Ask the other decoders."""
    asked = "".join(f"{t!r} {frame}\n" for t, frame in zip(times, frames, strict=True))
    done = subprocess.run(
        [str(PEERS), str(SCRIPT)], input=asked, capture_output=True, text=True, check=True
    )
    return [json.loads(line) for line in done.stdout.splitlines()]


def decode(octets: bytes, container: adsb.Container, options: Options | None = None) -> pa.Table:
    """Decode a whole recording here."""
    split = container.splitter()(
        np.frombuffer(octets, np.uint8), base=0, last=True, ledger=Ledger("file:compare")
    )
    frames = frames_of(split, source="file:compare", first_frame=0)
    return adsb.MessageReader(container, options).feed(frames).tables["mode_s"]


def random_table(per_type: int, seed: int) -> pa.Table:
    """Make frames of random bits with a right parity: every type code, every reply."""
    rng = np.random.default_rng(seed)
    # Replies are believed only of addresses that announced themselves: few addresses, then.
    icao = rng.integers(1, 1 << 24, 8)
    parts = [encode.all_calls(icao)]
    for code in range(32):
        me = rng.integers(0, 1 << 51, per_type) | code << 51
        parts.append(encode.squitters(rng.choice(icao, per_type), me))
    for df in (0, 4, 5, 16, 20, 21):
        bits = rng.integers(0, 8192, per_type)
        mb = rng.integers(0, 1 << 56, per_type)
        status = int(rng.integers(0, 6))
        of = rng.choice(icao, per_type)
        parts.append(encode.replies(of, bits, df=df, mb=mb, flight_status=status))
    octets = np.concatenate([parts[0], rng.permutation(np.concatenate(parts[1:]))])
    t_ns = 1_700_000_000_000_000_000 + np.arange(octets.shape[0]) * 1_000_000
    return encode.message_table(octets, t_ns)


def apart_m(lat: float, lon: float, lat_2: float, lon_2: float) -> float:
    """Distance of near places."""
    east = (lon - lon_2 + 180.0) % 360.0 - 180.0
    return 111_195.0 * math.hypot(lat - lat_2, east * math.cos(math.radians(lat)))


def compare(
    ours: list[dict[str, Any]], theirs: list[dict[str, Any] | None], rules: tuple[Rule, ...]
) -> dict[str, Tally]:
    """Compare field by field; ``position`` is latitude and longitude, within 10 m."""
    out = {rule.column: Tally() for rule in rules} | {"position": Tally()}
    for mine, other in zip(ours, theirs, strict=True):
        if other is None:
            continue
        for rule in rules:
            if not rule.among(other):
                continue
            raw = other.get(rule.key)
            value = None if raw is None else rule.convert(raw)
            _count(out[rule.column], mine["hex"], mine[rule.column], value, rule.tolerance)
        tally = out["position"]
        lat, lon = other.get("latitude"), other.get("longitude")
        if mine["lat_deg"] is None or lat is None:
            tally.only_here += mine["lat_deg"] is not None
            tally.only_there += lat is not None
        else:
            away = apart_m(mine["lat_deg"], mine["lon_deg"], lat, lon)
            here = (mine["lat_deg"], mine["lon_deg"])
            if away <= 10.0:
                tally.equal += 1
            else:
                tally.different.append((mine["hex"], here, (lat, lon)))
    return out


def _count(tally: Tally, text: str, mine: Any, other: Any, tolerance: float) -> None:
    if mine is None and other is None:
        return
    if other is None:
        tally.only_here += 1
    elif mine is None:
        tally.only_there += 1
    elif mine == other or (tolerance and abs(mine - other) <= tolerance):
        tally.equal += 1
    else:
        tally.different.append((text, mine, other))


def run(table: pa.Table) -> list[dict[str, Tally]]:
    """Compare decoded messages with both other decoders."""
    wanted = {rule.column for rule in (*PYMODES, *RS1090)} | {"lat_deg", "lon_deg"}
    ours = table.select(sorted(wanted)).to_pylist()
    t_s = (table["t"].cast(pa.int64()).to_numpy() * 1e-9).tolist()
    for record, message in zip(ours, table["message"].to_pylist(), strict=True):
        record["hex"] = message.hex()
    answers = peers(t_s, [record["hex"] for record in ours])
    return [
        compare(ours, [answer[at] for answer in answers], rules)
        for at, rules in enumerate((PYMODES, RS1090))
    ]


def recordings(data: Path) -> dict[str, pa.Table]:
    """Decode the recordings, and random frames."""
    made = random_table(400, 7)
    octets = gzip.decompress((data / "lfbo_jet1090_71939.jsonl.gz").read_bytes())
    beast = (data / "dump1090_beast_short.bin").read_bytes()
    return {
        "lfbo_jet1090_71939.jsonl.gz": decode(octets, adsb.JET1090),
        "dump1090_beast_short.bin": decode(
            beast, adsb.BEAST, Options(date=_A_DAY, receiver_lat_deg=None)
        ),
        "random bits": decode(adsb.write_messages(made, adsb.MODES_CSV), adsb.MODES_CSV),
    }


_A_DAY = np.datetime64("2024-01-01").astype(object)


def page(found: dict[str, list[dict[str, Tally]]], rows: dict[str, int]) -> str:
    """Write the comparison as Markdown."""
    lines = [
        "# Mode S beside other decoders",
        "",
        "Made by `python tools/compare_adsb.py`; `docs/adsb.md` explains the differences. Of two",
        "that tell a field: equal, or different. One that tells it alone: here, there.",
        "",
    ]
    for recording, by_peer in found.items():
        lines += [f"## {recording}: {rows[recording]:,} messages", ""]
        for name, tallies in zip(NAMES, by_peer, strict=True):
            lines += [f"### {name}", "", "| field | equal | different | here | there | such as |"]
            lines += ["|---|---|---|---|---|---|"]
            for column, tally in tallies.items():
                such = ""
                if tally.different:
                    text, mine, other = tally.different[0]
                    such = f"`{text}`: here {mine}, there {other}"
                if not (tally.equal or tally.different or tally.only_here or tally.only_there):
                    continue
                lines.append(
                    f"| {column} | {tally.equal:,} | {len(tally.different):,} | "
                    f"{tally.only_here:,} | {tally.only_there:,} | {such} |"
                )
            lines.append("")
    return "\n".join(lines)


def main() -> None:
    """Compare everything and write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data" / "adsb")
    parser.add_argument("--to", type=Path, default=ROOT / "docs" / "adsb_comparison.md")
    asked = parser.parse_args()
    tables = recordings(asked.data)
    found = {name: run(table) for name, table in tables.items()}
    asked.to.write_text(page(found, {name: table.num_rows for name, table in tables.items()}))


if __name__ == "__main__":
    main()
