"""Published operations beside the model: what was flown, carried and kept up, and what it says.

    python benchmarks/validate.py [--write docs/validation.md] [--draws N] [--json] [CASE.toml ...]

Without files all cases of benchmarks/validation/cases. The answers depend on the seed and not on
the number of threads; all of them take some minutes, with ``--draws 0`` (no ranges) seconds.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
from pathlib import Path

from validation.answers import Answer, Settings, answer
from validation.page import page, section, table
from validation.published import read_cases

from airshield.errors import AirshieldError


def row(one: Answer) -> dict[str, object]:
    """One answer as plain data; null where there is no number."""
    numbers = {
        "published": one.ask.published.value,
        "foreseen": one.ask.foreseen,
        "model": one.model.value,
        "low": one.model.low,
        "high": one.model.high,
        "range_low": one.low,
        "range_high": one.high,
        "formula": one.formula,
        "bound": one.bound,
        "ratio": one.ratio,
    }
    return {
        "case": one.case.name,
        "quantity": one.ask.quantity,
        "after": one.ask.after,
        "compare": one.ask.compare,
        **{name: value if math.isfinite(value) else None for name, value in numbers.items()},
        "verdict": one.verdict,
    }


def main() -> int:
    plain = Settings()
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("cases", nargs="*", type=Path, metavar="CASE.toml")
    parser.add_argument("--write", type=Path, help="write the page to this file")
    parser.add_argument("--runs", type=int, default=plain.runs)
    parser.add_argument("--draws", type=int, default=plain.draws, help="of the inputs; 0: none")
    parser.add_argument("--seed", type=int, default=plain.seed)
    parser.add_argument("--threads", type=int)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    settings = Settings(
        runs=options.runs, draws=options.draws, seed=options.seed, threads=options.threads
    )
    answers: list[Answer] = []
    name = "cases"
    try:
        cases = read_cases(options.cases)
        for i, case in enumerate(cases):
            name = case.name
            print(f"{i + 1} of {len(cases)}: {name}", file=sys.stderr, flush=True)
            answers += [answer(case, ask, settings) for ask in case.asks]
    except (AirshieldError, OSError) as bad:
        print(f"{name}: {bad}", file=sys.stderr)
        return 2
    if options.write:
        options.write.write_text(page(answers, draws=options.draws), encoding="utf-8")
    elif options.json:
        print(json.dumps([row(one) for one in answers], indent=1))
    else:
        print(table(answers))
        if options.cases:
            for case in cases:
                print("\n" + section(case, [one for one in answers if one.case is case]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
