"""Mode S and ADS-B on 1090 MHz: messages as receivers pass them on, to tables and reports.

What comes in are streams of messages in one of four containers (``containers``): Beast, AVR, lines
of time and hexadecimal, and the JSON lines of jet1090. What goes out:

- ``mode_s``: one row a message with every field as a column, in the wire's units. Downlink formats
  0, 4, 5, 11, 16, 17, 18, 20, 21 and 24; extended squitters of all types (airborne and surface
  position, identification, velocity, aircraft status, target state, operational status), of
  ADS-B versions 0 to 2, TIS-B and ADS-R among them.
  Registers in Comm-B replies are read by the room ``registers`` (``bds40_mcp_alt_ft`` and so on);
  which register it is, is inferred.
- ``mode_ac``: Mode A/C replies.
- REPORT rows, kind ``adsb``: one for each position that is accepted, with the velocity, callsign,
  code and accuracy that the same address told lately. A position that a server made up from
  multilateration (the Beast counter says MLAT) is of kind ``mlat``; one of TIS-B is of kind
  ``track``, for a ground station's radars found it. Neither takes its accuracy from the aircraft.
  ADS-R repeats what the aircraft said on another link and stays ``adsb``.

A message whose parity is wrong is a reject. Where the parity carries the address (formats 0, 4, 5,
16, 20, 21), it is believed if the same address announced itself in the last minute. Positions are
resolved from pairs of messages (CPR) and pass gates, because a wrong pair places an aircraft
hundreds of kilometres off: see ``positions.Gates`` and ``docs/adsb.md``. The state goes message by
message, so nothing depends on batches.

Time is that beside the message, else when it was heard. A recording that has only the receiver's
counter begins at 00:00 UTC of ``Options.date``; counters that step back by a second or more have
been started again, and stand still for that step.

Sources: ICAO Annex 10 volume IV (fifth edition), ICAO Doc 9871 (second edition), RTCA DO-260,
DO-260A and DO-260B. What is left out: demodulation; coarse TIS-B positions and the management
messages of TIS-B and ADS-R (counted); version 3 (DO-260C) beyond what it shares; Comm-D contents.
"""

from collections.abc import Callable

import numpy as np
import pyarrow as pa

from airshield.errors import EncodeError
from airshield.read import registers
from airshield.read.adsb.columns import MODE_AC, MODE_S
from airshield.read.adsb.containers import AVR, BEAST, JET1090, MODES_CSV, Container
from airshield.read.adsb.messages import MessageReader
from airshield.read.adsb.positions import Gates
from airshield.read.adsb.reports import AdsbReportReader
from airshield.read.frames import Ledger
from airshield.read.reader import NO_TIME, Reader, frames_of

__all__ = [
    "AVR",
    "BEAST",
    "JET1090",
    "MODES_CSV",
    "MODE_AC",
    "MODE_S",
    "READERS",
    "READER_AVR",
    "READER_BEAST",
    "READER_JET1090",
    "READER_MODES_CSV",
    "AdsbReportReader",
    "Container",
    "Gates",
    "MessageReader",
    "warm_up",
    "write_messages",
]


def write_messages(table: pa.Table, container: Container) -> bytes:
    """Wrap the messages of a table ``mode_s``.

    Parameters
    ----------
    table : pyarrow.Table
        ``mode_s`` or ``mode_ac``: with the columns ``message`` or ``mode_3a`` and ``is_spi`` and,
        where the container has a place for them, ``t``, ``ticks`` and ``signal_dbfs``.
    container : Container
        How to wrap them.

    Raises
    ------
    EncodeError
        A message is not 7 or 14 octets long, or a container of times meets an unknown one.
    """
    if "message" in table.column_names:
        messages = table["message"].to_pylist()
    else:
        codes = zip(table["mode_3a"].to_pylist(), table["is_spi"].to_pylist(), strict=True)
        messages = [_mode_ac_octets(code, is_spi) for code, is_spi in codes]
    size = np.array([len(one) for one in messages], np.uint8)
    for one in messages:
        if len(one) not in (2, 7, 14):
            raise EncodeError(column="message", value=one, why="it has 7 or 14 octets")
    octets = np.frombuffer(b"".join(one.ljust(14, b"\0") for one in messages), np.uint8)
    t_ns = table["t"].cast(pa.int64()).fill_null(NO_TIME).to_numpy()
    if container in (MODES_CSV, JET1090) and (t_ns == NO_TIME).any():
        raise EncodeError(column="t", value=None, why=f"{container.name} says when")
    ticks = table["ticks"].cast(pa.int64()).fill_null(-1).to_numpy()
    level = table["signal_dbfs"].to_numpy()
    return container.write(octets.reshape(-1, 14), size, t_ns, ticks, level)


def _mode_ac_octets(code: int, is_spi: bool) -> bytes:
    digits = (code & 0o7000) << 3 | (code & 0o700) << 2 | (code & 0o70) << 1 | code & 7
    return (digits | (0x80 if is_spi else 0)).to_bytes(2, "big")


def _writer(container: Container) -> Callable[[pa.Table], bytes]:
    return lambda table: write_messages(table, container)


def _reader(container: Container) -> Reader:
    return Reader(
        name=container.name,
        title=container.title,
        sniff=container.sniff,
        splitter=container.splitter,
        tables=lambda options: MessageReader(container, options),
        reports=lambda options: AdsbReportReader(container, options),
        time_column="t",
        any_order=container in (MODES_CSV, JET1090),
        write=_writer(container),
    )


READER_BEAST = _reader(BEAST)
READER_AVR = _reader(AVR)
READER_MODES_CSV = _reader(MODES_CSV)
READER_JET1090 = _reader(JET1090)
READERS = (READER_BEAST, READER_AVR, READER_MODES_CSV, READER_JET1090)


def warm_up() -> None:
    """Compile this room's kernels, or load them from the cache."""
    registers.warm_up()
    squitter = "8D4840D6202CC371C32CE0576098"
    plain = bytes.fromhex("1A33" + "00" * 7 + squitter) + b"\x1a"
    samples = {
        BEAST: plain,
        AVR: f"*{squitter};\n".encode(),
        MODES_CSV: f"1457996402,{squitter}\n".encode(),
        JET1090: f'{{"timestamp":1457996402.0,"frame":"{squitter}"}}\n'.encode(),
    }
    for container, sample in samples.items():
        split = container.splitter()(
            np.frombuffer(sample, np.uint8), base=0, last=True, ledger=Ledger("file:warm-up")
        )
        MessageReader(container).feed(frames_of(split, source="file:warm-up", first_frame=0))
