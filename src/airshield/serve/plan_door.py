"""The plan view's addresses: a page, one JSON document, and maps as bytes."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Final

from fastapi import FastAPI, HTTPException, Request, Response
from fastapi.responses import FileResponse

from airshield.serve.packing import Shelf
from airshield.serve.plan_view import (
    PlanView,
    encode_layer,
    encode_lowest,
    encode_territory,
    plan_document,
)

_OCTETS: Final = "application/octet-stream"


class PlanDoor:
    """The documents of a plan's cover."""

    def __init__(self, view: PlanView) -> None:
        self._view = view
        self._shelf = Shelf()

    def add_to(self, app: FastAPI, *, page: str, has_watch: bool) -> None:
        """Give an application the plan's addresses.

        Parameters
        ----------
        app : fastapi.FastAPI
            To be given them.
        page : str
            Path of the page's file.
        has_watch : bool
            Whether the application shows a watch at ``/``.
        """
        view = self._view

        @app.get("/plan", include_in_schema=False)
        async def get_page() -> FileResponse:
            return FileResponse(page)

        # Plain functions: they run in a thread, where packing a million cells stops nobody.
        @app.get("/api/plan")
        def get_plan(request: Request) -> Response:
            """The plan without its maps: radars, contributors, layers, sites, roses, answers."""

            def make() -> bytes:
                document = plan_document(view, has_watch=has_watch)
                return json.dumps(document, allow_nan=False).encode()

            return self._shelf.answer(request, "plan", make, kind="application/json")

        @app.get("/api/plan/territory", response_class=Response)
        def get_territory(request: Request) -> Response:
            """Territory, people and ground, as bytes (docs/api-plan.md)."""
            return self._bytes(request, "territory", lambda: encode_territory(view))

        @app.get("/api/plan/layers/{layer}", response_class=Response)
        def get_layer(request: Request, layer: int) -> Response:
            """What each radar sees in a layer, as bytes (docs/api-plan.md)."""
            if not 0 <= layer < len(view.layers):
                raise HTTPException(404, f"no layer {layer}; there are {len(view.layers)}, from 0")
            return self._bytes(request, f"layer {layer}", lambda: encode_layer(view, layer))

        @app.get("/api/plan/lowest/{radar}", response_class=Response)
        def get_lowest(request: Request, radar: int) -> Response:
            """The lowest altitude that a radar sees down to, as bytes (docs/api-plan.md)."""
            if not 0 <= radar < len(view.radars):
                raise HTTPException(404, f"no radar {radar}; there are {len(view.radars)}, from 0")
            if view.lowest_m is None or view.radars[radar].name not in view.lowest_m:
                raise HTTPException(404, "the plan holds no lowest altitudes for this radar")
            return self._bytes(request, f"lowest {radar}", lambda: encode_lowest(view, radar))

    def _bytes(self, request: Request, key: str, make: Callable[[], bytes]) -> Response:
        return self._shelf.answer(request, key, make, kind=_OCTETS)
