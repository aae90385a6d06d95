"""Plans for the tests of patrols."""

from airshield.plan.patrol import (
    AircraftClass,
    Base,
    Duration,
    Fleet,
    PatrolPlan,
    Station,
    day_hours,
)

HOUR_S = 3600.0
CRUISE_MPS = 200.0
M_PER_DEG = 111_229.0
"""Of latitude, about 50° north; good to a thousandth."""


def north_deg(hours):
    """Latitude that is so far from base Alpha, at 200 m/s."""
    return 50.0 + hours * HOUR_S * CRUISE_MPS / M_PER_DEG


def kind(**given):
    """A class of patrol aircraft: four hours' sortie, two on the ground, nothing else counted."""
    plain = {
        "name": "Fighter",
        "role": "patrol",
        "cruise_mps": CRUISE_MPS,
        "sortie_s": 4.0 * HOUR_S,
        "turnaround": Duration(mean_s=2.0 * HOUR_S),
    }
    return AircraftClass(**{**plain, **given})


def single(of, count, *, stations=1, at_once=1, away_h=0.0, base=None, station=None, **fleet):
    """One fleet at one base, and stations all at one place."""
    return PatrolPlan(
        aircraft=(of,),
        bases=(Base(name="Alpha", contributor="A", lat_deg=50.0, lon_deg=25.0, **(base or {})),),
        fleets=(
            Fleet(
                name="one", contributor="A", aircraft=of.name, base="Alpha", count=count, **fleet
            ),
        ),
        stations=tuple(
            Station(
                name=f"S{i}",
                role="patrol",
                lat_deg=north_deg(away_h),
                lon_deg=25.0,
                count=at_once,
                **(station or {}),
            )
            for i in range(stations)
        ),
    )


FIGHTER = kind(
    sortie_s=3.0 * HOUR_S,
    turnaround=Duration(mean_s=2.0 * HOUR_S, spread="lognormal", cv=0.4),
    repair_fixed_s=2.0 * HOUR_S,
    repair_share=0.5,
    readiness=0.8,
    down_s=30.0 * HOUR_S,
    burn_kgps=0.45,
    crews_per_aircraft=1.5,
    rest_s=10.0 * HOUR_S,
    losses_per_h=1e-3,
)
TANKER = AircraftClass(
    name="Tanker",
    role="tanker",
    cruise_mps=220.0,
    sortie_s=8.0 * HOUR_S,
    turnaround=Duration(mean_s=3.0 * HOUR_S),
    repair_fixed_s=3.0 * HOUR_S,
    readiness=0.8,
    down_s=40.0 * HOUR_S,
    burn_kgps=1.4,
    offload=((0.0, 30_000.0), (400_000.0, 20_000.0)),
)


def everything(*, days=12, stock_kg=120e3, alpha=None, fighter=None, station=None):
    """A plan that uses all that the model has: fuel short, nights, weather, tankers, alert, docks.

    ``stock_kg`` None: fuel without limit.
    """
    fuel = {} if stock_kg is None else {"holds_kg": 300e3, "resupply_kgps": (0.5, 0.6, 0.45)}
    weather = {"movements_per_h": 10.0, "closed_share": 0.08, "closure_s": 5.0 * HOUR_S}
    return PatrolPlan(
        aircraft=(fighter or FIGHTER, TANKER),
        bases=(
            Base(
                name="Alpha",
                contributor="A",
                lat_deg=50.0,
                lon_deg=25.0,
                stock_kg=stock_kg,
                **{**weather, **fuel, **(alpha or {})},
            ),
            Base(
                name="Bravo",
                contributor="B",
                lat_deg=50.3,
                lon_deg=25.5,
                hours=day_hours(4.0 * HOUR_S, 22.0 * HOUR_S, days=days),
            ),
        ),
        fleets=(
            Fleet(
                name="a", contributor="A", aircraft="Fighter", base="Alpha",
                count=10, on_alert=2, docks=4,
            ),
            Fleet(
                name="b", contributor="B", aircraft="Fighter", base="Bravo",
                count=6, from_day=2, to_day=9,
            ),
            Fleet(name="t", contributor="C", aircraft="Tanker", base="Alpha", count=3),
        ),
        stations=(
            Station(
                name="North", role="patrol", lat_deg=north_deg(0.7), lon_deg=25.0, count=2,
                tankers=("Track",),
            ),
            Station(
                name="East", role="patrol", lat_deg=north_deg(0.4), lon_deg=25.4,
                hours=day_hours(6.0 * HOUR_S, 20.0 * HOUR_S, days=days), stay_s=2.5 * HOUR_S,
                **(station or {}),
            ),
            Station(name="Track", role="tanker", lat_deg=north_deg(0.5), lon_deg=25.2),
        ),
    )  # fmt: skip


def crowd():
    """Twelve fleets of ten at six bases, tankers, and eleven stations that all of them reach.

    Weather, runways, docks, alert and crews count; far too few for all stations.
    """
    bases = tuple(
        Base(
            name=f"B{i}",
            contributor=f"C{i % 5}",
            lat_deg=49.0 + 0.4 * i,
            lon_deg=23.0 + 0.7 * i,
            closed_share=0.05,
            closure_s=4.0 * HOUR_S,
            movements_per_h=20.0,
        )
        for i in range(6)
    )
    fighters = tuple(
        Fleet(
            name=f"f{i}", contributor=f"C{i % 5}", aircraft="Fighter", base=f"B{i % 6}",
            count=10, on_alert=2, docks=4,
        )
        for i in range(12)
    )  # fmt: skip
    stations = tuple(
        Station(
            name=f"S{i}", role="patrol", lat_deg=49.5 + 0.3 * i, lon_deg=24.0 + 0.5 * i, count=2,
            tankers=("T",),
        )
        for i in range(10)
    )  # fmt: skip
    tankers = Fleet(name="t", contributor="C9", aircraft="Tanker", base="B0", count=8)
    track = Station(name="T", role="tanker", lat_deg=50.5, lon_deg=25.5, count=2)
    return PatrolPlan(
        aircraft=(FIGHTER, TANKER),
        bases=bases,
        fleets=(*fighters, tankers),
        stations=(*stations, track),
    )
