"""The plan view's addresses: a page, one JSON document, and maps as bytes."""

from __future__ import annotations

import gzip
import json
import threading
from collections.abc import Callable
from typing import Final

from fastapi import FastAPI, HTTPException, Request, Response
from fastapi.responses import FileResponse

from airshield.serve.plan_view import (
    PlanView,
    encode_layer,
    encode_lowest,
    encode_territory,
    plan_document,
)

_OCTETS: Final = "application/octet-stream"
_LEVEL: Final = 4
"""Of gzip: half the time of the usual 6 for 5 % more octets, on layers of a million cells."""


class PlanDoor:
    """The documents of a plan, each packed when first asked for and kept packed."""

    def __init__(self, view: PlanView) -> None:
        self._view = view
        self._packed: dict[str, bytes] = {}
        # One at a time: several asking for the same map at once must not make it several times.
        self._lock = threading.Lock()

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

            return self._answer(request, "plan", make, kind="application/json")

        @app.get("/api/plan/territory", response_class=Response)
        def get_territory(request: Request) -> Response:
            """Territory, people and ground, as bytes (docs/api-plan.md)."""
            return self._answer(request, "territory", lambda: encode_territory(view))

        @app.get("/api/plan/layers/{layer}", response_class=Response)
        def get_layer(request: Request, layer: int) -> Response:
            """What each radar sees in a layer, as bytes (docs/api-plan.md)."""
            if not 0 <= layer < len(view.layers):
                raise HTTPException(404, f"no layer {layer}; there are {len(view.layers)}, from 0")
            return self._answer(request, f"layer {layer}", lambda: encode_layer(view, layer))

        @app.get("/api/plan/lowest/{radar}", response_class=Response)
        def get_lowest(request: Request, radar: int) -> Response:
            """The lowest altitude that a radar sees down to, as bytes (docs/api-plan.md)."""
            if not 0 <= radar < len(view.radars):
                raise HTTPException(404, f"no radar {radar}; there are {len(view.radars)}, from 0")
            if view.lowest_m is None or view.radars[radar].name not in view.lowest_m:
                raise HTTPException(404, "the plan holds no lowest altitudes for this radar")
            return self._answer(request, f"lowest {radar}", lambda: encode_lowest(view, radar))

    def _answer(
        self, request: Request, key: str, make: Callable[[], bytes], *, kind: str = _OCTETS
    ) -> Response:
        with self._lock:
            packed = self._packed.get(key)
            if packed is None:
                packed = self._packed[key] = gzip.compress(make(), _LEVEL, mtime=0)
        headers = {"Vary": "Accept-Encoding"}
        if takes_gzip(request.headers.get("accept-encoding", "")):
            return Response(
                packed, media_type=kind, headers={**headers, "Content-Encoding": "gzip"}
            )
        return Response(gzip.decompress(packed), media_type=kind, headers=headers)


def takes_gzip(accepted: str) -> bool:
    """Whether an Accept-Encoding header allows gzip (RFC 9110, 12.5.3).

    Examples
    --------
    >>> takes_gzip("br;q=1.0, gzip;q=0.8"), takes_gzip("gzip;q=0, *"), takes_gzip("")
    (True, False, False)
    """
    weights: dict[str, float] = {}
    for one in accepted.split(","):
        name, _, quality = one.partition(";")
        _, _, figure = quality.partition("=")
        try:
            weights[name.strip().lower()] = float(figure) if figure.strip() else 1.0
        except ValueError:
            weights[name.strip().lower()] = 0.0
    return weights.get("gzip", weights.get("*", 0.0)) > 0.0
