"""Editions that live feeds speak, found on the way to the journal."""

import logging
import socket
import threading

import pyarrow as pa
import pytest

from airshield import tables
from airshield.config import load_shield
from airshield.read import UdpSource, asterix
from airshield.read.asterix.finding import SOURCES_MAX
from airshield.rehearse import bundled_shield
from airshield.store import read_journal
from airshield.watch import Watch, watch_live
from airshield.watch.editions import CALM_EVERY, LiveEditions
from airshield.watch.notes import ASTERIX, Spoken, is_note, read_notes

FEED = "udp://127.0.0.1:1"
PLACE = {"i130_lat_deg": 41.3, "i130_lon_deg": 2.1}


def block(edition, sic, *, number=0):
    """An ADS-B block that ends where it should only with its own edition, or ones alike."""
    if edition == "0.23":
        row = {"i010_sac": 1, "i010_sic": sic, "i080": 0x400000 + number, "i030_s": 100.0 + number}
    else:
        row = {"i010_sac": 1, "i010_sic": sic, "i080": 0x400000 + number, "i073_s": 100.0 + number}
    return asterix.encode(21, [row | PLACE], edition=edition)


def frames(*blocks, source=FEED):
    return tables.make_table(
        tables.FRAME,
        {
            "frame": list(range(len(blocks))),
            "source": [source] * len(blocks),
            "offset": [0] * len(blocks),
            "octets": list(blocks),
        },
        rows=len(blocks),
    )


def listener(*, given=None, spoken=ASTERIX):
    return LiveEditions({FEED: spoken}, given or {})


def editions_told(told):
    ((source, spoken),) = told
    assert source == FEED
    return dict(spoken.editions)


def test_the_first_block_already_tells_an_old_edition():
    assert editions_told(listener().hear([frames(block("0.23", 1))])) == {21: "0.23"}


def test_the_newest_edition_needs_no_note():
    newest = asterix.editions()[21][-1]
    assert listener().hear([frames(block(newest, 1))] * 20) == []


def test_nothing_is_told_twice():
    live = listener()
    assert live.hear([frames(block("0.23", 1))])
    assert [live.hear([frames(block("0.23", 1, number=n))]) for n in range(200)] == [[]] * 200


def test_a_source_that_speaks_another_edition_is_told_when_it_comes():
    live = listener()
    live.hear([frames(*[block("0.23", 1, number=n) for n in range(5)])])
    newest = asterix.editions()[21][-1]
    told = live.hear([frames(block(newest, 2))])
    assert editions_told(told) == {21: "0.23", (21, 1, 2): newest}


def test_one_damaged_block_is_made_good_by_the_next_ones():
    newest = asterix.editions()[21][-1]
    live = listener()
    live.hear([frames(block("0.23", 1))])
    told = live.hear([frames(*[block(newest, 1, number=n) for n in range(8)])])
    assert editions_told(told) == {}


def test_what_is_given_is_not_questioned_and_not_told():
    live = listener(given={21: "0.26"})
    assert live.hear([frames(*[block("0.23", 1)] * 10)]) == []


def test_what_the_journal_knew_holds_until_the_category_is_heard():
    before = Spoken(editions=((21, "0.23"), (62, "1.16")))
    live = listener(spoken=before)
    newest = asterix.editions()[21][-1]
    assert editions_told(live.hear([frames(block(newest, 1))])) == {62: "1.16"}


def test_a_calm_feed_is_still_looked_at_now_and_then():
    surface = asterix.encode(10, [{"i010_sac": 1, "i010_sic": 9}])
    live = listener()
    assert live.hear([frames(surface)]) == []
    told = [live.hear([frames(block("0.23", 1))]) for _ in range(CALM_EVERY)]
    assert sum(map(bool, told)) == 1


def test_other_feeds_and_empty_batches_are_passed_over():
    live = listener()
    assert live.hear([frames(), frames(block("0.23", 1), source="tcp://other")]) == []


def test_that_no_edition_fits_is_a_warning(caplog):
    broken = bytes([21, 0, 9]) + bytes([0xFF] * 6)
    with caplog.at_level(logging.INFO, "airshield.watch"):
        listener().hear([frames(*[broken] * 20)])
    (record,) = caplog.records
    assert record.levelno == logging.WARNING
    assert "NO EDITION FITS" in record.getMessage()


def test_noise_neither_changes_what_is_read_nor_makes_work_without_end(caplog):
    live = listener()
    live.hear([frames(block("0.23", 1))])
    noise = [bytes([21, 0, 9, 0x80, number >> 8, number & 255, 1, 1, 1]) for number in range(2000)]
    with caplog.at_level(logging.INFO, "airshield.watch"):
        for first in range(0, 2000, 20):
            assert live.hear([frames(*noise[first : first + 20])]) == []
    assert caplog.records == []
    assert len(live._feeds[FEED]._finder.blocks()) == SOURCES_MAX


@pytest.fixture(scope="module")
def shield():
    return load_shield(bundled_shield("tiny"))


def watched(shield, folder, blocks, *, port=0):
    """Send blocks to a live watch; return its summary and the port it had."""
    watch = Watch(shield, folder=folder)
    stop = threading.Event()
    with (
        UdpSource("127.0.0.1", port) as source,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as radio,
    ):
        ear = threading.Thread(target=watch_live, args=(watch, [source]), kwargs={"stop": stop})
        ear.start()
        for one in blocks:
            radio.sendto(one, ("127.0.0.1", source.port))
        while source.datagrams < len(blocks):
            stop.wait(0.01)
        stop.set()
        ear.join(90.0)
        assert not ear.is_alive()
    watch.close()
    return watch.summary(), source.port


def notes_in(folder):
    journal = pa.concat_tables(list(read_journal(folder / "journal")))
    notes = journal.filter(pa.array([is_note(s) for s in journal["source"].to_pylist()]))
    return read_notes(notes)[1]


def test_a_live_feed_of_an_old_edition_is_read_right_without_being_told(shield, tmp_path):
    blocks = [block("0.23", 1, number=n) for n in range(50)]
    summary, port = watched(shield, tmp_path, blocks)
    assert summary["reports"] == 50
    assert summary["rejects"] == 0
    ((frame, _, spoken),) = notes_in(tmp_path)
    assert frame == 0
    assert dict(spoken.editions) == {21: "0.23"}
    # The next watch on this folder knows it from the journal.
    summary, _ = watched(shield, tmp_path, blocks, port=port)
    assert summary["reports"] == 100
    assert len(notes_in(tmp_path)) == 1
