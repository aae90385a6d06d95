"""Fields that many tables have."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import Annotated, Any, Final

from pydantic import Field

Name = Annotated[str, Field(min_length=1, max_length=80, pattern=r"^\S(.*\S)?$")]
OWNER: Final = "the name of the contributor that brings it"
Share = Annotated[float, Field(gt=0.0, le=1.0)]


def named(list_of: str, description: str, *, optional: bool = False) -> Any:
    """A field that holds the name of a row of another list."""
    extra: dict[str, Any] = {"names": list_of}
    if optional:
        return Field(default=None, description=description, json_schema_extra=extra)
    return Field(description=description, json_schema_extra=extra)


def factor(description: str, *, most: float = math.inf, above_zero: bool = False) -> Any:
    """A planning factor that must be said."""
    return Field(description=description, json_schema_extra=_bounds(most, above_zero))


def known_factor(description: str, *, most: float = math.inf, above_zero: bool = False) -> Any:
    """A planning factor that may be unknown."""
    return Field(default=None, description=description, json_schema_extra=_bounds(most, above_zero))


def _bounds(most: float, above_zero: bool) -> dict[str, Any]:
    """What a factor can be, in its key's unit; ``least`` tells a factor from other fields."""
    bounds: dict[str, Any] = {"least": 0.0, "above_zero": above_zero}
    return {**bounds, "most": most} if math.isfinite(most) else bounds


def latitude(what: str) -> Any:
    """A latitude on a table."""
    return Field(
        ge=-90.0, le=90.0, description=f"WGS-84 latitude {what} in degrees, north positive"
    )


def longitude(what: str) -> Any:
    """A longitude on a table."""
    return Field(
        ge=-180.0,
        lt=180.0,
        description=f"WGS-84 longitude {what} in degrees, east positive, -180 to 180",
    )


def split_text(separators: str) -> Callable[[object], object]:
    """Take a list, or one text with separators: attribute tables of GIS programs have no lists."""

    def split(value: object) -> object:
        if isinstance(value, str):
            return [part.strip() for part in re.split(separators, value) if part.strip()]
        return value

    return split
