"""The closed forms of patrols, against arithmetic and published cases."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airshield.errors import UsageError
from airshield.plan.patrol import chance_ready, fleet_for_ready, sorties_per_day, station_fleet

HOUR_S = 3600.0


def binomial_tail(n, p, k):
    return sum(math.comb(n, i) * p**i * (1 - p) ** (n - i) for i in range(k, n + 1))


@given(n=st.integers(0, 40), p=st.floats(0.0, 1.0), k=st.integers(-2, 45))
def test_the_chance_of_enough_ready_is_the_binomial_sum(n, p, k):
    want = binomial_tail(n, p, max(0, k))
    assert chance_ready(aircraft=n, readiness=p, needed=k) == pytest.approx(want, abs=1e-12)


@given(
    needed=st.integers(0, 25),
    readiness=st.floats(0.2, 1.0),
    chance=st.floats(0.05, 0.99),
)
def test_the_fleet_for_ready_aircraft_is_the_least_that_does_it(needed, readiness, chance):
    fleet = fleet_for_ready(needed=needed, readiness=readiness, chance=chance)
    assert binomial_tail(fleet, readiness, needed) >= chance - 1e-12
    if fleet > needed:
        assert binomial_tail(fleet - 1, readiness, needed) < chance + 1e-12


def test_twelve_of_twenty_are_ready_six_times_in_ten_and_nineteen_in_twenty_take_27():
    assert chance_ready(aircraft=20, readiness=0.6, needed=12) == pytest.approx(0.596, abs=5e-4)
    assert fleet_for_ready(needed=12, readiness=0.6) == 27


@pytest.mark.parametrize(
    ("stations", "on_station_h", "want"),
    [
        (1, 4.0, 3.08), (2, 4.0, 6.15), (4, 4.0, 12.3), (8, 4.0, 24.6),
        (1, 2.0, 5.15), (2, 2.0, 10.3), (4, 2.0, 20.6), (8, 2.0, 41.2),
    ],
)  # fmt: skip
def test_the_station_formula_gives_the_notes_of_the_research(stations, on_station_h, want):
    # Their t, T_g and A are not written down. What their two on-station times have in common is:
    # N = S (1 + c / T_on) / A, so c and A follow from two figures and the other six are a test.
    a, b = 3.08, 5.15
    ratio = a / b
    c = (1 - ratio) / (ratio / 2.0 - 0.25)
    available = (1 + c / 4.0) / a
    found = station_fleet(
        stations=stations,
        transit_s=0.25 * c * HOUR_S,
        on_station_s=on_station_h * HOUR_S,
        ground_s=0.5 * c * HOUR_S,
        available=available,
    )
    assert found == pytest.approx(want, rel=4e-3)


@pytest.mark.parametrize(
    ("flight_h", "turnaround_h"), [(1.0, 3.0), (2.0, 3.0), (5.0, 125.0 / 60.0)]
)
def test_the_sortie_rate_is_24_h_over_flight_turnaround_and_maintenance(flight_h, turnaround_h):
    # RAND MR-1028-AF, appendix B: maintenance = 3.4 h + 0.68 of flight time.
    want = 24.0 / (flight_h + turnaround_h + 3.4 + 0.68 * flight_h)
    found = sorties_per_day(flight_s=flight_h * HOUR_S, turnaround_s=turnaround_h * HOUR_S)
    assert found == pytest.approx(want)


@pytest.mark.parametrize(
    "call",
    [
        lambda: station_fleet(stations=1, transit_s=0, on_station_s=0, ground_s=0),
        lambda: station_fleet(stations=1, transit_s=-1, on_station_s=1, ground_s=0),
        lambda: station_fleet(stations=1, transit_s=0, on_station_s=1, ground_s=0, available=0),
        lambda: station_fleet(stations=1, transit_s=math.nan, on_station_s=1, ground_s=0),
        lambda: sorties_per_day(flight_s=0, turnaround_s=0),
        lambda: chance_ready(aircraft=3, readiness=1.2, needed=1),
        lambda: fleet_for_ready(needed=3, readiness=0.0),
        lambda: fleet_for_ready(needed=3, readiness=0.5, chance=1.0),
    ],
)
def test_figures_without_meaning_are_refused(call):
    with pytest.raises(UsageError, match=r"give|must"):
        call()
