"""Documents of sustainment and dependence out of closed forms, for tests and for looking at them.

``python tests/serve/synthetic_study.py`` serves both pages at http://127.0.0.1:8080/ until
interrupted. Names, places and edges are those of ``examples/ukraine``; every figure is invented.
Every kind of null that the documents allow is in them somewhere. Option: ``--port N``.
"""

from __future__ import annotations

import argparse
import contextlib
import csv
import itertools
import time
import tomllib
from pathlib import Path

import numpy as np

from airshield.serve import Server, create_plan_app

UKRAINE = Path(__file__).parents[2] / "examples" / "ukraine"
DAYS = 90
RUNS = 64
HEAD = {
    "shield": "ukraine",
    "about": "Illustrative: places are real, every figure is invented.",
    "digest": "5eed" * 16,
    "version": "test",
    "kind": "planning estimate",
    "days": DAYS,
    "runs": RUNS,
    "seed": 0,
}
BURN_T = {"Lublin": 70.0, "Rzeszów": 64.0, "Mińsk Mazowiecki": 61.0, "Łask": 80.0, "Powidz": 160.0,
          "Câmpia Turzii": 18.0, "Mihail Kogălniceanu": 66.0, "Bacău": 52.0}  # fmt: skip
# Station: mean cover at first, day from which it sinks, cover at the end, what is short then.
COURSES = {
    "West": (0.985, None, 0.985, None),
    "Kyiv": (0.93, 57, 0.55, "tankers"),
    "South": (0.97, 19, 0.22, "fuel"),
    "Airborne radar north": (0.88, 0, 0.82, "repair"),
    "Airborne radar south": (0.965, None, 0.965, None),
    "Border watch": (None, None, None, None),
}


def table(name):
    with (UKRAINE / f"{name}.csv").open(newline="") as lines:
        return list(csv.DictReader(lines))


def shield():
    return tomllib.loads((UKRAINE / "shield.toml").read_text())


def assumptions():
    """The factors as the documents tell them."""
    return [
        {
            "name": one["name"],
            "value": float(one["value"]),
            "unit": one["unit"],
            "kind": one["kind"],
            "low": float(one["low"]) if one["low"] else None,
            "high": float(one["high"]) if one["high"] else None,
            "source": one["source"],
            "url": one["url"] or None,
            "year": one["year"] or None,
            "note": one["note"] or None,
        }
        for one in table("factors")
    ]


def rounded(values, digits=4):
    return [None if np.isnan(value) else round(float(value), digits) for value in values]


def station(told, rng):
    """One station over the days."""
    name = told["name"]
    first, turn, last, code = COURSES[name]
    base = {
        "station": name, "role": told["role"], "lat_deg": told["lat_deg"],
        "lon_deg": told["lon_deg"], "count": told["count"],
    }  # fmt: skip
    if first is None:
        unknown = dict.fromkeys(
            ("cover", "cover_low", "cover_high", "cover_bad", "fails_from", "chance", "why")
        )
        nothing = [None] * DAYS
        return {
            **base, **unknown, "aircraft": 6, "chain": [], "cover_by_day": nothing,
            "low_by_day": nothing, "high_by_day": nothing, "binding_by_day": nothing,
        }  # fmt: skip
    days = np.arange(DAYS)
    sunk = np.zeros(DAYS) if turn is None else np.clip((days - turn) / 9.0, 0.0, 1.0)
    cover = first + (last - first) * sunk + 0.012 * rng.standard_normal(DAYS) * (1 + 2 * sunk)
    cover = np.clip(cover, 0.0, 1.0)
    wide = 0.03 + 0.13 * sunk
    low, high = np.clip(cover - wide, 0.0, 1.0), np.clip(cover + 0.8 * wide, 0.0, 1.0)
    binding = ["weather" if rng.random() < 0.08 else None for _ in days]
    if code is not None:
        binding = [
            code if s > 0.2 or (turn == 0) else b for b, s in zip(binding, sunk, strict=True)
        ]
    if name == "Airborne radar south":  # nobody worked out the last days
        cover[-8:] = low[-8:] = high[-8:] = np.nan
        binding[-8:] = [None] * 8
    mean = float(np.nanmean(cover))
    fails = turn if mean < 0.95 else None
    chains = {
        "fuel": [
            {"code": "fuel", "who": "Mihail Kogălniceanu",
             "words": "fuel at Mihail Kogălniceanu is out since day 17", "since_day": 17},
            {"code": "edge", "who": "Constanța port to Kogălniceanu fuel",
             "words": "Constanța port to Kogălniceanu fuel carries 297 of the 341 t a day that it "
                      "would need", "since_day": None},
        ],
        "tankers": [
            {"code": "tankers", "who": "Track Poland",
             "words": "Track Poland refuses 61 % of refuellings: tankers are down to 2",
             "since_day": 55},
        ],
        "repair": [
            {"code": "repair", "who": "airborne radars at Powidz",
             "words": "too few aircraft: most are in repair", "since_day": 0},
        ],
    }  # fmt: skip
    chain = chains.get(code, []) if fails is not None else []
    why = None
    if fails is not None:
        because = ", because ".join(link["words"] for link in chain)
        why = f"station {name} fails from day {fails}: {because}"
    if name == "West":  # it holds, though some runs fail
        fails, why = 61, "station West fails from day 61: West: the class is grounded"
    return {
        **base,
        "cover": round(mean, 4), "cover_low": round(mean - 0.011, 4),
        "cover_high": round(mean + 0.011, 4), "cover_bad": round(max(0.0, mean - 0.09), 4),
        "aircraft": 10 if "radar" in name else 58,
        "fails_from": fails, "chance": 0.0 if fails is None else 0.094 if name == "West" else 0.94,
        "why": why, "chain": chain,
        "cover_by_day": rounded(cover), "low_by_day": rounded(low), "high_by_day": rounded(high),
        "binding_by_day": binding,
    }  # fmt: skip


def stock(start, slope, rng, *, cap=3000.0):
    days = np.arange(DAYS)
    walk = np.cumsum(rng.standard_normal(DAYS)) * 6.0
    mean = np.clip(start + slope * days + walk, 0.0, cap)
    wide = 12.0 * np.sqrt(days + 1.0)
    return mean, np.clip(mean - wide, 0.0, cap), np.clip(mean + wide, 0.0, cap)


def sustain_document():
    rng = np.random.default_rng(11)
    told = shield()
    stations = [station(one, rng) for one in told["stations"]]
    bases = []
    slopes = {"Mihail Kogălniceanu": -118.0, "Powidz": -30.0, "Lublin": -17.0, "Bacău": 9.0}
    for one in table("bases"):
        burn = BURN_T.get(one["name"])
        told_base = {
            "base": one["name"], "contributor": one["contributor"],
            "lat_deg": float(one["lat_deg"]), "lon_deg": float(one["lon_deg"]),
            "node": one["node"] or None,
        }  # fmt: skip
        if burn is None:
            known = dict.fromkeys(
                ("stock_t_by_day", "low_t_by_day", "high_t_by_day", "burn_t_per_day",
                 "first_out_day")
            )  # fmt: skip
        else:
            mean, low, high = stock(2000.0, slopes.get(one["name"], -4.0), rng)
            out = np.flatnonzero(mean <= 0.0)
            known = {
                "stock_t_by_day": rounded(mean, 1), "low_t_by_day": rounded(low, 1),
                "high_t_by_day": rounded(high, 1), "burn_t_per_day": burn,
                "first_out_day": int(out[0]) if out.size else None,
            }  # fmt: skip
        bases.append({**told_base, **known})
    fleets = [
        {
            "fleet": one["name"], "contributor": one["contributor"], "aircraft": one["aircraft"],
            "base": one["base"], "count": int(one["count"]), "on_alert": int(one["on_alert"]),
            "sorties_per_day": round(1.1 * int(one["count"]), 1),
            "flight_h_per_day": round(2.4 * int(one["count"]), 1),
            "states": {
                state: round(part * int(one["count"]), 2)
                for state, part in zip(
                    ("ready", "planned", "flying", "away", "repair", "turnaround", "down", "lost"),
                    rng.dirichlet((3.0, 0.7, 4.0, 0.1, 3.0, 1.0, 2.0, 0.02)),
                    strict=True,
                )
            },
            "alert": 0.981 if int(one["on_alert"]) else None,
            "cost_variable_per_month": 1.9e5 * int(one["count"])
            if one["aircraft"] == "Fighter" else None,
            "cost_full_per_month": 8.1e5 * int(one["count"])
            if one["aircraft"] in ("Fighter", "Drone") else None,
        }
        for one in table("fleets")
    ]  # fmt: skip
    requirements = [
        {
            "kind": "station", "name": one["name"], "of": one["station"], "asked": one["share"],
            "asked_days": one["days"], "unit": "share",
            **{key: find(stations, one["station"])[value] for key, value in
               (("value", "cover"), ("low", "cover_low"), ("high", "cover_high"),
                ("from_day", "fails_from"), ("why", "why"))},
            "verdict": "fails" if find(stations, one["station"])["cover"] < 0.95 else "holds",
        }
        for one in told["requirements"]["station"]
    ] + [
        {"kind": "stock", "name": "fuel at Lublin fuel", "of": "Lublin fuel", "asked": 30,
         "asked_days": 30, "unit": "days", "value": 71.0, "low": 55.0, "high": 90.0,
         "verdict": "holds", "from_day": None, "why": None},
        {"kind": "stock", "name": "fuel at Bacău fuel", "of": "Bacău fuel", "asked": 30,
         "asked_days": 30, "unit": "days", "value": None, "low": None, "high": None,
         "verdict": "unknown", "from_day": None,
         "why": "the burn of two fleets at Bacău is not known"},
    ]  # fmt: skip
    return {
        **HEAD,
        "tempo": "routine", "without": [], "without_from_day": 0,
        "holds": "fails",
        "answer": [
            "The shield cannot be kept up for 90 days: 3 of 7 requirements fail and 1 is unknown.",
            "First to fail is Airborne radar north, from day 0: too few aircraft, most are in "
            "repair.",
            "South follows on day 19: fuel at Mihail Kogălniceanu is out since day 17, because "
            "Constanța port to Kogălniceanu fuel carries 297 of the 341 t a day that it needs.",
        ],
        "requirements": requirements,
        "stations": stations,
        "roles": [
            {"role": "patrol", "share": 0.95, "stations": ["West", "Kyiv", "South"], "there": 82,
             "formula": 61.4, "bound": 58.9, "mean": 71, "worst": 88, "why": ""},
            {"role": "airborne_radar", "share": 0.95,
             "stations": ["Airborne radar north", "Airborne radar south"], "there": 10,
             "formula": 6.94, "bound": 6.9, "mean": 11, "worst": None, "why": ""},
            {"role": "drone", "share": 0.9, "stations": ["Border watch"], "there": 6,
             "formula": None, "bound": None, "mean": None, "worst": None,
             "why": "cannot hold, because Border watch is out of reach of every base"},
        ],
        "fleets": fleets,
        "bases": bases,
        "supply": supply(rng),
        "cost": {"currency": "USD", "variable_per_month": 1.42e7, "full_per_month": 6.05e7,
                 "left_out": ["Outside enablers: tankers at Powidz",
                              "Multinational tankers: tankers at Eindhoven"]},
        "assumptions": assumptions(),
        "cautions": [
            "The airborne radars are sized on means: 10 aircraft at 50 % readiness give 5 ready "
            "only 62 % of the time.",
            "Weather closes one base at a time: bases near one another share their weather.",
        ],
    }  # fmt: skip


def find(rows, name):
    return next(one for one in rows if one["station"] == name)


def supply(rng):
    nodes = []
    for one in table("nodes"):
        name, kind = one["name"], one["kind"]
        need = {"base": 70.0}.get(kind)
        got = need
        if name == "Kogălniceanu fuel":
            need, got = 341.0, 297.0
        start, slope = (20000.0, -60.0) if one["holds_t"].startswith("depot") else (2000.0, 2.0)
        if name == "Kogălniceanu fuel":
            slope = -118.0
        held = [None] * DAYS
        if one["holds_t"]:
            held = rounded(stock(start, slope, rng, cap=40000.0)[0], 1)
        nodes.append({
            "node": name, "contributor": one["contributor"], "kind": kind,
            "lat_deg": float(one["lat_deg"]), "lon_deg": float(one["lon_deg"]),
            "need_t_per_day": need, "got_t_per_day": got,
            "stock_t_by_day": held if one["holds_t"] else None,
            "first_short_day": 17 if name == "Kogălniceanu fuel" else None,
            "why": "the road from Constanța port carries 297 of 341 t a day"
            if name == "Kogălniceanu fuel" else None,
        })  # fmt: skip
    places = {one["node"]: one for one in nodes}
    flows = [330.0, 640.0, 78.0, 250.0, 70.0, 142.0, 210.0, 0.0, 140.0, 297.0, 70.0, 70.0, None]
    edges = []
    for one, flow in zip(table("edges"), flows, strict=True):
        start, end = places[one["start"]], places[one["end"]]
        capacity = {"rail trunk": 1500.0, "rail branch": 500.0, "road": 300.0}[
            one["capacity_t_per_day"]
        ]
        sole = {
            "Constanța port to Kogălniceanu fuel": ["Kogălniceanu fuel"],
            "Powidz depot to Łask fuel": ["Łask fuel"],
            "Warsaw railhead to Mińsk fuel": ["Mińsk fuel"],
        }.get(one["name"], [])
        loss = None if flow is None else round((0.9 if sole else 0.25) * flow, 1)
        if one["name"].startswith("Warsaw railhead to Rzes"):
            capacity = 215.0
        edges.append({
            "edge": one["name"], "contributor": one["contributor"], "start": one["start"],
            "end": one["end"], "mode": one["mode"], "lat_deg": [start["lat_deg"], end["lat_deg"]],
            "lon_deg": [start["lon_deg"], end["lon_deg"]],
            "capacity_t_per_day": None if flow is None else capacity, "flow_t_per_day": flow,
            "used_share": None if flow is None else round(flow / capacity, 3),
            "loss_t_per_day": loss, "loss_share": None if loss is None else round(loss / 787.0, 3),
            "sole_way_to": sole,
        })  # fmt: skip
    return {
        "goods": "jet fuel", "nodes": nodes, "edges": edges,
        "worst_pairs": [
            {"first": "Gdańsk port to Powidz depot", "second": "Gdańsk port to Warsaw railhead",
             "loss_t_per_day": 420.0, "loss_share": 0.534},
            {"first": "Constanța port to Bucharest railhead",
             "second": "Constanța port to Kogălniceanu fuel",
             "loss_t_per_day": 437.0, "loss_share": None},
        ],
        "owners": [{"contributor": "Poland", "loss_t_per_day": 420.0, "loss_share": 0.534},
                   {"contributor": "Romania", "loss_t_per_day": 437.0, "loss_share": 0.555}],
    }  # fmt: skip


BRINGS = {
    "Ukraine": "8 Fighter, 5 radars, 1 base",
    "Poland": "16 Fighter, 1 radar, 5 bases, 8 supply edges",
    "Romania": "10 Fighter, 2 radars, 3 bases, 5 supply edges",
    "European state A": "12 Fighter, 1 radar",
    "European state B": "12 Fighter, 3 radars",
    "European state C": "12 Fighter, 1 radar",
    "European state D": "12 Fighter",
    "Multinational airborne radar": "6 Airborne radar, 1 base",
    "Multinational tankers": "4 Tanker, 1 base",
    "Outside enablers": "4 Airborne radar, 10 Tanker, 6 Drone, 3 radars",
}
FIGHTERS = (8, 16, 10, 12, 12, 12, 12, 0, 0, 0)
RADARS = (5, 1, 2, 1, 3, 1, 1, 0, 0, 3)
WARNING = (0.30, 0.07, 0.09, 0.08, 0.13, 0.06, 0.05, 0.0, 0.0, 0.22)


def asked():
    """Requirements of the example, and all of them together."""
    told = shield()["requirements"]
    rows = [
        *((one["name"], "cover", one["share"], "share") for one in told["cover"]),
        *((one["name"], "warning", one["share_of_bearings"], "share") for one in told["warning"]),
        *((one["name"], "station", one["share"], "share") for one in told["station"]),
        *((one["name"], "stock", 0.95, "chance") for one in told["stock"]),
        ("all requirements", "all", 1, "share"),
    ]
    return [
        {"name": name, "kind": kind, "asked": share, "unit": unit, "better": "more"}
        for name, kind, share, unit in rows
    ]


def figures(mask):
    """Value and half width of every requirement for a coalition; NaN is unknown."""
    there = [mask >> i & 1 for i in range(10)]
    has = dict(zip(BRINGS, there, strict=True))
    fighters = sum(n * t for n, t in zip(FIGHTERS, there, strict=True))
    radars = sum(n * t for n, t in zip(RADARS, there, strict=True))
    warned = sum(w * t for w, t in zip(WARNING, there, strict=True))
    tankers = 4 * has["Multinational tankers"] + 10 * has["Outside enablers"]
    airborne = 6 * has["Multinational airborne radar"] + 4 * has["Outside enablers"]
    north, south = has["Poland"], has["Romania"]
    eastern = has["Outside enablers"] * 0.11
    cover = [min(1.0, 0.06 * radars + eastern), min(1.0, 0.055 * radars + eastern),
             min(1.0, 0.042 * radars + eastern), min(1.0, 0.05 * radars + eastern)]  # fmt: skip
    warning = [min(1.0, warned), float("nan") if not has["Ukraine"] else min(1.0, 0.9 * warned)]
    reach = 0.45 + 0.55 * min(1.0, tankers / 9.0)
    patrol = [min(0.995, fighters / 80.0 * reach * base) for base in
              (north, max(north, 0.4 * south), south)]  # fmt: skip
    radar = [min(0.99, 0.14 * airborne * north), min(0.99, 0.11 * airborne * south)]
    stocks = [1.0 * north, 0.984 * south]
    values = [*cover, *warning, *patrol, *radar, *stocks]
    wide = [0.0] * 6 + [0.011] * 7
    return values, wide


def verdict(low, high, least):
    if low is None or high is None:
        return "unknown"
    return "holds" if low >= least else "fails" if high < least else "unknown"


def row(mask, requirements):
    """One coalition: values, bounds, verdicts."""
    values, wide = figures(mask)
    value = [None if np.isnan(v) else round(v, 4) for v in values]
    low = [
        None if v is None else round(max(0.0, v - w), 4) for v, w in zip(value, wide, strict=True)
    ]
    high = [
        None if v is None else round(min(1.0, v + w), 4) for v, w in zip(value, wide, strict=True)
    ]
    verdicts = [verdict(a, b, r["asked"]) for a, b, r in zip(low, high, requirements, strict=False)]
    surely = verdicts.count("holds") / len(verdicts)
    perhaps = 1.0 - verdicts.count("fails") / len(verdicts)
    whole = "holds" if surely == 1.0 else "fails" if perhaps < 1.0 else "unknown"
    return (
        [*value, round(surely, 4)], [*low, round(surely, 4)], [*high, round(perhaps, 4)],
        [*verdicts, whole],
    )  # fmt: skip


def depend_document(*, is_complete=True):
    """Ten contributors; all 1,024 coalitions, or only some of them."""
    told = shield()["contributors"]
    requirements = asked()
    contributors = [
        {"name": one["name"], "role": one["role"],
         "kind": None if one["name"] == "European state D" else one["kind"],
         "brings": BRINGS[one["name"]]}
        for one in told
    ]  # fmt: skip
    names = [one["name"] for one in contributors]
    n = len(names)
    everybody = 2**n - 1
    enablers = sum(2**i for i, one in enumerate(contributors) if one["kind"] == "enabler")
    masks = range(2**n)
    if not is_complete:
        rng = np.random.default_rng(3)
        kept = {0, everybody, everybody & ~enablers, *(everybody & ~(1 << i) for i in range(n))}
        masks = sorted(kept | set(rng.integers(0, 2**n, 60).tolist()))
    rows = {mask: row(mask, requirements) for mask in masks}
    whos = {"with everybody": everybody, "without the enablers": everybody & ~enablers}
    whos |= {f"without {name}": everybody & ~(1 << i) for i, name in enumerate(names)}
    whole = row(everybody, requirements)

    def loss(mask, k):
        a, b = whole[0][k], row(mask, requirements)[0][k]
        return None if a is None or b is None else a - b

    dependence, pairs, withdrawal, screening = [], [], [], []
    for k, requirement in enumerate(requirements):
        width, top = 0.011, 1.0
        for i, name in enumerate(names):
            lost = loss(everybody & ~(1 << i), k)
            alone = row(1 << i, requirements)[0][k]
            share = None if lost is None or alone is None else round((lost + alone) / 2.0, 4)
            bounds = {
                "loss_low": None if lost is None else round(lost - width, 4),
                "loss_high": None if lost is None else round(min(lost + width, top), 4),
                "share_low": None if share is None else round(share - width, 4),
                "share_high": None if share is None else round(share + width, 4),
            }
            dependence.append({
                "contributor": name, "requirement": requirement["name"],
                "loss": None if lost is None else round(lost, 4), "share": share, **bounds,
                "alone": alone, "without": row(everybody & ~(1 << i), requirements)[0][k],
                "is_veto": whole[3][k] == "holds"
                and row(everybody & ~(1 << i), requirements)[3][k] == "fails",
            })  # fmt: skip
            for day in (0, 15, 30, 60):
                kept = day / DAYS
                value = None if lost is None or whole[0][k] is None else whole[0][k] - lost * (
                    1.0 - kept)  # fmt: skip
                low = None if value is None else max(0.0, value - width)
                high = None if value is None else min(value + width, top)
                withdrawal.append({
                    "contributor": name, "from_day": day, "requirement": requirement["name"],
                    "value": value, "low": low, "high": high,
                    "verdict": verdict(low, high, requirement["asked"]),
                })  # fmt: skip
        for i, j in itertools.combinations(range(n), 2):
            both = loss(everybody & ~(1 << i) & ~(1 << j), k)
            singles = [loss(everybody & ~(1 << x), k) for x in (i, j)]
            if both is None or None in singles or not both > 0.05:
                continue
            pairs.append({
                "first": names[i], "second": names[j], "requirement": requirement["name"],
                "loss": round(both, 4), "beyond": round(both - max(singles), 4),
                "verdict": row(everybody & ~(1 << i) & ~(1 << j), requirements)[3][k],
            })  # fmt: skip
        for rank, (name, part) in enumerate(
            (("fighter readiness", 0.31), ("tanker offload", 0.18), ("rail branch", 0.12),
             ("airborne radar endurance", 0.07), ("weather closure", 0.02),
             ("fighter crews", None)),
            start=1,
        ):  # fmt: skip
            screening.append({
                "assumption": name, "requirement": requirement["name"],
                "effect": part,
                "effect_signed": None if part is None else (-part if rank == 1 else 0.2 * part),
                "flips": None if part is None else 0.25 if rank == 1 else 0.0,
                "spread": None if part is None else 0.4 * part, "rank": rank,
            })  # fmt: skip
    pairs.sort(key=lambda one: -one["loss"])
    return {
        **HEAD,
        "holds": whole[3][-1],
        "answer": [
            "With everybody the shield holds: all 13 requirements do.",
            "Without the outside enablers 2 of 13 do; nobody else's withdrawal costs as much.",
        ],
        "contributors": contributors,
        "requirements": requirements,
        "coalitions": {
            "is_complete": is_complete, "mask": list(masks),
            **{key: [rows[mask][place] for mask in masks]
               for place, key in enumerate(("value", "low", "high", "verdict"))},
        },
        "comparison": [
            {"who": who, "mask": mask, "requirements": [
                {"name": r["name"], "value": v, "low": a, "high": b, "verdict": word}
                for r, v, a, b, word in zip(requirements, *row(mask, requirements), strict=True)
            ]}
            for who, mask in whos.items()
        ],
        "dependence": dependence,
        "held": [one["name"] for one in requirements[:-1]],
        "vetoes": ["Ukraine", "Poland", "Romania", "Outside enablers"],
        "least_coalitions": [
            ["Ukraine", "Poland", "Romania", "European state B", "Outside enablers"],
            ["Ukraine", "Poland", "Romania", "European state A", "European state C",
             "Multinational tankers", "Outside enablers"],
        ],
        "pairs": pairs[:60],
        "withdrawal": withdrawal,
        "replacements": [
            {"contributor": "Outside enablers", "aim": "cheapest", "holds": True,
             "is_proven": True, "bring": ["4 x Airborne radar", "6 x Tanker"],
             "cost": 2.4e9, "currency": "USD", "lead_days": 1460.0,
             "words": "4 x Airborne radar, 6 x Tanker replace Outside enablers"},
            {"contributor": "Outside enablers", "aim": "soonest", "holds": True,
             "is_proven": False, "bring": ["4 x Airborne radar", "9 x Hired tanker"],
             "cost": None, "currency": "USD", "lead_days": 420.0,
             "words": "4 x Airborne radar, 9 x Hired tanker replace Outside enablers; a cheaper "
                      "way may exist"},
            *({"contributor": "Poland", "aim": aim, "holds": False, "is_proven": True,
               "bring": [], "cost": None, "currency": "USD", "lead_days": None,
               "words": "all options together do not replace Poland"}
              for aim in ("cheapest", "soonest")),
            {"contributor": "European state A", "aim": "cheapest", "holds": True,
             "is_proven": True, "bring": [], "cost": 0.0, "currency": "USD", "lead_days": 0.0,
             "words": "nothing need replace European state A"},
        ],
        "screening": screening,
        "radars": [
            {"radar": one["name"], "contributor": one["contributor"],
             "availability": None if one["type"] == "P-18" else 0.9766}
            for one in table("radars") if one["status"] == "standing"
        ],
        "availability": [
            {"requirement": "airliners at 3,000 m", "holds_share": 0.93, "may_hold_share": 0.97,
             "mean": 0.951, "bad": 0.883},
            {"requirement": "drones at 300 m", "holds_share": 0.61, "may_hold_share": 0.61,
             "mean": None, "bad": None},
        ],
        "assumptions": assumptions(),
        "cautions": ["Who would follow whom out is not asked: each may stay when another goes."],
        "dips": ["European state D lowers the chance that Lublin's stock lasts: it burns it."],
    }  # fmt: skip


def bare(document):
    """The document of a shield of which nothing is known and nothing asked: every key is there."""
    kept = {*HEAD, "tempo", "without_from_day"}
    out = {
        key: value if key in kept else [] if isinstance(value, list) else None
        for key, value in document.items()
    }
    out["holds"] = "nothing asked"
    if "cost" in document:
        out["cost"] = {**dict.fromkeys(document["cost"]), "left_out": []}
    if "coalitions" in document:
        out["coalitions"] = {key: [] for key in document["coalitions"]} | {"is_complete": True}
    return out


def main() -> None:
    options = argparse.ArgumentParser(description=Path(__file__).name)
    options.add_argument("--port", type=int, default=8080)
    given = options.parse_args()
    app = create_plan_app(sustain=sustain_document(), depend=depend_document())
    with Server(app, port=given.port) as server:
        print(server.url, flush=True)
        with contextlib.suppress(KeyboardInterrupt):
            time.sleep(1e6)


if __name__ == "__main__":
    main()
