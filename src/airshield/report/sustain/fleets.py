"""Fleets: what they fly, what their aircraft do, what it costs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from airshield.report import figures as say
from airshield.report.html import Markup, join, table, tag

Document = Mapping[str, Any]


def fleets_body(document: Document) -> Markup:
    """The section of fleets and their cost."""
    fleets = document["fleets"]
    if not fleets:
        return tag("p", "The shield has no fleet.")
    currency = document["cost"]["currency"]
    states = list(dict.fromkeys(state for one in fleets for state in one["states"]))
    return join(
        [
            tag("p", _cost_words(document["cost"])),
            table(
                "Fleets: what they fly, and what it costs a month.",
                [
                    "fleet", "aircraft at base", "count", "on alert", "alert kept",
                    "sorties a day", "hours a day", "variable", "full",
                ],
                [
                    [
                        one["fleet"],
                        f"{one['aircraft']} at {one['base']}",
                        say.mean(one["count"]),
                        say.mean(one["on_alert"]),
                        say.at_least(one["alert"]) if one["on_alert"] else "no alert",
                        say.mean(one["sorties_per_day"]),
                        say.mean(one["flight_h_per_day"]),
                        say.money(one["cost_variable_per_month"], currency),
                        say.money(one["cost_full_per_month"], currency),
                    ]
                    for one in fleets
                ],
                words=2,
            ),
            table(
                "What their aircraft do: the mean number in each state.",
                ["fleet", *states],
                [
                    [
                        one["fleet"],
                        *(
                            say.mean(one["states"][state]) if state in one["states"] else "–"
                            for state in states
                        ),
                    ]
                    for one in fleets
                ],
            )
            if states
            else None,
        ]
    )  # fmt: skip


def _cost_words(cost: Mapping[str, Any]) -> str:
    left_out = list(cost["left_out"])
    least = "at least " if left_out else ""
    known = [
        f"{least}{say.money(cost[key], cost['currency'])} {what}"
        for key, what in (
            ("variable_per_month", "of variable cost"),
            ("full_per_month", "of full cost"),
        )
        if cost[key] is not None
    ]
    told = (
        f"Flying takes {say.listed(known)} a month."
        if known
        else "What flying costs is unknown: no fleet has a known cost."
    )
    if left_out and known:
        told += f" Left out, because their cost is unknown: {say.listed(left_out)}."
    return told
