"""The event engine beside SimPy: the same plan, other code, other random numbers."""

import dataclasses

import numpy as np
import pytest

from airshield.plan.patrol import STATES, simulate
from patrol_plans import FIGHTER, HOUR_S, everything, kind, single
from reference import patrol as slow

SHORT_OF_HOURS = dataclasses.replace(
    FIGHTER,
    crew_month_s=12.0 * HOUR_S,
    month_s=20.0 * HOUR_S,
    duty_s=6.0 * HOUR_S,
    rest_s=4 * HOUR_S,
)
GROUNDED = dataclasses.replace(FIGHTER, grounded_share=0.2, grounded_s=20.0 * HOUR_S)
# So long that now and then a base is shut before somebody who was called has taken off.
ON_CALL = dataclasses.replace(FIGHTER, to_air_s=1.5 * HOUR_S)
TIRED_ON_CALL = dataclasses.replace(SHORT_OF_HOURS, to_air_s=1.5 * HOUR_S)


def called(plan):
    """The plan with calls of the alert: some for A, where two are kept, and many for B."""
    calls = {"a": (5.0, 1, 2), "b": (9.0, 2, 1)}
    return dataclasses.replace(
        plan,
        fleets=tuple(
            dataclasses.replace(
                fleet,
                scrambles_per_day=calls[fleet.name][0],
                scramble_s=calls[fleet.name][1] * HOUR_S,
                on_alert=calls[fleet.name][2],
            )
            if fleet.name in calls
            else fleet
            for fleet in plan.fleets
        ),
    )


PLANS = {
    "fuel is short": everything(),
    "fuel without limit": everything(stock_kg=None),
    "plenty of fuel": everything(stock_kg=3e6),
    "hours of crews and aircraft are short": everything(stock_kg=None, fighter=SHORT_OF_HOURS),
    "the class is grounded at times": everything(fighter=GROUNDED),
    "the alert is called": called(everything(fighter=ON_CALL)),
    "the alert is called, hours are short": called(everything(fighter=TIRED_ON_CALL)),
    "no spread": single(kind(readiness=0.8, down_s=20 * HOUR_S), 12, stations=3, away_h=0.9),
}


def totals(result):
    """The engine's figures under the twin's names, one for each replication."""
    out, plan = result.out, result.plan
    found = {}
    for s, station in enumerate(plan.stations):
        found["manned_s", station.name] = out.manned_s[:, :, s].sum(axis=1)
        found["gap_s", station.name] = out.gap_s[:, :, s].sum(axis=(1, 2))
        found["extended", station.name] = out.extended[:, :, s].sum(axis=1)
        found["refused", station.name] = out.refused[:, :, s].sum(axis=1)
    for f, fleet in enumerate(plan.fleets):
        for what in ("sorties", "answered", "missed"):
            found[what, fleet.name] = getattr(out, what)[:, :, f].sum(axis=1)
        if fleet.on_alert:
            found["alert_s", fleet.name] = out.alert_s[:, :, f].sum(axis=1)
        for k, state in enumerate(STATES):
            found["state_s", fleet.name, state] = out.state_s[:, :, f, k].sum(axis=1)
    for b, base in enumerate(plan.bases):
        if base.stock_kg is not None:
            found["stock_kg", base.name] = out.stock_kg[:, -1, b]
    return {name: np.asarray(values, float) for name, values in found.items()}


@pytest.mark.parametrize("case", PLANS)
def test_every_output_is_within_three_standard_errors_of_the_twin(case):
    plan, runs = PLANS[case], 24
    fast = totals(simulate(plan, days=12, runs=40 * runs, seed=11))
    twin = slow.replicate(plan, days=12, runs=runs, seed=11)
    assert set(fast) <= set(twin)
    for name, values in fast.items():
        other = twin[name]
        # What is rare may not have happened in the few runs of the twin: the larger sample's
        # variance stands for both.
        variance = max(values.var(ddof=1), other.var(ddof=1))
        error = np.sqrt(variance / values.size + variance / other.size)
        away = abs(values.mean() - other.mean())
        assert away <= 3.0 * error + 1e-4 * abs(other.mean()), (name, values.mean(), other.mean())
