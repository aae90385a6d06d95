"""Whether patrols can be kept up: how many stations are manned, for how long, what runs out first.

Comes in: a :class:`PatrolPlan` (classes of aircraft, bases, fleets of contributors, stations and
tanker tracks), all SI, times in seconds from the plan's first instant, places WGS 84. Goes out:
:class:`Sustained`, arrays over replications, days and stations, each figure with its interval, and
as tables STATION_DAY, FLEET_DAY and FUEL_DAY;
:class:`Failure`, from which day a station fails and the chain of causes; :class:`FleetSizes`,
formula beside simulation. Patrols are presence: on station or not, nothing else.

**Formula first** (``formula``): the closed station formula, RAND's sortie rate, how often enough
aircraft are ready; ``bound``: the linear programme that no roster can beat. All are means.
:func:`cautions` tells where a plan is sized on one.

**The simulation** (``_kernels``, and a room for each of its parts: ``queue``, ``luck``,
``aircraft``, ``bases``, ``crews``, ``stations``, ``flights``, ``dispatch``, ``alert``). A sortie
is take-off, way, stay, way, landing, repair, turnaround. A station of k aircraft has k slots. As
long before the end of a stay as the longest way takes, a slot asks its tankers for fuel, and
without that for a relief: from the nearest base that is open, with an aircraft that is ready beyond
the alert, a rested crew, hours left in the month and fuel. Who relieves takes off so as to be
there just then; whoever is not relieved leaves when its fuel says so, unless a tanker has come.
Where several slots are empty the station that lacks the largest share is served first. The first
reliefs take off before the first instant, so that a plan starts manned if it can.

* Repair follows a flight, in docks where they are counted; being *down* does not, and comes by a
  clock of its own; who is in the air then first lands.
* A shut base (weather, hours) lets nobody take off; who comes back lands elsewhere and is ready to
  be turned round when it opens. A movement keeps the runway for 3600 / ``movements_per_h`` s.
* Fuel for a whole flight is drawn when it is planned; what is left in the tanks comes back, and so
  does what a tanker did not give. Stocks fill at the day's rate up to what the base holds.
* Crew and airframe hours are counted for a fleet as a whole, by 30 days.
* A lost aircraft does not come back from the flight in which it is lost; its station was manned.
* A refuelling fills up. The detour to the track costs fuel, and not presence.
* A fleet's alert is called at random, where that is said. Any ready aircraft answers, takes off
  after its class's ``to_air_s``, flies, and is mended and turned round like any other; meanwhile
  the alert is short unless more are ready. Whoever cannot take off has not answered (``alert``).

**Random numbers** belong to (seed, replication, contributor, fleet, aircraft, what for, which one)
by a splitmix64 hash. Adding or taking away a contributor changes nobody else's weather, failures
or repairs; comparisons share their luck. Results do not depend on the number of threads.

Left out: wind, formations that only count as pairs, diversions and their fuel, choosing the best
order of bases, single crews' rosters, maintenance by hours flown.

References: RAND MR-1028-AF, Airbase Vulnerability to Conventional Cruise-Missile and
Ballistic-Missile Attacks, 1999, appendix B; Steele, Lea, Flood, OOPSLA 2014 (splitmix64); Hahn,
Meeker, Statistical Intervals, 1991; Law, Simulation Modeling and Analysis, 2015 (common random
numbers).
"""

from airshield.plan.patrol.arrays import smallest_flight_kg
from airshield.plan.patrol.bound import Bound, find_bound
from airshield.plan.patrol.causes import WORDS, Cause, Failure, find_failure
from airshield.plan.patrol.formula import (
    chance_ready,
    fleet_for_ready,
    sorties_per_day,
    station_fleet,
)
from airshield.plan.patrol.model import (
    AircraftClass,
    Base,
    Duration,
    Fleet,
    PatrolPlan,
    Station,
    day_hours,
)
from airshield.plan.patrol.outputs import fleet_days, station_days, stock_days
from airshield.plan.patrol.simulate import (
    Interval,
    Sustained,
    mean_interval,
    quantile_interval,
    simulate,
)
from airshield.plan.patrol.sizing import (
    Caution,
    FleetSizes,
    cautions,
    find_fleet,
    fleet_sizes,
    scaled,
)
from airshield.plan.patrol.state import REASONS, STATES

__all__ = [
    "REASONS",
    "STATES",
    "WORDS",
    "AircraftClass",
    "Base",
    "Bound",
    "Cause",
    "Caution",
    "Duration",
    "Failure",
    "Fleet",
    "FleetSizes",
    "Interval",
    "PatrolPlan",
    "Station",
    "Sustained",
    "cautions",
    "chance_ready",
    "day_hours",
    "find_bound",
    "find_failure",
    "find_fleet",
    "fleet_days",
    "fleet_for_ready",
    "fleet_sizes",
    "mean_interval",
    "quantile_interval",
    "scaled",
    "simulate",
    "smallest_flight_kg",
    "sorties_per_day",
    "station_days",
    "station_fleet",
    "stock_days",
    "warm_up",
]


def warm_up() -> None:
    """Compile this room's kernels, or load them from the cache."""
    kind = AircraftClass(
        name="a", role="patrol", cruise_mps=200.0, sortie_s=7200.0, turnaround=Duration(mean_s=60.0)
    )
    plan = PatrolPlan(
        aircraft=(kind,),
        bases=(Base(name="b", contributor="c", lat_deg=0.0, lon_deg=0.0),),
        fleets=(Fleet(name="f", contributor="c", aircraft="a", base="b", count=1),),
        stations=(Station(name="s", role="patrol", lat_deg=0.0, lon_deg=0.0),),
    )
    simulate(plan, days=1, runs=1, threads=1)
