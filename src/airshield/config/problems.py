"""What is wrong with a shield, gathered so that a person mends it all in one go.

Pydantic tells what it refused; here that becomes words for the person who wrote the file: which
line or feature, which field, what to write instead.
"""

from __future__ import annotations

import difflib
import types
import typing
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from airshield.errors import ShieldError, ShieldProblemsError

_M = TypeVar("_M", bound=BaseModel)
Place = tuple[str | int, ...]
"""Where in a document: keys and list positions, outermost first."""
Finder = Callable[[Place], tuple[str, str]]
"""From a place in a document to the file it was read from and words for where in that it stands."""


class Door(BaseModel):
    """Base of everything read from a file: no extra keys, no guessing of types, no NaN."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)


class Problems:
    """The problems met so far."""

    def __init__(self) -> None:
        self._found: list[ShieldError] = []

    def add(self, *, file: str, where: str, what: str, remedy: str) -> None:
        """Note one problem."""
        self._found.append(ShieldError(file=file, where=where, what=what, remedy=remedy))

    def __len__(self) -> int:
        return len(self._found)

    def check(self, order: Sequence[str] = ()) -> None:
        """Raise what was found, if anything: a ShieldError, or several in a ShieldProblemsError.

        ``order`` names files; problems are told by it, in each file as they were found.
        """
        places = {file: i for i, file in enumerate(order)}
        self._found.sort(key=lambda problem: places.get(problem.file, len(places)))
        if len(self._found) == 1:
            raise self._found[0]
        if self._found:
            raise ShieldProblemsError(tuple(self._found))

    def read(
        self,
        model: type[_M],
        document: Mapping[str, Any],
        *,
        find: Finder,
    ) -> _M | None:
        """Let a document through the door, or note everything that is wrong with it."""
        try:
            return model.model_validate(document)
        except ValidationError as refused:
            for error in refused.errors(include_url=False):
                place = tuple(error["loc"])
                what, remedy = _in_words(model, place, error)
                file, where = find(place)
                self.add(file=file, where=where, what=what, remedy=remedy)
            return None

    def unique(
        self, keys: Iterable[tuple[object, tuple[str, str]]], *, what: str, remedy: str
    ) -> None:
        """Note every key that comes a second time. ``keys`` are (key, (file, where)) pairs."""
        first: dict[object, str] = {}
        for key, (file, where) in keys:
            if key in first:
                self.add(
                    file=file,
                    where=where,
                    what=f"{what} {key} is that of {first[key]} too",
                    remedy=remedy,
                )
            else:
                first[key] = where


def nearest(word: str, known: Iterable[str]) -> str:
    """Advise on a word that is none of the known ones.

    >>> nearest("colour", ["color", "name"])
    "did you mean 'color'?"
    >>> nearest("x", ["color", "name"])
    'known are color, name'
    """
    choices = sorted(known)
    close = difflib.get_close_matches(word, choices, n=1, cutoff=0.6)
    return f"did you mean {close[0]!r}?" if close else f"known are {', '.join(choices)}"


def _in_words(model: type[BaseModel], place: Place, error: Any) -> tuple[str, str]:
    """What is wrong and what to do, of one of Pydantic's error records."""
    name = str(place[-1]) if place else "the document"
    owner, about = _field(model, place)
    kind = error["type"]
    if kind == "extra_forbidden":
        return f"there is no key {name!r} here", nearest(name, owner)
    if kind == "missing":
        return f"{name} is missing", f"add it: {about}"
    if kind == "value_error":
        message = str(error["ctx"]["error"])
        what, _, remedy = message.partition("; ")
        return what, remedy or about
    shown = repr(error["input"])
    shown = shown if len(shown) <= 60 else shown[:57] + "..."
    return f"{name} is {shown}: {error['msg'].lower()}", about or "change it so"


def _field(model: type[BaseModel], place: Place) -> tuple[list[str], str]:
    """The keys known where ``place`` ends, and the description of the field there."""
    known: list[str] = []
    about = ""
    current: Any = model
    for step in place:
        if isinstance(step, int):
            continue
        current = _model_in(current)
        if current is None:
            break
        known = list(current.model_fields)
        field = current.model_fields.get(step)
        if field is None:
            break
        about = field.description or ""
        current = field.annotation
    return known, about


def _model_in(annotation: Any) -> type[BaseModel] | None:
    """The model inside ``X``, ``list[X]`` or ``X | None``."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    if typing.get_origin(annotation) in {list, tuple, typing.Union, types.UnionType}:
        for part in typing.get_args(annotation):
            if (found := _model_in(part)) is not None:
                return found
    return None
