"""The same bytes over a live line and from a file give the same tracks."""

import json
import shutil
import signal
import socket
import time

import pyarrow as pa
import pytest

from airshield.read import replay_frames
from command_line import EXAMPLES, run, start

MINUTES = 5
"""Of the recording: half a minute at ten times its pace, some 3,800 datagrams."""

pytestmark = pytest.mark.alone


@pytest.fixture
def recording(barcelona_048):
    """The first minutes as FRAME rows with the radar's own times."""
    frames = pa.concat_tables(list(replay_frames(barcelona_048, date=None))).unify_dictionaries()
    heard = frames["t_heard"].cast(pa.int64()).to_numpy()
    return frames.slice(0, int((heard < heard[0] + MINUTES * 60 * 1_000_000_000).sum()))


def test_a_recording_sent_over_loopback_gives_the_tracks_of_its_replay(recording, tmp_path):
    file = tmp_path / "cat048_20230502_part.ast"
    file.write_bytes(b"".join(recording["octets"].to_pylist()))
    port = _free_port()
    shield = tmp_path / "barcelona"
    shutil.copytree(EXAMPLES / "barcelona", shield)
    text = (shield / "shield.toml").read_text()
    assert "port = 8600" in text
    (shield / "shield.toml").write_text(text.replace("port = 8600", f"port = {port}"))

    replayed = run("watch", shield, "--replay", file, "--speed", "max", "--headless", "--json")
    live = start(
        *("watch", shield, "--headless", "--json", "--date", "2023-05-02"),
        *("--journal", tmp_path / "journal"),
    )
    try:
        _wait_for_port(port, live)
        _send(recording, port=port, speed=10.0)
        time.sleep(1.0)
    finally:
        live.send_signal(signal.SIGINT)
    out, err = live.communicate(timeout=60)
    assert live.returncode == 0, err

    told, document = replayed.document, json.loads(out)
    assert document["mode"] == "live"
    assert document["feeds"][0]["lost_by_system"] == 0
    assert document["feeds"][0]["datagrams"] == recording.num_rows
    assert document["records"] == told["records"]
    assert document["tracks"] == told["tracks"]
    assert document["digest"] == told["digest"]


def _send(frames, *, port, speed):
    heard = frames["t_heard"].cast(pa.int64()).to_numpy()
    start_s = time.monotonic()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as wire:
        for t_ns, octets in zip(heard, frames["octets"].to_pylist(), strict=True):
            due_s = start_s + (t_ns - heard[0]) / 1e9 / speed
            time.sleep(max(0.0, due_s - time.monotonic()))
            wire.sendto(octets, ("127.0.0.1", port))


def _free_port():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _wait_for_port(port, process, *, patience_s=60.0):
    """Wait until the watch is ready: it says so on standard error."""
    deadline = time.monotonic() + patience_s
    while time.monotonic() < deadline:
        line = process.stderr.readline()
        if "watching" in line:
            return
        assert process.poll() is None, line
    raise AssertionError(f"the watch on port {port} was not ready in {patience_s:g} s")
