"""The answer in plain words: who carries everything, and who is missed by nobody."""

from __future__ import annotations

from airshield.report import figures as say
from airshield.report.chapters import WORST_FIRST
from airshield.report.depend.study import EVERYBODY, Study
from airshield.report.parts import sentence


def plain_answer(study: Study) -> tuple[str, ...]:
    """Sentences: the document's own, then who carries most and who is missed least."""
    own = [sentence(one) for one in study.document["answer"]]
    return (*own, *carriers(study)[:1], *unmissed(study)[:1])


def vetoed(study: Study, contributor: str) -> list[str]:
    """Requirements that hold with everybody and do not without one contributor."""
    everybody = study.compared(EVERYBODY) or {}
    return [
        row["requirement"]
        for row in study.document["dependence"]
        if row["contributor"] == contributor
        and row["is_veto"]
        and study.requirement(row["requirement"])["kind"] != "all"
        and everybody.get(row["requirement"], {}).get("verdict") == "holds"
    ]


def carriers(study: Study) -> list[str]:
    """Who makes nothing hold alone, and without whom something no longer holds; the most first."""
    whole = study.whole
    if whole is None:
        return []
    nobody = study.coalition(0, whole["name"])
    found = []
    for one in study.document["contributors"]:
        lost = vetoed(study, one["name"])
        alone = study.alone(one["name"], whole["name"])
        if lost and None not in (alone, nobody) and alone == nobody:
            found.append((one, lost))
    found.sort(key=lambda pair: (pair[0]["kind"] != "enabler", -len(pair[1])))
    return [
        f"{_brings(one)}: nothing holds with it alone, yet without it "
        f"{say.listed([f'“{name}”' for name in lost])} {'holds' if len(lost) == 1 else 'hold'} no "
        "longer."
        for one, lost in found
    ]


def unmissed(study: Study) -> list[str]:
    """Without whom no answer is worse; whose share of the whole is the largest first."""
    whole = study.whole
    everybody = study.compared(EVERYBODY)
    if whole is None or everybody is None:
        return []
    shares = {
        row["contributor"]: row["share"]
        for row in study.document["dependence"]
        if row["requirement"] == whole["name"] and row["share"] is not None
    }
    largest = max(shares.values(), default=0.0)
    found = []
    for one in study.document["contributors"]:
        without = study.compared(f"without {one['name']}")
        if without is None or any(
            WORST_FIRST.index(row["verdict"]) < WORST_FIRST.index(everybody[name]["verdict"])
            for name, row in without.items()
        ):
            continue
        share = shares.get(one["name"], 0.0)
        though = (
            ", though its share of the whole is the largest" if share >= largest > say.HAIR else ""
        )
        found.append(
            (
                -share,
                f"Without {_brings(one)} no answer is worse{though}{_at_most(study, one['name'])}.",
            )
        )
    return [words for _, words in sorted(found, key=lambda pair: pair[0])]


def _at_most(study: Study, contributor: str) -> str:
    """How much any share falls at most without a contributor, as far as it is known."""
    losses = [
        row["loss"] if row["loss_high"] is None else row["loss_high"]
        for row in study.document["dependence"]
        for asked in [study.requirement(row["requirement"])]
        if row["contributor"] == contributor and asked["unit"] == "share" and asked["kind"] != "all"
    ]
    known = [loss for loss in losses if loss is not None]
    if not known or max(known) <= say.HAIR:
        return ""
    return f": no share is known to fall by more than {say.lost(max(known), 'share')}"


def _brings(one: dict[str, str]) -> str:
    return f"{one['name']} ({one['brings']})" if one["brings"] else one["name"]
