"""Minima of polynomial networks under gradient descent for Coq: an exact solution, and the step across solutions."""

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import numpy as np

from certify.certificate import Certificate
from certify.lyapunov.families.rationals import to_fmpq
from certify.minimum.statement import MinimumStatement
from certify.minimum.strict_loss import LossStatement
from certify.verdict import Verdict
from foundation import InputError
from stabproof.formal.existence import existence
from stabproof.formal.polynomials import Polynomials, bounds
from stabproof.formal.spectrum import Linearisation, derivatives, spectrum
from stabproof.formal.theorem import together
from stabproof.formal.vernacular import arguments, number
from stabproof.formal.zero import Zero, nearly_inverse, short

_MOST_RESIDUALS = 2
_MOST_PARAMETERS = 6


def minimum_text(certificate: Certificate) -> str:
    """The theorems for an interpolating minimum under gradient descent; `InputError` where it is not exported."""
    statement = MinimumStatement.from_tree(certificate.problem)
    rate = _learning_rate(statement.optimizer)
    if statement.batched:
        raise InputError("networks that see the whole batch are not exported to Coq")
    if statement.loss is not None:
        raise InputError("only the squared loss is exported to Coq")
    count, d = int(statement.targets.size), len(statement.params)
    if count > _MOST_RESIDUALS or d > _MOST_PARAMETERS:
        raise InputError(
            f"minima are exported to Coq with at most {_MOST_RESIDUALS} residuals and {_MOST_PARAMETERS} parameters; "
            f"this one has {count} and {d}"
        )
    system = Polynomials([f"x{j}" for j in range(d)])
    point = [system.variable(j) for j in range(d)]
    equations = []
    for example, target in zip(statement.inputs, statement.targets, strict=True):
        outputs = system.value(statement.predict, point, [example[None]])
        equations += [output - to_fmpq(Fraction(float(t))) for output, t in zip(outputs, target, strict=True)]
    base = [Fraction(float(x)) for x in statement.params]
    jacobian = _jacobian(equations, base)
    spread = np.linalg.pinv(jacobian)
    inner = jacobian @ spread
    zero = Zero(equations, base, [[short(v) for v in row] for row in spread], nearly_inverse(inner))
    return _text(zero, certificate.verdict, _across(equations, d, rate / len(statement.inputs)))


def strict_minimum_text(certificate: Certificate) -> str:
    """The theorems for a strict minimum under gradient descent; `InputError` where it is not exported."""
    statement = LossStatement.from_tree(certificate.problem)
    rate = _learning_rate(statement.optimizer)
    d = statement.dimension
    if d > _MOST_RESIDUALS:
        raise InputError(f"strict minima are exported to Coq up to {_MOST_RESIDUALS} parameters, and this one has {d}")
    system = Polynomials([f"x{j}" for j in range(d)])
    data = [np.asarray(array)[None] for array in statement.data]
    equations = system.value(statement.field, [system.variable(j) for j in range(d)], data)
    base = [Fraction(float(x)) for x in statement.params]
    identity = [[Fraction(int(i == j)) for j in range(d)] for i in range(d)]
    zero = Zero(equations, base, identity, nearly_inverse(_jacobian(equations, base)))
    xs = arguments("x", d)
    step = [
        [
            (int(i == j) - to_fmpq(rate) * h.derivative(j), f"{int(i == j)} - {number(rate)} * d{i}_{j} {xs}")
            for j in range(d)
        ]
        for i, h in enumerate(equations)
    ]
    return _text(zero, certificate.verdict, step)


def _learning_rate(optimizer: Mapping[str, Any]) -> Fraction:
    if optimizer.get("name") != "gradient-descent":
        raise InputError(f"only gradient descent is exported to Coq, and this is {optimizer.get('name')}")
    rate = optimizer["learning_rate"]
    if not isinstance(rate, (int, float, Fraction)):
        raise InputError("the learning rate is not an exact number: it cannot be exported to Coq")
    return Fraction(rate)


def _jacobian(equations: list[Any], base: list[Fraction]) -> np.ndarray:
    at = [(b, b) for b in base]
    return np.array([[float(bounds(h.derivative(j), at)[0]) for j in range(len(base))] for h in equations])


def _across(equations: list[Any], d: int, factor: Fraction) -> list[list[tuple[Any, str]]]:
    """I - factor J J^T: one step of gradient descent on the residuals, to first order."""
    xs = arguments("x", d)
    rows = []
    for i, left in enumerate(equations):
        row = []
        for k, right in enumerate(equations):
            gram = sum((left.derivative(j) * right.derivative(j) for j in range(d)), left * 0)
            text = " + ".join(f"d{i}_{j} {xs} * d{k}_{j} {xs}" for j in range(d))
            row.append((int(i == k) - to_fmpq(factor) * gram, f"{int(i == k)} - {number(factor)} * ({text})"))
        rows.append(row)
    return rows


def _text(zero: Zero, verdict: Verdict, step: list[list[tuple[Any, str]]]) -> str:
    d = len(zero.base)
    parts = [existence(zero), derivatives(zero.equations, d)]
    if verdict is Verdict.UNDECIDED:
        return "\n".join([*parts, together(zero, "True", "exact I")])
    matrix = Linearisation(
        kind="map",
        entries=[[entry for entry, _ in row] for row in step],
        texts=[[text for _, text in row] for row in step],
        definitions=[f"d{i}_{j}" for i in range(zero.count) for j in range(d)],
        base=zero.base,
        reach=[zero.radius * sum(map(abs, row), Fraction(0)) for row in zero.spread],
    )
    theorem, conclusion = spectrum(matrix, verdict)
    return "\n".join([*parts, theorem, together(zero, conclusion)])
