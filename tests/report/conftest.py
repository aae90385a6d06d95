import pytest

from small_cover import small_shield, surveyed


@pytest.fixture(scope="session")
def small(tmp_path_factory):
    return small_shield(tmp_path_factory.mktemp("report"))


@pytest.fixture(scope="session")
def survey_of_small(small):
    return surveyed(small)
