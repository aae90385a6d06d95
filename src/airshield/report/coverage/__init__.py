"""The chapter of cover: what the radars see, what each is worth, and whether it is enough.

Comes in: the shield, its :class:`~airshield.plan.coverage.survey.Survey`, and the requirements of
cover that were answered. Goes out: a :class:`~airshield.report.Chapter`.

**Outside enablers** are contributors of that kind. Everything that a plan stands on is told with
them and without them, because whether a shield stands up without them is what its readers ask
first: requirements are answered again with their radars gone, and maps stand side by side.

**Heights that matter** are those of the requirements; where nothing is asked for, 300 m above
ground, or the layer nearest to it, for each class of target.

Left out: what is not surveyed. Warning minutes are there when the shield asks for them.
"""

from airshield.report.coverage.chapter import cover_chapter

__all__ = ["cover_chapter"]
