"""Certificates of Lyapunov exponents of random matrices."""

from typing import Any

from recheck.claims import Statement
from recheck.program.machine import Work
from recheck.proof import Proof
from recheck.random_products import Bounds, bound_exponent, read_family


def suggestions(witness: dict[str, Any], name: str = "proofs") -> list[tuple[str, Any]]:
    """The (engine, witness) pairs of a certificate: metrics, words and trial functions to start from."""
    proofs = witness.get(name)
    if not isinstance(proofs, list):
        return []
    return [(p["engine"], p["witness"]) for p in proofs if isinstance(p, dict) and {"engine", "witness"} <= set(p)]


def prove_exponent(statement: Statement, work: Work) -> Proof:
    """Bounds of the exponent of the stated family."""
    family = read_family(statement.problem)
    work.spend(len(family.matrices) * family.size**3)
    bounds = Bounds(statement.stated("lyapunov_exponent"))
    bound_exponent(family, suggestions(statement.witness), bounds)
    proof = Proof(values={"lyapunov_exponent": bounds.enclosure}, weak={"lyapunov_exponent", "verdict"})
    proof.verdict = bounds.verdict
    return proof
