"""Many datagrams in one call: ``recvmmsg(2)`` (Linux; none elsewhere).

Python's ``socket`` takes one datagram a call and lets go of the interpreter lock each time. Beside
a thread that computes that costs up to a switch interval a datagram: 17,000 a second on the machine
where 300,000 were received without such a thread. Here one call, which does not wait and keeps the
lock, takes hundreds.
"""

from __future__ import annotations

import ctypes
import errno
import mmap
import os
import socket
from typing import Final

SLOTS: Final = 256
"""Datagrams in one call."""

SLOT_OCTETS: Final = 65_536
"""Room for any UDP datagram. Of each slot only the pages that are written to take memory."""


class _Iovec(ctypes.Structure):
    _fields_ = (("base", ctypes.c_void_p), ("size", ctypes.c_size_t))


class _Header(ctypes.Structure):
    """``struct msghdr``."""

    _fields_ = (
        ("name", ctypes.c_void_p),
        ("name_size", ctypes.c_uint),
        ("pieces", ctypes.POINTER(_Iovec)),
        ("piece_count", ctypes.c_size_t),
        ("control", ctypes.c_void_p),
        ("control_size", ctypes.c_size_t),
        ("flags", ctypes.c_int),
    )


class _Message(ctypes.Structure):
    """``struct mmsghdr``: the header and how many octets came."""

    _fields_ = (("header", _Header), ("size", ctypes.c_uint))


class ManyDatagrams:
    """Receives from one socket, up to :data:`SLOTS` datagrams a call.

    Raises
    ------
    OSError
        This system has no such call.
    """

    def __init__(self, receiver: socket.socket) -> None:
        if os.uname().sysname != "Linux":
            raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS))
        # PyDLL, unlike CDLL, keeps the interpreter lock; MSG_DONTWAIT never waits.
        self._call = ctypes.PyDLL(None, use_errno=True).recvmmsg
        self._socket = receiver
        self._memory = mmap.mmap(-1, SLOTS * SLOT_OCTETS)
        if hasattr(mmap, "MADV_NOHUGEPAGE"):
            self._memory.madvise(mmap.MADV_NOHUGEPAGE)
        self._view = memoryview(self._memory)
        pinned = ctypes.c_char.from_buffer(self._memory)
        base = ctypes.addressof(pinned)
        self._pieces = (_Iovec * SLOTS)(
            *(_Iovec(base + SLOT_OCTETS * slot, SLOT_OCTETS) for slot in range(SLOTS))
        )
        self._messages = (_Message * SLOTS)()
        for message, piece in zip(self._messages, self._pieces, strict=True):
            message.header.pieces, message.header.piece_count = ctypes.pointer(piece), 1

    def receive(self) -> list[bytes]:
        """Return what is there, at most :data:`SLOTS` datagrams; nothing if nothing is."""
        came = self._call(self._socket.fileno(), self._messages, SLOTS, socket.MSG_DONTWAIT, None)
        if came < 0:
            error = ctypes.get_errno()
            if error in (errno.EAGAIN, errno.EINTR):
                return []
            raise OSError(error, os.strerror(error))
        view, messages = self._view, self._messages
        return [
            bytes(view[at : at + messages[slot].size])
            for slot, at in enumerate(range(0, came * SLOT_OCTETS, SLOT_OCTETS))
        ]
