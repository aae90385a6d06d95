"""The answer in plain words, and what the sizes of fleets come to."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

from airshield.report import figures as say
from airshield.report.parts import sentence

Document = Mapping[str, Any]


def plain_answer(document: Document) -> tuple[str, ...]:
    """Sentences: the document's own, then what fails first and whose fleet is sized on means.

    A cause that the document tells already is not told twice.
    """
    own = [sentence(one) for one in document["answer"]]
    told = " ".join(own)
    return (*own, *(one for one in _more(document) if one.rstrip(".") not in told))


def _more(document: Document) -> Iterator[str]:
    yield from first_to_fail(document)
    means = [one["station"] for one in document["stations"] if sized_on(one) in ("mean", "formula")]
    if means:
        are = "is" if len(means) == 1 else "are"
        yield (
            f"{say.many(len(means), 'station')} ({say.listed(means)}) {are} sized on means: enough "
            "aircraft on average, too few in the worst 5 % of runs."
        )


def first_to_fail(document: Document) -> Iterator[str]:
    """What gives way first, and which station is the first to fail and why."""
    stores = [
        (base["first_out_day"], f"the fuel at {base['base']}, out from day {base['first_out_day']}")
        for base in document["bases"]
        if base["first_out_day"] is not None
    ]
    if document["supply"] is not None:
        stores += [
            (
                node["first_short_day"],
                f"the supply of {node['node']}, short from day {node['first_short_day']}",
            )
            for node in document["supply"]["nodes"]
            if node["first_short_day"] is not None
        ]
    failing = [one for one in document["stations"] if one["fails_from"] is not None]
    station = min(failing, key=lambda one: one["fails_from"], default=None)
    if stores:
        day, what = min(stores, key=lambda one: one[0])
        if station is None or day <= station["fails_from"]:
            yield f"First to give way is {what}."
    if station is None:
        return
    if station["why"]:
        yield sentence(station["why"])
    else:
        yield f"Station {station['station']} fails from day {station['fails_from']}."
    if station["chance"] is not None:
        yield f"It does so in {in_runs(station['chance'], document['runs'])} runs."


def in_runs(chance: float | None, runs: int) -> str:
    """In how many of the runs something fails, rounded up.

    Examples
    --------
    >>> in_runs(0.625, 64), in_runs(0.0, 64), in_runs(None, 64)
    ('40 of 64', '0 of 64', 'unknown')
    """
    return say.UNKNOWN if chance is None else f"{math.ceil(chance * runs - say.HAIR)} of {runs}"


def sized_on(station: Mapping[str, Any]) -> str:
    """What a station's aircraft are enough for: 'bad', 'mean', 'formula', nothing ('short').

    'unknown' where the aircraft, or the fleet for the bad runs, were not worked out.
    """
    there, bad = station["aircraft"], station["fleet_bad"]
    if there is None or bad is None:
        return "unknown"
    if there >= bad:
        return "bad"
    if station["fleet_mean"] is not None and there >= station["fleet_mean"]:
        return "mean"
    if station["formula"] is not None and there >= station["formula"]:
        return "formula"
    return "short"


def sized_words(station: Mapping[str, Any]) -> str:
    """What the comparison of a station's aircraft with the three fleets says."""
    there, bad = station["aircraft"], station["fleet_bad"]
    match sized_on(station):
        case "bad":
            return "enough in bad runs too"
        case "mean":
            return (
                f"sized on a mean: {say.mean(there)} are enough on average, the worst 5 % of runs "
                f"take {say.needed(bad)}"
            )
        case "formula":
            return (
                f"sized on the formula alone: {say.mean(there)} are enough by it, the worst 5 % of "
                f"runs take {say.needed(bad)}"
            )
        case "short":
            return f"too few by every count: {say.needed(bad - there)} are lacking for bad runs"
        case _:
            return "unknown: not all of it was worked out"
