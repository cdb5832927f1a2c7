"""Why the spectral radius decides the stability of minima: contraction below 1, and above 1 cones that orbits leave."""

import sympy

from symbolic import Derivation, Equal, Implied, Step
from symbolic.checks import at

STRICT = "The spectral radius decides at a strict minimum"
MANIFOLD = "The spectral radius on the normal space decides at an interpolating minimum"
_CHAPTER = "Chemnitz, Engel, Kuehn, Kuntz"
_PAPER = "Chemnitz, Engel, section 3.3 and 3.4"

_RHO, _MU = sympy.symbols("rho mu", nonnegative=True)
_EPSILON, _X, _AFTER = sympy.symbols("epsilon x y", nonnegative=True)
_A, _B, _A2, _B2 = sympy.symbols("a b A B", nonnegative=True)
_COMMON = (
    (_RHO, "spectral radius of the linearised update (on the normal space)"),
    (_EPSILON, "Lipschitz constant, in a small ball, of the update less its linear part"),
)
_CONE_SYMBOLS = (
    (_MU, "smallest modulus above 1 of a multiplier"),
    (_A, "distance of two points along the multipliers of modulus above 1"),
    (_B, "their distance along all the other directions"),
    (_A2, "the first of these distances after a step"),
    (_B2, "the second of them after a step"),
)


def derive_strict() -> Derivation:
    """Theorem 3.5 for a positive definite Hessian, without a theorem on invariant manifolds."""
    symbols = (*_COMMON, (_X, "distance to the minimum"), (_AFTER, "the same after a step"), *_CONE_SYMBOLS)
    steps = (
        _norm_step("At a critical point of a twice continuously differentiable loss the linearised update I - eta H"),
        _contraction_step("distance to the minimum"),
        Step(
            "So all orbits from a small ball stay in it and converge to the minimum, geometrically. Smaller balls do "
            "the same, and each has a positive volume: the minimum is locally Milnor stable if rho < 1.",
            reason="The factor of a step is below 1.",
            reference=f"{_CHAPTER}, Theorem 3.5",
            check=Implied(_RHO < 1, (1 + _RHO) / 2 < 1),
        ),
        *_cone_steps(),
        Step(
            "By Fubini the points whose orbits stay in the ball are a set of measure zero: the minimum is not locally "
            "Milnor stable if rho > 1. At rho = 1 neither half speaks.",
            reason="The distance grows by a factor above 1 in each step, and the ball is bounded.",
            reference=f"{_CHAPTER}, Theorem 3.5",
            check=Implied(_MU > 1, (1 + _MU) / 2 > 1),
        ),
    )
    return Derivation(STRICT, symbols, steps)


def derive_manifold() -> Derivation:
    """Theorem 3.9 (Theorem A of Chemnitz and Engel) where the gradients of the residuals are independent."""
    speed, factor = sympy.symbols("C q", positive=True)
    n = sympy.Symbol("n", integer=True, nonnegative=True)
    moved = speed * _X * (1 - factor**n) / (1 - factor)
    symbols = (
        *_COMMON,
        (_X, "length of the vector of residuals"),
        (_AFTER, "the same after a step"),
        (speed, "a step is at most C times the length of the residuals"),
        (factor, "q = (1 + rho)/2"),
        *_CONE_SYMBOLS,
    )
    steps = (
        _residual_step(),
        _norm_step("In the space of residuals the linear part I - eta K of a step"),
        _contraction_step("length of the residuals"),
        Step(
            "After n steps the parameters have moved by at most C x (1 - q^n)/(1 - q), which stays below C x/(1 - q).",
            reason="Each step adds C x q^n at most.",
            check=Equal(moved.subs(n, n + 1) - moved, speed * _X * factor**n),
        ),
        Step(
            "So every orbit that starts close enough stays close and converges; the residuals vanish at its limit, "
            "which is a minimum as near as wanted. The starts are an open set: stable if rho < 1.",
            reason="The factor of a step is below 1.",
            reference=f"{_CHAPTER}, Theorem 3.9; {_PAPER}",
            check=Implied(_RHO < 1, (1 + _RHO) / 2 < 1),
        ),
        *_cone_steps(),
        Step(
            "Tangent directions have the multiplier 1 and are among the others. By Fubini the points whose orbits stay "
            "in a small ball are a set of measure zero. An orbit that converges to a minimum close to this one stays "
            "in the ball from some step on: its start lies in a preimage of that set, of measure zero where the "
            "update is non-singular. Unstable if rho > 1; at rho = 1 neither half speaks.",
            reason="The distance grows by a factor above 1 in each step, and the ball is bounded.",
            reference=f"{_CHAPTER}, Theorem 3.9 and Definition 3.7, where (ii) is meant for small U: with U the whole "
            "space it is (i)",
            check=Implied(_MU > 1, (1 + _MU) / 2 > 1),
        ),
    )
    return Derivation(MANIFOLD, symbols, steps)


def _norm_step(subject: str) -> Step:
    """A symmetric matrix in its orthonormal eigenvectors, here two."""
    first, second, v, w = sympy.symbols("m1 m2 v1 v2", real=True)
    bounded = _RHO**2 * (v**2 + w**2) - ((first * v) ** 2 + (second * w) ** 2)
    return Step(
        f"{subject} is symmetric: in orthonormal eigenvectors it multiplies the coordinates v_k by numbers m_k with "
        "|m_k| <= rho, so no vector is stretched by more than rho. Two coordinates show it.",
        reason="Every term on the right is non-negative.",
        check=Equal(bounded, (_RHO**2 - first**2) * v**2 + (_RHO**2 - second**2) * w**2),
    )


def _contraction_step(what: str) -> Step:
    return Step(
        f"The rest of the update adds at most epsilon times the {what}, and epsilon is as small as we like in a small "
        "ball. Where it is at most (1 - rho)/2, a step multiplies by at most (1 + rho)/2.",
        reason="Continuity of the derivative; the triangle inequality.",
        check=Implied(
            sympy.And(_AFTER <= (_RHO + _EPSILON) * _X, (1 - _RHO) / 2 >= _EPSILON), _AFTER <= (1 + _RHO) / 2 * _X
        ),
    )


def _cone_steps() -> tuple[Step, Step]:
    """Two orbits in a ball in which the rest has the Lipschitz constant epsilon <= (mu - 1)/4."""
    small = (_MU - 1) / 4 >= _EPSILON
    inside = _B <= _A
    grown = sympy.And(_A2 >= _MU * _A - _EPSILON * (_A + _B), inside, small)
    kept = sympy.And(_B2 <= _B + _EPSILON * (_A + _B), inside, small)
    return (
        Step(
            "Now let multipliers of modulus above 1 exist. Take two points with b <= a, in a ball with epsilon <= "
            "(mu - 1)/4. A step makes the first distance larger by the factor (1 + mu)/2 at least.",
            reason="The linear part stretches it by mu; the rest changes it by epsilon (a + b) at most.",
            check=Implied(grown, _A2 >= (1 + _MU) / 2 * _A),
        ),
        Step(
            "The second distance is then (1 + mu)/2 times a at most, so again b <= a. Both orbits stay in the ball "
            "only if a = 0, and then b = 0: of two different points that stay, b > a. For each place along the other "
            "directions at most one point stays.",
            reason="The other multipliers have modulus 1 at most.",
            check=Implied(kept, _B2 <= (1 + _MU) / 2 * _A),
        ),
    )


def _residual_step() -> Step:
    """One residual and two parameters: the derivative of the new residual by eta at eta = 0, for every function."""
    eta, t, u = sympy.symbols("eta t1 t2", real=True)
    f = sympy.Function("r")
    by_t, by_u = sympy.Derivative(f(t, u), t), sympy.Derivative(f(t, u), u)
    p, q = sympy.symbols("p1 p2", real=True)
    line = f(t - eta * p, u - eta * q)
    slope = at(sympy.Derivative(line, eta), (eta, sympy.Integer(0)), (p, f(t, u) * by_t), (q, f(t, u) * by_u))
    return Step(
        "Interpolating minima are the zeros of the residuals r, whose gradients are independent there by hypothesis. "
        "The step theta - eta J^T r changes them at the rate -J J^T r = -K r by eta, and what is left is of the order "
        "|r|^2: r becomes (I - eta K) r, K positive definite. One residual and two parameters show it; for the mean "
        "of N squares K/N stands for K.",
        reason="Chain rule along the step, Taylor's formula for the rest.",
        reference=f"{_CHAPTER}, (15) and (19)",
        check=Equal(slope, -(by_t**2 + by_u**2) * f(t, u)),
    )
