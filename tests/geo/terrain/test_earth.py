"""The Earth's effective radius: names, places, ducts, horizons."""

import math

import numpy as np
import pytest

from airshield.errors import UsageError
from airshield.geo.terrain import (
    ducting,
    earth,
    earth_factor,
    horizon_m,
    itu,
    k_of_gradient,
    refractivity_gradient,
)

CITIES = {"Kyiv": (50.45, 30.52), "Lviv": (49.84, 24.03), "Odesa": (46.48, 30.73)}


@pytest.fixture
def itur():
    return pytest.importorskip("itur", reason="the extra 'itu' is not installed")


def test_k_by_name_and_by_number():
    assert earth_factor().k == 4.0 / 3.0
    assert earth_factor("4/3").earth_m == pytest.approx(8_494_678.4)
    assert earth_factor("worst").k == 1.17
    assert earth_factor(1.2).name == "1.2"
    assert earth_factor("1.5").k == 1.5


@pytest.mark.parametrize("which", ["standard", "0", "nan", -1.0, 8495.0, "inf"])
def test_a_k_that_makes_no_sense_is_refused(which):
    with pytest.raises(UsageError, match="k "):
        earth_factor(which)


def test_k_of_gradients():
    assert k_of_gradient(0.0) == 1.0  # no air
    assert k_of_gradient(-39.25) == pytest.approx(4.0 / 3.0)
    assert k_of_gradient(-157.0) == math.inf
    assert k_of_gradient(-300.0) == math.inf
    assert k_of_gradient(157.0) == 0.5


@pytest.mark.parametrize(
    ("city", "median", "hundredth", "most"),
    [("Kyiv", 1.29, 1.64, 1.17), ("Lviv", 1.29, 1.63, 1.17), ("Odesa", 1.32, 1.94, 1.18)],
)
def test_k_over_ukraine(itur, city, median, hundredth, most):
    place = dict(zip(("lat_deg", "lon_deg"), CITIES[city], strict=True))
    assert earth_factor("p453", **place).k == pytest.approx(median, abs=0.006)
    assert earth_factor("p453", **place, time_percent=1).k == pytest.approx(hundredth, abs=0.006)
    assert earth_factor("p453", **place, time_percent=99).k == pytest.approx(most, abs=0.011)
    assert earth_factor("p453", **place, time_percent=99).name.startswith("P.453 at 99 %: 1.1")


@pytest.mark.parametrize(("city", "dn65"), [("Kyiv", -164), ("Lviv", -178), ("Odesa", -224)])
def test_ducts_over_ukraine_are_warned_of(itur, city, dn65):
    lat, lon = CITIES[city]
    got = refractivity_gradient(lat, lon, time_percent=1.0, lowest_65_m=True)
    assert got == pytest.approx(dn65, abs=1.0)
    found = ducting(lat, lon)
    assert 1.0 < found.time_percent < 20.0
    # At that percentage of time, and not before, the gradient passes what traps a ray.
    there = refractivity_gradient(lat, lon, time_percent=found.time_percent, lowest_65_m=True)
    assert there == pytest.approx(-157.0, abs=1e-6)
    assert earth_factor("p453", lat_deg=lat, lon_deg=lon).warnings == (found.text,)
    assert "rays are trapped" in found.text


def test_there_are_places_without_ducts(itur):
    lat, lon = np.meshgrid(np.arange(-85.0, 86.0, 10.0), np.arange(0.0, 360.0, 20.0))
    found = [ducting(a, b) for a, b in zip(lat.ravel(), lon.ravel(), strict=True)]
    assert 5 < sum(one is None for one in found) < len(found) - 5


@pytest.mark.parametrize("percent", [0.1, 1.0, 50.0, 99.9])
@pytest.mark.parametrize("lowest_65_m", [False, True])
def test_gradients_are_those_of_itur(itur, percent, lowest_65_m):
    from itur.models import itu453

    rng = np.random.default_rng(8)
    lat, lon = rng.uniform(-89.0, 89.0, 40), rng.uniform(0.0, 360.0, 40)
    told = itu453.DN65 if lowest_65_m else itu453.DN1
    # Theirs answers for a sequence of percentages with one value each, for arrays of places.
    theirs = [float(np.ravel(told(a, b, percent))[0].value) for a, b in zip(lat, lon, strict=True)]
    ours = refractivity_gradient(lat, lon, time_percent=percent, lowest_65_m=lowest_65_m)
    np.testing.assert_allclose(ours, theirs, atol=1e-6)


def test_between_the_maps_percentages_gradients_rise(itur):
    percents = [0.1, 0.15, 0.2, 0.7, 1.0, 3.0, 15.0, 50.0, 55.0, 97.0, 99.85, 99.9]
    got = [refractivity_gradient(50.0, 30.0, time_percent=p) for p in percents]
    assert (np.diff(got) > 0.0).all()
    assert np.isnan(refractivity_gradient(np.nan, 30.0))
    assert refractivity_gradient(50.0, -30.0) == refractivity_gradient(50.0, 330.0)


def test_what_cannot_be_asked_is_told(monkeypatch):
    with pytest.raises(UsageError, match="give lat_deg and lon_deg"):
        earth_factor("p453")
    with pytest.raises(UsageError, match=r"outside what P.453 has maps for"):
        refractivity_gradient(50.0, 30.0, time_percent=0.01)
    monkeypatch.setattr(itu, "find_spec", lambda name: None)
    earth._map.cache_clear()
    with pytest.raises(UsageError, match=r"pip install 'airshield\[itu\]'"):
        earth_factor("p453", lat_deg=50.0, lon_deg=30.0)


@pytest.mark.parametrize(
    ("hgt1_m", "hgt2_m", "km"), [(20.0, 0.0, 18.4), (20.0, 100.0, 59.6), (20.0, 3000.0, 244.1)]
)
def test_horizons_are_those_of_the_closed_form(hgt1_m, hgt2_m, km):
    got_km = float(horizon_m(hgt1_m, hgt2_m)) / 1000.0
    assert got_km == pytest.approx(km, abs=0.1)
    assert got_km == pytest.approx(4.12 * (math.sqrt(hgt1_m) + math.sqrt(hgt2_m)), rel=1e-3)
    # And of the exact circle: the angle to the point where a tangent touches.
    r = earth.EARTH_MEAN_M * 4.0 / 3.0
    exact = sum(r * math.acos(r / (r + h)) for h in (hgt1_m, hgt2_m))
    assert got_km * 1000.0 == pytest.approx(exact, rel=5e-4)
