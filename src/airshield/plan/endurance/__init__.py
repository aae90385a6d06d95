"""Whether a shield can be kept up: patrols and the supply that they live on, day by day together.

Comes in: an :class:`EndurancePlan`: the patrols (``plan.patrol``), the supply networks
(``plan.logistics``) by goods, which node feeds which base, and what is asked of stations and
stocks. Goes out: :class:`Endurance`, both halves side by side, :class:`Answer` for each requirement
(*holds*, *fails* or *unknown*, with its interval, the day from which it fails and why), and the
chain of causes from a station down to the edge that carries too little.

**How the halves meet.** Patrols are first simulated as if fuel never ran out: what they then burn,
day by day and base by base, is what the network is asked for. The best dispatch that there is
(``plan_days``) says what reaches each base on each day; with exactly that the patrols are simulated
again, and what they burn is drawn from what lies there. What is short in the first step for want of
supply nobody could have brought; a real dispatcher foresees less. The second simulation burns less
where fuel ran out, and the network is not asked again: its shortage is that of the whole demand.

**What is forwarded** from a base's store belongs to whom it is forwarded to: a base may use only
what no later delivery of the dispatch needs (the lower envelope of what comes less what goes).

**Unknown figures** of the network (a store, a delay, an inflow) are taken at their best and at
their worst, and an answer that hangs on them is unknown. A base without a node has fuel for ever:
:func:`cautions` says so.

**Withdrawal.** Who leaves takes fleets, bases, nodes and edges along, from the first day or from
some day on. What lies in a store that is gone from the first day is gone with it; from a later day
on nothing comes there any more and what is there is still used.

Left out: goods that share an edge's capacity (give each its own network), fuel that others than
aircraft burn beyond a node's own demand.
"""

from airshield.plan.endurance.answers import (
    LASTS,
    Answer,
    answers_of,
    chain_words,
    find_chain,
    goals_of,
    runs_of,
)
from airshield.plan.endurance.endure import (
    Ample,
    Endurance,
    between,
    cautions,
    endure,
    endure_between,
    find_burn,
    find_lasting,
)
from airshield.plan.endurance.model import EndurancePlan, StationAsked, StockAsked

__all__ = [
    "LASTS",
    "Ample",
    "Answer",
    "Endurance",
    "EndurancePlan",
    "StationAsked",
    "StockAsked",
    "answers_of",
    "between",
    "cautions",
    "chain_words",
    "endure",
    "endure_between",
    "find_burn",
    "find_chain",
    "find_lasting",
    "goals_of",
    "runs_of",
]
