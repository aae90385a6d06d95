"""Reports of spotters over HTTP: what is acknowledged is in the journal."""

import json
import threading

import httpx
import pyarrow as pa
import pytest

from airshield.config import load_shield
from airshield.picture import Picture
from airshield.rehearse import bundled_shield
from airshield.serve import Server, SpotterDoor, create_app
from airshield.serve.spotter import BURST, REPORT_OCTETS_MAX, SOURCE
from airshield.store import read_journal
from airshield.watch import Watch

REPORT = {
    "version": 1,
    "spotter": "river-42",
    "time": "2026-03-01T09:14:05Z",
    "lat_deg": 50.4,
    "lon_deg": 30.5,
    "azm_true_deg": 70.0,
    "what": "drone",
    "sense": "seen",
}


class Clock:
    """Stands still unless told."""

    now_s = 100.0

    def __call__(self):
        return self.now_s


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def door(clock):
    return SpotterDoor(clock_ns=lambda: 1_772_356_446_000_000_000, monotonic_s=clock)


@pytest.fixture
def watch(tmp_path):
    made = Watch(load_shield(bundled_shield("tiny")), folder=tmp_path / "watch")
    yield made
    made.close()


@pytest.fixture
def client(door):
    shield = load_shield(bundled_shield("tiny"))
    app = create_app(Picture(mode="live", now_ns=lambda: 0), shield, spotters=door)
    with Server(app, port=0) as server, httpx.Client(base_url=server.url) as made:
        yield made


def journalled(tmp_path):
    frames = pa.concat_tables(list(read_journal(tmp_path / "watch" / "journal")))
    return [row for row in frames.to_pylist() if row["source"] == SOURCE]


def test_an_accepted_report_is_on_the_disk_and_becomes_a_report_row(client, door, watch, tmp_path):
    door.open(watch)
    answer = client.post("/api/spotter", json=REPORT)
    assert answer.status_code == 202, answer.text
    frame = answer.json()["frame"]
    # The acknowledgement is for what is durable: read by somebody else, while the watch runs.
    (row,) = journalled(tmp_path)
    assert row["frame"] == frame < watch.durable
    assert json.loads(row["octets"]) == REPORT
    watch.pump()
    summary = watch.summary()
    assert summary["rejects"] == 0
    assert summary["reports"] == 1
    assert client.get("/api/health").json()["spotter_reports"] == {"taken": 1}


def test_reports_survive_a_restart_and_go_on_counting(client, door, watch, tmp_path):
    door.open(watch)
    client.post("/api/spotter", json=REPORT)
    door.close()
    watch.close()
    again = Watch(load_shield(bundled_shield("tiny")), folder=tmp_path / "watch")
    door.open(again)
    assert client.post("/api/spotter", json=[REPORT, REPORT]).status_code == 202
    again.close()
    assert again.summary()["reports"] == 3
    assert [row["offset"] for row in journalled(tmp_path)] == [0, 1]


@pytest.mark.parametrize(
    ("body", "headers", "status", "said"),
    [
        (b"{}", {"Content-Type": "text/plain"}, 415, "Content-Type: application/json"),
        (b" " * (REPORT_OCTETS_MAX + 1), {}, 413, "at most 65536 octets"),
        (b"not json", {}, 422, ""),
        (json.dumps({**REPORT, "azm": 3}).encode(), {}, 422, "azm: unknown field"),
        (json.dumps({**REPORT, "lat_deg": 95.0}).encode(), {}, 422, "lat_deg"),
    ],
)
def test_what_is_no_report_is_refused_with_a_reason(
    client, door, watch, tmp_path, body, headers, status, said
):
    door.open(watch)
    sent = {"Content-Type": "application/json", **headers}
    answer = client.post("/api/spotter", content=body, headers=sent)
    assert answer.status_code == status
    assert said in answer.json()["detail"]
    assert sum(door.counts.values()) == 1
    watch.close()
    assert list(read_journal(tmp_path / "watch" / "journal")) == []


def test_without_a_live_watch_nothing_is_taken(client, door, watch):
    answer = client.post("/api/spotter", json=REPORT)
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "5"
    door.open(watch)
    watch.close()  # ended without a word to the door
    assert client.post("/api/spotter", json=REPORT).status_code == 503
    assert door.counts["taken"] == 0


def test_an_address_that_sends_too_often_is_told_to_wait(client, door, watch, clock):
    door.open(watch)
    answers = [client.post("/api/spotter", json=REPORT).status_code for _ in range(BURST + 3)]
    assert answers == [202] * BURST + [429] * 3
    clock.now_s += 1.0
    answers = [client.post("/api/spotter", json=REPORT) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [202, 429]
    assert answers[1].headers["Retry-After"] == "1"
    assert door.counts == {"taken": BURST + 1, "refused: too often": 4}


def test_reports_may_come_side_by_side_with_a_running_chain(client, door, watch, clock):
    door.open(watch)
    frames = []

    def send():
        frames.append(client.post("/api/spotter", json=REPORT).json()["frame"])

    senders = [threading.Thread(target=send) for _ in range(8)]
    for sender in senders:
        sender.start()
    while any(sender.is_alive() for sender in senders):
        watch.pump()
    assert sorted(frames) == list(range(1, 9))  # frame 0 says what the source speaks
    watch.pump()
    assert watch.summary()["reports"] == 8


def test_the_interface_is_described(client):
    described = client.get("/api/openapi.json").json()["paths"]["/api/spotter"]["post"]
    assert set(described["responses"]) >= {"202", "413", "415", "422", "429", "503"}
    schema = described["requestBody"]["content"]["application/json"]["schema"]
    pointer = schema["oneOf"][0]["$ref"].removeprefix("#/").split("/")
    found = client.get("/api/openapi.json").json()
    for step in pointer:
        found = found[step.replace("~1", "/")]
    assert "azm_true_deg" in found["properties"]
