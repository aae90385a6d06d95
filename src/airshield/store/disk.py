"""The few steps by which bytes become lasting, one function each.

A file is whole or absent: written under a temporary name, forced to the disk, renamed, and the
folder forced to the disk as well (POSIX promises neither the data nor the new name before that).
Tests break off between any two of these steps.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from airshield.errors import StoreError

TEMPORARY: Final = ".tmp"


def write_whole(path: Path, data: bytes | memoryview) -> None:
    """Put ``data`` at ``path`` so that after any crash the file is whole, old or absent.

    Raises
    ------
    StoreError
        The disk is full or the folder cannot be written.
    """
    temporary = path.with_name(path.name + TEMPORARY)
    try:
        write_synced(temporary, data)
        rename(temporary, path)
        sync_folder(path.parent)
    except OSError as error:
        raise StoreError(
            f"{path}: cannot be written ({error.strerror}); make room or choose another folder"
        ) from error


def write_synced(path: Path, data: bytes | memoryview) -> None:
    """Write a file and force its contents to the disk; its name may still be lost."""
    with path.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def rename(old: Path, new: Path) -> None:
    """Give a file its name, in place of any file that had it."""
    os.replace(old, new)


def remove(path: Path) -> None:
    """Remove a file, if it is still there."""
    path.unlink(missing_ok=True)


def sync_folder(folder: Path) -> None:
    """Force the names in a folder to the disk."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def make_folder(folder: Path) -> None:
    """Make a folder and force its name to the disk.

    Raises
    ------
    StoreError
        It cannot be made, or something else has its name.
    """
    if folder.is_dir():
        return
    try:
        folder.mkdir(parents=True)
        sync_folder(folder.parent)
    except OSError as error:
        raise StoreError(
            f"{folder}: cannot be made ({error.strerror}); choose another folder"
        ) from error


def sweep(folder: Path) -> None:
    """Remove what a crash left half written."""
    for path in folder.glob("*" + TEMPORARY):
        remove(path)
