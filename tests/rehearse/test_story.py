"""The story that the demo tells: who is there, who enters the zone, and when."""

import numpy as np
import pytest
import shapely


@pytest.fixture(scope="module")
def entries(tiny, tiny_sky):
    """First second at which each flight is inside the no-fly zone and outside the airway."""
    area = {zone.name: zone.area for zone in tiny.zones}
    t = np.arange(-600.0, 900.0, 1.0)
    states = [tiny_sky.at(np.full(len(tiny_sky.flights), t_s)) for t_s in t]
    lat, lon = (np.array([getattr(s, name) for s in states]) for name in ("lat_deg", "lon_deg"))
    alt = np.array([s.alt_msl_m for s in states])
    inside = shapely.contains_xy(area["Lviv no-fly zone"], lon, lat)
    inside &= np.array([s.present for s in states])
    on_airway = shapely.contains_xy(area["Airway west-east"], lon, lat) & (alt > 245 * 30.48)
    return {
        flight.name: (
            float(t[np.argmax(inside[:, i])]),
            bool(np.all(on_airway[inside[:, i], i])),
        )
        for i, flight in enumerate(tiny_sky.flights)
        if np.any(inside[:, i])
    }


@pytest.mark.parametrize(
    ("name", "from_s", "to_s"),
    [
        ("SPKAM", 0.0, 20.0),
        ("Silent and fast", 60.0, 90.0),
        ("Drone 1", 120.0, 180.0),
        ("Drone 2", 120.0, 180.0),
        ("Drone 3", 180.0, 240.0),
        ("EXX771", 300.0, 360.0),
        ("Light from the south", 570.0, 630.0),
    ],
)
def test_the_strays_enter_the_zone_in_their_turn(entries, name, from_s, to_s):
    assert from_s <= entries[name][0] <= to_s


def test_nobody_violates_the_zone_before_the_start(entries, tiny, tiny_sky):
    permits = {zone.name: zone for zone in tiny.zones}
    flights = {flight.name: flight for flight in tiny_sky.flights}
    zone = permits["Lviv no-fly zone"]
    for name, (t_s, always_on_airway) in entries.items():
        flight = flights[name]
        if t_s >= 0.0 and not always_on_airway:
            continue
        called = (flight.callsign or "").startswith("RESCUE")
        if called or flight.mode_s in zone.permits_mode_s:
            continue
        assert always_on_airway, name
        assert flight.mode_s in permits["Airway west-east"].permits_mode_s, name


@pytest.mark.parametrize("t_s", [-300.0, 0.0, 600.0, 1500.0, 3600.0])
def test_the_sky_stays_busy(tiny_sky, t_s):
    count = int(tiny_sky.at(np.full(len(tiny_sky.flights), t_s)).present.sum())
    assert 36 <= count <= 52


def test_something_new_enters_every_ten_minutes_for_an_hour(tiny, tiny_sky):
    area = next(zone.area for zone in tiny.zones if zone.name == "Lviv no-fly zone")
    silent = np.array([
        flight.transponder != "mode_s" or (flight.callsign or "").startswith(("SP", "EXX"))
        for flight in tiny_sky.flights
    ])  # fmt: skip
    t = np.arange(0.0, 3600.0, 10.0)
    states = [tiny_sky.at(np.full(len(tiny_sky.flights), t_s)) for t_s in t]
    inside = np.array([shapely.contains_xy(area, s.lon_deg, s.lat_deg) & s.present for s in states])
    entered = np.any(inside[1:] & ~inside[:-1] & silent, axis=1)
    assert np.diff(t[1:][entered]).max() <= 600.0
