"""The tracker on half an hour of a real Mode S radar, beside the radar's own opinion."""

import numpy as np
import pytest

from airshield.read.asterix.reports import ReportReader
from airshield.read.replay import replay_frames
from airshield.sensors import Radar
from airshield.tables import REPORT, concat
from airshield.track import Tracker

GEOID_M = 49.6


@pytest.fixture(scope="module")
def barcelona(barcelona_048):
    reader = ReportReader()
    reports = concat(REPORT, [reader.feed(f).reports for f in replay_frames(barcelona_048)])
    radar = Radar(
        name="Barcelona",
        contributor="nobody",
        sac=20,
        sic=129,
        lat_deg=41.3007023,
        lon_deg=2.1020582,
        antenna_hae_m=27.257 + GEOID_M,
        turn_s=4.0,
        rng_min_m=0.0,
        rng_max_m=111_120.0,
        sigma_rng_m=30.0,
        sigma_azm_deg=0.07,
        has_primary=True,
        has_secondary=True,
        pd=0.97,
    )
    return reports, Tracker([radar], geoid_height_m=GEOID_M).feed(reports)


def test_no_two_live_tracks_ever_bear_one_address(barcelona):
    _, batch = barcelona
    holder = {}
    names = ("track", "mode_s", "status")
    for number, address, status in zip(*(batch.tracks[c].to_pylist() for c in names), strict=True):
        if address is None:
            continue
        assert holder.setdefault(address, number) == number
        if status == "ended":
            del holder[address]


def test_an_aircraft_is_one_track_as_long_as_the_radar_sees_it(barcelona):
    """A second track begins only after a silence that ended the first: 11 s if tentative."""
    reports, batch = barcelona
    address = reports["mode_s"].to_numpy()
    t = reports["t"].cast("int64").to_numpy() * 1e-9
    for one in np.unique(address[~np.isnan(address)]):
        mine = np.flatnonzero((address == one) & (batch.track_of_report > 0))
        change = np.diff(batch.track_of_report[mine].astype(int)) != 0
        assert (np.diff(t[mine])[change] > 11.0).all()
    assert sum(batch.dropped.values()) <= 10


def test_the_radar_s_own_tracks_are_ours(barcelona):
    reports, batch = barcelona
    own = reports["track_sensor"].to_numpy()
    whole = sum(
        np.unique(batch.track_of_report[own == n], return_counts=True)[1].max()
        for n in np.unique(own)
    )
    assert whole / own.size > 0.999
