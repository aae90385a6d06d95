"""libasterix and airshield understand each other in every edition, and the document says which."""

import re
from pathlib import Path

import pytest

from airshield.read import asterix
from reference.asterix_conformance import conform

DOCUMENT = Path(__file__).parents[3] / "docs" / "conformance.md"
EVERY = [(category, edition) for category, es in asterix.editions().items() for edition in es]


@pytest.mark.parametrize(("category", "edition"), EVERY)
def test_records_go_both_ways_between_libasterix_and_here(category, edition):
    count = conform(category, edition, records=4)
    assert (count["decoded"], count["octets"], count["encoded"]) == (4, 4, 4)


def test_the_document_lists_every_edition_and_finds_all_equal():
    rows = re.findall(r"^\| (\d{3}) \| ([\d.]+) \| (.*) \|$", DOCUMENT.read_text(), re.M)
    assert [(int(category), edition) for category, edition, _ in rows] == EVERY
    for _, _, cells in rows:
        counts = cells.split(" | ")[:3]
        assert len(set(counts)) == 1
        assert int(counts[0]) >= 100
