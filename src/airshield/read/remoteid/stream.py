"""A receiver's stream: a capture as it is written, ``tcpdump -w -`` or ``dumpcap -w -``.

Classic pcap and pcapng (``airshield.read.packets``). A packet is a frame, heard at its time stamp;
headers and other blocks are padding. Packets of link types that carry no drone identification are
lost, with the link type as the reason. After a header that cannot be, nothing marks the next
packet: the rest of the stream is lost.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from airshield.read.frames import REJECT_OCTETS_MAX, Ledger
from airshield.read.packets import Packet, Packets, packets_of, sniff_capture
from airshield.read.reader import NO_TIME, Split
from airshield.read.remoteid.link import find_payloads

LINKS: Final = {
    105: "802.11",
    127: "802.11 with radiotap",
    251: "Bluetooth LE",
    256: "Bluetooth LE with header",
    272: "Nordic BLE sniffer",
}
"""Link types that are read."""


class CaptureSplitter:
    """Packets of one capture, from a file or as they come."""

    def __init__(self) -> None:
        self._packets: Packets | None = None
        self._damaged = ""

    def __call__(
        self, octets: NDArray[np.uint8], *, base: int, last: bool, ledger: Ledger
    ) -> Split:
        """Cut ``octets`` into packets."""
        data = octets.data
        frames: list[tuple[int, int, int]] = []
        at = kept = 0
        self._begin(data, last)
        while self._packets is not None and not self._damaged and at < octets.size:
            stepped, packet = self._packets.step(octets, at, last)
            self._damaged = self._packets.damaged
            if stepped == at:
                break
            at = stepped
            if packet is None:
                continue
            kept += packet.end - packet.begin
            if not isinstance(packet, Packet):
                why, t_ns = packet.reason, None
            elif packet.link in LINKS:
                t_ns = packet.t_ns
                ledger.packets += 1
                ledger.frames += 1
                frames.append((packet.begin, packet.end, NO_TIME if t_ns is None else t_ns))
                continue
            else:
                ledger.packets += 1
                why, t_ns = f"link type {packet.link} carries no drone identification", packet.t_ns
            ledger.reject(base + packet.begin, data[packet.begin : packet.end], why, t_ns=t_ns)
        ledger.pad(at - kept, "headers of a capture")
        if self._damaged:
            # In pieces that do not depend on how the stream comes.
            lost = octets.size - at
            lost -= 0 if last else lost % REJECT_OCTETS_MAX
            if lost:
                ledger.reject(base + at, data[at : at + lost], self._damaged)
            at += lost
        found = np.array(frames, np.int64).reshape(-1, 3)
        first, stop, t_ns_of = found[:, 0], found[:, 1], found[:, 2]
        ledger.octets += int((stop - first).sum())
        return Split(octets, first, stop, base + first, t_ns_of, at)

    def _begin(self, data: memoryview, last: bool) -> None:
        """Tell which container it is, once there are octets enough."""
        if self._packets is not None or self._damaged or not (len(data) >= 4 or last):
            return
        container = sniff_capture(bytes(data[:4]))
        if container is None:
            self._damaged = "this is no capture"
        else:
            self._packets = packets_of(container)


def sniff(head: bytes) -> float:
    """Tell how sure it is that a stream begins with drone identification.

    A capture of a link type that is read, or one packet with such a message in it. A capture on
    the right link may be anybody's Wi-Fi: only a message among its first packets makes it sure.
    """
    splitter = CaptureSplitter()
    ledger = Ledger("")
    octets = np.frombuffer(head, np.uint8)
    if sniff_capture(head[:4]) is not None:
        split = splitter(octets, base=0, last=False, ledger=ledger)
        spans = zip(split.first.tolist(), split.stop.tolist(), strict=True)
        if any(_speaks(head[first:stop]) for first, stop in spans):
            return 1.0
        return 0.3 if split.first.size else 0.0
    return 0.9 if _speaks(head) else 0.0


def _speaks(packet: bytes) -> bool:
    """Tell whether a packet holds drone identification."""
    payloads = find_payloads(packet)
    return isinstance(payloads, list) and bool(payloads)
