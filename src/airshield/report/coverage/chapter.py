"""The chapter, section by section."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from airshield.config import CoverRequirement, Shield
from airshield.plan.coverage.survey import (
    Answer,
    CoverAsked,
    Survey,
    WarningAsked,
    share_bounds,
)
from airshield.plan.coverage.warning import site_table
from airshield.report.chapters import WORST_FIRST, Chapter, Section
from airshield.report.coverage import figures as say
from airshield.report.coverage.answer import plain_answer
from airshield.report.coverage.roses import rose, rose_ring_min
from airshield.report.coverage.without import (
    Enablers,
    answers_with,
    enablers_of,
    layer_groups,
    share_seen,
)
from airshield.report.html import Markup, join, table, tag
from airshield.report.maps import MapScene, count_scene, legend_of, lowest_scene, svg_of
from airshield.report.page import verdict_of

LAYERS_MOST: Final = 6
MAP_PX: Final = 520
"""Two maps stand beside each other at this width; a single one is as wide as its height allows."""
GAPS_MOST: Final = 8
PAIRS_MOST: Final = 5
HAIR: Final = 1e-9
"""Sums in another order differ by less."""
WANTED_AGL_M: Final = 300.0
"""Where nothing is asked for: low enough that terrain matters, and what most plans ask for."""

Without = dict[tuple[str, str], Answer]


def cover_chapter(
    shield: Shield,
    found: Survey,
    *,
    asked: Sequence[CoverAsked] = (),
    warned: Sequence[WarningAsked] = (),
) -> Chapter:
    """Make the chapter of cover.

    Parameters
    ----------
    shield : Shield
    found : Survey
        Of that shield.
    asked, warned : sequences of CoverAsked and WarningAsked
        The requirements that the survey has answered; they are answered again without the outside
        enablers.
    """
    enablers = enablers_of(shield, found)
    without: Without = {}
    if enablers.theirs:
        without = answers_with(found, asked, warned, enablers.others)
    layers = layers_that_matter(found, asked)
    answer = plain_answer(shield, found, enablers=enablers, without=without, layers=layers)
    sections = [
        ("asked", "What is asked for, and what is reached", _asked(shield, found, without)),
        ("maps", "Maps", _maps(found, enablers, layers)),
        ("contributors", "What each contributor is worth", _contributors(found, enablers, layers)),
        ("radars", "What each radar is worth", _radars(found, layers)),
        ("gaps", "Gaps, the worst first", _gaps(found, layers)),
    ]
    if found.warning.num_rows:
        sections.append(("warning", "Minutes of warning", _warning(found)))
    sections += [
        ("figures", "Assumptions and sources", _sources(shield, found)),
        ("terrain", "Terrain, and what it cannot show", _terrain(found)),
    ]
    return Chapter(
        name="cover",
        title="Cover: what the radars see",
        verdict=min(
            (one.verdict for one in found.answers), key=WORST_FIRST.index, default="nothing asked"
        ),
        answer=answer,
        sections=tuple(
            Section(name=f"cover-{name}", title=title, body=body) for name, title, body in sections
        ),
        document=_document(found, enablers, without, layers),
    )


def layers_that_matter(found: Survey, asked: Sequence[CoverAsked]) -> list[str]:
    """Names of the layers that the chapter is about, the hardest to see first."""
    names = list(dict.fromkeys(one.layer.name for one in asked))
    if not names:
        layers = [groups.layer for groups in found.groups]
        for cls in dict.fromkeys(layer.cls for layer in layers):
            mine = [layer for layer in layers if layer.cls == cls]
            names.append(min(mine, key=lambda one: abs(one.height_m - WANTED_AGL_M)).name)
    seen = {
        name: share_seen(groups, groups.radars) or 0.0
        for name in names
        for groups in [layer_groups(found, name)]
    }
    return sorted(names, key=seen.__getitem__)[:LAYERS_MOST]


def _document(
    found: Survey, enablers: Enablers, without: Without, layers: Sequence[str]
) -> dict[str, Any]:
    def told(one: Answer) -> dict[str, Any]:
        return {
            "name": one.name, "kind": one.kind, "verdict": one.verdict, "asked": one.asked,
            "low": one.low, "high": one.high, "unit": one.unit, "without": one.without,
        }  # fmt: skip

    gaps = found.gaps.drop_columns(["outline"]).to_pylist()
    stamp = {**found.stamp, "terrain": [Path(path).name for path in found.stamp["terrain"]]}
    return {
        **{key: value for key, value in stamp.items() if key != "kind"},
        "layers": list(layers),
        "requirements": [told(one) for one in found.answers],
        "enablers": {
            "names": list(enablers.names),
            "radars": list(enablers.theirs),
            "requirements_without": [told(one) for one in without.values()],
        },
        "cover": [row for row in found.cover.to_pylist() if row["layer"] in layers],
        "contributor_value": [
            row for row in found.contributor_value.to_pylist() if row["layer"] in layers
        ],
        "radar_value": [row for row in found.radar_value.to_pylist() if row["layer"] in layers],
        "gaps": [row for row in gaps if row["layer"] in layers],
        "warning": site_table(found.warning).to_pylist(),
    }


# ---------------------------------------------------------------- requirements


def _asked(shield: Shield, found: Survey, without: Without) -> Markup:
    if not found.answers:
        return tag("p", "The shield asks for nothing that radars could answer.")
    columns = ["requirement", "answer", "of what", "asked", "reached", "to spare"]
    if without:
        columns += ["without outside enablers", "then reached"]
    what = {("cover", one.name): _what(one) for one in shield.plan.requirements.cover}
    rows = []
    for one in found.answers:
        row: list[str] = [
            one.name,
            verdict_of(one.verdict),
            what.get((one.kind, one.name), one.unit),
            say.at_least(one.asked),
            join([_reached(one), tag("br"), f"without {one.without}"])
            if one.without
            else _reached(one),
            _spare(one),
        ]
        if without:
            then = without.get((one.kind, one.name))
            row += [UNTOLD, UNTOLD] if then is None else [verdict_of(then.verdict), _reached(then)]
        rows.append(row)
    return join(
        [
            table("Requirements, and what becomes of them.", columns, rows, words=3),
            tag(
                "p",
                "Reached is what is surely seen; where ground or a radar's power is unknown, from "
                "surely to at best. A requirement holds when the sure part is enough, fails when "
                "even the best case is not, and is unknown between. A requirement of warning holds "
                "for a share of the bearings, at the worst of its sites.",
                class_="note",
            ),
        ]
    )


UNTOLD: Final = "–"


def _what(one: CoverRequirement) -> str:
    """What a requirement of cover counts, as 'people in Orava, by 2 radars'."""
    where = "" if one.area is None else f" in {one.area}"
    by = "" if one.radars == 1 else f", by {one.radars} radars"
    return f"{one.of}{where}{by}"


def _reached(one: Answer) -> str:
    if one.low is None or one.high is None:
        return say.UNKNOWN
    low, high = say.at_least(one.low), say.at_least(one.high)
    return low if low == high else f"{low} to {high}"


def _spare(one: Answer) -> str:
    if one.low is None or one.high is None or one.verdict == "unknown":
        return UNTOLD
    if one.verdict == "fails":
        return f"{say.points_short(one.asked - one.high)} short"
    return say.points_spare(one.low - one.asked)


# ---------------------------------------------------------------- maps


def _maps(found: Survey, enablers: Enablers, layers: Sequence[str]) -> Markup:
    parts = []
    for at, name in enumerate(layers):
        cover = next(cover for cover in found.layers if cover.layer.name == name)
        title = say.title_of(name)
        scenes = [count_scene(found, cover, title=f"{title}, all radars")]
        if enablers.theirs:
            scenes.append(
                count_scene(
                    found, cover, title=f"{title}, without outside enablers",
                    active=enablers.others,
                )
            )  # fmt: skip
        figures = [
            _figure(scene, f"map-{at}-{k}", width_px=MAP_PX) for k, scene in enumerate(scenes)
        ]
        parts += [tag("h4", title.capitalize()), tag("div", *figures, class_="pair")]
    parts += [
        tag("h4", "Lowest height in sight"),
        _figure(
            lowest_scene(
                found, above="ground", title="lowest height above ground in sight, all radars"
            ),
            "map-lowest",
            width_px=MAP_PX,
        ),
    ]
    return join(parts)


def _figure(scene: MapScene, name: str, *, width_px: int) -> Markup:
    return tag(
        "figure",
        svg_of(scene, name=name, width_px=width_px),
        legend_of(scene),
        tag("figcaption", f"{scene.title[0].upper()}{scene.title[1:]}. {scene.about}"),
    )


# ---------------------------------------------------------------- worth


NO_RADAR: Final = tag("p", "No radar stands yet.")


def _contributors(found: Survey, enablers: Enablers, layers: Sequence[str]) -> Markup:
    if not found.radars:
        return NO_RADAR
    parts = []
    for name in layers:
        groups = layer_groups(found, name)
        rows = [
            row for row in found.contributor_value.to_pylist() if row["layer"] == name
        ]  # of the layer, in the shield's order
        outside = [row for row in rows if row["contributor"] in enablers.names]
        members = [row for row in rows if row["contributor"] not in enablers.names]
        told = [
            [
                row["contributor"],
                "outside enabler" if row in outside else "",
                f"{row['radars']}",
                say.at_least(row["alone_area_share"]),
                say.area(row["lost_area_m2"]),
                say.at_most(row["lost_area_share"]),
                say.people(row["lost_people"]),
            ]
            for row in [
                *sorted(outside, key=lambda one: -one["lost_area_m2"]),
                *sorted(members, key=lambda one: -one["lost_area_m2"]),
            ]
        ]
        if len(outside) > 1:
            told.insert(0, _all_enablers(found, enablers, name))
        low, high = share_bounds(groups, groups.radars)
        doubt = f", {say.at_most(high)} at best" if high - low > HAIR else ""
        shrunk = ""
        if enablers.theirs:
            rest = say.at_least(share_seen(groups, enablers.others))
            shrunk = f"; {rest} without the outside enablers"
        parts.append(
            table(
                f"{say.title_of(name).capitalize()}: all radars surely see "
                f"{say.at_least(low)} of the territory{doubt}{shrunk}.",
                [
                    "contributor", "", "radars", "surely sees by itself",
                    "seen by nobody without it", "of the territory", "people there",
                ],
                told,
                words=2,
            )
        )  # fmt: skip
    parts.append(
        tag(
            "p",
            "Values do not add up: what two see alike is lost with neither and lost with both.",
            class_="note",
        )
    )
    return join(parts)


def _all_enablers(found: Survey, enablers: Enablers, layer: str) -> list[str]:
    groups = layer_groups(found, layer)
    area_m2, people, _ = groups.lost([enablers.theirs])[0]
    whole = float(groups.weights[:, 0].sum())
    return [
        "all outside enablers together",
        "outside enabler",
        f"{len(enablers.theirs)}",
        say.at_least(share_seen(groups, enablers.theirs)),
        say.area(float(area_m2)),
        say.at_most(float(area_m2) / whole if whole else None),
        say.people(float(people) if groups.known[1] else None),
    ]


def _radars(found: Survey, layers: Sequence[str]) -> Markup:
    if not found.radars:
        return NO_RADAR
    lost = {(row["radar"], row["layer"]): row for row in found.radar_value.to_pylist()}
    contributors = found.task.contributors()
    order = sorted(
        contributors, key=lambda radar: -max(lost[radar, one]["lost_area_m2"] for one in layers)
    )
    told = [
        [
            radar,
            contributors[radar],
            *(say.at_most(lost[radar, name]["lost_area_share"]) for name in layers),
            say.people(_most([lost[radar, name]["lost_people"] for name in layers])),
        ]
        for radar in order
    ]
    parts = [
        table(
            "Share of the territory that nobody surely sees without it, the radar that is missed "
            "most first.",
            ["radar", "contributor", *map(say.title_of, layers), "people there, at most"],
            told,
            words=2,
        )
    ]
    pairs = sorted(
        (row for row in found.pair_value.to_pylist() if row["layer"] in layers),
        key=lambda row: -row["beyond_area_m2"],
    )
    stand_in = [row for row in pairs if row["beyond_area_m2"] > 0.0][:PAIRS_MOST]
    if stand_in:
        parts.append(
            table(
                "Pairs that stand in for each other: lost only when both are gone.",
                ["pair", "layer", "area", "people there"],
                [
                    [
                        f"{row['radar']} and {row['other']}",
                        say.title_of(row["layer"]),
                        say.area(row["beyond_area_m2"]),
                        say.people(row["beyond_people"]),
                    ]
                    for row in stand_in
                ],
                words=2,
            )
        )
    return join(parts)


def _most(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return max(known) if known else None


def _gaps(found: Survey, layers: Sequence[str]) -> Markup:
    gaps = found.gaps.drop_columns(["outline"]).to_pylist()
    parts = []
    for name in layers:
        mine = [row for row in gaps if row["layer"] == name]
        title = say.title_of(name).capitalize()
        if not mine:
            parts.append(tag("p", f"{title}: no gap."))
            continue
        area_m2 = sum(row["area_m2"] for row in mine)
        worst = sorted(mine, key=lambda row: (-(row["n_people"] or 0.0), -row["area_m2"]))
        parts.append(
            table(
                f"{title}: {say.many(len(mine), 'gap')}, {say.area(area_m2)} together; those with "
                "most people below first.",
                ["around", "why", "area", "people below"],
                [
                    [
                        say.place(row["lat_deg"], row["lon_deg"]),
                        say.WHY_WORDS[row["reason"]],
                        say.area(row["area_m2"]),
                        say.people(row["n_people"]),
                    ]
                    for row in worst[:GAPS_MOST]
                ],
                words=2,
            )
        )
    return join(parts)


# ---------------------------------------------------------------- warning


def _warning(found: Survey) -> Markup:
    sites = site_table(found.warning).to_pylist()
    rows = [
        [
            row["site"],
            _inbound(row),
            verdict_of(row["verdict"]) if row["verdict"] else UNTOLD,
            say.minutes(row["required_min"], none="not said"),
            say.minutes(row["least_min"]),
            f"{row['least_azm_deg']:.0f}°",
            say.minutes(row["median_min"]),
            f"{row['bearings_without']} of {row['bearings']}",
        ]
        for row in sorted(sites, key=_worst_site)
    ]
    ring_min = rose_ring_min(found.warning.to_pylist())
    by_site: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for one in found.warning.to_pylist():
        by_site.setdefault((one["site"], _inbound(one)), []).append(one)
    roses = [
        tag(
            "figure",
            rose(
                bearings,
                ring_min=ring_min,
                name=f"rose-{at}",
                title=f"{site}: {inbound}",
                words="Minutes of warning by the bearing that the target comes from; the figures "
                "are in the table above.",
            ),
            tag("figcaption", tag("strong", site), f", {inbound}"),
        )
        for at, ((site, inbound), bearings) in enumerate(by_site.items())
    ]
    return join(
        [
            table(
                "Minutes between the word reaching the site and arrival, over all bearings.",
                [
                    "site", "what comes", "answer", "needed [min]", "least [min]", "from",
                    "median [min]", "bearings without warning",
                ],
                rows,
                words=3,
            ),
            tag("div", *roses, class_="roses"),
            tag(
                "p",
                "Roses: a wedge points to where the target comes from and is as long as the "
                "warning; blue is enough, orange is less than needed, a short dark wedge is no "
                "warning at all, grey hangs on ground that nobody knows. The dashed ring is what "
                "the site needs; a wedge that ends at the outer ring warns for as long or longer. "
                "Targets fly straight in; one that goes around the radars comes "
                "with less warning.",
                class_="note",
            ),
        ]
    )  # fmt: skip


def _inbound(row: dict[str, Any]) -> str:
    above = "ground" if row["height_above"] == "ground" else "sea"
    return (
        f"{row['target'].replace('_', ' ')} at {row['spd_mps']:g} m/s, {row['hgt_m']:,.0f} m above "
        f"{above}"
    )


def _worst_site(row: dict[str, Any]) -> tuple[int, float]:
    least = float("-inf") if row["least_min"] is None else row["least_min"]
    return WORST_FIRST.index(row["verdict"] or "nothing asked"), least


# ---------------------------------------------------------------- what it rests on


def _sources(shield: Shield, found: Survey) -> Markup:
    targets = [
        [
            name.replace("_", " "),
            f"{one['rcs_m2']:g} m²",
            f"Swerling {one['swerling']}" if one["swerling"] else "steady",
            one["source"],
        ]
        for name, one in found.stamp["targets"].items()
    ]
    surveyed = {one.radar.name for one in found.radars}
    radars = []
    for radar in shield.plan.radars:
        if radar.name not in surveyed:
            continue
        known = None not in (radar.ref_rng_m, radar.ref_rcs_m2, radar.ref_pd)
        radars.append(
            [
                radar.name,
                radar.type or "own figures",
                f"{radar.rng_max_m / 1000.0:g} km",
                f"{radar.ref_rng_m / 1000.0:g} km for {radar.ref_rcs_m2:g} m² with {radar.ref_pd:g}"
                if known and radar.ref_rng_m is not None
                else "unknown: sees nothing surely",
                f"{radar.turn_s:g} s" if radar.turn_s is not None else say.UNKNOWN,
                join(_origins(radar.origins), "; ") or "the shield",
            ]
        )
    factors = [
        [
            f"{one.name}: delay of the word",
            f"{one.chain_s.value / 60.0:g} min",
            one.chain_s.kind,
            one.chain_s.source,
        ]
        for one in shield.plan.requirements.warning
    ]
    parts = [
        tag(
            "p",
            f"A target counts as seen where the probability of detection in one look is at least "
            f"{found.stamp['pd_least']:g}. Rays bend as over an Earth of {found.stamp['k']:.4g} "
            f"times its radius (k = {found.stamp['earth']}).",
        ),
        table(
            "Classes of targets: a class, not a measured object.",
            ["class", "cross-section", "fluctuation", "source"],
            targets,
            words=4,
        ),
        table(
            "Radars, and where their figures come from. “Checked” was read in a public page, "
            "“recall” is open literature not read again; the rest is the shield's own.",
            ["radar", "type", "greatest range", "detects", "turn", "published figures"],
            radars,
            words=6,
        ),
    ]
    if factors:
        parts.append(
            table(
                "Other planning factors.", ["factor", "value", "kind", "source"], factors, words=4
            )
        )
    return join(parts)


def _origins(origins: dict[str, str]) -> Iterator[str]:
    """Figures with the same source together."""
    by_source: dict[str, list[str]] = {}
    for figure, source in origins.items():
        by_source.setdefault(source, []).append(figure)
    for source, figures in by_source.items():
        yield f"{', '.join(figures)}: {source}"


def _terrain(found: Survey) -> Markup:
    stamp = found.stamp
    names = [Path(path).name for path in stamp["terrain"]]
    warnings = [tag("li", told) for told in stamp["warnings"]]
    return join(
        [
            tag(
                "p",
                f"Heights of ground: {', '.join(names)}, the finest that covers a place (digest ",
                tag("code", stamp["terrain_digest"]),
                "). "
                f"Lines of sight are computed on cells of {stamp['sight_step_m']:.0f} m near "
                f"each radar, coarser beyond 60 km and with the highest ground of each cell; maps "
                f"have cells of {stamp['step_m']:g} m. A cell is seen or not at its middle.",
            ),
            tag("ul", *warnings) if warnings else None,
            tag(
                "p",
                "Terrain does not show woods, buildings, masts and wind turbines, which hide low "
                "targets further. Rain, jamming, ducting, a radar under repair and a crew that "
                "looks away are not in these figures.",
            ),
        ]
    )
