"""The rows of the classification table, each by its own argument, and normal forms of networks and Morse points."""

import sympy

from symbolic import AllOf, Derivation, DerivativeIs, Equal, GradientIs, SignIs, Step
from symbolic.checks import at, product, total

MONOTONE = "Non-augmented networks and neural ODEs have no critical points"
GENERIC = "Augmented networks and neural ODEs are Morse functions for almost all weights"
NARROW = "Bottlenecks and degenerate neural ODEs"
NORMAL_FORM = "Normal forms: of a network with weights of lower rank, and of a Morse point"
_PAPER = "Chemnitz, Engel, Kuehn, Kuntz, Theorem 2.9 and Table 1"


def derive_non_augmented() -> Derivation:
    """Rows of full rank and positive slopes: the gradient is a row times matrices that keep it away from zero."""
    row = sympy.Matrix(1, 2, sympy.symbols("v1 v2", real=True))
    wide = sympy.Matrix(2, 3, sympy.symbols("w1:7", real=True))
    slopes = sympy.symbols("s1 s2", positive=True)
    gram, square = wide * wide.T, product(wide, wide.T)
    inverse = sympy.diag(*[1 / slope for slope in slopes])
    return Derivation(
        MONOTONE,
        (
            (row[0], "entry of a row, the part of the gradient that comes from the later layers"),
            (wide[0, 0], "entry of a weight matrix with at least as many columns as rows, of full rank"),
            (slopes[0], "slope of the activation, positive"),
        ),
        (
            Step(
                "Hypotheses: layers and inner widths that never grow, weight matrices of full rank, activations whose "
                "derivative is positive. By the chain rule the gradient is a row vector: the last weight row times "
                "slopes, times a weight matrix, and so on. The slopes do not lose a row: division brings it back.",
                reason="A diagonal matrix times its inverse.",
                reference=_PAPER,
                check=Equal(product(row, sympy.diag(*slopes), inverse), row.as_immutable()),
            ),
            Step(
                "And under a matrix A with independent rows: v A A^T adj(A A^T) = det(A A^T) v, and det(A A^T) is the "
                "sum of the squares of the largest minors, which is positive. So v A = 0 only for v = 0. Two rows and "
                "three columns show it.",
                reason="The adjugate, and the formula of Cauchy and Binet.",
                check=AllOf(
                    (
                        Equal(product(row, wide, wide.T, gram.adjugate()), _times(sympy.Determinant(square), row)),
                        Equal(sympy.Determinant(square), _minors(wide)),
                    )
                ),
            ),
            Step(
                "So the gradient vanishes nowhere: class C1, the first row for networks. For a neural ODE the gradient "
                "is W~ V W with V the derivative of the flow, and det V is positive by Liouville's formula: V is such "
                "a matrix too, W has independent rows (m <= d), and W~ is not 0.",
                reason="V adj(V) = det(V) I, so w V = 0 only for w = 0.",
                reference=f"{_PAPER}; Liouville's formula (det V)' = div f det V",
                check=_adjugate_identity(),
            ),
        ),
    )


def _times(factor: sympy.Expr, row: sympy.Matrix) -> sympy.MatMul:
    return sympy.MatMul(factor, row.as_immutable(), evaluate=False)


def _minors(wide: sympy.Matrix) -> sympy.Expr:
    """The sum of the squares of the 2 x 2 minors of a (2, 3) matrix."""
    return sympy.Add(*[wide[:, list(pair)].det() ** 2 for pair in ((0, 1), (0, 2), (1, 2))])


def _adjugate_identity() -> Equal:
    row = sympy.Matrix(1, 2, sympy.symbols("u1 u2", real=True))
    flow = sympy.Matrix(2, 2, sympy.symbols("V11 V12 V21 V22", real=True))
    return Equal(product(row, flow, flow.adjugate()), _times(sympy.Determinant(flow.as_immutable()), row))


def derive_augmented() -> Derivation:
    """Sard's theorem in the outer weights: the gradient depends on them through a surjective linear map."""
    c = sympy.Matrix(1, 3, sympy.symbols("c1:4", real=True))
    weights = sympy.Matrix(3, 2, sympy.symbols("w1:7", real=True))
    slopes = sympy.symbols("s1:4", positive=True)
    image = sympy.diag(*slopes) * weights
    gradient = (c * image).T.as_immutable()
    minors = [(slopes[i] * slopes[j] * weights[[i, j], :].det()) ** 2 for i, j in ((0, 1), (0, 2), (1, 2))]
    x, t = sympy.symbols("x t", real=True)
    family = x**3 - t * x
    return Derivation(
        GENERIC,
        (
            (c[0], "outer weight"),
            (weights[0, 0], "entry of the derivative of the widest layer's input by x, of full rank"),
            (slopes[0], "slope of the activation there, positive"),
            (t, "parameter of an example"),
        ),
        (
            Step(
                "Let the widest layer be the last hidden one. The gradient c S W is linear in the outer weights c, and "
                "its derivative by them is W^T S. The widest layer has more than d neurons and the widths before it "
                "do not fall, so W has d independent columns and W^T S has rank d: three neurons and two inputs show "
                "it.",
                reason="Differentiation; the determinant of W^T S S W is a sum of squares (Cauchy and Binet).",
                reference=_PAPER,
                check=AllOf(
                    (
                        *[GradientIs(gradient[k], tuple(c), image[:, k].as_immutable()) for k in range(2)],
                        Equal(sympy.Determinant(product(image.T, image)), sympy.Add(*minors)),
                    )
                ),
            ),
            Step(
                "So 0 is a regular value of the gradient as a map of inputs and weights, and by Sard's theorem (in the "
                "parametric form of Thom) it is one of the gradient alone for almost all c: at each critical point the "
                "Hessian is regular. C1 or C2 outside of a null set of weights. The null set is not empty: for "
                "x^3 - t x it is t = 0: where the gradient 3 x^2 - t and its slope 6 x vanish together, t does.",
                reason="Differentiation, and a combination of gradient and slope.",
                reference=f"{_PAPER}; M. Hirsch, Differential Topology, chapter 3, theorem 2.7",
                check=AllOf(
                    (
                        DerivativeIs(family, (x,), 3 * x**2 - t),
                        Equal(total(x * (6 * x), -2 * (3 * x**2 - t)), 2 * t),
                    )
                ),
            ),
            Step(
                "For a neural ODE the gradient W~ V W is linear in W~, with the derivative W^T V^T: V is invertible "
                "and W has d independent columns (m > d), so the same argument holds. Networks that narrow again after "
                "the widest layer are treated in the source's reference.",
                reason="det of W^T V^T V W for m = 3 and d = 2, with V upper triangular, is again a sum of squares.",
                reference=_PAPER,
                check=_flow_gram(),
            ),
        ),
    )


def _flow_gram() -> Equal:
    weights = sympy.Matrix(3, 2, sympy.symbols("w1:7", real=True))
    flow = sympy.Matrix(3, 3, lambda i, j: sympy.Symbol(f"V{i + 1}{j + 1}", real=True) if j >= i else 0)
    image = flow * weights
    minors = [image[[i, j], :].det() ** 2 for i, j in ((0, 1), (0, 2), (1, 2))]
    return Equal(sympy.Determinant(product(weights.T, flow.T, flow, weights)), sympy.Add(*minors))


def derive_narrow() -> Derivation:
    """All classes behind a bottleneck, by composition with a monotone network; no class C2 for degenerate ODEs."""
    x, a, b, p, q = sympy.symbols("x a b p q", real=True)
    z = sympy.Symbol("z", real=True)
    alpha, beta, first, second = sympy.symbols("alpha beta g1 g2", real=True)
    inner = alpha * x**2 + beta * x**3
    place = a * p + b * q
    moved = sympy.Symbol("s", real=True)
    return Derivation(
        NARROW,
        (
            (x, "distance to a critical point of the network f before the bottleneck"),
            (alpha, "half of f'' there"),
            (beta, "the next coefficient of f"),
            (z, "value of f"),
            (first, "slope of the network g after the bottleneck, positive"),
            (second, "its second coefficient"),
            (place, "the only combination of the inputs p and q that a degenerate W passes on"),
            (moved, "how far the inputs are moved along the kernel (b, -a) of W"),
        ),
        (
            Step(
                "Widths 1, 2, 1, 2, 1 have a bottleneck: g(f(x)) with f = tanh 2x - w tanh x and g = tanh 2z + tanh z. "
                "The slope of g is positive, so the critical points are those of f.",
                reason="Differentiation; both terms are positive.",
                reference=_PAPER,
                check=AllOf(
                    (
                        DerivativeIs(
                            sympy.tanh(2 * z) + sympy.tanh(z),
                            (z,),
                            2 / sympy.cosh(2 * z) ** 2 + 1 / sympy.cosh(z) ** 2,
                        ),
                        SignIs(2 / sympy.cosh(2 * z) ** 2 + 1 / sympy.cosh(z) ** 2, ">"),
                    )
                ),
            ),
            Step(
                "At a critical point of f the second derivative of g(f) is that of f times the slope of g, whatever "
                "the higher terms are. So g(f) has the class of f: C1 for w = -1, C2 for w = 1, C3 for w = 2. A "
                "bottleneck allows all three classes.",
                reason="Differentiation of g1 (f - f(0)) + g2 (f - f(0))^2 at x = 0.",
                reference="the class of tanh 2x - w tanh x, derived above",
                check=Equal(
                    at(sympy.Derivative(first * inner + second * inner**2, (x, 2)), (x, sympy.Integer(0))),
                    first * 2 * alpha,
                ),
            ),
            Step(
                "A degenerate neural ODE whose W has a kernel depends on the inputs only through W x: moved along the "
                "kernel, network and gradient stay the same. So the Hessian maps the kernel to 0, and every critical "
                "point is degenerate: class C1 or C3, never C2. If W~ is degenerate it is 0, and the network is "
                "constant: C3.",
                reason="W x does not change.",
                reference=_PAPER,
                check=Equal(a * (p + b * moved) + b * (q - a * moved), place),
            ),
        ),
    )


def derive_normal_forms() -> Derivation:
    """A layer behind a weight matrix of lower rank may be narrower; and a critical point of class C2 is a quadratic."""
    a, b, c, d, h1, h2, x = sympy.symbols("a b c d h1 h2 x", real=True)
    factors = sympy.Matrix([a, b]), sympy.Matrix([[c, d]])
    layer = sympy.Matrix([h1, h2])
    curvature, cubic = sympy.Symbol("alpha", positive=True), sympy.Symbol("beta", real=True)
    root = x * sympy.sqrt(curvature + cubic * x)
    return Derivation(
        NORMAL_FORM,
        (
            (h1, "neuron of a layer"),
            (a, "entry of the left factor of the weight matrix"),
            (c, "entry of the right factor"),
            (x, "distance to a critical point"),
            (curvature, "half of the second derivative there"),
            (cubic, "the next coefficient"),
        ),
        (
            Step(
                "A weight matrix of rank r below its size is a product A B with r columns in A: here rank 1. The layer "
                "of two neurons h enters only through B h, one number: take this as the layer, with the weights A "
                "after it and B W~ before it. The map of the network is the same, with fewer neurons; if B W~ lacks "
                "rank, repeat. The widths fall, so this ends with full rank everywhere.",
                reason="The products agree; nothing else of the layer is used.",
                reference="Chemnitz, Engel, Kuehn, Kuntz, section 2.4, normal form",
                check=Equal(product(sympy.Matrix([[a * c, a * d], [b * c, b * d]]), layer), product(*factors, layer)),
            ),
            Step(
                "The classification is then that of the new widths. Near a critical point of class C2 the network is a "
                "quadratic in a new coordinate u (Morse's lemma): along a line, f - f(0) = u^2 with u = x (alpha + "
                "beta x)^(1/2) for a cubic f.",
                reason="Squaring; where alpha < 0, take -f.",
                check=Equal(root**2, curvature * x**2 + cubic * x**3),
            ),
            Step(
                "u is a coordinate: its slope at the critical point is the root of half of the second derivative, "
                "which is not 0 exactly in class C2.",
                reason="Differentiation at x = 0.",
                reference="J. Milnor, Morse Theory, lemma 2.2",
                check=Equal(at(sympy.Derivative(root, x), (x, sympy.Integer(0))), sympy.sqrt(curvature)),
            ),
        ),
    )
