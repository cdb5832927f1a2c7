"""Verdicts for SGD at a proved interpolating minimum, through the Lyapunov exponent of its linearised updates."""

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from certify.arithmetic import Ball
from certify.certificate.model import Claim, Hypothesis, Outcome, Status
from certify.linear_algebra import extreme_eigenvalues
from certify.linear_algebra.inverse import is_nonsingular
from certify.lyapunov.driver import AnyFamily
from certify.lyapunov.family import Family
from certify.lyapunov.second_moment import mean_square_verdict, prove_second_moment
from certify.lyapunov.sgd_family import SGDFamily, avoids, is_connected, sgd_family
from certify.lyapunov.statement import UNIT, exponent_claims, read_proofs, sign_verdict
from certify.minimum import deterministic
from certify.minimum import hypotheses as requirement
from certify.minimum.companion import companion, spectral_radius
from certify.minimum.existence import ExactMinimum
from certify.minimum.momentum_family import momentum_family
from certify.minimum.non_singular import batches_are_non_singular
from certify.minimum.settings import setting
from certify.minimum.statement import MinimumStatement
from certify.verdict import Verdict

_THEOREM = (
    "Theorem B of D. Chemnitz and M. Engel, Characterizing dynamical stability of stochastic gradient descent in "
    "overparameterized learning: a regular minimum is in the support of the limit law of SGD if the Lyapunov exponent "
    "of the linearised updates on the normal space is negative, and is not if it is positive. Batches are drawn "
    "independently in each step."
)


def linearised_family(statement: MinimumStatement, minimum: ExactMinimum) -> SGDFamily | Family:
    """The random matrices of SGD on the normal space, from the Gram balls at the exact minimum.

    Plain SGD: A_S = I - (eta/B) E_S K, kept as K. With momentum: the explicit block matrices on (w, v).
    """
    settings = statement.optimizer
    members = sgd_family(
        minimum.curvature, setting(settings, "learning_rate"), int(settings["batch_size"]), statement.targets.shape[1]
    )
    if float(settings.get("momentum", 0.0)) == 0.0:
        return members
    return momentum_family(members, setting(settings, "momentum"))


def decide(
    statement: MinimumStatement, minimum: ExactMinimum, claims: tuple[Claim, ...], witness: Mapping[str, Any]
) -> Outcome:
    """The sign of the exponent, Theorem B where it applies, and beside it the other notions of stability."""
    members = linearised_family(statement, minimum)
    found, exponent = exponent_claims(members, read_proofs(witness))
    claims = (*claims, *found, *_second_moment(members, witness), *gradient_descent_claims(statement, minimum))
    sign = sign_verdict(exponent)
    requirements = _hypotheses(statement, members, sign)
    outcome = Outcome(sign, _THEOREM, claims, requirements)
    if sign is Verdict.UNDECIDED:
        reason = f"the Lyapunov exponent is proved to lie in {exponent}, which does not decide its sign"
        advice = "raise the budget of the exponent's engines, or change the learning rate or the batch size"
        return replace(outcome, reason=reason, next_step=advice)
    return _refused_by_theorem(deterministic.without_null_sets(outcome) if sign is Verdict.UNSTABLE else outcome)


def _refused_by_theorem(outcome: Outcome) -> Outcome:
    """Theorem B says nothing about a positive exponent at a minimum that is not proved to be regular."""
    broken = next((h for h in outcome.hypotheses if h.status is Status.UNDECIDED), None)
    if broken is None:
        return outcome
    exponent = next(claim.enclosure for claim in outcome.claims if claim.name == "lyapunov_exponent")
    return replace(
        outcome,
        verdict=Verdict.UNDECIDED,
        reason=f"the exponent {exponent} is proved positive, but for a verdict the minimum must be regular: "
        f"{broken.reason}",
        next_step="change the learning rate or the data slightly; the linearised dynamics is unstable as proved",
    )


def _second_moment(members: AnyFamily, witness: Mapping[str, Any]) -> tuple[Claim, ...]:
    """Lambda(2) for families that are small enough to be listed, from the stored metric."""
    stored = witness.get("second_moment")
    listed = members.explicit() if isinstance(members, SGDFamily) else members
    if stored is None or listed is None:
        return ()
    growth = prove_second_moment(listed, stored)
    verdict = mean_square_verdict(growth).value
    statement = f"Mean-square growth lim (1/n) log E |A_n ... A_1|^2: the minimum is mean-square {verdict}."
    return (Claim("second_moment_exponent", statement, growth, UNIT),)


def gradient_descent_claims(statement: MinimumStatement, minimum: ExactMinimum) -> tuple[Claim, ...]:
    """What gradient descent with the same learning rate does."""
    settings = {"name": "gradient-descent", "learning_rate": statement.optimizer["learning_rate"]}
    rule, curvature = companion(settings), deterministic.normal_curvature(minimum)
    radius = spectral_radius(rule, curvature.smallest, curvature.largest)
    verdict = deterministic.verdict_of(rule, curvature).value
    critical = rule.critical_curvature * setting(settings, "learning_rate") / curvature.largest
    return (
        Claim("sharpness", deterministic.SHARPNESS, curvature.largest.enclosure()),
        Claim("smallest_curvature", deterministic.SMALLEST_CURVATURE, curvature.smallest.enclosure()),
        Claim(
            "gradient_descent_spectral_radius",
            f"Spectral radius of full-batch gradient descent at this learning rate: under it the minimum is {verdict}.",
            radius.enclosure(),
        ),
        Claim(
            "gradient_descent_critical_learning_rate",
            "Learning rate at which full-batch gradient descent loses stability.",
            critical.enclosure(),
        ),
    )


def _hypotheses(statement: MinimumStatement, members: AnyFamily, sign: Verdict) -> tuple[Hypothesis, ...]:
    return (
        requirement.smooth(""),
        requirement.independent_gradients(),
        requirement.initial_density(),
        batches_are_non_singular(statement, isinstance(members, SGDFamily) and all_invertible(members)),
        requirement.independent_batches(int(statement.optimizer["batch_size"])),
        _regular(members, sign),
        *_extension(statement, members),
    )


def all_invertible(members: SGDFamily) -> bool:
    """Whether det A_S != 0 is proved at the minimum for every batch."""
    if members.batch_size == 1 and members.outputs == 1:
        return avoids(members, 1) is True
    # det A_S = det(I - (eta/B) K_SS), and the eigenvalues of K_SS are at most those of K
    largest = extreme_eigenvalues(members.gram)[1].upper
    if float((members.step * Ball.exact(largest)).upper) < 1:
        return True
    if math.comb(members.examples, members.batch_size) > _LISTED:
        return False
    explicit = members.explicit()
    if explicit is None:
        return False
    return all(is_nonsingular(explicit.matrices[k]) is Verdict.PROVED for k in range(explicit.count))


_LISTED = 2000


def _regular(members: AnyFamily, sign: Verdict) -> Hypothesis:
    """Regularity in the sense of Definition 2.2 of the paper; for batches: only connectedness has a meaning.

    A negative exponent needs none of it (our proof, in place of a lemma that inverts matrices): for delta > 0,
    (1/n) E log(|A_n .. A_1| + delta) is continuous in the matrices, and as delta decreases to 0 it decreases to
    (1/n) E log |A_n .. A_1| by monotone convergence, also where that is -inf. So one n and one delta give a negative
    value at the minimum, hence on a neighbourhood of it: the infimum over n and delta is upper semicontinuous.
    """
    if sign is not Verdict.UNSTABLE:
        reason = (
            "A negative exponent stays negative nearby: (1/n) E log(|A_n .. A_1| + delta) is continuous and decreases "
            "to (1/n) E log |A_n .. A_1| as delta does to 0 (monotone convergence), without inverting a matrix."
        )
        return requirement.regular_minimum(Status.NOT_NEEDED, reason)
    if isinstance(members, Family) or members.batch_size > 1 or members.outputs > 1:
        return requirement.regular_minimum(Status.ASSUMED, "The definition covers one output and batches of one only.")
    answers = {
        "eta K_ii = 1 for some i": avoids(members, 1),
        "eta K_ii = 2 for some i": avoids(members, 2),
        "the graph of K is not connected": is_connected(members),
    }
    broken = [name for name, answer in answers.items() if answer is False]
    if broken:
        return requirement.regular_minimum(Status.UNDECIDED, f"{broken[0]} is proved, so the theorem does not apply")
    if all(answers.values()):
        return requirement.regular_minimum(Status.PROVED, "Separated by the balls of K; connectedness by its graph.")
    # balls are narrow: what they leave open is most likely true
    doubtful = " and ".join(name for name, answer in answers.items() if not answer)
    return requirement.regular_minimum(Status.UNDECIDED, f"the balls of K do not exclude that {doubtful}")


def _extension(statement: MinimumStatement, members: AnyFamily) -> tuple[Hypothesis, ...]:
    """What goes beyond the published theorem is assumed, and says so."""
    settings = statement.optimizer
    parts = []
    if int(settings["batch_size"]) > 1:
        parts.append("batches of more than one example")
    if statement.targets.shape[1] > 1:
        parts.append("vector outputs")
    if isinstance(members, Family):
        parts.append("momentum")
    if not parts:
        return ()
    return (requirement.published_extension(tuple(parts)),)
