"""The law of large numbers of a network of many particles at every time: its flow as a mean-field system."""

import sympy

from cases.common.particle_loss import SOURCE
from symbolic import AllOf, Derivation, DerivativeIs, Equal, Implied, Step

TITLE = "The law of large numbers of the network, at every time"

_Y, _C = sympy.symbols("y1 y2", real=True), sympy.symbols("c1 c2", real=True)
_W, _F = sympy.symbols("w1 w2", positive=True), sympy.symbols("f1 f2", real=True)
_UNITS = sympy.symbols("g h", cls=sympy.Function)
_NETWORK = [sympy.Add(*[_C[i] * unit(_Y[i]) for i in range(2)]) / 2 for unit in _UNITS]
_LOSS = sympy.Add(*[_W[p] * (_F[p] - _NETWORK[p]) ** 2 / 2 for p in range(2)])


def _pull(i: int, j: int) -> sympy.Expr:
    """What particle j adds to the speed of the charge of particle i, before the mean over j."""
    return sympy.Add(*[_W[p] * _UNITS[p](_Y[i]) * (_F[p] - _C[j] * _UNITS[p](_Y[j])) for p in range(2)])


def _push(i: int, j: int) -> sympy.Expr:
    slopes = [sympy.diff(unit(_Y[i]), _Y[i]) for unit in _UNITS]
    return _C[i] * sympy.Add(*[_W[p] * slopes[p] * (_F[p] - _C[j] * _UNITS[p](_Y[j])) for p in range(2)])


_R, _PHI = sympy.symbols("r1 r2", real=True), sympy.symbols("phi1 phi2", real=True)
_SPEED = sympy.Add(*[_W[p] * _PHI[p] * _R[p] for p in range(2)])
_PRODUCT = sympy.Add(*[_W[p] * _PHI[p] ** 2 for p in range(2)]) * sympy.Add(*[_W[p] * _R[p] ** 2 for p in range(2)])
_GAP, _NOW, _START = sympy.symbols("d W W0", nonnegative=True)
_SLOPE, _GROWTH, _RATE, _T = sympy.symbols("l E m t", positive=True)
_LEVEL = sympy.Function("ell")(_T)
_SYMBOLS = (
    (_Y[0], "position of a particle (one coordinate)"),
    (_C[0], "its charge"),
    (_W[0], "weight of a data point"),
    (_F[0], "value of the target there"),
    (_UNITS[0](_Y[0]), "unit at a data point"),
    (_R[0], "residual f - f_n at a data point"),
    (_PHI[0], "value of the unit there"),
    (_GAP, "distance of f_n(t) from f_0(t) at a point"),
    (_NOW, "W1 distance of the law of the particles from rho_0 at the time t"),
    (_START, "the same at the start"),
    (_SLOPE, "Lipschitz constant of c phi(x, y) on the set in which the particles live"),
    (_GROWTH, "exp(2 L t), L the Lipschitz constant of the pair forces there"),
    (_LEVEL, "the loss of f_0(t)"),
    (_RATE, "a lower bound of the eigenvalues of M for all times, if there is one"),
)


def derive_law_of_large_numbers() -> Derivation:
    """Two particles and two data points show the identities; the estimate of Dobrushin is derived beside it."""
    return Derivation(TITLE, _SYMBOLS, (*_flow_steps(), *_limit_steps()))


def _flow_steps() -> tuple[Step, ...]:
    return (
        Step(
            "The flow (2.1) is a mean-field system: the speed of a particle is the mean over all particles of a "
            "force that depends on the pair only. So the law of the particles solves (2.5) in the weak sense at "
            "every n, and (2.9) is its Vlasov equation.",
            reason="Differentiation of n times the loss.",
            reference=f"{SOURCE}, (2.1), (2.5)-(2.9)",
            check=AllOf(
                (
                    DerivativeIs(-2 * _LOSS, (_C[0],), (_pull(0, 0) + _pull(0, 1)) / 2),
                    DerivativeIs(-2 * _LOSS, (_Y[0],), (_push(0, 0) + _push(0, 1)) / 2),
                )
            ),
        ),
        Step(
            "The loss falls along the flow, so the speed of a charge, the integral of phi r, stays below (integral "
            "of phi^2)^(1/2) times (2 loss at the start)^(1/2): charges grow at most linearly in time. With a "
            "bounded law at the start, and phi with bounded derivatives up to the second, the particles live in a "
            "bounded set on which the pair force is Lipschitz, with a constant L for all n.",
            reason="Lagrange's identity: the difference is a square (Cauchy and Schwarz).",
            check=Equal(_PRODUCT - _SPEED**2, _W[0] * _W[1] * (_PHI[0] * _R[1] - _PHI[1] * _R[0]) ** 2),
        ),
    )


def _limit_steps() -> tuple[Step, ...]:
    return (
        Step(
            "By Dobrushin's estimate W1(t) <= exp(2 L t) W1(0), and f_n - f_0 is at most l W1(t). The law of "
            "independent particles at the start converges in W1 almost surely (Varadarajan): so does f_n(t) to "
            "f_0(t), uniformly on bounded times.",
            reason="Both bounds together; the right side is a constant times W1(0).",
            reference=f"{SOURCE}, (2.31) and (2.41)",
            check=Implied(
                sympy.And(_GAP <= _SLOPE * _NOW, _NOW <= _GROWTH * _START), _GAP <= _SLOPE * _GROWTH * _START
            ),
        ),
        Step(
            "If the eigenvalues of M stay above m > 0, then exp(2 m t) times the loss never rises: f_0 tends to f "
            "at a rate without n. A positive definite M at each time does not give such an m by itself: (2.42) "
            "holds under this condition.",
            reason="By (2.37) the loss has the derivative -r . M r, at most -2 m times the loss.",
            reference=f"{SOURCE}, (2.37), (2.42)",
            check=Equal(
                sympy.Derivative(sympy.exp(2 * _RATE * _T) * _LEVEL, _T),
                sympy.exp(2 * _RATE * _T) * (sympy.Derivative(_LEVEL, _T) + 2 * _RATE * _LEVEL),
            ),
        ),
    )
