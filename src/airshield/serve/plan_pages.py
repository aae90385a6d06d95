"""A plan's pages, whichever there are, and the ways between them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from fastapi import FastAPI, Response
from fastapi.responses import FileResponse, RedirectResponse

from airshield.serve.plan_door import PlanDoor
from airshield.serve.plan_view import PlanView
from airshield.serve.study_door import StudyDoor

STATIC: Final = Path(__file__).parent / "static"
_PLAN_PAGE: Final = str(STATIC / "plan.html")


class PlanPages:
    """Whichever there are: what the radars see, whether it lasts, on whom it depends.

    Parameters
    ----------
    cover : PlanView or None
        What the radars can see.
    sustain, depend : mapping or None
        Documents of the two studies.

    Attributes
    ----------
    names : tuple of str
        Of the pages that there are, in this order: ``cover``, ``sustain``, ``depend``.

    Raises
    ------
    UsageError
        A document lacks a key, or holds what is no number.
    """

    def __init__(
        self,
        cover: PlanView | None,
        *,
        sustain: Mapping[str, Any] | None,
        depend: Mapping[str, Any] | None,
    ) -> None:
        self._cover = None if cover is None else PlanDoor(cover)
        studies = {"sustain": sustain, "depend": depend}
        self._studies = {
            name: StudyDoor(name, document)
            for name, document in studies.items()
            if document is not None
        }
        self.names = (*(() if cover is None else ("cover",)), *self._studies)

    def open(self, name: str) -> Response:
        """The page of this name, to who asked at ``/`` or at ``/plan``."""
        if name == "cover":
            return FileResponse(_PLAN_PAGE)
        return RedirectResponse(f"plan/{name}")

    def add_to(self, app: FastAPI, *, has_watch: bool) -> None:
        """Give an application the addresses of all."""
        if self._cover is not None:
            self._cover.add_to(app, page=_PLAN_PAGE, has_watch=has_watch)
        elif self.names:

            @app.get("/plan", include_in_schema=False)
            async def to_first_page() -> Response:
                return self.open(self.names[0])

        for name, door in self._studies.items():
            door.add_to(app, page=str(STATIC / f"{name}.html"))
        if self.names:

            @app.get("/api/plan/pages")
            async def get_pages() -> dict[str, Any]:
                """Which pages the plan has, and whether a watch runs beside it."""
                return {"pages": self.names, "has_watch": has_watch}
