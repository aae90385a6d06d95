"""Replays: every frame has a time of hearing that never goes back, and a date with a reason."""

import datetime as dt
import os

import numpy as np
import pyarrow as pa
import pytest

from airshield.errors import FormatError
from airshield.read import read_frames, replay_frames
from airshield.read.asterix import encode
from airshield.read.asterix.reports import ReportReader
from airshield.units import NS_PER_DAY, NS_PER_S
from captures_by_hand import ethernet, ipv4, pcap, udp
from frames_by_hand import T0_NS

DATE_NS = T0_NS - 28_800 * NS_PER_S


def plots(times_s):
    row = {
        "i010_sac": 20,
        "i010_sic": 129,
        "i020_typ": 5,
        "i040_rho_nmi": 9.0,
        "i040_theta_deg": 9.0,
    }
    return [encode(48, [{**row, "i140_s": t_s}]) for t_s in times_s]


def replayed(path, **options):
    replay = replay_frames(path, **options)
    parts = list(replay)
    heard = pa.concat_tables([part.select(["t_heard"]) for part in parts])["t_heard"]
    assert heard.null_count == 0
    return replay, heard.cast(pa.int64()).to_numpy()


def write(path, times_s):
    path.write_bytes(b"".join(plots(times_s)))
    return path


def test_a_raw_file_is_heard_as_its_records_happened_never_going_back(tmp_path):
    path = write(tmp_path / "radar_20230502.ast", [28_800.0, 28_802.0, 28_801.0, 28_803.0])
    replay, heard = replayed(path)
    assert ((heard - DATE_NS) / NS_PER_S).tolist() == [28_800.0, 28_802.0, 28_802.0, 28_803.0]
    assert (replay.date, replay.date_basis) == (dt.date(2023, 5, 2), "file name")
    assert replay.octets_read == replay.octets == path.stat().st_size


def test_a_raw_file_rolls_over_midnight(tmp_path):
    path = write(tmp_path / "radar_2023-05-02.ast", [86_399.0, 1.0, 86_398.0, 2.0])
    _, heard = replayed(path)
    assert ((heard - DATE_NS) / NS_PER_S).tolist() == [86_399.0, 86_401.0, 86_401.0, 86_402.0]
    reports = ReportReader().feed(next(iter(replay_frames(path)))).reports
    t = (reports["t"].cast(pa.int64()).to_numpy() - DATE_NS) / NS_PER_S
    assert t.tolist() == [86_399.0, 86_401.0, 86_398.0, 86_402.0]


def test_one_wrong_time_ahead_does_not_put_the_rest_into_the_past(tmp_path):
    path = write(tmp_path / "radar_20230502.ast", [28_800.0, 60_000.0, 28_801.0, 28_802.0])
    _, heard = replayed(path)
    assert ((heard - DATE_NS) / NS_PER_S).tolist() == [28_800.0, 28_800.0, 28_801.0, 28_802.0]


def test_a_gap_in_the_recording_is_believed_at_its_second_frame(tmp_path):
    path = write(tmp_path / "radar_20230502.ast", [28_800.0, 36_000.0, 36_001.0])
    _, heard = replayed(path)
    assert ((heard - DATE_NS) / NS_PER_S).tolist() == [28_800.0, 28_800.0, 36_001.0]


def test_frames_that_say_no_time_are_heard_with_the_one_before_or_the_first(tmp_path):
    silent = encode(48, [{"i010_sac": 20, "i010_sic": 129}])
    first, second = plots([28_800.0, 28_805.0])
    path = tmp_path / "radar_20230502.ast"
    path.write_bytes(silent + first + silent + second + silent)
    _, heard = replayed(path)
    seconds = ((heard - DATE_NS) / NS_PER_S).tolist()
    assert seconds == [28_800.0, 28_800.0, 28_800.0, 28_805.0, 28_805.0]


def test_a_capture_keeps_its_own_times(tmp_path):
    packets = [
        (T0_NS + n * NS_PER_S, ethernet(ipv4(udp(one)))) for n, one in enumerate(plots([1.0, 2.0]))
    ]
    path = tmp_path / "radar_19990101.pcap"
    path.write_bytes(pcap(packets))
    replay, heard = replayed(path)
    assert (heard - T0_NS).tolist() == [0, NS_PER_S]
    assert (replay.date, replay.date_basis) == (dt.date(2023, 5, 2), "capture")


def test_a_given_date_moves_a_capture_by_whole_days(tmp_path):
    times = [T0_NS, T0_NS + NS_PER_DAY]
    blocks = plots([28_800.0, 28_800.0])
    path = tmp_path / "radar.pcap"
    path.write_bytes(
        pcap([(t, ethernet(ipv4(udp(one)))) for t, one in zip(times, blocks, strict=True)])
    )
    replay, heard = replayed(path, date=dt.date(2023, 5, 12))
    assert (heard - T0_NS).tolist() == [10 * NS_PER_DAY, 11 * NS_PER_DAY]
    assert replay.date_basis == "given"


@pytest.mark.parametrize(
    ("name", "date"),
    [
        ("cat048_20230502_first.ast", dt.date(2023, 5, 2)),
        ("2023-05-02.raw", dt.date(2023, 5, 2)),
        ("19991231-x", dt.date(1999, 12, 31)),
        ("20230231.ast", None),
        ("x120230502.ast", None),
        ("radar_260429.ast", None),
    ],
)
def test_the_date_is_in_the_name_or_is_the_files_own(tmp_path, name, date):
    path = write(tmp_path / name, [28_800.0])
    os.utime(path, (1_000_000_000, 1_000_000_000))
    replay, _ = replayed(path)
    own = dt.date(2001, 9, 9)
    assert (replay.date, replay.date_basis) == ((date, "file name") if date else (own, "file time"))


def test_a_file_that_never_says_a_time_is_told(tmp_path):
    path = tmp_path / "silent.ast"
    path.write_bytes(encode(48, [{"i010_sac": 20, "i010_sic": 129}]) * 3)
    with pytest.raises(FormatError, match="no record in it, read as asterix, says a time"):
        replay_frames(path)


def test_what_is_no_frame_is_rejected_as_in_a_plain_reading(tmp_path):
    path = tmp_path / "radar_20230502.ast"
    path.write_bytes(b"".join(plots(np.arange(28_800.0, 28_830.0)))[:-5])
    replay, heard = replayed(path)
    assert heard.size == 29
    assert replay.rejects.num_rows == 1


@pytest.mark.parametrize(
    ("name", "editions"),
    [
        ("barcelona/cat048_20230502_first.ast", {}),
        ("barcelona/cat021_ed0.23_20160510.ast", {21: "0.23"}),
        ("argentina/cat062_260429_first.pcap", {}),
        ("barcelona/cat010_smr_20201002.ast", {}),
    ],
)
def test_batches_leave_no_trace_in_the_times(shared_data, name, editions):
    path = shared_data / "asterix" / name
    _, at_once = replayed(path, editions=editions, batch=1 << 20)
    replay, in_pieces = replayed(path, editions=editions, batch=997)
    assert np.array_equal(at_once, in_pieces)
    assert np.all(np.diff(in_pieces) >= 0)
    # A replay starts anew each time.
    again = np.concatenate([part["t_heard"].cast(pa.int64()).to_numpy() for part in replay])
    assert np.array_equal(again, in_pieces)
    assert sum(part.num_rows for part in read_frames(path)) == in_pieces.size
