"""The linearisation at consensus in space, for a certificate."""

from cases.common.exact_formulas import Comparison, values_task
from cases.common.matrix_parameters import Matrix
from cases.model import Task
from certify.certificate import Certificate
from certify.verdict import Verdict


def consensus_task(value: Matrix, particles: int, verdict: Verdict, names: tuple[str, str]) -> Task:
    """(1 1^T/M) (x) V entry by entry, its spectral abscissa, and where it is positive the verdict.

    names: of the abscissa and of the verdict.
    """
    size = len(value)
    places = range(particles * size)
    rows = [[value[i % size][j % size] / particles for j in places] for i in places]
    comparisons: list[Comparison] = [(0, "<", ["value", 1])] if verdict is Verdict.UNSTABLE else []

    def derived(certificate: Certificate) -> dict[str, Verdict]:
        return {names[1]: verdict} if comparisons and certificate.verdict is Verdict.PROVED else {}

    return values_task("linearisation at consensus", {names[0]: ["abscissa", rows]}, comparisons, derived)
