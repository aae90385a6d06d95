"""Drone identification as drones broadcast it: ASTM F3411-22a, ASD-STAN prEN 4709-002.

Octets in: packets of Wi-Fi (beacon, NaN) and of Bluetooth (4 legacy advertising, 5 extended and
long range), whole, as a sniffer captures them: link types 105, 127, 251, 256 and 272. Out: one
table for each kind of message (``basic_id``, ``location``, ``authentication``, ``self_id``,
``system``, ``operator_id``), and REPORT rows of kind ``drone_id``, one for each position.

**Nobody vouches for it.** The messages are unsigned or signed with keys that are not checked
here, addresses are chosen freely, and sending a hundred false drones takes a phone. A report says
that somebody claims a drone there; that no report comes says nothing. It is never proof of
identity, and its absence never of a clear sky.

::

    link       a packet to the messages in it, whatever the transport; check sums
    messages   25 octets to columns, many messages at once
    decode     frames to tables
    reports    frames to REPORT: who is where, each measurement once
    stream     a capture as a stream: where its packets are

There is no writer: a tool that forges identities is no part of a shield. Left out: network remote
ID (F3411 chapter 6), DJI's own DroneID, the French decree of 2019, checking signatures.

A capture holds other people's Wi-Fi and Bluetooth too. They are counted and not looked into, but
the journal keeps frames as they came: capture with a filter where that matters (docs/drones.md).
"""

from typing import Final

from airshield.read.reader import Reader
from airshield.read.remoteid.decode import SCHEMAS, TableReader
from airshield.read.remoteid.reports import ReportReader
from airshield.read.remoteid.stream import LINKS, CaptureSplitter, sniff

__all__ = ["LINKS", "READER", "SCHEMAS", "ReportReader", "TableReader"]

READER: Final = Reader(
    name="remoteid",
    title="Drone identification (ASTM F3411, EN 4709-002) in Wi-Fi and Bluetooth captures",
    sniff=sniff,
    splitter=CaptureSplitter,
    tables=TableReader,
    reports=ReportReader,
)
