"""Loss in air and rain: against itur where it is, against its figures everywhere."""

import json
import math
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from scipy import integrate

from airshield.errors import UsageError
from airshield.plan.coverage.detection import (
    Rain,
    earth_radius_m,
    gas_db_per_km,
    path_loss_db,
    rain_db_per_km,
)
from airshield.plan.coverage.detection.atmosphere import gas_db_per_km_in_air, reference_air

EARTH = earth_radius_m(4.0 / 3.0)


@pytest.mark.parametrize(
    ("ghz", "sea", "high"),
    [
        # itur 0.4.0, gamma_exact: (1013.25 hPa, 7.5 g/m³, 288.15 K), (500 hPa, 1 g/m³, 255 K).
        (1.3, 0.0061183658729048775, 0.002343577277613089),
        (3.0, 0.00753875298921938, 0.0025119549969804243),
        (5.6, 0.009144517316119307, 0.00270516101064028),
        (9.5, 0.013407545518161191, 0.003210317443223241),
        (16.0, 0.03531580809399795, 0.005523450968187102),
        (35.0, 0.101457329488921, 0.016742543402985435),
    ],
)
def test_gas_as_itur_has_it(ghz, sea, high):
    got = gas_db_per_km_in_air(ghz * 1e9, [288.15, 255.0], [1013.25, 500.0], [7.5, 1.0])
    assert_allclose(got, [sea, high], rtol=1e-9)


@pytest.mark.parametrize(
    ("ghz", "rate", "level", "circular", "upright"),
    [
        # itur 0.4.0, rain_specific_attenuation at elevation 0.
        (1.3, 16.0, 0.0005481020835940239, 0.0005173422073055328, 0.0005007892575055377),
        (3.0, 16.0, 0.004232706076062875, 0.003896434704649765, 0.003760398862233929),
        (5.6, 4.0, 0.0042748437200217666, 0.003658930536739022, 0.003047063310793624),
        (9.5, 16.0, 0.34172847923203725, 0.31148570845911777, 0.2819438232650497),
        (16.0, 4.0, 0.2456025974230567, 0.24494521768815308, 0.24506572946375835),
        (35.0, 16.0, 4.1448735804990715, 3.8987992854111786, 3.6588352890888958),
    ],
)
def test_rain_as_itur_has_it(ghz, rate, level, circular, upright):
    got = [rain_db_per_km(ghz * 1e9, rate, tilt_deg=tilt) for tilt in (0.0, 45.0, 90.0)]
    assert_allclose(got, [level, circular, upright], rtol=1e-9)


def test_the_reference_air_is_that_of_p835():
    """itur 0.4.0, standard_temperature, _pressure and _water_vapour_density."""
    temp, pressure, rho = reference_air([0.0, 3e3, 12e3, 25e3])
    assert_allclose(temp, [288.15, 268.65919845164115, 216.65, 221.55206472628424], rtol=1e-9)
    assert_allclose(
        pressure,
        [1013.25, 701.2115825941908, 193.99616048957492, 25.492652174567194],
        rtol=2e-6,
    )
    assert_allclose(rho[:3], [7.5, 1.6734762011132236, 0.01859064132499769], rtol=1e-9)


def test_itur_itself_agrees():
    if find_spec("itur") is None:
        pytest.skip("the extra 'itu' is not installed")
    rng = np.random.default_rng()
    asked = {
        "gas": [
            [float(x) for x in row]
            for row in np.column_stack(
                [
                    rng.uniform(1.0, 50.0, 60),
                    rng.uniform(220.0, 310.0, 60),
                    rng.uniform(100.0, 1050.0, 60),
                    rng.uniform(0.0, 20.0, 60),
                ]
            )
        ],
        "rain": [
            [float(x) for x in row]
            for row in np.column_stack(
                [rng.uniform(1.0, 50.0, 60), rng.uniform(0.1, 150.0, 60), rng.uniform(0, 90.0, 60)]
            )
        ],
        "air": [float(x) for x in rng.uniform(0.0, 40.0, 30)],
        "slant": [[1.3, 5.0], [3.0, 5.0], [10.0, 10.0], [16.0, 30.0]],
    }
    script = Path(__file__).parents[2] / "reference" / "itur_peer.py"
    done = subprocess.run(
        [sys.executable, script], input=json.dumps(asked), capture_output=True, text=True,
        check=True,
    )  # fmt: skip
    told = json.loads(done.stdout)
    got = [gas_db_per_km_in_air(f * 1e9, temp, p, rho) for f, temp, p, rho in asked["gas"]]
    assert_allclose(got, told["gas"], rtol=1e-6)
    got = [rain_db_per_km(f * 1e9, rate, tilt_deg=tilt) for f, rate, tilt in asked["rain"]]
    assert_allclose(got, told["rain"], rtol=1e-9)
    temp, pressure, rho = reference_air(1000.0 * np.array(asked["air"]))
    theirs = np.transpose(told["air"])
    assert_allclose([temp, pressure], theirs[:2], rtol=3e-6)
    troposphere = np.array(asked["air"]) < 10.0
    assert_allclose(rho[troposphere], theirs[2][troposphere], rtol=1e-6)
    # Through all of the air; itur's rays bend by themselves, ours lie straight on a 4/3 Earth.
    for (ghz, elv_deg), want in zip(asked["slant"], told["slant"], strict=True):
        s, r = math.sin(math.radians(elv_deg)), EARTH
        rng_m = math.sqrt((r * s) ** 2 + 2.0 * r * 46e3 + 46e3**2) - r * s
        got = path_loss_db(ghz * 1e9, antenna_msl_m=0.0, target_msl_m=46e3, rng_slant_m=rng_m)
        assert_allclose(got, want, rtol=0.01)


def slow_path_db(freq_hz, start_m, end_m, rng_m):
    """The loss summed by adaptive quadrature, along the chord between two points."""
    arc = math.acos(
        ((EARTH + start_m) ** 2 + (EARTH + end_m) ** 2 - rng_m**2)
        / (2.0 * (EARTH + start_m) * (EARTH + end_m))
    )
    one = np.array([0.0, EARTH + start_m])
    two = (EARTH + end_m) * np.array([math.sin(arc), math.cos(arc)])

    def per_km(share):
        return float(gas_db_per_km(freq_hz, np.hypot(*(one + share * (two - one))) - EARTH))

    return integrate.quad(per_km, 0.0, 1.0, limit=200)[0] * rng_m / 1000.0


@pytest.mark.parametrize(
    ("start_m", "end_m", "rng_m"),
    [(20.0, 300.0, 60e3), (500.0, 10e3, 350e3), (20.0, 20e3, 500e3), (3000.0, 500.0, 150e3)],
)
def test_the_loss_along_a_ray_is_the_sum_of_what_it_passes(start_m, end_m, rng_m):
    got = path_loss_db(3e9, antenna_msl_m=start_m, target_msl_m=end_m, rng_slant_m=rng_m)
    assert_allclose(got, slow_path_db(3e9, start_m, end_m, rng_m), rtol=3e-3)


def test_rain_counts_only_below_its_top_and_within_its_extent():
    heavy = Rain(rate_mm_h=16.0, top_msl_m=3000.0, extent_m=1e9)
    near = Rain(rate_mm_h=16.0, top_msl_m=3000.0, extent_m=20e3)
    per_km = float(rain_db_per_km(9.5e9, 16.0))

    def wet_km(rain, start_m, end_m, rng_m):
        where = {"antenna_msl_m": start_m, "target_msl_m": end_m, "rng_slant_m": rng_m}
        return (path_loss_db(9.5e9, rain=rain, **where) - path_loss_db(9.5e9, **where)) / per_km

    assert_allclose(wet_km(heavy, 0.0, 500.0, 50e3), 50.0)
    assert_allclose(wet_km(near, 0.0, 500.0, 50e3), 20.0)
    # Straight up through 3 km of rain, and straight down into it.
    assert_allclose(wet_km(heavy, 0.0, 12e3, 12e3), 3.0, rtol=1e-6)
    assert_allclose(wet_km(heavy, 5000.0, 0.0, 5000.0), 3.0, rtol=1e-6)
    # A radar above the rain that looks up sees none of it.
    assert_allclose(wet_km(heavy, 3500.0, 12e3, 100e3), 0.0, atol=1e-9)


@given(
    freq=st.floats(1e8, 4e10),
    start=st.floats(0.0, 3e3),
    end=st.floats(0.0, 25e3),
    rate=st.floats(0.0, 80.0),
)
@settings(deadline=None)
def test_a_longer_way_never_loses_less(freq, start, end, rate):
    rng_m = np.linspace(abs(end - start) + 1.0, 500e3, 60)
    loss = path_loss_db(
        freq,
        antenna_msl_m=start,
        target_msl_m=end,
        rng_slant_m=rng_m,
        rain=Rain(rate_mm_h=rate, top_msl_m=3000.0, extent_m=math.inf),
    )
    assert np.all(loss >= 0.0)
    assert np.all(np.diff(loss) >= -1e-9 * loss[1:])


def test_low_frequencies_lose_what_one_gigahertz_does():
    assert gas_db_per_km(1.5e8, 0.0) == gas_db_per_km(1e9, 0.0)
    assert rain_db_per_km(1.5e8, 50.0) == rain_db_per_km(1e9, 50.0)


@pytest.mark.parametrize("freq_hz", [0.0, -3e9, math.nan, 3e12])
def test_a_frequency_that_is_none_is_refused(freq_hz):
    with pytest.raises(UsageError, match="3 GHz is 3e9"):
        gas_db_per_km(freq_hz, 0.0)


def test_rain_that_is_none_is_refused():
    with pytest.raises(UsageError, match="rate_mm_h of rain must be 0 or more"):
        Rain(rate_mm_h=-1.0, top_msl_m=3000.0, extent_m=1e4)
