"""The examples are found where they are, and named where they are not."""

import pytest

from airshield.errors import MissingFileError
from airshield.rehearse import bundled_shield


def test_the_tiny_shield_is_found_with_its_scenario():
    folder = bundled_shield("tiny")
    assert (folder / "shield.toml").is_file()
    assert (folder / "exercise.toml").is_file()


@pytest.mark.parametrize("name", ["tinny", "..", ""])
def test_an_unknown_example_names_those_that_there_are(name):
    with pytest.raises(MissingFileError, match="tiny"):
        bundled_shield(name)
