"""Write the ASTERIX specifications that airshield ships, from the classes of ``libasterix``.

``libasterix`` carries every category and edition as thousands of generated Python classes: good
for a test oracle, too slow to import in a program that must answer at once. This tool walks those
classes once and writes one small JSON file per category into
``src/airshield/read/asterix/specs/``. The package never imports ``libasterix``.

Usage::

    python tools/compile_asterix_specs.py [FOLDER]

The output is a pure function of the installed ``libasterix``: a test compiles again in memory and
compares with the shipped files.

The files
---------
``catNNN.json`` holds ``contents`` and ``items``, pools that the editions point into, because
editions of one category share most of their items. The forms are those of the ASTERIX standard:

====================================================  ==============================================
content ``["raw"]``                                   a bit field without meaning of its own
content ``["table", {code: text}]``                   a code
content ``["text", "ascii" | "icao" | "octal"]``      characters of 8, 6, 3 bits
content ``["integer", signed]``                       a count
content ``["quantity", signed, lsb, unit]``           a measured value
content ``["register"]``                              a Mode S register, with or without its number
content ``["dependent", paths, default, cases]``      one of several, by other items' values
item ``["element", bits, content]``                   a leaf
item ``["group", [part...]]``                         leaves side by side
item ``["extended", [[part..., FX?]...]]``            parts chained by FX bits; ``null`` marks FX
item ``["repeat", count_octets, item]``               a count, then as many; 0: chained by FX
item ``["explicit", "RE" | "SP" | ""]``               a length, then octets
item ``["compound", fspec_octets, [member|null...]]`` own field specification, then members
item ``["dependent", paths, default, cases]``         one of several of equal size
part ``bits``                                         spare bits
part, member ``[name, title, item]``                  something with a name
====================================================  ==============================================
"""

from __future__ import annotations

import json
import sys
from importlib import metadata
from pathlib import Path
from typing import Any

from asterix import base, generated

FOLDER = Path(__file__).parents[1] / "src" / "airshield" / "read" / "asterix" / "specs"


class Pool:
    """Values written once and pointed to by number, in order of first use."""

    def __init__(self) -> None:
        self.values: list[Any] = []
        self._numbers: dict[str, int] = {}

    def number(self, value: Any) -> int:
        """Return the number of ``value``, adding it when it is new."""
        key = json.dumps(value)
        if key not in self._numbers:
            self._numbers[key] = len(self.values)
            self.values.append(value)
        return self._numbers[key]


def compile_all() -> dict[str, str]:
    """Return the text of every file, by file name."""
    files = {}
    for category, editions in sorted(generated.manifest["CATS"].items()):
        expansions = generated.manifest["REFS"].get(category, [])
        spec = compile_category(category, editions, expansions)
        files[f"cat{category:03d}.json"] = _as_text(spec)
    files["NOTICE"] = notice()
    return files


def compile_category(category: int, editions: Any, expansions: Any) -> dict[str, Any]:
    """Return the specification of one category with all its editions and expansions."""
    contents, items = Pool(), Pool()

    def content(cls: Any) -> list[Any]:
        if issubclass(cls, base.ContentRaw):
            return ["raw"]
        if issubclass(cls, base.ContentTable):
            return ["table", {str(code): text for code, text in sorted(cls.cv_values.items())}]
        if issubclass(cls, base.ContentString):
            return ["text", cls.cv_string_type.__name__.removeprefix("String").lower()]
        if issubclass(cls, base.ContentInteger):
            return ["integer", cls.cv_signedness is base.Signed]
        if issubclass(cls, base.ContentQuantity):
            return ["quantity", cls.cv_signedness is base.Signed, cls.cv_lsb, cls.cv_unit]
        if issubclass(cls, base.ContentBds):
            return ["register"]
        raise TypeError(f"unknown content {cls}")

    def rule(cls: Any) -> int:
        if issubclass(cls, base.RuleContentDependent):
            cases = [[values, contents.number(content(case))] for values, case in cls.cv_cases]
            default = contents.number(content(cls.cv_default_content))
            return contents.number(["dependent", cls.cv_depends_on, default, cases])
        return contents.number(content(cls.cv_content))

    def variation(cls: Any) -> list[Any]:
        if issubclass(cls, base.Element):
            return ["element", cls.cv_bit_size, rule(cls.cv_rule)]
        if issubclass(cls, base.Group):
            return ["group", [part(item) for item, _ in cls.cv_items_list]]
        if issubclass(cls, base.Extended):
            parts = [
                [None if entry is None else part(entry[0]) for entry in entries]
                for entries in cls.cv_items_list
            ]
            return ["extended", parts]
        if issubclass(cls, base.Repetitive):
            return ["repeat", cls.cv_rep_bytes or 0, variation(cls.cv_variation)]
        if issubclass(cls, base.Explicit):
            kinds = {base.ReservedExpansion: "RE", base.SpecialPurpose: "SP", None: ""}
            return ["explicit", kinds[cls.cv_explicit_type]]
        if issubclass(cls, base.Compound):
            members = [None if sub is None else member(sub) for sub in cls.cv_items_list]
            return ["compound", cls.cv_fspec_max_bytes, members]
        raise TypeError(f"unknown variation {cls}")

    def part(cls: Any) -> int | list[Any]:
        if issubclass(cls, base.Spare):
            return int(cls.cv_bit_size)
        return member(cls.cv_non_spare)

    def member(cls: Any) -> list[Any]:
        inner = cls.cv_rule
        if issubclass(inner, base.RuleVariationDependent):
            default = variation(inner.cv_default_variation)
            cases = [[values, variation(case)] for values, case in inner.cv_cases]
            return [cls.cv_name, cls.cv_title, ["dependent", inner.cv_depends_on, default, cases]]
        return [cls.cv_name, cls.cv_title, variation(inner.cv_variation)]

    def frn(cls: Any) -> int | str | None:
        if issubclass(cls, base.UapItemSpare):
            return None
        if issubclass(cls, base.UapItemRFS):
            return "RFS"
        return items.number(member(cls.cv_non_spare))

    def profile(name: str, record: Any) -> dict[str, Any]:
        frns = [frn(entry) for entry in record.cv_items_list]
        return {"name": name, "fspec_octets": record.cv_fspec_max_bytes, "items": frns}

    def edition(cls: Any) -> dict[str, Any]:
        uap = cls.cv_uap
        if not issubclass(uap, base.UapMultiple):
            return {"profiles": [profile("", uap.cv_record)], "selector": None}
        path, names = uap.cv_selector
        return {
            "profiles": [profile(name, record) for name, record in uap.cv_uaps.items()],
            "selector": [path, {str(value): name for value, name in sorted(names.items())}],
        }

    def expansion(cls: Any) -> dict[str, Any]:
        kind, octets = cls.cv_expansion.cv_type
        frns = [
            None if sub is None else items.number(member(sub))
            for sub in cls.cv_expansion.cv_items_list
        ]
        return {"fixed": kind is base.FspecFixed, "fspec_octets": octets, "items": frns}

    by_edition = {_edition(cls): edition(cls) for cls in editions}
    by_expansion = {_edition(cls): expansion(cls) for cls in expansions}
    return {
        "category": category,
        "editions": by_edition,
        "expansions": by_expansion,
        "contents": contents.values,
        "items": items.values,
    }


def notice() -> str:
    """Return the licence text and the state of the specifications, for the NOTICE file."""
    package = metadata.distribution("libasterix")
    licence = next(file for file in package.files or () if file.name == "LICENSE")
    return (
        "The files catNNN.json beside this one are derived from the Python package libasterix\n"
        f"{package.version} (asterix-libs by Zoran Bošnjak), which carries the ASTERIX "
        "specifications of\n"
        f"asterix-specs {generated.asterix_specs_ref.removeprefix('git:')},\n"
        f"dated {generated.asterix_specs_date}. They were written by "
        "tools/compile_asterix_specs.py.\n\n"
        f"The package declares its licence as {package.metadata['License-Expression']}; "
        "the licence text that it carries is:\n\n" + package.read_text(f"licenses/{licence.name}")
    )


def _edition(cls: Any) -> str:
    major, minor = cls.cv_edition
    return f"{major}.{minor}"


def _as_text(spec: dict[str, Any]) -> str:
    """Write JSON with one pool entry a line, so that a change of specifications diffs well."""
    lines = ["{", f'"category": {spec["category"]},']
    for key in ("editions", "expansions"):
        entries = [f"{json.dumps(k)}: {_dense(v)}" for k, v in spec[key].items()]
        lines.append(f'"{key}": {{' + ",".join(f"\n{entry}" for entry in entries) + "},")
    for key, end in (("contents", ","), ("items", "")):
        entries = [f"\n{_dense(entry)}" for entry in spec[key]]
        lines.append(f'"{key}": [' + ",".join(entries) + f"]{end}")
    return "\n".join(lines) + "\n}\n"


def _dense(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def main() -> None:
    """Write the files and say how large they are."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    files = compile_all()
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    print(f"{len(files)} files, {sum(len(t.encode()) for t in files.values())} octets: {folder}")


if __name__ == "__main__":
    main()
