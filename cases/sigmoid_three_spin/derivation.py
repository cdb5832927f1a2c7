"""Stochastic gradient descent as an equation with noise, the error observable, and two slips of the source."""

import sympy

from cases.common.particle_loss import SOURCE
from symbolic.checks import AllOf, Definition, DerivativeIs, Equal, IsRoot
from symbolic.derivation import Derivation, Step

_LOSS, _DEVIATION = sympy.symbols("L sigma", positive=True)


def derive_limiting_equation() -> Derivation:
    """Mean and covariance of one step of (3.1), for a measure with two points and two arbitrary weights."""
    w, n, size = sympy.Symbol("w", positive=True), sympy.Symbol("n", positive=True), sympy.Symbol("h", positive=True)
    batch = sympy.Symbol("P", positive=True)
    r, g, k = (sympy.symbols(f"{name}1 {name}2", real=True) for name in "rgk")
    weights = (w, 1 - w)
    single = [[-n * r[p] * slope[p] for p in range(2)] for slope in (g, k)]
    means = [sympy.Add(*[weights[p] * row[p] for p in range(2)]) for row in single]
    second = sympy.Add(*[weights[p] * single[0][p] * single[1][p] for p in range(2)])
    printed = n**2 * sympy.Add(*[weights[p] * r[p] ** 2 * g[p] * k[p] for p in range(2)]) - means[0] * means[1]
    theta, covariance = sympy.symbols("theta R")
    return Derivation(
        "The limiting equation of stochastic gradient descent",
        (
            (w, "weight of the first of two points, 1 - w of the second"),
            *((x, "f - f_n at a point") for x in r),
            *((x, "derivative of f_n by one parameter there") for x in g),
            *((x, "derivative of f_n by another parameter there") for x in k),
            (size, "time step"),
            (batch, "batch size P"),
            (covariance, "entry of the covariance (3.10)"),
            (theta, "time step over batch size"),
        ),
        (
            *_mean_steps(n, weights),
            Step("The covariance (3.10) of two entries.", reason="(3.10).", check=Definition(covariance, printed)),
            Step(
                "It is the covariance of the gradient at one random point, so that of a batch is R/P.",
                reason="Mean of products minus product of means; independent points.",
                reference=f"{SOURCE}, (3.9), (3.10)",
                check=Equal(second - means[0] * means[1], covariance),
            ),
            Step("The noise strength.", reason="Below (3.13).", check=Definition(theta, size / batch)),
            Step(
                "One step of length h has the covariance h^2 R/P = theta R h, which is that of sqrt(theta) dB with "
                "<dB, dB> = R dt over the time h; its mean is -h times the gradient. So (3.1) is the Euler-Maruyama "
                "scheme of dZ = -grad(n loss) dt + sqrt(theta) dB.",
                reason="Comparison of mean and covariance.",
                reference=f"{SOURCE}, (3.13)-(3.16), the drift with its sign corrected",
                check=Equal(size**2 * covariance / batch, theta * covariance * size),
            ),
            Step(
                "The noise vanishes where the network equals the target at all points: it quenches itself.",
                reason="Substitution.",
                reference=f"{SOURCE}, (3.26)",
                check=IsRoot((printed,), ((r[0], sympy.Integer(0)), (r[1], sympy.Integer(0)))),
            ),
        ),
    )


def _mean_steps(n: sympy.Symbol, weights: tuple[sympy.Expr, sympy.Expr]) -> tuple[Step, ...]:
    """The mean of the gradient."""
    z = sympy.symbols("z1 z2", real=True)
    networks = [sympy.Function(f"f_{p + 1}")(*z) for p in range(2)]
    targets = sympy.symbols("t1 t2", real=True)
    value = sympy.Add(*[weights[p] * (targets[p] - networks[p]) ** 2 / 2 for p in range(2)])
    slope = sympy.Add(*[-n * weights[p] * (targets[p] - networks[p]) * sympy.diff(networks[p], z[0]) for p in range(2)])
    name = sympy.Symbol("Lambda")
    return (
        Step(
            "n times the loss, with the network at the two points as functions of the parameters.",
            reason="(3.7).",
            check=Definition(name, n * value),
        ),
        Step(
            "The mean of the gradient over a batch is the gradient of n times the loss.",
            reason="Differentiation; linearity of the mean.",
            reference=f"{SOURCE}, (3.7), (3.8)",
            check=DerivativeIs(name, (z[0],), slope),
        ),
    )


def derive_error_observable() -> Derivation:
    """(4.11) is about 2 loss/sqrt(2 pi d): charges at rest, and a residual whose mean given f is linear in f."""
    c, phi = sympy.symbols("c1 c2", real=True), sympy.symbols("phi1 phi2", real=True)
    t, w = sympy.Symbol("t", real=True), sympy.Symbol("w", positive=True)
    inner, whole = sympy.symbols("A B", real=True)
    square = sympy.Symbol("s", positive=True)
    network = (c[0] * phi[0] + c[1] * phi[1]) / 2
    value = w * (t - network) ** 2 / 2
    pulled = sympy.Add(*[x * sympy.diff(value, x) for x in c])
    return Derivation(
        "What the observable (4.11) measures",
        (
            (w, "weight of a point"),
            (t, "f there"),
            *((x, "charge") for x in c),
            *((x, "unit there") for x in phi),
            (inner, "mean of f_n (f - f_n)"),
            (whole, "mean of f (f - f_n)"),
            (_LOSS, "the loss"),
            (square, "|x|^2"),
            (_DEVIATION, "root mean square of f"),
        ),
        (
            Step(
                "sum c_i d loss/dc_i is minus the mean of f_n (f - f_n), point by point.",
                reason="f_n is linear in the charges.",
                check=Equal(pulled, -w * network * (t - network)),
            ),
            Step(
                "So where the charges are at rest the mean A of f_n (f - f_n) is 0, and the mean B of f (f - f_n) is "
                "A + 2 loss = 2 loss.",
                reason="f = f_n + (f - f_n), and the loss is half the mean square of f - f_n.",
                check=IsRoot(((inner + 2 * _LOSS) - whole,), ((inner, sympy.Integer(0)), (whole, 2 * _LOSS))),
            ),
            *_gaussian_steps(),
            _sphere_step(square),
        ),
    )


def _gaussian_steps() -> tuple[Step, ...]:
    """The observable for a Gaussian f."""
    f = sympy.Symbol("f", real=True)
    density = sympy.exp(-(f**2) / (2 * _DEVIATION**2)) / sympy.sqrt(2 * sympy.pi * _DEVIATION**2)
    slope = 2 * _LOSS / _DEVIATION**2
    return (
        Step(
            "If f is nearly Gaussian with variance sigma^2, and the mean of the residual given f is linear in f, "
            "that mean is 2 loss f/sigma^2; its product with f has the mean 2 loss.",
            reason="Linear regression; second moment of a Gaussian.",
            check=Equal(sympy.Integral(slope * f**2 * density, (f, -sympy.oo, sympy.oo)), 2 * _LOSS),
        ),
        Step(
            "Then (4.11) is 2 loss/(sigma sqrt(2 pi)), and with -f it is minus that.",
            reason="Half the first absolute moment of a Gaussian.",
            reference=f"{SOURCE}, (4.11)",
            check=AllOf(
                (
                    Equal(
                        sympy.Integral(slope * f * density, (f, 0, sympy.oo)),
                        2 * _LOSS / (_DEVIATION * sympy.sqrt(2 * sympy.pi)),
                    ),
                    Equal(
                        sympy.Integral(slope * f * density, (f, -sympy.oo, 0)),
                        -2 * _LOSS / (_DEVIATION * sympy.sqrt(2 * sympy.pi)),
                    ),
                )
            ),
        ),
    )


def _sphere_step(square: sympy.Symbol) -> Step:
    """The standard deviation of f on the sphere of radius sqrt(d)."""
    d = sympy.Symbol("d", positive=True)
    return Step(
        "Averaged over the coefficients a the mean square of (4.1) is sum x_p^2 x_q^2 x_r^2/d^2 = |x|^6/d^2 = "
        "d, so sigma is about sqrt(d) and (4.11) about 2 loss/sqrt(2 pi d).",
        reason="Independent coefficients with variance one; |x|^2 = d.",
        check=AllOf(
            (
                IsRoot((square**3 / d**2 - d,), ((square, d),)),
                IsRoot(
                    (2 * _LOSS / (_DEVIATION * sympy.sqrt(2 * sympy.pi)) - 2 * _LOSS / sympy.sqrt(2 * sympy.pi * d),),
                    ((_DEVIATION, sympy.sqrt(d)),),
                ),
            )
        ),
    )


def derive_order_erratum() -> Derivation:
    """A sequence that is o(n^-xi) for every xi < 1 but not o(1/n)."""
    n, gap = sympy.symbols("n delta", positive=True)
    return Derivation(
        "The order of the error",
        ((n, "number of particles"), (gap, "1 - xi")),
        (
            Step(
                "The sequence 1/n satisfies (2.52): n^xi times it tends to 0 for every xi = 1 - delta < 1.",
                reason="Limit.",
                reference=f"{SOURCE}, (2.52)",
                check=Equal(sympy.Limit(n ** (-gap), n, sympy.oo), sympy.Integer(0)),
            ),
            Step(
                "But n times it tends to 1, not to 0: it is not o(1/n). So (2.52), all that the argument gives for xi "
                "< 1, does not imply (1.21); it gives f_n = f + o(n^-xi) for every xi < 1.",
                reason="Limit.",
                reference=f"{SOURCE}, (1.21) and below Proposition 2.3",
                check=Equal(sympy.Limit(sympy.Mul(n, 1 / n, evaluate=False), n, sympy.oo), sympy.Integer(1)),
            ),
        ),
    )


def derive_mixed_derivative_erratum() -> Derivation:
    """The cross term of (3.19): one derivative by c, not two; tested with chi = y c."""
    y, c = sympy.symbols("y c", real=True)
    chi = sympy.Symbol("chi")
    return Derivation(
        "The mixed term of Ito's formula",
        ((y, "position"), (c, "charge"), (chi, "test function")),
        (
            Step("A test function.", reason="Choice.", check=Definition(chi, y * c)),
            Step(
                "d(Y C) contains dY dC = theta C A_1 dt: Ito's formula multiplies the covariation by the derivative "
                "once by y and once by c, here 1.",
                reason="Product rule of stochastic calculus; differentiation.",
                check=DerivativeIs(chi, (y, c), sympy.Integer(1)),
            ),
            Step(
                "With two derivatives by c, as printed, the term is 0.",
                reason="Differentiation.",
                reference=f"{SOURCE}, (3.19), fourth line; (3.22) has it right",
                check=DerivativeIs(chi, (y, c, c), sympy.Integer(0)),
            ),
        ),
    )
