"""Equilibria of polynomial fields for Coq: existence and uniqueness in a cube, and the linearisation's eigenvalues."""

from fractions import Fraction

import numpy as np

from certify.certificate import Certificate
from certify.equilibrium import EquilibriumStatement
from certify.verdict import Verdict
from foundation import InputError
from stabproof.formal.existence import existence
from stabproof.formal.polynomials import Polynomials, bounds
from stabproof.formal.spectrum import Linearisation, derivatives, spectrum
from stabproof.formal.theorem import together
from stabproof.formal.vernacular import arguments
from stabproof.formal.zero import Zero, nearly_inverse

# a readable file: the contraction's proof has n * n bounds of polynomials in 2 n variables
_LARGEST = 4


def equilibrium_text(certificate: Certificate) -> str:
    """The definitions and theorems for an equilibrium certificate; raises `InputError` where it is not exported."""
    statement = EquilibriumStatement.from_tree(certificate.problem)
    if statement.restriction != "none":
        raise InputError(f"equilibria with a restriction ({statement.restriction}) are not exported to Coq")
    n = statement.ambient
    if n > _LARGEST:
        raise InputError(f"equilibria are exported to Coq up to dimension {_LARGEST}, and this one has {n}")
    system = Polynomials([f"x{j}" for j in range(n)])
    field = system.value(statement.field, [system.variable(j) for j in range(n)])
    gens = system.context.gens()
    equations = [f - gens[i] for i, f in enumerate(field)] if statement.is_map else field
    base = [Fraction(float(x)) for x in certificate.point]
    at = [(b, b) for b in base]
    jacobian = np.array([[float(bounds(h.derivative(j), at)[0]) for j in range(n)] for h in equations])
    identity = [[Fraction(int(i == j)) for j in range(n)] for i in range(n)]
    zero = Zero(equations, base, identity, nearly_inverse(jacobian))
    parts = [existence(zero), derivatives(equations, n)]
    if certificate.verdict is Verdict.UNDECIDED:
        return "\n".join([*parts, together(zero, "True", "exact I")])
    xs = arguments("x", n)
    shift = 1 if statement.is_map else 0
    matrix = Linearisation(
        kind=statement.kind,
        entries=[[h.derivative(j) + shift * (i == j) for j in range(n)] for i, h in enumerate(equations)],
        texts=[[f"d{i}_{j} {xs}" + (" + 1" if shift and i == j else "") for j in range(n)] for i in range(n)],
        definitions=[f"d{i}_{j}" for i in range(n) for j in range(n)],
        base=base,
        reach=[zero.radius] * n,
    )
    theorem, conclusion = spectrum(matrix, certificate.verdict)
    return "\n".join([*parts, theorem, together(zero, conclusion)])
