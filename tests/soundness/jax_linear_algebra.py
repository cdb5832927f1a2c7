"""Linear algebra, Fourier transforms and reductions of JAX with their truth; see `jax_functions`."""

import itertools
from collections.abc import Sequence
from typing import Any

import mpmath as mp
import numpy as np
from jax_functions import Case, _called, _logsumexp


def matrix(x: Any) -> mp.matrix:
    return mp.matrix(np.asarray(x, object).tolist())


def array(x: mp.matrix) -> np.ndarray:
    return np.array(x.tolist(), object)


def _solve(a: Any, b: Any) -> Any:
    return np.array(list(mp.lu_solve(matrix(a), mp.matrix(list(b)))), object)


def _inverse(a: Any) -> Any:
    return array(matrix(a) ** -1)


def _singular(a: Any) -> Any:
    return np.array(sorted(mp.svd_r(matrix(a), compute_uv=False), reverse=True), object)


def _eigenvalues(a: Any) -> Any:
    symmetric = (np.asarray(a) + np.asarray(a).T) / 2
    return np.array(sorted(mp.eigsy(matrix(symmetric), eigvals_only=True)), object)


def _cholesky(a: Any) -> Any:
    symmetric = (np.asarray(a) + np.asarray(a).T) / 2
    return array(mp.cholesky(matrix(symmetric)))


def _pseudo_inverse(a: Any) -> Any:
    if a.shape[0] >= a.shape[1]:
        return _inverse(a.T @ a) @ a.T
    return a.T @ _inverse(a @ a.T)


def _exponential(a: Any) -> Any:
    scaled = mp.expm(matrix(a) / 64)
    for _ in range(6):
        scaled = scaled * scaled
    return array(scaled)


def _householder(a: Any) -> tuple[Any, Any]:
    """Q and R by reflections with beta = -sign(alpha) norm, as LAPACK does; the last row is not reflected."""
    rows, columns = a.shape
    r, q = a.copy(), np.array([[mp.mpf(int(i == j)) for j in range(rows)] for i in range(rows)], object)
    for k in range(min(rows - 1, columns)):
        x = r[k:, k]
        norm = mp.sqrt(sum(v * v for v in x))
        if all(v == 0 for v in x[1:]):
            continue
        v = x.copy()
        v[0] += norm if x[0] >= 0 else -norm
        scale = 2 / sum(w * w for w in v)
        r[k:, :] = r[k:, :] - np.outer(v * scale, v @ r[k:, :])
        r[k + 1 :, k] = mp.mpf(0)
        q[:, k:] = q[:, k:] - np.outer(q[:, k:] @ v, v * scale)
    count = min(rows, columns)
    return q[:, :count], r[:count]


def _lu(a: Any) -> tuple[Any, Any]:
    """The packed factors and the order of rows, largest pivot first."""
    packed, order = a.copy(), list(range(len(a)))
    for k in range(len(a)):
        pivot = max(range(k, len(a)), key=lambda i: (abs(packed[i, k]), -i))
        packed[[k, pivot]] = packed[[pivot, k]]
        order[k], order[pivot] = order[pivot], order[k]
        for i in range(k + 1, len(a)):
            packed[i, k] /= packed[k, k]
            packed[i, k + 1 :] = packed[i, k + 1 :] - packed[i, k] * packed[k, k + 1 :]
    return packed, np.array(order)


def _norms() -> list[Case]:
    orders: list[tuple[str, Any, Any]] = [
        ("fro", "fro", lambda a: mp.sqrt((a * a).sum())),
        ("nuc", "nuc", lambda a: sum(_singular(a))),
        ("2", 2, lambda a: _singular(a)[0]),
        ("-2", -2, lambda a: _singular(a)[-1]),
        ("1", 1, lambda a: max(abs(a).sum(0))),
        ("-1", -1, lambda a: min(abs(a).sum(0))),
        ("inf", np.inf, lambda a: max(abs(a).sum(1))),
        ("-inf", -np.inf, lambda a: min(abs(a).sum(1))),
    ]
    vectors: list[tuple[str, Any, Any]] = [
        ("1", 1, lambda x: sum(abs(v) for v in x)),
        ("2", 2, lambda x: mp.sqrt(sum(v * v for v in x))),
        ("3", 3, lambda x: mp.cbrt(sum(abs(v) ** 3 for v in x))),
        ("inf", np.inf, lambda x: max(abs(v) for v in x)),
        ("-inf", -np.inf, lambda x: min(abs(v) for v in x)),
    ]
    return [
        *(Case(f"numpy.linalg.norm(matrix {n})", ("square",), t, _called(ord=o)) for n, o, t in orders),
        *(Case(f"numpy.linalg.norm(vector {n})", ("vector",), t, _called(ord=o)) for n, o, t in vectors),
        Case("numpy.linalg.matrix_norm", ("square",), lambda a: mp.sqrt((a * a).sum())),
        Case("numpy.linalg.vector_norm", ("vector",), lambda x: mp.sqrt(sum(v * v for v in x))),
    ]


def linear_algebra() -> Sequence[Case]:
    """jax.numpy.linalg and jax.scipy.linalg."""
    solver, here = "scipy.linalg.", "numpy.linalg."
    factors = lambda f: lambda a, b: f(a, b)  # noqa: E731
    from_factor = (lambda f: lambda a, b: f((_jax("scipy.linalg.cho_factor")(a)), b), _solve)
    return [
        Case(here + "solve", ("regular", "four"), _solve, factors),
        Case(here + "inv", ("regular",), _inverse),
        Case(here + "det", ("regular",), lambda a: mp.det(matrix(a))),
        Case(here + "slogdet", ("regular",), _slogdet),
        Case(here + "cholesky", ("definite",), _cholesky),
        Case(here + "eigvalsh", ("symmetric",), _eigenvalues),
        Case(here + "eigh(values)", ("symmetric",), _eigenvalues, lambda f: lambda a: f(a)[0]),
        Case(here + "eigh(gradient)", ("symmetric",), _cubic_slope, _gradient_of(lambda a, f: (f(a)[0] ** 3).sum())),
        Case(here + "eigh(squares)", ("symmetric",), _squared_vectors, lambda f: lambda a: f(a)[1] ** 2),
        Case(here + "eigh(cube)", ("symmetric",), _cube, _from_spectrum),
        Case(here + "svdvals", ("matrix",), _singular),
        Case(here + "svdvals(gradient)", ("matrix",), _quartic_slope, _gradient_of(lambda a, f: (f(a) ** 4).sum())),
        Case(here + "svd(polar factor)", ("tall",), _polar, lambda f: lambda a: _product_of_vectors(f(a, False))),
        Case(here + "svd(values)", ("matrix",), _singular, _called(compute_uv=False)),
        Case(here + "cond", ("regular",), lambda a: _singular(a)[0] / _singular(a)[-1]),
        Case(here + "pinv", ("matrix",), _pseudo_inverse),
        Case(here + "qr", ("square",), lambda a: list(_householder(a))),
        Case(here + "qr(tall)", ("tall",), lambda a: list(_householder(a))),
        Case(here + "qr(wide)", ("matrix",), lambda a: list(_householder(a))),
        Case(here + "qr(r)", ("tall",), lambda a: _householder(a)[1], _called(mode="r")),
        Case(here + "matrix_power", ("square",), lambda a: a @ a @ a, _called(3)),
        Case(here + "matrix_power(-2)", ("regular",), lambda a: _inverse(a) @ _inverse(a), _called(-2)),
        Case(here + "multi_dot", ("square", "square"), lambda a, b: a @ b @ a, lambda f: lambda a, b: f([a, b, a])),
        Case(here + "matrix_rank", ("regular",), lambda a: 4),
        Case(here + "trace", ("square",), np.trace),
        Case(here + "outer", ("vector", "vector"), np.outer),
        Case(here + "matmul", ("square", "square"), lambda a, b: a @ b),
        Case(here + "vecdot", ("vector", "vector"), lambda x, y: (x * y).sum()),
        Case(here + "diagonal", ("square",), np.diagonal),
        Case(here + "matrix_transpose", ("square",), np.transpose),
        Case(here + "tensorsolve", ("regular", "four"), _solve),
        Case(here + "tensorinv", ("regular",), _inverse, _called(ind=1)),
        Case(solver + "solve", ("regular", "four"), _solve),
        Case(solver + "solve(pos)", ("definite", "four"), _solve, _called(assume_a="pos")),
        Case(solver + "inv", ("regular",), _inverse),
        Case(solver + "det", ("regular",), lambda a: mp.det(matrix(a))),
        Case(solver + "cholesky", ("definite",), lambda a: _cholesky(a).T),
        Case(solver + "cholesky(lower)", ("definite",), _cholesky, _called(lower=True)),
        Case(solver + "cho_solve", ("definite", "four"), from_factor[1], from_factor[0]),
        Case(solver + "lu_factor", ("regular",), lambda a: _lu(a)[0], lambda f: lambda a: f(a)[0]),
        Case(solver + "lu(u)", ("regular",), lambda a: _upper(_lu(a)[0]), lambda f: lambda a: f(a)[2]),
        Case(solver + "lu_solve", ("regular", "four"), _solve, _from_lu),
        Case(solver + "solve_triangular", ("regular", "four"), lambda a, b: _solve(_upper(a), b)),
        Case(
            solver + "solve_triangular(lower)",
            ("regular", "four"),
            lambda a, b: _solve(_upper(a.T).T, b),
            _called(lower=True),
        ),
        Case(solver + "qr", ("tall",), lambda a: list(_householder(a)), _called(mode="economic")),
        Case(solver + "svd(values)", ("matrix",), _singular, _called(compute_uv=False)),
        Case(solver + "eigh(values)", ("symmetric",), _eigenvalues, _called(eigvals_only=True)),
        Case(solver + "expm", ("square",), _exponential),
        Case(solver + "sqrtm", ("definite",), lambda a: array(mp.sqrtm(matrix(a))), lambda f: lambda a: f(a).real),
        Case(solver + "block_diag", ("square", "square"), _block_diagonal),
        Case(
            solver + "toeplitz", ("vector",), lambda x: np.array([[x[abs(i - j)] for j in range(5)] for i in range(5)])
        ),
        Case(solver + "circulant", ("vector",), lambda x: np.array([np.roll(x, j) for j in range(5)], object).T),
        Case(solver + "hankel", ("vector",), _hankel),
        Case("lax.linalg.tridiagonal_solve", ("four", "dominant", "four", "four"), _tridiagonal, _column),
        *_norms(),
    ]


def _symmetric_part(a: Any) -> Any:
    return (a + a.T) / 2


def _cubic_slope(a: Any) -> Any:
    """d tr S^3 = 3 tr(S^2 dS)."""
    return 3 * _symmetric_part(a) @ _symmetric_part(a)


def _quartic_slope(a: Any) -> Any:
    """d tr (A^T A)^2 = 4 tr(A^T A A^T dA)."""
    return 4 * a @ a.T @ a


def _cube(a: Any) -> Any:
    return _symmetric_part(a) @ _symmetric_part(a) @ _symmetric_part(a)


def _squared_vectors(a: Any) -> Any:
    values, vectors = mp.eigsy(matrix(_symmetric_part(a)))
    order = sorted(range(len(values)), key=lambda i: values[i])
    return array(vectors)[:, order] ** 2


def _polar(a: Any) -> Any:
    left, _, right = mp.svd_r(matrix(a))
    return array(left * right)


def _product_of_vectors(parts: Any) -> Any:
    return parts[0] @ parts[2]


def _from_spectrum(eigh: Any) -> Any:
    def cube(a: Any) -> Any:
        values, vectors = eigh(a)
        return (vectors * values**3) @ vectors.T

    return cube


def _gradient_of(scalar: Any) -> Any:
    def made(function: Any) -> Any:
        import jax

        return jax.grad(lambda a: scalar(a, function))

    return made


def _jax(path: str) -> Any:
    import importlib

    module, _, name = path.rpartition(".")
    return getattr(importlib.import_module("jax." + module), name)


def _from_lu(function: Any) -> Any:
    return lambda a, b: function(_jax("scipy.linalg.lu_factor")(a), b)


def _column(function: Any) -> Any:
    return lambda low, middle, high, b: function(low, middle, high, b[:, None])[:, 0]


def _tridiagonal(low: Any, middle: Any, high: Any, b: Any) -> Any:
    a = np.array([[mp.mpf(0)] * 4 for _ in range(4)], object)
    for i in range(4):
        a[i, i] = middle[i]
        if i:
            a[i, i - 1] = low[i]
            a[i - 1, i] = high[i - 1]
    return _solve(a, b)


def _slogdet(a: Any) -> Any:
    value = mp.det(matrix(a))
    return [mp.mpf(1 if value > 0 else -1), mp.log(abs(value))]


def _upper(a: Any) -> Any:
    return np.where(np.triu(np.ones(a.shape)) > 0, a, mp.mpf(0))


def _hankel(x: Any) -> Any:
    return np.array([[x[i + j] if i + j < 5 else mp.mpf(0) for j in range(5)] for i in range(5)], object)


def _block_diagonal(a: Any, b: Any) -> Any:
    zero = np.array([[mp.mpf(0)] * 4 for _ in range(4)], object)
    return np.block([[a, zero], [zero, b]])


def _transform(x: Any, sign: int) -> Any:
    n = len(x)
    return [mp.fsum(v * mp.expjpi(mp.mpf(sign * 2 * k * t) / n) for t, v in enumerate(x)) for k in range(n)]


def _halves(values: Any) -> list[Any]:
    return [np.array([mp.re(v) for v in values], object), np.array([mp.im(v) for v in values], object)]


def _parts(function: Any) -> Any:
    import jax.numpy as jnp

    def call(*x: Any) -> Any:
        value = function(*x)
        return jnp.real(value), jnp.imag(value)

    return call


def fourier() -> Sequence[Case]:
    """jax.numpy.fft and complex numbers."""
    here = "numpy.fft."

    def inverse(x: Any) -> Any:
        return [v / len(x) for v in _transform(x, 1)]

    def grid(x: Any, sign: int) -> list[Any]:
        rows = np.array([_transform(row, sign) for row in x], object)
        both = np.array([_transform(column, sign) for column in rows.T], object).T
        return both if sign < 0 else both / (x.shape[0] * x.shape[1])

    return [
        Case(here + "fft", ("vector",), lambda x: _halves(_transform(x, -1)), _parts),
        Case(here + "ifft", ("vector",), lambda x: _halves(inverse(x)), _parts),
        Case(here + "rfft", ("vector",), lambda x: _halves(_transform(x, -1)[: len(x) // 2 + 1]), _parts),
        Case(here + "irfft", ("vector",), lambda x: _hermitian(x, 8)),
        Case(here + "irfft(odd)", ("vector",), lambda x: _hermitian(x, 9), _called(n=9)),
        Case(here + "hfft", ("vector",), lambda x: 8 * _hermitian(x, 8)),
        Case(here + "ihfft", ("vector",), lambda x: _halves(inverse(x)[:3]), _parts),
        Case(here + "fft2", ("matrix",), lambda x: _grid_halves(grid(x, -1)), _parts),
        Case(here + "ifft2", ("matrix",), lambda x: _grid_halves(grid(x, 1)), _parts),
        Case(here + "fftn", ("matrix",), lambda x: _grid_halves(grid(x, -1)), _parts),
        Case(here + "ifftn", ("matrix",), lambda x: _grid_halves(grid(x, 1)), _parts),
        Case(here + "rfft2", ("matrix",), lambda x: _grid_halves(grid(x, -1)[:, :3]), _parts),
        Case(here + "rfftn", ("matrix",), lambda x: _grid_halves(grid(x, -1)[:, :3]), _parts),
        Case(here + "fftshift", ("vector",), np.fft.fftshift),
        Case(here + "ifftshift", ("vector",), np.fft.ifftshift),
        *_complex_cases(),
    ]


def _grid_halves(values: Any) -> list[Any]:
    take = np.frompyfunc(mp.re, 1, 1), np.frompyfunc(mp.im, 1, 1)
    return [function(values) for function in take]


def _hermitian(x: Any, length: int) -> Any:
    half = [mp.mpc(v) for v in x]
    full = half + [half[length - k] for k in range(len(half), length)]
    return np.array([mp.re(v) / length for v in _transform(full, 1)], object)


def _complex_cases() -> list[Case]:
    table: list[tuple[str, Any]] = [
        ("exp", mp.exp),
        ("log", mp.log),
        ("sqrt", mp.sqrt),
        ("sin", mp.sin),
        ("cos", mp.cos),
        ("sinh", mp.sinh),
        ("cosh", mp.cosh),
        ("tanh", mp.tanh),
        ("square", lambda z: z * z),
        ("conj", mp.conj),
        ("reciprocal", lambda z: 1 / z),
    ]

    def complex_call(function: Any) -> Any:
        from jax import lax

        return _parts(lambda x, y: function(lax.complex(x, y)))

    def truth(function: Any) -> Any:
        return lambda x, y: _halves([function(mp.mpc(a, b)) for a, b in zip(x, y, strict=True)])

    return [
        *(Case(f"numpy.{n}(complex)", ("small_vector", "small_vector"), truth(f), complex_call) for n, f in table),
        Case("numpy.abs(complex)", ("vector", "vector"), np.frompyfunc(lambda a, b: abs(mp.mpc(a, b)), 2, 1), _joined),
        Case(
            "numpy.angle(complex)",
            ("vector", "vector"),
            np.frompyfunc(lambda a, b: mp.arg(mp.mpc(a, b)), 2, 1),
            _joined,
        ),
    ]


def _joined(function: Any) -> Any:
    from jax import lax

    return lambda x, y: function(lax.complex(x, y))


def reductions() -> Sequence[Case]:
    """jax.lax and jax.ops: running values, windows, segments, sorting, loops."""
    segments = np.array([0, 2, 0, 1, 1])

    def by_segment(combine: Any) -> Any:
        def truth(x: Any) -> Any:
            groups = [[v for v, s in zip(x, segments, strict=True) if s == k] for k in range(3)]
            return np.array([combine(group) for group in groups], object)

        return truth

    def segmented(function: Any) -> Any:
        return lambda x: function(x, segments, num_segments=3)

    def running(combine: Any) -> Any:
        return lambda x: np.array([combine(x[: k + 1]) for k in range(len(x))], object)

    def backwards(combine: Any) -> Any:
        return lambda x: np.array([combine(x[k:]) for k in range(len(x))], object)

    def newton(function: Any) -> Any:
        return lambda x: function(lambda s: abs(s * s - x) > 1e-9 * x, lambda s: (s + x / s) / 2, x)

    product = np.prod
    table: list[Case] = [
        *(Case(f"lax.{n}", ("vector",), running(f)) for n, f in _RUNNING),
        *(Case(f"lax.{n}(reverse)", ("vector",), backwards(f), _called(reverse=True)) for n, f in _RUNNING),
        *(Case(f"ops.segment_{n}", ("vector",), by_segment(f), segmented) for n, f in _SEGMENT),
        Case("lax.reduce(add)", ("vector",), sum, lambda f: lambda x: f(x, 0.0, lambda a, b: a + b, (0,))),
        Case("lax.reduce(mul)", ("vector",), product, lambda f: lambda x: f(x, 1.0, lambda a, b: a * b, (0,))),
        Case("lax.reduce(max)", ("vector",), max, lambda f: lambda x: f(x, -1e300, lambda a, b: _maximum(a, b), (0,))),
        Case("lax.reduce_window(mul)", ("vector",), _pairs(lambda a, b: a * b), _window),
        Case(
            "lax.top_k",
            ("vector",),
            lambda x: np.array(sorted(x, reverse=True)[:3], object),
            lambda f: lambda x: f(x, 3)[0],
        ),
        Case("lax.sort", ("vector",), lambda x: np.array(sorted(x), object)),
        Case("lax.sort(keys)", ("vector",), _sorted_by_key, _by_key),
        Case("lax.while_loop(newton)", ("scalar_positive",), _newton, newton),
        Case("lax.conv", ("vector",), _correlated, _convolution),
        Case("lax.logistic", ("vector",), lambda x: np.array([1 / (1 + mp.exp(-v)) for v in x], object)),
        Case("lax.rsqrt", ("positive_vector",), lambda x: np.array([1 / mp.sqrt(v) for v in x], object)),
        Case("lax.integer_pow", ("vector",), lambda x: x**5, _called(5)),
    ]
    return table


_RUNNING = (("cummax", max), ("cummin", min), ("cumprod", np.prod), ("cumsum", np.sum), ("cumlogsumexp", _logsumexp))
_SEGMENT = (("sum", sum), ("max", max), ("min", min), ("prod", np.prod))


def _maximum(a: Any, b: Any) -> Any:
    from jax import lax

    return lax.max(a, b)


def _pairs(combine: Any) -> Any:
    return lambda x: np.array([combine(a, b) for a, b in itertools.pairwise(x)], object)


def _window(function: Any) -> Any:
    return lambda x: function(x, 1.0, lambda a, b: a * b, (2,), (1,), "VALID")


def _by_key(function: Any) -> Any:
    return lambda x: function((np.array([1, 0, 1, 0, 2]), x), num_keys=2)[1]


def _sorted_by_key(x: Any) -> Any:
    keys = [1, 0, 1, 0, 2]
    return np.array([v for _, v in sorted(zip(keys, x, strict=True))], object)


def _newton(x: Any) -> Any:
    s = x
    while abs(s * s - x) > mp.mpf(1e-9) * x:
        s = (s + x / s) / 2
    return s


def _convolution(function: Any) -> Any:
    return lambda x: function(x[None, None], x[None, None, :2], (1,), "VALID")[0, 0]


def _correlated(x: Any) -> Any:
    return np.array([a * x[0] + b * x[1] for a, b in itertools.pairwise(x)], object)
