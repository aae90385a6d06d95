"""The document of ``airshield depend``: what was found, as a page and a report show it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import pyarrow as pa

from airshield import __version__
from airshield.cli.depending import Depending, brings_of
from airshield.cli.enduring import used_factors
from airshield.cli.sustain_document import number
from airshield.plan.coverage.coalitions import expected_answers
from airshield.plan.dependence import (
    ALL,
    dependence_table,
    find_dips,
    find_least_coalitions,
    find_vetoes,
    pair_table,
    replacement_table,
)
from airshield.tables import VERDICTS
from airshield.units import S_PER_DAY

WHOLE: Final = "all requirements"
"""What people call the last requirement."""
DRAWS: Final = 200
DIPS: Final = 10


def depend_document(found: Depending) -> dict[str, Any]:
    """What ``depend --json`` prints (docs/depend.md)."""
    game, shield = found.game, found.shield
    everybody = game.row(game.everybody)
    kinds = {one.name: one.kind for one in shield.contributors}
    roles = {one.name: one.role for one in shield.contributors}
    held = game.held()
    enablers = [name for name in game.players if kinds[name] == "enabler"]
    document: dict[str, Any] = {
        "shield": shield.name,
        "about": shield.about,
        "digest": shield.digest,
        "version": __version__,
        "kind": "planning estimate",
        "days": found.days,
        "runs": found.asked.runs,
        "seed": found.asked.seed,
        "tempo": found.asked.tempo,
        "holds": VERDICTS[game.verdict[everybody, -1]],
        "contributors": [
            {
                "name": name,
                "role": roles[name],
                "kind": kinds[name],
                "brings": brings_of(shield.plan, name),
            }
            for name in game.players
        ],
        "requirements": [
            *(
                {
                    "name": one.name,
                    "kind": one.kind,
                    "asked": one.asked,
                    "unit": one.unit,
                    "better": "more",
                }
                for one in found.requirements
            ),
            {"name": WHOLE, "kind": "all", "asked": 1.0, "unit": "share", "better": "more"},
        ],
        "coalitions": {
            "is_complete": game.is_complete,
            "mask": [int(mask) for mask in game.masks],
            "value": _rows(game.value),
            "low": _rows(game.low),
            "high": _rows(game.high),
            "verdict": [[VERDICTS[code] for code in row] for row in game.verdict],
        },
        "comparison": _comparison(found, enablers),
        "dependence": _dependence(found),
        "held": [goal.name for goal in held.goals] if held else [],
        "vetoes": list(find_vetoes(held)) if held else [],
        "least_coalitions": [list(names) for names in find_least_coalitions(held)] if held else [],
        "pairs": [
            {
                "first": row["contributor"],
                "second": row["other"],
                "requirement": _called(row["requirement"]),
                "loss": row["loss_figure"],
                "beyond": row["beyond_figure"],
                "verdict": row["verdict_without"],
            }
            for row in pair_table(game).to_pylist()
        ],
        "withdrawal": [
            {
                "contributor": row["contributor"],
                "from_day": row["day"],
                "requirement": _called(row["requirement"]),
                "value": row["value_figure"],
                "low": row["low_figure"],
                "high": row["high_figure"],
                "verdict": row["verdict"],
            }
            for row in found.withdrawal.to_pylist()
        ],
        "replacements": _replacements(found),
        "screening": _screening(found),
        "radars": [
            {
                "radar": radar.name,
                "contributor": radar.contributor,
                "availability": found.availability.get(radar.name),
            }
            for radar in shield.plan.radars
            if radar.has_primary and radar.status == "standing"
        ],
        "availability": _availability(found),
        "assumptions": used_factors(shield),
        "cautions": _cautions(found, enablers),
        "dips": _dips(found),
    }
    document["answer"] = _answer(document, enablers)
    told: dict[str, Any] = _plain(document)
    return told


def tables_of(found: Depending) -> dict[str, pa.Table]:
    """The tables behind the document, by the name of their file."""
    tables = {
        "coalition": found.game.table(),
        "dependence": dependence_table(found.game),
        "pair_dependence": pair_table(found.game),
        "withdrawal": found.withdrawal,
        "replacement": replacement_table(found.replacements),
    }
    if found.screening is not None:
        tables["screening"] = found.screening.table()
    return tables


def _plain(part: Any) -> Any:
    """NaN and infinity, which JSON has not, as null."""
    if isinstance(part, dict):
        return {key: _plain(value) for key, value in part.items()}
    if isinstance(part, list):
        return [_plain(value) for value in part]
    return number(part) if isinstance(part, float) else part


def _rows(table: Any) -> list[list[float | None]]:
    return [[number(float(value)) for value in row] for row in table]


def _called(requirement: str) -> str:
    return WHOLE if requirement == ALL else requirement


def _comparison(found: Depending, enablers: Sequence[str]) -> list[dict[str, Any]]:
    """With everybody, without all enablers, and without each."""
    game = found.game
    names = [*(one.name for one in found.requirements), WHOLE]
    asked = [("with everybody", game.everybody)]
    known = {int(mask) for mask in game.masks}
    if enablers:
        asked.append(("without the enablers", game.everybody ^ game.mask(enablers)))
    asked += [(f"without {name}", game.everybody ^ game.mask([name])) for name in game.players]
    out = []
    for who, mask in asked:
        if mask not in known:
            continue
        row = game.row(mask)
        out.append(
            {
                "who": who,
                "mask": mask,
                "requirements": [
                    {
                        "name": name,
                        "value": float(game.value[row, g]),
                        "low": float(game.low[row, g]),
                        "high": float(game.high[row, g]),
                        "verdict": VERDICTS[game.verdict[row, g]],
                    }
                    for g, name in enumerate(names)
                ],
            }
        )
    return out


def _dependence(found: Depending) -> list[dict[str, Any]]:
    return [
        {
            "contributor": row["contributor"],
            "requirement": _called(row["requirement"]),
            "alone": row["alone_figure"],
            "without": row["without_figure"],
            "loss": row["withdrawal_figure"],
            "loss_low": row["withdrawal_low_figure"],
            "loss_high": row["withdrawal_high_figure"],
            "share": row["shapley_figure"],
            "share_low": row["shapley_low_figure"],
            "share_high": row["shapley_high_figure"],
            "is_veto": row["is_veto"],
        }
        for row in dependence_table(found.game).to_pylist()
    ]


def _replacements(found: Depending) -> list[dict[str, Any]]:
    out = []
    for one, row in zip(
        found.replacements, replacement_table(found.replacements).to_pylist(), strict=True
    ):
        bring = [f"{n} x {name}" for name, n in (one.brings or {}).items() if n]
        holds = row["state"] in ("not_needed", "proven", "found")
        lead_days = None if row["lead_s"] is None else row["lead_s"] / S_PER_DAY
        words = {
            "not_needed": f"nothing need replace {one.without}",
            "not_possible": f"all options together do not replace {one.without}",
            "unknown": f"nobody can say what replaces {one.without}",
        }.get(
            row["state"],
            f"{', '.join(bring)} replace {one.without}"
            + ("" if row["state"] == "proven" else "; a cheaper way may exist"),
        )
        out.append(
            {
                "contributor": one.without,
                "aim": row["aim"],
                "holds": holds,
                "bring": bring,
                "cost": row["cost_money"],
                "currency": found.shield.plan.currency,
                "lead_days": lead_days,
                "is_proven": row["state"] in ("not_needed", "proven", "not_possible"),
                "words": words,
            }
        )
    return out


def _screening(found: Depending) -> list[dict[str, Any]]:
    if found.screening is None:
        return []
    rank: dict[str, int] = {}
    out = []
    for row in found.screening.table().to_pylist():
        requirement = _called(row["requirement"])
        rank[requirement] = rank.get(requirement, 0) + 1
        out.append(
            {
                "assumption": row["assumption"],
                "requirement": requirement,
                "effect": row["effect_abs_figure"],
                "effect_signed": row["effect_figure"],
                "spread": row["sigma_figure"],
                "flips": row["flips_share"],
                "rank": rank[requirement],
            }
        )
    return out


def _availability(found: Depending) -> list[dict[str, Any]]:
    """Requirements of cover and warning over time, radars failing and being mended."""
    if found.cover is None or not found.availability:
        return []
    return [
        {
            "requirement": one.name,
            "holds_share": one.holds_share,
            "may_hold_share": one.may_hold_share,
            "mean": one.low,
            "bad": one.low_bad,
        }
        for one in expected_answers(
            found.cover, found.standing, found.availability, draws=DRAWS, seed=found.asked.seed
        )
    ]


def _dips(found: Depending) -> list[str]:
    """Where somebody more makes it worse, the worst first, in words.

    That a stock lasts longer the fewer draw on it is no fault, and told in one sentence.
    """
    stocks = {one.name for one in found.requirements if one.kind == "stock"}
    dips = [dip for dip in find_dips(found.game) if dip.requirement != ALL]
    drawn = list(dict.fromkeys(dip.requirement for dip in dips if dip.requirement in stocks))
    told = [f"{name}: it lasts longer where fewer aircraft draw on it" for name in drawn]
    others = [dip for dip in dips if dip.requirement not in stocks]
    told += [
        f"{dip.requirement}: worse by {dip.loss:.3f} when {dip.joins} joins "
        f"{', '.join(dip.coalition) or 'nobody'}"
        for dip in others[:DIPS]
    ]
    if len(others) > DIPS:
        told.append(f"{len(others) - DIPS} more such places, none worse")
    return told


def _cautions(found: Depending, enablers: Sequence[str]) -> list[str]:
    told = list(found.notes)
    silent = [
        radar.name
        for radar in found.shield.plan.radars
        if radar.status == "standing" and radar.has_primary and radar.name not in found.availability
    ]
    if silent:
        told.append(
            f"{len(silent)} radars without failure_h and repair_h count as always up: "
            f"{', '.join(silent[:4])}{' and others' if len(silent) > 4 else ''}"
        )
    if not enablers:
        told.append("no contributor is marked as an enabler (kind), so nothing is told of them")
    return told


def _answer(document: dict[str, Any], enablers: Sequence[str]) -> list[str]:
    """The whole in a few plain sentences."""
    asked = len(document["requirements"]) - 1

    def held(row: dict[str, Any]) -> int:
        return sum(one["verdict"] == "holds" for one in row["requirements"][:-1])

    first = document["comparison"][0]
    told = [
        f"With everybody {held(first)} of {asked} requirements hold."
        if document["holds"] != "holds"
        else f"With everybody all {asked} requirements hold."
    ]
    if enablers:
        without = next(
            (one for one in document["comparison"] if one["who"] == "without the enablers"), None
        )
        if without is not None:
            lost = [
                one["name"]
                for one, before in zip(
                    without["requirements"][:-1], first["requirements"][:-1], strict=True
                )
                if before["verdict"] == "holds" and one["verdict"] != "holds"
            ]
            told.append(
                f"Without {', '.join(enablers)} (enablers) {held(without)} hold"
                + (f"; lost are: {', '.join(lost)}." if lost else "; none of them is lost.")
            )
    those = "all of them" if document["holds"] == "holds" else "those that hold"
    if document["vetoes"]:
        told.append(f"For {those} nobody of these can be spared: {', '.join(document['vetoes'])}.")
    elif document["held"]:
        told.append(f"For {those} no single contributor is needed.")
    if document["least_coalitions"]:
        told.append(
            f"The smallest coalition that keeps {those}: "
            f"{', '.join(document['least_coalitions'][0])}."
        )
    whole = [one for one in document["dependence"] if one["requirement"] == WHOLE]
    most = max(whole, key=lambda one: one["share"] if one["share"] is not None else -1.0)
    told.append(
        f"The largest Shapley share is that of {most['contributor']}: {most['share']:.0%} of the "
        "requirements."
    )
    return told
