"""Gradient descent on a sigmoid network with softmax cross-entropy: gradient, curvature, and null directions."""

import sympy

from symbolic.checks import AllOf, DerivativeIs, Equal, GradientIs, HessianIs, KernelIs
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
        (sympy.Symbol("v1", real=True), "output weight to the first class"),
        (sympy.Symbol("eta", positive=True), "learning rate"),
    )
    steps = (*_softmax_steps(), *_network_steps(), *_counting_steps(inputs, hidden, classes))
    return Derivation("Null directions of softmax cross-entropy", symbols, steps)


def _softmax_steps() -> tuple[Step, ...]:
    logits, shift = sympy.symbols(f"z1:{_CLASSES + 1}", real=True), sympy.Symbol("s", real=True)
    powers = [sympy.exp(z) for z in logits]
    shares = [power / sympy.Add(*powers) for power in powers]
    entropy = sympy.log(sympy.Add(*powers)) - logits[0]
    moved = entropy.subs({z: z + shift for z in logits}, simultaneous=True)
    target = sympy.ImmutableMatrix([1, 0, 0])
    column = sympy.ImmutableMatrix(shares)
    curvature = (sympy.diag(*shares) - column * column.T).as_immutable()
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
            "Its Hessian by the logits is diag(p) - p p^T.",
            reason="Differentiation.",
            check=HessianIs(entropy, logits, curvature),
        ),
        Step(
            "The kernel of diag(p) - p p^T is spanned by (1, ..., 1): softmax has no other null direction.",
            reason="The rows sum to zero, and a minor of order c - 1 is a positive number.",
            check=KernelIs(curvature, sympy.ones(_CLASSES, 1).as_immutable()),
        ),
    )


def _network_steps() -> tuple[Step, ...]:
    """One input and one hidden unit stand for all: rows of U and V are alike."""
    x, u, b = sympy.symbols("x u b", real=True)
    eta = sympy.Symbol("eta", positive=True)
    v, c = sympy.symbols(f"v1:{_CLASSES + 1}", real=True), sympy.symbols(f"c1:{_CLASSES + 1}", real=True)
    hidden = 1 / (1 + sympy.exp(-(u * x + b)))
    powers = [sympy.exp(a * hidden + d) for a, d in zip(v, c, strict=True)]
    loss = sympy.log(sympy.Add(*powers)) - v[0] * hidden - c[0]
    errors = [power / sympy.Add(*powers) - int(k == 0) for k, power in enumerate(powers)]
    back = sympy.Add(*[e * a for e, a in zip(errors, v, strict=True)]) * hidden * (1 - hidden)
    parameters = (u, b, *v, *c)
    gradient = sympy.ImmutableMatrix([back * x, back, *[hidden * e for e in errors], *errors])
    by_row = [sympy.Add(*[sympy.diff(loss, symbol) for symbol in row]) for row in (v, c)]
    total = sympy.Add(*errors)
    images = (sympy.diff(hidden * total, c[0]), sympy.diff(total, c[0]), sympy.diff(total, u))
    update = [a - eta * sympy.diff(loss, a) for a in v]
    return (
        Step(
            "Back-propagation: the gradient of the loss of an example with one input x and one hidden unit.",
            reason="Chain rule, layer by layer; more inputs and units repeat the same entries.",
            check=GradientIs(loss, parameters, gradient),
        ),
        Step(
            "The derivatives by a row of output weights, and by the output biases, sum to zero.",
            reason="The entries of p - y sum to zero.",
            check=AllOf(tuple(Equal(total, sympy.Integer(0)) for total in by_row)),
        ),
        Step(
            "So the Hessian maps the direction that adds one number to such a row to zero.",
            reason="The sum vanishes for all parameters, and so do its derivatives; shown by c_1 and u.",
            check=AllOf(tuple(Equal(image, sympy.Integer(0)) for image in images)),
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
