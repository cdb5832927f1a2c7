"""A pytree of parameters as one flat float64 vector, and back; what is not a number stays where it is."""

import math
import sys
from dataclasses import dataclass
from typing import Any, final

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Float64

from foundation import InputError, finite_array


@final
@dataclass(frozen=True, eq=False)
class Layout:
    """How a flat vector of length `dimension` becomes the user's pytree.

    `shapes` are those of the parameter leaves in the order of `jax.tree_util`; `constants` is the pytree with its
    parameters taken out (functions, strings, settings of an equinox module), `treedef` that of the parameters.
    """

    shapes: tuple[tuple[int, ...], ...]
    treedef: Any
    constants: Any

    @property
    def dimension(self) -> int:
        """Number of scalar parameters, D."""
        return sum(math.prod(shape) for shape in self.shapes)

    def traced(self, theta: Float[Array, " D"]) -> Any:
        """The pytree at `theta`, as a pure JAX function of it (only slices and reshapes)."""
        leaves, start = [], 0
        for shape in self.shapes:
            stop = start + math.prod(shape)
            leaves.append(jax.lax.slice(theta, (start,), (stop,)).reshape(shape))
            start = stop
        return self._combine(leaves)

    def joined(self, leaves: list[Any]) -> Any:
        """The pytree with these arrays as its parameters."""
        return self._combine(leaves)

    def concrete(self, theta: Float64[np.ndarray, " D"]) -> Any:
        """The pytree at `theta` with float64 NumPy leaves."""
        stops = np.cumsum([math.prod(shape) for shape in self.shapes])[:-1]
        pieces = np.split(theta, stops)
        return self._combine([piece.reshape(shape) for piece, shape in zip(pieces, self.shapes, strict=True)])

    def _combine(self, leaves: list[Any]) -> Any:
        parameters = jax.tree_util.tree_unflatten(self.treedef, leaves)
        return jax.tree_util.tree_map(_given, parameters, self.constants, is_leaf=_is_none)


def flatten(params: Any) -> tuple[Float64[np.ndarray, " D"], Layout]:
    """The parameters of a pytree as a flat float64 vector, exactly, and the layout that rebuilds the pytree.

    Parameters are arrays of floats and, outside equinox modules, Python floats. Functions, strings, booleans and keys
    are constants; so is every Python number inside an equinox module, as in `equinox.partition(module, is_array)`.
    Raises `InputError` on integers, complex numbers, NaN, infinities, and when nothing is left to train.
    """
    _refuse_torch(params)
    marks = jax.tree_util.tree_map_with_path(_mark, params, is_leaf=_is_module)
    trainable = jax.tree_util.tree_map(_kept, marks, params)
    constants = jax.tree_util.tree_map(_dropped, marks, params)
    paths, treedef = jax.tree_util.tree_flatten_with_path(trainable)
    arrays = [_exact(leaf, f"params{jax.tree_util.keystr(path)}") for path, leaf in paths]
    layout = Layout(tuple(array.shape for array in arrays), treedef, constants)
    if layout.dimension == 0:
        raise InputError(f"params holds no floating-point parameter ({params!r:.80}); pass a pytree of float arrays")
    return np.concatenate([array.reshape(-1) for array in arrays]), layout


def _refuse_torch(params: Any) -> None:
    for leaf in jax.tree_util.tree_leaves(params):
        if any(kind.__module__.partition(".")[0] == "torch" for kind in type(leaf).__mro__):
            raise InputError(
                f"params holds a {type(leaf).__name__} of torch, which JAX cannot differentiate; "
                "stabproof.from_torch(module, example) reads a torch module as a JAX function with its weights"
            )


def _is_module(node: Any) -> bool:
    """Whether it is an equinox module: none exists before equinox is imported, which takes a third of a second."""
    equinox = sys.modules.get("equinox")
    return equinox is not None and isinstance(node, equinox.Module)


def _kept(mark: bool, leaf: Any) -> Any:
    return leaf if mark else None


def _dropped(mark: bool, leaf: Any) -> Any:
    return None if mark else leaf


def _given(parameter: Any, constant: Any) -> Any:
    return constant if parameter is None else parameter


def _is_none(node: Any) -> bool:
    return node is None


def _mark(path: Any, node: Any) -> Any:
    if _is_module(node):
        return jax.tree_util.tree_map(_is_number_array, node)
    return _is_number_array(node) or (isinstance(node, int | float | complex) and not isinstance(node, bool))


def _is_number_array(leaf: Any) -> bool:
    if not isinstance(leaf, np.ndarray | np.generic | jax.Array):
        return False
    return not jnp.issubdtype(leaf.dtype, jax.dtypes.prng_key) and leaf.dtype.kind not in "USO"


def _exact(leaf: Any, name: str) -> np.ndarray:
    dtype = leaf.dtype if hasattr(leaf, "dtype") else np.asarray(leaf).dtype
    if dtype.kind in "iub":
        raise InputError(
            f"{name} holds {dtype} entries, which cannot be trained; convert it with .astype(float) (write 1.0 for 1), "
            "or keep a constant out of params"
        )
    if jnp.issubdtype(dtype, jnp.floating) and dtype.itemsize <= 8:
        leaf = np.asarray(leaf).astype(np.float64)
    return finite_array(leaf, name)
