"""Every exception airshield raises on purpose.

::

    AirshieldError
    ├── InputError              what a person gave us is wrong (exit code 2)
    │   ├── ShieldError         a shield file: file, field and remedy   (also ValueError)
    │   │   └── ShieldProblemsError  several of them, told together
    │   ├── FormatError         a recording that is not what it should be (also ValueError)
    │   ├── TerrainError        a height raster: file, what and remedy  (also ValueError)
    │   ├── UsageError          an option or argument                   (also ValueError)
    │   │   └── FieldError      a field of a document that somebody sent: field and remedy
    │   └── MissingFileError    nothing there to read                   (also FileNotFoundError)
    ├── DecodeError             one record or frame could not be read   (also ValueError)
    │   └── EncodeError         a value does not fit the field it is meant for
    ├── StoreError              the journal or an archive               (also OSError)
    │   ├── JournalDamagedError a sealed part fails its check: never read past silently
    │   └── JournalBusyError    another process writes the same journal
    ├── FeedError               a live feed could not be opened         (also OSError)
    └── GpuError                no graphics card that could be used     (also RuntimeError)

Errors are for callers' mistakes and for the machine's. Bad bytes from the air are data: they
become rows of the REJECT table and the watch goes on. Every message says what was wrong, where,
and what to do about it; the facts are attributes, for programs.
"""

from __future__ import annotations


class AirshieldError(Exception):
    """The root: ``except AirshieldError`` catches everything we raise on purpose."""


class InputError(AirshieldError):
    """What a person gave us is wrong. The command line prints it and exits with 2."""


class ShieldError(InputError, ValueError):
    """A shield file is wrong: names the file, the place inside it and the remedy."""

    def __init__(self, *, file: str, where: str, what: str, remedy: str) -> None:
        super().__init__(f"{file}: {where}: {what}; {remedy}")
        self.file, self.where, self.what, self.remedy = file, where, what, remedy

    @property
    def problems(self) -> tuple[ShieldError, ...]:
        """Every single problem: here just this one."""
        return (self,)


class ShieldProblemsError(ShieldError):
    """Several things are wrong with a shield: told together, so that one edit can mend them all."""

    def __init__(self, problems: tuple[ShieldError, ...]) -> None:
        first = problems[0]
        super().__init__(file=first.file, where=first.where, what=first.what, remedy=first.remedy)
        self.args = ("\n".join(str(problem) for problem in problems),)
        self._problems = problems

    @property
    def problems(self) -> tuple[ShieldError, ...]:
        """Every single problem, in the order of the files."""
        return self._problems


class FormatError(InputError, ValueError):
    """A recording is not in the format it should be in."""

    def __init__(self, *, file: str, offset: int, what: str, remedy: str) -> None:
        super().__init__(f"{file}: at byte {offset}: {what}; {remedy}")
        self.file, self.offset, self.what, self.remedy = file, offset, what, remedy


class TerrainError(InputError, ValueError):
    """A file of terrain heights is not what it should be, or does not say what it is."""

    def __init__(self, *, file: str, what: str, remedy: str) -> None:
        super().__init__(f"{file}: {what}; {remedy}")
        self.file, self.what, self.remedy = file, what, remedy


class UsageError(InputError, ValueError):
    """An option or an argument makes no sense; the message says which would."""


class FieldError(UsageError):
    """A field of a document that somebody sent is wrong: names the field and the remedy."""

    def __init__(self, *, field: str, what: str, remedy: str) -> None:
        super().__init__(f"{field}: {what}; {remedy}")
        self.field, self.what, self.remedy = field, what, remedy


class MissingFileError(InputError, FileNotFoundError):
    """There is nothing to read at the path given."""

    def __init__(self, *, path: str, remedy: str) -> None:
        super().__init__(f"{path}: no such file or folder; {remedy}")
        self.path, self.remedy = path, remedy


class DecodeError(AirshieldError, ValueError):
    """One record or frame could not be read and the caller asked for exactly that one."""


class EncodeError(DecodeError):
    """A value does not fit the field it is meant for."""

    def __init__(self, *, column: str, value: object, why: str, row: int | None = None) -> None:
        where = "" if row is None else f" of row {row}"
        shown = repr(value)
        if len(shown) > 200:
            shown = f"{shown[:200]}..."
        super().__init__(f"cannot encode {column} = {shown}{where}: {why}")
        self.column, self.value, self.why, self.row = column, value, why, row


class StoreError(AirshieldError, OSError):
    """The journal or an archive cannot be read or written."""


class JournalDamagedError(StoreError):
    """A sealed part of a journal fails its check. Torn tails are normal; this is not."""

    def __init__(self, *, path: str, offset: int, what: str) -> None:
        super().__init__(
            f"{path}: at byte {offset}: {what}; the part was sealed whole, so the disk or a person "
            "changed it: restore it from a copy, or move it away to go on without it"
        )
        self.path, self.offset, self.what = path, offset, what


class JournalBusyError(StoreError):
    """Another process is writing the same journal."""

    def __init__(self, *, path: str) -> None:
        super().__init__(
            f"{path}: another watch is writing this journal; stop it or choose another folder"
        )
        self.path = path


class FeedError(AirshieldError, OSError):
    """A live feed could not be opened."""

    def __init__(self, *, feed: str, what: str, remedy: str) -> None:
        super().__init__(f"{feed}: {what}; {remedy}")
        self.feed, self.what, self.remedy = feed, what, remedy


class GpuError(AirshieldError, RuntimeError):
    """A computation on a graphics card was asked for and cannot be had: says what is missing."""
