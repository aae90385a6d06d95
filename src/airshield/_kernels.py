"""The house decorator for compiled loops, and where their machine code is kept.

Every room keeps its loops in a ``_kernels.py`` and decorates them with :func:`kernel`; nothing
else imports numba. Kernels are plain functions of arrays and scalars: no checks, no defaults, no
strings, NaN is data (fast-math stays off).

Numba's own on-disk cache does not notice an edit made in *another* file that a kernel calls into.
So the cache folder is named after a digest of all kernel sources together: edit any kernel and
every kernel is compiled anew, into a new folder.
"""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any, Final, TypeVar, cast

import numba
from numba.core.caching import FunctionCache
from numba.core.runtime.nrt import rtsys

_F = TypeVar("_F", bound=Callable[..., Any])

VERSIONS: Final = ((0, 64), (0, 68))
"""The first and the last version of Numba that loops compile once with (``_compiler``). Others
compile as Numba does, with the same results, only later."""


def is_known(version: str) -> bool:
    """Tell whether a version of Numba is one whose insides are known."""
    first, last = VERSIONS
    return first <= tuple(int(number) for number in version.split(".")[:2]) <= last


if is_known(numba.__version__):
    from airshield import _compiler

CACHE_ENV = "AIRSHIELD_CACHE_DIR"
"""Environment variable that moves the cache away from the user's cache folder."""


_IMPORTED = re.compile(rb"^from airshield\.([\w.]+) import", re.MULTILINE)


def kernel_sources(root: Path) -> list[Path]:
    """Every file of the package whose words may be in machine code.

    Those of the loops, and what they take from other modules, and those from others: Numba puts
    the value of a constant into the code and would not notice that it has changed.
    """
    waiting = [root / "_compiler.py", *root.rglob("_kernels.py")]
    found: set[Path] = set()
    while waiting:
        source = waiting.pop()
        if source in found:
            continue
        found.add(source)
        for name in _IMPORTED.findall(source.read_bytes()):
            module = root.joinpath(*name.decode().split("."))
            for file in (module.with_suffix(".py"), module / "__init__.py"):
                # What a room re-exports is in files that it imports.
                if file.is_file():
                    waiting.append(file)
    return sorted(found)


@lru_cache(maxsize=1)
def cache_folder() -> Path:
    """Return the folder for this build's machine code, made if need be.

    Falls back to a private folder under the system's temporary directory where the user's cache
    folder cannot be written (read-only homes, service accounts).
    """
    digest = hashlib.sha256(numba.__version__.encode())
    root = Path(__file__).parent
    for source in kernel_sources(root):
        digest.update(str(source.relative_to(root)).encode())
        digest.update(source.read_bytes())
    name = f"kernels-{digest.hexdigest()[:16]}"

    chosen = os.environ.get(CACHE_ENV)
    user_cache = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    base = Path(chosen) if chosen else Path(user_cache).expanduser() / "airshield"
    fallback = Path(tempfile.gettempdir()) / f"airshield-{os.getuid()}"
    for folder in (base / name, fallback / name):
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError:
            continue
        if os.access(folder, os.W_OK):
            return folder
    return Path(tempfile.mkdtemp(prefix="airshield-"))


def is_compiled(room: str) -> bool:
    """Tell whether a room's warm-up has run to its end before, with exactly these sources."""
    return (cache_folder() / f"{room}.complete").exists()


def mark_compiled(room: str) -> None:
    """Note that all kernels of a room are in the cache folder."""
    (cache_folder() / f"{room}.complete").touch()


class _Cache(FunctionCache):
    """Numba's cache on disk, without what only a compiler needs.

    Before Numba looks for machine code it makes its compiler ready, which imports every
    implementation of a function that it knows: 0.2 s and 13 MB at the first call of a process,
    for nothing where the code is found. Where it is not, the compiler makes itself ready.
    """

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        # Only the memory management is needed. Numba's lock around all compiling is held here.
        target_context.refresh = lambda: rtsys.initialize(target_context)
        try:
            return super().load_overload(sig, target_context)
        finally:
            del target_context.refresh


def kernel(function: _F) -> _F:
    """Compile a loop at its first call, without the GIL, cached on disk.

    The plain Python function stays reachable as ``.py_func``, for the tests that hold the
    interpreted and the compiled form to the same slow twin.
    """
    return _compiled(function, counts_references=True)


def lean_kernel(function: _F) -> _F:
    """Like :func:`kernel`, for a loop that makes no arrays of its own.

    It counts no references. Passing a record of two dozen arrays from loop to loop took two fifths
    of the tracker's time, and a good part of its compilation, for counting them up and down. A
    loop that makes an array does not compile this way.
    """
    return _compiled(function, counts_references=False)


def apart_kernel(function: _F) -> _F:
    """Like :func:`lean_kernel`, for an inner loop whose arrays never overlap.

    LLVM makes no vectors of a loop that reads at places it looks up in one array and writes to
    another: for all it knows they are the same. Here it is told that they are not.
    """
    return _compiled(function, counts_references=False, keeps_apart=True)


def _compiled(function: _F, *, counts_references: bool, keeps_apart: bool = False) -> _F:
    settings: Any = numba.config
    if settings.DISABLE_JIT:  # the loops are debugged or fuzzed
        cast(Any, function).py_func = function
        return function
    options = {
        "nopython": True,
        "nogil": True,
        "boundscheck": None,
        "error_model": "numpy",
        "_nrt": counts_references,
    }
    # Numba reads the folder from its settings while it decorates; other packages' kernels in the
    # same process keep theirs.
    before = settings.CACHE_DIR
    settings.CACHE_DIR = str(cache_folder())
    try:
        if is_known(numba.__version__):
            loop: Any = _compiler.Loop(function, targetoptions=options, keeps_apart=keeps_apart)
        else:
            loop = numba.jit(**options)(function)
        loop._cache = _Cache(function)
    finally:
        settings.CACHE_DIR = before
    return cast(_F, loop)


def keep_inner(function: Callable[..., Any], *args: Any) -> None:
    """Compile a loop for calls by other loops with such arguments, and keep that in the cache.

    The loop is not run. Where several processes each compile a part of what a large loop calls,
    the one that compiles the large loop finds the parts in the cache.
    """
    if hasattr(function, "keep_inner"):
        function.keep_inner(*args)


def plain(function: _F) -> _F:
    """Return a kernel as the Python function that it was: for tables made once, at import."""
    return cast(_F, cast(Any, function).py_func)
