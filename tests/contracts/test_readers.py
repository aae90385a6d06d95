"""Every reader keeps the contract of ``airshield.read.reader``, whoever wrote it."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from airshield import tables
from airshield.read.reader import find_reader, readers

from .reading import accounted, heard, reports_of, split_whole, tables_of
from .samples import SAMPLES

NAMES = sorted(readers())
SETTINGS = settings(deadline=None, max_examples=25)


@pytest.fixture(params=NAMES)
def reader(request):
    return find_reader(request.param)


def sample(name):
    return SAMPLES[name]()


def same(a, b):
    return a.num_rows == b.num_rows and a.to_pydict() == b.to_pydict()


cuts = st.lists(st.integers(0, 1 << 20), max_size=8)


def test_every_reader_has_a_sample():
    assert set(NAMES) == set(SAMPLES), "a reader without a sample here keeps no contract"


def test_it_recognises_its_own_sample_best(reader):
    sure = {name: find_reader(name).sniff(sample(reader.name)[:65_536]) for name in NAMES}
    assert 0.0 < sure[reader.name] <= 1.0
    assert max(sure, key=sure.__getitem__) == reader.name
    assert [name for name, value in sure.items() if value >= sure[reader.name]] == [reader.name]


@SETTINGS
@given(octets=st.binary(min_size=16, max_size=4096))
@pytest.mark.parametrize("name", NAMES)
def test_random_octets_are_nobodys(name, octets):
    assert find_reader(name).sniff(octets) <= 0.1


@pytest.mark.parametrize("name", NAMES)
def test_nothing_in_gives_nothing_out(name):
    reader = find_reader(name)
    assert reader.sniff(b"") == 0.0
    frames, ledger = split_whole(reader, b"")
    assert frames.num_rows == 0
    assert accounted(frames, ledger) == 0
    assert tables_of(reader, frames, batches=[])[0] == {}
    assert reports_of(reader, frames, batches=[])[0].num_rows == 0


@SETTINGS
@given(cuts=cuts)
@pytest.mark.parametrize("name", NAMES)
def test_frames_do_not_depend_on_how_the_stream_was_cut(name, cuts):
    reader, octets = find_reader(name), sample(name)
    whole, ledger = split_whole(reader, octets)
    pieces, piecewise = split_whole(reader, octets, cuts=cuts)
    assert whole.num_rows > 0
    assert same(whole, pieces)
    assert same(ledger.rejects(), piecewise.rejects())
    assert accounted(whole, ledger) == accounted(pieces, piecewise) == len(octets)


def test_a_stream_that_comes_an_octet_at_a_time(reader):
    octets = sample(reader.name)[:3000]
    whole, ledger = split_whole(reader, octets)
    drops, dropwise = split_whole(reader, octets, cuts=range(len(octets)))
    assert same(whole, drops)
    assert same(ledger.rejects(), dropwise.rejects())


def test_it_survives_being_cut_short_at_every_octet(reader):
    octets = sample(reader.name)[:300]
    for end in range(len(octets)):
        frames, ledger = split_whole(reader, octets[:end])
        assert accounted(frames, ledger) == end
        tables_of(reader, heard(frames), batches=[])
        reports_of(reader, heard(frames), batches=[])


@SETTINGS
@given(batches=cuts)
@pytest.mark.parametrize("name", NAMES)
def test_tables_do_not_depend_on_batches(name, batches):
    reader = find_reader(name)
    frames = heard(split_whole(reader, sample(name))[0])
    whole, rejects, counts = tables_of(reader, frames, batches=[])
    parts, part_rejects, part_counts = tables_of(reader, frames, batches=batches)
    assert whole.keys() == parts.keys()
    assert all(same(whole[kind], parts[kind]) for kind in whole)
    assert all(whole[kind].schema == parts[kind].schema for kind in whole)
    assert same(rejects, part_rejects)
    assert counts == part_counts


@SETTINGS
@given(batches=cuts)
@pytest.mark.parametrize("name", NAMES)
def test_reports_do_not_depend_on_batches_nor_on_restarts(name, batches):
    reader = find_reader(name)
    frames = heard(split_whole(reader, sample(name))[0])
    *whole, counts = reports_of(reader, frames, batches=[])
    *parts, part_counts = reports_of(reader, frames, batches=batches, restart=True)
    assert whole[0].num_rows + whole[1].num_rows > 0, "the sample should make a report or a status"
    assert all(same(a, b) for a, b in zip(whole, parts, strict=True))
    assert counts == part_counts


def test_what_it_reports_is_possible(reader):
    frames = heard(split_whole(reader, sample(reader.name))[0])
    reports, *_ = reports_of(reader, frames, batches=[])
    for name, low, high in (
        ("lat_deg", -90, 90),
        ("lon_deg", -180, 180),
        ("azm_true_deg", 0, 360),
        ("mode_s", 1, (1 << 24) - 1),
        ("mode_3a", 0, 0o7777),
    ):
        values = reports[name].drop_null().to_numpy()
        assert np.all((values >= low) & (values <= high)), name
    assert set(reports["frame"].to_pylist()) <= set(frames["frame"].to_pylist())
    assert set(reports["kind"].to_pylist()) <= set(tables.REPORT_KINDS)


@SETTINGS
@given(data=st.data())
@pytest.mark.parametrize("name", NAMES)
def test_damage_loses_no_octet_and_breaks_nothing(name, data):
    octets = bytearray(sample(name)[:4096])
    for at in data.draw(st.lists(st.integers(0, len(octets) - 1), max_size=12)):
        octets[at] = data.draw(st.integers(0, 255))
    reader = find_reader(name)
    frames, ledger = split_whole(reader, bytes(octets))
    assert accounted(frames, ledger) == len(octets)
    found, *_ = tables_of(reader, heard(frames), batches=[])
    for table in found.values():
        table.validate(full=True)
    reports_of(reader, heard(frames), batches=[])


@pytest.mark.parametrize("name", [name for name in NAMES if find_reader(name).write])
def test_what_it_writes_it_reads_back(name):
    reader = find_reader(name)
    frames, _ = split_whole(reader, sample(name))
    found, *_ = tables_of(reader, frames, batches=[])
    for kind, table in found.items():
        again, ledger = split_whole(reader, reader.write(table))
        assert ledger.rejects().num_rows == 0
        back, *_ = tables_of(reader, again, batches=[])
        place = {"frame", "offset", "record", "t_heard"}
        names = [column for column in table.column_names if column not in place]
        assert same(back[kind].select(names), table.select(names))


def test_every_column_with_a_unit_says_it_in_its_metadata(reader):
    frames, _ = split_whole(reader, sample(reader.name))
    found, *_ = tables_of(reader, frames, batches=[])
    for table in found.values():
        for field in table.schema:
            if field.name.endswith(("_ft", "_kt", "_deg", "_m", "_mps", "_nmi", "_ft_min")):
                assert b"unit" in (field.metadata or {}), f"{field.name} of {reader.name}"
