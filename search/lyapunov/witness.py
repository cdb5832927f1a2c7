"""The witness of a search's result, as certificate data."""

from collections.abc import Iterable
from typing import Any

from certify.lyapunov.prove import Proof
from search.lyapunov.driver import ExponentResult


def write_proofs(proofs: Iterable[Proof]) -> list[dict[str, Any]]:
    """The witnesses of a search as certificate data."""
    return [{"engine": proof.engine, "witness": proof.witness} for proof in proofs]


def witness_of(result: ExponentResult) -> dict[str, Any]:
    """The witness of a search's result."""
    return {"proofs": write_proofs(result.proofs)}
