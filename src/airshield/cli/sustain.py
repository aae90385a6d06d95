"""``airshield sustain``: can it be kept up, for how long, and what runs out first?"""

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
    Threads,
)


def sustain(
    shield: ShieldFolder,
    days: Days = None,
    runs: Annotated[
        int | None,
        typer.Option(
            "--runs",
            metavar="N",
            min=2,
            max=100_000,
            help="How many times; otherwise until every station's mean cover is known to 0.5 %.",
        ),
    ] = None,
    seed: Seed = 0,
    tempo: TempoWord = "routine",
    without: Annotated[
        list[str] | None,
        typer.Option("--without", metavar="NAME", help="As if this contributor did not come."),
    ] = None,
    from_day: Annotated[
        int, typer.Option("--from-day", metavar="D", min=0, help="With --without: gone from then.")
    ] = 0,
    sizes: Annotated[
        bool,
        typer.Option("--sizes/--no-sizes", help="Find the fleets that it would take."),
    ] = True,
    roster: Annotated[
        float | None,
        typer.Option(
            "--roster",
            metavar="S",
            min=1.0,
            help="Look for a timetable of a day for so many seconds; --to writes it.",
        ),
    ] = None,
    to: TablesTo = None,
    port: PagePort = None,
    no_browser: NoBrowser = False,
    duration: Duration = None,
    threads: Threads = None,
    as_json: AsJson = False,
) -> None:
    """Run a shield's patrols and supply: is every station manned, for how long, what fails first.

    Leaves with 1 where a requirement of stations or stocks fails or cannot be answered.
    """
    from airshield.cli.console import prepare_kernels, print_json, stages
    from airshield.cli.enduring import tempo_of
    from airshield.cli.exit_codes import FAILS
    from airshield.cli.output import write_tables
    from airshield.cli.sustain_document import sustain_document, tables_of
    from airshield.cli.sustaining import SustainAsked, sustain_shield
    from airshield.errors import UsageError

    if from_day and not without:
        raise UsageError("--from-day says when somebody leaves; say who: --without NAME")
    if to is not None:
        from airshield.cli.cover_files import prepare_folder

        prepare_folder(to)
    prepare_kernels(*SUSTAIN_ROOMS, load=False)
    asked = SustainAsked(
        shield=shield,
        days=days,
        runs=runs,
        seed=seed,
        tempo=tempo_of(tempo),
        without=tuple(without or ()),
        from_day=from_day,
        with_sizes=sizes,
        roster_limit_s=roster,
        threads=threads,
    )
    with stages() as say:
        found = sustain_shield(asked, say=say)
    document = sustain_document(found)
    if to is not None:
        document["files"] = write_tables(tables_of(found), to)
    if as_json:
        print_json(document)
    else:
        _tell(document)
    if port is not None:
        from airshield.cli.showing import serve_documents

        serve_documents(
            sustain=document, depend=None, view=None, port=port, duration_s=duration,
            browser=not no_browser,
        )  # fmt: skip
    if document["holds"] in ("fails", "unknown"):
        raise typer.Exit(FAILS)


SUSTAIN_ROOMS = ("plan.patrol", "plan.logistics")

COLOURS = {"holds": "green", "fails": "red", "unknown": "yellow"}


def _tell(document: dict[str, Any]) -> None:
    from rich.console import Console
    from rich.table import Table

    out = Console(highlight=False)
    out.print(
        f"{document['shield']}: {document['days']} days, run {document['runs']} times, "
        f"{document['tempo']} tempo. {document['kind'].capitalize()}."
    )
    for sentence in document["answer"]:
        out.print(sentence)
    if document["requirements"]:
        table = Table("requirement", "asked", "reached", "answer", "from day", box=None)
        for one in document["requirements"]:
            table.add_row(
                one["name"],
                _asked(one),
                _reached(one),
                f"[{COLOURS[one['verdict']]}]{one['verdict']}[/]",
                "" if one["from_day"] is None else str(one["from_day"]),
            )
        out.print(table)
    if document["stations"]:
        table = Table("station", "at once", "manned", "bad month", "fails in", "because", box=None)
        for one in document["stations"]:
            table.add_row(
                one["station"],
                str(one["count"]),
                _percent(one["cover"]),
                _percent(one["cover_bad"]),
                f"{one['chance']:.0%}",
                ", ".join(dict.fromkeys(link["code"].replace("_", " ") for link in one["chain"])),
            )
        out.print(table)
        failing = [one["why"] for one in document["requirements"] if one["verdict"] == "fails"]
        for why in failing:
            out.print(f"- {why}", soft_wrap=False)
    if document["roles"]:
        table = Table(
            "fleet of",
            "there",
            "to man",
            "formula",
            "on average",
            "in a bad month",
            "bound",
            box=None,
        )
        for one in document["roles"]:
            table.add_row(
                one["role"].replace("_", " "),
                str(one["there"]),
                f"{one['share']:.0%}",
                _count(one["formula"]),
                _count(one["mean"]),
                _count(one["worst"]),
                _count(one["bound"]),
            )
        out.print(table)
    if document["roster"] is not None:
        out.print(f"Roster: {document['roster']['words']}")
    supply = document["supply"]
    if supply is not None and supply["edges"]:
        weak = sorted(supply["edges"], key=lambda one: -(one["loss_t_per_day"] or 0.0))[:5]
        table = Table("edge", "carries", "of", "lost without it", "only way to", box=None)
        for one in weak:
            table.add_row(
                one["edge"],
                _tonnes(one["flow_t_per_day"]),
                _tonnes(one["capacity_t_per_day"]),
                _tonnes(one["loss_t_per_day"]),
                ", ".join(one["sole_way_to"]),
            )
        out.print(table)
    cost = document["cost"]
    if cost["variable_per_month"] is not None or cost["full_per_month"] is not None:
        parts = [
            f"{cost[key] * 1e-6:,.1f} million {cost['currency']} {words}"
            for key, words in (
                ("variable_per_month", "variable"),
                ("full_per_month", "full"),
            )
            if cost[key] is not None
        ]
        out.print(
            f"Flying costs {' or '.join(parts)} in 30 days"
            + (
                f", without {len(cost['left_out'])} fleets of unknown cost"
                if cost["left_out"]
                else ""
            )
            + "."
        )
    for told in document["cautions"]:
        out.print(f"[yellow]Note:[/] {told}")
    for path in document.get("files", ()):
        out.print(f"Written: {path}")


def _asked(one: dict[str, Any]) -> str:
    if one["unit"] == "days":
        return f"{one['asked']:.0f} days"
    if one["kind"] == "response":
        return f"{one['asked']:.0%} of {one['of']}"
    return f"{one['asked']:.0%} of {one['asked_days']} days"


def _reached(one: dict[str, Any]) -> str:
    if one["value"] is None:
        return "unknown"
    if one["unit"] == "days":
        return f"{one['value']:.0f} days"
    return f"{one['value']:.1%} ({one['low']:.1%} to {one['high']:.1%})"


def _percent(value: float | None) -> str:
    return "unknown" if value is None else f"{value:.1%}"


def _tonnes(value: float | None) -> str:
    return "unknown" if value is None else f"{value:,.0f} t/day"


def _count(value: float | None) -> str:
    return "cannot" if value is None else f"{value:,.1f}" if value % 1 else f"{value:,.0f}"
