"""The house decorator: each loop compiles once, and what is in the cache needs no compiler."""

import gc
import math
import os
import subprocess
import sys
from pathlib import Path

import numba
import numpy as np
import pytest

from airshield import _kernels
from airshield._compiler import Loop
from airshield._kernels import kernel, lean_kernel

LOOP = """
import sys
from pathlib import Path
import numpy as np
from airshield._kernels import kernel

@kernel
def total(values):
    out = 0.0
    for value in values:
        out += value
    return out

@kernel
def doubled(values):
    return 2.0 * total(values)

print(total(np.arange(4.0)))
if sys.argv[1:]:
    print(doubled(np.arange(4.0)))
print("numba.np.polynomial" in sys.modules)  # one of all the things that a compiler has to know
print(sum(total.stats.cache_hits.values()))
"""

LAYERS = """
import sys
from pathlib import Path
import numpy as np
from airshield import _compiler
from airshield._kernels import keep_inner, lean_kernel

@lean_kernel
def lowest(values, k):
    return values[k] if values[k] < 1.0 else 1.0

@lean_kernel
def middle(values, k):
    return lowest(values, k) + min(values[0], values[k])

@lean_kernel
def upper(values):
    out = 0.0
    for k in range(values.size):
        out += middle(values, k) + lowest(values, 1)
    return out

@lean_kernel
def other(values):
    return lowest(values, 0)

made = []
make = _compiler.Loop._compile_inner
_compiler.Loop._compile_inner = lambda loop, key: made.append(loop.__name__) or make(loop, key)

if sys.argv[1:] == ["keep"]:
    keep_inner(middle, np.arange(4.0), 0)
else:
    if sys.argv[1:] == ["other"]:
        other(np.arange(4.0, dtype=np.float32))
        made.clear()
    print(upper(np.arange(4.0)))
print(*sorted(made))
"""


@kernel
def ramp(n):
    out = np.empty(n)
    for i in range(n):
        out[i] = i
    return out


@lean_kernel
def power(values, k):
    out = 0.0
    for i in range(values.size):
        out += values[i] ** k
    return out


@lean_kernel
def powers(values, k):
    return power(values, 2) + power(values, k) + power(k=3, values=values)


@kernel
def sine_of_ramp(n):
    values = ramp(n)
    for i in range(n):
        values[i] = math.sin(values[i])
    return values, powers(values, 4)


def run(folder, *words, source=LOOP):
    path = folder / "loop.py"
    if not path.exists():
        path.write_text(source)
    env = {**os.environ, "AIRSHIELD_CACHE_DIR": str(folder / "cache")}
    done = subprocess.run(
        [sys.executable, str(path), *words], env=env, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


def test_code_in_the_cache_is_loaded_without_making_the_compiler_ready(tmp_path):
    assert run(tmp_path) == ["6.0", "True", "0"]
    assert run(tmp_path) == ["6.0", "False", "1"]


def test_what_is_not_in_the_cache_compiles_after_what_was(tmp_path):
    run(tmp_path)
    assert run(tmp_path, "more") == ["6.0", "12.0", "True", "1"]
    assert run(tmp_path, "more") == ["6.0", "12.0", "False", "1"]


def test_a_loop_called_by_another_is_no_function_for_python_until_python_calls_it():
    values = ramp(5)
    assert powers(values, 1) == power.py_func(values, 2) + values.sum() + (values**3).sum()
    assert power.signatures == []
    assert power(values, 1) == 10.0
    assert len(power.signatures) == 1
    assert powers(values, 2.0) == 30.0 + 30.0 + 100.0


def test_a_value_known_at_the_call_makes_no_variant():
    powers(ramp(5), 1)
    kinds = {key for key in power._inner if all(str(kind) != "float64" for kind in key)}
    assert len(kinds) == 1


def test_loops_that_make_arrays_take_in_those_that_make_none():
    values, sums = sine_of_ramp(1000)
    expected = np.array([math.sin(i) for i in range(1000)])
    np.testing.assert_array_equal(values, expected)
    assert sums == powers.py_func(expected, 4)


def test_what_one_process_keeps_another_takes_in(tmp_path):
    assert run(tmp_path, "keep", source=LAYERS) == ["lowest", "middle"]
    assert run(tmp_path) == ["7.0"]
    assert run(tmp_path) == ["7.0"]


def test_what_is_not_kept_is_compiled_where_it_is_needed(tmp_path):
    assert run(tmp_path, source=LAYERS) == ["7.0", "lowest", "middle"]
    kept = run(tmp_path, "keep")
    assert kept == ["lowest", "middle"]


def test_a_kept_loop_whose_callee_is_lost_gets_it_back(tmp_path):
    run(tmp_path, "keep", source=LAYERS)
    for path in (tmp_path / "cache").rglob("inner-loop.lowest*"):
        path.unlink()
    assert run(tmp_path, "other") == ["7.0", "lowest"]


def test_a_version_of_numba_that_is_not_known_compiles_as_it_does(monkeypatch):
    monkeypatch.setattr(_kernels, "is_known", lambda version: False)
    theirs = lean_kernel(power.py_func)
    assert not isinstance(theirs, Loop)
    values = np.sqrt(np.arange(20.0))
    assert theirs(values, 3) == power(values, 3)


@pytest.mark.parametrize(
    ("version", "known"),
    [("0.63.1", False), ("0.64.0rc1", True), ("0.68.1", True), ("0.69.0", False), ("1.0", False)],
)
def test_versions_of_numba_that_are_known(version, known):
    assert _kernels.is_known(version) == known


def test_the_version_of_numba_that_is_here_is_known():
    assert _kernels.is_known(numba.__version__)


def test_compiling_leaves_the_garbage_collector_as_it_was():
    before = gc.get_threshold()
    try:
        gc.set_threshold(700, 9, 8)
        kernel(lambda x: x + 1.0)(1.0)
        assert gc.get_threshold() == (700, 9, 8)
    finally:
        gc.set_threshold(*before)


def test_a_constant_that_loops_take_from_elsewhere_makes_another_cache(tmp_path):
    """Numba freezes it into machine code, and would go on with the old one."""
    package = tmp_path / "airshield"
    (package / "room").mkdir(parents=True)
    (package / "_compiler.py").write_text("")
    (package / "words.py").write_text("MANY = 3\n")
    (package / "other.py").write_text("")
    (package / "room" / "__init__.py").write_text("from airshield.other import nothing\n")
    (package / "room" / "state.py").write_text("from airshield.words import MANY\n")
    (package / "room" / "_kernels.py").write_text("from airshield.room.state import MANY\n")
    found = {str(file.relative_to(package)) for file in _kernels.kernel_sources(package)}
    assert found == {"_compiler.py", "room/_kernels.py", "room/state.py", "words.py"}


def test_the_cache_depends_on_the_trackers_records_and_on_no_command():
    root = Path(_kernels.__file__).parent
    found = {str(file.relative_to(root)) for file in _kernels.kernel_sources(root)}
    assert {"track/state.py", "plan/coverage/reasons.py", "track/_kernels.py"} <= found
    assert not any(file.startswith(("cli/", "serve/", "config/")) for file in found)
