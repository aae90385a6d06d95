"""A report and its chapters, before they are a page."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from airshield.report.html import Markup

WORST_FIRST: Final = ("fails", "unknown", "holds", "nothing asked")
"""What a plan comes to is what its worst requirement comes to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A part of a chapter with a heading of its own; ``name`` is its anchor in the page."""

    name: str
    title: str
    body: Markup = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Chapter:
    """What one kind of planning has found.

    Attributes
    ----------
    name : str
        Its anchor in the page and its key in the document.
    title : str
    verdict : str
        One of ``WORST_FIRST``.
    answer : tuple of str
        Sentences in plain words: what holds, what fails, by how much, on whom it hangs.
    sections : tuple of Section
    document : dict
        The same as data, for ``--json``.
    """

    name: str
    title: str
    verdict: str
    answer: tuple[str, ...]
    sections: tuple[Section, ...]
    document: dict[str, Any] = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A shield's report.

    Attributes
    ----------
    shield, about : str
        The shield's name, and what it says about itself.
    digest : str
        Of the plan's texts.
    version : str
        Of the program.
    made : datetime
        When, with its zone; from the caller's clock.
    chapters : tuple of Chapter
    """

    shield: str
    about: str
    digest: str
    version: str
    made: datetime
    chapters: tuple[Chapter, ...]

    @property
    def verdict(self) -> str:
        """What the worst chapter comes to."""
        return min((one.verdict for one in self.chapters), key=WORST_FIRST.index)


def document_of(report: Report) -> dict[str, Any]:
    """Make the document that ``report --json`` prints."""
    return {
        "shield": report.shield,
        "digest": report.digest,
        "version": report.version,
        "made": report.made.isoformat(timespec="seconds"),
        "kind": "planning estimate",
        "holds": report.verdict,
        "chapters": {
            one.name: {
                "title": one.title,
                "holds": one.verdict,
                "answer": list(one.answer),
                **one.document,
            }
            for one in report.chapters
        },
    }
