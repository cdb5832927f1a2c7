"""The kernel of a few particles in formulas, for a certificate."""

from collections.abc import Callable
from fractions import Fraction

from cases.common.exact_formulas import Comparison, Formula, values_task
from cases.model import Task
from cases.particle_kernel.proofs import Particles, independent_points
from certify.certificate import Certificate
from certify.verdict import Verdict


def kernel_task(
    particles: Particles,
    target: Callable[[tuple[Fraction, ...]], Fraction],
    training: int,
    names: tuple[str, str | None, str],
) -> Task:
    """The features at the points, one by one, and the kernel as their Gram matrix.

    names: of the speed of the network at the first point, the measure being that of the first `training` points; of the
    smallest eigenvalue on as many points as features, None where it is not known to be positive; of what that proves.
    """
    rows, n = particles.written_rows(), len(particles.positions)
    height = len(rows) // n
    formulas: dict[str, Formula] = {}
    features: dict[tuple[int, int], Formula] = {}
    for r, row in enumerate(rows):
        for p, entry in enumerate(row):
            formulas[f"- feature {r + 1} at point {p + 1}"] = entry.formula
            features[r, p] = ["value", len(formulas)]

    def kernel(p: int, q: int) -> Formula:
        products = [["*", features[r, min(p, q)], features[r, max(p, q)]] for r in range(len(rows))]
        return ["*", Fraction(1, n), ["+", *products]]

    speed, smallest, positive = names
    pulls = []
    for p in range(training):
        network = ["+", *(["*", c, features[i * height, p]] for i, c in enumerate(particles.charges))]
        gap = ["+", target(particles.points[p]), ["*", Fraction(-1, n), network]]
        pulls.append(["*", Fraction(1, training), kernel(0, p), gap])
    formulas[speed] = ["+", *pulls]
    comparisons: list[Comparison] = []
    if smallest is not None:
        chosen = independent_points(particles, particles.feature_count())
        formulas[smallest] = ["eigenvalue", [[kernel(p, q) for q in chosen] for p in chosen], 1]
        comparisons.append((0, "<", ["value", len(formulas)]))

    def derived(certificate: Certificate) -> dict[str, Verdict]:
        return {positive: Verdict.PROVED} if comparisons and certificate.verdict is Verdict.PROVED else {}

    return values_task("the kernel on the points", formulas, comparisons, derived)
