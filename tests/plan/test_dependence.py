"""On whom it depends, against trying everything and against published games."""

import json
import math
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from airshield.errors import UsageError
from airshield.plan.dependence import (
    ALL,
    FAILS,
    HOLDS,
    UNKNOWN,
    Assumption,
    Figures,
    Goal,
    Option,
    closed,
    dependence_table,
    find_dips,
    find_least_coalitions,
    find_replacements,
    find_shares,
    find_vetoes,
    pair_table,
    play,
    replacement_table,
    screen,
    withdrawal_table,
)
from reference import dependence as slow

ROOT = Path(__file__).parents[2]
PEER = ROOT / ".peers" / "supply" / "bin" / "python"
seeds = st.integers(0, 10**9)
COVER = Goal(name="cover", at_least=0.5)


def names(n):
    return tuple(f"p{i}" for i in range(n))


def numbers(coalition):
    return frozenset(int(name[1:]) for name in coalition)


def at_random(n, seed):
    """A worth for every coalition, at random; nobody is worth something too."""
    worth = dict(
        zip(slow.coalitions(n), np.random.default_rng(seed).uniform(size=2**n), strict=True)
    )
    return lambda some: worth[frozenset(some)]


@settings(deadline=None, max_examples=30)
@given(seed=seeds, n=st.integers(1, 6))
def test_shares_are_what_all_orders_of_joining_give_and_add_up_to_the_whole(seed, n):
    worth = at_random(n, seed)
    game = play(names(n), [COVER], lambda some: [worth(numbers(some))])
    shares = find_shares(game)
    np.testing.assert_allclose(shares.share[:, 0], slow.shares(n, worth), atol=1e-12)
    np.testing.assert_allclose(shares.share.sum(axis=0), shares.whole, atol=1e-12)
    assert shares.whole[0] == pytest.approx(worth(range(n)) - worth(()))
    np.testing.assert_allclose(shares.low[:, 0], shares.share[:, 0])


@settings(deadline=None, max_examples=25)
@given(seed=seeds, n=st.integers(3, 7))
def test_equals_have_equal_shares_and_who_adds_nothing_has_none(seed, n):
    worth = at_random(n, seed)

    # The first two count alike, the last counts for nothing.
    def twins(some):
        counted = set(some) - {n - 1}
        if (0 in counted) != (1 in counted):
            counted = (counted - {1}) | {0}
        return worth(counted)

    share = find_shares(play(names(n), [COVER], lambda some: [twins(numbers(some))])).share[:, 0]
    assert share[0] == pytest.approx(share[1], abs=1e-12)
    assert share[-1] == pytest.approx(0.0, abs=1e-12)


def test_the_runway_is_paid_for_as_littlechild_and_owen_have_it():
    # A runway for aircraft of four classes that need more and more of it: each length is shared by
    # those who need it (Littlechild, Owen, Management Science 20, 1973).
    lengths = [8.0, 11.0, 13.0, 18.0]
    goal = Goal(name="cost", at_most=0.0)
    game = play(
        names(4), [goal], lambda some: [max((lengths[i] for i in numbers(some)), default=0)]
    )
    want = np.cumsum(np.diff([0.0, *lengths]) / [4, 3, 2, 1])
    # Cost is worse when it is more: shares are negative.
    np.testing.assert_allclose(find_shares(game).share[:, 0], -want)


def council(some):
    """The Security Council: five permanent members must agree, nine votes in all are needed."""
    voters = numbers(some)
    return [1.0 if set(range(5)) <= voters and len(voters) >= 9 else 0.0]


def test_a_council_of_fifteen_is_sampled_within_its_interval():
    goal = Goal(name="carried", at_least=1.0)
    game = play(names(15), [goal], council, orders=2000, seed=4)
    assert not game.is_complete
    shares = find_shares(game)
    # Shapley and Shubik's index: 421/2145 for a permanent member, 4/2145 for another.
    want = np.array([421 / 2145] * 5 + [4 / 2145] * 10)
    inside = (shares.low[:, 0] <= want) & (want <= shares.high[:, 0])
    assert inside.mean() >= 0.8
    np.testing.assert_allclose(shares.share[:, 0], want, atol=0.03)
    assert shares.share[:, 0].sum() == pytest.approx(1.0)
    assert find_vetoes(game) == names(5)
    table = dependence_table(game).to_pylist()
    assert [r["is_veto"] for r in table if r["requirement"] == "carried"] == [True] * 5 + [
        False
    ] * 10
    again = play(names(15), [goal], council, orders=2000, seed=4)
    assert dependence_table(again).equals(dependence_table(game))
    for least in find_least_coalitions(game):
        assert council(least) == [1.0]
    assert min(map(len, find_least_coalitions(game))) == 9
    few = play(names(40), [goal], council, orders=4)
    with pytest.raises(UsageError, match="only a sample"):
        few.row(few.mask(names(40)[::2]))


def test_exact_shares_of_a_council_of_twelve_are_the_index():
    # Two with a veto and ten others, of whom three must agree.
    def small(some):
        voters = numbers(some)
        return [1.0 if {0, 1} <= voters and len(voters) >= 5 else 0.0]

    game = play(names(12), [Goal(name="carried", at_least=1.0)], small)
    assert game.is_complete
    share = find_shares(game).share[:, 0]
    # Another decides at the fifth place with both permanent ones and two others before it.
    other = 36 * math.factorial(4) * math.factorial(7) / math.factorial(12)
    np.testing.assert_allclose(share, [(1 - 10 * other) / 2] * 2 + [other] * 10)
    assert len(find_least_coalitions(game)) == math.comb(10, 3)


@settings(deadline=None, max_examples=40)
@given(seed=seeds, n=st.integers(1, 6))
def test_least_coalitions_and_closed_verdicts_are_those_of_trying_everything(seed, n):
    worth = at_random(n, seed)
    game = play(names(n), [COVER], lambda some: [worth(numbers(some))])
    want = slow.least(n, lambda some: worth(some) >= 0.5)
    assert {numbers(some) for some in find_least_coalitions(game, "cover")} == want
    verdict = closed(game)[:, 0]
    for mask in range(2**n):
        some = numbers(game.members(mask))
        held = any(worth(part) >= 0.5 for part in slow.coalitions(n) if part <= some)
        assert (verdict[mask] == HOLDS) == held
    dips = {
        (numbers(d.coalition), int(d.joins[1:]))
        for d in find_dips(game)
        if d.requirement == "cover"
    }
    assert dips == {
        (some, i)
        for some in slow.coalitions(n)
        for i in set(range(n)) - some
        if worth(some | {i}) < worth(some)
    }


def shield(some):
    """Fighters of A, B, C man stations: fewer without T's tankers, none without F's fuel."""
    fighters = 14 * ("A" in some) + 8 * ("B" in some) + 8 * ("C" in some)
    reach = 1.0 if "T" in some else 0.6
    return [min(1.0, fighters / 15) * reach * ("F" in some), 10.0 if "A" in some else 4.0]


ASKED = (Goal(name="stations", at_least=0.95), Goal(name="minutes", at_least=3.0))


def test_who_brings_most_may_be_spared_and_who_brings_only_tankers_not():
    game = play("ABCTF", ASKED, shield)
    rows = {(r["contributor"], r["requirement"]): r for r in dependence_table(game).to_pylist()}
    assert rows["A", "stations"]["withdrawal_figure"] == 0.0
    assert rows["T", "stations"]["withdrawal_figure"] == pytest.approx(0.4)
    assert rows["T", "stations"]["alone_figure"] == 0.0
    assert rows["A", "stations"]["shapley_figure"] > rows["B", "stations"]["shapley_figure"] > 0.0
    assert find_vetoes(game) == ("T", "F")
    assert find_vetoes(game, "minutes") == ()
    assert find_least_coalitions(game) == (
        ("A", "B", "T", "F"),
        ("A", "C", "T", "F"),
        ("B", "C", "T", "F"),
    )
    assert rows["T", ALL]["without_figure"] == 0.5
    assert rows["T", ALL]["verdict_without"] == "fails"
    pairs = [r for r in pair_table(game).to_pylist() if r["requirement"] == "stations"]
    assert {pairs[0]["contributor"], pairs[0]["other"]} & {"F"}
    a_b = next(r for r in pairs if (r["contributor"], r["other"]) == ("A", "B"))
    assert a_b["loss_figure"] == a_b["beyond_figure"] == pytest.approx(1.0 - 8 / 15)
    assert find_dips(game) == ()


def test_the_table_of_coalitions_tells_each_of_them():
    game = play("ABCTF", ASKED, shield)
    rows = game.table().to_pylist()
    assert len(rows) == 32 * 3
    some = next(r for r in rows if r["comes"] == "B, C, T, F" and r["requirement"] == "stations")
    assert some["coalition"] == game.mask("BCTF")
    assert (some["value_figure"], some["verdict"]) == (1.0, "holds")
    assert rows[0]["comes"] == "nobody"


def test_coalitions_may_be_worked_out_side_by_side():
    with ThreadPoolExecutor(2) as pool:
        game = play("ABCTF", ASKED, shield, mapper=pool.map)
    assert game.table().equals(play("ABCTF", ASKED, shield).table())


def test_differences_are_taken_run_by_run_where_random_numbers_are_shared():
    noise = np.random.default_rng(7).normal(0.0, 0.2, 50)

    def noisy(some):
        return [shield(some)[0] + noise]

    goal = Goal(name="stations", at_least=0.5)
    game = play("ABCTF", [goal], noisy)
    of_tanker = next(r for r in dependence_table(game).to_pylist() if r["contributor"] == "T")
    # The noise is common to all, so the loss is known although neither figure is.
    assert of_tanker["withdrawal_low_figure"] == pytest.approx(0.4)
    assert of_tanker["withdrawal_high_figure"] == pytest.approx(0.4)
    own = np.random.default_rng(8)

    def apart(some):
        return [shield(some)[0] + own.normal(0.0, 0.2, 50)]

    shares = find_shares(play("ABCTF", [goal], apart))
    true = find_shares(play("ABCTF", [goal], lambda some: shield(some)[:1])).share[:, 0]
    width = shares.high[:, 0] - shares.low[:, 0]
    assert np.all(width > 0.01)
    assert np.all(np.abs(shares.share[:, 0] - true) < 1.5 * width)


def test_a_figure_between_bounds_is_unknown_and_so_is_what_follows():
    def bounded(some):
        value = 0.2 + 0.3 * len(some)
        return Figures(
            value=np.array([value]), low=np.array([value - 0.1]), high=np.array([value + 0.1])
        )

    game = play("AB", [Goal(name="cover", at_least=0.75)], bounded)
    assert game.verdict[:, 0].tolist() == [FAILS, FAILS, FAILS, UNKNOWN]
    assert game.verdict[:, 1].tolist() == [FAILS, FAILS, FAILS, UNKNOWN]
    assert find_vetoes(game) == ()
    shares = find_shares(game)
    np.testing.assert_allclose(shares.low[:, 0], 0.1)
    np.testing.assert_allclose(shares.high[:, 0], 0.5)
    nothing = play("AB", [Goal(name="cover", at_least=0.75)], lambda some: [math.nan])
    assert (nothing.verdict == UNKNOWN).all()
    assert dependence_table(nothing).column("shapley_figure").to_pylist()[0] is None


def test_who_goes_later_leaves_more():
    def leaving(player, day):
        without = shield(set("ABCTF") - {player})[0]
        share = 0.0 if day is None else day / 30
        return [share * shield("ABCTF")[0] + (1 - share) * without, 10.0]

    table = withdrawal_table("TF", ASKED, leaving, stays=shield("ABCTF"), days=[None, 15, 30])
    rows = [
        r for r in table.to_pylist() if r["contributor"] == "F" and r["requirement"] == "stations"
    ]
    assert [r["loss_figure"] for r in rows] == pytest.approx([1.0, 0.5, 0.0])
    assert [r["verdict"] for r in rows] == ["fails", "fails", "holds"]
    assert rows[0]["day"] is None


@settings(deadline=None, max_examples=60)
@given(seed=seeds)
def test_replacements_are_the_cheapest_of_all_ways_and_the_soonest(seed):
    rng = np.random.default_rng(seed)
    most = rng.integers(1, 4, 4).tolist()
    costs = rng.integers(1, 10, 4).tolist()
    leads = rng.integers(0, 5, 4).tolist()
    gain = rng.integers(0, 5, (2, 4))
    limits = rng.integers(0, 22, 2).tolist()

    def figures(counts):
        return gain @ np.array([counts[f"o{i}"] for i in range(4)], float)

    def holds(counts):
        return bool(np.all(gain @ np.array(counts) >= limits))

    goals = [Goal(name=f"g{k}", at_least=float(limits[k])) for k in range(2)]
    options = [
        Option(name=f"o{i}", provider="X", cost=costs[i], lead_s=leads[i], most=most[i])
        for i in range(4)
    ]
    cheap, soon = find_replacements("W", options, goals, figures)
    want = slow.cheapest(most, costs, holds)
    if want is None:
        assert cheap.state == "not_possible"
        assert cheap.brings is None
        return
    assert cheap.state == ("not_needed" if holds([0] * 4) else "proven")
    assert cheap.cost == cheap.bound == want
    assert holds([cheap.brings.get(f"o{i}", 0) for i in range(4)])
    lead = min(
        when
        for when in (0, *leads)
        if holds([m if at <= when else 0 for m, at in zip(most, leads, strict=True)])
    )
    within = [m if at <= lead else 0 for m, at in zip(most, leads, strict=True)]
    assert soon.cost == slow.cheapest(within, costs, holds)
    assert soon.lead_s <= lead


def test_what_is_not_for_sale_is_not_possible_and_the_own_options_do_not_count():
    goals = [Goal(name="tankers", at_least=2.0)]
    offers = [
        Option(name="own", provider="W", cost=1.0, lead_s=0.0, most=5),
        Option(name="other", provider="X", cost=3.0, lead_s=9.0, most=1),
    ]
    cheap, soon = find_replacements("W", offers, goals, lambda counts: [sum(counts.values())])
    assert cheap.state == soon.state == "not_possible"
    assert replacement_table([cheap]).to_pylist()[0]["brings"] is None
    few, _ = find_replacements("Z", offers, goals, lambda counts: [sum(counts.values())], tries=2)
    assert few.state in {"found", "unknown"}
    assert few.tried <= 2
    best, _ = find_replacements("Z", offers, goals, lambda counts: [sum(counts.values())])
    assert replacement_table([best]).to_pylist()[0]["brings"] == "2 × own"
    unknown, _ = find_replacements("Z", offers, goals, lambda counts: [math.nan])
    assert unknown.state == "unknown"


RANGES = [Assumption(name=f"x{k}", low=-1.0 - k, high=2.0 + k) for k in range(3)]


def test_a_straight_line_is_screened_exactly():
    found = screen(RANGES, [COVER], lambda x: [4 * x["x0"] - 2 * x["x1"] + 1], walks=6)
    np.testing.assert_allclose(found.mu[:, 0], [4 * 3, -2 * 5, 0.0], atol=1e-12)
    np.testing.assert_allclose(found.mu_star[:, 0], [12.0, 10.0, 0.0], atol=1e-12)
    np.testing.assert_allclose(found.sigma[:, 0], 0.0, atol=1e-12)
    rows = [r for r in found.table().to_pylist() if r["requirement"] == "cover"]
    assert [r["assumption"] for r in rows] == ["x0", "x1", "x2"]
    assert [r["is_deciding"] for r in rows] == [True, True, False]
    same = screen(RANGES, [COVER], lambda x: [4 * x["x0"] - 2 * x["x1"] + 1], walks=6)
    assert same.table().equals(found.table())


def test_every_walk_steps_once_along_each_axis_within_the_ranges():
    seen = screen(RANGES, [COVER], lambda x: [x["x0"] * x["x1"]], walks=40, levels=6, seed=3)
    points = seen.points.reshape(40, 4, 3)
    moved = np.diff(points, axis=1) != 0.0
    assert (moved.sum(axis=1) == 1).all()
    assert (moved.sum(axis=2) == 1).all()
    for k, a in enumerate(RANGES):
        assert points[..., k].min() == a.low
        assert points[..., k].max() == a.high
    # x0 and x1 work together, x2 not at all.
    assert seen.sigma[0, 0] > 1.0 < seen.sigma[1, 0]
    assert seen.sigma[2, 0] == 0.0


def bent(x):
    return math.sin(x["x0"]) + 7 * math.sin(x["x1"]) ** 2 + 0.1 * x["x2"] ** 4 * math.sin(x["x0"])


def test_the_measures_are_salibs():
    if not PEER.exists():
        pytest.skip("SALib is not there (make peers)")
    found = screen(RANGES, [COVER], lambda x: [bent(x)], walks=15, levels=4)
    asked = {
        "what": "morris",
        "bounds": [[a.low, a.high] for a in RANGES],
        "points": found.points.tolist(),
        "values": found.values[:, 0].tolist(),
        "levels": 4,
    }
    done = subprocess.run(
        [PEER, ROOT / "tests" / "reference" / "supply_peer.py"],
        input=json.dumps(asked),
        capture_output=True,
        text=True,
        check=True,
    )
    peer = json.loads(done.stdout)
    np.testing.assert_allclose(found.mu[:, 0], peer["mu"], rtol=1e-9)
    np.testing.assert_allclose(found.mu_star[:, 0], peer["mu_star"], rtol=1e-9)
    np.testing.assert_allclose(found.sigma[:, 0], peer["sigma"], rtol=1e-9)


def test_questions_that_make_no_sense_are_refused():
    with pytest.raises(UsageError, match="lower one first"):
        Assumption(name="x", low=2.0, high=1.0)
    with pytest.raises(UsageError, match="either at_least or at_most"):
        Goal(name="x")
    with pytest.raises(UsageError, match="call it otherwise"):
        Goal(name=ALL, at_least=1.0)
    with pytest.raises(UsageError, match="each once"):
        play(["A", "A"], [COVER], lambda some: [1.0])
    with pytest.raises(UsageError, match="one for each"):
        play("AB", [COVER], lambda some: [1.0, 2.0])
    with pytest.raises(UsageError, match="lower bound first"):
        play(
            "AB", [COVER], lambda some: Figures(value=np.ones(1), low=np.ones(1), high=np.zeros(1))
        )
    with pytest.raises(UsageError, match="one replication"):
        play("AB", [COVER], lambda some: [[1.0]])
    with pytest.raises(UsageError, match="even number"):
        screen(RANGES, [COVER], lambda x: [1.0], levels=3)
    with pytest.raises(UsageError, match="not below 0"):
        find_replacements(
            "W", [Option(name="o", provider="X", cost=-1.0, lead_s=0.0)], [COVER], lambda c: [1.0]
        )
    with pytest.raises(UsageError, match="no contributor"):
        play("AB", [COVER], lambda some: [1.0]).mask(["Z"])
