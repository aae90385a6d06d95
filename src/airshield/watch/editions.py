"""Which ASTERIX editions the sensors of live feeds speak, found from what they send.

A recording is looked through before it is read. A feed cannot be: so its blocks are looked at on
their way to the journal, and what is found is noted there in front of the frames that show it. The
choice of a source is made anew when it has sent 1, 8, 64 ... blocks; the first already tells
editions apart whose blocks end in different places. A source that no edition fits changes nothing:
it is read as it was, and the log says so. The chain reads on in the editions that the
journal tells, so a replay of the journal reads what the watch read.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Final

import pyarrow as pa

from airshield.read.asterix import EditionFinder, FoundEdition, editions_of
from airshield.read.reader import EditionKey, Editions, Options
from airshield.watch.notes import Spoken

_log = logging.getLogger(__name__)

STEP: Final = 8
"""A source's edition is chosen anew when it has sent so many times more blocks."""

CHOICES_MAX: Final = 4
"""Choices in one batch, of some 10 to 60 ms each: the journal waits meanwhile."""

CALM_EVERY: Final = 8
"""A feed whose sources are all known well is looked at only in one batch of so many, for sources
that it did not have before."""


class LiveEditions:
    """Listens to ASTERIX feeds and says when a source speaks another edition than was thought.

    Parameters
    ----------
    spoken : mapping of str to Spoken
        What each ASTERIX feed speaks, as far as is known when it begins.
    given : mapping of category, or of (category, SAC, SIC), to edition
        What somebody knows; it is not questioned.
    """

    def __init__(self, spoken: Mapping[str, Spoken], given: Editions) -> None:
        self._feeds = {source: _Feed(source, one, given) for source, one in spoken.items()}

    def hear(self, batches: Iterable[pa.Table]) -> list[tuple[str, Spoken]]:
        """Look at FRAME tables of one source each; return what is to be declared before them."""
        told = []
        for frames in batches:
            feed = self._feeds.get(str(frames["source"][0].as_py())) if frames.num_rows else None
            if feed is not None and (spoken := feed.hear(frames)) is not None:
                told.append((feed.source, spoken))
        return told


class _Feed:
    def __init__(self, source: str, spoken: Spoken, given: Editions) -> None:
        self.source = source
        self._spoken = spoken
        self._before = dict(spoken.editions)
        self._given: dict[EditionKey, str] = dict(given.items())
        self._finder = EditionFinder(self._given)
        self._due: dict[tuple[int, int], int] = {}
        self._found: dict[tuple[int, int], FoundEdition] = {}
        self._calm = 0

    def hear(self, frames: pa.Table) -> Spoken | None:
        """Look at frames of this feed; return what it speaks if that is news."""
        if self._calm > 0:
            self._calm -= 1
            return None
        self._finder.look(frames)
        if not self._finder.is_curious:
            self._calm = CALM_EVERY - 1
        blocks = self._finder.blocks()
        due = [key for key, count in blocks.items() if count >= self._due.get(key, 1)]
        for key in due[:CHOICES_MAX]:
            while blocks[key] >= self._due.setdefault(key, 1):
                self._due[key] *= STEP
            self._take(key, self._finder.choose(*key))
        spoken = replace(self._spoken, editions=self._editions())
        if spoken == self._spoken:
            return None
        self._spoken = spoken
        return spoken

    def _take(self, key: tuple[int, int], found: FoundEdition) -> None:
        if found.basis == "none fits" and found.blocks < STEP:
            return  # one damaged block says nothing
        before = self._found.get(key)
        self._found[key] = found
        if before is not None and (before.edition, before.basis) == (found.edition, found.basis):
            return
        who = "a source" if found.sac is None else f"{found.sac}/{found.sic}"
        level = logging.WARNING if found.basis == "none fits" else logging.INFO
        text = "%s: CAT%03d from %s is read in edition %s (%s)"
        _log.log(level, text, self.source, found.category, who, found.edition, found.why)

    def _editions(self) -> tuple[tuple[EditionKey, str], ...]:
        """Say all editions that are not simply the newest, as a note does."""
        heard = {one.category for one in self._found.values() if one.basis != "none fits"}
        kept = {
            key: edition
            for key, edition in self._before.items()
            if (key if isinstance(key, int) else key[0]) not in heard
        }
        found = [one for one in self._found.values() if one.basis not in ("given", "none fits")]
        editions = {**kept, **editions_of(found, {})}
        return Spoken.of(Options(editions=editions), self._spoken.format).editions
