"""How far Albersheim's and Shnidman's equations are from the exact signal that is needed.

Prints the table of docs/detection.md. ``python benchmarks/detection_formulas.py``
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from airshield.plan.coverage.detection import snr_needed_db
from reference.detection import albersheim_db, shnidman_db

PULSES = (1, 2, 3, 5, 10, 30, 100)
BANDS = ((0.1, 0.2), (0.3, 0.4), (0.5, 0.6, 0.7, 0.8, 0.9), (0.95, 0.99))


def worst(swerling: int, pds: tuple[float, ...], pfas: tuple[float, ...], formula: object) -> float:
    """The largest error over pulses, false alarms and probabilities, with its sign [dB]."""
    errors = []
    for n in PULSES:
        for pfa in pfas:
            for pd in pds:
                exact = snr_needed_db(pd=pd, pfa=pfa, pulses=n, swerling=swerling)
                if formula is albersheim_db:
                    errors.append(albersheim_db(pd, pfa, n) - exact)
                else:
                    errors.append(shnidman_db(pd, pfa, n, swerling) - exact)
    return max(errors, key=abs)


def main() -> None:
    claims = {
        "Albersheim, steady": (0, albersheim_db, tuple(10.0**-k for k in range(3, 8))),
        **{
            f"Shnidman, Swerling {case}": (case, shnidman_db, tuple(10.0**-k for k in range(3, 10)))
            for case in range(5)
        },
    }
    print("| worst error [dB] | Pd 0.1 to 0.2 | 0.3 to 0.4 | 0.5 to 0.9 | 0.95 to 0.99 |")
    print("| --- | --- | --- | --- | --- |")
    for name, (case, formula, pfas) in claims.items():
        figures = [f"{worst(case, band, pfas, formula):+.2f}" for band in BANDS]
        print(f"| {name} | {' | '.join(figures)} |")


if __name__ == "__main__":
    main()
