"""The edge of stability on the hyperbola: what a step does to the residual and to t1^2 - t2^2, in eta and k."""

import sympy

from symbolic import Derivation, Equal, EquivalentTo, Step

TITLE = "The edge of stability: steps make the minimum flatter"
_PAPER = "Chemnitz, Engel, Kuehn, Kuntz, section 3.3"


def derive_edge() -> Derivation:
    """Every step away from a minimum shrinks t1^2 - t2^2, and with it the sharpness of the minimum that is near."""
    t1, t2, z, d = sympy.symbols("t1 t2 z d", real=True)
    eta, k, t = sympy.symbols("eta k t", positive=True)
    r = 1 - t1 * t2
    after = t1 + 2 * eta * k * r * t2, t2 + 2 * eta * k * r * t1
    square = sympy.Symbol("d^2", nonnegative=True)
    return Derivation(
        TITLE,
        (
            (t1, "first parameter"),
            (t2, "second parameter"),
            (eta, "learning rate"),
            (k, "factor of the loss k (1 - t1 t2)^2"),
            (d, "t1^2 - t2^2"),
            (z, "(2 eta k (1 - t1 t2))^2"),
            (t, "first coordinate of a minimum"),
            (square, "d^2"),
        ),
        (
            Step(
                "A step of gradient descent multiplies the residual 1 - t1 t2 by a factor: near the minima it is "
                "the normal multiplier 1 - 2 eta k (t1^2 + t2^2).",
                reason="Expansion of t1 and t2 after the step.",
                reference=f"{_PAPER}, (15)",
                check=Equal(
                    1 - after[0] * after[1],
                    r * (1 - 2 * eta * k * (t1**2 + t2**2) - 4 * eta**2 * k**2 * r * t1 * t2),
                ),
            ),
            Step(
                "It multiplies d = t1^2 - t2^2 by 1 - z.",
                reason="Expansion.",
                check=Equal(after[0] ** 2 - after[1] ** 2, (t1**2 - t2**2) * (1 - 4 * eta**2 * k**2 * r**2)),
            ),
            Step(
                "So each step lowers |d|, unless d = 0 or the residual vanishes, as long as z < 2: as long as the "
                "residual is below 1/(sqrt 2 eta k).",
                reason="z and 2 - z are positive.",
                check=Equal(d**2 - (d * (1 - z)) ** 2, d**2 * z * (2 - z)),
            ),
            Step(
                "At a minimum s = t1^2 + t2^2 is fixed by d, so its sharpness 2 k s grows with |d|: it is 2 k (d^2 + "
                "4)^(1/2).",
                reason="t2 = 1/t1.",
                check=Equal((t**2 + t**-2) ** 2, (t**2 - t**-2) ** 2 + 4),
            ),
            Step(
                "The sharpness is below 2/eta exactly when d^2 is below 1/(eta k)^2 - 4. Beyond this edge a minimum "
                "repels: almost every orbit near it leaves, and its steps lower |d|: gradient descent moves along the "
                "hyperbola towards flatter minima, and can settle where the sharpness is below 2/eta. For eta k >= 1/2 "
                "there is no such d.",
                reason="Squaring s < 1/(eta k), with s^2 = d^2 + 4.",
                reference=f"{_PAPER}, (19)",
                check=EquivalentTo((eta * k) ** 2 * (square + 4) < 1, square < 1 / (eta * k) ** 2 - 4),
            ),
        ),
    )
