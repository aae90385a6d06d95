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

Numba's insides are no interface: ``_kernels`` uses this with versions that are known, and lets
others compile as they do (``docs/adr/0007-loops-compile-once.md``).
"""

from __future__ import annotations

import gc
import hashlib
import importlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from llvmlite import binding as llvm
from numba.core import types
from numba.core.caching import CompileResultCacheImpl, FunctionCache
from numba.core.codegen import JITCodeLibrary
from numba.core.compiler import Compiler, CompileResult
from numba.core.compiler_lock import global_compiler_lock
from numba.core.dispatcher import _FunctionCompiler
from numba.core.registry import CPUDispatcher
from numba.core.sigutils import normalize_signature
from numba.core.typing import make_concrete_template

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


class Library(JITCodeLibrary):
    """The code of one loop. An inner one's waits, as it was written down, for an outer one."""

    def __init__(self, codegen: Any, name: str, *, is_inner: bool, counts_references: bool) -> None:
        super().__init__(codegen, name)
        self._linking_libraries: list[Any] = []
        self._dynamic_globals: list[str] = []
        self.is_inner = is_inner
        self.counts_references = counts_references
        self.environments: list[Any] = []
        self.whose: tuple[str, str, tuple[Any, ...]] = ("", "", ())
        self.enable_object_caching()

    def finalize(self) -> None:
        if self.is_inner:
            self._raise_if_finalized()
            self._finalized = True
            return
        found: dict[Any, None] = {}
        waiting = list(self._linking_libraries)
        while waiting:
            library = waiting.pop()
            if library not in found:
                found[library] = None
                if _is_inner(library):
                    waiting.extend(library._linking_libraries)
        self._linking_libraries = list(found)
        inner = [library for library in found if _is_inner(library)]
        self.counts_references |= any(library.counts_references for library in inner)
        super().finalize()
        for library in inner:
            for environment in library.environments:
                self._codegen.set_env(environment.env_name, environment)

    def stand_alone(self) -> None:
        """Make an inner loop's code fit to be kept: it needs other inner loops and no more."""
        for library in self._linking_libraries:
            if not _is_inner(library):  # a small function of Numba's own
                self._final_module.link_in(library._get_module_for_linking(), preserve=True)
                self._reload_init.update(library._reload_init)
        self._linking_libraries = [lib for lib in self._linking_libraries if _is_inner(lib)]
        self._shared_module = None
        self._simplify(self._final_module)
        # Numba writes down the address of every function that is named. Nothing reads it; but an
        # address means nothing to another process, so Numba would not keep this.
        self._finalize_dynamic_globals()
        code = str(self._final_module)
        self._dynamic_globals = [
            name for name in self._dynamic_globals if code.count(name) > code.count(f"\n@{name}")
        ]

    def _optimize_functions(self, ll_module: Any) -> None:
        ll_module.data_layout = self._codegen._data_layout
        # What is optimised as a whole need not be simplified piece by piece before. But the cheap
        # round that comes first for references does better with simple pieces: without them the
        # search for the frames of a Beast stream took a quarter longer.
        if self.counts_references:
            self._simplify(ll_module)

    def _simplify(self, module: Any) -> None:
        passes, builder = self._codegen._function_pass_manager()
        for function in module.functions:
            if not function.is_declaration:
                passes.run(function, builder)

    def _verify_declare_only_symbols(self) -> None:
        # Numba looks for functions of its own only; a call to one of ours that is not here would
        # be a call to nowhere.
        for function in self._final_module.functions:
            if function.is_declaration and function.name.startswith("_ZN"):
                raise AssertionError(f"{function.name} is called and was not linked")

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

    def _compile_bytecode(self) -> Any:
        name, code = self.state.func_id, self.state.func_id.code
        if self.state.flags.no_compile and not code.co_freevars:
            # Numba counts the functions that a process compiles to tell those of one name apart.
            # What processes hand each other must have one name in all of them.
            what = repr((code.co_code, code.co_consts, code.co_names, code.co_firstlineno))
            name.unique_id = hashlib.sha256(what.encode()).hexdigest()[:8]
            name.unique_name = f"{name.func_qualname}${name.unique_id}"
        return super()._compile_bytecode()

    def define_pipelines(self) -> Any:
        unused = UNUSED_PASSES if self.state.flags.nrt else UNUSED_PASSES | ARRAY_PASSES
        pipelines = super().define_pipelines()
        for pipeline in pipelines:
            pipeline.passes = [p for p in pipeline.passes if p[0].__name__ not in unused]
            pipeline.finalize()
        return pipelines


class _InnerCompiler(_FunctionCompiler):
    keeps_apart = False  # no two of the arguments' arrays overlap

    def _customize_flags(self, flags: Any) -> Any:
        flags.no_compile = flags.no_cpython_wrapper = True
        flags.noalias = self.keeps_apart
        return flags


class _InnerCacheImpl(CompileResultCacheImpl):
    """Keeps an inner loop as LLVM's code, with the names of the inner loops that it calls."""

    def get_filename_base(self, fullname: str, abiflags: str) -> str:
        return "inner-" + str(super().get_filename_base(fullname, abiflags))

    def reduce(self, cres: Any) -> Any:
        library, fndesc = cres.library, cres.fndesc
        fndesc.typemap = fndesc.calltypes = None  # may not be picklable, as in Numba's own cache
        return (
            library.name,
            library._final_module.as_bitcode(),
            library.counts_references,
            [called.whose for called in library._linking_libraries],
            cres._find_referenced_environments(),
            library._reload_init,
            fndesc,
            cres.signature,
        )

    def rebuild(self, target_context: Any, payload: Any) -> Any:
        name, code, counts_references, calls, environments, prepare, fndesc, signature = payload
        for function in prepare:
            function()
        codegen = target_context.codegen()
        library = Library(codegen, name, is_inner=True, counts_references=counts_references)
        library._final_module = llvm.parse_bitcode(code)
        library.environments = environments
        library._reload_init.update(prepare)
        for module, called, key in calls:
            loop = getattr(importlib.import_module(module), called)
            library.add_linking_library(loop.inner(key).library)
        return _inner_result(library, fndesc, signature, target_context)


class _InnerCache(FunctionCache):
    _impl_class = _InnerCacheImpl


def _inner_result(library: Library, fndesc: Any, signature: Any, target_context: Any) -> Any:
    """What Numba has to know of a loop to call it. The entry is a name: there is no code yet."""
    library._ensure_finalized()
    entry = object()
    target_context.insert_user_function(entry, fndesc, [library])
    fields: dict[str, Any] = dict.fromkeys(CompileResult._fields)
    fields |= {
        "target_context": target_context,
        "entry_point": entry,
        "library": library,
        "fndesc": fndesc,
        "signature": signature,
        "objectmode": False,
        "lifted": (),
        "metadata": {},
        "reload_init": [],
    }
    return CompileResult(**fields)


class Loop(CPUDispatcher):
    """A function that compiles at its first call: as an outer loop, or for others to take in."""

    keeps_inner = False

    def __init__(
        self, py_func: Any, locals: Any = None, targetoptions: Any = None, keeps_apart: bool = False
    ) -> None:
        options = {**(targetoptions or {}), "no_cfunc_wrapper": True}
        super().__init__(py_func, locals or {}, options, LoopCompiler)
        self._inner_compiler = _InnerCompiler(
            py_func, self.targetdescr, options, self.locals, LoopCompiler
        )
        self._inner_compiler.keeps_apart = keeps_apart
        self._inner_cache = _InnerCache(py_func)
        self._inner: dict[tuple[Any, ...], Any] = {}

    def compile(self, sig: Any) -> Any:
        with global_compiler_lock, _few_collections():
            return super().compile(sig)

    def get_call_template(self, args: Any, kws: Any) -> Any:
        """Compile for a call by another loop, and tell that call's types."""
        pysig, folded = self._compiler.fold_argument_types(args, kws)
        key = tuple(types.unliteral(kind) for kind in folded)
        name = self.py_func.__name__
        signature = self.inner(key).signature
        template = make_concrete_template(f"CallTemplate({name})", name, [signature])
        return template, pysig, key, {}

    def get_overload(self, sig: Any) -> Any:
        args, _ = normalize_signature(sig)
        return self._inner[args].entry_point if args in self._inner else super().get_overload(sig)

    def inner(self, key: tuple[Any, ...]) -> Any:
        """Find or compile the loop for calls by others with arguments of such types."""
        if key not in self._inner:
            with global_compiler_lock, self._compiling_counter:
                known = self._inner_cache.load_overload(key, self.targetctx)
                known = known or self._compile_inner(key)
                known.library.whose = (self.__module__, self.__qualname__, key)
                self._inner[key] = known
        return self._inner[key]

    def _compile_inner(self, key: tuple[Any, ...]) -> Any:
        done = self._inner_compiler.compile(key, None)
        done.library.environments = [done.environment]
        known = _inner_result(done.library, done.fndesc, done.signature, self.targetctx)
        if Loop.keeps_inner:
            known.library.stand_alone()
            self._inner_cache.save_overload(key, known)
        return known

    def keep_inner(self, *args: Any) -> None:
        """Compile for calls by others with such arguments; keep it, and what it calls, on disk."""
        with global_compiler_lock, _few_collections():
            key = tuple(self.typeof_pyval(value) for value in args)
            self._types_active_call.clear()
            Loop.keeps_inner = True
            try:
                self.inner(key)
            finally:
                Loop.keeps_inner = False


def _is_inner(library: Any) -> bool:
    return isinstance(library, Library) and library.is_inner


@contextmanager
def _few_collections() -> Iterator[None]:
    """Look for garbage seldom while compiling."""
    before = gc.get_threshold()
    gc.set_threshold(max(before[0], COLLECT_EVERY) if before[0] else 0, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)
