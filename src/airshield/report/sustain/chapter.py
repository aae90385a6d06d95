"""The chapter, section by section."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from shapely.geometry.base import BaseGeometry

from airshield.report.chapters import Chapter, Section
from airshield.report.html import join
from airshield.report.parts import assumptions_of, cautions_of, made_of
from airshield.report.sustain.answer import plain_answer
from airshield.report.sustain.fleets import fleets_body
from airshield.report.sustain.stations import asked_body, stations_body
from airshield.report.sustain.supply import map_body, stocks_body, supply_body

OF_THE_REPORT: Final = ("shield", "about", "version", "kind", "holds", "answer")
"""What the report's own document has already."""


def sustain_chapter(document: Mapping[str, Any], *, area: BaseGeometry | None = None) -> Chapter:
    """Make the chapter of endurance.

    Parameters
    ----------
    document : mapping
        What ``airshield sustain --json`` prints.
    area : shapely geometry, optional
        The territory, longitude and latitude [deg]; the map draws its border.
    """
    sections = [
        ("asked", "What is asked for, and what is reached", asked_body(document)),
        ("stations", "Stations, and the fleets that they take", stations_body(document)),
        ("stocks", "Stocks going down", stocks_body(document)),
        ("map", "Map of stations, bases and supply", map_body(document, area)),
        ("supply", "What supply hangs on", supply_body(document)),
        ("fleets", "Fleets and cost", fleets_body(document)),
        (
            "cautions",
            "What flatters or weakens the answer",
            join(
                [
                    cautions_of(document, nothing="The study found nothing that flatters it."),
                    made_of(document, f"Tempo: {document['tempo']}."),
                ]
            ),
        ),
        ("sources", "Assumptions and sources", assumptions_of(document)),
    ]
    return Chapter(
        name="sustain",
        title="Endurance: whether it can be kept up, and for how long",
        verdict=document["holds"],
        answer=plain_answer(document),
        sections=tuple(
            Section(name=f"sustain-{name}", title=title, body=body)
            for name, title, body in sections
        ),
        document={key: value for key, value in document.items() if key not in OF_THE_REPORT},
    )
