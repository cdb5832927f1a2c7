"""The universal representation theorem: adjoint, normal equation, regularised solutions, and a sampled density."""

import sympy

from cases.common.particle_loss import SOURCE
from symbolic import Derivation, Equal, Implied, Step
from symbolic.checks import at, product

TITLE = "Discriminating kernels represent every function, as closely as wanted"

_UNIT = sympy.Matrix(2, 3, sympy.symbols("phi1:7", real=True))
_TARGET = sympy.Matrix(sympy.symbols("f1 f2", real=True))
_DENSITY = sympy.Matrix(sympy.symbols("G1:4", real=True))
_CHANGE = sympy.Matrix(sympy.symbols("H1:4", real=True))
_TEST = sympy.Matrix(sympy.symbols("g1 g2", real=True))
_S, _EPSILON, _SHARE = sympy.symbols("s epsilon p", positive=True)
_VALUE, _KERNEL, _N = sympy.symbols("c a n", positive=True)
_SECOND, _MEAN = sympy.symbols("b m", real=True)
_FIRST, _LATER = sympy.symbols("d1 d2", nonnegative=True)


def _loss(at_density: sympy.Matrix) -> sympy.Expr:
    gap = _TARGET - _UNIT * at_density
    return sympy.Add(*[entry**2 for entry in gap]) / 2


_GRADIENT = _UNIT.T * (_TARGET - _UNIT * _DENSITY)
_MOVED = _UNIT * _CHANGE
_SYMBOLS = (
    (_UNIT[0, 0], "value of the unit at a data point and a position: the operator phi"),
    (_TARGET[0], "value of the target f at a data point"),
    (_DENSITY[0], "value of the density G at a position"),
    (_CHANGE[0], "a change H of the density"),
    (_TEST[0], "value of a function g at a data point"),
    (_S, "singular value of phi"),
    (_EPSILON, "regularisation"),
    (_SHARE, "probability density of a position"),
    (_KERNEL, "phi(x, y)"),
    (_VALUE, "G(y)"),
    (_N, "number of particles"),
    (_MEAN, "mean of c phi"),
    (_SECOND, "mean of (c phi)^2, finite"),
    (_FIRST, "distance of f from phi G"),
    (_LATER, "distance of phi G from the network"),
)


def derive_representation() -> Derivation:
    """Two points of the data and three positions show the identities; operators obey them under Assumption 1.2."""
    return Derivation(TITLE, _SYMBOLS, (*_operator_steps(), *_sampling_steps()))


def _operator_steps() -> tuple[Step, ...]:
    return (
        Step(
            "Assumption 1.2 makes phi a compact (Hilbert-Schmidt) operator from densities to functions, with the "
            "adjoint phi': g . phi G = phi' g . G.",
            reason="Transposition; (1.8).",
            reference=f"{SOURCE}, Assumption 1.2 and (1.8)",
            check=Equal(product(_TEST.T, _UNIT, _DENSITY), product((_UNIT.T * _TEST).T, _DENSITY)),
        ),
        Step(
            "From G to G + H the loss changes by -H . phi'(f - phi G) + |phi H|^2/2. So G is a minimiser exactly "
            "when phi'(f - phi G) = 0, that is F = K G with F = phi' f and K = phi' phi.",
            reason="Expansion; the last term is not negative.",
            reference=f"{SOURCE}, (1.9), (1.10) and (1.15)",
            check=Equal(
                _loss(_DENSITY + _CHANGE) - _loss(_DENSITY),
                -(_CHANGE.T * _GRADIENT)[0] + sympy.Add(*[entry**2 for entry in _MOVED]) / 2,
            ),
        ),
        Step(
            "What lies orthogonal to the range of phi is the null space of phi'. By Assumption 1.3 it is 0: the "
            "range is dense, and f can be met as closely as wanted. A solution: G = (phi' phi + epsilon)^-1 phi' "
            "f leaves from a component of f with singular value s the share epsilon/(s^2 + epsilon).",
            reason="In singular functions phi' phi is s^2.",
            reference=f"{SOURCE}, Assumption 1.3 and (1.12)",
            check=Equal(1 - _S * (_S / (_S**2 + _EPSILON)), _EPSILON / (_S**2 + _EPSILON)),
        ),
        Step(
            "For s > 0 this share is at most 1 and tends to 0 with epsilon; for s = 0 it is 1, but f has no such "
            "component. So |f - phi G| tends to 0: this is (1.13), with f* = phi G*. (The statement names the "
            "union of the ranges of phi and phi'; the second consists of densities, and the first is meant.)",
            reason="Limit in every component; the sum of squares of all components is finite.",
            reference=f"{SOURCE}, Theorem 1.4, (1.13) and (1.14)",
            check=Equal(sympy.Limit(_EPSILON / (_S**2 + _EPSILON), _EPSILON, 0), sympy.Integer(0)),
        ),
    )


def _sampling_steps() -> tuple[Step, ...]:
    return (
        Step(
            "Particles at independent positions y of density p, with the charges G(y)/p(y), have the right mean: "
            "charge times unit times p is G phi.",
            reason="(1.16).",
            check=Equal(at(_MEAN * _KERNEL * _SHARE, (_MEAN, _VALUE / _SHARE)), _VALUE * _KERNEL),
        ),
        Step(
            "So the network of n particles has the mean f* and the variance (b - m^2)/n, which tends to 0; by the "
            "law of large numbers it converges almost surely.",
            reason="n terms with one particle, n (n - 1) with two independent ones.",
            reference=f"{SOURCE}, (1.16)",
            check=Equal(
                sympy.Limit((_N * _SECOND + _N * (_N - 1) * _MEAN**2) / _N**2 - _MEAN**2, _N, sympy.oo),
                sympy.Integer(0),
            ),
        ),
        Step(
            "In all: an error of at most epsilon from the density and the same from sampling give 2 epsilon, and "
            "a loss of at most 2 epsilon^2.",
            reason="Triangle inequality; the loss is half of the squared distance.",
            check=Implied(
                sympy.And(_FIRST <= _EPSILON, _LATER <= _EPSILON), (_FIRST + _LATER) ** 2 / 2 <= 2 * _EPSILON**2
            ),
        ),
    )
