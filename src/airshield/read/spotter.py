"""What people see and hear: a person with a phone says what flies where.

Octets in: JSON documents (RFC 8259), one report as an object, several as an array or as JSON
lines. Out: the table ``spotter`` and REPORT rows of kind ``spotter``: a direction from where the
person stands, an elevation where one is given. The place of the person is in ``sensor_lat_deg``
and ``sensor_lon_deg``; nothing here makes a place for the aircraft, one bearing has none.

Fields are checked strictly, because a wrong one would send people into the wrong street: unknown
fields are refused with the nearest known name, every fault is told with its field and remedy.
:func:`check_spotter` is the same check for the door that takes reports in. :func:`json_schema`
is the format for other programs; ``docs/drones.md`` tells it to people.

Who speaks is a pseudonym, never a name, a telephone number or an address: an id like one is
refused. The reader keeps nothing; the journal keeps each document as long as it is kept itself,
and the shield's owner decides how long that is (``docs/drones.md``).
"""

from __future__ import annotations

import datetime as dt
import difflib
import json
import math
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from airshield import tables
from airshield.errors import FieldError
from airshield.read.gather import (
    PLACE_FIELDS,
    Frame,
    Rejects,
    Row,
    chosen_columns,
    count,
    each_frame,
    filled,
    table_of,
)
from airshield.read.reader import NO_TIME, Options, Reader, ReportBatch, TableBatch
from airshield.read.text.splitters import ObjectSplitter
from airshield.tables import ReportFlag
from airshield.units import NS_PER_S, UNITS

VERSION: Final = 1
DOCUMENT_OCTETS_MAX: Final = 1 << 20
REPORTS_MAX: Final = 1000
"""Reports in one document: a club's phones after a night without network."""

KINDS: Final = (
    *("drone", "helicopter", "jet", "propeller", "balloon", "glider", "rocket", "bird", "unknown"),
    "explosion",
)
SENSES: Final = ("seen", "heard", "both")
HEIGHTS: Final = ("low", "medium", "high", "overhead")
COMPASS: Final = (
    *("N", "NNE", "NE", "ENE", "E", "ESE", "SE", "SSE"),
    *("S", "SSW", "SW", "WSW", "W", "WNW", "NW", "NNW"),
)

_ID: Final = re.compile(r"[a-z0-9](?:[a-z0-9-]{1,30})[a-z0-9]")
_DIGITS: Final = re.compile(r"(?:[0-9]-*){7}")
_TIME: Final = re.compile(
    r"(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?([Zz]|[+-]\d\d:\d\d)"
)
_WORDS_MAX: Final = 500

Check = Callable[[Any, str], Any]


def _shown(value: Any) -> str:
    """Return a value as an error shows it: not longer than it takes."""
    text = repr(value)
    return text if len(text) <= 60 else text[:60] + "..."


def _number(low: float, high: float, unit: str, *, open_top: bool = False) -> Check:
    """Make a check of a number in a range."""

    def check(value: Any, field: str) -> float:
        # A bool is an int to Python and a lie here.
        if (
            isinstance(value, bool)
            or not isinstance(value, int | float)
            or not math.isfinite(value)
        ):
            raise FieldError(
                field=field, what=f"{_shown(value)} is no number", remedy=f"give {unit}"
            )
        if not low <= value <= high or (open_top and value == high):
            top = f"below {high:g}" if open_top else f"{high:g}"
            raise FieldError(
                field=field,
                what=f"{_shown(value)} is out of range",
                remedy=f"give {unit}, {low:g} to {top}",
            )
        return float(value)

    return check


def _one_of(names: tuple[str, ...]) -> Check:
    """Make a check of a word out of a few."""

    def check(value: Any, field: str) -> str:
        if value in names:
            return str(value)
        close = difflib.get_close_matches(str(value), names, n=1, cutoff=0.5)
        hint = f"did you mean {close[0]!r}? " if close else ""
        raise FieldError(
            field=field,
            what=f"{_shown(value)} is none of them",
            remedy=f"{hint}use " + ", ".join(names),
        )

    return check


def _version(value: Any, field: str) -> int:
    if value == VERSION and not isinstance(value, bool):
        return VERSION
    raise FieldError(
        field=field,
        what=f"version {_shown(value)} is not read here",
        remedy=f"write version {VERSION}",
    )


def _identity(value: Any, field: str) -> str:
    if not isinstance(value, str) or not _ID.fullmatch(value):
        raise FieldError(
            field=field,
            what=f"{_shown(value)} is no pseudonym",
            remedy="use 3 to 32 of a-z, 0-9 and '-', such as 'river-42'",
        )
    if _DIGITS.search(value):
        raise FieldError(
            field=field,
            what="this looks like a telephone number",
            remedy="use a pseudonym with fewer than seven digits in a row, such as 'river-42'",
        )
    return value


def _time_ns(value: Any, field: str) -> int:
    told = _TIME.fullmatch(value) if isinstance(value, str) else None
    remedy = "write UTC like '2026-03-01T09:14:05Z'"
    if told is None:
        raise FieldError(field=field, what=f"{_shown(value)} is no time with a zone", remedy=remedy)
    day, clock, fraction, zone = told.groups()
    try:
        moment = dt.datetime.fromisoformat(f"{day}T{clock}{zone.upper()}")
    except ValueError as error:
        raise FieldError(field=field, what=f"{_shown(value)}: {error}", remedy=remedy) from error
    if not 2000 <= moment.year < 2200:
        raise FieldError(field=field, what=f"{_shown(value)} is not of this century", remedy=remedy)
    away = moment - dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
    seconds = away.days * 86_400 + away.seconds
    return seconds * NS_PER_S + int((fraction or "0").ljust(9, "0"))


def _words(value: Any, field: str) -> str:
    if not isinstance(value, str) or len(value) > _WORDS_MAX:
        raise FieldError(
            field=field, what="this is no short text", remedy=f"write up to {_WORDS_MAX} letters"
        )
    return "".join(letter if letter.isprintable() else " " for letter in value)


def _count(value: Any, field: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= 10_000:
        raise FieldError(
            field=field,
            what=f"{_shown(value)} is no count",
            remedy="give a whole number, 1 to 10000",
        )
    return value


def _flag(value: Any, field: str) -> bool:
    if not isinstance(value, bool):
        raise FieldError(
            field=field, what=f"{_shown(value)} is not yes or no", remedy="true or false"
        )
    return value


def _text_schema(**more: Any) -> dict[str, Any]:
    return {"type": "string", **more}


def _number_schema(low: float, high: float, *, open_top: bool = False) -> dict[str, Any]:
    top = "exclusiveMaximum" if open_top else "maximum"
    return {"type": "number", "minimum": low, top: high}


_F8 = pa.float64()
FIELDS: Final[Mapping[str, tuple[Check, pa.DataType, dict[str, Any], str]]] = {
    "version": (_version, pa.uint8(), {"const": VERSION}, "version of this format"),
    "spotter": (
        _identity,
        tables.WORD,
        _text_schema(pattern="^[a-z0-9][a-z0-9-]{1,30}[a-z0-9]$"),
        "pseudonym of the person, never a name or a telephone number",
    ),
    "time": (
        _time_ns,
        tables.TIME,
        _text_schema(format="date-time"),
        "when it was seen or heard, with its zone",
    ),
    "lat_deg": (
        _number(-90.0, 90.0, "WGS-84 degrees"),
        _F8,
        _number_schema(-90, 90),
        "WGS-84 latitude of the person",
    ),
    "lon_deg": (
        _number(-180.0, 180.0, "WGS-84 degrees"),
        _F8,
        _number_schema(-180, 180),
        "WGS-84 longitude of the person",
    ),
    "place_accuracy_m": (
        _number(0.0, 100_000.0, "metres"),
        _F8,
        _number_schema(0, 100_000),
        "radius of 68 % around the person's place, as a phone tells it",
    ),
    "sense": (_one_of(SENSES), tables.WORD, _text_schema(enum=[*SENSES]), "seen, heard or both"),
    "what": (_one_of(KINDS), tables.WORD, _text_schema(enum=[*KINDS]), "what it was"),
    "azm_true_deg": (
        _number(0.0, 360.0, "degrees clockwise from true north", open_top=True),
        _F8,
        _number_schema(0, 360, open_top=True),
        "where it was, clockwise from true north",
    ),
    "azm_accuracy_deg": (
        _number(0.0, 180.0, "degrees"),
        _F8,
        _number_schema(0, 180),
        "one sigma of that direction, as a phone tells it",
    ),
    "compass": (
        _one_of(COMPASS),
        tables.WORD,
        _text_schema(enum=[*COMPASS]),
        "where it was, in words, in place of azm_true_deg",
    ),
    "elv_deg": (
        _number(-90.0, 90.0, "degrees above the horizon"),
        _F8,
        _number_schema(-90, 90),
        "how high it stood, above the horizon",
    ),
    "height": (_one_of(HEIGHTS), tables.WORD, _text_schema(enum=[*HEIGHTS]), "the same in a word"),
    "count": (
        _count,
        pa.uint16(),
        {"type": "integer", "minimum": 1, "maximum": 10_000},
        "how many",
    ),
    "words": (
        _words,
        pa.string(),
        _text_schema(maxLength=_WORDS_MAX),
        "anything else, in the person's words",
    ),
    "exercise": (_flag, pa.bool_(), {"type": "boolean"}, "true for a drill"),
}
"""Each field: its check, the type of its column, its JSON Schema, what it is."""

REQUIRED: Final = ("version", "spotter", "time", "lat_deg", "lon_deg", "sense", "what")


def _field(name: str, kind: pa.DataType, what: str) -> pa.Field:
    unit = name.rsplit("_", 1)[-1]
    meta = {"what": what, **({"unit": unit} if unit in UNITS else {})}
    return pa.field(name, kind, metadata=meta)


SCHEMAS: Final = {
    "spotter": pa.schema(
        [
            *PLACE_FIELDS,
            *(_field(name, kind, what) for name, (_, kind, _, what) in FIELDS.items()),
        ]
    )
}

_WORD_SIGMA_DEG: Final = {
    name: (45.0 if len(name) < 3 else 22.5) / math.sqrt(12.0) for name in COMPASS
}
"""One sigma of a direction in words: evenly spread over the eighth or sixteenth that it names.
What the person's own sense of north adds is not known."""


def check_spotter(octets: bytes) -> None:
    """Check a document before it is taken in.

    Parameters
    ----------
    octets : bytes
        A report, an array of reports, or JSON lines; at most ``DOCUMENT_OCTETS_MAX``.

    Raises
    ------
    FieldError
        What is wrong first: ``field`` (such as ``azm_true_deg``, or ``[2].time`` in an array),
        ``what`` and ``remedy``.

    Examples
    --------
    >>> check_spotter(b'{"version": 1, "spoter": "river-42"}')
    Traceback (most recent call last):
    airshield.errors.FieldError: spoter: unknown field; did you mean 'spotter'?
    """
    for place, document in _documents(octets):
        _check(document, place)


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of one report or an array of them.

    ``python -m airshield.read.spotter`` prints it.
    """
    report = {
        "type": "object",
        "properties": {
            name: {**schema, "description": what} for name, (_, _, schema, what) in FIELDS.items()
        },
        "required": [*REQUIRED],
        "additionalProperties": False,
        "not": {"required": ["azm_true_deg", "compass"]},
        "dependentRequired": {"azm_accuracy_deg": ["azm_true_deg"]},
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Report of a spotter",
        "description": "What a person saw or heard in the air, and from where.",
        "oneOf": [
            {"$ref": "#/$defs/report"},
            {
                "type": "array",
                "items": {"$ref": "#/$defs/report"},
                "minItems": 1,
                "maxItems": REPORTS_MAX,
            },
        ],
        "$defs": {"report": report},
    }


def _documents(octets: bytes) -> Iterator[tuple[str, Any]]:
    """Give the reports in a document, each with its place in it."""
    if len(octets) > DOCUMENT_OCTETS_MAX:
        raise FieldError(
            field="document",
            what=f"{len(octets)} octets are too many",
            remedy=f"send at most {DOCUMENT_OCTETS_MAX} at a time",
        )
    text = _text(octets)
    lines = text.split("\n")
    try:
        whole = _parse(text)
    except json.JSONDecodeError as error:
        if len([line for line in lines if line.strip()]) < 2 or not _is_json(lines):
            raise FieldError(
                field="document",
                what=f"no JSON at line {error.lineno}, column {error.colno}: {error.msg}",
                remedy="send one JSON object, an array of them, or one object a line",
            ) from error
        whole = [_parse(line) for line in lines if line.strip()]
    if not isinstance(whole, list):
        yield "", whole
        return
    if not 1 <= len(whole) <= REPORTS_MAX:
        raise FieldError(
            field="document",
            what=f"{len(whole)} reports in one document",
            remedy=f"send 1 to {REPORTS_MAX}",
        )
    for k, one in enumerate(whole):
        yield f"[{k}].", one


def _text(octets: bytes) -> str:
    try:
        return octets.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise FieldError(
            field="document", what=f"octet {error.start} is no UTF-8", remedy="send UTF-8"
        ) from error


def _is_json(lines: list[str]) -> bool:
    """Tell whether every line that is not blank is a JSON document."""
    for line in lines:
        if line.strip():
            try:
                _parse(line)
            except json.JSONDecodeError:
                return False
    return True


def _parse(text: str) -> Any:
    """Parse JSON; a field that stands twice, or too much depth, is refused."""
    try:
        return json.loads(
            text, object_pairs_hook=_once, parse_int=_whole, parse_constant=_no_number
        )
    except RecursionError as error:
        raise FieldError(
            field="document", what="brackets within brackets without end", remedy="send flat JSON"
        ) from error


def _whole(digits: str) -> int | float:
    """Parse a whole number; one of hundreds of digits is as good as infinite."""
    return int(digits) if len(digits) < 20 else float(digits)


def _no_number(name: str) -> None:
    raise FieldError(field="document", what=f"{name} is no JSON", remedy="leave the field out")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    out = dict(pairs)
    if len(out) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise FieldError(field=twice, what="this field stands twice", remedy="keep one of them")
    return out


def _check(document: Any, place: str = "") -> dict[str, Any]:
    """Return the values of one report."""
    if not isinstance(document, dict):
        raise FieldError(
            field=place.rstrip(".") or "document",
            what="this is no object",
            remedy="send a report as {...}",
        )
    for name in document:
        if name not in FIELDS:
            close = difflib.get_close_matches(name, FIELDS, n=1)
            hint = f"did you mean {close[0]!r}?" if close else "use " + ", ".join(FIELDS)
            raise FieldError(field=place + name, what="unknown field", remedy=hint)
    for name in REQUIRED:
        if name not in document:
            raise FieldError(
                field=place + name, what="this field is missing", remedy=f"add {FIELDS[name][3]}"
            )
    values = {name: FIELDS[name][0](value, place + name) for name, value in document.items()}
    if "azm_true_deg" in values and "compass" in values:
        raise FieldError(
            field=place + "compass",
            what="two directions",
            remedy="give azm_true_deg or compass, not both",
        )
    if "azm_accuracy_deg" in values and "azm_true_deg" not in values:
        raise FieldError(
            field=place + "azm_accuracy_deg",
            what="the accuracy of no direction",
            remedy="add azm_true_deg",
        )
    return values


def _read(frames: pa.Table, rejects: Rejects, counts: dict[str, int]) -> list[tuple[Frame, Row]]:
    """Read the reports of frames; a document with a fault is refused whole."""
    found: list[tuple[Frame, Row]] = []
    for frame in each_frame(frames):
        try:
            them = [_check(document, place) for place, document in _documents(frame.octets)]
        except FieldError as error:
            # The reason is one of few; what the person wrote is in the octets.
            field = "".join(letter for letter in error.field[:100] if letter.isprintable())
            rejects.add(frame, frame.octets, "a report with a wrong field", item=field)
            continue
        count(counts, "report", len(them))
        found += [(frame, {**values, "record": k}) for k, values in enumerate(them)]
    return found


class TableReader:
    """Frames to the table ``spotter``."""

    def __init__(self, options: Options) -> None:
        self._schemas = chosen_columns(SCHEMAS, options.columns)

    def feed(self, frames: pa.Table) -> TableBatch:
        """Read a FRAME table."""
        rejects, counts = Rejects(), dict[str, int]()
        rows = [
            {
                **values,
                "frame": frame.number,
                "t_heard": None if frame.t_ns == NO_TIME else frame.t_ns,
                "offset": 0,
            }
            for frame, values in _read(frames, rejects, counts)
        ]
        return TableBatch(
            tables=filled(self._schemas, {"spotter": rows}),
            rejects=rejects.table(),
            counts=counts,
        )


class ReportReader:
    """Frames to REPORT rows of kind ``spotter``; keeps nothing between them.

    ``sensor`` is ``spotter/`` and the pseudonym. A direction in words is the middle of the eighth
    or sixteenth that it names. What people call low or high is no elevation: it stays in the
    table. An explosion is no aircraft and makes no report; a bird does, as people take one for
    the other. A drill is flagged simulated.
    """

    def __init__(self, options: Options) -> None:
        del options  # none of them concerns these documents

    def feed(self, frames: pa.Table) -> ReportBatch:
        """Read a FRAME table."""
        rejects, counts, unused = Rejects(), dict[str, int](), dict[str, int]()
        rows = []
        for frame, values in _read(frames, rejects, counts):
            if values["what"] == "explosion":
                count(unused, "explosion")
            else:
                rows.append(_report(frame, values))
        return ReportBatch(
            reports=table_of(tables.REPORT, rows),
            status=tables.empty(tables.SENSOR_STATUS),
            rejects=rejects.table(),
            counts=counts,
            unused=unused,
        )

    def snapshot(self) -> dict[str, NDArray[np.generic]]:
        """Return the state: none."""
        return {}

    def restore(self, state: Mapping[str, NDArray[np.generic]]) -> None:
        """Go on where a snapshot was taken."""
        del state


def _report(frame: Frame, values: Row) -> Row:
    word = values.get("compass")
    azm_deg, sigma_deg = values.get("azm_true_deg"), values.get("azm_accuracy_deg")
    if word is not None:
        azm_deg, sigma_deg = COMPASS.index(word) * 22.5, _WORD_SIGMA_DEG[word]
    lon_deg = values["lon_deg"]
    return {
        "t": values["time"],
        "t_heard": None if frame.t_ns == NO_TIME else frame.t_ns,
        "sensor": f"spotter/{values['spotter']}",
        "kind": "spotter",
        "azm_true_deg": azm_deg,
        "sigma_azm_deg": sigma_deg,
        "elv_deg": values.get("elv_deg"),
        "flags": int(ReportFlag.SIMULATED) if values.get("exercise") else 0,
        "frame": frame.number,
        "sensor_lat_deg": values["lat_deg"],
        "sensor_lon_deg": -180.0 if lon_deg == 180.0 else lon_deg,
    }


_HEAD: Final = re.compile(rb'\s*\[?\s*\{[^{}]*"spotter"\s*:')


def sniff(head: bytes) -> float:
    """Tell how sure it is that a stream begins with a spotter's report."""
    return 0.95 if _HEAD.match(head) and b'"version"' in head else 0.0


READER: Final = Reader(
    name="spotter",
    title="Reports of people: what was seen or heard, from where and in which direction (JSON)",
    sniff=sniff,
    splitter=ObjectSplitter,
    tables=TableReader,
    reports=ReportReader,
)


if __name__ == "__main__":
    print(json.dumps(json_schema(), indent=2))
