"""Editions are found from the octets, source by source, and the reason is told."""

import random
from itertools import pairwise

import pyarrow as pa
import pytest

from airshield.errors import UsageError
from airshield.read import asterix, read_frames
from airshield.read.asterix.finding import EditionFinder
from reference import asterix_maker, asterix_walk

from .frames_of import frames_of


def blocks_of(category, edition, *, count, source, seed=1):
    """Random blocks of an edition whose records all begin with a source."""
    form = asterix_walk.read_form(category)
    draw = random.Random(seed)
    out = []
    while len(out) < count:
        block = bytearray(asterix_maker.make_block(form, edition, draw, records=1))
        if not block[3] & 0x80:
            continue
        at = 3
        while block[at] & 1:
            at += 1
        block[at + 1 : at + 3] = bytes(source)
        out.append(bytes(block))
    return out


def found_in(*payloads, given=None):
    finder = EditionFinder(given)
    finder.look(frames_of(*payloads))
    return finder


class TestRecordings:
    """Real files, read right without being told."""

    def found(self, path):
        finder = EditionFinder()
        frames = pa.concat_tables(list(read_frames(path)))
        finder.look(frames)
        return finder, frames

    @pytest.mark.parametrize(
        ("name", "edition", "records"),
        [
            ("cat021_ed0.23_20160510.ast", "0.23", 49_330),
            ("cat021_ed2.1_023_first.ast", "2.1", 3_780),
        ],
    )
    def test_both_layouts_of_category_021(self, shared_data, name, edition, records):
        finder, frames = self.found(shared_data / "asterix" / "barcelona" / name)
        one = next(one for one in finder.found() if one.category == 21)
        assert (one.edition, one.basis, one.also) == (edition, "structure", ())
        assert one.failing[edition] == 0
        assert min(n for e, n in one.failing.items() if e != edition) > 100
        decoded = asterix.decode(frames, editions=finder.editions())
        assert decoded.records[21] == records
        assert decoded.rejects.num_rows == 0

    def test_what_no_edition_fits_is_said(self, shared_data):
        finder, _ = self.found(shared_data / "asterix" / "croatia" / "asterix.pcap")
        (one,) = finder.found()
        assert one.basis == "none fits"
        assert one.why.startswith("NO EDITION FITS: 87 of 100 blocks fail")


class TestSources:
    """One feed, stations that speak different editions."""

    old = blocks_of(21, "0.23", count=60, source=(1, 1))
    new = blocks_of(21, "2.1", count=80, source=(1, 2))
    mixed = [block for pair in zip(old, new, strict=False) for block in pair] + new[60:]

    def test_each_source_gets_its_own_edition(self):
        finder = found_in(*self.mixed)
        chosen = {(one.sac, one.sic): (one.edition, one.blocks) for one in finder.found()}
        assert chosen == {(1, 1): ("0.23", 60), (1, 2): ("2.1", 80)}
        assert finder.editions() == {21: "2.1", (21, 1, 1): "0.23"}

    def test_the_mixed_feed_decodes_as_each_does_alone(self):
        mixed = asterix.decode(frames_of(*self.mixed), editions=found_in(*self.mixed).editions())
        assert mixed.octets_rejected == 0
        for blocks, edition in ((self.old, "0.23"), (self.new, "2.1")):
            alone = asterix.decode(frames_of(*blocks), editions={21: edition})
            places = ["frame", "t_heard", "record", "offset"]
            assert (
                mixed.tables[21, edition]
                .drop_columns(places)
                .equals(alone.tables[21, edition].drop_columns(places))
            )

    def test_several_blocks_of_several_sources_in_one_datagram(self):
        decoded = asterix.decode(
            frames_of(b"".join(self.mixed)), editions={21: "2.1", (21, 1, 1): "0.23"}
        )
        assert decoded.octets_rejected == 0
        rows = {key: table.num_rows for key, table in decoded.tables.items()}
        assert rows == {(21, "0.23"): 60, (21, "2.1"): 80}
        offsets = sorted(
            offset for table in decoded.tables.values() for offset in table["offset"].to_pylist()
        )
        assert all(a < b for a, b in pairwise(offsets))

    def test_what_is_given_is_not_questioned(self):
        finder = found_in(*self.mixed, given={(21, 1, 1): "0.26"})
        first, second = finder.found()
        assert (first.edition, first.basis, first.why) == ("0.26", "given", "given")
        assert (second.edition, second.basis) == ("2.1", "structure")

    def test_a_wrong_edition_for_a_source_is_an_error(self):
        with pytest.raises(UsageError, match=r"no edition '9.9' of ASTERIX category 021"):
            asterix.decode(frames_of(*self.old), editions={(21, 1, 1): "9.9"})


class TestTies:
    """Editions that end every block alike."""

    @pytest.mark.parametrize(("code", "without"), [(33, 1), (36, 4), (37, 5)])
    def test_a_code_that_older_editions_do_not_define(self, code, without):
        """I048/030 grew: codes 32 to 34 came with 1.28, 35 and 36 with 1.31, 37 with 1.32."""
        row = {"i010_sac": 1, "i010_sic": 1, "i030": [code]}
        (one,) = found_in(*[asterix.encode(48, [row])] * 3).found()
        editions = asterix.editions()[48]
        assert [one.implausible[edition] for edition in editions] == [3] * without + [0] * (
            6 - without
        )
        assert one.edition == "1.32"
        assert one.also == tuple(reversed(editions[without:-1]))

    def test_a_bit_that_only_one_leaves_spare(self):
        """I048/020 got ADSB EP and VAL, in what was spare before."""
        row = {"i010_sac": 1, "i010_sic": 1, "i020_typ": 5, "i020_adsb_ep": 1, "i020_adsb_val": 1}
        (one,) = found_in(*[asterix.encode(48, [row], edition="1.32")] * 3).found()
        assert one.edition == "1.32"
        older = {e: one.failing[e] + one.implausible.get(e, 0) for e in ("1.27", one.edition)}
        assert older["1.27"] > older[one.edition] == 0

    def test_what_cannot_be_told_apart_is_named(self):
        row = {"i010_sac": 1, "i010_sic": 1, "i140_s": 100.0}
        (one,) = found_in(asterix.encode(48, [row])).found()
        assert one.basis == "newest"
        assert one.edition == "1.32"
        assert one.also == ("1.31", "1.30", "1.29", "1.28", "1.27")
        assert "fit as well on these octets" in one.why

    def test_a_latitude_beyond_the_pole_speaks_against_an_edition(self):
        row = {"i010_sac": 1, "i010_sic": 1, "i105_lat_deg": 100.0, "i105_lon_deg": 0.0}
        (one,) = found_in(asterix.encode(62, [row])).found()
        assert set(one.implausible.values()) == {1}


def test_a_record_without_source_is_read_in_its_category_s_edition():
    block = asterix.encode(48, [{"i140_s": 1.0}])
    finder = found_in(block)
    (one,) = finder.found()
    assert (one.sac, one.sic, one.key) == (None, None, 48)


def test_sources_are_told_by_the_first_record_of_a_block_whatever_the_length_of_its_fspec():
    short = asterix.encode(48, [{"i010_sac": 7, "i010_sic": 9}])
    longer = asterix.encode(48, [{"i010_sac": 7, "i010_sic": 9, "i260": 5}])
    ghost = bytes([48, 0, 4, 0x80])  # names a source and ends
    finder = found_in(short, longer, ghost)
    assert {(one.sac, one.sic): one.blocks for one in finder.found()} == {
        (7, 9): 2,
        (None, None): 1,
    }
