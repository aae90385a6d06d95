"""``airshield report``: a plan on paper, for people who decide."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from airshield.cli.options import AsJson, ShieldFolder, TerrainModels, Threads, WithCandidates

if TYPE_CHECKING:
    from airshield.cli.covering import CoverPlan
    from airshield.report import Report


def report(
    shield: ShieldFolder,
    to: Annotated[
        Path | None,
        typer.Option(
            "--to", metavar="OUT.html", help="The page to write: one file that needs nothing else."
        ),
    ] = None,
    terrain: TerrainModels = None,
    candidates: WithCandidates = False,
    dependence: Annotated[
        bool,
        typer.Option("--depend/--no-depend", help="A chapter of dependence: takes some minutes."),
    ] = True,
    threads: Threads = None,
    as_json: AsJson = False,
) -> None:
    """Report what a plan comes to: answers in plain words, maps, tables and sources on one page.

    Leaves with 1 where a requirement of the shield fails or cannot be answered.
    """
    from airshield.cli.console import prepare_kernels, print_json, stages
    from airshield.cli.cover import COVER_ROOMS
    from airshield.cli.covering import CoverPlan
    from airshield.cli.exit_codes import FAILS
    from airshield.cli.sustain import SUSTAIN_ROOMS
    from airshield.errors import UsageError
    from airshield.report import document_of, page_of

    if to is None and not as_json:
        raise UsageError("where should the report go? Name a file: --to report.html, or --json")
    if to is not None:
        write_page(None, to)
    prepare_kernels(*COVER_ROOMS, *SUSTAIN_ROOMS, load=False)
    asked = CoverPlan(
        shield=shield,
        terrain=tuple(terrain or ()),
        with_candidates=candidates,
        threads=threads,
    )
    with stages() as say:
        sustain, depend = studies_of(asked, say=say, with_dependence=dependence)
        made = make_report(asked, now=_now, say=say, sustain=sustain, depend=depend)
    document = document_of(made)
    if to is not None:
        write_page(page_of(made), to)
        document["file"] = str(to)
    if as_json:
        print_json(document)
    else:
        for chapter in made.chapters:
            typer.echo(f"{chapter.title}: {chapter.verdict}")
            typer.echo(" ".join(chapter.answer))
        typer.echo(f"Written: {to}")
    if made.verdict in ("fails", "unknown"):
        raise typer.Exit(FAILS)


def studies_of(
    asked: CoverPlan, *, say: Callable[[str, int, int], None] | None, with_dependence: bool
) -> tuple[dict[str, Any] | None, dict[str, Any] | None]:
    """The documents of endurance and of dependence, where a shield says and asks enough for them.

    Returns
    -------
    dict or None, dict or None
        None: no stations and no supply; no requirement that hangs on who comes, or not wanted.
    """
    from airshield.cli.depend_document import depend_document
    from airshield.cli.depending import DependAsked, depend_shield
    from airshield.cli.sustain_document import sustain_document
    from airshield.cli.sustaining import SustainAsked, sustain_shield
    from airshield.config import load_shield

    plan = load_shield(asked.shield).plan
    sustain = depend = None
    if plan.stations or plan.nodes:
        found = sustain_shield(SustainAsked(shield=asked.shield, threads=asked.threads), say=say)
        sustain = sustain_document(found)
    of = plan.requirements
    if with_dependence and (of.cover or of.warning or of.station or of.stock):
        depend = depend_document(
            depend_shield(
                DependAsked(shield=asked.shield, terrain=asked.terrain, threads=asked.threads),
                say=say,
            )
        )
    return sustain, depend


def _now() -> datetime:
    return datetime.now(UTC)


def make_report(
    asked: CoverPlan,
    *,
    now: Callable[[], datetime],
    say: Callable[[str, int, int], None] | None = None,
    sustain: Mapping[str, Any] | None = None,
    depend: Mapping[str, Any] | None = None,
) -> Report:
    """Make a shield's report: every chapter that there is, each from its own kind of planning.

    Parameters
    ----------
    asked : CoverPlan
        The shield, and what to survey.
    now : callable
        The clock that dates it.
    say : callable, optional
        As for :func:`~airshield.cli.covering.cover_shield`.
    sustain, depend : mapping, optional
        What those commands print with ``--json``, of the same shield; each makes a chapter.
    """
    from airshield import __version__
    from airshield.cli.covering import cover_asked, cover_shield, warning_asked
    from airshield.config import load_shield
    from airshield.report import Report
    from airshield.report.coverage import cover_chapter
    from airshield.report.depend import depend_chapter
    from airshield.report.sustain import sustain_chapter

    shield = load_shield(asked.shield)
    area = None
    chapters = []
    # Without a radar there is a chapter of cover only where there would be no other.
    if any(radar.has_primary for radar in shield.plan.radars) or not (sustain or depend):
        shield, found = cover_shield(asked, say=say)
        area = found.task.area
        chapters.append(
            cover_chapter(shield, found, asked=cover_asked(shield), warned=warning_asked(shield))
        )
    endurance = None if sustain is None else sustain_chapter(sustain, area=area)
    if endurance is not None:
        chapters.append(endurance)
    if depend is not None:
        chapters.append(depend_chapter(depend, told_by=endurance))
    return Report(
        shield=shield.name,
        about=shield.about,
        digest=shield.digest,
        version=__version__,
        made=now(),
        chapters=tuple(chapters),
    )


def write_page(page: str | None, to: Path) -> None:
    """Write a page whole or not at all; None only tries whether it could be written.

    Raises
    ------
    StoreError
        It cannot: told before the work that the page is made of, not after.
    """
    import os
    import tempfile

    from airshield.errors import StoreError

    try:
        if to.is_dir():
            raise IsADirectoryError(21, "it is a folder")
        handle, name = tempfile.mkstemp(prefix=f".{to.name}-", dir=to.parent)
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(page or "")
            if page is None:
                os.unlink(name)
            else:
                # mkstemp makes a file for nobody else; a report is to be read.
                os.chmod(name, 0o644)
                os.replace(name, to)
        except OSError:
            os.unlink(name)
            raise
    except OSError as error:
        raise StoreError(
            f"{to}: the report could not be written ({error.strerror or error}); name a file in a "
            "folder that is there and that you may write to: --to OUT.html"
        ) from error
