"""The supply network, against cuts and paths counted out."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from airshield.errors import UsageError
from airshield.plan.logistics import (
    Edge,
    Network,
    Node,
    Outage,
    _kernels,
    find_bottleneck,
    find_losses,
    find_rates,
    find_sole_ways,
    find_worst_pairs,
    judge_days,
    lossless,
    plan_days,
)
from airshield.plan.logistics.graph import graph_of
from airshield.plan.logistics.losses import at_most
from airshield.plan.logistics.rates import Steady
from reference import supply as slow

seeds = st.integers(0, 10**9)
T = 1.0 / 86.4
"""A tonne a day in kilograms a second."""
DAY = 86_400.0


def plain(seed, nodes=6, edges=9, loss=0.0):
    """Supplies, needs and edges at random, in whole numbers."""
    rng = np.random.default_rng(seed)
    supply = np.where(rng.uniform(size=nodes) < 0.4, rng.integers(1, 20, nodes), 0)
    need = np.where(rng.uniform(size=nodes) < 0.5, rng.integers(1, 15, nodes), 0)
    ways = []
    for _ in range(edges):
        start, end = rng.choice(nodes, 2, replace=False)
        lost = round(float(rng.choice([0.0, loss, 0.5 * loss])), 3)
        is_one_way = bool(rng.uniform() < 0.4)
        ways.append((int(start), int(end), int(rng.integers(1, 12)), lost, is_one_way))
    return supply.tolist(), need.tolist(), ways


def network(supply, need, ways, *, stock=None, holds=None, lags=None, gone=()):
    """The same as a network, in tonnes a day; delays in days."""
    nodes = tuple(
        Node(
            name=f"n{i}",
            owner=f"o{i % 3}",
            supply_kgps=supply[i] * T,
            demand_kgps=need[i] * T,
            stock_kg=1e3 * stock[i] if stock else 0.0,
            holds_kg=1e3 * holds[i] if holds else math.nan,
        )
        for i in range(len(supply))
    )
    edges = tuple(
        Edge(
            name=f"e{k}",
            owner=f"o{k % 3}",
            start=f"n{start}",
            end=f"n{end}",
            capacity_kgps=capacity * T,
            loss_share=loss,
            is_one_way=is_one_way,
            delay_s=DAY * lags[k] if lags else 0.0,
        )
        for k, (start, end, capacity, loss, is_one_way) in enumerate(ways)
        if k not in gone
    )
    return Network(nodes=nodes, edges=edges)


@settings(deadline=None, max_examples=40)
@given(seed=seeds)
def test_what_is_delivered_is_the_least_of_all_cuts_and_the_bottleneck_is_one(seed):
    given_ = plain(seed)
    supply, need, ways = given_
    made = network(*given_)
    found = find_bottleneck(made)
    assert found.delivered_kgps / T == pytest.approx(slow.least_cut(*given_), abs=1e-9)
    on_cut = (
        sum(ways[int(name[1:])][2] for name in found.edges)
        + sum(supply[int(name[1:])] for name in found.sources)
        + sum(need[int(name[1:])] for name in found.served)
    )
    assert on_cut == pytest.approx(found.delivered_kgps / T, abs=1e-9)
    owned = sum(found.by_owner.values()) / T
    assert owned == pytest.approx(on_cut - sum(need[int(n[1:])] for n in found.served), abs=1e-9)


@pytest.mark.parametrize("mode", ["compiled", "interpreted"])
@settings(deadline=None, max_examples=15)
@given(seed=seeds)
def test_every_loss_is_what_working_it_out_anew_gives(mode, seed):
    supply, need, ways = plain(seed)
    graph = graph_of(network(supply, need, ways))
    before = slow.least_cut(supply, need, ways)
    kernel = _kernels.losses if mode == "compiled" else _kernels.losses.py_func
    lost = kernel(
        graph.first,
        graph.out,
        graph.head,
        graph.full,
        graph.residual,
        np.arange(len(ways) + 1),
        np.arange(len(ways)),
        graph.tol_kgps,
    )
    for k in range(len(ways)):
        after = slow.least_cut(supply, need, ways[:k] + ways[k + 1 :])
        assert lost[k] / T == pytest.approx(before - after, abs=1e-9)


@settings(deadline=None, max_examples=25)
@given(seed=seeds)
def test_losses_of_nodes_and_owners_are_what_working_them_out_anew_gives(seed):
    supply, need, ways = plain(seed)
    made = network(supply, need, ways)
    rows = find_losses(made).to_pylist()
    assert {row["kind"] for row in rows} == {"edge", "node", "owner"}
    assert len(rows) == len(ways) + len(supply) + len(made.owners)
    before = slow.least_cut(supply, need, ways)
    for row in rows:
        left = made.without(row["lost"])
        after = slow.least_cut(*as_plain(left))
        assert row["lost_kgps"] / T == pytest.approx(before - after, abs=1e-9), row
        assert row["delivered_kgps"] / T == pytest.approx(after, abs=1e-9)


@settings(deadline=None, max_examples=15)
@given(seed=seeds)
def test_losses_with_goods_lost_on_the_way_are_those_of_a_programme_over_paths(seed):
    supply, need, ways = plain(seed, nodes=5, edges=6, loss=0.3)
    made = network(supply, need, ways)
    worth = np.ones(len(need))
    nothing = np.zeros(len(need))
    before = slow.ByPaths(supply, need, ways).most(worth, nothing)
    rows = find_losses(made, kinds=["edge"]).to_pylist()
    for row in rows:
        k = int(row["lost"][1:])
        after = slow.ByPaths(supply, need, ways[:k] + ways[k + 1 :]).most(worth, nothing)
        assert row["lost_kgps"] / T == pytest.approx(before - after, abs=1e-5)
    worst = find_losses(made, kinds=["edge"], worst=2).column("lost_kgps").to_pylist()
    want = [row["lost_kgps"] for row in rows[:2]]
    assert worst == pytest.approx(want, abs=1e-6)


@pytest.mark.parametrize("mode", ["compiled", "interpreted"])
@settings(deadline=None, max_examples=15)
@given(seed=seeds)
def test_a_loss_with_goods_lost_on_the_way_is_within_its_bound(mode, seed):
    supply, need, ways = plain(seed, nodes=5, edges=7, loss=0.3)
    problem = Steady(network(supply, need, ways), "routine")
    flow = problem.most_flow()
    taken = [np.flatnonzero(problem.of == k) for k in range(len(ways))]
    kernel = _kernels.losses_at_most
    with pytest.MonkeyPatch.context() as patch:
        if mode == "interpreted":
            patch.setattr(_kernels, "losses_at_most", kernel.py_func)
        most = at_most(problem, flow, taken)
    worth, nothing = np.ones(len(need)), np.zeros(len(need))
    before = slow.ByPaths(supply, need, ways).most(worth, nothing)
    for k in range(len(ways)):
        left = slow.ByPaths(supply, need, ways[:k] + ways[k + 1 :])
        lost = before - left.most(worth, nothing)
        arrived = (flow[taken[k]] * problem.arcs.arrives[taken[k]]).sum()
        assert lost - 1e-5 <= most[k] <= arrived + 1e-6


@settings(deadline=None, max_examples=10)
@given(seed=seeds)
def test_the_worst_pairs_are_the_worst_of_all_pairs(seed):
    supply, need, ways = plain(seed, nodes=6, edges=8)
    made = network(supply, need, ways)
    before = slow.least_cut(supply, need, ways)

    def loss(*gone):
        left = [way for k, way in enumerate(ways) if k not in gone]
        return before - slow.least_cut(supply, need, left)

    alone = [loss(k) for k in range(len(ways))]
    want = sorted(
        (
            both
            for i, j in itertools.combinations(range(len(ways)), 2)
            if (both := loss(i, j)) > max(alone[i], alone[j])
        ),
        reverse=True,
    )
    table, tried = find_worst_pairs(made, worst=100)
    found = [row["lost_kgps"] / T for row in table.to_pylist()]
    assert found == pytest.approx(want, abs=1e-9)
    assert tried >= len(want)
    for many in (1, 2, 3):
        few, _ = find_worst_pairs(made, worst=many)
        found = [row["lost_kgps"] / T for row in few.to_pylist()]
        assert found == pytest.approx(want[:many], abs=1e-9)
    for row in table.to_pylist():
        pair = int(row["lost"][1:]), int(row["other"][1:])
        assert row["lost_kgps"] / T == pytest.approx(loss(*pair), abs=1e-9)


@settings(deadline=None, max_examples=40)
@given(seed=seeds)
def test_a_sole_way_is_one_without_which_no_path_is_left(seed):
    supply, need, ways = plain(seed)
    made = network(supply, need, ways)

    def reached(left):
        plain_ = as_plain(left)
        names = [n.name for n in left.nodes]
        return {
            names[last] for first, last, _ in slow.paths(plain_[2], len(names)) if plain_[0][first]
        }

    needy = {f"n{i}" for i, much in enumerate(need) if much} & reached(made)
    want = {
        (name, part)
        for part in (*(n.name for n in made.nodes), *(e.name for e in made.edges), *made.owners)
        for name in needy - reached(made.without(part))
        if name != part
    }
    found = {(row["node"], row["way"]) for row in find_sole_ways(made).to_pylist()}
    assert found == want


def as_plain(made):
    at = {n.name: i for i, n in enumerate(made.nodes)}
    return (
        [n.supply_kgps / T for n in made.nodes],
        [n.demand_kgps / T for n in made.nodes],
        [
            (at[e.start], at[e.end], e.capacity_kgps / T, e.loss_share, e.is_one_way)
            for e in made.edges
        ],
    )


@settings(deadline=None, max_examples=12)
@given(seed=seeds)
def test_rates_are_those_of_a_programme_over_paths(seed):
    supply, need, ways = plain(seed, nodes=5, edges=6, loss=0.3)
    made = network(supply, need, ways)
    peer = slow.ByPaths(supply, need, ways)
    most = find_rates(made, share="most")
    assert most.delivered_kgps / T == pytest.approx(
        peer.most(np.ones(len(need)), np.zeros(len(need))), abs=1e-5
    )
    fair = find_rates(made)
    np.testing.assert_allclose(fair.got_kgps / T, peer.fair(), atol=1e-4)
    for rates in (most, fair):
        keeps_books(rates, supply, ways)


def keeps_books(rates, supply, ways):
    """What comes, enters, goes and is used adds up at each node, within all limits."""
    left = rates.given_kgps - rates.got_kgps
    for k, (start, end, capacity, loss, is_one_way) in enumerate(ways):
        flow = rates.flow_kgps[k]
        assert abs(flow) <= capacity * T * (1.0 + 1e-6)
        assert flow >= -1e-9 or not is_one_way
        left[start] -= flow if flow > 0 else (1.0 - loss) * flow
        left[end] += (1.0 - loss) * flow if flow > 0 else flow
    np.testing.assert_allclose(left, 0.0, atol=1e-6)
    assert np.all(rates.given_kgps <= np.array(supply) * T * (1.0 + 1e-6))


def test_a_chain_with_losses_delivers_what_multiplying_says():
    made = network([100, 0, 0], [0, 0, 50], [(0, 1, 40, 0.1, True), (1, 2, 30, 0.2, True)])
    # 30 of the 36 that arrive go on, and four fifths of them arrive.
    assert find_rates(made).delivered_kgps / T == pytest.approx(24.0)
    assert find_rates(made).why() == (
        "n2 gets 24 t/day of 50 t/day, because e1 carries no more than 30 t/day",
    )


def test_a_graph_cut_in_two_says_that_it_cannot_hold():
    made = network([9, 0, 0, 0], [0, 3, 0, 4], [(0, 1, 5, 0.0, False), (2, 3, 5, 0.0, False)])
    rates = find_rates(made)
    assert not rates.can_hold
    assert rates.why() == ("n3: cannot hold, because nothing that any source gives can get there",)
    assert rates.got_kgps / T == pytest.approx([0.0, 3.0, 0.0, 0.0])
    assert rates.node_table().column("cause").to_pylist()[3] == rates.why()[0]
    days = plan_days(made.known(at="worst"), days=3)
    assert days.first_short_day("n3") == 0
    assert "nothing that any source gives or any store holds" in days.why("n3")


def test_the_flow_told_is_the_soonest():
    made = network(
        [10, 0, 0],
        [0, 0, 6],
        [(0, 2, 9, 0.0, True), (0, 1, 9, 0.0, True), (1, 2, 9, 0.0, True)],
        lags=[5, 1, 1],
    )
    assert find_rates(made).flow_kgps / T == pytest.approx([0.0, 6.0, 6.0], abs=1e-6)


def stocked(**more):
    """A port, a depot and a base: 410 t/day asked, 340 carried, 700 t there."""
    return network(
        [500, 0, 0],
        [0, 0, 410],
        [(0, 1, 900, 0.0, False), (1, 2, 340, 0.0, False)],
        stock=[0, 0, 700],
        holds=[9000, 0, 1000],
        **more,
    )


def test_a_stock_lasts_as_long_as_dividing_says_and_the_chain_of_causes_is_told():
    made = stocked()
    days = plan_days(made, days=20)
    # 700 t over a gap of 70 t/day.
    assert days.first_short_day("n2") == 10
    assert days.first_short == ("n2", 10)
    assert days.why("n2") == (
        "n2 is short from day 10, when it needs 410 t/day: e1 carries no more than 340 t/day on "
        "days 0 to 10 and the 700 t that lay at n2 are used up"
    )
    table = days.table()
    rows = [row for row in table.to_pylist() if row["node"] == "n2"]
    assert [row["stock_kg"] for row in rows][:10] == pytest.approx(
        [1e3 * (700 - 70 * (k + 1)) for k in range(10)], abs=0.1
    )
    assert [row["short_kg"] for row in rows] == pytest.approx([0.0] * 10 + [70e3] * 10, abs=0.1)
    assert rows[0]["left_days"] == pytest.approx(630 / 410, rel=1e-3)


def test_delays_hold_up_the_first_delivery_unless_it_was_under_way():
    made = stocked(lags=[1, 1])
    cold = plan_days(made, days=15)
    # 700 t last less than two days, and the first delivery comes after two.
    assert cold.first_short_day("n2") == 1
    warm = plan_days(made, days=15, before=find_rates(made))
    assert warm.first_short_day("n2") == 10


def test_an_outage_is_named_and_shortens_what_the_stock_covers():
    days = plan_days(stocked(), days=15, outages=[Outage(name="e1", from_day=3, to_day=4)])
    # 490 t after three days, 80 t after the fourth, and then 70 t a day are missing.
    assert days.first_short_day("n2") == 5
    assert "e1 is out on day 3" in days.why("n2")
    by_owner = plan_days(stocked(), days=3, outages=[Outage(name="o0", from_day=0)])
    assert by_owner.first_short_day("n2") == 1


@settings(deadline=None, max_examples=25)
@given(seed=seeds)
def test_the_first_shortage_is_as_late_as_greatest_flows_over_time_allow(seed):
    rng = np.random.default_rng(seed)
    supply, need, ways = plain(seed, nodes=5, edges=6)
    stock = rng.integers(0, 60, 5).tolist()
    holds = [much + int(rng.integers(0, 40)) for much in stock]
    lags = rng.integers(0, 3, len(ways)).tolist()
    made = network(supply, need, ways, stock=stock, holds=holds, lags=lags)
    days = plan_days(made, days=12, step_s=DAY)
    first = days.first_short
    want = slow.first_short_step(supply, need, stock, holds, ways, lags, 12)
    assert (None if first is None else first[1]) == want
    over_time_keeps_books(days, made)
    if first is not None:
        assert days.why(first[0])


def over_time_keeps_books(days, made):
    before = np.array([n.stock_kg for n in made.nodes])
    holds = np.array([n.holds_kg for n in made.nodes])
    for k in range(days.stock_kg.shape[0]):
        used = days.need_kg[k] - days.short_kg[k]
        there = before + days.given_kg[k] + days.arrived_kg[k] - days.sent_kg[k] - used
        # What does not fit is thrown away, nothing comes of nothing.
        assert np.all(days.stock_kg[k] <= there + 1.0)
        assert np.all(days.stock_kg[k] <= holds + 1.0)
        before = days.stock_kg[k]


def test_goods_lost_on_the_way_do_not_arrive():
    made = network([100, 0], [0, 50], [(0, 1, 80, 0.5, True)], stock=[0, 100], holds=[0, 500])
    days = plan_days(made, days=14)
    # 40 t arrive a day, 10 are missing: 100 t last ten days.
    assert days.first_short_day("n1") == 10


def test_use_may_change_from_day_to_day():
    made = stocked().demanding({"n2": 0.0})
    days = plan_days(made, days=6, use_kgps={"n2": [0, 0, 340 * T, 1400 * T, 0, 0]})
    # The store fills up to 1,000 t: 340 t come on the fourth day, 1,340 are there.
    assert days.first_short_day("n2") == 3
    assert days.short_kg.sum() == pytest.approx(60e3, rel=1e-3)


def test_what_hangs_on_an_unknown_figure_is_unknown():
    ways = [(0, 1, 50, 0.0, True)]
    sure = network([60, 0], [0, 40], ways, stock=[0, 0], holds=[0, 100])
    assert judge_days(sure, days={"n1": 20})["n1"] == ("holds", None)
    unsure = Network(
        nodes=(Node(name="n0", owner="o", supply_kgps=math.nan), sure.nodes[1]), edges=sure.edges
    )
    verdict, reason = judge_days(unsure, days={"n1": 20})["n1"]
    assert verdict == "unknown"
    assert "n1 is short from day 0" in reason
    more = unsure.demanding({"n1": 55 * T})
    assert judge_days(more, days={"n1": 20})["n1"][0] == "fails"
    with pytest.raises(UsageError, match="unknown"):
        find_rates(unsure)
    with pytest.raises(UsageError, match="unknown"):
        find_losses(unsure)


def test_a_surge_counts_where_it_is_told():
    edges = tuple(
        Edge(name=f"e{k}", owner="o", start="a", end=end, capacity_kgps=1.0, surge_kgps=surge)
        for k, (end, surge) in enumerate([("b", 3.0), ("c", math.nan)])
    )
    made = Network(
        nodes=(
            Node(name="a", owner="o", supply_kgps=9.0),
            Node(name="b", owner="o", demand_kgps=2.0),
            Node(name="c", owner="o", demand_kgps=2.0),
        ),
        edges=edges,
    )
    assert find_rates(made).got_kgps == pytest.approx([0.0, 1.0, 1.0])
    assert find_rates(made, tempo="surge").got_kgps == pytest.approx([0.0, 2.0, 1.0])


good = {"owner": "o", "start": "a", "end": "b", "capacity_kgps": 1.0}


@pytest.mark.parametrize(
    ("nodes", "edge", "says"),
    [
        ({}, {"end": "z"}, "'z', which is no node"),
        ({}, {"end": "a"}, "to itself"),
        ({}, {"capacity_kgps": -1.0}, "must not be below 0"),
        ({}, {"loss_share": 1.5}, "a share from 0 to 1"),
        ({}, {"surge_kgps": 0.5}, "exchange the two"),
        ({"stock_kg": 9.0, "holds_kg": 5.0}, {}, "make it hold more"),
        ({"demand_kgps": math.nan}, {}, "must be known"),
        ({"name": "b"}, {}, "is there twice"),
    ],
)
def test_a_network_that_cannot_be_is_refused(nodes, edge, says):
    with pytest.raises(UsageError, match=says):
        Network(
            nodes=(Node(**{"name": "a", "owner": "o", **nodes}), Node(name="b", owner="o")),
            edges=(Edge(**{"name": "e", **good, **edge}),),
        )


def test_questions_that_make_no_sense_are_refused():
    made = stocked()
    for asked in (
        {"days": 0},
        {"days": 3, "step_s": 5e4},
        {"days": 3, "outages": [Outage(name="x", from_day=0)]},
        {"days": 3, "outages": [Outage(name="e1", from_day=2, to_day=1)]},
        {"days": 3, "use_kgps": {"n2": [1.0]}},
    ):
        with pytest.raises(UsageError):
            plan_days(made, **asked)
    with pytest.raises(UsageError, match="no node, edge or owner"):
        made.without("nobody")
    lossy = network([9, 0], [0, 9], [(0, 1, 9, 0.2, True)])
    with pytest.raises(UsageError, match="lossless"):
        find_worst_pairs(lossy)
    assert find_worst_pairs(lossless(lossy))[0].num_rows == 0


def test_nothing_asked_is_nothing_given():
    rates = find_rates(network([5, 0], [0, 0], [(0, 1, 9, 0.0, False)]))
    assert rates.can_hold
    assert rates.why() == ()
    assert rates.delivered_kgps == 0.0


@pytest.mark.parametrize("loss", [0.0, 0.2, 1.0])
def test_where_nothing_is_asked_nothing_is_lost(loss):
    made = network([5, 0], [0, 0], [(0, 1, 9, loss, False)])
    assert {row["lost_kgps"] for row in find_losses(made).to_pylist()} == {0.0}
    assert find_sole_ways(made).num_rows == 0
    assert find_worst_pairs(lossless(made))[0].num_rows == 0
    assert plan_days(made.known(at="worst"), days=2).first_short is None


def test_an_edge_that_loses_all_brings_nothing():
    made = network([5, 0], [0, 3], [(0, 1, 9, 1.0, False)])
    assert not find_rates(made).can_hold
    assert find_sole_ways(made).num_rows == 0
    assert {row["lost_kgps"] for row in find_losses(made).to_pylist()} == {0.0}
