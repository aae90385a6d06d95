"""How many reports a second a live watch takes in, and where the first one is lost.

    python benchmarks/live_load.py [--rates 50000,100000,...] [--seconds S] [--json]

One process sends as radars do: CAT048 blocks of 10 to 50 plots, 2,000 aircraft that five radars see
in turn, over three UDP sockets and two TCP connections (one that the watch opens, one that it
accepts). Another is ``airshield watch`` as a user starts it, journal and tracker included. Counted
are the frames at the sender, those in the journal, and those that the watch says the system threw
away: sent = journalled + told as lost, or something was lost silently. The octets of each feed are
compared by their SHA-256 where nothing was lost. Exit code 1 if anything went silently.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from airshield.store import read_journal

FEEDS = ("udp", "udp", "udp", "tcp-open", "tcp-accept")
AIRCRAFT = 2000
TICK_S = 0.005
RECORD = 19
"""Octets of a plot: FSPEC 2, I010 2, I140 3, I020 1, I040 4, I070 2, I090 2, I220 3."""


class Sky:
    """Aircraft on straight courses, as plots of a radar: EUROCONTROL-SPEC-0149-4, by hand."""

    def __init__(self, sic: int) -> None:
        draw = np.random.default_rng(48)
        self._place_m = draw.uniform(-90e3, 90e3, (AIRCRAFT, 2))
        self._speed_mps = draw.uniform(-240.0, 240.0, (AIRCRAFT, 2))
        self._next = 0
        plot = bytes([0b1111_1101, 0b1000_0000, 20, sic, 0, 0, 0, 0b1010_0000])
        self._plots = np.zeros((AIRCRAFT, RECORD), np.uint8)
        self._plots[:, : len(plot)] = np.frombuffer(plot, np.uint8)
        self._plots[:, 14:16] = _octets(draw.integers(0, 1600, AIRCRAFT), 2)
        self._plots[:, 16:19] = _octets(0x340000 + np.arange(AIRCRAFT), 3)

    def block(self, count: int, t_s: float) -> bytes:
        """Return the plots of the next aircraft."""
        rows = (self._next + np.arange(count)) % AIRCRAFT
        self._next = int(rows[-1]) + 1
        east, north = (self._place_m[rows] + self._speed_mps[rows] * (t_s % 300.0)).T
        plots = self._plots[rows]
        plots[:, 4:7] = _octets(np.full(count, int(t_s % 86_400 * 128)), 3)
        plots[:, 8:10] = _octets((np.hypot(east, north) / 1852.0 * 256).astype(np.int64), 2)
        turn = (np.arctan2(east, north) / (2 * np.pi) % 1.0 * 65_536).astype(np.int64) % 65_536
        plots[:, 10:12] = _octets(turn, 2)
        return bytes([48]) + (3 + plots.size).to_bytes(2, "big") + plots.tobytes()


def _octets(numbers: np.ndarray, width: int) -> np.ndarray:
    return (numbers[:, None] >> (8 * np.arange(width)[::-1])).astype(np.uint8)


def send(ports: list[int], rate: float, seconds: float) -> list[dict]:
    """Send for so long; return what went to each feed."""
    lines = []
    server = socket.create_server(("127.0.0.1", ports[FEEDS.index("tcp-open")]))
    for kind, port in zip(FEEDS, ports, strict=True):
        if kind == "udp":
            line = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            line.connect(("127.0.0.1", port))
        elif kind == "tcp-open":
            line = server.accept()[0]
        else:
            line = socket.create_connection(("127.0.0.1", port))
        lines.append(line)
    skies = [Sky(sic) for sic in range(1, len(FEEDS) + 1)]
    sent = [{"feed": kind, "blocks": 0, "reports": 0, "octets": 0} for kind in FEEDS]
    sums = [hashlib.sha256() for _ in FEEDS]
    draw = np.random.default_rng(5)
    start_s = time.monotonic()
    late_s = 0.0
    while (now_s := time.monotonic() - start_s) < seconds:
        for line, sky, told, total in zip(lines, skies, sent, sums, strict=True):
            while told["reports"] < now_s * rate / len(FEEDS):
                count = int(draw.integers(10, 51))
                block = sky.block(count, time.time())
                line.sendall(block)
                told["blocks"] += 1
                told["reports"] += count
                told["octets"] += len(block)
                total.update(block)
        late_s = max(late_s, time.monotonic() - start_s - now_s)
        time.sleep(TICK_S)
    taken_s = time.monotonic() - start_s
    for line in lines:
        line.close()
    server.close()
    for told, total in zip(sent, sums, strict=True):
        told |= {"sha256": total.hexdigest(), "seconds": taken_s, "late_s": late_s}
    return sent


def shield_toml(ports: list[int], places: Path) -> str:
    """Return a shield of five radars at one place, each with a feed of its own."""
    names = json.dumps({"type": "FeatureCollection", "features": []})
    for name in ("zones", "sites"):
        (places / f"{name}.geojson").write_text(names)
    text = ['name = "load"', 'about = "Illustrative."', "geoid_height_m = 49.5"]
    text += ['zones = "zones.geojson"', 'sites = "sites.geojson"']
    text += ["[[contributors]]", 'name = "all"', 'role = "load"']
    for sic, (kind, port) in enumerate(zip(FEEDS, ports, strict=True), start=1):
        text += [
            "[[radars]]",
            f'name = "radar {sic}"\ncontributor = "all"\nsac = 20\nsic = {sic}',
            "lat_deg = 41.3\nlon_deg = 2.1\nground_msl_m = 2.0\nantenna_agl_m = 25.0",
            "turn_s = 1.0\nrng_min_m = 400.0\nrng_max_m = 300000.0\nsigma_rng_m = 30.0",
            "sigma_azm_deg = 0.06\nhas_primary = true\nhas_secondary = true\npd = 0.97",
            f'[[feeds]]\nname = "feed {sic}"\ncontributor = "all"',
            f'host = "127.0.0.1"\nport = {port}\nprotocol = "{kind[:3]}"',
        ]
        if kind == "tcp-accept":
            text.append("listen = true")
    return "\n".join(text) + "\n"


def free_ports() -> list[int]:
    """Return ports that nobody has just now."""
    held = []
    for kind in FEEDS:
        probe = socket.socket(
            socket.AF_INET, socket.SOCK_DGRAM if kind == "udp" else socket.SOCK_STREAM
        )
        probe.bind(("127.0.0.1", 0))
        held.append(probe)
    ports = [probe.getsockname()[1] for probe in held]
    for probe in held:
        probe.close()
    return ports


def measure(rate: float, seconds: float) -> dict:
    """Run a watch and a sender; return what was sent, journalled and told as lost."""
    with tempfile.TemporaryDirectory(prefix="live-load-") as name:
        folder, ports = Path(name), free_ports()
        (folder / "shield.toml").write_text(shield_toml(ports, folder))
        command = [sys.executable, "-m", "airshield", "watch", folder, "--headless", "--json"]
        watch = subprocess.Popen(
            [*map(str, command), "--journal", str(folder / "journal")],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
        )
        assert watch.stderr is not None
        while "watching" not in (said := watch.stderr.readline()):
            if watch.poll() is not None:
                raise SystemExit(said + watch.stderr.read())
        words = [sys.executable, __file__, "--send", json.dumps([ports, rate, seconds])]
        sender = subprocess.run(words, capture_output=True, text=True, check=True)
        before_s = time.monotonic()
        time.sleep(1.0)
        watch.send_signal(signal.SIGINT)
        out, err = watch.communicate()
        if watch.returncode:
            raise SystemExit(err)
        caught_up_s = time.monotonic() - before_s
        kept = journalled(folder / "journal" / "journal")
        return account(json.loads(sender.stdout), json.loads(out), kept, ports, caught_up_s)


def journalled(folder: Path) -> dict[str, tuple[int, int, str]]:
    """Return frames, octets and SHA-256 of each source in a journal."""
    counts: dict[str, list] = {}
    for table in read_journal(folder):
        sources = table["source"].to_pylist()
        for source, octets in zip(sources, table["octets"].to_pylist(), strict=True):
            told = counts.setdefault(source, [0, 0, hashlib.sha256()])
            told[0] += 1
            told[1] += len(octets)
            told[2].update(octets)
    return {source: (n, size, sha.hexdigest()) for source, (n, size, sha) in counts.items()}


def account(sent: list[dict], told: dict, kept: dict, ports: list[int], caught_up_s: float) -> dict:
    """Set what was sent against what is in the journal, feed by feed."""
    feeds = []
    for one, feed, port in zip(sent, told["feeds"], ports, strict=True):
        source = f"{one['feed'][:3]}://127.0.0.1:{port}"
        frames, octets, sha = kept.get(source, (0, 0, ""))
        lost = feed["lost_by_system"]
        feeds.append(
            {
                **one,
                "journalled": frames,
                "journalled_octets": octets,
                "lost_told": lost,
                "lost_silently": one["blocks"] - frames - lost,
                "same_octets": sha == one["sha256"],
            }
        )
    reports = sum(one["reports"] for one in sent)
    return {
        "reports_per_s": reports / sent[0]["seconds"],
        "reports_sent": reports,
        "blocks_sent": sum(one["blocks"] for one in sent),
        "blocks_journalled": sum(one["journalled"] for one in feeds),
        "lost_told": sum(one["lost_told"] for one in feeds),
        "lost_silently": sum(abs(one["lost_silently"]) for one in feeds),
        "rejects": told["rejects"],
        "reports_worked": told["reports"],
        "lag": told["lag"],
        "caught_up_s": caught_up_s,
        "sender_late_s": max(one["late_s"] for one in sent),
        "feeds": feeds,
    }


def main() -> int:
    words = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    words.add_argument("--rates", default="50000,100000,200000,400000")
    words.add_argument("--seconds", type=float, default=10.0)
    words.add_argument("--json", action="store_true")
    words.add_argument("--send", help=argparse.SUPPRESS)
    asked = words.parse_args()
    if asked.send:
        print(json.dumps(send(*json.loads(asked.send))))
        return 0
    worst = 0
    for rate in map(float, asked.rates.split(",")):
        found = measure(rate, asked.seconds)
        worst = max(worst, found["lost_silently"])
        if asked.json:
            print(json.dumps(found))
            continue
        print(
            f"{rate:9,.0f} asked {found['reports_per_s']:9,.0f} reports/s sent in "
            f"{found['blocks_sent']:7,} blocks: {found['blocks_journalled']:7,} journalled, "
            f"{found['lost_told']:6,} told as lost, {found['lost_silently']} silently; chain "
            f"{found['lag']['dt_max_s']:.1f} s behind, done {found['caught_up_s']:.1f} s after"
        )
    return 1 if worst else 0


if __name__ == "__main__":
    sys.exit(main())
