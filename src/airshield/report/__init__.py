"""The report: what a plan comes to, for people who decide and do not run programs.

Comes in: results of planning as they are (the shield, a survey of its cover, the documents of
``sustain`` and ``depend``). Goes out: a :class:`Report` of chapters, as one self-contained HTML
page (:func:`page_of`) and as one document (:func:`document_of`), and maps as pictures
(``report.maps``).

**A chapter** answers one question of the shield: its *answer* in a paragraph of plain words, then
tables and maps that carry it, then what it rests on. There are those of cover
(``report.coverage``), of endurance (``report.sustain``) and of dependence (``report.depend``);
another needs only a function that makes a :class:`Chapter` of its results, and its line in
``cli.report``. What they share is in ``figures`` (words), ``charts`` (lines over days, bars) and
``parts`` (intervals, sources).

**The page** asks for nothing: styles, maps and tables are inside it, no script runs, and no other
address is named but those of sources, for a person to follow. It reads on a screen in light and
dark, on paper, and aloud: tables have captions and headers, maps have words, no meaning is in a
colour alone. On paper every sheet has the plan's digest at its foot: a browser makes the PDF
(docs/adr/0013).

**Rounding.** What is seen, reached or lasts is rounded down; what is lost, needed or paid is
rounded up, so that no figure looks better than it is. Unknown is a word, or hatched, never a zero.
Every page, map and file says that it is a planning estimate.

**Time.** The date on the page comes from the caller's clock; the same plan on the same day makes
the same page.

Left out: what a plan should be (a person decides), and languages other than English.
"""

from airshield.report.chapters import Chapter, Report, Section, document_of
from airshield.report.page import page_of

__all__ = ["Chapter", "Report", "Section", "document_of", "page_of"]
