"""``airshield decode``: recordings in, columns out."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from airshield.cli.options import AsJson, Date, Edition, Format, Receiver, Reference


def decode(
    files: Annotated[
        list[Path],
        typer.Argument(metavar="FILE...", help="Recordings of any format, .gz too."),
    ],
    to: Annotated[
        Path | None,
        typer.Option(
            "--to",
            metavar="OUT.parquet|.arrow|.jsonl|.csv",
            help="Where to write; with several tables one file each, OUT.cat048.parquet.",
        ),
    ] = None,
    format_: Format = None,
    edition: Edition = None,
    columns: Annotated[
        str | None,
        typer.Option("--columns", metavar="A,B", help="Only these columns, e.g. i010_sac,i140_s."),
    ] = None,
    registers: Annotated[
        bool,
        typer.Option("--registers", help="Mode S registers in ASTERIX records as columns too."),
    ] = False,
    reports: Annotated[
        bool,
        typer.Option(
            "--reports",
            help="Write REPORT rows (SI units, full UTC times), not the format's own tables.",
        ),
    ] = False,
    date: Date = None,
    receiver: Receiver = None,
    reference: Reference = None,
    as_json: AsJson = False,
) -> None:
    """Decode surveillance recordings into tables, and tell what could not be read."""
    from airshield.cli.console import prepare_format, print_json, progress, tell_cut
    from airshield.cli.decoding import decode_recordings
    from airshield.cli.exit_codes import BAD_INPUT
    from airshield.cli.output import TableFiles
    from airshield.cli.replaying import Said
    from airshield.errors import UsageError
    from airshield.read import Reading, read_frames

    said = Said.parse(
        format=format_, date=date, edition=edition, receiver=receiver, reference=reference
    )
    wanted = [name.strip() for name in columns.split(",") if name.strip()] if columns else None
    if reports and wanted:
        raise UsageError("--columns chooses among a format's own columns: leave out --reports")
    output = None if to is None else TableFiles(to)
    for path in files:
        prepare_format(read_frames(path, format=said.format, date=said.date).format)
    readings = [
        Reading(
            path,
            format=said.format,
            editions=said.editions,
            columns=wanted,
            registers=registers,
            date=said.date,
            receiver=said.receiver,
            reference_points=said.reference_points,
        )
        for path in files
    ]
    with progress(unit="octets") as shown:
        summary = decode_recordings(readings, output=output, reports=reports, shown=shown)
    summary["cut"] = tell_cut(reading.recording for reading in readings)
    if as_json:
        print_json(summary)
    else:
        _print_summary(summary)
    if summary["cut"] or summary["unread"]:
        raise typer.Exit(BAD_INPUT)


def _print_summary(summary: dict[str, Any]) -> None:
    from airshield.cli.decoding import tell_editions

    tell_editions(summary["editions"])
    for name, count in summary["counts"].items():
        typer.echo(f"{name}: {count:,}")
    for name, rows in summary["tables"].items():
        typer.echo(f"table {name}: {rows:,} rows")
    typer.echo(f"{summary['frames']:,} frames, {summary['rejects']:,} rejects")
    for reject in summary["first_rejects"]:
        typer.echo(f"  {reject['source']} at {reject['offset']}: {reject['reason']}")
    for path in summary["written"]:
        typer.echo(f"wrote {path}")
