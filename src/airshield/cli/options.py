"""Options that several commands have, told in one place."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Format = Annotated[
    str | None,
    typer.Option(
        "--format",
        metavar="NAME",
        help="Format of the recordings (asterix, beast, sbs, readsb, ...); found by content "
        "otherwise.",
    ),
]

Edition = Annotated[
    list[str] | None,
    typer.Option(
        "--edition",
        metavar="CAT[/SAC/SIC]=EDITION",
        help="Edition that a category, or one source of it, speaks: 021=0.23. The others are "
        "found out.",
    ),
]

Date = Annotated[
    str | None,
    typer.Option(
        "--date",
        metavar="YYYY-MM-DD",
        help="Day of the first record, where a recording, or a feed's clock, does not tell.",
    ),
]

Receiver = Annotated[
    str | None,
    typer.Option("--receiver", metavar="LAT,LON", help="Where an ADS-B receiver stands."),
]

Reference = Annotated[
    list[str] | None,
    typer.Option(
        "--reference",
        metavar="SAC/SIC=LAT,LON[,HEIGHT]",
        help="Where the x and y of an ASTERIX surface sensor begin (CAT010, CAT020).",
    ),
]

Port = Annotated[int, typer.Option("--port", min=0, max=65535, help="Port of the web map.")]

Duration = Annotated[
    float | None,
    typer.Option("--duration", metavar="S", min=0.0, help="Stop after so many seconds."),
]

AsJson = Annotated[bool, typer.Option("--json", help="One JSON document on standard output.")]

ShieldFolder = Annotated[
    Path, typer.Argument(metavar="SHIELD", help="Folder with shield.toml.", show_default=False)
]

TerrainModels = Annotated[
    list[Path] | None,
    typer.Option(
        "--terrain",
        metavar="PATH",
        help="Height model (GeoTIFF, COG, VRT, hgt, zipped too) or a folder of them, finest first; "
        "instead of the shield's.",
    ),
]

Threads = Annotated[
    int | None,
    typer.Option("--threads", min=1, help="Most threads to use; the answer is the same."),
]

WithCandidates = Annotated[
    bool, typer.Option("--candidates", help="Count candidate sites as if they stood.")
]

Days = Annotated[
    int | None,
    typer.Option(
        "--days",
        metavar="N",
        min=1,
        max=3650,
        help="For how long; otherwise as long as the longest requirement asks.",
    ),
]

Seed = Annotated[int, typer.Option("--seed", metavar="S", min=0, help="Which random numbers.")]

TempoWord = Annotated[
    str,
    typer.Option("--tempo", metavar="routine|surge", help="Supply and flying hours of which."),
]

TablesTo = Annotated[
    Path | None, typer.Option("--to", metavar="DIR", help="Folder for the tables (CSV).")
]

PagePort = Annotated[
    int | None, typer.Option("--port", min=0, max=65535, help="Show it in a browser.")
]

NoBrowser = Annotated[
    bool, typer.Option("--no-browser", help="With --port, only say where the page is.")
]
