"""JAX's own values of a jaxpr, compiled quickly rather than well, and kept for programs that read the same."""

import functools
import hashlib
import re
import threading
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np

# Compilation costs some hundredths of a second; the same function is often traced again, with other optimisers or
# tolerances.
_KEPT: dict[Any, Any] = {}
_LOCK = threading.Lock()
_MOST_KEPT = 32
_ADDRESS = re.compile(r" at 0x[0-9a-f]+")
# A function is called a few times: half of the time to compile goes into fusing operations, which is left out.
_QUICK = {
    "xla_backend_optimization_level": 0,
    "xla_llvm_disable_expensive_passes": True,
    "xla_cpu_parallel_codegen_split_count": 1,
    "xla_cpu_use_fusion_emitters": False,
}
_UNKNOWN = re.compile(r"No such compile option: '(\w+)'")


def compiled(closed: Any, fresh: bool = False) -> Callable[[Sequence[np.ndarray]], Any]:
    """JAX's own evaluation of a closed jaxpr at a list of arrays.

    What reads the same may differ in arrays that are not printed: a caller who sees a difference asks for a fresh one.
    """
    key = text_of(closed)
    with _LOCK:
        function = None if fresh else _KEPT.get(key)
        if function is None:
            while len(_KEPT) >= _MOST_KEPT:
                del _KEPT[next(iter(_KEPT))]
            function = _KEPT[key] = _Quick(closed)
    return function


def text_of(closed: Any) -> tuple[Any, ...]:
    """A closed jaxpr as it reads, arrays as digests, and JAX's version: much faster than JAX prints it.

    Functions among the parameters are known by their names alone.
    """
    import jax

    return _read(closed), jax.__version__


def _read(jaxpr: Any) -> tuple[Any, ...]:
    names: dict[Any, int] = {}

    def atom(x: Any) -> Any:
        return _parameter(x.val) if hasattr(x, "val") else names.setdefault(x, len(names))

    def made(x: Any) -> tuple[Any, ...]:
        return names.setdefault(x, len(names)), getattr(x.aval, "shape", None), _name(getattr(x.aval, "dtype", None))

    inner = getattr(jaxpr, "jaxpr", jaxpr)
    given = tuple(map(made, (*inner.constvars, *inner.invars)))
    equations = tuple(
        (
            equation.primitive.name,
            tuple(map(atom, equation.invars)),
            tuple(map(made, equation.outvars)),
            tuple((name, _parameter(value)) for name, value in sorted(equation.params.items())),
        )
        for equation in inner.eqns
    )
    return given, tuple(map(_bytes, getattr(jaxpr, "consts", ()))), equations, tuple(map(atom, inner.outvars))


def _parameter(value: Any) -> Any:
    if value is None or isinstance(value, bool | int | float | str):
        return type(value).__name__, repr(value)
    if hasattr(value, "eqns") or hasattr(value, "jaxpr"):
        return _read(value)
    if isinstance(value, tuple | list):
        return type(value).__name__, *map(_parameter, value)
    if hasattr(value, "__array__"):
        return _bytes(value)
    return _name(value) if isinstance(value, np.dtype) else _ADDRESS.sub("", str(value))


@functools.lru_cache(maxsize=256)
def _name(dtype: Any) -> str:
    """NumPy spells a type's name anew on each call."""
    return str(dtype)


class _Quick:
    """Compiled by its first call, outside of the lock; compile options that this JAX does not know are left out."""

    def __init__(self, closed: Any) -> None:
        import jax.core

        # `jax.extend`, which has a function for this, takes a tenth of a second to import
        self.evaluated = partial(jax.core.eval_jaxpr, closed.jaxpr, closed.consts)
        self.compiled = self._with(dict(_QUICK))

    def __call__(self, arguments: Sequence[np.ndarray]) -> Any:
        while True:
            # one reading of both: another thread may put others in their place at any time
            options, jitted = self.compiled
            try:
                return jitted(*arguments)
            except RuntimeError as error:
                unknown = _UNKNOWN.search(str(error))
                if unknown is None or unknown[1] not in options:
                    raise
            _QUICK.pop(unknown[1], None)
            self.compiled = self._with({name: value for name, value in options.items() if name != unknown[1]})

    def _with(self, options: dict[str, Any]) -> tuple[dict[str, Any], Any]:
        import jax

        return options, jax.jit(self.evaluated, compiler_options=options)


def _bytes(constant: Any) -> bytes:
    array = np.asarray(constant)
    return hashlib.sha256(repr((array.dtype, array.shape)).encode() + array.tobytes()).digest()
