"""Sight on a graphics card says what sight on a processor says, simulated and, where there is one,
on a real card."""

import sys
from types import SimpleNamespace

import numba
import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import gpu_cases as cases
from airshield.errors import GpuError, UsageError
from airshield.plan.coverage import sight
from airshield.plan.coverage.sight import gpu
from reference import sight as slow

NAMES = [*cases.patches(), *cases.nests()]
ONE = {"step_m": 30.0, "row": 0, "col": 0, "antenna_msl_m": 10.0}


@pytest.fixture(scope="module")
def simulated(tmp_path_factory):
    return cases.simulate(tmp_path_factory.mktemp("card"))


@pytest.fixture(scope="module")
def card():
    missing = gpu.why_not()
    if missing is not None:
        pytest.skip(missing)


@pytest.mark.parametrize("name", NAMES)
def test_the_simulated_card_agrees_with_the_processor_to_a_centimetre(simulated, name):
    processor, card = simulated
    assert len(card[name]) == len(processor[name]) > 0
    for on_card, here in zip(card[name], processor[name], strict=True):
        assert_allclose(on_card, here, rtol=0, atol=0.01)


def test_the_simulated_card_hides_by_similar_triangles_on_all_axes(simulated):
    [low] = simulated[1]["a ring"]
    # The wall, 200 m, four posts from the antenna at 20 m; its foot is seen, and eight posts out a
    # target at 20 + 180 · 8 / 4 m.
    for down, right in ((-1, 0), (0, 1), (1, 0), (0, -1)):
        assert low[9 + 8 * down, 9 + 8 * right] == pytest.approx(380.0, abs=0.01)
        assert low[9 + 3 * down, 9 + 3 * right] == 0.0


def test_the_simulated_card_gives_turned_answers_for_turned_ground_to_the_bit(simulated):
    [low], [turned] = (simulated[1][name] for name in ("relief", "relief turned"))
    [mirrored] = simulated[1]["relief mirrored"]
    assert_array_equal(mirrored, low[:, ::-1])
    rows, columns = np.indices(low.shape)
    diagonal = np.abs(rows - 7) == np.abs(columns - 12)
    assert_array_equal(turned.T[~diagonal], low[~diagonal])
    # Near the site these take the mean of four posts in another order.
    assert_allclose(turned.T, low, rtol=0, atol=1e-3)


def test_the_simulated_card_keeps_what_is_unknown_unknown(simulated):
    ground_m = cases.holed()
    cells = np.argwhere(np.ones(ground_m.shape))
    exact = slow.lowest_visible_m(
        ground_m, cells, steps_m=(60.0, 60.0), site=(9, 12), antenna_msl_m=310.0
    ).reshape(ground_m.shape)
    [low], [through] = simulated[1]["holes"], simulated[1]["holes passed"]
    assert np.isnan(exact).sum() > 30
    # A ray beside an exact line may just miss the post that the line meets: few.
    assert np.mean(np.isnan(low[np.isnan(exact)])) > 0.8
    assert_array_equal(np.isnan(through), np.isnan(ground_m))
    # Both axes pass beside unknown posts and see on.
    assert not np.isnan(low[9]).any()
    assert not np.isnan(low[:, 12]).any()


def test_the_simulated_card_answers_within_a_range_only(simulated):
    [low] = simulated[1]["a range"]
    rows, columns = np.indices(low.shape)
    rng_m = np.hypot((rows - 7) * cases.STEPS_M[1], (columns - 12) * cases.STEPS_M[0])
    assert_array_equal(np.isnan(low), rng_m > 405.0)


@pytest.mark.usefixtures("card")
class TestOnACard:
    @pytest.fixture(scope="class")
    def both(self):
        return cases.answers(sight), cases.answers(gpu)

    @pytest.mark.parametrize("name", NAMES)
    def test_small_patches_agree_with_the_processor_to_a_centimetre(self, both, name):
        for here, on_card in zip(both[0][name], both[1][name], strict=True):
            assert_allclose(on_card, here, rtol=0, atol=0.01)

    @pytest.mark.parametrize("radius_m", [None, 41_000.0])
    def test_a_large_patch_agrees_with_the_processor_to_a_centimetre(self, radius_m):
        ground_m = cases.relief(2311, 1777, 1)
        ground_m[np.random.default_rng(2).random(ground_m.shape) < 1e-5] = np.nan
        asked = {"step_m": (30.0, 45.0), "row": 1300, "col": 640, "antenna_msl_m": 700.0}
        here = sight.lowest_visible_m(ground_m, radius_m=radius_m, **asked)
        on_card = gpu.lowest_visible_m(ground_m, radius_m=radius_m, **asked)
        assert_allclose(on_card, here, rtol=0, atol=0.01)

    def test_large_levels_agree_with_the_processor_to_a_centimetre(self):
        fine = cases.relief(1801, 1801, 4)
        far = sight.coarser_m(cases.relief(3601, 3601, 5), 2)
        asked = {"levels": [(fine, 60.0), (far, 120.0)], "antenna_msl_m": 900.0}
        on_card = gpu.lowest_visible_levels(**asked)
        for low, here in zip(on_card, sight.lowest_visible_levels(**asked), strict=True):
            assert_allclose(low, here, rtol=0, atol=0.01)


def test_without_a_card_the_error_says_what_it_takes():
    missing = gpu.why_not()
    if missing is None:
        pytest.skip("there is a graphics card here")
    with pytest.raises(GpuError, match=r"same answers without a graphics card$") as caught:
        gpu.lowest_visible_m([[1.0]], **ONE)
    assert str(caught.value) == missing
    with pytest.raises(GpuError):
        gpu.lowest_visible_levels([([[1.0]], 30.0)], antenna_msl_m=10.0)


def fake_cuda(monkeypatch, *, available, error=None, free=0):
    cuda = SimpleNamespace(
        is_available=lambda: available,
        cuda_error=lambda: error,
        current_context=lambda: SimpleNamespace(get_memory_info=lambda: (free, free)),
    )
    monkeypatch.setitem(sys.modules, f"{gpu.__name__}._kernels", SimpleNamespace(cuda=cuda))


def test_a_numba_without_cuda_is_told_what_to_install(monkeypatch):
    monkeypatch.delitem(sys.modules, f"{gpu.__name__}._kernels", raising=False)
    monkeypatch.delattr(numba, "cuda", raising=False)
    monkeypatch.setitem(sys.modules, "numba.cuda", None)
    with pytest.raises(GpuError, match=r"has no CUDA .* pip install 'airshield\[gpu\]'"):
        gpu.lowest_visible_m([[1.0]], **ONE)


def test_no_driver_is_told_with_numbas_reason(monkeypatch):
    fake_cuda(monkeypatch, available=False, error="\nCUDA driver library cannot be found.\nIf you")
    monkeypatch.setattr("airshield.plan.coverage.sight.gpu.engine.find_spec", lambda name: None)
    assert gpu.why_not().startswith(
        "no NVIDIA graphics card can be used: CUDA driver library cannot be found; it takes a card"
    )
    assert "install the extra" in gpu.why_not()
    monkeypatch.setattr("airshield.plan.coverage.sight.gpu.engine.find_spec", lambda name: name)
    assert "install" not in gpu.why_not()


def test_a_card_without_a_compiler_is_told_what_to_install(monkeypatch):
    fake_cuda(monkeypatch, available=False)
    with pytest.raises(GpuError, match=r"no compiler for it; install the extra: pip install"):
        gpu.lowest_visible_m([[1.0]], **ONE)


def test_a_patch_larger_than_the_cards_memory_is_refused_with_both_sizes(monkeypatch):
    fake_cuda(monkeypatch, available=True, free=15_999_999)
    with pytest.raises(GpuError, match=r"1000 by 1000 cells takes 0.02 GB .* smaller patch"):
        gpu.lowest_visible_m(np.zeros((1000, 1000), np.float32), **ONE)


def test_what_makes_no_sense_is_refused_before_a_card_is_looked_for():
    with pytest.raises(UsageError, match="looks like degrees"):
        gpu.lowest_visible_m(np.zeros((9, 9)), **ONE | {"step_m": 0.0003})
    with pytest.raises(UsageError, match="levels is empty"):
        gpu.lowest_visible_levels([], antenna_msl_m=1.0)
