"""airshield: plan, rehearse and watch an air shield.

Rooms exchange Arrow tables (``tables``); inside a room plain functions turn arrays into
arrays. Data flow, from bytes to warning::

    read  ->  store (journal)  ->  track  ->  zones  ->  warn  ->  picture  ->  serve

Surveillance, warning and planning only. There is no weapon control, target assignment or
strike planning here, and there will be none: a person decides.

Importing this package is cheap on purpose (``airshield --help`` must answer at once); each
room loads its own heavy parts when it is imported. ``airshield.read("radar.pcap")`` reads a
recording of any format into Arrow tables: see ``airshield.read.reading``.
"""

from __future__ import annotations

import importlib
from types import ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from airshield.read.reading import read as read  # what the room is when it is called

__version__ = "0.1.0"


def __getattr__(name: str) -> ModuleType:
    """Import the room that reads when somebody first asks for it."""
    if name == "read":
        return importlib.import_module("airshield.read")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
