"""docs/shield.md, made from the models: ``python -m airshield.config.reference > docs/shield.md``.

A test holds the page to this, so that it cannot go stale.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from airshield.config.catalogue import radar_types
from airshield.config.factors import UNITS
from airshield.config.load import csv_tables, json_schema

_INTRODUCTION: Final = """\
# The shield file

Made by `python -m airshield.config.reference`; do not edit by hand.

A shield is a folder that a person edits with a text editor, a GIS program and a spreadsheet:

| | |
|---|---|
| `shield.toml` | everything that is no map and no long table ([TOML](https://toml.io)) |
| `zones.geojson`, `sites.geojson` | volumes with rules, places to warn |
| `areas.geojson` | areas to plan for, without a rule of the air |
| `*.csv` | any of the lists below that says "or a CSV file", and the planning factors |
| height models | GeoTIFF, COG, VRT, hgt; named under `terrain` |

    airshield new NAME              a commented shield to check, to watch with and to plan
    airshield new NAME --zones FILE.gpkg:LAYER --name-field NAZWA --kind no_fly \\
                       --floor GND --ceiling FL95 --geoid-height-m 42
    airshield import SHIELD --sites FILE.geojson --radius-m 8000 --warning-min 10
    airshield check SHIELD          every mistake with file, line or feature, field and remedy
    airshield check --schema        JSON Schema, for editors

The end of a key says its unit (`rng_max_m`, `turnaround_h`, `capacity_t_per_day`). A key that is
not known is refused with the nearest one that is. **Nothing has a silent default**: a figure left
out is unknown, and an answer that needs it is "unknown". What may be left out says below what
that means.

## Planning factors

Figures about the world (how often an aircraft is ready, how long a turnaround takes) say where they
come from. A bare number is refused. Where the tables below say *factor*, write one of

```toml
readiness = "fighter readiness"   # a row of factors.csv: used in many places, varied in one
readiness = { value = 0.6, kind = "assumption", low = 0.5, high = 0.7, source = "our staff" }
```

`kind` is *fact* (published by somebody who could count), *estimate* (published or computed, with
a doubt) or *assumption* (ours), which needs `low` and `high`: a study varies it. In a CSV table a
cell holds the name of a row of the factors file. Inside a table `{ ... }` the figure is in the
unit that the key ends in; a row of the factors file has its own, and is converted. docs/adr/0009
says why.

## CSV tables

The first line names the columns, the keys of the table; an empty cell is a key not written; lists
in a cell are separated by `;` or `|`. Semicolons between the cells are taken too, and then
numbers may have a decimal comma.

"""

_CAPTIONS: Final = {
    "ShieldFile": "At the top of `shield.toml`",
    "zone": "Properties of a zone (GeoJSON)",
    "site": "Properties of a site (GeoJSON)",
    "area": "Properties of an area (GeoJSON)",
    "factor": "Columns of the factors file (CSV)",
}


def shield_reference() -> str:
    """The whole page, Markdown."""
    schema = json_schema()
    shield = schema["shield"]
    parts = [_INTRODUCTION, "## Every table and key\n"]
    parts.append(_table(_CAPTIONS["ShieldFile"], "", shield))
    csv_models = {model.__name__ for model in csv_tables().values()}
    for name, table in _tables_of(shield):
        if name == "FactorTable":
            continue
        about = " ".join(table.get("description", "").split())
        caption, _, rest = about.partition(": ")
        caption = caption.replace("``", "`")
        text = rest.replace("``", "`")
        if name in csv_models:
            text += " May be a CSV file."
        parts.append(_table(caption, text, table))
    for part in ("zone", "site", "area", "factor"):
        parts.append(_table(_CAPTIONS[part], "", schema[part]))
    parts.append(_units())
    parts.append(_catalogue())
    return "\n".join(parts)


def _tables_of(shield: Mapping[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """Tables in the order in which the file's keys name them, each once."""
    found: dict[str, dict[str, Any]] = {}

    def visit(node: Any) -> None:
        if isinstance(node, list):
            for part in node:
                visit(part)
        elif isinstance(node, dict):
            if (ref := node.get("$ref", "")) and (name := ref.rpartition("/")[2]) not in found:
                found[name] = shield["$defs"][name]
                visit(found[name].get("properties", {}))
            for part in node.values():
                visit(part)

    visit(shield["properties"])
    return list(found.items())


def _table(caption: str, text: str, table: Mapping[str, Any]) -> str:
    lines = [f"### {caption}\n"]
    if text:
        lines.append(text[0].upper() + text[1:] + ("" if text.endswith(".") else ".") + "\n")
    lines += ["| key | | what it is |", "|---|---|---|"]
    required = table.get("required", [])
    fields = sorted(table["properties"].items(), key=lambda item: item[0] != "name")
    for key, field in fields:
        need = " **must**" if key in required else ""
        about = " ".join(field.get("description", "").split()).replace("|", "\\|")
        default = field.get("default")
        if isinstance(default, str | int | float) and default != "":
            shown = str(default).lower() if isinstance(default, bool) else f"{default}"
            about += f" (left out: {shown})"
        lines.append(f"| `{key}` | {_kind(field)}{need} | {about} |")
    return "\n".join(lines) + "\n"


def _kind(field: Mapping[str, Any]) -> str:
    """The type of a key in words, with its bounds."""
    if (names := field.get("names")) is not None:
        one = f"name of one of `{names}`"
        return f"list: {one}" if field.get("type") == "array" else one
    ref = field.get("$ref", "").rpartition("/")[2]
    if ref == "FactorTable":
        return "factor"
    if ref:
        return "table"
    if "enum" in field:
        return "one of " + ", ".join(f"`{choice}`" for choice in field["enum"])
    if "anyOf" in field:
        choices = [choice for choice in field["anyOf"] if choice.get("type") != "null"]
        return " or ".join(
            "CSV file" if "CSV file" in choice.get("description", "") else _kind(choice)
            for choice in choices
        )
    kind = field.get("type")
    if kind == "array":
        inner = field["items"]
        return "list of tables" if "$ref" in inner else f"list: {_kind(inner)}"
    if kind in {"number", "integer"}:
        return _bounds("number" if kind == "number" else "whole number", field)
    return {"string": "text", "boolean": "true or false"}.get(str(kind), str(kind))


def _bounds(word: str, field: Mapping[str, Any]) -> str:
    least, above = field.get("minimum"), field.get("exclusiveMinimum")
    most, below = field.get("maximum"), field.get("exclusiveMaximum")
    low = _size(least) or (f"above {_size(above)}" if above is not None else "")
    high = _size(most) or (f"below {_size(below)}" if below is not None else "")
    if low and high:
        return f"{word}, {low} to {high}"
    if low:
        return f"{word}, {low}{'' if low.startswith('above') else ' or more'}"
    return f"{word}, at most {high}" if high else word


def _size(number: float | None) -> str:
    """A bound as people write it, or nothing where there is none."""
    if number is None:
        return ""
    return f"{number:,.0f}" if abs(number) >= 1000.0 else f"{number:g}"


def _units() -> str:
    known = ", ".join(f"`{unit}`" for unit in UNITS)
    return (
        "## Units of the factors file\n\n"
        f"{known}; money by the hour or the month is in the shield's currency: `EUR/h`, "
        "`EUR/month`.\n"
    )


def _catalogue() -> str:
    lines = [
        "## Radar types of the catalogue\n",
        "Published figures, for exercises: a maker's best case, of no particular unit. *checked* "
        "was read in a public page, *recall* is well-known open literature that was not read "
        "again. Where only a range is published, the figure is yours to write, and so is all that "
        "is not here. Every figure can be written over.\n",
        "| type | figure | published | state | by |",
        "|---|---|---|---|---|",
    ]
    for name, figures in radar_types().items():
        for key, figure in figures.items():
            if figure.value is None:
                shown = f"{figure.low:g} to {figure.high:g}, no one figure"
            elif isinstance(figure.value, bool):
                shown = str(figure.value).lower()
            else:
                shown = f"{figure.value:.10g}" if isinstance(figure.value, float) else figure.value
            lines.append(f"| {name} | `{key}` | {shown} | {figure.state} | {figure.source} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    print(shield_reference(), end="")
