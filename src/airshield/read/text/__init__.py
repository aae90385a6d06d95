"""Text feeds: what the readers of lines and of JSON have in common.

What comes in are streams of text, from files or sockets; what goes out are frames, one for each
line (:class:`LineSplitter`) or for each JSON object (:class:`ObjectSplitter`), and, for the readers
built on them, all that is not of one format alone: fields with their unit in the name and rejects
(``rows``), lines with a counter (``counter``), frames to tables (``tables``), tables to REPORT rows
(``reports``), and what must be remembered of an aircraft from one message to the next: its last
believed place, and what it said before (``aircraft``, ``told``).

The readers are modules beside this room: ``sbs``, ``readsb``, ``opensky``, ``uat``.
"""

import numpy as np

from airshield.read.frames import Ledger
from airshield.read.text.aircraft import Fleet, Gate, LastSaid
from airshield.read.text.rows import Frames
from airshield.read.text.splitters import FirstOctetSplitter, LineSplitter, ObjectSplitter

__all__ = [
    "FirstOctetSplitter",
    "Fleet",
    "Frames",
    "Gate",
    "LastSaid",
    "LineSplitter",
    "ObjectSplitter",
    "warm_up",
]


def warm_up() -> None:
    """Compile this room's kernels, or load them from the cache."""
    octets = np.frombuffer(b'{"a": [1, {}]}', np.uint8)
    ObjectSplitter()(octets, base=0, last=True, ledger=Ledger("file:warm-up"))
    one = np.zeros(1)
    Gate().judge(np.zeros(1, np.int64), np.zeros(1, np.int64), one, one, one, one > 0.0)
