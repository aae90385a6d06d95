"""``airshield decode``: recordings in, columns out."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer


def decode(
    files: Annotated[
        list[Path], typer.Argument(metavar="FILE...", help="Raw ASTERIX, pcap or pcapng.")
    ],
    to: Annotated[
        Path | None,
        typer.Option(
            "--to",
            metavar="OUT.parquet|.arrow|.jsonl|.csv",
            help="Where to write; with several categories one file each, OUT.catNNN.parquet.",
        ),
    ] = None,
    format_: Annotated[
        str, typer.Option("--format", help="Format of the input; this version reads 'asterix'.")
    ] = "asterix",
    edition: Annotated[
        list[str] | None,
        typer.Option(
            "--edition", metavar="CAT=EDITION", help="Edition a category speaks, e.g. 021=0.23."
        ),
    ] = None,
    columns: Annotated[
        str | None,
        typer.Option("--columns", metavar="A,B", help="Only these columns, e.g. i010_sac,i140_s."),
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="One JSON document on standard output.")
    ] = False,
) -> None:
    """Decode surveillance recordings into tables, and tell what could not be read."""
    from airshield.cli.console import (
        prepare_kernels,
        print_json,
        progress,
        tell_cut,
    )
    from airshield.cli.decoding import decode_recordings, parse_editions
    from airshield.cli.exit_codes import BAD_INPUT
    from airshield.cli.output import TableFiles
    from airshield.errors import UsageError
    from airshield.read import read_frames

    if format_ != "asterix":
        raise UsageError(f"--format {format_}: this version reads 'asterix'")
    editions = parse_editions(edition or [])
    wanted = [name.strip() for name in columns.split(",") if name.strip()] if columns else None
    recordings = [read_frames(path) for path in files]
    output = None if to is None else TableFiles(to)
    prepare_kernels("read")
    with progress(unit="octets") as shown:
        summary = decode_recordings(
            recordings, output=output, editions=editions, columns=wanted, shown=shown
        )
    summary["cut"] = tell_cut(recordings)
    if as_json:
        print_json(summary)
    else:
        _print_summary(summary)
    if summary["cut"]:
        raise typer.Exit(BAD_INPUT)


def _print_summary(summary: dict[str, Any]) -> None:
    for category, found in summary["categories"].items():
        typer.echo(
            f"CAT{category} edition {found['edition'] or 'unknown'}: "
            f"{found['blocks']:,} blocks, {found['records']:,} records"
        )
    typer.echo(f"{summary['frames']:,} frames, {summary['rejects']:,} rejects")
    for reject in summary["first_rejects"]:
        typer.echo(f"  {reject['source']} at {reject['offset']}: {reject['reason']}")
    for path in summary["written"]:
        typer.echo(f"wrote {path}")
