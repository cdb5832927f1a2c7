"""General matrices side by side with NumPy (unverified) and python-flint (verified): medians of interleaved runs.

Run: OPENBLAS_NUM_THREADS=2 python benchmarks/linear_algebra_general.py [--runs 5] [--size 1000] [--flint-size 200]
"""

import argparse
import statistics
import time
from collections.abc import Callable
from typing import Any

import numpy as np
from flint import acb_mat, ctx

from certify.linear_algebra import (
    eigenvalues,
    inverse,
    is_nonsingular,
    log_determinant,
    matrix_exponential,
    solve,
    spectral_radius,
)

Task = Callable[[], Any]


def seconds(task: Task) -> float:
    start = time.perf_counter()
    task()
    return time.perf_counter() - start


def interleaved(tasks: dict[str, Task], runs: int) -> dict[str, float]:
    """Median seconds of each task; the tasks take turns, so that a noisy machine hits them alike."""
    times: dict[str, list[float]] = {name: [] for name in tasks}
    for _ in range(runs):
        for name, task in tasks.items():
            times[name].append(seconds(task))
    return {name: statistics.median(values) for name, values in times.items()}


def report(title: str, base: str, medians: dict[str, float]) -> None:
    print(f"\n{title}")
    for name, value in medians.items():
        print(f"  {name:<34} {value:8.3f} s   {value / medians[base]:6.2f} x {base}")


def against_numpy(size: int, runs: int) -> None:
    rng = np.random.default_rng(0)
    matrix, target = rng.standard_normal((size, size)), rng.standard_normal(size)
    positive = rng.random((size, size))
    report(
        f"eigenvalues, n = {size}, standard normal entries",
        "numpy.linalg.eig",
        interleaved(
            {
                "numpy.linalg.eig": lambda: np.linalg.eig(matrix),
                "eigenvalues": lambda: eigenvalues(matrix),
                "spectral_radius": lambda: spectral_radius(matrix),
                "spectral_radius, entries >= 0": lambda: spectral_radius(positive),
            },
            runs,
        ),
    )
    discs = eigenvalues(matrix)
    radius = spectral_radius(matrix)
    print(f"  {len(discs)} discs, largest radius {discs.radii.max():.1e}")
    print(f"  spectral radius {radius}, width {radius.width:.1e}")
    report(
        f"linear systems, n = {size}",
        "numpy.linalg.inv",
        interleaved(
            {
                "numpy.linalg.inv": lambda: np.linalg.inv(matrix),
                "is_nonsingular": lambda: is_nonsingular(matrix),
                "solve": lambda: solve(matrix, target),
                "inverse": lambda: inverse(matrix),
                "log_determinant": lambda: log_determinant(matrix),
                "matrix_exponential": lambda: matrix_exponential(matrix / size),
            },
            min(runs, 3),
        ),
    )


def against_flint(size: int, runs: int) -> None:
    """python-flint at 64 bits, where its radii come closest to ours; its eigenvalue routine runs once."""
    matrix = np.random.default_rng(1).standard_normal((size, size))
    ours = interleaved({"eigenvalues": lambda: eigenvalues(matrix)}, runs)["eigenvalues"]
    radii = eigenvalues(matrix).radii
    for precision in (53, 64):
        with ctx.workprec(precision):
            start = time.perf_counter()
            values = acb_mat(matrix.tolist()).eig()
            theirs = time.perf_counter() - start
        other = np.array([max(float(v.real.rad()), float(v.imag.rad())) for v in values])
        print(f"\nn = {size}: acb_mat.eig at {precision} bits {theirs:.1f} s, eigenvalues {ours:.3f} s")
        print(f"  ratio {theirs / ours:.0f}")
        print(f"  median radius: ours {np.median(radii):.1e}, theirs {np.median(other):.1e}")
        print(
            f"  largest radius: ours {radii.max():.1e}, theirs {other.max():.1e}, ratio {radii.max() / other.max():.2g}"
        )


def defective(size: int) -> None:
    block = np.diag(np.full(size, 0.9)) + np.diag(np.ones(size - 1), 1)
    basis = np.linalg.qr(np.random.default_rng(2).standard_normal((size, size)))[0]
    print(f"\nJordan block of size {size}, eigenvalue 0.9")
    for name, matrix in (("as it is", block), ("in an orthogonal basis, rounded", basis @ block @ basis.T)):
        discs, radius = eigenvalues(matrix), spectral_radius(matrix)
        print(f"  {name}: counts {discs.counts.tolist()}, radius {discs.radii.max():.3g}, spectral radius {radius}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--size", type=int, default=1000)
    parser.add_argument("--flint-size", type=int, default=200)
    arguments = parser.parse_args()
    against_numpy(arguments.size, arguments.runs)
    defective(40)
    against_flint(arguments.flint_size, arguments.runs)


if __name__ == "__main__":
    main()
