"""Messages a second: Mode S with positions and registers, beside pyModeS and rs1090.

    python benchmarks/mode_s_decode.py [--data FOLDER] [--batch 5000] [--repeat 3]

The same messages of a long recording of one receiver, per second of processor time of one core,
best of several rounds in which all take turns. Here: Beast octets to Arrow tables, with CPR state;
``tables`` has every field and every register that a reply carries, ``mode_s alone`` leaves the
registers out, ``reports`` is what a watch does. There: pyModeS's PipeDecoder (fields, registers and
positions as dictionaries) and rs1090's batch decoder, from lists of hexadecimal text, in an
environment of their own (``make peers``).
"""

from __future__ import annotations

import argparse
import gzip
import json
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa

from airshield.read import adsb
from airshield.read.frames import Ledger
from airshield.read.reader import Options, frames_of

ROOT = Path(__file__).parents[1]
PEERS = ROOT / ".peers" / "adsb" / "bin" / "python"
SCRIPT = ROOT / "tests" / "reference" / "adsb_peers.py"


def best_s(run: Callable[[], object], repeat: int) -> float:
    took = []
    for _ in range(repeat):
        start = time.process_time()
        run()
        took.append(time.process_time() - start)
    return min(took)


def measure(data: Path, batch: int, repeat: int) -> dict[str, float]:
    """Return messages a second by decoder."""
    lines = gzip.decompress((data / "lfbo_jet1090_71939.jsonl.gz").read_bytes())
    split = adsb.JET1090.splitter()(
        np.frombuffer(lines, np.uint8), base=0, last=True, ledger=Ledger("file:bench")
    )
    heard = frames_of(split, source="file:bench", first_frame=0)
    messages = adsb.MessageReader(adsb.JET1090).feed(heard).tables["mode_s"]
    octets = np.frombuffer(adsb.write_messages(messages, adsb.BEAST), np.uint8)
    count = messages.num_rows
    out = {}

    def cut() -> pa.Table:
        split = adsb.BEAST.splitter()(octets, base=0, last=True, ledger=Ledger("file:bench"))
        return frames_of(split, source="file:bench", first_frame=0)

    frames = cut().set_column(1, heard.schema.field("t_heard"), heard["t_heard"])
    parts = [frames.slice(at, batch) for at in range(0, count, batch)]

    def feed(make: Callable[[], object]) -> None:
        reader = make()
        for part in parts:
            reader.feed(part)  # type: ignore[attr-defined]

    alone = Options(columns=adsb.MODE_S.names)
    makers = {
        "tables": lambda: adsb.MessageReader(adsb.BEAST),
        "mode_s alone": lambda: adsb.MessageReader(adsb.BEAST, alone),
        "reports": lambda: adsb.AdsbReportReader(adsb.BEAST),
    }
    t_s = messages["t"].cast(pa.int64()).to_numpy() * 1e-9
    asked = "".join(
        f"{t!r} {message.hex()}\n"
        for t, message in zip(t_s.tolist(), messages["message"].to_pylist(), strict=True)
    )
    adsb.warm_up()
    out: dict[str, float] = {}
    for _ in range(repeat):
        took = {"splitting Beast": best_s(cut, 2)}
        took |= {n: best_s(lambda m=make: feed(m), 2) for n, make in makers.items()}
        if PEERS.exists():
            done = subprocess.run(
                [str(PEERS), str(SCRIPT), "time", "1"],
                input=asked,
                capture_output=True,
                text=True,
                check=True,
            )
            took |= json.loads(done.stdout)
        for name, seconds in took.items():
            out[name] = max(out.get(name, 0.0), count / seconds)
    return out


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data" / "adsb")
    parser.add_argument("--batch", type=int, default=5000)
    parser.add_argument("--repeat", type=int, default=3)
    asked = parser.parse_args()
    found = measure(asked.data, asked.batch, asked.repeat)
    unit = found.get("pyModeS PipeDecoder", float("nan"))
    print(f"{'decoder':24s} {'messages/s':>12s} {'of PipeDecoder':>15s}")
    for name, rate in found.items():
        print(f"{name:24s} {rate:12,.0f} {rate / unit:15.1f}")


if __name__ == "__main__":
    main()
