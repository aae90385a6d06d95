"""``airshield site``: where should the next radars stand?"""

from __future__ import annotations

from typing import Annotated, Any

import typer

from airshield.cli.options import AsJson, ShieldFolder, TerrainModels, Threads


def site(
    shield: ShieldFolder,
    radars: Annotated[
        int | None, typer.Option("--radars", metavar="N", min=1, help="At most so many new ones.")
    ] = None,
    budget: Annotated[
        float | None,
        typer.Option("--budget", metavar="COST", min=0.0, help="Or so much, by each one's cost."),
    ] = None,
    of: Annotated[
        str, typer.Option("--for", metavar="territory|people", help="Cover of what counts.")
    ] = "territory",
    like: Annotated[
        str | None,
        typer.Option(
            "--like",
            metavar="RADAR",
            help="Look for places in the terrain, for radars with the figures of this one.",
        ),
    ] = None,
    antenna: Annotated[
        float | None,
        typer.Option("--antenna", metavar="M", min=0.0, help="Height of their antennas."),
    ] = None,
    height: Annotated[
        list[str] | None,
        typer.Option("--height", metavar="M(agl|amsl)", help="Layers that count, as 300agl."),
    ] = None,
    target: Annotated[
        str | None, typer.Option("--target", metavar="CLASS", help="Class of targets.")
    ] = None,
    folds: Annotated[
        int, typer.Option("--folds", metavar="K", min=1, help="Cover by so many at once counts.")
    ] = 1,
    robust: Annotated[
        bool, typer.Option("--robust", help="Best after the worst loss of any one radar.")
    ] = False,
    anew: Annotated[
        bool,
        typer.Option(
            "--anew",
            help="As if none of the shield's radars stood yet: all of them are candidates.",
        ),
    ] = False,
    candidates: Annotated[
        int, typer.Option("--candidates", metavar="N", min=2, help="Places to look at, at most.")
    ] = 150,
    terrain: TerrainModels = None,
    time_limit: Annotated[
        float, typer.Option("--time-limit", metavar="S", min=0.0, help="For the proof.")
    ] = 10.0,
    threads: Threads = None,
    as_json: AsJson = False,
) -> None:
    """Choose where the next radars should stand, and say how far from the best that can be."""
    from airshield.cli.console import prepare_kernels, print_json, stages
    from airshield.cli.cover import COVER_ROOMS
    from airshield.cli.siting import OF, SitePlan, site_shield, summary_of
    from airshield.errors import UsageError

    if (radars is None) == (budget is None):
        raise UsageError("how many? Give --radars N, or --budget COST")
    if of not in OF:
        raise UsageError(f"--for {of!r}: choose territory or people")
    prepare_kernels(*COVER_ROOMS, "plan.siting", load=False)
    asked = SitePlan(
        shield=shield,
        radars=radars,
        budget=budget,
        of=of,
        like=like,
        antenna_agl_m=antenna,
        terrain=tuple(terrain or ()),
        heights=tuple(height or ()),
        target=target,
        folds=folds,
        is_robust=robust,
        from_nothing=anew,
        candidates=candidates,
        time_limit_s=time_limit,
        threads=threads,
    )
    with stages() as say:
        sited = site_shield(asked, say=say)
    summary = summary_of(sited)
    if as_json:
        print_json(summary)
    else:
        _tell(summary)


def _tell(summary: dict[str, Any]) -> None:
    from rich.console import Console
    from rich.table import Table

    out = Console(highlight=False)
    out.print(
        f"{summary['shield']}: {summary['candidates']} candidates with the figures of "
        f"{summary['figures_of']}; {summary['for']} seen at {', '.join(summary['layers'])}. "
        f"{summary['kind'].capitalize()}."
    )
    out.print(f"Standing radars see {summary['share_existing']:.1%}.")
    table = Table("new radar", "latitude", "longitude", "antenna AMSL", "then seen", box=None)
    for one in summary["chosen"]:
        table.add_row(
            one["name"],
            f"{one['lat_deg']:.4f}",
            f"{one['lon_deg']:.4f}",
            f"{one['antenna_msl_m']:,.0f} m",
            f"{one['share_so_far']:.1%}",
        )
    out.print(table)
    proof = (
        "No other choice of these candidates sees more (proven)."
        if summary["is_proven"] and not summary["is_robust"]
        else f"No choice of these candidates sees more than {summary['share_bound']:.1%}."
    )
    out.print(f"{summary['share']:.1%} seen. {proof}")
    if summary["worst_loss"]:
        out.print(
            f"Without {summary['worst_loss']}, the worst loss: {summary['share_worst_loss']:.1%}."
        )
    if summary["chosen"]:
        out.print("For shield.toml, beside the figures of the radar that it is:")
        for one in summary["chosen"]:
            out.print(
                f'\n[[radars]]\nname = "{one["name"]}"\nlat_deg = {one["lat_deg"]}\n'
                f"lon_deg = {one['lon_deg']}\nantenna_agl_m = {one['antenna_agl_m']:g}",
                markup=False,
            )
    for told in summary["warnings"]:
        out.print(f"[yellow]Note:[/] {told}")
