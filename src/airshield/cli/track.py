"""``airshield track``: recordings in, tracks out, no zones and no warnings."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from airshield.cli.options import AsJson, Date, Edition, Format, Receiver, Reference


def track(
    inputs: Annotated[
        list[Path],
        typer.Argument(
            metavar="INPUT...",
            help="Recordings of any format, .gz too, or Parquet files with the REPORT columns; "
            "several are played together, in order of time.",
        ),
    ],
    sensors: Annotated[
        Path,
        typer.Option(
            "--sensors", metavar="SHIELD_OR_TOML", help="Shield that says where the radars stand."
        ),
    ],
    to: Annotated[
        Path,
        typer.Option(
            "--to",
            metavar="TRACKS.parquet|.ast",
            help="Where the TRACK rows go; .ast: as ASTERIX, under the codes of the shield's "
            "[system].",
        ),
    ],
    threads: Annotated[
        int,
        typer.Option(
            "--threads", min=1, help="Most threads to use; the tracks are the same with any number."
        ),
    ] = 1,
    registration: Annotated[
        Path | None,
        typer.Option(
            "--registration",
            metavar="OUT.parquet",
            help="Where REGISTRATION rows go: how wrong each radar is, every 10 s of event time.",
        ),
    ] = None,
    format_: Format = None,
    edition: Edition = None,
    date: Date = None,
    receiver: Receiver = None,
    reference: Reference = None,
    as_json: AsJson = False,
) -> None:
    """Turn recordings of any sensors into tracks."""
    from airshield.cli.console import print_json, progress
    from airshield.cli.exit_codes import BAD_INPUT
    from airshield.cli.replaying import Said
    from airshield.cli.tracking import TrackPlan, track_files

    said = Said.parse(
        format=format_, date=date, edition=edition, receiver=receiver, reference=reference
    )
    plan = TrackPlan(
        inputs=tuple(inputs),
        sensors=sensors,
        to=to,
        registration=registration,
        threads=threads,
        said=said,
    )
    # What shows the progress is a thread too.
    with progress(unit="reports", by_itself=threads > 1) as shown:
        summary = track_files(plan, shown=shown)
    if as_json:
        print_json(summary)
    else:
        _print_summary(summary)
    if summary["cut"] or summary["unread"]:
        raise typer.Exit(BAD_INPUT)


def _print_summary(summary: dict[str, Any]) -> None:
    from airshield.cli.decoding import tell_editions
    from airshield.track.registration import bias_in_words

    tell_editions(summary["editions"])
    typer.echo(
        f"{summary['reports']:,} reports, {summary['tracks']['confirmed']:,} confirmed tracks "
        f"({summary['tracks']['all']:,} with tentative ones), "
        f"{summary['rows']:,} rows to {summary['written']}"
    )
    for reason, count in summary["unused"].items():
        typer.echo(f"  {count:,} records without a report: {reason}")
    for reason, count in summary["dropped"].items():
        typer.echo(f"  {count:,} reports not used: {reason}")
    for radar in summary["registration"]:
        typer.echo(f"  radar {radar['sensor']}: {bias_in_words(radar)}")
    for reason, count in summary["left_out"].items():
        typer.echo(f"  {count:,} items not told: {reason}")
