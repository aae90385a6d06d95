"""The answers of a survey for any of its radars."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from airshield.errors import UsageError
from airshield.plan.coverage.coalitions.covered import CoverPart
from airshield.plan.coverage.coalitions.warned import WarningPart
from airshield.plan.coverage.survey import Answer, Survey

_MOST_KEPT: Final = 1 << 17
"""Answers of so many subsets are kept: some hundreds of megabytes with a dozen requirements."""


class CoverGame:
    """What each subset of the radars of a survey is worth.

    Parameters
    ----------
    found : Survey
        Of all radars that any subset may have, with what was asked of them.
    threads : int
        Sites are shared among so many where subsets ask something of warning for the first time.

    Attributes
    ----------
    radars : tuple of str
        All of them.

    Notes
    -----
    Answers are those of a survey of these radars alone, up to the rounding of sums. Threads may
    ask at once.
    """

    def __init__(self, found: Survey, *, threads: int = 1) -> None:
        self.radars = tuple(cells.radar.name for cells in found.radars)
        self._contributors = found.task.contributors()
        self._parts: list[CoverPart | WarningPart] = [
            *(
                CoverPart(asked, groups, cell_m2=found.grid.cell_m2)
                for asked, groups in zip(found.asked, found.asked_groups, strict=True)
            ),
            *(WarningPart(asked, found, threads=threads) for asked in found.warned),
        ]
        self._kept: dict[frozenset[str], tuple[Answer, ...]] = {}

    def radars_of(self, contributors: Collection[str]) -> tuple[str, ...]:
        """All radars that some contributors bring, in the survey's order."""
        return tuple(name for name in self.radars if self._contributors[name] in contributors)

    def answers(self, radars: Collection[str]) -> tuple[Answer, ...]:
        """Answer everything asked, with these radars only.

        Parameters
        ----------
        radars : collection of str

        Returns
        -------
        tuple of Answer
            In the order of the survey's.

        Raises
        ------
        UsageError
            A radar that was not surveyed.
        """
        chosen = frozenset(radars)
        found = self._kept.get(chosen)
        if found is None:
            if unknown := sorted(chosen.difference(self.radars)):
                raise UsageError(
                    f"no radar {unknown[0]!r} in this survey: {', '.join(self.radars)}; survey it "
                    "with them"
                )
            active = [name for name in self.radars if name in chosen]
            found = tuple(part.answer(active) for part in self._parts)
            if len(self._kept) >= _MOST_KEPT:
                self._kept.clear()
            self._kept[chosen] = found
        return found
