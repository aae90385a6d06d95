"""Sustainment and dependence: for each a page, and the document that its command prints.

A *study* is what ``airshield sustain --json`` or ``airshield depend --json`` works out. The page
gets it as it is, so page and command can never disagree; ``docs/api-plan.md`` says what is in it.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from typing import Any, Final

from fastapi import FastAPI, Request, Response
from fastapi.responses import FileResponse

from airshield.errors import UsageError
from airshield.serve.packing import Shelf

_COMMON: Final = (
    *("shield", "about", "digest", "version", "kind", "days", "runs", "seed"),
    *("holds", "answer", "requirements", "assumptions", "cautions"),
)
KEYS: Final[Mapping[str, tuple[str, ...]]] = {
    "sustain": (
        *_COMMON,
        *("tempo", "without", "without_from_day", "stations", "roles", "fleets", "bases"),
        *("supply", "cost"),
    ),
    "depend": (
        *_COMMON,
        *("contributors", "coalitions", "comparison", "dependence", "held", "vetoes"),
        *("least_coalitions", "pairs", "withdrawal", "replacements", "screening", "radars"),
        *("availability", "dips"),
    ),
}
"""What each study's document must hold: a key that nothing is known of is there, and empty."""


def encode_study(name: str, document: Mapping[str, Any]) -> bytes:
    """Write a study's document as JSON.

    Parameters
    ----------
    name : str
        Of KEYS: ``sustain`` or ``depend``.
    document : mapping
        As the command prints it; unknown is None.

    Returns
    -------
    bytes
        UTF-8.

    Raises
    ------
    UsageError
        Keys are missing, or a figure is no number: it names which.

    Examples
    --------
    >>> whole = dict.fromkeys(KEYS["depend"])
    >>> encode_study("depend", whole | {"radars": [{"availability": float("nan")}]})
    Traceback (most recent call last):
    ...
    airshield.errors.UsageError: the depend document holds nan at radars[0].availability; \
write None for what is unknown
    """
    missing = [key for key in KEYS[name] if key not in document]
    if missing:
        raise UsageError(
            f"the {name} document lacks {', '.join(missing)}; give every key of docs/api-plan.md, "
            "None or empty where nothing is known"
        )
    try:
        return json.dumps(document, ensure_ascii=False, allow_nan=False).encode()
    except ValueError as error:
        place, value = next(
            (place, value) for place, value in _figures(document, "") if not math.isfinite(value)
        )
        raise UsageError(
            f"the {name} document holds {value!r} at {place}; write None for what is unknown"
        ) from error


class StudyDoor:
    """The page and the document of one study.

    Parameters
    ----------
    name : str
        Of KEYS.
    document : mapping
        Written at once: what cannot be shown is told before a server starts.
    """

    def __init__(self, name: str, document: Mapping[str, Any]) -> None:
        self._name = name
        self._octets = encode_study(name, document)
        self._shelf = Shelf()

    def add_to(self, app: FastAPI, *, page: str) -> None:
        """Give an application the study's addresses; ``page`` is the path of the page's file."""
        name = self._name

        @app.get(f"/plan/{name}", include_in_schema=False)
        async def get_page() -> FileResponse:
            return FileResponse(page)

        @app.get(f"/api/plan/{name}", name=name)
        def get_document(request: Request) -> Response:
            """What the command of this name prints with --json."""
            return self._shelf.answer(request, name, lambda: self._octets, kind="application/json")


def _figures(value: Any, place: str) -> Iterator[tuple[str, float]]:
    """Every figure of a document, with its place in it."""
    if isinstance(value, float):
        yield place, value
    elif isinstance(value, Mapping):
        for key, one in value.items():
            yield from _figures(one, f"{place}.{key}" if place else str(key))
    elif isinstance(value, list | tuple):
        for i, one in enumerate(value):
            yield from _figures(one, f"{place}[{i}]")
