"""Registration on a small scene of the benchmark: what it finds is what the scene did."""

import dataclasses
import math

import numpy as np
import pytest
import registration
import sky


@pytest.fixture(scope="module")
def scene(tmp_path_factory):
    profile = dataclasses.replace(
        sky.PROFILES["standard"], targets=100, radars=3, minutes=6, side_km=250
    )
    folder = tmp_path_factory.mktemp("scene")
    sky.write_scene(sky.Scene(profile, seed=5, biased=True), folder)
    return registration.read_scene(folder)


def run(scene, **how):
    driver = registration.Driver(scene, **how)
    driver.run(with_references=(0, 1, 2), with_pairs=False)
    return driver


def misses(driver, i):
    """Range at half the radar's range [m], azimuth [deg], and NEES."""
    miss = driver.biases[i].b - driver.scene.true(i)[:4]
    nees = miss @ np.linalg.solve(driver.biases[i].B, miss)
    half_m = 0.5 * driver.scene.radars[i].rng_max_m
    return abs(miss[0] + half_m * miss[1]), abs(math.degrees(miss[2])), nees


def heard_enough(driver):
    return np.flatnonzero(driver.biases.references >= 200)


def test_the_biases_of_a_scene_are_found(scene):
    driver = run(scene)
    assert heard_enough(driver).size
    for i in heard_enough(driver):
        rng_m, azm_deg, nees = misses(driver, i)
        assert rng_m < 15.0
        assert azm_deg < 0.015
        assert nees < 18.5  # 99.9 % of four
    assert driver.alarms == []


def test_one_wrong_pair_in_ten_does_no_harm(scene):
    driver = run(scene, wrong=0.1)
    for i in heard_enough(driver):
        assert misses(driver, i)[2] < 18.5
    assert driver.biases.odd.sum() > 0
    assert driver.alarms == []


def test_a_deaf_radar_stays_at_its_prior(scene):
    driver = run(scene, deaf=(0,))
    assert driver.biases[0].references == 0
    assert not driver.biases[0].b.any()
    assert math.sqrt(driver.biases[0].B[0, 0]) == pytest.approx(60.0)
