"""SAPIENT, BSI Flex 335 v2: what counter-drone sensors report, and how they are.

Octets in: protobuf messages with their length before them, as nodes send them over TCP, or JSON
documents as protobuf maps to them. Out: the tables ``detection_report``, ``status_report``,
``registration``, ``alert`` and ``task_ack``; a REPORT row for each detection with a place or a
bearing from true north; SENSOR_STATUS rows for what nodes say of themselves.

**Nobody is tasked from here.** There is no encoder in this room, for no message. A Task that
passes on a connection is counted as unused and its contents are not decoded; detections of nodes
that act on drones (jammers, lasers and the like) are not used.

::

    messages  which fields there are, by number and by name
    wire      octets to plain values, protobuf and JSON alike
    decode    frames to tables
    reports   detections to REPORT, nodes' own words to SENSOR_STATUS
    utm       grid coordinates to latitude and longitude
    stream    a connection cut into messages

Left out: version 1 and the XML of earlier versions, predicted places, fields of view and
coverage, files. Errors of places in degrees are kept and not used: the standard does not say
whether they are degrees or metres.
"""

from typing import Final

from airshield.read.reader import Reader
from airshield.read.sapient.decode import SCHEMAS, TableReader
from airshield.read.sapient.reports import ReportReader
from airshield.read.sapient.stream import SapientSplitter, sniff

__all__ = ["READER", "SCHEMAS", "ReportReader", "TableReader"]

READER: Final = Reader(
    name="sapient",
    title="SAPIENT (BSI Flex 335 v2): detections and status of sensors, protobuf or JSON",
    sniff=sniff,
    splitter=SapientSplitter,
    tables=TableReader,
    reports=ReportReader,
    time_column="timestamp",
)
