"""Compare Mode S registers with pyModeS, rs1090 and asterix-decoder, and measure the guess.

Every register of an ASTERIX CAT048 recording, whose numbers are known, and every DF20 and DF21
reply of a recording of jet1090 (JSON lines), whose numbers nobody says. Prints a page of Markdown,
or writes it. Ends with exit code 1 where a value differs for a reason that the page does not tell.

Usage::

    python tools/compare_registers.py [--write docs/registers.md] CAT048 JSONL [MORE_CAT048...]
"""

from __future__ import annotations

import argparse
import gzip
import json
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from airshield.read import asterix, read_frames, registers
from airshield.read.registers import REGISTERS
from reference import register_oracle as oracle

PEERS = Path(__file__).resolve().parents[1] / ".peers"
SEVERAL = 255

HEAD = """# Mode S registers: measured beside other decoders

Made by `tools/compare_registers.py`; do not edit by hand.

Two recordings. **Radar**: the Barcelona Mode S radar's CAT048, whose I048/250 tells the number of
each register. **Receiver**: DF20 and DF21 replies that jet1090 kept near Toulouse, where nobody
says which register a reply holds. Other decoders: pyModeS 3.6.1, rs1090 0.7.0 (Comm-B) and
asterix-decoder 0.7.11 (I048/250), each in its own environment (`make peers`).

The bounds of the guess were set with the Barcelona recording in view, with no other.
"""

REASONS = """
What differs, and why:

- asterix-decoder's barometric pressure setting lacks the 800 hPa that the field leaves out: every
  one differs by 800. Its angles are -180 to 180 deg; ours 0 to 360. Both are taken into account
  above, and it decodes no other registers than 4,0, 5,0 and 6,0.
- rs1090 rounds selected altitudes to hundreds of feet; we keep the 16 ft of the wire, as pyModeS
  does (3008 for 3000).
- rs1090 takes nine ones behind the sign for no value: a track rate of -0.03125 deg/s is null, and a
  vertical rate of -32 ft/min is 0. We give what is there, as pyModeS and asterix-decoder do.
- A 2,0 whose eight characters are all zero has no callsign here; the others write `########`.
- rs1090's reading is a guess here where it is the only one among the registers decoded here: it
  also tells 0,5, 1,8, 1,9, 2,1 and 6,5 of many words, and drops 5,0 and 6,0 where both fit.
- The 1,0 that give no values here have reserved bits set (one aircraft, always the same word);
  pyModeS decodes them when told that they are 1,0, and refuses them when it has to guess.
"""


def table_of(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Make a Markdown table."""
    lines = ["| " + " | ".join(header) + " |", "|" + "---|" * len(header)]
    lines += ["| " + " | ".join(str(cell) for cell in row) + " |" for row in rows]
    return "\n".join(lines) + "\n"


def label(bds: int) -> str:
    """A register's number as people write it; what a guess says where it does not name one."""
    return {0: "none", SEVERAL: "several"}.get(bds, f"{bds >> 4:X},{bds & 15:X}")


def number(name: str) -> int:
    """The number of '4,0'."""
    return int(name.replace(",", ""), 16)


def guess_of_rs1090(found: dict[str, Any]) -> int:
    """rs1090 tells every register that fits; one of those that we know too is a guess."""
    known = [bds for bds in (int(name[3:], 16) for name in found) if bds in REGISTERS]
    return 0 if not known else known[0] if len(known) == 1 else SEVERAL


def rows_by_register(table: pa.Table) -> Iterator[dict[str, Any]]:
    """For each row the values of its own register, by names without the register."""
    columns = {name: table[name].to_pylist() for name in table.column_names}
    for k, bds in enumerate(columns["bds"]):
        fields = REGISTERS[bds].fields if bds in REGISTERS else ()
        yield {f.name: columns[f"bds{bds:02x}_{f.name}"][k] for f in fields}


class Tally:
    """How many values of each register agree with another decoder's."""

    def __init__(self) -> None:
        self.values: Counter[int] = Counter()
        self.known: Counter[tuple[int, str]] = Counter()
        self.wrong: Counter[tuple[int, str]] = Counter()

    def add(self, bds: int, ours: dict[str, Any], theirs: dict[str, Any], names: Any) -> None:
        """Compare one register."""
        self.values[bds] += len(names)
        for name, column in names.items():
            value = theirs.get(name)
            if oracle.differs(column, ours[column], value):
                known = oracle.is_known_difference(column, ours[column], value)
                (self.known if known else self.wrong)[bds, column] += 1

    def row(self, bds: int) -> tuple[str, str, str]:
        """Values compared, and which columns differ how often: explained below, or not."""
        told = [
            ", ".join(f"{column} {n:,}" for (b, column), n in sorted(count.items()) if b == bds)
            for count in (self.known, self.wrong)
        ]
        return f"{self.values[bds]:,}", told[0], told[1] or "none"


def compare_values(table: pa.Table, answers: list[Any]) -> tuple[dict[str, Tally], Counter[int]]:
    """Hold our columns to pyModeS's and rs1090's readings of the same register."""
    tallies = {"pyModeS": Tally(), "rs1090": Tally()}
    seen: Counter[int] = Counter()
    faults = table["bds_fault"].is_valid().to_pylist()
    numbers = table["bds"].to_pylist()
    rows = rows_by_register(table)
    for bds, fault, ours, (told, _, other) in zip(numbers, faults, rows, answers, strict=True):
        if not ours or fault:
            continue
        seen[bds] += 1
        if bds in oracle.PYMODES:
            tallies["pyModeS"].add(bds, ours, told, oracle.PYMODES[bds])
        reading = other.get(f"bds{bds:02x}")
        if reading is not None and bds in oracle.RS1090:
            tallies["rs1090"].add(bds, ours, reading, oracle.RS1090[bds])
    return tallies, seen


def value_page(tallies: dict[str, Tally], seen: Counter[int]) -> str:
    """The table of values compared."""
    rows = []
    for bds in sorted(seen):
        for name, tally in tallies.items():
            if tally.values[bds]:
                rows.append((label(bds), f"{seen[bds]:,}", name, *tally.row(bds)))
    head = ("register", "registers", "beside", "values", "differ as told below", "differ else")
    return table_of(head, rows)


def matrix(truth: Sequence[int], guess: Sequence[int]) -> str:
    """How often each was taken for what."""
    count = Counter(zip(truth, guess, strict=True))
    heads = sorted({g for _, g in count}, key=lambda g: (g in (0, SEVERAL), g))
    rows = [
        (label(t), *(f"{count[t, g]:,}" if count[t, g] else "" for g in heads))
        for t in sorted(set(truth))
    ]
    return table_of(("", *(label(g) for g in heads)), rows)


def score(truth: Sequence[int], guess: Sequence[int]) -> tuple[str, str, str]:
    """Percentages named right, named wrong, not named."""
    right = sum(t == g for t, g in zip(truth, guess, strict=True))
    silent = sum(g in (0, SEVERAL) for g in guess)
    total = len(truth)
    wrong = total - right - silent
    return f"{right / total:.2%}", f"{wrong / total:.3%} ({wrong:,})", f"{silent / total:.2%}"


def read_radar(path: Path) -> tuple[pa.Table, Any, Any, Any, Any]:
    """Return the records of CAT048; words, numbers and owners of registers, and their altitudes."""
    frames = pa.concat_tables(list(read_frames(path)))
    found = asterix.decode(frames, categories=[48]).tables.values()
    records = pa.concat_tables(found).combine_chunks()
    lists = [records[f"i250_{name}"].chunk(0) for name in ("mbdata", "bds1", "bds2")]
    words, numbers, owner = registers.flatten_lists(*lists)
    alt_ft = 100.0 * records["i090_fl"].to_numpy(zero_copy_only=False)[owner]
    return records, words, numbers, owner, alt_ft


def unseen_page(paths: list[Path]) -> str:
    """How well the guess does on recordings that its bounds were not set with."""
    rows = []
    for path in paths:
        _, words, numbers, _, alt_ft = read_radar(path)
        known = np.isin(numbers, list(REGISTERS))
        guess = registers.infer_bds(words, alt_ft=alt_ft, tell_several=True)
        result = score(numbers[known].tolist(), guess[known].tolist())
        rows.append((path.name, f"{int(known.sum()):,}", *result))
    head = ("recording", "registers", "right", "wrong", "not named")
    return "### The guess, on other radars\n\n" + table_of(head, rows)


def radar_page(path: Path, wrong: list[Tally]) -> str:
    """Compare what the radar's recording has."""
    records, words, numbers, owner, alt_ft = read_radar(path)
    decoded = registers.decode_registers(words, numbers)
    alts = [None if np.isnan(a) else a for a in alt_ft.tolist()]
    hexes = [oracle.frame_of(w, a) for w, a in zip(words.tolist(), alts, strict=True)]
    answers = oracle.comm_b(
        PEERS / "adsb" / "bin" / "python", words.tolist(), decoded["bds"].fill_null(0).to_pylist(),
        hexes,
    )  # fmt: skip
    tallies, seen = compare_values(decoded, answers)
    tallies["asterix-decoder"] = asterix_tally(path, decoded, owner, records.num_rows)
    wrong += tallies.values()

    parts = [
        f"## Radar: {words.size:,} registers\n",
        "Where a register is named and keeps its rules, every value of it:\n",
        value_page(tallies, seen),
        "Registers that gave no values:\n",
        table_of(
            ("register", "why", "count"),
            (
                (label(b), why, f"{n:,}")
                for (b, why), n in sorted(
                    Counter(
                        (int(b), why)
                        for b, why in zip(
                            numbers.tolist(), decoded["bds_fault"].to_pylist(), strict=True
                        )
                        if why
                    ).items()
                )
            ),
        ),
        "(Number 0,0 is a Comm-B broadcast: its first octet tells the register.)\n",
        "### The guess, against the truth\n",
        "The same words without their numbers. *None* and *several* are answers that name no"
        " register; a broadcast is left out.\n",
    ]
    known = np.flatnonzero(numbers != 0)
    truth = numbers[known].tolist()
    blind = registers.infer_bds(words, tell_several=True)[known].tolist()
    with_alt = registers.infer_bds(words, alt_ft=alt_ft, tell_several=True)[known].tolist()
    state = {
        "gs_kt": records["i200_gsp_nmi_s"].to_numpy(zero_copy_only=False)[owner] * 3600.0,
        "track_true_deg": records["i200_hdg_deg"].to_numpy(zero_copy_only=False)[owner],
    }
    with_all = registers.infer_bds(words, alt_ft=alt_ft, **state, tell_several=True)[known].tolist()
    first = [number(a[1][0]) if a[1] else 0 for a in answers]
    only = [number(a[1][0]) if len(a[1]) == 1 else SEVERAL if a[1] else 0 for a in answers]
    rs = [guess_of_rs1090(a[2]) for a in answers]
    rows = [
        ("airshield, bits alone", *score(truth, blind)),
        ("airshield, with altitude", *score(truth, with_alt)),
        ("airshield, with altitude, ground speed and track", *score(truth, with_all)),
        ("pyModeS, its first candidate", *score(truth, [first[k] for k in known])),
        ("pyModeS, where it has one candidate", *score(truth, [only[k] for k in known])),
        ("rs1090, where it has one reading", *score(truth, [rs[k] for k in known])),
    ]
    parts += [
        table_of(("who", "right", "wrong", "not named"), rows),
        "airshield with altitude, truth down, guess across:\n",
        matrix(truth, with_alt),
    ]
    return "\n".join(parts)


def asterix_tally(path: Path, decoded: pa.Table, owner: Any, rows: int) -> Tally:
    """Hold our columns to asterix-decoder's: its pressure lacks 800, its angles are signed."""
    theirs = oracle.asterix_decoder(PEERS / "asterix" / "bin" / "python", path.read_bytes())
    if len(theirs) != rows:
        raise SystemExit(f"asterix-decoder found {len(theirs)} records, we {rows}")
    flat = [one for found in theirs for one in found]
    tally = Tally()
    for ours, bds, one in zip(
        rows_by_register(decoded), decoded["bds"].to_pylist(), flat, strict=True
    ):
        if bds not in oracle.DECODER or one["BDS"] != f"{bds:02X}":
            continue
        values = oracle.decoder_values(bds, one)
        if values.get("baro_setting_hpa") is not None:
            values["baro_setting_hpa"] += 800.0
        for name in ("track_true_deg", "heading_mag_deg"):
            if values.get(name) is not None:
                values[name] %= 360.0
        tally.add(bds, ours, values, {name: name for name in values})
    return tally


def receiver_page(path: Path, wrong: list[Tally]) -> str:
    """Compare what the receiver's recording has."""
    hexes, alts = [], []
    with gzip.open(path, "rt") as lines:
        for line in lines:
            row = json.loads(line)
            if row["df"] in ("20", "21"):
                hexes.append(row["frame"])
                alts.append(row.get("altitude"))
    words = np.array([int(h[8:22], 16) for h in hexes], np.uint64)
    alt_ft = np.array([np.nan if a is None else a for a in alts], np.float64)
    guess = registers.infer_bds(words, alt_ft=alt_ft, tell_several=True)
    decoded = registers.decode_registers(words, alt_ft=alt_ft)
    answers = oracle.comm_b(
        PEERS / "adsb" / "bin" / "python", words.tolist(), decoded["bds"].fill_null(0).to_pylist(),
        hexes,
    )  # fmt: skip
    tallies, seen = compare_values(decoded, answers)
    wrong += tallies.values()
    first = [number(a[1][0]) if a[1] else 0 for a in answers]
    rs = [guess_of_rs1090(a[2]) for a in answers]
    ours = guess.tolist()
    empty = int((words == 0).sum())
    named = sum(g not in (0, SEVERAL) for g in ours)
    rows = []
    for name, theirs in (("pyModeS, its first candidate", first), ("rs1090", rs)):
        pairs = list(zip(ours, theirs, strict=True))
        both = [(a, b) for a, b in pairs if a not in (0, SEVERAL) and b not in (0, SEVERAL)]
        rows.append(
            (
                name,
                f"{len(both):,}",
                f"{sum(a != b for a, b in both):,}",
                f"{sum(a not in (0, SEVERAL) and b in (0, SEVERAL) for a, b in pairs):,}",
                f"{sum(b not in (0, SEVERAL) and a in (0, SEVERAL) for a, b in pairs):,}",
            )
        )
    return "\n".join(
        [
            f"## Receiver: {words.size:,} replies\n",
            f"{named:,} are named here ({named / (words.size - empty):.2%} of those that are not"
            f" empty; {empty:,} are).\n",
            table_of(("beside", "both name", "differ", "only we name", "only they name"), rows),
            "airshield down, pyModeS's first candidate across:\n",
            matrix(ours, first),
            "airshield down, rs1090 across:\n",
            matrix(ours, rs),
            "Values of the registers named here:\n",
            value_page(tallies, seen),
        ]
    )


def main() -> int:
    """Write the page; 1 where a value differs and nobody knows why."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("cat048", type=Path)
    parser.add_argument("jsonl", type=Path)
    parser.add_argument("more", type=Path, nargs="*", help="more of CAT048, for the guess alone")
    parser.add_argument("--write", type=Path, help="the page to write; else it is printed")
    options = parser.parse_args()
    tallies: list[Tally] = []
    radar = radar_page(options.cat048, tallies)
    receiver = receiver_page(options.jsonl, tallies)
    unseen = [unseen_page(options.more)] if options.more else []
    page = "\n".join([HEAD, radar, *unseen, receiver, REASONS.lstrip()])
    if options.write is None:
        print(page)
    else:
        options.write.write_text(page)
    return int(any(tally.wrong for tally in tallies))


if __name__ == "__main__":
    sys.exit(main())
