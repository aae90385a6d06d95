"""The shipped specifications are those of libasterix, whole."""

import importlib.util
import json
from importlib import resources
from pathlib import Path

import pytest
from asterix.generated import manifest

from airshield.errors import UsageError
from airshield.read import asterix
from airshield.read.asterix.spec import UNIT_SUFFIXES, find_spec

ROOT = Path(__file__).parents[3]
FOLDER = resources.files("airshield.read.asterix") / "specs"


@pytest.fixture(scope="module")
def compiler():
    path = ROOT / "tools" / "compile_asterix_specs.py"
    spec = importlib.util.spec_from_file_location("compile_asterix_specs", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_shipped_files_are_what_the_tool_writes(compiler):
    written = compiler.compile_all()
    shipped = {entry.name: entry.read_text(encoding="utf-8") for entry in FOLDER.iterdir()}
    assert shipped == written
    assert sum(len(text.encode()) for text in shipped.values()) < 1_000_000


def test_every_category_and_edition_of_libasterix_is_there():
    theirs = {
        category: tuple("{}.{}".format(*cls.cv_edition) for cls in classes)
        for category, classes in manifest["CATS"].items()
    }
    assert asterix.editions() == theirs
    assert len(theirs) == 27
    assert sum(map(len, theirs.values())) == 68


def test_the_newest_edition_comes_last():
    for editions in asterix.editions().values():
        numbers = [tuple(map(int, edition.split("."))) for edition in editions]
        assert numbers == sorted(numbers)


def test_every_unit_of_the_specifications_has_a_suffix():
    units = set()
    for category in asterix.editions():
        contents = json.loads((FOLDER / f"cat{category:03d}.json").read_text("utf-8"))["contents"]
        units |= {content[3] for content in contents if content[0] == "quantity"}
    assert units == set(UNIT_SUFFIXES)


def test_the_notice_names_its_source_and_carries_the_licence():
    notice = (FOLDER / "NOTICE").read_text(encoding="utf-8")
    assert "libasterix" in notice
    assert "asterix-specs" in notice
    assert "Redistributions of source code must retain the above copyright" in notice


def test_a_slot_never_lies_outside_of_its_record():
    for category, editions in asterix.editions().items():
        for edition in editions:
            spec = find_spec(category, edition)
            assert {leaf.slot for leaf in spec.leaves.values()} <= set(range(spec.slots))


def test_an_unknown_category_or_edition_is_told_with_those_there_are():
    with pytest.raises(UsageError, match="category 003; there are 001, 002"):
        find_spec(3)
    with pytest.raises(UsageError, match=r"'1\.1' of ASTERIX category 048; there are 1\.27, "):
        find_spec(48, "1.1")
