"""The chapter of endurance: can it be kept up, for how long, and what fails first.

Comes in: the document of ``airshield sustain --json``, and the territory whose border its map
draws. Goes out: a :class:`~airshield.report.Chapter`. It computes nothing that planning has not:
where it says more than the document, it is by comparing two of its figures.

**Three fleets.** What a station takes is told three times, always: by the closed formula, for 95 %
of the hours on average, and for 95 % in the worst 5 % of runs. A plan that has enough for one of
the first two and not for the third is *sized on means*, and a sentence says so.

**Days** are counted from 0. Cover, stock and what arrives are rounded down; what is needed, used,
lost and paid is rounded up. Means of states (aircraft in repair) are to the nearest tenth.

**The map** (``report.maps``) has stations, bases, places of supply and the ways between them, as
wide as what they carry; ways whose loss costs most have the number of their row in the table.

Left out: every run by itself (the document has means and the fifth and 95th of a hundred).
"""

from airshield.report.sustain.chapter import sustain_chapter

__all__ = ["sustain_chapter"]
