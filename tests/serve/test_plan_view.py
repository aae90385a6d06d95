"""The plan's documents, as other programs read them."""

import gzip
import json
import math
import struct
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import httpx
import numpy as np
import pyarrow as pa
import pytest
from shapely import box

from airshield.errors import UsageError
from airshield.geo.grid import Grid
from airshield.picture import Picture
from airshield.serve import (
    PlanAnswer,
    PlanContributor,
    PlanLayer,
    PlanRadar,
    PlanSite,
    PlanStamp,
    PlanView,
    PlanWarnings,
    Server,
    create_app,
    create_plan_app,
)
from airshield.serve.app import POLICY
from airshield.serve.plan_view import encode_layer, encode_lowest, encode_territory, plan_document
from serve.synthetic_sky import shield

STAMP = PlanStamp(
    plan="a plan", digest="ab" * 32, k=4 / 3, terrain="none", terrain_warning="no terrain at all",
    version="0", made=datetime(2026, 1, 2, tzinfo=UTC),
)  # fmt: skip


def random_view(*, radars=5, seed=1, step_m=9_000.0):
    """Bits out of a hat, in patches, so that many words are all alike."""
    rng = np.random.default_rng(seed)
    grid = Grid.around(box(30.0, 50.0, 32.0, 51.0), step_m=step_m)

    def patches(many):
        """So many maps of rectangles."""
        out = np.zeros((*grid.shape, many), np.bool_)
        for at in range(many):
            r, c = rng.integers(0, grid.rows), rng.integers(0, grid.cols)
            out[r : r + rng.integers(1, grid.rows), c : c + rng.integers(1, grid.cols), at] = True
        return out

    def words(maps):
        wide = 64 * max(1, -(-maps.shape[2] // 64))
        padded = np.pad(maps, ((0, 0), (0, 0), (0, wide - maps.shape[2])))
        packed = np.packbits(padded, axis=2, bitorder="little")
        return np.ascontiguousarray(packed).view(np.uint64)

    sees = patches(radars)
    # Nobody both sees a place and does not know it.
    unknown = patches(radars) & ~sees
    ground = np.zeros(grid.shape, np.bool_)
    ground[2:5, 4:11] = True
    inside = patches(1)[..., 0] | patches(1)[..., 0]
    inside[0, 0] = True
    return PlanView(
        grid=grid,
        inside=inside,
        people=np.where(rng.random(grid.shape) < 0.3, rng.integers(1, 90_000, grid.shape), 0) * 1.5,
        ground_m=np.where(ground, np.nan, 100.7).astype(np.float32),
        radars=[
            PlanRadar(name=f"r{i}", contributor=f"c{i % 3}", lat_deg=50.5, lon_deg=30.0 + 0.01 * i)
            for i in range(radars)
        ],
        contributors=[
            PlanContributor(name="c0", kind="host"),
            PlanContributor(name="c1", kind="member", role="some"),
            PlanContributor(name="c2", kind="enabler"),
        ],
        layers=[
            PlanLayer(
                cls="drone", height_m=300.0, above="ground", bits=words(sees),
                unknown=words(unknown), why=rng.integers(1, 9, grid.shape).astype(np.uint8),
                no_air=ground,
            ),
            PlanLayer(
                cls="drone", height_m=1000.0, above="ground", bits=words(sees),
                unknown=words(np.zeros_like(sees)), why=np.ones(grid.shape, np.uint8),
            ),
        ],
        lowest_m={"r0": np.where(ground, np.inf, 123.4).astype(np.float32)},
        sites=[PlanSite(name="here", lat_deg=50.5, lon_deg=31.0, people=5.0, required_min=10.0)],
        stamp=STAMP,
    )  # fmt: skip


@pytest.fixture(scope="module")
def view():
    return random_view()


class Reader:
    """Reads the documents as docs/api-plan.md has them: nothing here is the product's."""

    def __init__(self, octets):
        self.octets, self.at = octets, 24
        self.magic = octets[:4]
        self.version, self.low = struct.unpack_from("<HH", octets, 4)
        self.rows, self.cols, self.high, self.zero = struct.unpack_from("<IIII", octets, 8)

    def take(self, kind, many):
        out = np.frombuffer(self.octets, kind, many, self.at)
        self.at += -(-out.nbytes // 8) * 8
        return out

    def plane(self):
        cells = self.rows * self.cols
        words = self.take("<u4", -(-cells // 32))
        cell = np.arange(cells)
        return ((words[cell // 32] >> (cell % 32)) & 1).reshape(self.rows, self.cols) != 0


def test_the_territory_comes_back_as_it_went(view):
    read = Reader(encode_territory(view))
    assert (read.magic, read.version, read.low, read.zero) == (b"ASCT", 1, 3, 0)
    assert (read.rows, read.cols) == view.grid.shape
    assert np.array_equal(read.plane(), view.inside)
    cells, people = read.take("<u4", read.high), read.take("<f8", read.high)
    back = np.zeros(view.grid.rows * view.grid.cols)
    back[cells] = people
    assert np.array_equal(back.reshape(view.grid.shape), view.people)
    ground = read.take("<u2", back.size).reshape(view.grid.shape)
    assert np.array_equal(ground == 65534, np.isnan(view.ground_m))
    assert set(ground[ground != 65534]) == {1100}  # 100.7 m, rounded down
    assert read.at == len(read.octets)


@pytest.mark.parametrize("radars", [0, 5, 64, 70])
def test_a_layer_comes_back_as_it_went(radars):
    view = random_view(radars=radars)
    words = max(1, -(-radars // 64))
    for place, layer in enumerate(view.layers):
        read = Reader(encode_layer(view, place))
        assert (read.magic, read.version, read.low) == (b"ASCL", 1, radars)
        flags = read.take("u1", radars)
        for flag, given in ((1, layer.bits), (2, layer.unknown)):
            bits = given.reshape(*view.grid.shape, words)
            for radar in range(radars):
                due = (bits[..., radar // 64] >> np.uint64(radar % 64)) & np.uint64(1) != 0
                assert bool(flags[radar] & flag) == due.any()
                if due.any():
                    assert np.array_equal(read.plane(), due)
        if layer.no_air is not None:
            assert read.high == 1
            assert np.array_equal(read.plane(), layer.no_air)
        else:
            assert read.high == 0
        assert np.array_equal(read.take("u1", layer.why.size), layer.why.reshape(-1))
        assert read.at == len(read.octets)


def test_lowest_altitudes_never_promise_more_than_there_is():
    view = random_view()
    heights = np.full(view.grid.shape, 500.2, np.float32)
    heights.flat[:6] = [np.nan, np.inf, -430.5, -5000.0, 90_000.0, 0.0]
    read = Reader(encode_lowest(replace(view, lowest_m={"r3": heights}), 3))
    assert (read.magic, read.low) == (b"ASCH", 3)
    got = read.take("<u2", heights.size)
    assert got[:7].tolist() == [65534, 65535, 570, 0, 65533, 1000, 1501]


def test_the_document_says_everything_but_the_maps(view):
    document = plan_document(view)
    json.dumps(document, allow_nan=False)
    assert document["estimate"] == "planning estimate"
    assert document["stamp"]["k"] == pytest.approx(4 / 3)
    assert document["stamp"]["terrain_warning"] == "no terrain at all"
    assert document["stamp"]["made"] == "2026-01-02T00:00:00+00:00"
    assert [radar["has_lowest"] for radar in document["radars"]] == [True] + [False] * 4
    assert document["contributors"][2] == {"name": "c2", "role": "", "kind": "enabler"}
    assert document["layers"][1] == {"cls": "drone", "height_m": 1000.0, "above": "ground"}
    assert document["reasons"][8] == "unknown_ground"
    # The site's cell holds the site.
    row, col = divmod(document["sites"][0]["cell"], view.grid.cols)
    lat, lon = view.grid.places_deg()
    assert abs(lat[row, col] - 50.5) < 0.05
    assert abs(lon[row, col] - 31.0) < 0.08
    west, south, east, north = document["home"]
    assert west < lon[view.inside].min() < lon[view.inside].max() < east
    assert south < lat[view.inside].min() < lat[view.inside].max() < north


def test_the_reader_that_the_documentation_shows_reads_a_layer(view):
    text = (Path(__file__).parents[2] / "docs/api-plan.md").read_text()
    known = {}
    exec(text.split("```python")[2].split("```")[0], known)
    bits = view.layers[0].bits[..., 0].reshape(-1)
    for radar, plane in enumerate(known["planes"](encode_layer(view, 0))):
        assert np.array_equal(plane, (bits >> np.uint64(radar)) & np.uint64(1))


def warning_table(**columns):
    rows = {
        "site": ["here"] * 3, "target": ["drone"] * 3, "spd_mps": [50.0] * 3, "hgt_m": [300.0] * 3,
        "height_above": ["ground"] * 3, "azm_true_deg": [0.0, 120.0, 240.0],
        "status": ["confirmed", "unseen", "unknown"], "warning_min": [12.3456, None, math.nan],
    }  # fmt: skip
    return pa.table({**rows, **columns})


def test_roses_keep_what_is_unknown_and_for_whom_they_are(view):
    warnings = [
        PlanWarnings(table=warning_table()),
        PlanWarnings(table=warning_table(spd_mps=[50.0, 50.0, 90.0]), without=("c2",)),
    ]
    roses = plan_document(replace(view, warnings=warnings))["roses"]
    assert [(rose["without"], rose["spd_mps"]) for rose in roses] == [
        ([], 50.0), (["c2"], 50.0), (["c2"], 90.0),
    ]  # fmt: skip
    assert roses[0]["minutes"] == [12.346, None, None]
    assert roses[0]["status"] == ["confirmed", "unseen", "unknown"]
    assert roses[0]["azm_true_deg"] == [0.0, 120.0, 240.0]


def layer_with(view, **changes):
    return {"layers": [replace(view.layers[0], **changes)]}


def wrong(view):
    """What is wrong, and words of the message that says so."""
    grid = view.grid
    first = view.layers[0]
    radar = view.radars[0]
    strays = first.bits.copy()
    strays[0, 0] |= np.uint64(1 << 5)  # five radars: 0 to 4
    return {
        "inside": ({"inside": view.inside[1:]}, r"inside: a map of .* on a grid of"),
        "nowhere": ({"inside": np.zeros(grid.shape, np.bool_)}, "no cell is territory"),
        "people": ({"people": np.full(grid.shape, np.nan)}, "people: numbers must be known"),
        "ground": ({"ground_m": np.zeros((2, 2))}, "ground_m: a map of"),
        "bits": (layer_with(view, bits=first.bits[1:]), "5 radars on a grid of .* take 1 words"),
        "kind": (layer_with(view, unknown=first.unknown.view(np.int64)), "unknown of .* int64"),
        "stray": (layer_with(view, bits=strays), "bits has bits beyond the 5 radars"),
        "why": (layer_with(view, why=first.why + np.uint8(30)), "why: reasons are octets below"),
        "air": (layer_with(view, no_air=np.zeros(3, np.bool_)), "no_air of .*give a bool"),
        "height": (layer_with(view, height_m=math.nan), "give a height above"),
        "none": ({"layers": []}, "needs one target class"),
        "twice": ({"layers": [first, first]}, "two layers are called 'drone 300 m AGL'"),
        "namesake": ({"radars": [radar] * 5}, "two radars are called 'r0'"),
        "nobody": (
            {"radars": [replace(radar, contributor="x"), *view.radars[1:]]},
            "brought by 'x', who is not among the contributors: c0, c1, c2",
        ),
        "role": ({"contributors": [replace(c, kind="boss") for c in view.contributors]}, "'boss'"),
        "off": (
            {"sites": [PlanSite(name="far", lat_deg=0.0, lon_deg=0.0)]}, "'far' lies off the map",
        ),
        "answer": (
            {"answers": [PlanAnswer(text="t", verdict="maybe", figure="")]}, "answered 'maybe'",
        ),
        "column": (
            {"warnings": [PlanWarnings(table=warning_table().drop(["status"]))]}, "'status'",
        ),
        "without": ({"warnings": [PlanWarnings(table=warning_table(), without=("z",))]}, "'z'"),
        "site": (
            {"warnings": [PlanWarnings(table=warning_table(site=["there"] * 3))]},
            "'there', which is not among the sites: here",
        ),
    }  # fmt: skip


def test_what_does_not_fit_is_refused_with_the_place_and_the_remedy(view):
    for changes, words in wrong(view).values():
        with pytest.raises(UsageError, match=words):
            replace(view, **changes)
    with pytest.raises(UsageError, match="no lowest altitudes for radar 'r1'"):
        encode_lowest(view, 1)


@contextmanager
def talking_to(app):
    with Server(app, port=0) as server, httpx.Client(base_url=server.url) as client:
        yield client


def test_a_plan_is_served_alone_and_packed(view):
    with talking_to(create_plan_app(view)) as client:
        for path in ("/", "/plan"):
            page = client.get(path)
            assert page.headers["content-type"].startswith("text/html")
            assert page.headers["content-security-policy"] == POLICY
            assert "static/plan.js" in page.text
        document = client.get("/api/plan")
        assert document.headers["content-encoding"] == "gzip"
        assert document.json()["has_watch"] is False
        bare = client.get("/api/plan/layers/0", headers={"Accept-Encoding": "identity"})
        assert "content-encoding" not in bare.headers
        assert bare.headers["vary"] == "Accept-Encoding"
        assert bare.content == encode_layer(view, 0)
        with client.stream("GET", "/api/plan/layers/0") as packed:
            assert gzip.decompress(b"".join(packed.iter_raw())) == bare.content
        assert client.get("/api/plan/territory").content == encode_territory(view)
        assert client.get("/api/plan/lowest/0").content == encode_lowest(view, 0)
        for path, words in (
            ("layers/2", "there are 2"), ("layers/-1", "there are 2"), ("lowest/9", "there are 5"),
            ("lowest/1", "no lowest altitudes"),
        ):  # fmt: skip
            answer = client.get(f"/api/plan/{path}")
            assert answer.status_code == 404
            assert words in answer.json()["detail"]
        assert client.get("/api/plan/layers/x").status_code == 422
        assert client.get("/api/picture").status_code == 404
        assert client.get("/api/plan", headers={"Host": "evil.example"}).status_code == 421


def test_a_plan_is_served_beside_a_watch_and_each_knows_of_the_other(view):
    picture = Picture(mode="exercise", now_ns=lambda: 0)
    with talking_to(create_app(picture, shield(), plan=view)) as client:
        assert client.get("/api/plan").json()["has_watch"] is True
        assert client.get("/api/shield").json()["has_plan"] is True
        assert "main.js" in client.get("/").text
        assert "plan.js" in client.get("/plan").text
    with talking_to(create_app(picture, shield())) as client:
        assert client.get("/api/shield").json()["has_plan"] is False
        assert client.get("/plan").status_code == 404


def test_maps_of_lowest_altitudes_are_made_only_when_somebody_looks(view):
    class Lazy(dict):
        made = 0

        def __getitem__(self, name):
            self.made += 1
            return super().__getitem__(name)

    lazy = Lazy(view.lowest_m)
    with talking_to(create_plan_app(replace(view, lowest_m=lazy))) as client:
        client.get("/api/plan")
        assert lazy.made == 0
        for _ in range(2):
            client.get("/api/plan/lowest/0")
        assert lazy.made == 1
