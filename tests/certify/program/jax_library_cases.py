"""Cases of JAX primitives of special functions, matrices, complex numbers, bits and random keys, as in `jax_cases`.

What LAPACK or a float's own bits leave open is refused: `REFUSED` names those.
"""

import itertools
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax


class Case(NamedTuple):
    label: str
    function: Callable[..., Any]
    arguments: tuple[np.ndarray, ...]


INTEGERS = ("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64")
_POSITIVE = np.array([0.25, 1.0, 2.5, 7.0, 30.0])
_SIGNED = np.array([0.5, -1.25, 2.0, 0.0, -3.0])
_MATRIX = np.array([[4.0, 1.0, -0.5], [1.0, 3.0, 0.25], [-0.5, 0.25, 2.0]])
_GENERAL = np.array([[1.0, 4.0, 2.0], [3.0, 1.0, -1.0], [-2.0, 0.5, 5.0]])
_STACK = np.stack([_GENERAL, _GENERAL.T])
_RIGHT = np.array([[1.0, 2.0], [0.5, -1.0], [3.0, 0.25]])


def special_functions() -> Iterator[Case]:
    for name in ("lgamma", "digamma"):
        yield Case(name, getattr(lax, name), (np.array([0.25, 1.75, 2.5, 7.0, -1.5, -2.25]),))
    for name in ("bessel_i0e", "bessel_i1e"):
        yield Case(name, getattr(lax, name), (np.array([0.5, -1.25, 2.0, 0.0, 40.0]),))
    yield Case("erf_inv", lax.erf_inv, (np.array([0.0, 0.5, -0.75, 0.99]),))
    for name in ("igamma", "igammac"):
        yield Case(name, getattr(lax, name), (np.array([0.5, 1.0, 3.0, 7.0]), np.array([0.25, 2.0, 3.0, 5.0])))
    yield Case("betainc", lax.betainc, (_POSITIVE[:3], _POSITIVE[1:4], np.array([0.25, 0.5, 0.75])))
    yield Case("zeta", lax.zeta, (np.array([1.5, 2.0, 7.0]), np.array([1.0, 0.5, 3.0])))
    for order in (0, 1, 3):
        yield Case(f"polygamma {order}", lambda x, m=float(order): lax.polygamma(m, x), (_POSITIVE,))
    yield Case("igamma_grad_a", lambda x: jax.grad(lambda a: lax.igamma(a, 2.0))(x), (np.array(1.5),))
    yield Case("nextafter", lax.nextafter, (_SIGNED, _POSITIVE))


def matrices() -> Iterator[Case]:
    linalg = lax.linalg
    yield Case("cholesky", linalg.cholesky, (_MATRIX,))
    factor = np.array([[2.0, 0.5, 1.0], [0.0, 1.5, -0.25], [0.0, 0.0, 3.0]])
    yield Case("cholesky_update", linalg.cholesky_update, (factor, np.array([1.0, -0.5, 0.25])))
    product = lambda a, c: linalg.symmetric_product(a, c, alpha=2.0, beta=0.5, symmetrize_output=True)  # noqa: E731
    yield Case("symmetric_product", product, (_GENERAL, _MATRIX))
    for tag, a in (("square", _GENERAL), ("tall", _RIGHT), ("wide", _RIGHT.T.copy()), ("stack", _STACK)):
        yield Case(f"lu {tag}", linalg.lu, (a,))
        yield Case(f"qr {tag}", lambda a: linalg.qr(a, full_matrices=False), (a,))
        yield Case(f"svd {tag}", lambda a: linalg.svd(a, compute_uv=False), (a,))
    pivots = np.array([2, 2, 2], np.int32)
    yield Case("lu_pivots_to_permutation", lambda p: linalg.lu_pivots_to_permutation(p, 4), (pivots,))
    for lower, unit, transpose in itertools.product((False, True), repeat=3):
        left = lambda a, b, o=lower, u=unit, t=transpose: linalg.triangular_solve(  # noqa: E731
            a, b, left_side=True, lower=o, transpose_a=t, unit_diagonal=u
        )
        yield Case(f"triangular_solve left {lower} {unit} {transpose}", left, (_MATRIX, _RIGHT))
        right = lambda a, b, o=lower, u=unit, t=transpose: linalg.triangular_solve(  # noqa: E731
            a, b, left_side=False, lower=o, transpose_a=t, unit_diagonal=u
        )
        yield Case(f"triangular_solve right {lower} {unit} {transpose}", right, (_MATRIX, _RIGHT.T.copy()))
    for lower in (False, True):
        values = lambda a, o=lower: linalg.eigh(a, lower=o, symmetrize_input=False)[1]  # noqa: E731
        yield Case(f"eigh values {lower}", values, (_GENERAL,))
    diagonals = np.array([9.0, 1.0, 2.0]), np.array([4.0, 5.0, 6.0]), np.array([1.0, -1.0, 9.0])
    yield Case("tridiagonal_solve", linalg.tridiagonal_solve, (*diagonals, _RIGHT))
    yield Case("solve", jnp.linalg.solve, (_GENERAL, _RIGHT))
    yield Case("eig", jnp.linalg.eigvals, (_GENERAL,))
    yield Case("schur", lambda a: linalg.schur(a)[0], (_GENERAL,))
    yield Case("hessenberg", linalg.hessenberg, (_GENERAL,))
    yield Case("tridiagonal", lambda a: linalg.tridiagonal(a), (_MATRIX,))
    yield Case("householder_product", linalg.householder_product, (_RIGHT, np.array([0.5, 0.25])))
    if hasattr(linalg, "ormqr"):
        yield Case("ormqr", linalg.ormqr, (_RIGHT, np.array([0.5, 0.25]), _GENERAL))


def complex_numbers() -> Iterator[Case]:
    x, y = _SIGNED, _POSITIVE
    product = lambda x, y: lax.complex(x, y) * lax.conj(lax.complex(y, x)) / lax.complex(y, 1 + x)  # noqa: E731
    yield Case("real", lambda x, y: lax.real(product(x, y)), (x, y))
    yield Case("imag", lambda x, y: lax.imag(product(x, y)), (x, y))
    whole = np.arange(8.0).reshape(2, 4)
    for kind in ("fft", "ifft", "rfft"):
        transform = getattr(jnp.fft, kind)
        yield Case(f"{kind}", lambda x, f=transform: (lax.real(f(x)), lax.imag(f(x))), (whole,))
    back = lambda x: jnp.fft.irfft(lax.complex(x, x[::-1]), 6)  # noqa: E731
    yield Case("irfft", back, (whole,))


def bits() -> Iterator[Case]:
    for dtype in INTEGERS:
        limits = np.iinfo(dtype)
        x = np.array([limits.min, limits.max, 0, 1, 2, 7, limits.max // 2 + 1], dtype)
        yield Case(f"population_count {dtype}", lax.population_count, (x,))
        yield Case(f"clz {dtype}", lax.clz, (x,))
        yield Case(f"reduce_xor {dtype}", lambda x: lax.reduce_xor(x, (0,)), (x,))
        other = dtype[1:] if dtype.startswith("u") else f"u{dtype}"
        yield Case(f"bitcast_convert_type {dtype}", lambda x, t=other: lax.bitcast_convert_type(x, t), (x,))
        if hasattr(lax, "mulhi"):
            yield Case(f"mulhi {dtype}", lax.mulhi, (x, x[::-1].copy()))
    table = np.array([[0.5, -1.5], [2.0, 3.0], [4.0, 0.25]])
    for name, body in (("add", lambda a, b: a + b), ("mul", lambda a, b: a * b), ("max", lambda a, b: lax.max(b, a))):
        for dtype in ("float64", "int32"):
            start = np.array(3, dtype)
            fold = lambda x, f=body, s=start: lax.reduce(x, s, f, (0,))  # noqa: E731
            yield Case(f"reduce {name} {dtype}", fold, (table.astype(dtype),))
    together = lambda x, y: lax.reduce(  # noqa: E731
        (x, y), (0.0, -np.inf), lambda a, b: (a[0] + b[0], jnp.maximum(a[1], b[1])), (0,)
    )
    yield Case("reduce together", together, (table, -table))


def random_keys() -> Iterator[Case]:
    from jax.extend.random import threefry_prng_impl

    seed, words = np.array(7, np.uint32), np.array([3, 2**31], np.uint32)
    random = jax.random
    yield Case("random_seed", lambda s: random.key_data(random.key(s)), (seed,))
    for dtype, shape in itertools.product(("uint8", "uint16", "uint32", "uint64"), ((), (3,), (2, 2))):
        draw = lambda s, d=dtype, n=shape: random.bits(random.key(s), n, d)  # noqa: E731
        yield Case(f"random_bits {dtype} {shape}", draw, (seed,))
    yield Case("random_split", lambda s: random.key_data(random.split(random.key(s), 3)), (seed,))
    yield Case("random_fold_in", lambda s: random.key_data(random.fold_in(random.key(s), 5)), (seed,))
    yield Case("random_wrap", lambda w: random.bits(random.wrap_key_data(w), (2,)), (words,))
    yield Case("random_clone", lambda w: random.key_data(random.clone(random.wrap_key_data(w))), (words,))
    yield Case("threefry2x32", lambda w: threefry_prng_impl.random_bits(w, 32, (3,)), (words,))


GROUPS = (special_functions, matrices, complex_numbers, bits, random_keys)

REFUSED = (
    *("igamma_grad_a", "nextafter", "reduce together"),
    *("eig", "schur", "hessenberg", "tridiagonal", "householder_product", "ormqr"),
)


def may_be_refused(label: str) -> bool:
    return label in REFUSED
