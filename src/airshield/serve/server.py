"""Running the application: in a thread beside the watch, or in front."""

from __future__ import annotations

import errno
import logging
import socket
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Final, Self

import uvicorn
from fastapi import FastAPI

from airshield.errors import FeedError
from airshield.serve.app import LOOPBACK_NAMES

_log = logging.getLogger(__name__)

_PATIENCE_S: Final = 2
"""How long open connections may take to end when the server stops [s]."""


class Server:
    """A web server for one application.

    ``with Server(app) as server:`` serves from a thread of its own until the block ends.

    Parameters
    ----------
    app : fastapi.FastAPI
        From :func:`create_app`.
    host : str
        Address to listen on. On a loopback address only loopback names are answered.
    port : int
        TCP port; 0 takes a free one, told by :attr:`url`.
    on_ready : callable, optional
        Called with the URL, from the server's thread, once requests are answered.

    Raises
    ------
    FeedError
        The address or port cannot be had. Raised at once, before anything runs.
    """

    def __init__(
        self,
        app: FastAPI,
        *,
        host: str = "127.0.0.1",
        port: int = 8080,
        on_ready: Callable[[str], None] | None = None,
    ) -> None:
        self._socket = _listen(host, port)
        self.port: Final[int] = self._socket.getsockname()[1]
        shown = f"[{host}]" if ":" in host else host
        self.url: Final = f"http://{shown}:{self.port}/"
        if app.state.names is None and shown in LOOPBACK_NAMES:
            app.state.names = LOOPBACK_NAMES
        config = uvicorn.Config(
            app,
            log_config=None,
            log_level=logging.WARNING,
            access_log=False,
            lifespan="on",
            ws="websockets-sansio",
            # Measured: deflating per client costs 75 times the processor time of not doing it.
            ws_per_message_deflate=False,
            ws_ping_interval=20.0,
            timeout_graceful_shutdown=_PATIENCE_S,
        )
        self._server = _Uvicorn(config, lambda: on_ready(self.url) if on_ready else None)
        self._thread: threading.Thread | None = None

    def run(self) -> None:
        """Serve in this thread until interrupted (SIGINT, SIGTERM) or stopped from another."""
        self._server.run(sockets=[self._socket])

    def start(self, *, within_s: float = 10.0) -> None:
        """Serve from a thread of its own; returns once requests are answered.

        Raises
        ------
        FeedError
            The server did not come up in time.
        """
        self._thread = threading.Thread(target=self.run, name="airshield-serve", daemon=True)
        self._thread.start()
        if not self._server.ready.wait(within_s):
            self.stop()
            raise FeedError(
                feed=self.url,
                what=f"the web server did not start within {within_s:g} s",
                remedy="look at the log lines above for its reason",
            )

    def stop(self) -> None:
        """End every connection and give the port back."""
        self._server.should_exit = True
        if self._thread is not None:
            self._thread.join(_PATIENCE_S + 5)
            if self._thread.is_alive():
                _log.warning("the web server at %s did not stop in time", self.url)
        self._socket.close()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self.stop()


class _Uvicorn(uvicorn.Server):
    """uvicorn, saying when it is ready."""

    def __init__(self, config: uvicorn.Config, on_ready: Callable[[], None]) -> None:
        super().__init__(config)
        self.ready = threading.Event()
        self._on_ready = on_ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if not self.should_exit:
            self.ready.set()
            self._on_ready()


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
        listening.listen(128)
    except (OSError, OverflowError) as error:
        listening.close()
        raise _refusal(host, port, error) from error
    return listening


def _refusal(host: str, port: int, error: OSError | OverflowError) -> FeedError:
    number = getattr(error, "errno", None)
    if number == errno.EADDRINUSE:
        what, remedy = f"port {port} is in use", "choose another with --port, 0 takes a free one"
    elif number == errno.EACCES:
        what, remedy = f"port {port} needs more rights", "choose one above 1023 with --port"
    elif isinstance(error, OverflowError):
        what, remedy = f"{port} is no port", "choose one from 0 to 65535 with --port"
    else:
        what, remedy = str(error), "choose an address of this machine"
    return FeedError(feed=f"http://{host}:{port}", what=what, remedy=remedy)
