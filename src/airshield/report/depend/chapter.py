"""The chapter, section by section."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from airshield.report import figures as say
from airshield.report.chapters import Chapter, Section
from airshield.report.depend.answer import plain_answer
from airshield.report.depend.compared import compared_body
from airshield.report.depend.remedies import radars_body, replacements_body, screening_body
from airshield.report.depend.study import Study
from airshield.report.depend.worth import together_body, withdrawal_body, worth_body
from airshield.report.html import Markup, join, tag
from airshield.report.parts import assumptions_of, cautions_of, listing, made_of, sentence

LEFT_OUT: Final = ("shield", "about", "version", "kind", "holds", "answer", "coalitions")
"""What the report's own document has already, and the coalitions one by one."""


def depend_chapter(document: Mapping[str, Any], *, told_by: Chapter | None = None) -> Chapter:
    """Make the chapter of dependence.

    Parameters
    ----------
    document : mapping
        What ``airshield depend --json`` prints.
    told_by : Chapter, optional
        Of endurance, in the same report: planning factors that it tells are not told twice.
    """
    study = Study(document=document)
    sections = [
        ("compared", "With and without the outside enablers", compared_body(study)),
        ("worth", "What each contributor is worth", worth_body(study)),
        ("together", "Who is needed together", together_body(study)),
        ("withdrawal", "Withdrawal from some day on", withdrawal_body(study)),
        ("replacements", "What others must bring instead", replacements_body(study)),
        ("screening", "Which assumptions decide", screening_body(study)),
    ]
    if document["radars"]:
        sections.append(("radars", "How often the radars work", radars_body(study)))
    sections += [
        ("cautions", "What flatters or weakens the answer", _cautions(study)),
        ("sources", "Assumptions and sources", assumptions_of(document, told_by=told_by)),
    ]
    return Chapter(
        name="depend",
        title="Dependence: on whom it hangs",
        verdict=document["holds"],
        answer=plain_answer(study),
        sections=tuple(
            Section(name=f"depend-{name}", title=title, body=body) for name, title, body in sections
        ),
        document={key: value for key, value in document.items() if key not in LEFT_OUT},
    )


def _cautions(study: Study) -> Markup:
    document = study.document
    dips = [sentence(one) for one in document["dips"]]
    coalitions = document["coalitions"]
    played = say.many(len(coalitions["mask"]), "coalition")
    whole = (
        f"All {played} were worked out."
        if coalitions["is_complete"]
        else f"A sample of {played} was worked out: shares and coalitions are those of the sample."
    )
    return join(
        [
            cautions_of(document, nothing="The study found nothing that flatters it."),
            tag("p", "Where more contributors give less, beyond the interval:") if dips else None,
            listing(dips) if dips else None,
            made_of(document, whole),
        ]
    )
