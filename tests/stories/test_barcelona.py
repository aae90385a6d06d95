"""A real Mode S radar, from its bytes to violations of a zone over the city."""

import pytest

from command_line import EXAMPLES, run

WATCH = ("watch", EXAMPLES / "barcelona", "--speed", "max", "--headless", "--json")


@pytest.fixture(scope="module")
def watched(barcelona_048):
    done = run(*WATCH, "--replay", barcelona_048)
    assert done.code == 0, done.err
    return done.document


def test_every_block_and_record_is_counted_and_nothing_rejected(watched):
    assert watched["blocks"] == {"048": 22_146}
    assert watched["records"] == {"048": 22_146}
    assert watched["rejects"] == 0


def test_the_day_comes_from_the_name_of_the_file(watched):
    assert watched["recordings"][0]["date"] == "2023-05-02"
    assert "name" in watched["recordings"][0]["date_from"]


def test_aircraft_over_the_city_are_violations_and_its_sites_are_warned(watched):
    assert watched["incidents"]["confirmed"] > 0
    # Everyone has left again before the recording ends, one of them before it was sure.
    assert watched["incidents"]["ended"] == watched["incidents"]["suspected"]
    assert watched["incidents"]["confirmed"] <= watched["incidents"]["suspected"]
    assert watched["warnings"]["issued"] > 0


def test_a_second_run_gives_the_same_to_the_last_bit(watched, barcelona_048):
    again = run(*WATCH, "--replay", barcelona_048).document
    for changing in ("seconds",):
        again.pop(changing), watched.pop(changing)
    assert again == watched
