"""Write the pages of the documentation that come from the code: tables and API.

    python tools/write_docs.py            # docs/tables.md and docs/api/*.md
    python tools/write_docs.py --check    # exit 1 when docs/tables.md is not what the code says

``docs/tables.md`` is committed and a test holds it to the schemas; the API pages are made when
somebody wants them.
"""

from __future__ import annotations

import argparse
import importlib
import inspect
import sys
from pathlib import Path

from airshield import tables

ROOT = Path(__file__).resolve().parents[1]

ROOMS = (
    "tables",
    "errors",
    "units",
    "geo",
    "geo.grid",
    "read",
    "read.adsb",
    "read.asterix",
    "read.opensky",
    "read.readsb",
    "read.registers",
    "read.remoteid",
    "read.sapient",
    "read.sbs",
    "read.spotter",
    "read.text",
    "read.uat",
    "sensors",
    "track",
    "track.registration",
    "zones",
    "warn",
    "plan.coverage.network",
    "plan.response",
    "plan.roster",
    "plan.siting",
    "picture",
    "share",
    "config",
    "store",
    "watch",
    "rehearse",
    "serve",
)


def tables_page() -> str:
    """Return docs/tables.md: every schema, column by column."""
    lines = [
        "# The tables rooms exchange",
        "",
        "Made from `src/airshield/tables.py` by `tools/write_docs.py`; do not edit by hand.",
        "",
        *(inspect.getdoc(tables) or "").split("\n\n")[1].splitlines(),
        "",
    ]
    for name, schema in tables.TABLES.items():
        lines += [
            f"## {name}",
            "",
            "| column | type | unit | null | what |",
            "|---|---|---|---|---|",
        ]
        for field in schema:
            meta = {key.decode(): value.decode() for key, value in (field.metadata or {}).items()}
            null = "may be" if field.nullable else ""
            kind = str(field.type).replace("|", "\\|")
            lines.append(
                f"| `{field.name}` | {kind} | {meta.get('unit', '')} | {null} | {meta['what']} |"
            )
        lines.append("")
    return "\n".join(lines)


def api_page(room: str) -> str:
    """Return the page of one room: its essay, then its public names with their docstrings."""
    module = importlib.import_module(f"airshield.{room}")
    lines = [f"# airshield.{room}", "", inspect.getdoc(module) or "", ""]
    for name in getattr(module, "__all__", None) or []:
        member = getattr(module, name)
        lines += [f"## `{name}`", ""]
        if callable(member) and not inspect.isclass(member):
            lines += ["```python", f"{name}{inspect.signature(member)}", "```", ""]
        lines += ["```text", inspect.getdoc(member) or "", "```", ""]
    return "\n".join(lines)


def main() -> int:
    """Write or check the pages."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="only compare docs/tables.md")
    options = parser.parse_args()
    page = ROOT / "docs" / "tables.md"
    if options.check:
        return int(page.read_text() != tables_page())
    page.write_text(tables_page())
    folder = ROOT / "docs" / "api"
    folder.mkdir(exist_ok=True)
    for room in ROOMS:
        (folder / f"{room}.md").write_text(api_page(room))
    return 0


if __name__ == "__main__":
    sys.exit(main())
