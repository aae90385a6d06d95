"""The simulator's records: one row for each aircraft, fleet, base, station, slot and pair.

All whole numbers are of eight bytes: every loop is then compiled for one kind of index.

Rows of what is given (``..._GIVEN`` in the comments) stay as they are; the rest is set anew for
every replication by the kernel. Times are seconds from the plan's first instant; ``inf`` is never
or without limit, index -1 is none.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

STATES: Final = (
    *("ready", "planned", "flying", "away", "repair", "turnaround", "down", "lost", "absent"),
)
"""What an aircraft is doing. *planned*: on the ground, bound to a take-off; *away*: landed
elsewhere because its base was shut; *down*: out of service, not because of a flight."""
READY, PLANNED, FLYING, AWAY, REPAIR, TURNAROUND, DOWN, LOST, ABSENT = range(len(STATES))

REASONS: Final = (
    "en_route",
    "no_fleet",
    "lost",
    "weather",
    "hours",
    "grounded",
    "flying",
    "turnaround",
    "repair",
    "down",
    "alert",
    "crew_rest",
    "crew_hours",
    "airframe_hours",
    "fuel",
    "runway",
)
"""Why nobody is where somebody should be: what the fleet that came nearest to flying lacked."""
(
    EN_ROUTE,
    NO_FLEET,
    ALL_LOST,
    WEATHER,
    HOURS,
    GROUNDED,
    ALL_FLYING,
    IN_TURNAROUND,
    IN_REPAIR,
    ALL_DOWN,
    ALERT,
    CREW_REST,
    CREW_HOURS,
    AIRFRAME_HOURS,
    FUEL,
    RUNWAY,
) = range(len(REASONS))

NOT_KNOWN: Final = -2
"""In place of a reason that was not looked for since something happened."""

SPREADS: Final = ("fixed", "exponential", "lognormal")
FIXED, EXPONENTIAL, LOGNORMAL = range(len(SPREADS))

AIRCRAFT: Final = np.dtype(
    [
        ("fleet", "i8"),
        ("row", "i8"),  # given: its fleet's first place in n_in and state_s
        ("slot", "i8"),  # where it is sent; -1: nowhere, or to a call
        ("at", "i8"),  # place among its fleet's ready ones, or -1
        ("state", "i8"),
        ("has_failed", "i8"),  # its clock rang while it was busy
        ("needs_turn", "i8"),
        ("is_cleared", "i8"),  # has its place on the runway
        ("n", "i8"),  # flights so far: numbers their draws
        ("n_fail", "i8"),
        ("name_key", "u8"),  # given: who it is, in every plan that has it
        ("key", "u8"),  # of its random numbers in this replication
        ("since_s", "f8"),
        ("off_s", "f8"),
        ("land_s", "f8"),
        ("on_s", "f8"),
        ("way_s", "f8"),  # between its base and its station
        ("job_s", "f8"),
        ("charged_s", "f8"),  # flying that the month's budgets were charged with
        ("tank_kg", "f8"),
        ("give_kg", "f8"),
    ],
    align=True,
)

FLEET: Final = np.dtype(
    [
        # given
        ("name_key", "u8"),  # whose alert it is, in every plan that has it
        ("first", "i8"),
        ("count", "i8"),
        ("row", "i8"),  # its first place in n_in and state_s
        ("base", "i8"),
        ("spell", "i8"),  # of its class being grounded, or -1
        ("on_alert", "i8"),
        ("docks", "i8"),
        ("crews", "i8"),  # -1: never lacking
        ("first_crew", "i8"),
        ("turn_spread", "i8"),
        ("repair_spread", "i8"),
        ("from_s", "f8"),
        ("to_s", "f8"),
        ("up_s", "f8"),
        ("down_s", "f8"),
        ("readiness", "f8"),
        ("turn_s", "f8"),
        ("turn_sigma", "f8"),
        ("repair_fixed_s", "f8"),
        ("repair_share", "f8"),
        ("repair_sigma", "f8"),
        ("loss_per_s", "f8"),
        ("burn_kgps", "f8"),
        ("rest_s", "f8"),
        ("crew_month_s", "f8"),  # all crews together
        ("month_s", "f8"),  # all airframes together
        ("least_s", "f8"),  # its shortest flight to a station that it reaches, and its longest
        ("most_s", "f8"),
        ("calls_s", "f8"),  # mean time between two calls of its alert; 0: it is never called
        ("to_air_s", "f8"),
        ("scramble_s", "f8"),
        # now
        ("lack", "i8"),  # what keeps all of it from being sent, -1 nothing, or NOT_KNOWN
        ("known_s", "f8"),  # until when that is so if nothing happens
        ("n_ready", "i8"),
        ("crews_free", "i8"),
        ("resting", "i8"),
        ("rest_at", "i8"),
        ("docks_busy", "i8"),
        ("waiting", "i8"),
        ("wait_at", "i8"),
        ("crew_used_s", "f8"),
        ("used_s", "f8"),
        ("wake_s", "f8"),
        ("alert_since_s", "f8"),
        ("alert_s", "f8"),
        ("sorties", "i8"),
        ("key", "u8"),  # of its calls in this replication
        ("n_calls", "i8"),
        ("answered", "i8"),
        ("missed", "i8"),
    ],
    align=True,
)

BASE: Final = np.dtype(
    [
        ("first_hours", "i8"),
        ("last_hours", "i8"),
        ("slot_s", "f8"),  # between two movements
        ("stock0_kg", "f8"),
        ("holds_kg", "f8"),
        ("spell", "i8"),
        ("hours_at", "i8"),
        ("is_shut", "i8"),  # by its hours
        ("opens_s", "f8"),
        ("runway_s", "f8"),
        ("stock_kg", "f8"),
        ("stock_since_s", "f8"),
        ("rate_kgps", "f8"),
    ],
    align=True,
)

SPELL: Final = np.dtype(
    [
        ("name_key", "u8"),
        ("on_s", "f8"),
        ("off_s", "f8"),
        ("key", "u8"),
        ("n", "i8"),
        ("is_on", "i8"),
        ("until_s", "f8"),
    ],
    align=True,
)
"""Something that comes and goes: weather over a base, a class grounded. Exponential both ways."""

STATION: Final = np.dtype(
    [
        ("first_slot", "i8"),
        ("last_slot", "i8"),
        ("count", "i8"),
        ("first_hours", "i8"),
        ("last_hours", "i8"),
        ("first_track", "i8"),
        ("last_track", "i8"),
        ("reach", "i8"),  # fleets that reach it
        ("lead_s", "f8"),
        ("hours_at", "i8"),
        ("is_on", "i8"),
        ("present", "i8"),
        ("open", "i8"),
        ("like", "i8"),  # given: the first station that the same fleets reach
        ("is_tried", "i8"),
        ("has_news", "i8"),  # a slot was opened since nobody could be sent
        ("reason", "i8"),  # why nobody could
        ("looked", "i8"),  # the round in which its fleets were looked at: what was found
        ("has_fleet", "i8"),
        ("why", "i8"),
        ("extended", "i8"),
        ("refused", "i8"),
        ("on_s", "f8"),
        ("off_s", "f8"),
        ("since_s", "f8"),
        ("manned_s", "f8"),
    ],
    align=True,
)

SLOT: Final = np.dtype(
    [
        ("station", "i8"),
        ("air", "i8"),
        ("coming", "i8"),
        ("is_open", "i8"),
        ("is_leaving", "i8"),
        ("reason", "i8"),
        ("want_s", "f8"),
        ("leave_s", "f8"),
        ("relief_s", "f8"),
        ("gap_since_s", "f8"),
    ],
    align=True,
)

PAIR: Final = np.dtype(
    [
        ("transit_s", "f8"),
        ("stay_s", "f8"),  # on its own fuel; 0: does not reach it
        ("more_s", "f8"),  # with one refuelling; 0: no tankers, or too far
        ("most_s", "f8"),  # on station in a sortie
        ("detour_s", "f8"),
        ("flight_s", "f8"),  # both ways and the stay on its own fuel
        ("fuel_kg", "f8"),
        ("offload_kg", "f8"),
        ("wake_s", "f8"),  # when there will be fuel for it
    ],
    align=True,
)
"""A fleet at a station."""

CLOCK: Final = np.dtype(
    [
        ("waiting", "i8"),  # events of the open bucket
        ("bucket", "i8"),  # the one that is open
        ("free", "i8"),  # first free place for an event, or -1
        ("open", "i8"),  # slots where somebody is wanted
        ("rounds", "i8"),  # of looking for somebody to send there
        ("day", "i8"),
        ("is_full", "i8"),  # an event found no room
        ("horizon_s", "f8"),
        ("start_s", "f8"),
        ("buckets_per_s", "f8"),
    ],
    align=True,
)

Rows = Any
"""Records: numba reads their fields as attributes, which NumPy's types do not tell."""
F8 = NDArray[np.float64]
I4 = NDArray[np.int32]
I8 = NDArray[np.int64]


class World(NamedTuple):
    """All that one replication reads and writes."""

    air: Rows
    fleet: Rows
    base: Rows
    spell: Rows
    station: Rows
    slot: Rows
    pair: Rows
    clock: Rows
    order: I8
    """Shape (stations, fleets): those that reach a station, nearest first."""
    tracks: I8
    hours_s: F8
    """Shape (intervals, 2), of bases and stations."""
    supply_kgps: F8
    """Shape (days, bases)."""
    hung_s: F8
    """Events in the lists of buckets that are not open yet: when, what, the next of the list."""
    hung_what: I8
    after: I8
    bucket: I8
    """The first event of each list, or -1."""
    next_s: F8
    """Events of the open bucket, the next one last."""
    next_what: I8
    ready: I8
    waiting: I8
    rests_s: F8
    n_in: I4
    """Shape (fleets x states,)."""
    state_s: F8
    gap_s: F8
    """Shape (stations, reasons): aircraft-seconds that are lacking, of this day."""


class Out(NamedTuple):
    """What a run of replications leaves, shape (replications, days, ...)."""

    manned_s: NDArray[np.float32]
    gap_s: NDArray[np.float32]
    state_s: NDArray[np.float32]
    alert_s: NDArray[np.float32]
    sorties: I4
    answered: I4
    """Calls of a fleet's alert that somebody took off for."""
    missed: I4
    """Calls that nobody did; who was called and could not take off counts when that is known."""
    extended: I4
    refused: I4
    stock_kg: F8
    """At the end of each day."""
    events: I8
    """Shape (replications,)."""
