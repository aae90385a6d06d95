"""Reading: bytes as sensors and recorders send them, to tables.

Framing
-------
What comes in is a recording or a live feed; what goes out are FRAME tables: the bytes untouched,
with their source, their place in it and the time we heard them. :func:`read_frames` opens a
recording of any format that has a reader (``reader``), bare, compressed with gzip, or in a
container: pcap and pcapng (UDP and TCP over IPv4 and IPv6, fragments and streams put together,
ORADIS headers inside datagrams; IEEE 802.11 and Bluetooth LE whole), and the files of ASTERIX
recorders (Final, IOSS, RFF, ORADIS, GPS: ``recorders``, which says what they are tested on).
Container and format are told by content. Files are read a window at a time and give batches of
frames.

Nothing is dropped: every octet is in a frame, counted as padding by what it is (headers, trailers,
line ends), or a row of a REJECT table with place and reason. In a damaged stream of ASTERIX every
block that damage did not touch comes back (``raw``). Left out: ASTERIX straight over LLC or HDLC; a
capture's packets behind a damaged packet header.

Hearing
-------
:func:`replay_frames` gives a recording's frames as if they were live: each with the time at which
it was heard, from the capture or from its records' own time of day, and a date with its reason.
:class:`UdpSource` is the live feed; its clock is handed in. After this room nothing looks at a
clock again.

Reporting
---------
``asterix.decode`` turns frames into tables of records in the wire's own units (``asterix``);
``asterix.reports.ReportReader`` turns frames into REPORT rows in SI with full times. Both give
rejects beside their rows, and neither depends on how the frames are batched.
"""

import struct
import sys
from types import ModuleType

import numpy as np

from airshield.read import asterix, capture, raw
from airshield.read.frames import Ledger
from airshield.read.reading import Batch, Reading, read
from airshield.read.recording import Cut, Recording, read_frames
from airshield.read.replay import Replay, in_time_order, merge_by_time, replay_frames
from airshield.read.tcp import TcpSource
from airshield.read.udp import UdpSource

__all__ = [
    "Batch",
    "Cut",
    "Reading",
    "Recording",
    "Replay",
    "TcpSource",
    "UdpSource",
    "asterix",
    "in_time_order",
    "merge_by_time",
    "read",
    "read_frames",
    "replay_frames",
    "warm_up",
]


def warm_up() -> None:
    """Compile this room's kernels, or load them from the cache."""
    asterix.warm_up()
    block = asterix.encode(48, [{"i010_sac": 0, "i010_sic": 0}])
    damaged = np.frombuffer(block * 4 + b"\x30\0\7" + block * 2 + b"\0" + block * 3, np.uint8)
    raw.splitter()(damaged, base=0, last=True, ledger=Ledger("file:warm-up"))
    # Linux cooked packets that are no IP; and one behind radiotap, which is a frame as it is.
    packets = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 1 << 18, 113)
    packets += struct.pack("<IIII", 0, 0, 48, 48) + bytes(48)
    captured = np.frombuffer(packets, np.uint8)
    capture.splitter("pcap")(captured, base=0, last=True, ledger=Ledger("file:warm-up"))
    section = struct.pack("<IIIHHqI", 0x0A0D0D0A, 28, 0x1A2B3C4D, 1, 0, -1, 28)
    interface = struct.pack("<IIHHII", 1, 20, 127, 0, 0, 20)
    packet = struct.pack("<IIIIIIIII", 6, 36, 0, 0, 0, 4, 4, 0, 36)
    captured = np.frombuffer(section + interface + packet, np.uint8)
    capture.splitter("pcapng")(captured, base=0, last=True, ledger=Ledger("file:warm-up"))


class _Room(ModuleType):
    """This room as a module that can be called: ``airshield.read("radar.pcap")``.

    The room and the short call share a name, and both are worth their name; Python's data model
    ("Customizing module attribute access") lets a module set its class.
    """

    __call__ = staticmethod(read)


sys.modules[__name__].__class__ = _Room
