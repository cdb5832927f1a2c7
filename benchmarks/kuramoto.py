"""Locked states of 10^5 phase oscillators: the proof against the unverified float64 computation of the same.

Side by side in one run, for several graphs: Newton's method and the smallest eigenvalues of the Laplacian with SciPy
(which prove nothing), and `certify_equilibrium` and `check` of the saved certificate. Prints seconds and ratios.

    python benchmarks/kuramoto.py [NODES]
"""

import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import networkx as nx
import numpy as np
from scipy.sparse.linalg import ArpackError, eigsh

import stabproof as sp
from numeric.phase_locking import OscillatorArrays, locked_state
from search.oscillators import arrays_of


def seconds(function: Callable[[], object]) -> tuple[float, object]:
    """Wall time and result."""
    start = time.perf_counter()
    result = function()
    return time.perf_counter() - start, result


def unverified(arrays: OscillatorArrays) -> float:
    """Newton's method and the two smallest eigenvalues of the weighted Laplacian, as one would do without proofs."""
    found = locked_state(arrays, np.zeros(len(arrays.frequencies)))
    matrix = arrays.form(found.phases)
    try:
        if matrix.nnz < 5.5 * matrix.shape[0]:
            return float(np.sort(eigsh(matrix.tocsc(), k=2, sigma=-1e-6, return_eigenvectors=False))[1])
        return float(np.sort(eigsh(matrix, k=2, which="SA", tol=1e-2, maxiter=300, return_eigenvectors=False))[1])
    except ArpackError:  # no convergence: the time was spent all the same
        return float("nan")


def graphs(nodes: int) -> dict[str, tuple[nx.Graph, float]]:
    """Graphs and couplings at which they lock."""
    random = nx.gnm_random_graph(nodes, 3 * nodes, seed=1)
    side = int(nodes**0.5)
    return {
        "Erdos-Renyi": (random.subgraph(max(nx.connected_components(random), key=len)), 4.0),
        "Watts-Strogatz": (nx.watts_strogatz_graph(nodes, 6, 0.1, seed=1), 4.0),
        "Barabasi-Albert": (nx.barabasi_albert_graph(nodes, 3, seed=1), 6.0),
        "grid": (nx.grid_2d_graph(side, side), 8.0),
        "ring": (nx.cycle_graph(nodes), 200.0),
        "random tree": (nx.random_labeled_tree(nodes, seed=1), 4000.0),
    }


def main() -> None:
    nodes = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    print(f"{'graph':<16} {'edges':>8} {'scipy':>8} {'proof':>8} {'check':>8} {'proof/scipy':>12}  radius   verdict")
    for name, (graph, coupling) in graphs(nodes).items():
        frequencies = np.random.default_rng(0).normal(size=len(graph))
        model = sp.Kuramoto(graph, frequencies, coupling)
        plain, _ = seconds(lambda model=model: unverified(arrays_of(model.network)))
        proved, certificate = seconds(lambda model=model: sp.certify_equilibrium(model))
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "state.json"
            certificate.save(path)  # type: ignore[attr-defined]
            checked, again = seconds(lambda path=path: sp.check(path))
        print(
            f"{name:<16} {len(model.network.tails):>8} {plain:>8.2f} {proved:>8.2f} {checked:>8.2f} "
            f"{proved / plain:>12.2f}  {again.radius:.1e}  {again.verdict.name}",  # type: ignore[attr-defined]
            flush=True,
        )


if __name__ == "__main__":
    main()
