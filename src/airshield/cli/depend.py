"""``airshield depend``: on whom does it depend, and what is each contributor worth?"""

from __future__ import annotations

from typing import Annotated, Any

import typer

from airshield.cli.options import (
    AsJson,
    Days,
    Duration,
    NoBrowser,
    PagePort,
    Seed,
    ShieldFolder,
    TablesTo,
    TempoWord,
    TerrainModels,
    Threads,
)


def depend(
    shield: ShieldFolder,
    days: Days = None,
    runs: Annotated[
        int,
        typer.Option(
            "--runs", metavar="N", min=2, max=10_000, help="How many times each coalition is run."
        ),
    ] = 20,
    seed: Seed = 0,
    tempo: TempoWord = "routine",
    cover: Annotated[
        bool, typer.Option("--cover/--no-cover", help="Radar cover and warning, too.")
    ] = True,
    replace: Annotated[
        bool,
        typer.Option("--replace/--no-replace", help="Find what would replace each contributor."),
    ] = True,
    walks: Annotated[
        int,
        typer.Option(
            "--walks",
            metavar="N",
            min=0,
            max=1000,
            help="Walks through the ranges of the assumptions; 0: none.",
        ),
    ] = 6,
    terrain: TerrainModels = None,
    to: TablesTo = None,
    port: PagePort = None,
    no_browser: NoBrowser = False,
    duration: Duration = None,
    threads: Threads = None,
    as_json: AsJson = False,
) -> None:
    """Say what a shield is worth with and without each contributor, all requirements together.

    Leaves with 1 where with everybody a requirement fails or cannot be answered.
    """
    from airshield.cli.console import prepare_kernels, print_json, stages
    from airshield.cli.cover import COVER_ROOMS
    from airshield.cli.depend_document import depend_document, tables_of
    from airshield.cli.depending import DependAsked, depend_shield
    from airshield.cli.enduring import tempo_of
    from airshield.cli.exit_codes import FAILS
    from airshield.cli.output import write_tables
    from airshield.cli.sustain import SUSTAIN_ROOMS
    from airshield.errors import UsageError

    if walks == 1:
        raise UsageError("--walks 1 tells nothing of the spread; walk twice at least, or not (0)")
    if to is not None:
        from airshield.cli.cover_files import prepare_folder

        prepare_folder(to)
    prepare_kernels(*(COVER_ROOMS if cover else ()), *SUSTAIN_ROOMS, load=False)
    with stages() as say:
        found = depend_shield(
            DependAsked(
                shield=shield,
                terrain=tuple(terrain or ()),
                days=days,
                runs=runs,
                seed=seed,
                tempo=tempo_of(tempo),
                with_cover=cover,
                with_replacements=replace,
                walks=walks,
                threads=threads,
            ),
            say=say,
        )
    document = depend_document(found)
    if to is not None:
        document["files"] = write_tables(tables_of(found), to)
    if as_json:
        print_json(document)
    else:
        _tell(document)
    if port is not None:
        from airshield.cli.showing import serve_documents

        serve_documents(
            sustain=None, depend=document, view=None, port=port, duration_s=duration,
            browser=not no_browser,
        )  # fmt: skip
    if document["holds"] != "holds":
        raise typer.Exit(FAILS)


COLOURS = {"holds": "green", "fails": "red", "unknown": "yellow"}
PAIRS = 5
ASSUMPTIONS = 5


def _tell(document: dict[str, Any]) -> None:
    from rich.console import Console
    from rich.table import Table

    out = Console(highlight=False)
    many = len(document["coalitions"]["mask"])
    kind = "all" if document["coalitions"]["is_complete"] else "a sample of"
    over = f", {document['days']} days, {document['runs']} runs each" if document["days"] else ""
    out.print(
        f"{document['shield']}: {kind} {many:,} coalitions of {len(document['contributors'])} "
        f"contributors{over}. "
        f"{document['kind'].capitalize()}."
    )
    for sentence in document["answer"]:
        out.print(sentence)
    shown = document["comparison"][:2]
    table = Table("requirement", "asked", *(one["who"] for one in shown), box=None)
    for g, asked in enumerate(document["requirements"]):
        cells = []
        for one in shown:
            answer = one["requirements"][g]
            cells.append(
                f"{_percent(answer['value'])} [{COLOURS[answer['verdict']]}]{answer['verdict']}[/]"
            )
        table.add_row(asked["name"], f"{asked['asked']:.0%}", *cells)
    out.print(table)
    whole = document["requirements"][-1]["name"]
    table = Table("contributor", "brings", "lost without", "Shapley share", "needed for", box=None)
    for one in document["contributors"]:
        rows = [row for row in document["dependence"] if row["contributor"] == one["name"]]
        all_of = next(row for row in rows if row["requirement"] == whole)
        vetoes = [row["requirement"] for row in rows if row["is_veto"]]
        table.add_row(
            one["name"],
            one["brings"],
            f"{all_of['loss']:+.0%}".replace("+", "") if all_of["loss"] is not None else "unknown",
            _percent(all_of["share"]),
            ", ".join(vetoes) or "-",
        )
    out.print(table)
    out.print(
        f"(Lost and shares are of the {len(document['requirements']) - 1} requirements held.)"
    )
    pairs = [
        row
        for row in document["pairs"]
        if row["requirement"] == whole and (row["beyond"] or 0.0) > 1e-9
    ]
    for row in pairs[:PAIRS]:
        out.print(
            f"Without {row['first']} and {row['second']}: {row['loss']:.0%} of the requirements "
            f"are lost, {row['beyond'] or 0.0:.0%} more than without the worse of the two."
        )
    for row in document["replacements"]:
        cost = "" if row["cost"] is None else f" ({row['cost']:,.0f} {row['currency']} a month"
        lead = "" if row["lead_days"] is None else f", there in {row['lead_days']:.0f} days"
        out.print(f"{row['aim'].capitalize()}: {row['words']}{cost}{lead}{')' if cost else ''}.")
    deciding = [
        row for row in document["screening"] if row["requirement"] == whole and row["effect"]
    ]
    if deciding:
        told = ", ".join(
            f"{row['assumption']} ({row['effect']:.0%})" for row in deciding[:ASSUMPTIONS]
        )
        out.print(f"What moves the answer most, through its range: {told}.")
    for told in (*document["dips"], *document["cautions"]):
        out.print(f"[yellow]Note:[/] {told}")
    for path in document.get("files", ()):
        out.print(f"Written: {path}")


def _percent(value: float | None) -> str:
    return "unknown" if value is None else f"{value:.1%}"
