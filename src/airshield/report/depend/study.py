"""A document of dependence, and its figures in the units of its requirements."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from airshield.report import figures as say
from airshield.report.parts import lost_interval, with_interval

Row = Mapping[str, Any]

EVERYBODY = "with everybody"
NO_ENABLERS = "without the enablers"


@dataclass(frozen=True, slots=True, kw_only=True)
class Study:
    """The document, and what is looked up in it again and again."""

    document: Row = field(repr=False)

    @property
    def contributors(self) -> list[str]:
        """Their names, in the order of the bits of a coalition."""
        return [one["name"] for one in self.document["contributors"]]

    @property
    def requirements(self) -> list[Row]:
        """All requirements, the one of all together last."""
        return list(self.document["requirements"])

    @property
    def whole(self) -> Row | None:
        """The requirement of all together."""
        return next((one for one in self.requirements if one["kind"] == "all"), None)

    def requirement(self, name: str) -> Row:
        """A requirement by its name."""
        return next(one for one in self.requirements if one["name"] == name)

    @property
    def many(self) -> int:
        """How many requirements there are besides that of all together."""
        return sum(one["kind"] != "all" for one in self.requirements)

    def compared(self, who: str) -> dict[str, Row] | None:
        """A row of the comparison, with its requirements by name; None where it is not there."""
        for row in self.document["comparison"]:
            if row["who"] == who:
                return {one["name"]: one for one in row["requirements"]}
        return None

    def dependence(self, contributor: str, requirement: str) -> Row | None:
        """What a requirement depends on a contributor."""
        rows: list[Row] = self.document["dependence"]
        wanted = (contributor, requirement)
        return next(
            (one for one in rows if (one["contributor"], one["requirement"]) == wanted), None
        )

    def coalition(self, mask: int, requirement: str) -> float | None:
        """What a coalition reaches; None is unknown or not worked out."""
        coalitions = self.document["coalitions"]
        if mask not in coalitions["mask"]:
            return None
        names = [one["name"] for one in self.requirements]
        row = coalitions["value"][coalitions["mask"].index(mask)]
        value = row[names.index(requirement)]
        return None if value is None else float(value)

    def alone(self, contributor: str, requirement: str) -> float | None:
        """What a contributor reaches by itself."""
        return self.coalition(1 << self.contributors.index(contributor), requirement)

    # ------------------------------------------------------------ figures in words

    def asked(self, one: Row) -> str:
        """What a requirement asks."""
        if one["kind"] == "all":
            return f"all {self.many}"
        return say.takes(one["asked"]) if one["unit"] == "days" else say.at_least(one["asked"])

    def reached(
        self, one: Row, value: float | None, low: float | None = None, high: float | None = None
    ) -> str:
        """What is reached of a requirement, with its interval, rounded down."""
        if one["kind"] != "all":
            return with_interval(value, low, high, one["unit"])
        if value is None:
            return say.UNKNOWN
        at, least, most = (
            None if share is None else math.floor(share * self.many + say.HAIR)
            for share in (value, low, high)
        )
        told = f"{at} of {self.many}"
        return told if least in (None, at) and most in (None, at) else f"{told} ({least} to {most})"

    def lost(
        self, one: Row, value: float | None, low: float | None = None, high: float | None = None
    ) -> str:
        """What is lost of a requirement, with its interval, rounded up."""
        if one["kind"] != "all":
            return lost_interval(value, low, high, one["unit"])
        if value is None:
            return say.UNKNOWN
        at, least, most = (
            None if share is None else say.needed(share * self.many) for share in (value, low, high)
        )
        told = f"{at} of {self.many}"
        return told if least in (None, at) and most in (None, at) else f"{told} ({least} to {most})"

    def share(self, one: Row, value: float | None) -> str:
        """Shapley's share of a requirement, to the nearest tenth."""
        if value is None:
            return say.UNKNOWN
        if one["kind"] == "all":
            return f"{say.mean(value * self.many)} of {self.many}"
        if one["unit"] == "share":
            return f"{say.mean(100.0 * value)} points"
        return f"{say.mean(value)} {one['unit']}"
