"""Patrols and supply together: what closed forms say, withdrawal, and what is not known."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest

from airshield.errors import UsageError
from airshield.plan.endurance import (
    Ample,
    EndurancePlan,
    StationAsked,
    StockAsked,
    answers_of,
    cautions,
    endure,
    endure_between,
    find_chain,
    goals_of,
    runs_of,
)
from airshield.plan.logistics import Edge, Network, Node
from airshield.plan.patrol import (
    AircraftClass,
    Base,
    Duration,
    Fleet,
    PatrolPlan,
    Station,
    simulate,
)

BURN_KGPS = 0.5
DAY_S = 86_400.0
NEED_T_DAY = BURN_KGPS * DAY_S / 1000.0
"""One aircraft in the air at all times: 43.2 t a day. On its way it is in the air too, so what a
plan burns is more by the share of the way in a flight."""


def patrols(*, contributor: str = "A", count: int = 12) -> PatrolPlan:
    """One station over its base: no way to fly, nothing breaks, three hours in the air."""
    return PatrolPlan(
        aircraft=(
            AircraftClass(
                name="jet",
                role="patrol",
                cruise_mps=200.0,
                sortie_s=3.0 * 3600.0,
                turnaround=Duration(mean_s=3600.0),
                burn_kgps=BURN_KGPS,
            ),
        ),
        bases=(Base(name="field", contributor="B", lat_deg=50.0, lon_deg=20.0),),
        fleets=(
            Fleet(name="wing", contributor=contributor, aircraft="jet", base="field", count=count),
        ),
        stations=(Station(name="over", role="patrol", lat_deg=50.0, lon_deg=20.1),),
    )


def plan_with(
    *, stock_t: float, edge_t_day: float | None, owner: str = "C", delay_s: float = 0.0
) -> EndurancePlan:
    """The patrols, a store at their base, and a way there from a port that never ends."""
    per = 1000.0 / DAY_S
    network = Network(
        nodes=(
            Node(name="port", owner=owner, kind="port", supply_kgps=1000.0 * per, holds_kg=0.0),
            Node(name="tanks", owner="B", kind="base", stock_kg=stock_t * 1000.0, holds_kg=1e7),
        ),
        edges=()
        if edge_t_day is None
        else (
            Edge(
                name="line",
                owner=owner,
                start="port",
                end="tanks",
                capacity_kgps=edge_t_day * per,
                delay_s=delay_s,
            ),
        ),
    )
    return EndurancePlan(
        patrol=patrols(),
        networks={"jet fuel": network},
        fuel="jet fuel",
        nodes={"field": "tanks"},
        stations=(StationAsked(name="manned", station="over", share=0.95, days=20),),
        stocks=(StockAsked(name="stored", node="tanks", goods="jet fuel", days=20),),
    )


def test_with_fuel_enough_the_patrols_are_those_of_the_patrol_room_alone() -> None:
    found = endure(plan_with(stock_t=5000.0, edge_t_day=None), runs=8, threads=1)
    alone = simulate(patrols(), days=20, runs=8, threads=1)
    assert found.sustained is not None
    np.testing.assert_array_equal(found.sustained.out.manned_s, alone.out.manned_s)
    station, stock = answers_of(found, found)
    assert (station.verdict, stock.verdict) == ("holds", "holds")
    assert (station.value, stock.value) == (1.0, 20.0)


def test_a_stock_that_nothing_fills_lasts_as_long_as_division_says() -> None:
    plan = plan_with(stock_t=10.0 * NEED_T_DAY, edge_t_day=None)
    found = endure(plan, runs=8, threads=1)
    # Three hours in the air with 36 s of way at both ends: burnt is a little more than is needed.
    assert found.burn_kgps[:, 0].mean() == pytest.approx(BURN_KGPS, rel=0.02)
    station, stock = answers_of(found, found)
    assert station.verdict == stock.verdict == "fails"
    assert stock.from_day is not None
    assert 9 <= stock.from_day <= 10
    assert station.value == pytest.approx(0.5, abs=0.03)
    assert stock.why is not None
    assert "lay at tanks" in stock.why


def test_an_edge_that_carries_half_of_the_need_mans_half_of_the_hours_and_is_named() -> None:
    plan = plan_with(stock_t=0.0, edge_t_day=0.5 * NEED_T_DAY)
    found = endure(plan, runs=8, threads=1)
    station, _ = answers_of(found, found)
    assert station.verdict == "fails"
    assert station.value == pytest.approx(0.5, abs=0.06)
    day, chain = find_chain(found, "over", share=0.95)
    assert day == 0
    assert [cause.code for cause in chain] == ["fuel", "supply"]
    assert "line carries no more than 22 t/day" in chain[-1].words


def test_what_is_burnt_is_never_more_than_what_lay_there_and_came() -> None:
    for carried in (0.0, 5.0, 30.0, 60.0):
        found = endure(plan_with(stock_t=100.0, edge_t_day=carried), runs=4, threads=1)
        assert found.sustained is not None
        in_air_s = found.sustained.flight_h[:, 0] * 3600.0
        left_kg = found.sustained.out.stock_kg[:, -1, 0]
        came_kg = 100e3 + found.supply["jet fuel"].arrived_kg[:, 1].sum()
        # Take-offs before the first instant are burnt but not among the hours.
        assert (in_air_s * BURN_KGPS + left_kg <= came_kg + 3.0 * 3600.0 * BURN_KGPS).all()


def test_who_leaves_on_a_day_leaves_the_stock_that_lies_there_then() -> None:
    plan = plan_with(stock_t=4.0 * NEED_T_DAY, edge_t_day=1.1 * NEED_T_DAY)
    stays = endure(plan, runs=4, threads=1)
    assert answers_of(stays, stays)[0].verdict == "holds"
    gone = endure(plan.without(["C"], from_day=8), runs=4, threads=1)
    stock = answers_of(gone, gone)[1]
    assert stock.from_day is not None
    assert 11 <= stock.from_day <= 14  # four days in store, and what more came before
    never = endure(plan.without(["C"]), runs=4, threads=1)
    out = answers_of(never, never)[1].from_day
    assert out is not None
    assert 3 <= out <= 4


def test_without_who_owns_the_base_or_the_fleet_nobody_flies_and_it_is_said() -> None:
    plan = plan_with(stock_t=5000.0, edge_t_day=None)
    for who in ("A", "B"):
        found = endure(plan.without([who]), runs=4, threads=1)
        station, stock = answers_of(found, found)
        assert (station.value, station.verdict) == (0.0, "fails")
        assert station.why is not None
        assert "no fleet that is there reaches it" in station.why
        assert stock.verdict == ("holds" if who == "A" else "fails")


def test_a_base_whose_node_has_gone_has_no_fuel_and_it_is_said_whose_it_was() -> None:
    plan = plan_with(stock_t=5000.0, edge_t_day=None)
    network = plan.networks["jet fuel"]
    tanks = dataclasses.replace(network.nodes[1], owner="D")
    plan = dataclasses.replace(
        plan, networks={"jet fuel": Network(nodes=(network.nodes[0], tanks), edges=())}
    )
    found = endure(plan.without(["D"]), runs=4, threads=1)
    station, _ = answers_of(found, found)
    assert station.value == 0.0
    assert station.why is not None
    assert station.why.endswith("tanks is not there without D")


def test_what_is_unknown_of_the_network_makes_unknown_what_hangs_on_it_and_only_that() -> None:
    short = plan_with(stock_t=0.0, edge_t_day=2.0 * NEED_T_DAY, delay_s=math.nan)
    worst, best = endure_between(short, runs=4, threads=1)
    assert [one.verdict for one in answers_of(worst, best)] == ["unknown", "unknown"]
    assert any("the delay of line" in told for told in cautions(short))
    ample = plan_with(stock_t=5000.0, edge_t_day=2.0 * NEED_T_DAY, delay_s=math.nan)
    worst, best = endure_between(ample, runs=4, threads=1)
    assert [one.verdict for one in answers_of(worst, best)] == ["holds", "holds"]


def test_a_store_that_must_forward_keeps_what_it_forwards_from_its_own_aircraft() -> None:
    """Two like bases on a line, all fuel at the first: the dispatch shares, and neither cheats."""
    base = patrols()
    two = dataclasses.replace(
        base,
        bases=(*base.bases, Base(name="far", contributor="B", lat_deg=54.0, lon_deg=20.0)),
        fleets=(
            *base.fleets,
            Fleet(name="far wing", contributor="A", aircraft="jet", base="far", count=12),
        ),
        stations=(
            dataclasses.replace(base.stations[0], fleets=("wing",)),
            Station(
                name="far over", role="patrol", lat_deg=54.0, lon_deg=20.1, fleets=("far wing",)
            ),
        ),
    )
    stock_kg = 20.0 * NEED_T_DAY * 1000.0
    network = Network(
        nodes=(
            Node(name="tanks", owner="B", stock_kg=stock_kg, holds_kg=1e8),
            Node(name="far tanks", owner="B", holds_kg=1e8),
        ),
        edges=(Edge(name="line", owner="B", start="tanks", end="far tanks", capacity_kgps=5.0),),
    )
    plan = EndurancePlan(
        patrol=two,
        networks={"jet fuel": network},
        fuel="jet fuel",
        nodes={"field": "tanks", "far": "far tanks"},
        stations=(
            StationAsked(name="near", station="over", share=0.95, days=20),
            StationAsked(name="far", station="far over", share=0.95, days=20),
        ),
    )
    found = endure(plan, runs=4, threads=1)
    near, far = (one.value for one in answers_of(found, found))
    assert near + far == pytest.approx(1.0, abs=0.06)  # fuel for one of the two
    assert found.sustained is not None
    flown_kg = found.sustained.flight_h.sum(axis=1) * 3600.0 * BURN_KGPS
    assert (flown_kg <= stock_kg * 1.02).all()


def test_figures_for_comparing_coalitions_are_the_answers_figures() -> None:
    plan = plan_with(stock_t=5.0 * NEED_T_DAY, edge_t_day=0.7 * NEED_T_DAY)
    found = endure(plan, runs=8, threads=1)
    figures = runs_of(found)
    assert figures.shape == (len(goals_of(plan)), 8)
    station, stock = answers_of(found, found)
    assert figures[0].mean() == pytest.approx(station.value)
    assert figures[1].mean() == 0.0
    assert stock.verdict == "fails"


def test_what_is_asked_for_longer_than_was_looked_at_is_unknown() -> None:
    found = endure(plan_with(stock_t=5000.0, edge_t_day=None), days=10, runs=4, threads=1)
    for answer in answers_of(found, found):
        assert answer.verdict == "unknown"
        assert answer.why == "asked for 20 days and looked at 10"


def test_names_that_are_not_there_are_refused_with_those_that_are() -> None:
    plan = plan_with(stock_t=1.0, edge_t_day=None)
    with pytest.raises(UsageError, match="no station 'west'; there are: over"):
        dataclasses.replace(
            plan, stations=(StationAsked(name="r", station="west", share=0.9, days=5),)
        )
    with pytest.raises(UsageError, match="no node 'barrels'"):
        dataclasses.replace(plan, nodes={"field": "barrels"})


def test_a_dispatch_for_the_most_that_could_be_burnt_serves_every_part_of_the_plan() -> None:
    ample_line = plan_with(stock_t=50.0, edge_t_day=20.0 * NEED_T_DAY)
    ample = Ample(ample_line, days=20)
    assert ample.dispatched(ample_line) is not None
    asked = endure(ample_line, runs=8, threads=1)
    spared = endure(ample_line, runs=8, threads=1, ample=ample)
    np.testing.assert_array_equal(runs_of(asked), runs_of(spared))
    # Whoever carries it gone, it is short, and the network is asked for what is really burnt.
    alone = ample_line.without(["C"])
    assert ample.dispatched(alone) is None
    np.testing.assert_array_equal(
        runs_of(endure(alone, runs=8, threads=1)),
        runs_of(endure(alone, runs=8, threads=1, ample=ample)),
    )


def test_a_base_whose_aircraft_are_not_needed_at_first_keeps_its_fuel_for_when_they_are() -> None:
    """The near base mans the station until its little fuel is out; the far one then has to."""
    base = patrols()
    two = dataclasses.replace(
        base,
        bases=(*base.bases, Base(name="far", contributor="B", lat_deg=51.0, lon_deg=20.0)),
        fleets=(
            *base.fleets,
            Fleet(name="far wing", contributor="A", aircraft="jet", base="far", count=12),
        ),
    )
    nodes = tuple(
        Node(name=name, owner="B", stock_kg=days * NEED_T_DAY * 1000.0, holds_kg=1e8)
        for name, days in (("tanks", 5.0), ("far tanks", 30.0))
    )
    line = Edge(name="line", owner="B", start="far tanks", end="tanks", capacity_kgps=5.0)
    plan = EndurancePlan(
        patrol=two,
        networks={"jet fuel": Network(nodes=nodes, edges=(line,))},
        fuel="jet fuel",
        nodes={"field": "tanks", "far": "far tanks"},
        stations=(StationAsked(name="manned", station="over", share=0.95, days=20),),
    )
    found = endure(plan, runs=4, threads=1)
    assert found.burn_kgps[:, 1].max() == 0.0  # with fuel for ever the far wing stays at home
    (station,) = answers_of(found, found)
    assert station.verdict == "holds"
    assert found.sustained is not None
    # And it does not lose the fuel that lies there, needed or not.
    assert found.sustained.out.stock_kg[:, -1, 1].min() > 0.0
