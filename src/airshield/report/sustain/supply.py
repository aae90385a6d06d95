"""Stocks going down, the map of supply, and what it hangs on."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, Final

from shapely.geometry.base import BaseGeometry

from airshield.report import figures as say
from airshield.report.charts import DayLine, day_chart, round_top
from airshield.report.html import Markup, join, table, tag
from airshield.report.maps import (
    Place,
    Way,
    network_legend_of,
    network_scene,
    network_svg_of,
)
from airshield.report.parts import UNTOLD, figure, listing, sentence

Document = Mapping[str, Any]
Row = Mapping[str, Any]

MAP_PX: Final = 940
"""As wide as the page: bases may lie far from the stations."""
CHARTS_MOST: Final = 16
EDGES_MOST: Final = 10
PAIRS_MOST: Final = 5


def stocks_body(document: Document) -> Markup:
    """The section of stocks."""
    bases, nodes = document["bases"], _nodes(document)
    if not bases and not nodes:
        return tag("p", "The shield has no base and no store, so nothing runs out.")
    stores = _stores(document)
    drawn = [
        figure(
            day_chart(
                _stock_line(one), name=f"stock-{at}", title=f"{one['name']}: tonnes in store",
                words=_stock_words(one),
            ),
            join([tag("strong", one["name"]), _end_of(one)]),
        )
        for at, one in enumerate(stores[:CHARTS_MOST])
    ]  # fmt: skip
    left = len(stores) - len(drawn)
    more = f" {say.many(left, 'more store')} without a drawing last longer." if left > 0 else ""
    return join(
        [
            tag("div", *drawn, class_="charts") if drawn else None,
            tag(
                "p",
                "Tonnes in store, the store that is empty first in front. The line is the mean of "
                "all runs, the band holds nine runs in ten; hatched days are unknown."
                f"{more}",
                class_="note",
            )
            if drawn
            else None,
            _bases(bases) if bases else None,
        ]
    )


def _nodes(document: Document) -> Sequence[Row]:
    supply = document["supply"]
    return () if supply is None else supply["nodes"]


def _stores(document: Document) -> list[dict[str, Any]]:
    """Bases and places of supply whose stock is known on some day, once each, first out first."""
    found = [
        {
            "name": base["base"],
            "mean": base["stock_t_by_day"],
            "low": base["low_t_by_day"],
            "high": base["high_t_by_day"],
            "day": base["first_out_day"],
            "end": "out",
        }
        for base in document["bases"]
    ]
    drawn = {base["node"] for base in document["bases"] if base["stock_t_by_day"] is not None}
    found += [
        {
            "name": node["node"], "mean": node["stock_t_by_day"], "low": None, "high": None,
            "day": node["first_short_day"], "end": "short",
        }
        for node in _nodes(document)
        if node["node"] not in drawn
    ]  # fmt: skip
    known = [one for one in found if _known(one["mean"])]
    return sorted(known, key=lambda one: (one["day"] is None, one["day"] or 0, _share_left(one)))


def _known(values: Sequence[float | None] | None) -> list[float]:
    return [value for value in values or () if value is not None]


def _share_left(one: Row) -> float:
    values = _known(one["mean"])
    return values[-1] / max(*values, 1.0) if len(values) > 1 else 1.0


def _stock_line(one: Row) -> DayLine:
    days = len(one["mean"])
    nothing: list[float | None] = [None] * days
    top = round_top(max([*_known(one["mean"]), *_known(one["high"])]))
    return DayLine(
        mean=one["mean"],
        low=one["low"] or nothing,
        high=one["high"] or nothing,
        top=top,
        ticks=tuple((top * part, f"{top * part:,.4g} t") for part in (0.0, 0.5, 1.0)),
        mark=None if one["day"] is None else (one["day"], f"{one['end']} from day {one['day']}"),
    )


def _stock_words(one: Row) -> str:
    values = _known(one["mean"])
    return (
        f"From {say.tonnes_at_least(values[0])} to {say.tonnes_at_least(values[-1])}{_end_of(one)}."
    )


def _end_of(one: Row) -> str:
    return "" if one["day"] is None else f", {one['end']} from day {one['day']}"


def _bases(bases: Sequence[Row]) -> Markup:
    return table(
        "Fuel at the bases. How long it lasts is without a delivery, at the mean use of a day.",
        [
            "base", "contributor", "on day 0", "on the last day", "least, in bad runs",
            "used a day", "lasts", "out from",
        ],
        [
            [
                one["base"],
                one["contributor"],
                say.tonnes_at_least(_at(one["stock_t_by_day"], 0)),
                say.tonnes_at_least(_at(one["stock_t_by_day"], -1)),
                say.tonnes_at_least(min(_known(one["low_t_by_day"]), default=None)),
                say.tonnes_at_most(one["burn_t_per_day"]),
                _lasts(one),
                _out_from(one),
            ]
            for one in bases
        ],
        words=2,
    )  # fmt: skip


def _out_from(one: Row) -> str:
    if one["first_out_day"] is not None:
        return f"day {one['first_out_day']}"
    return say.UNKNOWN if one["stock_t_by_day"] is None else UNTOLD


def _at(values: Sequence[float | None] | None, day: int) -> float | None:
    return values[day] if values else None


def _lasts(one: Row) -> str:
    there, burn = _at(one["stock_t_by_day"], 0), one["burn_t_per_day"]
    if there is None or burn is None:
        return say.UNKNOWN
    return "nothing is used" if burn <= 0.0 else say.lasts(there / burn)


# ---------------------------------------------------------------- map


def map_body(document: Document, area: BaseGeometry | None) -> Markup:
    """The section with the map."""
    supply = document["supply"]
    verdicts = {
        one["of"]: one["verdict"] for one in document["requirements"] if one["kind"] == "station"
    }
    by_node = {base["node"] for base in document["bases"]}
    rows = [
        *(("station", one["station"], one) for one in document["stations"]),
        *(("base", one["base"], one) for one in document["bases"]),
        *(
            (
                "source" if node["kind"] == "source" else "node",
                # Where a base stands its name says enough.
                "" if node["node"] in by_node else node["node"],
                node,
            )
            for node in _nodes(document)
        ),
    ]
    places = [
        Place(
            kind=kind,
            name=name,
            lat_deg=one["lat_deg"],
            lon_deg=one["lon_deg"],
            verdict=verdicts.get(name, "") if kind == "station" else "",
        )
        for kind, name, one in rows
        if one["lat_deg"] is not None and one["lon_deg"] is not None
    ]
    edges = [] if supply is None else [one for one in supply["edges"] if _has_place(one)]
    numbers = {} if supply is None else weak_numbers(supply)
    most = max([one["flow_t_per_day"] or 0.0 for one in edges] or [0.0])
    ways = [
        Way(
            name=one["edge"],
            lat_deg=(one["lat_deg"][0], one["lat_deg"][1]),
            lon_deg=(one["lon_deg"][0], one["lon_deg"][1]),
            share=_share(one["flow_t_per_day"], most),
            number=numbers.get(one["edge"]),
        )
        for one in edges
    ]
    scene = network_scene(
        places,
        ways,
        area=area,
        title=f"{document['shield']}: stations, bases and supply",
        about=f"{say.many(len(document['stations']), 'station')}, "
        f"{say.many(len(document['bases']), 'base')} and {say.many(len(ways), 'way')} of supply.",
    )
    if scene is None:
        return tag("p", "No place is told, so there is no map.")
    lost = len(rows) - len(places) + (0 if supply is None else len(supply["edges"]) - len(edges))
    goods = "" if supply is None else f" Ways carry {supply['goods']}."
    missing = f" {say.many(lost, 'place or way')} of unknown position are left out." if lost else ""
    border = "" if area is None else " The line is the border of the shield's areas."
    return figure(
        network_svg_of(scene, name="map-supply", width_px=MAP_PX),
        f"{scene.title}.{goods}{border}{missing} North is up; ways are drawn straight, not as "
        "they run.",
        legend=network_legend_of(scene),
        class_="broad",
    )


def _has_place(edge: Row) -> bool:
    return None not in (*edge["lat_deg"], *edge["lon_deg"])


def _share(flow: float | None, most: float) -> float | None:
    if flow is None:
        return None
    return flow / most if most > 0.0 else 0.0


# ---------------------------------------------------------------- what supply hangs on


def weakest(supply: Mapping[str, Any]) -> list[Row]:
    """Ways whose loss costs something, or that alone reach a place, the worst first."""
    rows = [
        one for one in supply["edges"] if (one["loss_t_per_day"] or 0.0) > 0.0 or one["sole_way_to"]
    ]
    return sorted(
        rows,
        key=lambda one: (-(one["loss_t_per_day"] or 0.0), -len(one["sole_way_to"]), one["edge"]),
    )[:EDGES_MOST]


def weak_numbers(supply: Mapping[str, Any]) -> dict[str, int]:
    """The number of each weak way, in the table and on the map."""
    return {one["edge"]: at for at, one in enumerate(weakest(supply), start=1)}


def supply_body(document: Document) -> Markup:
    """The section of what supply hangs on."""
    supply = document["supply"]
    if supply is None:
        return tag(
            "p",
            "The shield says nothing of supply, so stocks are all that its bases have, and whether "
            "more would arrive is unknown.",
        )
    return join(
        [
            _places(supply),
            _edges(supply),
            _pairs(supply),
            _owners(supply),
        ]
    )


def _places(supply: Mapping[str, Any]) -> Markup:
    wanting = [
        one
        for one in supply["nodes"]
        if one["need_t_per_day"] is None or one["need_t_per_day"] > 0.0 or one["why"]
    ]
    if not wanting:
        return tag("p", "No place of supply needs anything.")
    why = [join([tag("strong", one["node"]), f": {one['why']}"]) for one in wanting if one["why"]]
    return join(
        [
            table(
                f"What each place needs and gets of {supply['goods']}, day after day.",
                ["place", "contributor", "needs a day", "gets a day", "short from"],
                [
                    [
                        one["node"],
                        one["contributor"],
                        say.tonnes_at_most(one["need_t_per_day"]),
                        say.tonnes_at_least(one["got_t_per_day"]),
                        UNTOLD
                        if one["first_short_day"] is None
                        else f"day {one['first_short_day']}",
                    ]
                    for one in wanting
                ],
                words=2,
            ),
            listing(why) if why else None,
        ]
    )


def _edges(supply: Mapping[str, Any]) -> Markup:
    weak = weakest(supply)
    unknown = sum(one["loss_t_per_day"] is None for one in supply["edges"])
    doubt = (
        f" What the loss of {say.many(unknown, 'way')} would cost is unknown." if unknown else ""
    )
    if not weak:
        found = "No single way is missed" if not unknown else "No way is known to be missed"
        return tag("p", f"{found}: without any one of them as much arrives.{doubt}")
    return join(
        [
            table(
                "The weakest ways: what can be delivered less when one of them is lost. Numbers "
                f"are those of the map.{doubt}",
                [
                    "way", "kind", "contributor", "the only way to", "carries of", "used",
                    "lost without it", "of all",
                ],
                [
                    [
                        f"{at} {one['edge']}",
                        one["mode"] or say.UNKNOWN,
                        one["contributor"],
                        ", ".join(one["sole_way_to"]) or UNTOLD,
                        f"{say.tonnes_at_most(one['flow_t_per_day'])} of "
                        f"{say.tonnes_at_least(one['capacity_t_per_day'])} a day",
                        say.at_most(one["used_share"]),
                        f"{say.tonnes_at_most(one['loss_t_per_day'])} a day",
                        say.at_most(one["loss_share"]),
                    ]
                    for at, one in enumerate(weak, start=1)
                ],
                words=4,
            ),
            _closest_to_full(supply),
        ]
    )  # fmt: skip


def _closest_to_full(supply: Mapping[str, Any]) -> Markup | None:
    full = [one["edge"] for one in supply["edges"] if (one["used_share"] or 0.0) >= FULL]
    if not full:
        return None
    verb = "carries" if len(full) == 1 else "carry"
    return tag(
        "p",
        sentence(f"{say.listed(full)} {verb} all that can be carried: nothing is to spare there"),
    )


FULL: Final = 0.995
"""From here on a way counts as full: less than half a percent is no reserve."""


def _pairs(supply: Mapping[str, Any]) -> Markup | None:
    pairs = sorted(supply["worst_pairs"], key=lambda one: -_or(one["loss_t_per_day"], math.inf))[
        :PAIRS_MOST
    ]
    if not pairs:
        return None
    return table(
        "The worst pairs: lost together.",
        ["ways", "lost without them", "of all"],
        [
            [
                f"{one['first']} and {one['second']}",
                _a_day(one["loss_t_per_day"]),
                say.at_most(one["loss_share"]),
            ]
            for one in pairs
        ],
    )


def _owners(supply: Mapping[str, Any]) -> Markup | None:
    if not supply["owners"]:
        return None
    return table(
        "What can be delivered less when a contributor takes all its places and ways away.",
        ["contributor", "lost without it", "of all"],
        [
            [one["contributor"], _a_day(one["loss_t_per_day"]), say.at_most(one["loss_share"])]
            for one in sorted(
                supply["owners"], key=lambda one: -_or(one["loss_t_per_day"], math.inf)
            )
        ],
    )


def _or(value: float | None, other: float) -> float:
    return other if value is None else value


def _a_day(tonnes: float | None) -> str:
    return say.UNKNOWN if tonnes is None else f"{say.tonnes_at_most(tonnes)} a day"
