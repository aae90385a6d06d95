"""How the loops are compiled: each once, and all that one call from Python needs as a whole.

Numba compiles a function that another calls as if Python were going to call it: with a wrapper
that unpacks every argument, through all passes, down to machine code. The caller then takes the
optimised code in and sends all of it through the passes and down to machine code again, and so at
every layer up to the one that Python does call. A tracker has a dozen layers.

Here only the *outer* loop, the one that Python calls, goes that way. An *inner* one, called by
another loop, is typed and written down for LLVM and no more; the outer one collects what it needs,
optimises it as a whole and makes machine code of it. Nobody else can call what it took in, so LLVM
puts it where it is called and drops the rest. What Python calls later although a loop called it
before is compiled again, as an outer one. A value known at the call, ``f(x, 4)``, makes no variant
of its own: LLVM finds that out when it puts one loop into another.

Numba's insides are no interface. So this is for the versions in :data:`VERSIONS`, which the tests
run with; others compile as Numba does, with the same results, only later
(``docs/adr/0007-loops-compile-once.md``).
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import numba
from llvmlite import binding as llvm
from numba.core import types
from numba.core.caching import CompileResultCacheImpl, FunctionCache
from numba.core.codegen import JITCodeLibrary
from numba.core.compiler import Compiler, CompileResult
from numba.core.compiler_lock import global_compiler_lock
from numba.core.dispatcher import _FunctionCompiler
from numba.core.registry import CPUDispatcher
from numba.core.runtime.nrt import rtsys
from numba.core.sigutils import normalize_signature
from numba.core.typing import make_concrete_template

VERSIONS: Final = ((0, 61), (0, 68))
"""The first and the last version of Numba whose insides are known."""

UNUSED_PASSES: Final = frozenset(
    {
        "DeadBranchPrune",  # branches on arguments that are None
        "FindLiterallyCalls",
        "InlineClosureLikes",
        "InlineInlinables",
        "LiteralPropagationSubPipelinePass",
        "LiteralUnroll",
        "MakeFunctionToJitFunction",
        "RewriteDynamicRaises",
        "WithLifting",
    }
)
"""Passes for what no kernel does: closures, comprehensions, ``with``, ``raise``, literals. They
change nothing, but after each Numba looks through the whole function again."""

ARRAY_PASSES: Final = frozenset({"InlineOverloads", "NopythonRewrites"})
"""Passes for expressions of whole arrays, which a loop without references cannot make."""

COLLECT_EVERY: Final = 200_000
"""Objects made between two garbage collections while compiling. A compiler makes millions that
live: looking through them took a seventh of its time."""


def make_loop(function: Any, options: dict[str, Any]) -> Any:
    """Make a function one that compiles at its first call, cached in ``numba.config.CACHE_DIR``."""
    if is_known(numba.__version__):
        return Loop(function, targetoptions=options)
    loop: Any = numba.jit(**options)(function)
    loop._cache = Cache(function)
    return loop


def is_known(version: str) -> bool:
    """Tell whether a version of Numba is one whose insides are known."""
    first, last = VERSIONS
    return first <= tuple(int(number) for number in version.split(".")[:2]) <= last


class Cache(FunctionCache):
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


class Library(JITCodeLibrary):
    """The code of one loop. An inner one's waits, as it was written down, for an outer one."""

    def __init__(self, codegen: Any, name: str, *, is_inner: bool, counts_references: bool) -> None:
        super().__init__(codegen, name)
        self._linking_libraries: list[Any] = []
        self.is_inner = is_inner
        self.counts_references = counts_references
        self.environments: dict[str, Any] = {}
        self.enable_object_caching()

    def inner(self) -> list[Library]:
        """Find all inner loops that this one calls, or that those call; and take them in."""
        found: dict[Any, None] = {}
        waiting = list(self._linking_libraries)
        while waiting:
            library = waiting.pop()
            if library not in found:
                found[library] = None
                if isinstance(library, Library) and library.is_inner:
                    waiting.extend(library._linking_libraries)
        self._linking_libraries = list(found)
        return [lib for lib in found if isinstance(lib, Library) and lib.is_inner]

    def finalize(self) -> None:
        if self.is_inner:
            self._raise_if_finalized()
            self._finalized = True
            return
        inner = self.inner()
        self.counts_references |= any(library.counts_references for library in inner)
        super().finalize()
        for library in inner:
            for name, environment in library.environments.items():
                self._codegen.set_env(name, environment)

    def gather(self) -> None:
        """Take the code of all inner loops that this one needs into its own: it stands alone."""
        for library in self.inner():
            self.environments |= library.environments
            self.counts_references |= library.counts_references
        for library in self._linking_libraries:
            self._reload_init.update(library._reload_init)
            self._final_module.link_in(library._get_module_for_linking(), preserve=True)
        self._linking_libraries = []
        self._shared_module = None

    def _optimize_functions(self, ll_module: Any) -> None:
        # What is optimised as a whole need not be simplified piece by piece before.
        ll_module.data_layout = self._codegen._data_layout

    def _optimize_final_module(self) -> None:
        for function in self._final_module.functions:
            if not function.is_declaration and function.linkage == llvm.Linkage.linkonce_odr:
                function.linkage = "internal"
        if self.counts_references:
            super()._optimize_final_module()
            return
        # Without references there is no need for a first round that brings them together.
        passes, builder = self._codegen._module_pass_manager()
        passes.run(self._final_module, builder)


class LoopCompiler(Compiler):
    """Numba's compiler, with a library of ours and without the passes that no kernel needs."""

    def compile_extra(self, func: Any) -> Any:
        flags = self.state.flags
        self.state.library = Library(
            self.state.targetctx.codegen(),
            func.__qualname__,
            is_inner=bool(flags.no_compile),
            counts_references=bool(flags.nrt),
        )
        return super().compile_extra(func)

    def define_pipelines(self) -> Any:
        unused = UNUSED_PASSES if self.state.flags.nrt else UNUSED_PASSES | ARRAY_PASSES
        pipelines = super().define_pipelines()
        for pipeline in pipelines:
            pipeline.passes = [p for p in pipeline.passes if p[0].__name__ not in unused]
            pipeline.finalize()
        return pipelines


class _InnerCompiler(_FunctionCompiler):
    def _customize_flags(self, flags: Any) -> Any:
        flags.no_compile = flags.no_cpython_wrapper = True
        return flags


class _InnerCacheImpl(CompileResultCacheImpl):
    """Keeps an inner loop and all that it calls as LLVM's code, for another process to take in."""

    def get_filename_base(self, fullname: str, abiflags: str) -> str:
        return "inner-" + str(super().get_filename_base(fullname, abiflags))

    def check_cachable(self, cres: Any) -> Any:
        cres.library._finalize_dynamic_globals()
        return super().check_cachable(cres)

    def reduce(self, cres: Any) -> Any:
        library, fndesc = cres.library, cres.fndesc
        fndesc.typemap = fndesc.calltypes = None  # may not be picklable, as in Numba's own cache
        return (
            library.name,
            library._final_module.as_bitcode(),
            library.counts_references,
            library.environments,
            library._reload_init,
            fndesc,
            cres.signature,
        )

    def rebuild(self, target_context: Any, payload: Any) -> Any:
        name, bitcode, counts_references, environments, reload_init, fndesc, signature = payload
        for prepare in reload_init:
            prepare()
        library = Library(
            target_context.codegen(), name, is_inner=True, counts_references=counts_references
        )
        library._final_module = llvm.parse_bitcode(bitcode)
        library.environments = environments
        library._reload_init.update(reload_init)
        return _inner_result(library, fndesc, signature, target_context)


class _InnerCache(Cache):
    _impl_class = _InnerCacheImpl


def _inner_result(library: Library, fndesc: Any, signature: Any, target_context: Any) -> Any:
    """What Numba has to know of a loop to call it. The entry is a name: there is no code yet."""
    library._ensure_finalized()
    fields = dict.fromkeys(CompileResult._fields)
    fields |= {
        "typing_context": target_context,
        "target_context": target_context,
        "entry_point": object(),
        "library": library,
        "fndesc": fndesc,
        "signature": signature,
        "objectmode": False,
        "lifted": (),
        "reload_init": [],
    }
    return CompileResult(**fields)


class Loop(CPUDispatcher):
    """A function that compiles at its first call: as an outer loop, or for others to take in."""

    def __init__(self, py_func: Any, targetoptions: Any, **_: Any) -> None:
        options = {**targetoptions, "no_cfunc_wrapper": True}
        super().__init__(py_func, targetoptions=options, pipeline_class=LoopCompiler)
        self._inner_compiler = _InnerCompiler(
            py_func, self.targetdescr, options, self.locals, LoopCompiler
        )
        self._cache = Cache(py_func)
        self._inner_cache = _InnerCache(py_func)

    def compile(self, sig: Any) -> Any:
        with global_compiler_lock, _few_collections():
            args, _ = normalize_signature(sig)
            if args in self.overloads and _is_inner(self.overloads[args]):
                del self.overloads[args]
            return super().compile(sig)

    def get_call_template(self, args: Any, kws: Any) -> Any:
        """Compile for a call by another loop, and tell that call's types."""
        pysig, folded = self._compiler.fold_argument_types(args, kws)
        key = tuple(types.unliteral(kind) for kind in folded)
        known = self.overloads.get(key) or self._compile_inner(key)
        name = self.py_func.__name__
        template = make_concrete_template(f"CallTemplate({name})", name, [known.signature])
        return template, pysig, key, {}

    def keep_inner(self, *args: Any) -> None:
        """Compile for calls by other loops with such arguments, and keep that in the cache.

        The loop is not run. Another process that compiles a caller then only takes it in.
        """
        with global_compiler_lock, _few_collections():
            key = tuple(self.typeof_pyval(value) for value in args)
            self._types_active_call.clear()
            known = self.overloads.get(key) or self._compile_inner(key)
            if _is_inner(known):
                known.library.gather()
                self._inner_cache.save_overload(key, known)

    def _compile_inner(self, key: tuple[Any, ...]) -> Any:
        target = self.targetctx
        with global_compiler_lock, self._compiling_counter:
            known = self._cache.load_overload(key, target)  # an outer one will do as well
            if known is None:
                known = self._inner_cache.load_overload(key, target)
            if known is not None:
                self._cache_hits[key] += 1
            else:
                self._cache_misses[key] += 1
                done = self._inner_compiler.compile(key, None)
                environment = {target.get_env_name(done.fndesc): done.environment}
                done.library.environments = environment
                known = _inner_result(done.library, done.fndesc, done.signature, target)
            target.insert_user_function(known.entry_point, known.fndesc, [known.library])
            if _is_inner(known):
                self.overloads[key] = known
            else:
                self.add_overload(known)
            return known


def _is_inner(known: Any) -> bool:
    return isinstance(known.library, Library) and known.library.is_inner


@contextmanager
def _few_collections() -> Iterator[None]:
    """Look for garbage seldom while compiling."""
    before = gc.get_threshold()
    gc.set_threshold(max(before[0], COLLECT_EVERY) if before[0] else 0, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)
