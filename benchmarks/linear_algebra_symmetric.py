"""Time of the verified symmetric routines over that of their unverified peers: interleaved runs, median ratios.

Run: OPENBLAS_NUM_THREADS=2 python benchmarks/linear_algebra_symmetric.py [runs] [sparse]
"""

import statistics
import sys
import time
from collections.abc import Callable
from typing import Any

import networkx as nx
import numpy as np
import scipy.linalg

from certify.linear_algebra import (
    algebraic_connectivity,
    extreme_eigenvalues,
    extreme_pencil_eigenvalues,
    is_positive_definite,
    singular_values,
    spectral_norm,
    symmetric_eigenvalues,
)


def _seconds(function: Callable[[], Any]) -> float:
    start = time.perf_counter()
    function()
    return time.perf_counter() - start


def _compare(
    name: str, verified: Callable[[], Any], peer: Callable[[], Any], runs: int, note: str, target: str
) -> None:
    verified(), peer()
    pairs = [(_seconds(peer), _seconds(verified)) for _ in range(runs)]
    ratio = statistics.median(b / a for a, b in pairs)
    base, own = (statistics.median(column) for column in zip(*pairs, strict=True))
    print(
        f"{name:44s} {base * 1e3:9.1f} ms {own * 1e3:9.1f} ms   ratio {ratio:5.2f} (target {target})   {note}",
        flush=True,
    )


def _symmetric(size: int, seed: int) -> np.ndarray:
    matrix = np.random.default_rng(seed).standard_normal((size, size))
    return (matrix + matrix.T) / 2


def _gram(size: int, seed: int) -> np.ndarray:
    matrix = np.random.default_rng(seed).standard_normal((size, size))
    gram = matrix @ matrix.T / size + np.eye(size)
    return (gram + gram.T) / 2


def _extreme(size: int, runs: int) -> None:
    matrix = _symmetric(size, size)
    low, high = extreme_eigenvalues(matrix)
    _compare(
        f"extreme eigenvalues, n = {size} / eigvalsh",
        lambda: extreme_eigenvalues(matrix),
        lambda: scipy.linalg.eigvalsh(matrix),
        runs,
        f"relative width {max(low.width, high.width) / high.upper:.1e}",
        "1.5 at 2000",
    )


def _dense(runs: int) -> None:
    print(f"{'':44s} {'peer':>12s} {'verified':>12s}")
    gram = _gram(2000, 0)
    verdict = is_positive_definite(gram).name
    _compare(
        "positive definite, n = 2000 / cholesky",
        lambda: is_positive_definite(gram),
        lambda: scipy.linalg.cholesky(gram),
        runs,
        verdict,
        "2.5",
    )
    for size in (1000, 2000):
        _extreme(size, runs)
    matrix = _symmetric(1000, 1)
    every = symmetric_eigenvalues(matrix)
    _compare(
        "all symmetric eigenvalues, n = 1000 / eigh",
        lambda: symmetric_eigenvalues(matrix),
        lambda: np.linalg.eigh(matrix),
        runs,
        f"relative width {every.width / every.upper[-1]:.1e}, {len(every.clusters)} separate",
        "4",
    )
    square = np.random.default_rng(2).standard_normal((1000, 1000))
    norm, values = spectral_norm(square), singular_values(square)
    svd = lambda: np.linalg.svd(square, compute_uv=False)  # noqa: E731
    note = f"relative width {norm.width / norm.upper:.1e}"
    _compare("spectral norm, n = 1000 / svdvals", lambda: spectral_norm(square), svd, runs, note, "-")
    note = f"relative width {(values.upper - values.lower).max() / norm.upper:.1e}"
    _compare(
        "singular values, n = 1000 / svd",
        lambda: singular_values(square),
        lambda: np.linalg.svd(square),
        runs,
        note,
        "-",
    )
    weight = _gram(1000, 3)
    low, high = extreme_pencil_eigenvalues(matrix, weight)
    _compare(
        "extreme pencil eigenvalues, n = 1000 / eigh",
        lambda: extreme_pencil_eigenvalues(matrix, weight),
        lambda: scipy.linalg.eigh(matrix, weight, eigvals_only=True),
        runs,
        f"relative width {max(low.width, high.width) / high.upper:.1e}",
        "-",
    )


def _sparse() -> None:
    graphs = {
        "ring": nx.cycle_graph(100_000),
        "random tree": nx.random_labeled_tree(100_000, seed=1),
        "grid 316 x 316": nx.grid_2d_graph(316, 316),
        "Watts-Strogatz k = 4, p = 0.01": nx.watts_strogatz_graph(100_000, 4, 0.01, seed=1),
        "random 3-regular": nx.random_regular_graph(3, 100_000, seed=1),
    }
    for name, graph in graphs.items():
        start = time.perf_counter()
        found = algebraic_connectivity(graph)
        print(
            f"algebraic connectivity, 1e5 nodes, {name:32s} {time.perf_counter() - start:7.1f} s   {found!r}",
            flush=True,
        )


if __name__ == "__main__":
    _dense(int(sys.argv[1]) if len(sys.argv) > 1 else 5)
    if "sparse" in sys.argv:
        _sparse()
