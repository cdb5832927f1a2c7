"""Functions of JAX with their truth: 50-digit mpmath, exact fractions or whole numbers, on arrays of exact numbers.

A `Case` names a function by its path below `jax`, says which arguments it takes, and gives the truth as a function of
object arrays of `mpmath.mpf` (or of integer arrays). The truth of rearrangements, sums and products is NumPy's own
function on those objects, which computes nothing but their sums and products.
"""

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import mpmath as mp
import numpy as np

mp.mp.dps = 50

Truth = Callable[..., Any]


@dataclass(frozen=True)
class Case:
    """`kinds` says how each argument is drawn (see `jax_rows`); `call` makes the traced function of JAX's own."""

    name: str
    kinds: tuple[str, ...]
    truth: Truth
    call: Callable[[Any], Callable[..., Any]] | None = None
    slack: float = 0.0
    "Relative distance of JAX's own rational approximation, which is the traced function, from the named function."


def each(function: Callable[..., Any]) -> Truth:
    """An elementwise truth."""
    return lambda *arrays: np.frompyfunc(function, len(arrays), 1)(*arrays)


def _sign(x: Any) -> Any:
    return mp.mpf((x > 0) - (x < 0))


def _even(x: Any) -> Any:
    low = mp.floor(x)
    rest = x - low
    up = rest > mp.mpf(1) / 2 or (rest == mp.mpf(1) / 2 and int(low) % 2 == 1)
    return low + 1 if up else low


def _trunc(x: Any) -> Any:
    return mp.floor(x) if x >= 0 else mp.ceil(x)


def _cbrt(x: Any) -> Any:
    return mp.cbrt(x) if x >= 0 else -mp.cbrt(-x)


def _log_gamma(x: Any) -> Any:
    return mp.log(abs(mp.gamma(x)))


def _logsumexp(values: Any) -> Any:
    return mp.log(mp.fsum(mp.exp(v) for v in values))


def _softplus(x: Any) -> Any:
    return max(x, mp.mpf(0)) + mp.log1p(mp.exp(-abs(x)))


def _logistic(x: Any) -> Any:
    return 1 / (1 + mp.exp(-x))


def _ncdf(x: Any) -> Any:
    return mp.erfc(-x / mp.sqrt(2)) / 2


def _spence(x: Any) -> Any:
    return mp.re(mp.polylog(2, 1 - x))


def _xlogx(x: Any) -> Any:
    return x * mp.log(x) if x > 0 else mp.mpf(0)


def _elementary() -> list[Case]:
    """jax.numpy, one argument."""
    table: list[tuple[str, str, Callable[..., Any]]] = [
        *((name, "real", abs) for name in ("abs", "absolute", "fabs")),
        *((name, "moderate", getattr(mp, name)) for name in ("sinh", "cosh", "tanh", "exp", "expm1")),
        *((name, "real", getattr(mp, name)) for name in ("sin", "cos")),
        ("tan", "moderate", mp.tan),
        *((name, "real", mp.atan) for name in ("arctan", "atan")),
        *((name, "real", mp.asinh) for name in ("arcsinh", "asinh")),
        *((name, "above_one", mp.acosh) for name in ("arccosh", "acosh")),
        *((name, "unit", mp.asin) for name in ("arcsin", "asin")),
        *((name, "unit", mp.acos) for name in ("arccos", "acos")),
        *((name, "unit", mp.atanh) for name in ("arctanh", "atanh")),
        ("log", "positive", mp.log),
        ("log2", "positive", lambda x: mp.log(x) / mp.log(2)),
        ("log10", "positive", mp.log10),
        ("log1p", "positive", mp.log1p),
        ("sqrt", "positive", mp.sqrt),
        ("cbrt", "real", _cbrt),
        ("exp2", "moderate", lambda x: mp.power(2, x)),
        ("negative", "real", lambda x: -x),
        ("positive", "real", lambda x: x),
        ("square", "real", lambda x: x * x),
        ("reciprocal", "positive", lambda x: 1 / x),
        ("sign", "real", _sign),
        ("floor", "moderate", mp.floor),
        ("ceil", "moderate", mp.ceil),
        ("trunc", "moderate", _trunc),
        *((name, "moderate", _even) for name in ("rint", "round", "around")),
        *((name, "real", lambda x: x * mp.pi / 180) for name in ("deg2rad", "radians")),
        *((name, "moderate", lambda x: x * 180 / mp.pi) for name in ("rad2deg", "degrees")),
        ("i0", "moderate", lambda x: mp.besseli(0, x)),
        ("sinc", "moderate", lambda x: mp.sin(mp.pi * x) / (mp.pi * x)),
        *((name, "real", lambda x: x) for name in ("real", "conj", "conjugate", "nan_to_num", "copy")),
        ("imag", "real", lambda x: mp.mpf(0)),
        ("isfinite", "real", lambda x: True),
        ("isnan", "real", lambda x: False),
        ("isinf", "real", lambda x: False),
    ]
    return [Case("numpy." + name, (kind,), each(truth)) for name, kind, truth in table]


def _binary() -> list[Case]:
    """jax.numpy, two arguments."""
    table: list[tuple[str, tuple[str, str], Callable[..., Any]]] = [
        ("add", ("real", "real"), lambda x, y: x + y),
        ("subtract", ("real", "real"), lambda x, y: x - y),
        ("multiply", ("moderate", "real"), lambda x, y: x * y),
        *((name, ("real", "positive"), lambda x, y: x / y) for name in ("divide", "true_divide")),
        *((name, ("real", "real"), max) for name in ("maximum", "fmax")),
        *((name, ("real", "real"), min) for name in ("minimum", "fmin")),
        ("hypot", ("moderate", "moderate"), mp.hypot),
        *((name, ("moderate", "positive"), mp.atan2) for name in ("arctan2", "atan2")),
        *((name, ("small_positive", "small"), mp.power) for name in ("power", "pow", "float_power")),
        ("logaddexp", ("moderate", "moderate"), lambda x, y: _logsumexp([x, y])),
        ("logaddexp2", ("small", "small"), lambda x, y: mp.log(mp.power(2, x) + mp.power(2, y)) / mp.log(2)),
        *((name, ("small", "small_positive"), lambda x, y: x - mp.floor(x / y) * y) for name in ("mod", "remainder")),
        ("fmod", ("small", "small_positive"), lambda x, y: x - _trunc(x / y) * y),
        ("floor_divide", ("small", "small_positive"), lambda x, y: mp.floor(x / y)),
        ("copysign", ("real", "positive"), lambda x, y: abs(x)),
        ("heaviside", ("real", "real"), lambda x, y: mp.mpf(1) if x > 0 else (y if x == 0 else mp.mpf(0))),
        ("equal", ("real", "real"), lambda x, y: x == y),
        ("not_equal", ("real", "real"), lambda x, y: x != y),
        ("less", ("real", "real"), lambda x, y: x < y),
        ("less_equal", ("real", "real"), lambda x, y: x <= y),
        ("greater", ("real", "real"), lambda x, y: x > y),
        ("greater_equal", ("real", "real"), lambda x, y: x >= y),
    ]
    return [Case("numpy." + name, kinds, each(truth)) for name, kinds, truth in table]


def _whole() -> list[Case]:
    """Whole numbers and bits: exact by Python's own."""
    two = ("bitwise_and", "bitwise_or", "bitwise_xor", "gcd", "lcm", "logical_and", "logical_or", "logical_xor")
    one = ("invert", "bitwise_not", "bitwise_invert", "bitwise_count", "logical_not")
    shifts = ("left_shift", "right_shift", "bitwise_left_shift", "bitwise_right_shift")
    return [
        *(Case("numpy." + name, ("integers", "integers"), getattr(np, name)) for name in two),
        *(Case("numpy." + name, ("integers",), getattr(np, name)) for name in one),
        *(Case("numpy." + name, ("integers", "shifts"), getattr(np, name)) for name in shifts),
        Case("lax.population_count", ("integers",), np.vectorize(lambda i: bin(int(i) % 2**64).count("1"))),
        Case("lax.clz", ("integers",), np.vectorize(lambda i: 64 - (int(i) % 2**64).bit_length())),
        Case("lax.shift_right_logical", ("integers", "shifts"), np.vectorize(_logical_shift, otypes=[np.int64])),
    ]


def _logical_shift(x: int, y: int) -> int:
    value = (int(x) % 2**64) >> int(y)
    return value - 2**64 if value >= 2**63 else value


def _mean(x: Any) -> Any:
    return sum(x) / len(x)


def _variance(x: Any) -> Any:
    middle = _mean(x)
    return sum((v - middle) ** 2 for v in x) / len(x)


def _quantile(q: Any) -> Truth:
    def truth(x: Any) -> Any:
        ordered, place = sorted(x), q * (len(x) - 1)
        low = int(mp.floor(place))
        return ordered[low] + (place - low) * (ordered[min(low + 1, len(x) - 1)] - ordered[low])

    return truth


def _called(*arguments: Any, **settings: Any) -> Callable[[Any], Callable[..., Any]]:
    return lambda function: lambda *x: function(*x, *arguments, **settings)


def _reductions() -> list[Case]:
    """jax.numpy on a vector."""
    half = mp.mpf(1) / 2
    table: list[tuple[str, Truth, Any]] = [
        *((name, np.sum, None) for name in ("sum", "nansum")),
        *((name, np.prod, None) for name in ("prod", "nanprod")),
        *((name, max, None) for name in ("max", "amax", "nanmax")),
        *((name, min, None) for name in ("min", "amin", "nanmin")),
        *((name, _mean, None) for name in ("mean", "average", "nanmean")),
        *((name, _variance, None) for name in ("var", "nanvar")),
        *((name, lambda x: mp.sqrt(_variance(x)), None) for name in ("std", "nanstd")),
        ("ptp", lambda x: max(x) - min(x), None),
        *((name, _quantile(half), None) for name in ("median", "nanmedian")),
        ("quantile", _quantile(half / 2), _called(0.25)),
        ("percentile", _quantile(half / 2), _called(25.0)),
        *((name, np.cumsum, None) for name in ("cumsum", "nancumsum", "cumulative_sum")),
        *((name, np.cumprod, None) for name in ("cumprod", "nancumprod", "cumulative_prod")),
        ("argmax", lambda x: max(range(len(x)), key=lambda i: x[i]), None),
        ("argmin", lambda x: min(range(len(x)), key=lambda i: x[i]), None),
        ("argsort", lambda x: np.array(sorted(range(len(x)), key=lambda i: x[i])), None),
        ("sort", lambda x: np.array(sorted(x), object), None),
        ("diff", np.diff, None),
        ("ediff1d", np.diff, None),
        ("trapezoid", lambda x: sum((a + b) / 2 for a, b in itertools.pairwise(x)), None),
        ("count_nonzero", lambda x: sum(v != 0 for v in x), None),
        ("any", lambda x: any(v != 0 for v in x), None),
        ("all", lambda x: all(v != 0 for v in x), None),
        ("clip", lambda x: np.array([min(max(v, -half), half) for v in x], object), _called(-0.5, 0.5)),
        ("gradient", np.gradient, None),
        ("flip", np.flip, None),
        ("vander", np.vander, None),
        ("convolve", lambda x: _convolved(x, [x[0], x[1]]), lambda f: lambda x: f(x, x[:2])),
        ("correlate", lambda x: _convolved(x, [x[1], x[0]])[1:-1], lambda f: lambda x: f(x, x[:2])),
        ("polyval", lambda x: sum(c * x[0] ** k for k, c in enumerate(reversed(x))), lambda f: lambda x: f(x, x[0])),
        ("polyder", lambda x: x[:-1] * np.arange(len(x) - 1, 0, -1), None),
        ("polyint", lambda x: np.append(x / np.arange(len(x), 0, -1), mp.mpf(0)), None),
        ("polyadd", lambda x: x + x, lambda f: lambda x: f(x, x)),
        ("polysub", lambda x: x - 2 * x, lambda f: lambda x: f(x, 2 * x)),
        ("polymul", lambda x: _convolved(x, x), lambda f: lambda x: f(x, x)),
        ("diag", np.diag, None),
        ("diagflat", np.diag, None),
        ("roll", lambda x: np.roll(x, 2), _called(2)),
        ("repeat", lambda x: np.repeat(x, 2), _called(2)),
        ("tile", lambda x: np.tile(x, 2), _called(2)),
        ("resize", lambda x: np.resize(x, (2, 4)), _called((2, 4))),
        ("append", lambda x: np.append(x, x), lambda f: lambda x: f(x, x)),
        ("insert", lambda x: np.insert(x, 1, x[0]), lambda f: lambda x: f(x, 1, x[0])),
        ("delete", lambda x: np.delete(x, 1), _called(1)),
        ("take", lambda x: x[[2, 0]], lambda f: lambda x: f(x, np.array([2, 0]))),
        ("array_split", lambda x: np.array_split(x, 2), _called(2)),
        ("ravel", np.ravel, None),
        ("expand_dims", lambda x: x[:, None], _called(1)),
        ("atleast_2d", np.atleast_2d, None),
        ("atleast_3d", np.atleast_3d, None),
        ("broadcast_to", lambda x: np.broadcast_to(x, (2, len(x))), lambda f: lambda x: f(x, (2, 5))),
        ("pad", lambda x: np.concatenate([[mp.mpf(3)], x, [mp.mpf(3)] * 2]), _called((1, 2), constant_values=3.0)),
        ("full_like", lambda x: np.array([x[0]] * len(x), object), lambda f: lambda x: f(x, x[0])),
        ("zeros_like", lambda x: 0 * x, None),
        ("ones_like", lambda x: 0 * x + 1, None),
        ("cov", lambda x: _variance(x) * len(x) / (len(x) - 1), None),
    ]
    return [Case("numpy." + name, ("vector",), truth, call) for name, truth, call in table]


def _convolved(x: Any, y: Any) -> Any:
    total = [mp.mpf(0)] * (len(x) + len(y) - 1)
    for i, a in enumerate(x):
        for j, b in enumerate(y):
            total[i + j] += a * b
    return np.array(total, object)


def _matrices() -> list[Case]:
    """jax.numpy on a matrix (3, 4), or two."""
    one: list[tuple[str, Truth, Any]] = [
        ("transpose", np.transpose, None),
        ("matrix_transpose", np.transpose, None),
        ("permute_dims", np.transpose, _called((1, 0))),
        ("swapaxes", np.transpose, _called(0, 1)),
        ("moveaxis", np.transpose, _called(0, 1)),
        ("rollaxis", np.transpose, _called(1)),
        ("fliplr", np.fliplr, None),
        ("flipud", np.flipud, None),
        ("rot90", np.rot90, None),
        ("reshape", lambda x: x.reshape(2, 6), _called((2, 6))),
        ("trace", np.trace, None),
        ("diagonal", np.diagonal, None),
        ("tril", lambda x: np.where(np.tril(np.ones(x.shape)) > 0, x, mp.mpf(0)), None),
        ("triu", lambda x: np.where(np.triu(np.ones(x.shape)) > 0, x, mp.mpf(0)), None),
        ("split", lambda x: np.split(x, 2, 1), _called(2, axis=1)),
        ("hsplit", lambda x: np.hsplit(x, 2), _called(2)),
        ("vsplit", lambda x: np.vsplit(x, 3), _called(3)),
        ("unstack", lambda x: list(x), None),
        ("squeeze", lambda x: x, lambda f: lambda x: f(x[None])),
        ("block", lambda x: np.hstack([x, x]), lambda f: lambda x: f([x, x])),
        ("apply_along_axis", lambda x: x.sum(0), lambda f: lambda x: f(lambda r: r.sum(), 0, x)),
        ("take_along_axis", lambda x: x[:, [1]], lambda f: lambda x: f(x, np.array([[1], [1], [1]]), 1)),
        ("ix_", lambda x: x[np.ix_([0, 2], [1, 3])], lambda f: lambda x: x[f(np.array([0, 2]), np.array([1, 3]))]),
        ("corrcoef", _correlations, None),
    ]
    two: list[tuple[str, Truth, Any]] = [
        ("matmul", lambda x, y: x @ y.T, lambda f: lambda x, y: f(x, y.T)),
        ("dot", lambda x, y: x @ y.T, lambda f: lambda x, y: f(x, y.T)),
        ("inner", lambda x, y: x @ y.T, None),
        ("vdot", lambda x, y: (x * y).sum(), None),
        ("vecdot", lambda x, y: (x * y).sum(1), None),
        ("outer", lambda x, y: np.outer(x, y), None),
        ("kron", lambda x, y: np.kron(x, y), None),
        ("tensordot", lambda x, y: (x * y).sum(), None),
        ("einsum", lambda x, y: x @ y.T, lambda f: lambda x, y: f("ij,kj->ik", x, y)),
        ("matvec", lambda x, y: x @ y[0], lambda f: lambda x, y: f(x, y[0])),
        ("vecmat", lambda x, y: x[:, 0] @ y, lambda f: lambda x, y: f(x[:, 0], y)),
        ("cross", lambda x, y: np.array([_crossed(a[:3], b[:3]) for a, b in zip(x, y, strict=True)]), _three),
        ("concatenate", lambda x, y: np.concatenate([x, y]), _listed),
        ("concat", lambda x, y: np.concatenate([x, y]), _listed),
        ("stack", lambda x, y: np.stack([x, y]), _listed),
        ("vstack", lambda x, y: np.vstack([x, y]), _listed),
        ("hstack", lambda x, y: np.hstack([x, y]), _listed),
        ("dstack", lambda x, y: np.dstack([x, y]), _listed),
        ("column_stack", lambda x, y: np.column_stack([x, y]), _listed),
        ("where", lambda x, y: np.where(x > y, x, y), lambda f: lambda x, y: f(x > y, x, y)),
        ("select", lambda x, y: np.where(x > y, x, y), lambda f: lambda x, y: f([x > y], [x], y)),
    ]
    return [
        *(Case("numpy." + name, ("matrix",), truth, call) for name, truth, call in one),
        *(Case("numpy." + name, ("matrix", "matrix"), truth, call) for name, truth, call in two),
    ]


def _three(function: Any) -> Any:
    return lambda x, y: function(x[:, :3], y[:, :3])


def _listed(function: Any) -> Any:
    return lambda *x: function(list(x))


def _crossed(a: Any, b: Any) -> Any:
    return [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]]


def _correlations(x: Any) -> Any:
    centred = np.array([[v - _mean(row) for v in row] for row in x], object)
    gram = centred @ centred.T
    roots = [mp.sqrt(gram[i, i]) for i in range(len(x))]
    return np.array([[gram[i, j] / roots[i] / roots[j] for j in range(len(x))] for i in range(len(x))], object)


def _networks() -> list[Case]:
    """jax.nn."""
    selu = mp.mpf(1.0507009873554804934193349852946), mp.mpf(1.6732632423543772848170429916717)
    cube = mp.mpf(0.044715)
    root = mp.mpf(float(np.sqrt(2 / np.pi)))
    table: list[tuple[str, Callable[..., Any]]] = [
        ("relu", lambda x: max(x, mp.mpf(0))),
        ("relu6", lambda x: min(max(x, mp.mpf(0)), mp.mpf(6))),
        ("sigmoid", _logistic),
        ("softplus", _softplus),
        ("soft_sign", lambda x: x / (1 + abs(x))),
        *((name, lambda x: x * _logistic(x)) for name in ("silu", "swish")),
        ("log_sigmoid", lambda x: -_softplus(-x)),
        ("leaky_relu", lambda x: x if x >= 0 else mp.mpf(0.01) * x),
        ("hard_sigmoid", lambda x: min(max(x + 3, mp.mpf(0)), mp.mpf(6)) / 6),
        *((n, lambda x: x * min(max(x + 3, mp.mpf(0)), mp.mpf(6)) / 6) for n in ("hard_silu", "hard_swish")),
        ("hard_tanh", lambda x: min(max(x, mp.mpf(-1)), mp.mpf(1))),
        ("elu", lambda x: x if x > 0 else mp.expm1(x)),
        ("celu", lambda x: x if x > 0 else mp.expm1(x)),
        ("selu", lambda x: selu[0] * (x if x > 0 else selu[1] * mp.expm1(x))),
        ("gelu", lambda x: x * (1 + mp.tanh(root * (x + cube * x**3))) / 2),
        ("squareplus", lambda x: (x + mp.sqrt(x * x + 4)) / 2),
        ("mish", lambda x: x * mp.tanh(_softplus(x))),
        ("tanh", mp.tanh),
        ("identity", lambda x: x),
        ("sparse_plus", lambda x: mp.mpf(0) if x <= -1 else (x if x >= 1 else (x + 1) ** 2 / 4)),
        ("sparse_sigmoid", lambda x: min(max((x + 1) / 2, mp.mpf(0)), mp.mpf(1))),
    ]
    vectors: list[tuple[str, Truth]] = [
        ("logsumexp", _logsumexp),
        ("logmeanexp", lambda x: _logsumexp(x) - mp.log(len(x))),
        ("softmax", lambda x: np.array([mp.exp(v - _logsumexp(x)) for v in x], object)),
        ("log_softmax", lambda x: np.array([v - _logsumexp(x) for v in x], object)),
        ("standardize", lambda x: (x - _mean(x)) / mp.sqrt(_variance(x) + mp.mpf(1e-5))),
    ]
    return [
        *(Case("nn." + name, ("moderate",), each(truth)) for name, truth in table),
        *(Case("nn." + name, ("vector",), truth) for name, truth in vectors),
        Case("nn.log1mexp", ("positive_moderate",), each(lambda x: mp.log(-mp.expm1(-x)))),
        Case(
            "nn.glu",
            ("even_vector",),
            lambda x: np.array([a * _logistic(b) for a, b in zip(x[:3], x[3:], strict=True)]),
        ),
    ]


def _special() -> list[Case]:
    """jax.scipy.special."""
    zero = mp.mpf(0)
    table: list[tuple[str, tuple[str, ...], Callable[..., Any]]] = [
        ("gammaln", ("off_poles",), _log_gamma),
        ("gamma", ("off_poles",), mp.gamma),
        ("gammasgn", ("off_poles",), lambda x: _sign(mp.gamma(x))),
        ("digamma", ("off_poles",), mp.digamma),
        ("factorial", ("positive_moderate",), mp.factorial),
        ("beta", ("low_shape", "low_shape"), mp.beta),
        # from 8 on JAX 0.10 and 0.12 err by up to 1e-7 in their asymptotic formula, which is then the traced function
        ("betaln", ("low_shape", "low_shape"), lambda a, b: mp.loggamma(a) + mp.loggamma(b) - mp.loggamma(a + b)),
        ("betainc", ("shape", "shape", "fraction"), lambda a, b, x: mp.betainc(a, b, 0, x, regularized=True)),
        ("gammainc", ("shape", "positive_moderate"), lambda a, x: mp.gammainc(a, 0, x, regularized=True)),
        ("gammaincc", ("shape", "positive_moderate"), lambda a, x: mp.gammainc(a, x, regularized=True)),
        ("zeta", ("above_one", "positive_moderate"), mp.zeta),
        ("erf", ("moderate",), mp.erf),
        ("erfc", ("moderate",), mp.erfc),
        ("erfcx", ("small",), lambda x: mp.exp(x * x) * mp.erfc(x)),
        ("erfinv", ("unit",), mp.erfinv),
        ("dawsn", ("small",), lambda x: mp.sqrt(mp.pi) / 2 * mp.exp(-x * x) * mp.erfi(x)),
        ("exp1", ("positive_moderate",), mp.e1),
        ("expi", ("nonzero",), mp.ei),
        ("expit", ("moderate",), _logistic),
        ("logit", ("fraction",), lambda p: mp.log(p) - mp.log1p(-p)),
        ("i0", ("moderate",), lambda x: mp.besseli(0, x)),
        ("i0e", ("moderate",), lambda x: mp.exp(-abs(x)) * mp.besseli(0, x)),
        ("i1", ("moderate",), lambda x: mp.besseli(1, x)),
        ("i1e", ("moderate",), lambda x: mp.exp(-abs(x)) * mp.besseli(1, x)),
        ("ndtr", ("moderate",), _ncdf),
        ("log_ndtr", ("moderate",), lambda x: mp.log1p(-_ncdf(-x)) if x > 0 else mp.log(_ncdf(x))),
        ("ndtri", ("fraction",), lambda p: -mp.sqrt(2) * mp.erfinv(1 - 2 * p)),
        ("spence", ("positive_moderate",), _spence),
        ("entr", ("positive_moderate",), lambda x: -_xlogx(x)),
        ("rel_entr", ("positive_moderate", "positive_moderate"), lambda x, y: x * mp.log(x / y)),
        ("kl_div", ("positive_moderate", "positive_moderate"), lambda x, y: x * mp.log(x / y) - x + y),
        ("xlogy", ("moderate", "positive_moderate"), lambda x, y: x * mp.log(y)),
        ("xlog1py", ("moderate", "positive_moderate"), lambda x, y: x * mp.log1p(y)),
        ("boxcox", ("positive_moderate", "shape"), lambda x, t: mp.expm1(t * mp.log(x)) / t),
        ("boxcox1p", ("positive_moderate", "shape"), lambda x, t: mp.expm1(t * mp.log1p(x)) / t),
        ("poch", ("shape", "shape"), lambda a, b: mp.gamma(a + b) / mp.gamma(a)),
    ]
    approximated = {"ndtri": 1e-13, "spence": 1e-13}
    return [
        *(
            Case("scipy.special." + name, kinds, each(truth), None, approximated.get(name, 0.0))
            for name, kinds, truth in table
        ),
        Case(
            "scipy.special.polygamma",
            ("positive_moderate",),
            each(lambda x: mp.polygamma(3, x)),
            lambda f: lambda x: f(3, x),
        ),
        Case(
            "scipy.special.expn", ("positive_moderate",), each(lambda x: mp.expint(3, x)), lambda f: lambda x: f(3, x)
        ),
        Case("scipy.special.multigammaln", ("above_two",), each(_multigamma), _called(3)),
        Case("scipy.special.sici", ("positive_moderate",), lambda x: [each(mp.si)(x), each(mp.ci)(x)]),
        Case("scipy.special.fresnel", ("small",), lambda x: [each(mp.fresnels)(x), each(mp.fresnelc)(x)]),
        Case("scipy.special.softmax", ("vector",), lambda x: np.array([mp.exp(v - _logsumexp(x)) for v in x], object)),
        Case("scipy.special.log_softmax", ("vector",), lambda x: np.array([v - _logsumexp(x) for v in x], object)),
        Case("scipy.special.logsumexp", ("vector",), _logsumexp),
        Case(
            "scipy.special.logsumexp(b)",
            ("vector", "weights"),
            lambda x, b: mp.log(mp.fsum(w * mp.exp(v) for v, w in zip(x, b, strict=True))),
            lambda f: lambda x, b: f(x, b=b),
        ),
        Case("scipy.special.entr(0)", ("zeros",), lambda x: 0 * x + zero),
    ]


def _multigamma(a: Any) -> Any:
    shapes = [mp.loggamma(a - mp.mpf(j) / 2) for j in range(3)]
    return mp.mpf(3) / 2 * mp.log(mp.pi) + mp.fsum(shapes)


def elementwise() -> Sequence[Case]:
    """Functions of single numbers and of whole numbers."""
    return [*_elementary(), *_binary(), *_whole(), *_networks()]


def arrays() -> Sequence[Case]:
    """Functions of vectors and matrices that rearrange, add and multiply."""
    return [*_reductions(), *_matrices()]


def special() -> Sequence[Case]:
    """jax.scipy.special."""
    return _special()
