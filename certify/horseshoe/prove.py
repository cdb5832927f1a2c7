"""The prover of horseshoe certificates."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from certify.arithmetic import Ball
from certify.certificate.model import Claim, ProofResult, Status, claim, hypothesis
from certify.enclosure import Enclosure
from certify.horseshoe.branches import InverseBranch, inverse_branch
from certify.horseshoe.entropy import entropy_lower_bound
from certify.horseshoe.statement import HorseshoeStatement
from certify.statements import say
from certify.verdict import Verdict
from certify.zeros import Undecided
from foundation import CertificateError

_MOST_STEPS = 10_000


def prove_horseshoe(problem: Mapping[str, Any], witness: Mapping[str, Any]) -> ProofResult:
    """Prove that the map follows every sequence of the witness's branches, deterministically.

    problem: see `HorseshoeStatement`. witness: centre (n,), radius of the cube N, branches: arrays (k_i, n) of
    approximate preimages of the centre, the earliest first. Wrong witnesses lead to UNDECIDED.
    """
    statement = HorseshoeStatement.from_tree(problem)
    centre, radius, orbits = _read(witness, statement.dimension)
    branches = []
    for orbit in orbits:
        branch = inverse_branch(statement, orbit, centre, radius)
        if isinstance(branch, Undecided):
            return _undecided(
                say("horseshoe.no-branch", detail=branch.reason), say("horseshoe.try", detail=branch.next_step)
            )
        branches.append(branch)
    if not all(_inside(branch.image, centre, radius) for branch in branches):
        return _undecided(say("horseshoe.not-inside"), say("horseshoe.longer"))
    if not _disjoint(branches):
        return _undecided(say("horseshoe.not-disjoint"), say("horseshoe.longer-or-smaller"))
    lipschitz = hypothesis("horseshoe.lipschitz", Status.PROVED, say("horseshoe.decided"))
    return ProofResult(Verdict.PROVED, say("horseshoe.branches"), _claims(branches), (lipschitz,))


def _claims(branches: Sequence[InverseBranch]) -> tuple[Claim, ...]:
    steps = [branch.steps for branch in branches]
    entropy = Enclosure(entropy_lower_bound(steps), float("inf"))
    return (
        claim("horseshoe.lengths", lengths=steps),
        claim("horseshoe.entropy", entropy),
    )


def _undecided(reason: str, next_step: str) -> ProofResult:
    return ProofResult(Verdict.UNDECIDED, "", (), (), reason, next_step)


def _inside(image: Ball, centre: np.ndarray, radius: float) -> bool:
    """Whether the image is proved to lie in the cube; the cube's bounds are rounded inward."""
    lower, upper = np.nextafter(centre - radius, np.inf), np.nextafter(centre + radius, -np.inf)
    return bool(((lower < image.lower) & (image.upper < upper)).all())


def _disjoint(branches: Sequence[InverseBranch]) -> bool:
    """Whether the images of every two branches are proved to be disjoint."""
    lower, upper = (np.array([getattr(branch.image, side) for branch in branches]) for side in ("lower", "upper"))
    return all(
        bool(np.any((upper[k] < lower[k + 1 :]) | (upper[k + 1 :] < lower[k]), axis=1).all())
        for k in range(len(branches))
    )


def _read(witness: Mapping[str, Any], size: int) -> tuple[np.ndarray, float, list[np.ndarray]]:
    centre, radius, branches = witness.get("centre"), witness.get("radius"), witness.get("branches")
    if not _is_floats(centre, 1, size):
        raise CertificateError(f"the certificate's witness has no finite float array 'centre' of shape ({size},)")
    if not isinstance(radius, float) or not 0 < radius < np.inf:
        raise CertificateError("the certificate's witness has no positive number 'radius'")
    if not isinstance(branches, list) or len(branches) < 2 or not all(_is_floats(b, 2, size) for b in branches):
        raise CertificateError(f"the certificate's witness has no two or more branches of shape (k, {size})")
    if sum(len(branch) for branch in branches) > _MOST_STEPS:
        raise CertificateError(f"the certificate's branches have more than {_MOST_STEPS} steps")
    return np.asarray(centre), radius, branches


def _is_floats(value: Any, axes: int, size: int) -> bool:
    fits = isinstance(value, np.ndarray) and value.dtype == np.float64 and value.ndim == axes
    return bool(fits and value.shape[-1] == size and value.size and np.isfinite(value).all())
