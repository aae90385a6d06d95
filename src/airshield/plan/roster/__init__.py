"""A timetable: which aircraft is at which station from when to when, and how few do it.

Comes in: a :class:`~airshield.plan.patrol.PatrolPlan`. Goes out: a :class:`Roster` for days that
repeat without end, with every flight named (table ROSTER, and REFUELLING for what tankers give),
how many aircraft it takes, and a bound below which no such roster can be. Times are seconds from
the plan's first instant, whole minutes on the ground, whole steps (half hours) on station. Patrols
are presence: on station or not.

What holds in a roster: every station has its count in all its hours; an aircraft flies again after
its turnaround and mean repair, a crew after its rest; enough aircraft are fit with the chance that
is asked for (binomial, each fleet by itself), the alert besides; take-offs and landings happen in a
base's hours, and within no hour more of them than its runway takes; fleets find spots; crews' and
airframes' hours of a month are kept in proportion; whoever stays longer than its own fuel lasts is
refuelled by a tanker that is there then and has enough; stocks last for the days that repeat.

**The way** (``search``). A linear programme over all sorties gives the bound. Then *rhythms*: at
each station one sortie after the other, beginnings spread evenly over time; who flies what is then
a small programme in whole numbers, and a few tries most often reach the bound or one more. What
they leave open goes to HiGHS whole, until the time is out. The gap is always told.

**A base lost** (``losses``): one loss after the other, the worst first, each paying only for what
those before it did not buy.

Left out: chance. A roster is what is meant to happen; the simulation of ``plan.patrol`` tells how
often it does. Weather, losses, groundings; docks; the hours of single aircraft and crews; more than
three refuellings in a sortie.

References: Levin, Transportation Science 5, 1971 (aircraft as flows through time); Glover, Naval
Research Logistics Quarterly 14, 1967 (who leaves first gives first); Huangfu, Hall, Mathematical
Programming Computation 10, 2018 (HiGHS).
"""

from airshield.plan.roster.losses import Losses
from airshield.plan.roster.roster import ROSTER_STATES, Roster, find_roster

__all__ = ["ROSTER_STATES", "Losses", "Roster", "find_roster"]
