"""The chapter of dependence: what becomes of the shield without each of those who carry it.

Comes in: the document of ``airshield depend --json``. Goes out: a
:class:`~airshield.report.Chapter`. First of all stands the table that its readers look for: every
requirement with everybody and without the outside enablers. It computes nothing that planning has
not: where it says more than the document, it is by comparing two of its figures.

**Loss and share** are told beside each other, because neither is enough. What one loses without
somebody whom others can replace is nothing, though he may bring most; somebody who is worth nothing
by himself may carry everything. Where figures say so a sentence does.

**All requirements together** are counted: so many of so many hold. Losses are rounded up, what is
reached is rounded down, Shapley's shares, which add up to the whole, are to the nearest tenth.

Left out: the coalitions one by one (they are a page of their own, and in ``depend --json``).
"""

from airshield.report.depend.chapter import depend_chapter

__all__ = ["depend_chapter"]
