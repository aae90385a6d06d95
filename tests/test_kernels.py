"""The house decorator: machine code that is in the cache is loaded without a compiler."""

import os
import subprocess
import sys

LOOP = """
import sys
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


def run(folder, *words):
    path = folder / "loop.py"
    if not path.exists():
        path.write_text(LOOP)
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
