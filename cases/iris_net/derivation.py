"""Gradient descent on a sigmoid network with softmax cross-entropy: gradient, curvature, and null directions."""

import sympy

from symbolic.checks import AllOf, DerivativeIs, Equal, GradientIs, KernelIs
from symbolic.derivation import Derivation, Step

_CLASSES = 3


def parameter_count(inputs: int, hidden: int, classes: int) -> sympy.Integer:
    """(d + 1) h + (h + 1) c."""
    return sympy.Integer((inputs + 1) * hidden + (hidden + 1) * classes)


def derive_null_directions(inputs: int, hidden: int, classes: int) -> Derivation:
    """The h + 1 directions along which the loss of a d-h-c network is constant, and what they mean for descent."""
    symbols = (
        (sympy.Symbol("z1", real=True), "logit of the first class"),
        (sympy.Symbol("u", real=True), "hidden weight"),
        (sympy.Symbol("b", real=True), "hidden bias"),
        (sympy.Symbol("h", real=True), "output of the hidden unit"),
        (sympy.Symbol("v1", real=True), "output weight to the first class"),
        (sympy.Symbol("c1", real=True), "output bias of the first class"),
        (sympy.Symbol("eta", positive=True), "learning rate"),
    )
    steps = (*_softmax_steps(), *_network_steps(), *_counting_steps(inputs, hidden, classes))
    return Derivation("Null directions of softmax cross-entropy", symbols, steps)


def _softmax_steps() -> tuple[Step, ...]:
    logits, shift = sympy.symbols(f"z1:{_CLASSES + 1}", real=True), sympy.Symbol("s", real=True)
    powers = [sympy.exp(z) for z in logits]
    total = sympy.Add(*powers)
    entropy = sympy.log(total) - logits[0]
    moved = entropy.subs({z: z + shift for z in logits}, simultaneous=True)
    target = sympy.ImmutableMatrix([1, 0, 0])
    column = sympy.ImmutableMatrix([power / total for power in powers])
    weights = sympy.symbols(f"w1:{_CLASSES + 1}", positive=True)
    vector = sympy.Matrix(weights)
    curvature = (sympy.Add(*weights) * sympy.diag(*weights) - vector * vector.T).as_immutable()
    return (
        Step(
            "Adding one number s to all logits does not change the cross-entropy of an example of the first class.",
            reason="The derivative by s is zero for all logits and all s.",
            check=DerivativeIs(moved, (shift,), sympy.Integer(0)),
        ),
        Step(
            "Its gradient by the logits is p - y, the softmax minus the target.",
            reason="Differentiation.",
            check=GradientIs(entropy, logits, (column - target).as_immutable()),
        ),
        Step(
            "Its second derivatives are p_k (1 - p_k) and -p_j p_k: the Hessian is diag(p) - p p^T.",
            reason="Differentiation; shown for k = 2 and j = 1, the other entries by exchanging classes.",
            check=AllOf(
                (
                    DerivativeIs(entropy, (logits[1], logits[1]), column[1] * (1 - column[1])),
                    DerivativeIs(entropy, (logits[0], logits[1]), -column[0] * column[1]),
                )
            ),
        ),
        Step(
            "The kernel of diag(p) - p p^T is spanned by (1, ..., 1): softmax has no other null direction. With "
            "p_k = w_k / (w_1 + w_2 + w_3), and multiplied by the square of the sum.",
            reason="The rows sum to zero, and a minor of order c - 1 is a positive number.",
            check=KernelIs(curvature, sympy.ones(_CLASSES, 1).as_immutable()),
        ),
    )


def _network_steps() -> tuple[Step, ...]:
    """One input and one hidden unit stand for all: rows of U and V are alike."""
    x, u, b, h = sympy.symbols("x u b h", real=True)
    eta = sympy.Symbol("eta", positive=True)
    v, c = sympy.symbols(f"v1:{_CLASSES + 1}", real=True), sympy.symbols(f"c1:{_CLASSES + 1}", real=True)
    sigmoid = 1 / (1 + sympy.exp(-(u * x + b)))
    powers = [sympy.exp(a * h + d) for a, d in zip(v, c, strict=True)]
    loss = sympy.log(sympy.Add(*powers)) - v[0] * h - c[0]
    shares = [power / sympy.Add(*powers) for power in powers]
    errors = [share - int(k == 0) for k, share in enumerate(shares)]
    total = sympy.Add(*errors)
    update = [a - eta * h * error for a, error in zip(v, errors, strict=True)]
    return (
        Step(
            "Back-propagation through the output layer, for the output h of a hidden unit: the derivatives by h, by an "
            "output weight, and by an output bias.",
            reason="Chain rule.",
            check=AllOf(
                (
                    DerivativeIs(loss, (h,), sympy.Add(*[e * a for e, a in zip(errors, v, strict=True)])),
                    DerivativeIs(loss, (v[1],), h * shares[1]),
                    DerivativeIs(loss, (c[1],), shares[1]),
                )
            ),
        ),
        Step(
            "Back-propagation through the hidden layer: h' = h (1 - h), times the input for a weight.",
            reason="Derivative of the sigmoid.",
            check=AllOf(
                (
                    DerivativeIs(sigmoid, (u,), x * sigmoid * (1 - sigmoid)),
                    DerivativeIs(sigmoid, (b,), sigmoid * (1 - sigmoid)),
                )
            ),
        ),
        Step(
            "The derivatives by a row of output weights, and by the output biases, sum to zero.",
            reason="The entries of p - y sum to zero.",
            check=AllOf((Equal(h * total, sympy.Integer(0)), Equal(total, sympy.Integer(0)))),
        ),
        Step(
            "So the Hessian maps the direction that adds one number to such a row to zero.",
            reason="The sum vanishes for all parameters, and so do its derivatives; shown by h and c_1.",
            check=AllOf(tuple(DerivativeIs(total, (symbol,), sympy.Integer(0)) for symbol in (h, c[0]))),
        ),
        Step(
            "Gradient descent keeps the sum of a row of output weights for ever: a conserved quantity, with the "
            "multiplier 1.",
            reason="The update subtracts eta times derivatives that sum to zero.",
            check=Equal(sympy.Add(*update), sympy.Add(*v)),
        ),
    )


def _counting_steps(inputs: int, hidden: int, classes: int) -> tuple[Step, ...]:
    d, h, c = (sympy.Integer(n) for n in (inputs, hidden, classes))
    count = sympy.Add(sympy.Mul(d + 1, h, evaluate=False), sympy.Mul(h + 1, c, evaluate=False), evaluate=False)
    return (
        Step(
            f"A {inputs}-{hidden}-{classes} network has {parameter_count(inputs, hidden, classes)} parameters.",
            reason="Weights and biases of two layers.",
            check=Equal(count, parameter_count(inputs, hidden, classes)),
        ),
        Step(
            f"There are {hidden + 1} such directions, one for each hidden unit and one for the output biases; they "
            "have no entry in common, so they are independent.",
            reason="Rows of the matrix of output weights and biases.",
            check=Equal(sympy.Add(h, 1, evaluate=False), sympy.Integer(hidden + 1)),
        ),
    )
