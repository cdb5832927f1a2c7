"""The exponent of a family from the witnesses of engines: their proved bounds are intersected."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeAlias, final

import numpy as np

from certify.effort import charge
from certify.enclosure import Enclosure
from certify.lyapunov.families.family import Family, Witness
from certify.lyapunov.families.sgd_family import SGDFamily
from certify.lyapunov.registry import Engine, engine_named
from foundation import CertificateError

AnyFamily: TypeAlias = Family | SGDFamily

# What the least of proofs costs, in counted steps.
_LEAST_STEPS = 200
# What a prover may raise on a damaged witness; `np.linalg.LinAlgError` and `InputError` are kinds of ValueError.
_DAMAGED = (LookupError, TypeError, ValueError, AttributeError, ArithmeticError, RecursionError, MemoryError)


@final
@dataclass(frozen=True)
class Proof:
    """One engine's proved bounds and the witness from which `prove_exponent` repeats them.

    engine: its name; `explicit/NAME` means that NAME was applied to the explicit list of matrices of an SGD family.
    """

    engine: str
    witness: Witness
    enclosure: Enclosure


def prove_exponent(family: AnyFamily, proofs: Iterable[Proof | tuple[str, Witness]]) -> Enclosure:
    """The enclosure that the witnesses prove, without any search; raises `CertificateError` on a bad witness."""
    total = Enclosure(-np.inf, np.inf)
    for proof in proofs:
        name, witness = (proof.engine, proof.witness) if isinstance(proof, Proof) else proof
        total = total.intersect(prove_one(family, name, witness))
    return total


def prove_one(family: AnyFamily, name: str, witness: Witness) -> Enclosure:
    """What the engine `name` proves from `witness`; `CertificateError` on a witness that proves nothing."""
    charge("steps", _LEAST_STEPS)
    try:
        with np.errstate(all="ignore"):
            target, engine = target_of(family, name)
            reason = "its matrices cannot be listed" if target is None else engine.admits(target)
            if target is None or reason is not None:
                raise CertificateError(f"the engine {name!r} does not apply to this family: {reason}")
            if not isinstance(witness, dict):
                raise CertificateError(f"the witness of {name!r} must be a table of named values")
            return engine.prove(target, witness)
    except _DAMAGED as error:
        raise CertificateError(f"the witness of {name!r} is damaged: {error!r}") from None


def engine_of(name: str) -> Engine:
    """The engine of a proof's name, which may begin with `explicit/`."""
    return engine_named(name.removeprefix("explicit/"))


def target_of(family: AnyFamily, name: str) -> tuple[AnyFamily | None, Engine]:
    """The engine and the family that it works on: the given one or its explicit list, None where that is too long."""
    engine = engine_of(name)
    if name.startswith("explicit/"):
        return (family.explicit() if isinstance(family, SGDFamily) else None), engine
    return family, engine
