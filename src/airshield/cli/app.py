"""The application object, and how errors leave the process."""

from __future__ import annotations

import json
import logging
import os
import sys
from typing import Annotated, Any

import typer

from airshield import __version__
from airshield.cli import (
    check,
    cover,
    decode,
    demo,
    depend,
    new,
    report,
    site,
    sustain,
    track,
    watch,
)
from airshield.cli.exit_codes import BAD_INPUT
from airshield.errors import AirshieldError, ShieldError

app = typer.Typer(
    name="airshield",
    help="Plan, rehearse and watch an air shield. "
    "Surveillance, warning and planning only: a person decides.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"airshield {__version__}")
        raise typer.Exit


@app.callback()
def _common(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_version, is_eager=True, help="Print the version and leave."
        ),
    ] = False,
    verbose: Annotated[
        bool, typer.Option("--verbose", "-v", help="Log what happens inside, on standard error.")
    ] = False,
) -> None:
    logging.basicConfig(
        stream=sys.stderr,
        level=logging.INFO if verbose else logging.WARNING,
        format="%(asctime)s %(levelname)s %(name)s: %(message)s",
    )


app.command("demo")(demo.demo)
app.command("decode")(decode.decode)
app.command("track")(track.track)
app.command("watch")(watch.watch)
app.command("check")(check.check)
app.command("cover")(cover.cover)
app.command("report")(report.report)
app.command("site")(site.site)
app.command("sustain")(sustain.sustain)
app.command("depend")(depend.depend)
app.command("new")(new.new)
app.command("import")(new.bring)


def _told(error: AirshieldError) -> dict[str, Any]:
    """An error as a document; all that is wrong with a shield, one by one."""
    told: dict[str, Any] = {"message": str(error)}
    if isinstance(error, ShieldError):
        told["problems"] = [
            {"file": p.file, "where": p.where, "what": p.what, "remedy": p.remedy}
            for p in error.problems
        ]
    return told


def main() -> None:
    """Run the command line; turn our own errors into a clear line and exit code 2."""
    # Arrow and NumPy from one allocator: what one gives back the other can use, which keeps a
    # stream of tables some tens of megabytes smaller. Read when pyarrow is first imported.
    os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "system")
    try:
        app()
    except AirshieldError as error:
        if "--json" in sys.argv:
            print(json.dumps({"error": {"kind": type(error).__name__, **_told(error)}}))
        print(f"airshield: {error}", file=sys.stderr)
        sys.exit(BAD_INPUT)
    except BrokenPipeError:
        # The reader of our output (head, less) has left; that is no error of ours.
        sys.stderr.close()
        sys.exit(0)
    except KeyboardInterrupt:
        print("airshield: stopped", file=sys.stderr)
        sys.exit(130)
