"""Replays: every frame has a time of hearing that never goes back, and a date with a reason."""

import datetime as dt
import json
import os

import numpy as np
import pyarrow as pa
import pytest

from airshield.errors import FormatError, UsageError
from airshield.read import in_time_order, read_frames, replay_frames
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


class TestOtherFormats:
    """Formats that say full times, streams with a counter, and what says none."""

    T_S = 1_533_101_250

    def state_vectors(self, path, times_s, address="3003ae"):
        lines = [
            {
                "timestamp": 1000 * (self.T_S + t_s),
                "icao24": address,
                "latitude": 45.8 + 0.001 * n,
                "longitude": 9.2,
                "altitude": 30_000.0,
                "groundspeed": 400.0,
                "track": 0.0,
                "vertical_rate": 0.0,
                "callsign": "DLH8JW",
            }
            for n, t_s in enumerate(times_s)
        ]
        path.write_text("".join(json.dumps(line) + "\n" for line in lines))
        return path

    def seconds(self, heard):
        return (heard / NS_PER_S - self.T_S).tolist()

    def test_flights_one_after_the_other_are_heard_in_order_of_time(self, tmp_path):
        path = self.state_vectors(tmp_path / "day.jsonl", [0, 100, 200, 50, 150, 250])
        replay, heard = replayed(path, batch=4)
        assert self.seconds(heard) == [0, 50, 100, 150, 200, 250]
        assert (replay.order, replay.date_basis) == ("time", "recording")
        assert replay.date == dt.date(2018, 8, 1)
        frames = pa.concat_tables(list(replay))
        assert frames["frame"].to_pylist() == list(range(6))
        said = [json.loads(octets)["timestamp"] // 1000 for octets in frames["octets"].to_pylist()]
        assert [t_s - self.T_S for t_s in said] == self.seconds(heard)
        assert replay.octets_read == replay.octets

    def test_a_step_back_that_a_track_bears_is_left_as_it_was_heard(self, tmp_path):
        path = self.state_vectors(tmp_path / "day.jsonl", [0, 10, 5, 20])
        replay, heard = replayed(path)
        assert (replay.order, self.seconds(heard)) == ("file", [0, 10, 10, 20])

    def test_a_file_too_large_to_sort_is_heard_in_its_order_never_going_back(
        self, tmp_path, monkeypatch
    ):
        monkeypatch.setattr("airshield.read.replay.SORT_OCTETS", 100)
        path = self.state_vectors(tmp_path / "day.jsonl", [0, 100, 200, 50, 150, 250])
        replay, heard = replayed(path)
        assert (replay.order, self.seconds(heard)) == ("file", [0, 100, 200, 200, 200, 250])

    def test_hexadecimal_lines_without_a_time_are_told(self, tmp_path):
        path = tmp_path / "feed.txt"
        path.write_bytes(b"*8D4CA1FA58C382D690C8AC2863A7;\n" * 20)
        with pytest.raises(FormatError, match="read as avr, says a time"):
            replay_frames(path)

    def test_a_counter_takes_the_day_that_is_given(self, shared_data):
        path = shared_data / "adsb" / "dump1090_beast_short.bin"
        replay, heard = replayed(path, date=dt.date(2020, 1, 1))
        assert (replay.format, replay.date_basis) == ("beast", "given")
        assert np.unique(heard).size > 100
        assert np.all(np.diff(heard) >= 0)
        assert heard[0] // NS_PER_DAY * NS_PER_DAY == 18_262 * NS_PER_DAY

    @pytest.mark.parametrize(
        ("name", "format", "basis"),
        [
            ("adsb/readsb_20minutes.jsonl", "readsb", "recording"),
            ("adsb/stratux_gms5002_978_uat.log", "uat", "recording"),
            ("adsb/noisy_time_issue.json.gz", "opensky", "recording"),
            ("interop/remoteid/odid_wifi_sample.pcap", "remoteid", "capture"),
        ],
    )
    def test_every_frame_of_every_format_is_heard_in_order(self, shared_data, name, format, basis):
        replay, heard = replayed(shared_data / name)
        assert (replay.format, replay.date_basis) == (format, basis)
        assert np.all(np.diff(heard) >= 0)
        assert np.array_equal(heard, replayed(shared_data / name, batch=97)[1])

    def test_editions_are_found(self, shared_data):
        path = shared_data / "asterix" / "barcelona" / "cat021_ed0.23_20160510.ast"
        replay = replay_frames(path)
        assert replay.options.editions[21] == "0.23"
        assert replay.found[0]["basis"] != "given"
        assert replay_frames(path, editions={21: "0.23"}).found[0]["basis"] == "given"


class TestSeveral:
    """Recordings of one time are played as one stream."""

    def both(self, tmp_path):
        one = write(tmp_path / "a_20230502.ast", [28_800.0, 28_802.0, 28_804.0, 28_804.0, 28_806.0])
        two = write(tmp_path / "b_20230502.ast", [28_801.0, 28_804.0, 28_809.0])
        return one, two

    def played(self, replays, **options):
        frames = pa.concat_tables(list(in_time_order(replays, **options)))
        heard = (frames["t_heard"].cast(pa.int64()).to_numpy() - DATE_NS) / NS_PER_S - 28_800
        assert frames["frame"].to_pylist() == list(range(frames.num_rows))
        sources = [name[5] for name in frames["source"].cast(pa.string()).to_pylist()]
        return list(zip(sources, heard.astype(int).tolist(), strict=True))

    @pytest.mark.parametrize("batch", [1, 2, 100])
    def test_frames_come_in_order_of_time_those_of_the_first_named_first(self, tmp_path, batch):
        both = [replay_frames(path, batch=batch) for path in self.both(tmp_path)]
        expected = [("a", 0), ("b", 1), ("a", 2), ("a", 4), ("a", 4), ("b", 4), ("a", 6), ("b", 9)]
        assert self.played(both) == expected
        assert self.played(both, skip={"file:a_20230502.ast": 3}) == [
            one for n, one in enumerate(expected) if n not in (0, 2, 3)
        ]

    def test_two_of_one_name_are_refused(self, tmp_path):
        one, _ = self.both(tmp_path)
        with pytest.raises(UsageError, match="two recordings are called"):
            next(in_time_order([replay_frames(one), replay_frames(one)]))
