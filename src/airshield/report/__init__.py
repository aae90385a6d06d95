"""The report: what a plan comes to, for people who decide and do not run programs.

Comes in: results of planning as they are (the shield, a survey of its cover). Goes out: a
:class:`Report` of chapters, as one self-contained HTML page (:func:`page_of`) and as one document
(:func:`document_of`), and maps as pictures (``report.maps``).

**A chapter** answers one question of the shield: its *answer* in a paragraph of plain words, then
tables and maps that carry it, then what it rests on. There is one of cover (``report.coverage``);
another needs only a function that makes a :class:`Chapter` of its results, and its line in
``cli.report``.

**The page** asks for nothing: styles, maps and tables are inside it, no script runs, no other
address is named. It reads on a screen in light and dark, on paper, and aloud: tables have captions
and headers, maps have words, no meaning is in a colour alone.

**Rounding.** What is seen is rounded down and what is lost is rounded up, so that no figure looks
better than it is. Every page, map and file says that it is a planning estimate.

**Time.** The date on the page comes from the caller's clock; the same plan on the same day makes
the same page.

Left out: what a plan should be (a person decides), and languages other than English.
"""

from airshield.report.chapters import Chapter, Report, Section, document_of
from airshield.report.page import page_of

__all__ = ["Chapter", "Report", "Section", "document_of", "page_of"]
