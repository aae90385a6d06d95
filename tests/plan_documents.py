"""Documents as ``airshield sustain --json`` and ``airshield depend --json`` print them.

Places, names and factors are those of ``examples/ukraine``; the figures are made up here, by rule,
to have everything that a report must be able to show: what holds, fails and is unknown, a store
that runs dry, a fleet that is sized on means, an enabler that brings little and carries everything.
"""

import csv
import itertools
import math

from command_line import EXAMPLES

DAYS, RUNS = 60, 64
ENABLER = "Outside enablers"
STATIONS = (
    # name, role, lat, lon, at once, formula, mean, bad, there, first failing day
    ("West", "patrol", 49.6, 25.3, 2, 9.74, 11, 13, 40, None),
    ("Kyiv", "patrol", 50.2, 29.6, 2, 14.21, 17, 21, 18, 23),
    ("South", "patrol", 46.9, 30.4, 2, 12.0, 14, 17, 12, 19),
    ("Airborne radar north", "airborne_radar", 50.6, 24.2, 1, 3.91, 5, 7, 10, None),
    ("Border watch", "drone", 48.4, 29.0, 1, 2.02, None, None, 6, None),
)


def rows_of(file):
    with open(EXAMPLES / "ukraine" / f"{file}.csv", encoding="utf-8", newline="") as text:
        return list(csv.DictReader(text))


def factors():
    def number(text):
        return float(text) if text else None

    return [
        {
            "name": row["name"], "value": number(row["value"]), "unit": row["unit"],
            "kind": row["kind"], "low": number(row["low"]), "high": number(row["high"]),
            "source": row["source"], "url": row["url"], "year": row["year"] or None,
            "note": row["note"],
        }
        for row in rows_of("factors")
    ]  # fmt: skip


def _station(name, role, lat, lon, count, formula, mean, bad, there, fails):
    def cover(day):
        before = 0.985 - 0.012 * math.sin(day)
        return before if fails is None or day < fails else max(0.18, before - 0.06 * (day - fails))

    days = [cover(day) for day in range(DAYS)]
    low = [max(0.0, one - 0.05 - 0.002 * day) for day, one in enumerate(days)]
    high = [min(1.0, one + 0.02 + 0.001 * day) for day, one in enumerate(days)]
    if role == "drone":
        # Nobody told how its aircraft fare after a month.
        days[30:] = low[30:] = high[30:] = [None] * (DAYS - 30)
    whole = sum(one for one in days if one is not None) / sum(one is not None for one in days)
    why = (
        f"station {name} fails from day {fails}: fuel at Câmpia Turzii is out since day 17, "
        "because Bucharest railhead to Câmpia Turzii fuel carries 340 of 410 t/day"
    )
    return {
        "station": name, "role": role, "lat_deg": lat, "lon_deg": lon, "count": count,
        "cover": whole, "cover_low": whole - 0.011, "cover_high": whole + 0.009,
        "cover_bad": None if role == "drone" else whole - 0.084,
        "aircraft": there, "formula": formula, "fleet_mean": mean, "fleet_bad": bad,
        "fails_from": fails, "chance": 0.0 if fails is None else 0.6251,
        "why": None if fails is None else why,
        "chain": [] if fails is None else [
            {"code": "fuel", "who": "Câmpia Turzii", "since_day": 17,
             "words": f"{name}: fuel is out at Câmpia Turzii"},
            {"code": "supply", "who": "Bucharest railhead to Câmpia Turzii fuel", "since_day": None,
             "words": "it carries 340 of the 410 t that are used a day"},
        ],
        "cover_by_day": days, "low_by_day": low, "high_by_day": high,
        "binding_by_day": [
            None if fails is None or day < fails - 2 else "repair" if day < fails + 3 else "fuel"
            for day in range(DAYS)
        ],
    }  # fmt: skip


def _stock(start, burn, gain):
    means = [max(0.0, start - (burn - gain) * (day + 1)) for day in range(DAYS)]
    out = next((day for day, one in enumerate(means) if one <= 0.0), None)
    return means, out


def sustain_document(*, without=()):
    """The document of a study, with ``without`` gone from the first day."""
    stations = [_station(*one) for one in STATIONS]
    where = {row["name"]: row for row in rows_of("nodes")}
    bases = []
    for at, row in enumerate(rows_of("bases")):
        told = row["node"] != ""
        burn = 34.0 + 9.3 * at
        means, out = _stock(2000.0, burn, 0.62 * burn if at != 5 else burn - 117.0)
        bases.append({
            "base": row["name"], "contributor": row["contributor"],
            "lat_deg": float(row["lat_deg"]), "lon_deg": float(row["lon_deg"]),
            "node": row["node"] or None,
            "stock_t_by_day": means if told else None,
            "low_t_by_day": [0.9 * one for one in means] if told else None,
            "high_t_by_day": [1.08 * one for one in means] if told else None,
            "burn_t_per_day": burn if told else None, "first_out_day": out if told else None,
        })  # fmt: skip
    edges = []
    for at, row in enumerate(rows_of("edges")):
        ends = [where[row["start"]], where[row["end"]]]
        capacity = {"rail": 900.0, "road": 410.0}[row["mode"]] * (
            2.0 if "port" in row["start"] else 1.0
        )
        flow = (None, 0.0)[at - 3] if at in (3, 4) else capacity * (1.0 if at % 5 == 0 else 0.55)
        lost = None if flow is None else 0.0 if at % 3 else 0.4 * flow
        edges.append({
            "edge": row["name"], "contributor": row["contributor"], "start": row["start"],
            "end": row["end"], "mode": row["mode"],
            "lat_deg": [float(one["lat_deg"]) for one in ends],
            "lon_deg": [float(one["lon_deg"]) for one in ends],
            "capacity_t_per_day": capacity, "flow_t_per_day": flow,
            "used_share": None if flow is None else flow / capacity, "loss_t_per_day": lost,
            "loss_share": None if lost is None else lost / 4100.0,
            "sole_way_to": [row["end"]] if at in (2, 9) else [],
        })  # fmt: skip
    nodes = []
    for at, (name, row) in enumerate(where.items()):
        needs = 210.0 if row["kind"] == "base" else 0.0
        nodes.append({
            "node": name, "contributor": row["contributor"], "kind": row["kind"],
            "lat_deg": float(row["lat_deg"]), "lon_deg": float(row["lon_deg"]),
            "need_t_per_day": needs, "got_t_per_day": needs * (0.7 if at == 10 else 1.0),
            "stock_t_by_day": _stock(20_000.0, 150.0, 90.0)[0] if row["kind"] == "depot" else None,
            "first_short_day": 17 if at == 10 else None,
            "why": "the way from Bucharest railhead is full" if at == 10 else None,
        })  # fmt: skip
    fleets = []
    for at, row in enumerate(rows_of("fleets")):
        count, alert = int(row["count"]), int(row["on_alert"])
        cost = (
            None
            if row["aircraft"] in ("Tanker", "Airborne radar")
            else 1.0e5 * count * (3 + at % 2)
        )
        fleets.append({
            "fleet": row["name"], "contributor": row["contributor"], "aircraft": row["aircraft"],
            "base": row["base"], "count": count, "on_alert": alert,
            "sorties_per_day": 0.83 * count, "flight_h_per_day": 2.9 * count,
            "states": {"ready": 0.31 * count, "flying": 0.24 * count, "repair": 0.3 * count,
                       "turnaround": 0.05 * count, "down": 0.1 * count},
            "alert": 0.987 if alert else None,
            "cost_variable_per_month": cost,
            "cost_full_per_month": None if cost is None else 4.2 * cost,
        })  # fmt: skip
    requirements = [
        {"kind": "station", "name": f"{one['station']} around the clock", "of": one["station"],
         "asked": 0.95, "asked_days": DAYS, "unit": "share", "value": one["cover"],
         "low": one["cover_low"], "high": one["cover_high"],
         "verdict": "unknown" if one["role"] == "drone"
         else "holds" if one["fails_from"] is None else "fails",
         "from_day": one["fails_from"], "why": one["why"]}
        for one in stations
    ]  # fmt: skip
    requirements.append(
        {"kind": "stock", "name": "Fuel for a month at Lublin", "of": "Lublin fuel", "asked": 30.0,
         "asked_days": None, "unit": "days", "value": 34.99, "low": 31.2, "high": 38.4,
         "verdict": "holds", "from_day": None, "why": None}
    )  # fmt: skip
    return {
        "shield": "ukraine", "about": "Illustrative.", "digest": "5a" * 32, "version": "0.6.0",
        "kind": "planning estimate", "days": DAYS, "runs": RUNS, "seed": 0, "tempo": "routine",
        "without": list(without), "without_from_day": 0, "holds": "fails",
        "answer": ["Two of six requirements fail over 60 days.",
                   "The tightest that holds: West is manned 98.4 % of the time."],
        "requirements": requirements, "stations": stations, "fleets": fleets, "bases": bases,
        "supply": {
            "goods": "jet fuel", "nodes": nodes, "edges": edges,
            "worst_pairs": [
                {"first": edges[0]["edge"], "second": edges[8]["edge"], "loss_t_per_day": 2310.5,
                 "loss_share": 0.563},
                {"first": edges[0]["edge"], "second": edges[1]["edge"], "loss_t_per_day": None,
                 "loss_share": None},
            ],
            "owners": [
                {"contributor": "Poland", "loss_t_per_day": 1980.0, "loss_share": 0.483},
                {"contributor": "Romania", "loss_t_per_day": 2120.1, "loss_share": 0.5171},
            ],
        },
        "cost": {"currency": "USD", "variable_per_month": 12_345_678.0, "full_per_month": None,
                 "left_out": ["Multinational tankers: tankers at Eindhoven"]},
        "assumptions": factors(),
        "cautions": ["repair time and readiness both count repair of fighters",
                     "Eindhoven has no stock, so fuel there never runs out in this study"],
    }  # fmt: skip


WHO = (
    # name, role, kind, what it brings, fighters, tankers
    ("Ukraine", "host: its air and radars", "host", "8 Fighter, 3 radars", 8, 0),
    (
        "Poland",
        "member: bases in the north",
        "member",
        "16 Fighter, 2 radars, 8 supply edges",
        16,
        0,
    ),
    ("Romania", "member: bases in the south", "member", "10 Fighter, 5 supply edges", 10, 0),
    ("European state A", "member: fighters", "member", "18 Fighter", 18, 0),
    ("Multinational tankers", "the members' tankers", "member", "4 Tanker", 0, 4),
    (ENABLER, "from outside", "enabler", "4 Airborne radar, 10 Tanker, 2 radars", 0, 10),
)
ASKED = (
    ("Light aircraft at 300 m", "cover", 0.8, "share"),
    ("Kyiv around the clock", "station", 0.95, "share"),
    ("South around the clock", "station", 0.95, "share"),
    ("Airborne radar north", "station", 0.95, "share"),
    ("Border watch", "station", 0.9, "share"),
    ("Fuel in the north", "stock", 30.0, "days"),
    ("all requirements", "all", 1.0, "share"),
)


def reached_by(mask, *, drones):
    """What a coalition reaches of each requirement of ``ASKED`` but the last, None unknown."""
    there = [who for at, who in enumerate(WHO) if mask >> at & 1]
    names = {one[0] for one in there}
    fighters = sum(one[4] for one in there)
    tankers = sum(one[5] for one in there)
    cover = 0.41 * ("Ukraine" in names) + 0.28 * ("Poland" in names) + 0.21 * (ENABLER in names)
    flown = fighters * min(1.0, 0.4 + 0.06 * tankers)
    return [
        cover,
        min(0.991, flown / 34.0),
        min(0.984, flown / 30.0) * ("Romania" in names),
        0.972 if ENABLER in names and "Poland" in names else 0.0,
        drones if ENABLER in names else 0.0,
        41.3 if "Poland" in names else 0.0,
    ]


def depend_document(*, drones=None):
    """The document of a study of six contributors, every coalition; ``drones`` is what they man."""
    many = len(WHO)
    everybody = 2**many - 1
    names = [one[0] for one in WHO]
    value, low, high, verdict = [], [], [], []
    for mask in range(2**many):
        found = reached_by(mask, drones=drones)
        wide = [0.0 if one in (None, 0.0) else 0.012 * (asked[2] if asked[3] == "days" else 1.0)
                for one, asked in zip(found, ASKED[:-1], strict=True)]  # fmt: skip
        least = [None if one is None else one - d for one, d in zip(found, wide, strict=True)]
        most = [None if one is None else one + d if one > 1.0 else min(1.0, one + d)
                for one, d in zip(found, wide, strict=True)]  # fmt: skip
        judged = [
            "unknown" if a is None else "holds" if a >= asked[2] else "fails" if b < asked[2]
            else "unknown"
            for a, b, asked in zip(least, most, ASKED[:-1], strict=True)
        ]  # fmt: skip
        share = judged.count("holds") / len(judged)
        best = (judged.count("holds") + judged.count("unknown")) / len(judged)
        value.append([*found, share])
        low.append([*least, share])
        high.append([*most, best])
        verdict.append(
            [*judged, next(one for one in ("fails", "unknown", "holds") if one in judged)]
        )

    def row_of(who, mask):
        columns = zip(ASKED, value[mask], low[mask], high[mask], verdict[mask], strict=True)
        return {"who": who, "mask": mask, "requirements": [
            {"name": asked[0], "value": v, "low": a, "high": b, "verdict": told}
            for asked, v, a, b, told in columns
        ]}  # fmt: skip

    def lost(mask, r, side=value):
        a, b = value[everybody][r], side[everybody & ~mask][r]
        return None if a is None or b is None else a - b

    def share(k, r):
        total = 0.0
        for mask in range(2**many):
            if mask >> k & 1:
                continue
            a, b = value[mask][r], value[mask | 1 << k][r]
            if a is None or b is None:
                return None
            n = mask.bit_count()
            total += (b - a) / (many * math.comb(many - 1, n))
        return total

    enablers = 1 << names.index(ENABLER)
    holding = [mask for mask in range(2**many) if verdict[mask][-1] == "holds"]
    least_masks = [a for a in holding if not any(b != a and b & a == b for b in holding)]
    pairs = [
        {"first": names[i], "second": names[j], "requirement": ASKED[r][0],
         "loss": lost(1 << i | 1 << j, r), "loss_low": None, "loss_high": None,
         "beyond": None if lost(1 << i | 1 << j, r) is None
         else lost(1 << i | 1 << j, r) - lost(1 << i, r) - lost(1 << j, r)}
        for i, j in itertools.combinations(range(many), 2)
        for r in (1, 2, 4)
    ]  # fmt: skip
    return {
        "shield": "ukraine", "about": "Illustrative.", "digest": "5a" * 32, "version": "0.6.0",
        "kind": "planning estimate", "days": DAYS, "runs": RUNS, "seed": 0,
        "holds": verdict[everybody][-1],
        "answer": ["With everybody 5 of 6 requirements hold, and one is unknown.",
                   "Without the outside enablers 1 of 6 holds."],
        "contributors": [
            {"name": one[0], "role": one[1], "kind": one[2], "brings": one[3]} for one in WHO
        ],
        "requirements": [
            {"name": one[0], "kind": one[1], "asked": one[2], "unit": one[3], "better": "more"}
            for one in ASKED
        ],
        "coalitions": {"is_complete": True, "mask": list(range(2**many)), "value": value,
                       "low": low, "high": high, "verdict": verdict},
        "comparison": [
            row_of("with everybody", everybody),
            row_of("without the enablers", everybody & ~enablers),
            *(row_of(f"without {name}", everybody & ~(1 << k)) for k, name in enumerate(names)),
        ],
        "dependence": [
            {"contributor": name, "requirement": asked[0], "loss": lost(1 << k, r),
             "loss_low": lost(1 << k, r, high), "loss_high": lost(1 << k, r, low),
             "share": share(k, r), "share_low": None, "share_high": None,
             "is_veto": verdict[everybody][r] == "holds"
             and verdict[everybody & ~(1 << k)][r] != "holds"}
            for k, name in enumerate(names)
            for r, asked in enumerate(ASKED)
        ],
        "vetoes": [
            name for k, name in enumerate(names)
            if holding and verdict[everybody & ~(1 << k)][-1] != "holds"
        ],
        "least_coalitions": [
            [name for k, name in enumerate(names) if mask >> k & 1] for mask in least_masks
        ],
        "pairs": sorted(pairs, key=lambda one: -(one["loss"] or 0.0)),
        "withdrawal": [
            {"contributor": name, "from_day": day, "requirement": asked[0],
             "value": None if lost(1 << k, r) is None
             else value[everybody][r] - lost(1 << k, r) * (1.0 - day / DAYS),
             "low": None, "high": None,
             "verdict": verdict[everybody & ~(1 << k)][r]}
            for k, name in enumerate(names)
            for day in (0, 14, 30)
            for r, asked in enumerate(ASKED)
        ],
        "replacements": [
            {"contributor": ENABLER, "holds": True,
             "bring": ["4 x Airborne radar at Powidz", "8 x Tanker at Powidz"],
             "cost": 61_234_000.0, "currency": "USD", "lead_days": 89.2,
             "words": "four airborne radars and eight tankers"},
            {"contributor": "Poland", "holds": False, "bring": [], "cost": None, "currency": None,
             "lead_days": None, "words": "no other base reaches the stations in the north"},
            {"contributor": "European state A", "holds": True, "bring": [], "cost": 0.0,
             "currency": "USD", "lead_days": 0.0, "words": "the others stand in"},
        ],
        "screening": [
            {"assumption": name, "requirement": asked, "effect": effect, "spread": effect,
             "rank": rank}
            for asked, told in (
                ("Kyiv around the clock", (("fighter readiness", 0.1432), ("tanker offload", 0.06),
                                           ("weather closure", 0.0))),
                ("Fuel in the north", (("base fuel stock", 12.01), ("fighter burn", 4.4))),
                ("Border watch", (("drone turnaround", None),)),
            )
            for rank, (name, effect) in enumerate(told, start=1)
        ],
        "radars": [
            {"radar": "Lviv heights", "contributor": ENABLER, "availability": 0.99412},
            {"radar": "Volyn", "contributor": "Poland", "availability": None},
        ],
        "assumptions": factors()[:8],
        "cautions": ["fuel of the host's base is not counted"],
        "dips": ["with European state A, South around the clock is 0.4 points less than without"],
    }  # fmt: skip


def with_nothing_known(document, *, keep=()):
    """The same document with null wherever the contract allows one."""
    nullable = {
        "value", "low", "high", "cover", "cover_low", "cover_high", "cover_bad", "aircraft",
        "formula", "fleet_mean", "fleet_bad", "fails_from", "chance", "why", "since_day",
        "from_day", "cover_by_day", "low_by_day", "high_by_day", "binding_by_day", "alert",
        "cost_variable_per_month", "cost_full_per_month", "node", "stock_t_by_day", "low_t_by_day",
        "high_t_by_day", "burn_t_per_day", "first_out_day", "need_t_per_day", "got_t_per_day",
        "first_short_day", "capacity_t_per_day", "flow_t_per_day", "used_share", "loss_t_per_day",
        "loss_share", "currency", "variable_per_month", "full_per_month", "loss", "loss_low",
        "loss_high", "share", "share_low", "share_high", "beyond", "cost", "lead_days", "effect",
        "spread", "availability", "year", "url", "source", "note",
    } - set(keep)  # fmt: skip

    def emptied(key, found):
        if isinstance(found, dict):
            return {name: emptied(name, inner) for name, inner in found.items()}
        if isinstance(found, list):
            whole = key in ("stock_t_by_day", "low_t_by_day", "high_t_by_day")
            return None if whole and key in nullable else [emptied(key, one) for one in found]
        if key == "verdict":
            return "unknown"
        return None if key in nullable else found

    return {**emptied("", document), "holds": "unknown"}
