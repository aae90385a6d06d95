import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from airshield.errors import UsageError
from airshield.store import Snapshots, disk

STATE = {
    "x_m": np.arange(6.0).reshape(2, 3),
    "id": np.array([1, 2], np.uint64),
    "on": np.array(True),
}


def same(one, other):
    assert one.keys() == other.keys()
    for name, values in one.items():
        assert values.dtype == other[name].dtype
        np.testing.assert_array_equal(values, other[name])
    return True


def test_there_is_none_at_first(tmp_path):
    assert Snapshots(tmp_path / "s").load() is None


def test_the_newest_comes_back_and_two_are_kept(tmp_path):
    snapshots = Snapshots(tmp_path)
    for frame in (5, 10, 15, 100):
        snapshots.save(frame, {**STATE, "frame": np.array([frame])})
    frame, state = Snapshots(tmp_path).load()
    assert frame == 100
    assert same(state, {**STATE, "frame": np.array([100])})
    assert len(list(tmp_path.iterdir())) == 2


@settings(deadline=None, max_examples=40)
@given(
    hnp.arrays(
        st.sampled_from([np.bool_, np.uint8, np.int64, np.uint64, np.float64, "U7"]),
        hnp.array_shapes(min_dims=0, min_side=0),
    )
)
def test_arrays_come_back_bit_for_bit(tmp_path_factory, values):
    snapshots = Snapshots(tmp_path_factory.mktemp("s"))
    snapshots.save(1, {"values": values})
    _, state = snapshots.load()
    assert state["values"].dtype == values.dtype
    assert state["values"].tobytes() == values.tobytes()


def test_a_damaged_one_falls_back_to_the_one_before(tmp_path):
    snapshots = Snapshots(tmp_path)
    snapshots.save(1, STATE)
    snapshots.save(2, STATE)
    newest = max(tmp_path.iterdir())
    whole = newest.read_bytes()
    for at in (0, 40, len(whole) // 2, len(whole) - 1):
        newest.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        frame, state = snapshots.load()
        assert frame == 1
        assert same(state, STATE)
    newest.write_bytes(whole[:-7])
    assert snapshots.load()[0] == 1


def test_one_ahead_of_the_journal_is_passed_over(tmp_path):
    snapshots = Snapshots(tmp_path)
    snapshots.save(10, STATE)
    snapshots.save(20, STATE)
    assert snapshots.load(not_after=20)[0] == 20
    assert snapshots.load(not_after=19)[0] == 10
    assert snapshots.load(not_after=9) is None


def test_one_passed_over_gives_way_to_the_run_that_passed_it(tmp_path):
    snapshots = Snapshots(tmp_path)
    snapshots.save(10, STATE)
    snapshots.save(20, STATE)
    snapshots.save(15, STATE)
    assert snapshots.load()[0] == 15
    snapshots.save(16, STATE)
    assert [snapshots.load()[0], snapshots.load(not_after=15)[0]] == [16, 15]


def test_objects_are_refused(tmp_path):
    with pytest.raises(UsageError, match="words"):
        Snapshots(tmp_path).save(1, {"words": np.array(["a", None], object)})


@pytest.mark.parametrize("step", ["write_synced", "rename", "sync_folder"])
def test_a_crash_while_saving_leaves_one_to_load(tmp_path, monkeypatch, step):
    snapshots = Snapshots(tmp_path)
    snapshots.save(1, STATE)

    def crash(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(disk, step, crash)
        with pytest.raises(KeyboardInterrupt):
            snapshots.save(2, STATE)
    frame, state = Snapshots(tmp_path).load()
    assert frame == (2 if step == "sync_folder" else 1)
    assert same(state, STATE)
    assert not list(tmp_path.glob("*.tmp"))
