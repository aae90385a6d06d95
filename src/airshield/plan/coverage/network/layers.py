"""What is looked for at which height."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

from airshield.errors import UsageError

ABOVE: Final = ("ground", "sea")
"""Heights above ground level (AGL) or above mean sea level (AMSL)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    """One map of cover: a target class at a height.

    Attributes
    ----------
    cls : str
        The target class.
    height_m : float
        Above what ``above`` says.
    above : str
        'ground' or 'sea'.
    """

    cls: str
    height_m: float
    above: str

    def __post_init__(self) -> None:
        if self.above not in ABOVE or not math.isfinite(self.height_m):
            raise UsageError(
                f"a layer {self.height_m!r} m above {self.above!r}; give a height above 'ground' "
                "or 'sea'"
            )

    @property
    def name(self) -> str:
        """How tables and legends call it.

        Examples
        --------
        >>> Layer(cls="drone", height_m=300.0, above="ground").name
        'drone 300 m AGL'
        """
        return f"{self.cls} {self.height_m:g} m {'AGL' if self.above == 'ground' else 'AMSL'}"
