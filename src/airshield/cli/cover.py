"""``airshield cover``: what do the radars of a shield see, and what is each worth?"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from airshield.cli.options import (
    AsJson,
    Duration,
    ShieldFolder,
    TerrainModels,
    Threads,
    WithCandidates,
)

if TYPE_CHECKING:
    from airshield.plan.coverage.survey import Survey


def cover(
    shield: ShieldFolder,
    to: Annotated[
        Path | None,
        typer.Option(
            "--to", metavar="DIR", help="Folder for maps (GeoTIFF, GeoJSON, PNG) and tables (CSV)."
        ),
    ] = None,
    terrain: TerrainModels = None,
    height: Annotated[
        list[str] | None,
        typer.Option(
            "--height", metavar="M(agl|amsl)", help="Layer to survey, as 300agl or 3000amsl."
        ),
    ] = None,
    target: Annotated[
        list[str] | None,
        typer.Option("--target", metavar="CLASS", help="Class of targets to survey."),
    ] = None,
    k: Annotated[
        str | None,
        typer.Option(
            "--k",
            metavar="K",
            help="Factor of the Earth's effective radius: 4/3, worst, a number, or p453:PERCENT.",
        ),
    ] = None,
    step: Annotated[
        float | None,
        typer.Option("--step", metavar="M", min=1.0, help="Side of a map cell in metres."),
    ] = None,
    pd: Annotated[
        float | None,
        typer.Option(
            "--pd", metavar="P", help="Probability of detection in a scan that counts as seen."
        ),
    ] = None,
    rain: Annotated[
        float | None,
        typer.Option(
            "--rain",
            metavar="MM_H",
            min=0.0,
            help="Rain for 20 km around every radar: drizzle 0.25, moderate 4, heavy 16.",
        ),
    ] = None,
    candidates: WithCandidates = False,
    threads: Threads = None,
    cache: Annotated[
        bool, typer.Option("--cache/--no-cache", help="Keep what each radar sees between runs.")
    ] = True,
    port: Annotated[
        int | None,
        typer.Option(
            "--port", min=0, max=65535, help="Show the plan in a browser: tick radars in and out."
        ),
    ] = None,
    no_browser: Annotated[
        bool, typer.Option("--no-browser", help="With --port, only say where the page is.")
    ] = False,
    duration: Duration = None,
    as_json: AsJson = False,
) -> None:
    """Survey what a shield's radars see: at which height, over whom, and where the gaps are.

    Leaves with 1 where a requirement of the shield fails or cannot be answered.
    """
    from airshield.cli.console import prepare_kernels, print_json, stages
    from airshield.cli.covering import CoverPlan, cover_shield, summary_of
    from airshield.cli.exit_codes import FAILS

    if to is not None:
        from airshield.cli.cover_files import prepare_folder

        prepare_folder(to)
    prepare_kernels(*COVER_ROOMS, load=False)
    asked = CoverPlan(
        shield=shield,
        terrain=tuple(terrain or ()),
        heights=tuple(height or ()),
        targets=tuple(target or ()),
        k=k,
        step_m=step,
        pd_least=pd,
        rain_mm_h=rain,
        with_candidates=candidates,
        threads=threads,
        use_cache=cache,
    )
    with stages() as say:
        planned, found = cover_shield(asked, say=say)
    summary = summary_of(planned, found)
    if to is not None:
        from airshield.cli.cover_files import write_cover

        summary["files"] = [str(path) for path in write_cover(planned, found, to)]
    if as_json:
        print_json(summary)
    else:
        _tell(summary, found)
    if port is not None:
        import datetime as dt

        from airshield.cli.showing import serve_documents, view_of

        view = view_of(planned, found, made=dt.datetime.now(dt.UTC))
        serve_documents(view=view, port=port, duration_s=duration, browser=not no_browser)
    if summary["holds"] in ("fails", "unknown"):
        raise typer.Exit(FAILS)


COVER_ROOMS = ("geo.terrain", "geo.grid", "plan.coverage.sight", "plan.coverage.detection",
               "plan.coverage.network", "plan.coverage.survey")  # fmt: skip


SEEN = ("1", "2", "3", "4+")


def _tell(summary: dict[str, Any], found: Survey) -> None:
    from rich.console import Console
    from rich.table import Table

    out = Console(highlight=False)
    out.print(
        f"{summary['shield']}: {len(summary['radars'])} radars, "
        f"{summary['territory_m2'] * 1e-6:,.0f} km² in cells of {summary['step_m']:g} m, "
        f"k = {summary['earth']}. {summary['kind'].capitalize()}."
    )
    if summary["requirements"]:
        table = Table("requirement", "asked", "reached", "answer", box=None)
        colour = {"holds": "green", "fails": "red", "unknown": "yellow"}
        for one in summary["requirements"]:
            table.add_row(
                one["name"],
                f"{one['asked']:.0%}",
                _between(one["low"], one["high"])
                + (f" without {one['without']}" if one["without"] else ""),
                f"[{colour[one['verdict']]}]{one['verdict']}[/]",
            )
        out.print(table)
    table = Table("layer", "seen", "by two", "unknown", "people seen", "gaps", box=None)
    for groups in found.groups:
        rows = [one for one in summary["cover"] if one["layer"] == groups.layer.name]
        by = {one["seen_by"]: one for one in rows}
        gaps = sum(one["layer"] == groups.layer.name for one in summary["gaps"])
        table.add_row(
            groups.layer.name,
            _share(sum(by[n]["area_share"] for n in SEEN)),
            _share(sum(by[n]["area_share"] for n in ("2", "3", "4+"))),
            _share(by["unknown"]["area_share"]),
            "-"
            if by["0"]["people_share"] is None
            else _share(sum(by[n]["people_share"] for n in SEEN)),
            f"{gaps:,}",
        )
    out.print(table)
    table = Table(
        "without", "radars", "layer that loses most", "area lost", "people lost", box=None
    )
    for name in dict.fromkeys(one["contributor"] for one in summary["contributor_value"]):
        rows = [one for one in summary["contributor_value"] if one["contributor"] == name]
        worst = max(rows, key=lambda one: one["lost_area_share"] or 0.0)
        lost_people = worst["lost_people_share"]
        table.add_row(
            name,
            str(worst["radars"]),
            worst["layer"],
            _share(worst["lost_area_share"]),
            "-" if lost_people is None else _share(lost_people),
        )
    out.print(table)
    for told in summary["warnings"]:
        out.print(f"[yellow]Note:[/] {told}")
    for path in summary.get("files", ()):
        out.print(f"Written: {path}")


def _share(value: float | None) -> str:
    return "-" if value is None else f"{value:.1%}"


def _between(low: float | None, high: float | None) -> str:
    if low is None or high is None:
        return "unknown"
    return _share(low) if high - low < 5e-4 else f"{_share(low)} to {_share(high)}"
