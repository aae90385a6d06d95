"""On whom the shield depends: what it is worth with and without each contributor.

Comes in: who contributes, what is asked (:class:`Goal`), and a function that says what a coalition
gives, one figure for each requirement, with bounds or replications. What it works out (radar cover,
warning minutes, stations, stocks) is its own affair. Goes out:

* every **coalition** of up to 12 contributors, and a sample of orders of joining above
  (:func:`play`): COALITION, from which a page can tick contributors in and out;
* **withdrawal loss**, **Shapley share**, **veto** (:func:`dependence_table`): DEPENDENCE;
  worst **pairs** (:func:`pair_table`): PAIR_DEPENDENCE; the **least coalitions** that hold
  (:func:`find_least_coalitions`); withdrawal **from some day on** (:func:`withdrawal_table`);
* what others must bring **instead** (:func:`find_replacements`): REPLACEMENT, solved over given
  options and proven, at least cost and soonest;
* which **assumptions** decide the answer (:func:`screen`): SCREENING.

**Withdrawal loss and Shapley share are both needed.** What one loses without somebody who can be
replaced by others is nothing, though he may bring most; and somebody who brings nothing that counts
by itself may hold a veto. Shares add up to the whole, losses do not.

**All requirements together** are a requirement of their own, ``ALL``: the share of them that surely
holds, which must be 1.

**Verdicts** are holds, fails, unknown, from a figure's bounds. Losses and shares carry bounds too:
run by run where replications share their random numbers, else what the bounds of the figures allow.

**Monotone** is what one expects, and what is not is told (:func:`find_dips`): more aircraft can
drain the fuel that all share. :func:`closed` reads the figures for somebody free to leave a
contributor unused. Shapley's shares are always those of the figures as they are.

Left out: who would join whom (politics), uncertain withdrawal (give it as a replication).

References: Shapley, Contributions to the Theory of Games II, 1953; Castro, Gómez, Tejada, Computers
& Operations Research 36, 2009; Moreno-Centeno, Karp, Operations Research 61, 2013; Morris,
Technometrics 33, 1991; Campolongo, Cariboni, Saltelli, Environmental Modelling & Software 22, 2007.
"""

from airshield.plan.dependence.answers import (
    Dip,
    closed,
    dependence_table,
    find_dips,
    find_least_coalitions,
    find_vetoes,
    pair_table,
    withdrawal_table,
)
from airshield.plan.dependence.game import Game, play
from airshield.plan.dependence.goals import ALL, FAILS, HOLDS, UNKNOWN, Figures, Goal
from airshield.plan.dependence.replacing import (
    Option,
    Replacement,
    find_replacements,
    replacement_table,
)
from airshield.plan.dependence.screening import Assumption, Screening, screen
from airshield.plan.dependence.shares import Shares, find_shares

__all__ = [
    "ALL",
    "FAILS",
    "HOLDS",
    "UNKNOWN",
    "Assumption",
    "Dip",
    "Figures",
    "Game",
    "Goal",
    "Option",
    "Replacement",
    "Screening",
    "Shares",
    "closed",
    "dependence_table",
    "find_dips",
    "find_least_coalitions",
    "find_replacements",
    "find_shares",
    "find_vetoes",
    "pair_table",
    "play",
    "replacement_table",
    "screen",
    "withdrawal_table",
]
