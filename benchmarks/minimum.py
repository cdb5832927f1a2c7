"""Certifying a minimum against the plain float64 computation of the same spectrum.

Side by side in one run: `check` (the whole proof, repeated from a certificate) and Jacobian + Gram matrix +
`numpy.linalg.eigvalsh` in float64 with jitted JAX. Prints medians and the ratio.
"""

import statistics
import time
from collections.abc import Callable

import numpy as np

import stabproof as sp
from cases.digits import trained_network
from certify.minimum import prove_minimum
from numeric import jacobian


def median_time(function: Callable[[], object], runs: int = 9) -> float:
    """Median wall time in seconds after one warm-up."""
    function()
    times = []
    for _ in range(runs):
        start = time.perf_counter()
        function()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def main() -> None:
    network = trained_network(200, 32, 0)
    problem = network.problem
    optimizer = sp.GradientDescent(0.4 * network.critical_rate)
    start = time.perf_counter()
    certificate = sp.certify_minimum(problem, optimizer)
    first = time.perf_counter() - start

    def estimate() -> np.ndarray:
        rows = jacobian(problem)
        return np.linalg.eigvalsh(rows @ rows.T)

    plain = median_time(estimate)
    proof = median_time(lambda: prove_minimum(certificate.problem, certificate.witness))
    whole = median_time(lambda: sp.certify_minimum(problem, optimizer), 5)
    sharpness = certificate.sharpness
    assert sharpness is not None
    print(f"digits, N = 200, D = {problem.dimension}: {certificate.verdict.name}")
    print(f"existence radius            {certificate.existence_radius:.2e}")
    print(f"relative width of sharpness {sharpness.width / sharpness.upper:.2e}")
    print(f"first certification         {first:.2f} s (tracing and compilation included)")
    print(f"float64 J, K, eigvalsh      {plain * 1e3:8.1f} ms")
    print(f"proof                       {proof * 1e3:8.1f} ms   ratio {proof / plain:.1f}")
    print(f"propose and prove           {whole * 1e3:8.1f} ms   ratio {whole / plain:.1f}")


if __name__ == "__main__":
    main()
