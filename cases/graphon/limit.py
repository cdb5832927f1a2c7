"""The digraph measures of cell averages converge to the graphon, and the dynamics on the graphs with them."""

import sympy

from symbolic import Derivation, DerivativeIs, Equal, Implied, Step

TITLE = "Convergence of the digraph measures, and of the dynamics on the graphs"
_SOURCE = "Chemnitz, Engel, Kuehn, Kuntz, (45)-(47)"

_A, _KERNEL, _TEST, _OTHER = sympy.symbols("a G f F", real=True)
_DISTANCE, _GAP, _TURN, _ERROR, _RATE = sympy.symbols("d p r e R", nonnegative=True)
_SLOPE, _BOUND, _WIDTH, _LIPSCHITZ, _FORCE = sympy.symbols("l B h L g", positive=True)
_GROWTH, _SOURCE, _START, _T = sympy.symbols("Lambda c k t", positive=True)
_PATH = _START * _WIDTH * sympy.exp(_GROWTH * _T) + _SOURCE * _WIDTH * (sympy.exp(_GROWTH * _T) - 1) / _GROWTH
_SYMBOLS = (
    (_A, "weight a_ij: the average of G over a cell"),
    (_KERNEL, "G(u, v) at a point of this cell"),
    (_SLOPE, "Lipschitz constant of G in each variable; for the graphons here the factor p at most"),
    (_BOUND, "bound of |G|"),
    (_WIDTH, "width h = 1/M of a cell"),
    (_TEST, "test function at v, |f| <= 1 with Lipschitz constant 1"),
    (_OTHER, "the same at j/M"),
    (_GAP, "|a - G|"),
    (_TURN, "|F - f|"),
    (_DISTANCE, "bounded Lipschitz distance of the fibre measures at u"),
    (_LIPSCHITZ, "Lipschitz constant of the coupling g in each variable, and of the local field"),
    (_FORCE, "bound of |g|"),
    (_ERROR, "largest distance of a node from the limit at a place of its cell"),
    (_RATE, "largest rate at which this distance grows"),
    (_GROWTH, "L (1 + 2 B)"),
    (_SOURCE, "2 l g"),
    (_START, "distance at the start over h"),
    (_T, "time"),
)


def derive_limit() -> Derivation:
    """For a Lipschitz graphon, without noise: both errors are of the order 1/M."""
    return Derivation(TITLE, _SYMBOLS, (*_measure_steps(), *_dynamics_steps()))


def _measure_steps() -> tuple[Step, ...]:
    return (
        Step(
            "The measure (46) of the graph at u has mass a_ij/M at j/M for each j, that of the graphon has the "
            "density G(u, v). Tested with f they differ by the integral over all cells of a F - G f.",
            reason="Expansion.",
            reference=f"{_SOURCE}, with a_ij = M^2 times the cell integral, as in the erratum on (44)",
            check=Equal(_A * _OTHER - _KERNEL * _TEST, (_A - _KERNEL) * _OTHER + _KERNEL * (_OTHER - _TEST)),
        ),
        Step(
            "A cell average differs from G at any point of the cell by 2 l/M at most, and f changes by 1/M at most "
            "over a cell: the distance is at most (2 l + B)/M, for every u. So the measures converge.",
            reason="Sum of the two terms; the cells have total length 1.",
            reference=_SOURCE,
            check=Implied(
                sympy.And(_DISTANCE <= _GAP + _BOUND * _TURN, 2 * _SLOPE * _WIDTH >= _GAP, _WIDTH >= _TURN),
                _DISTANCE <= (2 * _SLOPE + _BOUND) * _WIDTH,
            ),
        ),
    )


def _dynamics_steps() -> tuple[Step, ...]:
    return (
        Step(
            "Let x_i' = f(x_i) + sum over j of (a_ij/M) g(x_i, x_j), and let the limit have the integral of "
            "G(u, v) g(X_u, X_v) over v in place of the sum. The same splitting bounds the growth of the largest "
            "distance: the local field adds L e, the coupling B (2 L e), the weights (2 l/M) |g|.",
            reason="Triangle inequality in each cell.",
            check=Implied(
                sympy.And(
                    _RATE <= _LIPSCHITZ * _ERROR + _BOUND * 2 * _LIPSCHITZ * _ERROR + _FORCE * _GAP,
                    2 * _SLOPE * _WIDTH >= _GAP,
                ),
                _RATE <= _LIPSCHITZ * (1 + 2 * _BOUND) * _ERROR + 2 * _SLOPE * _FORCE * _WIDTH,
            ),
        ),
        Step(
            "By Gronwall's inequality e(t) is at most the solution with equality, from e(0) = k/M for data that "
            "are Lipschitz in u.",
            reason="Differentiation.",
            check=DerivativeIs(_PATH, (_T,), _GROWTH * _PATH + _SOURCE * _WIDTH),
        ),
        Step(
            "It tends to 0 with 1/M, uniformly on bounded times: the nodes follow the graphon equation. This is "
            "(47) without noise, for coupling functions that are bounded and Lipschitz.",
            reason="Limit.",
            reference=_SOURCE,
            check=Equal(sympy.Limit(_PATH, _WIDTH, 0), sympy.Integer(0)),
        ),
    )
