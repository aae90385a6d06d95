"""A tiny shield, its scenario, and small skies made for one question."""

import pytest

from airshield.config import load_shield
from airshield.rehearse import Flight, Route, Scenario, Sky, bundled_shield, load_scenario


@pytest.fixture(scope="session")
def tiny():
    return load_shield(bundled_shield("tiny"))


@pytest.fixture(scope="session")
def tiny_scenario(tiny):
    return load_scenario(tiny.folder)


@pytest.fixture(scope="session")
def tiny_sky(tiny, tiny_scenario):
    return Sky(tiny_scenario, geoid_height_m=tiny.geoid_height_m, seed=7)


@pytest.fixture(scope="session")
def make_sky():
    """Make a sky of flights from (kind, speed, waypoints), each on its own open route."""

    def make(*flown, start_s=0.0, clutter_per_turn=0.0, seed=0):
        routes = tuple(
            Route(name=f"route {i}", waypoints=tuple(points))
            for i, (_, _, points) in enumerate(flown)
        )
        flights = tuple(
            Flight(name=f"flight {i}", kind=kind, route=f"route {i}", start_s=start_s, spd_mps=spd)
            for i, (kind, spd, _) in enumerate(flown)
        )
        scenario = Scenario(
            name="made for a test",
            about="",
            lat_deg=50.0,
            lon_deg=24.0,
            ground_msl_m=0.0,
            clutter_per_turn=clutter_per_turn,
            routes=routes,
            flights=flights,
        )
        return Sky(scenario, geoid_height_m=30.0, seed=seed)

    return make
