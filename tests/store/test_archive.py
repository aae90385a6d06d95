import pyarrow as pa
import pytest

from airshield import tables
from airshield.errors import StoreError, UsageError
from airshield.store import Archive
from frames_by_hand import T0_NS


def rejects(*frames):
    rows = len(frames)
    return tables.make_table(
        tables.REJECT,
        {
            "frame": pa.array(frames, pa.uint64()),
            "t_heard": pa.array([T0_NS + frame for frame in frames], pa.int64()).cast(tables.TIME),
            "source": ["file:a"] * rows,
            "offset": pa.array(frames, pa.uint64()),
            "reason": [f"reason {frame}" for frame in frames],
            "octets": [b"\x01"] * rows,
        },
        rows=rows,
    )


def tracks(*frames):
    rows = len(frames)
    floats = {
        name: [1.5] * rows for name in ("lat_deg", "lon_deg", "vel_east_mps", "vel_north_mps")
    }
    words = {"status": "confirmed", "height_basis": "baro", "cls": "unknown", "adsb_check": "none"}
    return tables.make_table(
        tables.TRACK,
        {
            **floats,
            **{name: [word] * rows for name, word in words.items()},
            "t": pa.array([T0_NS] * rows, pa.int64()).cast(tables.TIME),
            "cov_m2": [[1.0, None, 2.0, None, None, None]] * rows,
            "existence": [0.5] * rows,
            **{name: [1] * rows for name in ("track", "sensors", "kinds")},
            "frame": list(frames),
        },
        rows=rows,
    )


def test_parts_are_read_as_one_table_in_order(tmp_path):
    archive = Archive(tmp_path)
    archive.write("REJECT", rejects(11, 12), 10, 19)
    archive.write("REJECT", rejects(1, 2), 0, 9)
    table = Archive(tmp_path).read("REJECT")
    assert table.equals(tables.concat(tables.REJECT, [rejects(1, 2), rejects(11, 12)]))


@pytest.mark.parametrize("name", list(tables.TABLES))
def test_an_archive_without_parts_gives_an_empty_table(tmp_path, name):
    assert Archive(tmp_path).read(name).equals(tables.empty(tables.TABLES[name]))


def test_every_column_of_a_track_comes_back(tmp_path):
    archive = Archive(tmp_path)
    archive.write("TRACK", tracks(1, 2), 0, 9)
    assert archive.read("TRACK").equals(tracks(1, 2))
    assert archive.read("TRACK").schema.equals(tables.TRACK, check_metadata=True)


def test_what_the_snapshot_does_not_cover_is_dropped(tmp_path):
    archive = Archive(tmp_path)
    for first in (0, 10, 20):
        archive.write("REJECT", rejects(first), first, first + 9)
        archive.write("TRACK", tracks(first), first, first + 9)
    archive.drop_after(20)
    assert archive.read("REJECT")["frame"].to_pylist() == [0, 10]
    assert archive.read("TRACK")["frame"].to_pylist() == [0, 10]
    archive.drop_after(0)
    assert archive.read("REJECT").num_rows == 0


def test_a_part_that_straddles_the_snapshot_is_told(tmp_path):
    archive = Archive(tmp_path)
    archive.write("REJECT", rejects(5), 0, 9)
    with pytest.raises(StoreError, match="before and after 5"):
        archive.drop_after(5)


def test_a_part_made_again_takes_the_place_of_the_old(tmp_path):
    archive = Archive(tmp_path)
    archive.write("REJECT", rejects(5), 0, 9)
    archive.write("REJECT", rejects(6), 0, 12)
    assert archive.read("REJECT")["frame"].to_pylist() == [6]


def test_no_rows_leave_no_part(tmp_path):
    Archive(tmp_path).write("TRACK", tracks(), 0, 9)
    assert not list(tmp_path.rglob("*.parquet"))


def test_a_half_written_part_is_swept_away(tmp_path):
    archive = Archive(tmp_path)
    archive.write("REJECT", rejects(5), 0, 9)
    (tmp_path / "REJECT" / "part-1-2.parquet.tmp").write_bytes(b"half")
    assert Archive(tmp_path).read("REJECT").num_rows == 1
    assert not list(tmp_path.rglob("*.tmp"))


def test_a_damaged_part_is_told(tmp_path):
    archive = Archive(tmp_path)
    archive.write("REJECT", rejects(5), 0, 9)
    part = next(tmp_path.rglob("*.parquet"))
    part.write_bytes(part.read_bytes()[:-20])
    with pytest.raises(StoreError, match="damaged"):
        archive.read("REJECT")


def test_unknown_tables_and_backward_ranges_are_refused(tmp_path):
    with pytest.raises(UsageError, match="no table PLOTS"):
        Archive(tmp_path).read("PLOTS")
    with pytest.raises(UsageError, match="backwards"):
        Archive(tmp_path).write("REJECT", rejects(5), 9, 0)


def test_parts_that_end_before_a_frame_can_be_left_out(tmp_path):
    archive = Archive(tmp_path)
    for first in (0, 10, 20):
        archive.write("REJECT", _rejects(first), first_frame=first, last_frame=first + 9)
    assert archive.read("REJECT", since_frame=15)["frame"].to_pylist() == [10, 20]


def _rejects(frame):
    row = {"frame": [frame], "source": ["x"], "offset": [0], "reason": ["y"], "octets": [b"z"]}
    return tables.make_table(tables.REJECT, row, rows=1)
