"""Where the tables of ITU-R's Recommendations lie, if the package itur is there.

Only its data files are read. Importing it would load astropy, for seconds.
"""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from airshield.errors import UsageError


def itu_file(name: str) -> str:
    """Path of one of itur's tables.

    Raises
    ------
    UsageError
        Where itur is not installed, or is one without this table.
    """
    found = find_spec("itur")
    if found is None or not found.submodule_search_locations:
        raise UsageError(
            f"this needs ITU-R's table {name}, which comes with the package itur (171 MB); install "
            "it with: pip install 'airshield[itu]'"
        )
    path = Path(next(iter(found.submodule_search_locations))) / "data" / name
    if not path.is_file():
        raise UsageError(
            f"the package itur that is installed has no table {name}; install the one that "
            "airshield knows: pip install 'airshield[itu]'"
        )
    return str(path)
