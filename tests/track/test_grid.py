"""The address table and the grid against plain dictionaries."""

import math

import numpy as np
import pytest

from airshield.tables import ADSB_CHECKS, HEIGHT_BASES, REPORT_KINDS, TRACK_STATUSES
from airshield.track import Tracker, _kernels
from airshield.track.association import _kernels as association
from airshield.track.filters import _kernels as filters
from airshield.track.grid import _kernels as grid
from airshield.track.life import _kernels as life
from airshield.track.publication import _kernels as publication
from airshield.track.state import DROPS, NO_CODE
from reference import track as slow
from reference import track_skies as skies

SLOTS, BUCKETS = 12, 8  # fewer buckets than tracks: every chain is shared
STEPS = 400
ROOM = Tracker([skies.radar(1)], geoid_height_m=0.0)._memory


def put(trk, lat, lon, height_m):
    """Stand still at a place of a known height."""
    filters.anchor(trk, lat, lon)
    trk.x[:], trk.P[:], trk.w[:] = 0.0, 0.0, (1.0, 0.0, 0.0)
    trk.basis, trk.is_baro = filters.BASIS_GEOMETRIC, 0
    trk.t, trk.tz, trk.z, trk.vz, trk.offset_m = 0.0, 0.0, height_m, 0.0, 0.0


def chain(mem, which, bucket):
    """Slots of a chain; one that runs in a circle does not end the test, it fails it."""
    slots, slot = [], int(mem.heads[which, bucket])
    while slot >= 0:
        slots.append(slot)
        assert len(slots) <= SLOTS
        slot = int(mem.links[which, slot])
    return slots


@pytest.mark.parametrize("seed", range(5))
def test_every_track_hangs_once_in_the_cell_where_it_is_and_under_its_address(seed):
    rng = np.random.default_rng(seed)
    mem = ROOM._replace(
        heads=np.full((2, BUCKETS), -1, np.int64), links=np.full((2, SLOTS), -1, np.int64)
    )
    cells, addresses = {}, {}
    for _ in range(STEPS):
        slot = int(rng.integers(SLOTS))
        what = rng.choice(["hang", "name", "end"], p=[0.6, 0.3, 0.1])
        lat, lon, height_m = rng.uniform((0.8, 0.3, 0.0), (0.804, 0.304, 9e3))
        trk = mem.tracks[slot]
        if what == "hang":
            if slot not in cells:
                trk.mode_s, trk.cell[0] = NO_CODE, grid.NOWHERE
            put(trk, lat, lon, height_m)
            grid.hang(mem, slot, 0.0)
            there = slow.ecef(lat, lon, height_m)
            cells[slot] = tuple(math.floor(coordinate / 8000.0) for coordinate in there)
        elif slot in cells and what == "name" and slot not in addresses:
            addresses[slot] = 0x400000 + slot
            grid.name_track(mem, slot, addresses[slot])
        elif slot in cells and what == "end":
            grid.take_out(mem, slot)
            del cells[slot]
            addresses.pop(slot, None)
        hanging = [chain(mem, grid.GRID, bucket) for bucket in range(BUCKETS)]
        assert sorted(slot for slots in hanging for slot in slots) == sorted(cells)
        for slot, cell in cells.items():
            assert slot in hanging[grid.cell_bucket(*cell, BUCKETS)]
        named = [slot for bucket in range(BUCKETS) for slot in chain(mem, grid.ADDRESSES, bucket)]
        assert sorted(named) == sorted(addresses)
        for slot in range(SLOTS):
            found = grid.find_address(mem.tracks, mem.heads, mem.links, 0x400000 + slot)
            assert found == (slot if slot in addresses else -1)


def test_the_loops_number_words_as_the_tables_do():
    numbered = {
        TRACK_STATUSES: (life, "TENTATIVE CONFIRMED COASTING ENDED"),
        ADSB_CHECKS: (publication, "ADSB_NONE ADSB_UNVERIFIED ADSB_VERIFIED ADSB_CONTRADICTED"),
        HEIGHT_BASES: (
            filters,
            "BASIS_NONE BASIS_BARO BASIS_GEOMETRIC BASIS_ELEVATION BASIS_RANGES",
        ),
        REPORT_KINDS: (
            filters,
            "KIND_PSR KIND_SSR KIND_PSR_SSR KIND_MODE_S KIND_ADSB KIND_MLAT KIND_TRACK "
            "KIND_DRONE_ID",
        ),
    }
    for words, (room, names) in numbered.items():
        for name in names.split():
            number = getattr(room, name)
            assert name.lower().endswith(words[number]), name
    assert DROPS[_kernels.DROP_LATE] == "too late"
    assert DROPS[_kernels.DROP_AHEAD] == "far ahead of the clock"
    assert DROPS[association.DROP_SECOND] == "second plot of a scan"
    assert DROPS[association.DROP_CONTRA] == "address contradicted"
    assert DROPS[association.DROP_FOREIGN] == "foreign track not bound"
