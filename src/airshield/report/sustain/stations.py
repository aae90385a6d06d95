"""What is asked for, and the stations: three fleets, cover by day, why they fail."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Final

from airshield.plan.patrol import WORDS
from airshield.report import figures as say
from airshield.report.charts import DayLine, day_chart
from airshield.report.html import Markup, join, table, tag
from airshield.report.page import verdict_of
from airshield.report.parts import UNTOLD, figure, listing, sentence, with_interval
from airshield.report.sustain.answer import in_runs, sized_words

Document = Mapping[str, Any]
Row = Mapping[str, Any]

SHARES: Final = ((0.0, "0 %"), (0.5, "50 %"), (1.0, "100 %"))


def asked_body(document: Document) -> Markup:
    """The section of requirements."""
    gone = document["without"]
    head = (
        tag(
            "p",
            f"Worked out without {say.listed(list(gone))}, gone from day "
            f"{document['without_from_day']} on.",
        )
        if gone
        else None
    )
    rows = document["requirements"]
    if not rows:
        return join([head, tag("p", "The shield asks for no station and no stock.")])
    told: list[list[str]] = [
        [
            one["name"],
            verdict_of(one["verdict"]),
            f"{one['kind']} {one['of']}",
            _asked(one),
            with_interval(one["value"], one["low"], one["high"], one["unit"]),
            UNTOLD if one["from_day"] is None else f"day {one['from_day']}",
        ]
        for one in rows
    ]
    # Why a station fails is told with the stations.
    why = [
        join([tag("strong", one["name"]), f": {sentence(one['why'])}"])
        for one in rows
        if one["why"] and one["kind"] != "station"
    ]
    return join(
        [
            head,
            table(
                f"Requirements over {say.many(document['days'], 'day')} at {document['tempo']} "
                "tempo, and what is reached.",
                ["requirement", "answer", "what", "asked", "reached (interval)", "fails from"],
                told,
                words=3,
            ),
            listing(why) if why else None,
            tag(
                "p",
                "Reached is the mean over all runs and, in brackets, the interval in which the "
                "true mean lies. A requirement holds when the whole interval is enough, fails "
                "when none of it is, and is unknown between.",
                class_="note",
            ),
        ]
    )


def _asked(one: Row) -> str:
    if one["unit"] == "days":
        return say.takes(one["asked"])
    days = "" if one["asked_days"] is None else f" for {say.takes(one['asked_days'])}"
    return f"{say.at_least(one['asked'])}{days}"


def stations_body(document: Document) -> Markup:
    """The section of stations."""
    stations = document["stations"]
    if not stations:
        return tag("p", "The shield has no station, so nothing is to be manned.")
    return join(
        [
            _sizes(stations),
            _cover(document),
            _charts(document),
            *_reasons(stations),
            _lacking(stations),
        ]
    )


def _sizes(stations: Sequence[Row]) -> Markup:
    return join(
        [
            table(
                "Aircraft that each station takes, by three counts, beside those that may man it.",
                [
                    "station", "what it says", "at once", "by the closed formula",
                    "for 95 % on average", "for 95 % in the worst 5 % of runs", "there are",
                ],
                [
                    [
                        join([one["station"], tag("br"), tag("small", _role(one))]),
                        sized_words(one),
                        say.needed(one["count"]),
                        say.needed(one["formula"]),
                        say.needed(one["fleet_mean"]),
                        say.needed(one["fleet_bad"]),
                        UNKNOWN if one["aircraft"] is None else say.mean(one["aircraft"]),
                    ]
                    for one in stations
                ],
                words=2,
            ),
            tag(
                "p",
                "The formula and the average are means: with them some months are far below. "
                "Aircraft that may man several stations are counted at each of them.",
                class_="note",
            ),
        ]
    )  # fmt: skip


UNKNOWN: Final = say.UNKNOWN


def _role(one: Row) -> str:
    return str(one["role"]).replace("_", " ")


def _cover(document: Document) -> Markup:
    return table(
        "Share of the hours in which the stations are manned, over all days.",
        [
            "station", "cover (interval)", "in all but the worst 5 % of runs", "fails from",
            "in so many runs",
        ],
        [
            [
                one["station"],
                with_interval(one["cover"], one["cover_low"], one["cover_high"], "share"),
                say.at_least(one["cover_bad"]),
                UNTOLD if one["fails_from"] is None else f"day {one['fails_from']}",
                in_runs(one["chance"], document["runs"]),
            ]
            for one in document["stations"]
        ],
    )  # fmt: skip


def _charts(document: Document) -> Markup:
    asked = {
        one["of"]: one["asked"]
        for one in document["requirements"]
        if one["kind"] == "station" and one["unit"] == "share"
    }
    drawn = []
    for at, one in enumerate(document["stations"]):
        fails = one["fails_from"]
        wanted = asked.get(one["station"])
        title = f"{one['station']}: share of each day's hours in which it is manned"
        end = "" if fails is None else f" It fails from day {fails}."
        unknown = sum(value is None for value in one["cover_by_day"])
        words = (
            f"From {say.at_least(_first(one['cover_by_day']))} on the first day to "
            f"{say.at_least(_last(one['cover_by_day']))} on the last.{end}"
        )
        line = DayLine(
            mean=one["cover_by_day"],
            low=one["low_by_day"],
            high=one["high_by_day"],
            top=1.0,
            ticks=SHARES,
            asked=wanted,
            mark=None if fails is None else (fails, f"fails from day {fails}"),
        )
        caption = join(
            [
                tag("strong", one["station"]),
                f", {_role(one)}",
                "" if wanted is None else f"; asked {say.at_least(wanted)}",
                f"; unknown on {say.many(unknown, 'day')}" if unknown else "",
            ]
        )
        drawn.append(figure(day_chart(line, name=f"cover-{at}", title=title, words=words), caption))
    return join(
        [
            tag("h4", "Cover, day by day"),
            tag("div", *drawn, class_="charts"),
            tag(
                "p",
                "The line is the mean of all runs, the band holds nine runs in ten, the dashed "
                "line is what is asked, the upright one the day from which the station fails; "
                "hatched days are unknown. Days from left to right, counted from 0.",
                class_="note",
            ),
        ]
    )


def _first(values: Sequence[float | None]) -> float | None:
    return values[0] if values else None


def _last(values: Sequence[float | None]) -> float | None:
    return values[-1] if values else None


def _reasons(stations: Sequence[Row]) -> list[Markup]:
    failing = [one for one in stations if one["why"] or one["chain"]]
    if not failing:
        return []
    parts = [tag("h4", "Why stations fail")]
    for one in sorted(failing, key=lambda one: _day(one["fails_from"])):
        if not one["chain"]:
            parts.append(tag("p", sentence(one["why"])))
            continue
        day = "" if one["fails_from"] is None else f" from day {one['fails_from']}"
        parts += [
            tag("p", tag("strong", one["station"]), f" fails{day}:"),
            listing([_link(link) for link in one["chain"]], ordered=True),
        ]
    return parts


def _day(day: int | None) -> float:
    return float("inf") if day is None else float(day)


def _link(link: Row) -> Markup:
    since = "" if link["since_day"] is None else f", since day {link['since_day']}"
    who = "" if not link["who"] or link["who"] in link["words"] else f" ({link['who']})"
    return join([sentence(f"{link['words']}{who}{since}")])


def _lacking(stations: Sequence[Row]) -> Markup:
    rows = []
    for one in stations:
        codes: list[str | None] = one["binding_by_day"]
        days = Counter(code for code in codes if code is not None)
        free = codes.count(None)
        told = [f"{_words(code)}: {say.many(n, 'day')}" for code, n in days.most_common()]
        rows.append([one["station"], "; ".join(told) or UNTOLD, f"{free}"])
    return table(
        "What was lacking most where a station was not manned, on how many of the days.",
        ["station", "what was lacking", "days with nothing lacking"],
        rows,
        words=2,
    )


def _words(code: str) -> str:
    return WORDS.get(code, code.replace("_", " "))
