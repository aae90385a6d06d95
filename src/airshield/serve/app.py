"""The application: routes, the stream, and the headers that keep a browser honest."""

from __future__ import annotations

import asyncio
import json
import secrets
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated, Any, Final, Literal
from urllib.parse import urlsplit

from fastapi import FastAPI, Query, Request, Response, WebSocket
from fastapi.responses import FileResponse, JSONResponse
from starlette.datastructures import Headers, MutableHeaders
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from airshield import __version__
from airshield.config import Shield
from airshield.errors import UsageError
from airshield.picture import Picture, encode_trails, frame_as_json, trails_as_json
from airshield.read.spotter import json_schema
from airshield.serve.hub import KEY_S, STATUS_S, Format, Hub
from airshield.serve.plan_pages import STATIC, PlanPages
from airshield.serve.plan_view import PlanView
from airshield.serve.shield_view import shield_view
from airshield.serve.spotter import REPORT_OCTETS_MAX, RefusedReportError, SpotterDoor

POLICY: Final = (
    "default-src 'self'; worker-src 'self' blob:; img-src 'self' data: blob:; object-src 'none'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
"""Content security policy: ``blob:`` for the map engine's worker, nothing from elsewhere."""

LOOPBACK_NAMES: Final = frozenset({"localhost", "127.0.0.1", "[::1]"})

MOST_TRAIL_POINTS: Final = 60_000
"""Trail points sent to one page at once, about 2 MB; beyond it trails are thinned."""

_POLICY_VIOLATION: Final = 1008
"""WebSocket close code (RFC 6455, 7.4.1)."""


def create_app(
    picture: Picture,
    shield: Shield,
    *,
    names: Iterable[str] | None = None,
    spotters: SpotterDoor | None = None,
    plan: PlanView | None = None,
    sustain: Mapping[str, Any] | None = None,
    depend: Mapping[str, Any] | None = None,
) -> FastAPI:
    """Make the web application over a picture and a shield.

    Parameters
    ----------
    picture : Picture
        Fed by the watch, from any thread.
    shield : Shield
        What to draw under it.
    names : iterable of str, optional
        Host names that requests may be addressed to, without port; None allows any.
        :class:`Server` narrows it to loopback names when it listens there.
    spotters : SpotterDoor, optional
        Where reports of spotters go in; without it there is no ``/api/spotter``.
    plan : PlanView, optional
        What the shield's radars can see; without it there is no ``/plan``.
    sustain, depend : mapping, optional
        What ``airshield sustain --json`` and ``airshield depend --json`` print; without them there
        is no ``/plan/sustain``, no ``/plan/depend``.

    Returns
    -------
    fastapi.FastAPI
        An ASGI application; :class:`Server` runs it.

    Raises
    ------
    UsageError
        A document lacks a key, or holds what is no number.
    """
    pages = PlanPages(plan, sustain=sustain, depend=depend)
    hub = Hub(picture)
    session = secrets.token_hex(8)
    view = shield_view(shield)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        async with hub.running():
            yield

    app = _bare_app(names, lifespan=lifespan)
    app.state.hub = hub

    @app.get("/", include_in_schema=False)
    async def page() -> FileResponse:
        return FileResponse(STATIC / "index.html")

    @app.get("/api/shield")
    async def get_shield() -> dict[str, Any]:
        """Zones, sites and radars as GeoJSON; contributors; where no radar sees."""
        told = {"version": __version__, "mode": picture.mode, "has_plan": bool(pages.names)}
        return {"session": session, **told, **view}

    @app.get("/api/picture")
    async def get_picture() -> dict[str, Any]:
        """The newest state of every track, as columns; unknown is null."""
        return frame_as_json(picture.snapshot())

    @app.get("/api/trails")
    async def get_trails(
        track: Annotated[int | None, Query(ge=0, description="only this track's")] = None,
        format: Annotated[Literal["binary", "json"], Query()] = "json",
    ) -> Response:
        """Where tracks have been in the last minutes."""
        points = picture.trails(track=track, most=MOST_TRAIL_POINTS)
        if format == "binary":
            return Response(encode_trails(points), media_type="application/octet-stream")
        return JSONResponse(trails_as_json(points))

    @app.get("/api/incidents")
    async def get_incidents() -> dict[str, Any]:
        """Every incident with its newest state, newest first."""
        return {"incidents": _newest(picture, "incident")}

    @app.get("/api/warnings")
    async def get_warnings() -> dict[str, Any]:
        """Every warning with its newest state, newest first."""
        return {"warnings": _newest(picture, "warning")}

    @app.get("/api/alerts")
    async def get_alerts(after: Annotated[int, Query(ge=0)] = 0) -> dict[str, Any]:
        """Every INCIDENT and WARNING row after a number, in order: the stream's, by polling."""
        alerts = [alert.as_json() for alert in picture.alerts_after(after)]
        return {"session": session, "alerts": alerts}

    @app.get("/api/health")
    async def get_health(response: Response) -> dict[str, Any]:
        """How the watch is. Answers 503 when a running watch hears nothing."""
        status = picture.status()
        if status.is_silent:
            response.status_code = 503
        told = {} if spotters is None else {"spotter_reports": dict(spotters.counts)}
        return {**status.as_json(), **told, "clients": hub.clients, "version": __version__}

    if spotters is not None:
        _add_spotters(app, spotters)
    pages.add_to(app, has_watch=True)

    @app.websocket("/api/stream")
    async def stream(
        socket: WebSocket,
        format: Annotated[Format, Query()] = "binary",
        alert: Annotated[int, Query(ge=0)] = 0,
        of: Annotated[str, Query(alias="session")] = "",
    ) -> None:
        origin = socket.headers.get("origin")
        if origin is not None and urlsplit(origin).netloc != socket.headers.get("host"):
            await socket.close(_POLICY_VIOLATION, "foreign origin")
            return
        await socket.accept()
        reader = _Reader(hub, socket, form=format, alert=alert if of == session else 0)
        hello = {"type": "hello", "session": session, "version": __version__}
        hub.clients += 1
        try:
            await reader.run(hello)
        finally:
            hub.clients -= 1

    return app


def create_plan_app(
    plan: PlanView | None = None,
    *,
    sustain: Mapping[str, Any] | None = None,
    depend: Mapping[str, Any] | None = None,
    names: Iterable[str] | None = None,
) -> FastAPI:
    """Make the web application that shows a plan by itself, without a watch.

    Parameters
    ----------
    plan : PlanView, optional
        What the radars can see.
    sustain, depend, names : optional
        As for :func:`create_app`.

    Raises
    ------
    UsageError
        There is nothing to show, or a document lacks a key or holds what is no number.
    """
    pages = PlanPages(plan, sustain=sustain, depend=depend)
    if not pages.names:
        raise UsageError("there is nothing to show; give plan, sustain or depend")
    app = _bare_app(names)

    @app.get("/", include_in_schema=False)
    async def page() -> Response:
        # What was asked last: a study is worked out on top of what stands before it.
        return pages.open(pages.names[-1])

    pages.add_to(app, has_watch=False)
    return app


def _bare_app(names: Iterable[str] | None, *, lifespan: Any = None) -> FastAPI:
    """An application with the guard and the static files, and no documents yet."""
    app = FastAPI(
        title="airshield",
        version=__version__,
        # The stock documentation pages load their scripts from a public server.
        docs_url=None,
        redoc_url=None,
        openapi_url="/api/openapi.json",
        lifespan=lifespan,
    )
    app.state.names = None if names is None else frozenset(names)
    app.add_middleware(_Guard, state=app.state)
    app.mount("/static", _Static(directory=STATIC), name="static")
    return app


def _add_spotters(app: FastAPI, door: SpotterDoor) -> None:
    schema = json_schema()
    definitions = schema.pop("$defs", {})
    inlined = json.loads(
        json.dumps(schema).replace('"#/$defs/', '"#/paths/~1api~1spotter/post/x-defs/')
    )
    refusals = {
        413: "Longer than 64 KiB.",
        415: "Not sent as application/json.",
        422: "No report: the message names the field, what is wrong with it and the remedy.",
        429: "Too many from this address; Retry-After says when to try again.",
        503: "No live watch runs, or its journal cannot be written.",
    }

    @app.post(
        "/api/spotter",
        status_code=202,
        openapi_extra={
            "requestBody": {
                "required": True,
                "content": {"application/json": {"schema": inlined}},
            },
            "x-defs": definitions,
        },
        responses={
            202: {"description": "In the journal, on the disk: ``frame`` is its number there."},
            **{status: {"description": why} for status, why in refusals.items()},
        },
    )
    async def post_spotter(request: Request) -> JSONResponse:
        """Take what a person saw or heard: one report, or an array of them."""
        try:
            door.admit(request.client.host if request.client else "")
            # A page of somebody else's can send text to a loopback address, but not this type.
            kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
            if kind != "application/json":
                why = "send it with the header Content-Type: application/json"
                raise door.refuse(415, why, count="not JSON")
            octets = b""
            async for piece in request.stream():
                octets += piece
                if len(octets) > REPORT_OCTETS_MAX:
                    raise door.refuse_size()
            frame = await asyncio.to_thread(door.take, octets)
        except RefusedReportError as refused:
            wait = {} if refused.retry_s is None else {"Retry-After": str(refused.retry_s)}
            return JSONResponse({"detail": refused.why}, refused.status, headers=wait)
        return JSONResponse({"frame": frame}, 202)


class _Reader:
    """One client of the stream. What it has is all the state there is: no queue can fill."""

    def __init__(self, hub: Hub, socket: WebSocket, *, form: Format, alert: int) -> None:
        self._hub, self._socket, self._form = hub, socket, form
        self._alert = alert
        self._rev = 0
        self._key_at = self._status_at = float("-inf")

    async def run(self, hello: dict[str, Any]) -> None:
        """Send until the client goes."""
        send = asyncio.create_task(self._send(hello))
        gone = asyncio.create_task(self._listen())
        await asyncio.wait({send, gone}, return_when=asyncio.FIRST_COMPLETED)
        if send.done():
            # Sending failed: most likely the client has just gone, and _listen is about to hear it.
            await asyncio.wait({gone}, timeout=1.0)
        has_gone = gone.done()
        for task in (send, gone):
            task.cancel()
        failure, _ = await asyncio.gather(send, gone, return_exceptions=True)
        if isinstance(failure, Exception) and not has_gone:
            raise failure

    async def _listen(self) -> None:
        while (await self._socket.receive())["type"] != "websocket.disconnect":
            pass  # a client has nothing to say yet; reading answers its pings and sees it go

    async def _send(self, hello: dict[str, Any]) -> None:
        await self._send_json(hello)
        clock = asyncio.get_running_loop().time
        await self._hub.next_tick()  # the first picture is not older than the first status
        while True:
            # Each send waits until the client's socket takes it. Whatever happened meanwhile is
            # in the next snapshot, and in the alerts still to come.
            for alert in self._hub.picture.alerts_after(self._alert):
                await self._send_json(alert.as_json())
                self._alert = alert.number
            if clock() - self._status_at >= STATUS_S - 0.05:
                self._status_at = clock()
                await self._send_json(self._hub.picture.status().as_json())
            if clock() - self._key_at >= KEY_S:
                self._key_at, self._rev = clock(), 0
            if self._rev != self._hub.snapshot.rev:
                since, self._rev = self._rev, self._hub.snapshot.rev
                encoded = self._hub.encoded(since=since, form=self._form)
                if isinstance(encoded, bytes):
                    await self._socket.send_bytes(encoded)
                else:
                    await self._socket.send_text(encoded)
            await self._hub.next_tick()

    async def _send_json(self, document: dict[str, Any]) -> None:
        await self._socket.send_text(json.dumps(document, allow_nan=False))


class _Guard:
    """Sets the headers of every answer, and turns away requests addressed to another name."""

    def __init__(self, app: ASGIApp, *, state: Any) -> None:
        self._app, self._state = app, state

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        host = Headers(scope=scope).get("host", "")
        if self._state.names is not None and _name(host) not in self._state.names:
            refusal = JSONResponse({"detail": f"this server is not called {host!r}"}, 421)
            if scope["type"] == "websocket":
                await send({"type": "websocket.close", "code": _POLICY_VIOLATION})
            else:
                await refusal(scope, receive, send)
            return

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers["Content-Security-Policy"] = POLICY
                headers["X-Content-Type-Options"] = "nosniff"
                headers["Referrer-Policy"] = "no-referrer"
                headers["Cache-Control"] = "no-cache"
            await send(message)

        await self._app(scope, receive, send_guarded)


class _Static(StaticFiles):
    """Static files with the types that browsers insist on, whatever the machine's tables say."""

    def file_response(self, full_path: Any, *args: Any, **kwargs: Any) -> Response:
        response = super().file_response(full_path, *args, **kwargs)
        kind = {".mjs": "text/javascript", ".js": "text/javascript", ".woff2": "font/woff2"}
        suffix = Path(full_path).suffix
        if suffix in kind:
            response.headers["Content-Type"] = kind[suffix]
        return response


def _newest(picture: Picture, table: Literal["incident", "warning"]) -> list[dict[str, Any]]:
    """Newest row per affair, with the time it began, newest first."""
    affairs: dict[int, dict[str, Any]] = {}
    for alert in picture.alerts_after(0):
        if alert.table == table:
            began = affairs.get(alert.row[table], {}).get("t_began", alert.row["t"])
            affairs[alert.row[table]] = {**alert.row, "t_began": began, "number": alert.number}
    return sorted(affairs.values(), key=lambda row: -row["number"])


def _name(host: str) -> str:
    """Host header without its port: 'localhost:8080' is 'localhost', '[::1]:80' is '[::1]'."""
    if host.startswith("["):
        return host.partition("]")[0] + "]"
    return host.partition(":")[0]
